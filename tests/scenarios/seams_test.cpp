// The lock and the guards on writes are two safeties. Each alone sells no place twice.
#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "shop.hpp"
#include "support/budget.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr int kPlaces = 5;
constexpr int kHosts = 4;
constexpr int kCallers = 16;

/// Callers of several hosts go for the places of a day; at most that many may get one.
void require_no_oversell(const Database& db, Seams seams) {
  Shop shop(db, {.lock_timeout = 20s, .retry_timeout = 20s}, seams);
  std::vector<std::unique_ptr<Engine>> hosts;
  for (int i = 0; i < kHosts; ++i) hosts.push_back(shop.another());
  const int rounds = scaled(20);
  const std::string id = add_resource(*shop, kPlaces, day(0), day(rounds));
  std::vector<std::atomic<int>> held(static_cast<std::size_t>(rounds));
  std::vector<std::atomic<int>> refused_calls(static_cast<std::size_t>(rounds));
  std::barrier gate(kCallers);
  in_threads(kCallers, [&](int i) {
    for (int r = 0; r < rounds; ++r) {
      gate.arrive_and_wait();
      const std::string got =
          outcome(try_hold(*hosts[static_cast<std::size_t>(i % kHosts)], id, {day(r)}));
      if (got == "ACCEPTED") ++held[static_cast<std::size_t>(r)];
      if (got == "INSUFFICIENT_CAPACITY") ++refused_calls[static_cast<std::size_t>(r)];
    }
  });
  for (int r = 0; r < rounds; ++r) {
    INFO("round " << r);
    CHECK(held[static_cast<std::size_t>(r)] == kPlaces);
    CHECK(refused_calls[static_cast<std::size_t>(r)] == kCallers - kPlaces);
  }
  require_sound(*shop);
}

TEST_CASE("without the lock, the guards alone keep a stampede from overselling", "[seams]") {
  EACH_BACKEND(db);
  require_no_oversell(db, {.lock = false});
}

TEST_CASE("without the guards, the lock alone keeps a stampede from overselling", "[seams]") {
  EACH_BACKEND(db);
  if (db.backend().name == "postgres") {
    must(db.open_migrated()->migrate());
    db.execute("ALTER TABLE holdfast.resource_capacity DROP CONSTRAINT resource_capacity_range");
  }
  require_no_oversell(db, {.guard = false});
}

TEST_CASE("without the lock, the guards alone return places once", "[seams]") {
  EACH_BACKEND(db);
  Shop shop(db, {.lock_timeout = 20s, .retry_timeout = 20s}, {.lock = false});
  std::vector<std::unique_ptr<Engine>> hosts;
  for (int i = 0; i < kHosts; ++i) hosts.push_back(shop.another());
  const std::string id = add_resource(*shop, kPlaces);
  hold(*shop, id, days(0, 30), 1);
  for (int r = 0; r < scaled(15); ++r) {
    const Date date = day(r % 30);
    const Allocation booked = confirm(*shop, hold(*shop, id, {date}).id, "order");
    const Hold held = hold(*shop, id, {date});
    std::vector<std::string> got(kHosts);
    in_threads(kHosts, [&](int i) {
      Engine& host = *hosts[static_cast<std::size_t>(i)];
      got[static_cast<std::size_t>(i)] =
          i % 2 == 0 ? outcome(host.cancel_allocation({.allocation_id = booked.id}))
                     : outcome(host.release_hold({.hold_id = held.id}));
    });
    CHECK(got == std::vector<std::string>(kHosts, "ACCEPTED"));
    CHECK(available(*shop, id, date) == kPlaces - 1);
  }
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
