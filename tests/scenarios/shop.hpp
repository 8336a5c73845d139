// What the scenarios share: engines on one database, short calls, the check at the end of each.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "holdfast/engine.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/rows.hpp"

namespace holdfast::test {

// ---- answers ------------------------------------------------------------------------------------

std::string text(const Rejection& rejection);

/// The value; a refusal or a failure is an exception that says which.
template <class T>
T accepted(Reply<T> reply) {
  Answer<T> answer = must(std::move(reply));
  if (!answer.accepted()) throw std::runtime_error("refused: " + text(answer.rejection()));
  return std::move(answer.value());
}

/// The refusal; any other answer is an exception.
template <class T>
Rejection refused(Reply<T> reply) {
  Answer<T> answer = must(std::move(reply));
  if (answer.accepted()) throw std::runtime_error("accepted, though it had to be refused");
  return std::move(answer.rejection());
}

/// `ACCEPTED`, a refusal's name, or a failure in full.
template <class T>
std::string outcome(const Reply<T>& reply) {
  return reply.ok() ? name(reply->outcome()) : describe(reply.error());
}

// ---- engines ------------------------------------------------------------------------------------

/// One database with as many engines on it as a case wants, all on one test clock. In memory they
/// share one store, so that there too two engines are two strangers who meet at the locks.
class Shop {
 public:
  explicit Shop(const Database& database, EngineOptions options = {}, Seams seams = {});

  Engine& operator*() { return *first_; }
  Engine* operator->() { return first_.get(); }
  /// Another host of the same database.
  std::unique_ptr<Engine> another() const { return another(options_); }
  std::unique_ptr<Engine> another(EngineOptions options) const;
  /// A handle of its own, for holding locks.
  std::unique_ptr<Storage> storage() const;

  TestClock clock{};

 private:
  const Database& database_;
  EngineOptions options_;
  Seams seams_;
  std::shared_ptr<Storage> store_{};  ///< memory only
  std::unique_ptr<Engine> first_{};
};

/// Has locked `key`, like a slow transaction of another host, until it is released.
class HeldLock {
 public:
  HeldLock(std::unique_ptr<Storage> storage, const std::string& key);
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() { release(); }
  void release();

 private:
  std::unique_ptr<Storage> storage_;
  std::promise<void> gate_{};
  std::thread thread_{};
};

/// Sets a parameter for all sessions that begin during its life. PostgreSQL only.
class DatabaseDefault {
 public:
  DatabaseDefault(const Database& database, std::string parameter, const std::string& value);
  DatabaseDefault(const DatabaseDefault&) = delete;
  DatabaseDefault& operator=(const DatabaseDefault&) = delete;
  ~DatabaseDefault();

 private:
  const Database* database_;  ///< nullptr: nothing was set
  std::string parameter_;
};

/// A backend and the isolation level that its sessions begin with; empty: as the backend comes.
struct Setting {
  Backend backend{};
  std::string isolation{};
};
/// Every backend, and PostgreSQL also in databases whose default is a stricter level.
std::vector<Setting> settings();

/// EACH_BACKEND, with PostgreSQL once per isolation level.
#define EACH_SETTING(db)                                                                         \
  const ::holdfast::test::Setting setting_of_##db =                                              \
      GENERATE(from_range(::holdfast::test::settings()));                                        \
  INFO("backend: " << setting_of_##db.backend.name << " " << setting_of_##db.isolation);         \
  ::holdfast::test::Database db(setting_of_##db.backend);                                        \
  const ::holdfast::test::DatabaseDefault isolation_of_##db(db, "default_transaction_isolation", \
                                                            setting_of_##db.isolation)

/// A day that is still to come for engines that go by the true time; day() is one for a TestClock.
inline Date live_day(int offset) { return day(offset) + std::chrono::days(36525); }

// ---- one-line calls -----------------------------------------------------------------------------

/// A resource with `places` on each day from `first` to `last`.
std::string add_resource(Engine& engine, std::int32_t places, Date first, Date last,
                         const std::string& type = "TOUR", const std::string& timezone = "UTC");
inline std::string add_resource(Engine& engine, std::int32_t places) {
  return add_resource(engine, places, day(0), day(30));
}

Reply<HoldAnswer> try_hold(Engine& engine, const std::string& resource_id, std::vector<Date> dates,
                           std::int32_t quantity = 1, const std::string& token = {});
Hold hold(Engine& engine, const std::string& resource_id, std::vector<Date> dates,
          std::int32_t quantity = 1, const std::string& token = {});
Reply<AllocationAnswer> try_confirm(Engine& engine, const std::string& hold_id,
                                    const std::string& order_id,
                                    IfExpired if_expired = IfExpired::kReject);
Allocation confirm(Engine& engine, const std::string& hold_id, const std::string& order_id);
Hold retrieve(Engine& engine, const std::string& hold_id);
std::int32_t available(Engine& engine, const std::string& resource_id, Date date);

std::vector<Hold> all_holds(Engine& engine, const ListHolds& filter);
std::vector<Allocation> all_allocations(Engine& engine, const ListAllocations& filter);
/// Every answer that a reader can get of the resource, as text; two that print alike look alike.
std::string visible(Engine& engine, const std::string& resource_id);

/// The end of every case: verify() finds nothing, and each day of `window` adds up from what the
/// lists and the report show, which share no code with verify().
void require_sound(Engine& engine, DateRange window = {day(0), day(365)});

}  // namespace holdfast::test
