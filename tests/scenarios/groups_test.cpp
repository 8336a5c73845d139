// Several resources in one request, asked for in any order by many at once.
//
// Replay: HOLDFAST_SEED=<printed> HOLDFAST_TEST_BACKENDS=postgres test_scenarios "[groups]";
// HOLDFAST_BUDGET=20 makes it a minute per setting.
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "shop.hpp"
#include "support/budget.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr int kCallers = 40;
constexpr int kDays = 5;

struct Fleet {
  std::vector<std::string> vehicles{};
  std::vector<std::string> guides{};
  std::vector<std::string> tours{};
};

Fleet add_fleet(Engine& engine) {
  Fleet out;
  for (int i = 0; i < 3; ++i) {
    out.vehicles.push_back(add_resource(engine, 4, day(0), day(kDays - 1), "VEHICLE"));
    out.guides.push_back(add_resource(engine, 4, day(0), day(kDays - 1), "GUIDE"));
    out.tours.push_back(add_resource(engine, 8, day(0), day(kDays - 1), "TOUR"));
  }
  return out;
}

/// Vehicle, guide and tour on some of the days, in any order; at times the last cannot be had.
CreateHolds any_request(const Fleet& fleet, Random& random) {
  CreateHolds out;
  const int first = static_cast<int>(random.below(kDays));
  const int last = static_cast<int>(random.between(first, kDays - 1));
  for (const auto* some : {&fleet.vehicles, &fleet.guides, &fleet.tours}) {
    out.items.push_back({(*some)[random.below(some->size())], days(first, last), 1});
  }
  for (std::size_t i = out.items.size(); i > 1; --i) {
    std::swap(out.items[i - 1], out.items[random.below(i)]);
  }
  if (random.chance(0.2)) out.items.back().quantity = 1000;
  return out;
}

struct Ledger {
  std::mutex mutex{};
  std::map<std::string, std::size_t> groups{};  ///< accepted: group_id and how many items
  std::set<std::string> released{};             ///< of those
  std::map<std::string, int> outcomes{};
};

void one_caller(Engine& engine, const Fleet& fleet, Random random, Ledger& ledger,
                std::chrono::steady_clock::time_point end) {
  while (std::chrono::steady_clock::now() < end) {
    const auto reply = engine.create_holds(any_request(fleet, random));
    std::vector<std::string> ids;
    {
      const std::scoped_lock lock(ledger.mutex);
      ++ledger.outcomes[outcome(reply)];
      if (outcome(reply) != "ACCEPTED") continue;
      ledger.groups[reply->value().group_id] = reply->value().holds.size();
    }
    for (const auto& row : reply->value().holds) ids.push_back(row.id);
    for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[random.below(i)]);
    if (random.chance(0.1)) continue;
    const auto given_back = engine.release_holds({.hold_ids = ids});
    const std::scoped_lock lock(ledger.mutex);
    ++ledger.outcomes["release " + outcome(given_back)];
    ledger.released.insert(reply->value().group_id);
  }
}

TEST_CASE("40 callers, three resources, random orders: no deadlock, no partial group", "[groups]") {
  EACH_SETTING(db);
  Shop shop(db, {.lock_timeout = 10s});
  const auto other = shop.another();
  const Fleet fleet = add_fleet(*shop);
  Ledger ledger;
  const auto time = scaled(setting_of_db.isolation.empty() ? 3000ms : 1500ms);
  const auto end = std::chrono::steady_clock::now() + time;
  in_threads(kCallers, [&](int i) {
    one_caller(i % 2 == 0 ? *shop : *other, fleet, Random(static_cast<std::uint64_t>(i)), ledger,
               end);
  });

  for (const auto& [got, count] : ledger.outcomes) {
    INFO(got << ": " << count);
    CHECK((got == "ACCEPTED" || got == "INSUFFICIENT_CAPACITY" || got == "release ACCEPTED"));
  }
  CHECK(ledger.outcomes["ACCEPTED"] > 0);
  CHECK(ledger.outcomes["INSUFFICIENT_CAPACITY"] > 0);
  // A deadlock that the database broke would have been tried again without the caller's knowing.
  CHECK(accepted(shop->metrics()).storage_retries == 0);
  CHECK(accepted(other->metrics()).storage_retries == 0);

  std::map<std::string, std::size_t> stored;
  std::set<HoldStatus> wrong;
  for (const auto& row : all_holds(*shop, {})) {
    ++stored[row.group_id];
    const bool released = ledger.released.count(row.group_id) != 0;
    if ((row.status == HoldStatus::kReleased) != released) wrong.insert(row.status);
  }
  CHECK(stored == ledger.groups);
  CHECK(wrong.empty());
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
