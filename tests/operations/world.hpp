// A shop on a fresh database: an engine, a clock that the test moves, and one-line requests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/engine.hpp"
#include "support/rows.hpp"

namespace holdfast::test {

std::string describe(const Rejection& rejection);

/// The value of a reply that must be a yes.
template <class T>
T accepted(Reply<T> reply) {
  auto answer = must(std::move(reply));
  if (!answer.accepted()) throw std::runtime_error(describe(answer.rejection()));
  return std::move(answer.value());
}

/// The refusal of a reply that must be a no.
template <class T>
Rejection refused(Reply<T> reply) {
  auto answer = must(std::move(reply));
  if (answer.accepted()) throw std::runtime_error("accepted, where a refusal was due");
  return std::move(answer.rejection());
}

/// `ACCEPTED`, `BLACKOUT`, ..., or the failure as `BUSY/SAFE`.
template <class T>
std::string outcome(const Reply<T>& reply) {
  if (!reply.ok()) {
    return std::string(name(reply.error().status)) + "/" + name(reply.error().retry);
  }
  return name(reply->outcome());
}

/// `ACCEPTED`, `BLACKOUT`, ... and of INVALID_ARGUMENT also the field: `INVALID_ARGUMENT limit`.
template <class T>
std::string verdict(const Reply<T>& reply) {
  std::string out = outcome(reply);
  if (reply.ok() && reply->outcome() == Outcome::kInvalidArgument) {
    out += " " + reply->rejection().field;
  }
  return out;
}

/// Closes with a look at the rows: every test ends with tables that are sound.
class World {
 public:
  explicit World(const Database& database, EngineOptions options = {});
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  Engine& engine() { return *engine_; }
  Engine* operator->() { return engine_.get(); }
  TestClock& clock() { return clock_; }
  /// For a test that breaks the tables on purpose.
  void expect_broken_tables() { sound_ = false; }

  /// A TOUR with `capacity` places on each of day(0) ... day(30).
  std::string tour(std::int32_t capacity = 10);
  /// A resource without capacity.
  std::string bare(CreateResource request = {.type = "TOUR", .name = "Bare"});
  Hold hold(const std::string& resource_id, std::vector<Date> dates, std::int32_t quantity = 1);
  /// So many holds of new tokens that the engine takes the next token for new, too.
  void sell();
  /// One whose customer asks for `ttl`.
  Hold short_hold(const std::string& resource_id, std::vector<Date> dates,
                  std::chrono::milliseconds ttl, std::int32_t quantity = 1);
  /// Held and confirmed for `order_id`.
  Allocation book(const std::string& resource_id, std::vector<Date> dates, std::int32_t quantity,
                  const std::string& order_id, const std::string& line_item_id = {});
  Blackout blackout(const std::string& resource_id, Date start, Date end,
                    OnConflict on_conflict = OnConflict::kKeep);
  Hold seen(const std::string& hold_id);
  /// As check_availability says.
  std::int32_t available(const std::string& resource_id, Date date);
  Unavailable reason(const std::string& resource_id, Date date, std::int32_t quantity = 1);
  void remove(const std::string& resource_id);
  void deactivate(const std::string& resource_id);

 private:
  TestClock clock_;
  std::unique_ptr<Engine> engine_;
  bool sound_ = true;
};

inline constexpr std::chrono::minutes kDefaultTtl{30};

/// The day it is in Brisbane when a World opens.
inline Date today() { return on("2026-02-03"); }

/// Well-formed ids that name nothing.
struct Nobody {
  std::string resource = "res_01ARZ3NDEKTSV4RRFFQ69G5FAV";
  std::string hold = "hold_01ARZ3NDEKTSV4RRFFQ69G5FAV_01ARZ3NDEKTSV4RRFFQ69G5FAW";
  std::string allocation = "alloc_01ARZ3NDEKTSV4RRFFQ69G5FAV_01ARZ3NDEKTSV4RRFFQ69G5FAX";
  std::string blackout = "blk_01ARZ3NDEKTSV4RRFFQ69G5FAV_01ARZ3NDEKTSV4RRFFQ69G5FAY";
};

/// A well-formed id of that resource that names nothing.
std::string absent_id(const std::string& prefix, const std::string& resource_id);

std::vector<std::string> ids_of(const std::vector<Hold>& rows);
std::vector<std::string> ids_of(const std::vector<Allocation>& rows);
std::vector<std::string> ids_of(const std::vector<Resource>& rows);
std::vector<std::string> ids_of(const std::vector<Blackout>& rows);

/// The days of a refusal as `2027-03-01 3/2`: asked for and left.
std::vector<std::string> days_of(const Rejection& rejection);

}  // namespace holdfast::test
