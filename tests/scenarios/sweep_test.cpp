// The sweep is only housekeeping: many may run it, any may die, and a confirm may meet it.
#include <chrono>
#include <string>
#include <vector>

#include "process.hpp"
#include "shop.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr int kBatch = static_cast<int>(kDuePerKey);
constexpr int kDue = 2 * kBatch + 1;

int expired_now(Engine& engine) {
  return static_cast<int>(accepted(engine.cleanup_expired_holds()).expired);
}

TEST_CASE("two sweepers at once record each expired hold once", "[sweep]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, kDue + 2);
  const std::string second = add_resource(*shop, kBatch);
  const Hold living =
      accepted(shop->create_hold({.resource_id = id, .dates = days(0, 1), .ttl = 20h})).hold;
  const Allocation booked = confirm(*shop, hold(*shop, id, days(0, 1)).id, "order");
  for (int i = 0; i < kDue; ++i) hold(*shop, id, {day(i % 2)});
  for (int i = 0; i < kBatch; ++i) hold(*shop, second, {day(0)});
  shop.clock.advance(31min);

  std::vector<int> swept(2);
  in_threads(
      2, [&](int i) { swept[static_cast<std::size_t>(i)] = expired_now(i == 0 ? *shop : *other); });
  CHECK(swept[0] + swept[1] == kDue + kBatch);
  CHECK(expired_now(*shop) == 0);
  CHECK(retrieve(*shop, living.id).status == HoldStatus::kActive);
  CHECK(available(*shop, id, day(0)) == kDue);
  CHECK(available(*shop, id, day(1)) == kDue);
  CHECK(available(*shop, second, day(0)) == kBatch);
  CHECK(all_allocations(*shop, {.resource_id = id}).at(0).id == booked.id);
  require_sound(*shop);
}

TEST_CASE("a sweep stops at its limit and the next one goes on", "[sweep]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, kDue);
  for (int i = 0; i < kDue; ++i) hold(*shop, id, {day(0)});
  shop.clock.advance(31min);
  const auto first = accepted(shop->cleanup_expired_holds({.limit = 1})).expired;
  CHECK(first == kBatch);
  CHECK(expired_now(*shop) == kDue - kBatch);
  require_sound(*shop);
}

TEST_CASE("a sweeper killed halfway leaves the rest for the next, nothing twice", "[sweep]") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  Shop shop(db, {.lock_timeout = 10s});
  // The sweeper goes by the true time, so these ended half an hour ago.
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  shop.clock.set(now - 1h);
  const Date date{std::chrono::floor<std::chrono::days>(now.time_since_epoch()) +
                  std::chrono::days(30)};
  const std::string id = add_resource(*shop, kDue, date, date);
  for (int i = 0; i < kDue; ++i) hold(*shop, id, {date});
  {
    Worker sweeper({"sweep", db.uri(), "2"});
    REQUIRE(sweeper.line() == "ready");
    sweeper.send("go");
    // Inside its second transaction, with the lock held and everything decided.
    REQUIRE(sweeper.line() == "stalled");
    sweeper.kill();
  }
  shop.clock.set(now);
  CHECK(available(*shop, id, date) == kDue);
  CHECK(expired_now(*shop) == kDue - kBatch);
  CHECK(available(*shop, id, date) == kDue);
  CHECK(expired_now(*shop) == 0);
  require_sound(*shop, {date, date});
}

TEST_CASE("a confirm and the sweep meet at one hold: one wins", "[sweep]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 1);
  for (int round = 0; round < 30; ++round) {
    const Hold held = hold(*shop, id, {day(round)});
    shop.clock.set(held.expires_at - 1us);
    std::string confirmed;
    int swept = 0;
    in_threads(2, [&](int i) {
      if (i == 0) {
        confirmed = outcome(try_confirm(*shop, held.id, "order_" + std::to_string(round)));
      } else {
        shop.clock.set(held.expires_at);
        swept = expired_now(*other);
      }
    });
    const bool won = confirmed == "ACCEPTED";
    CHECK((won || confirmed == "HOLD_EXPIRED"));
    CHECK(swept <= (won ? 0 : 1));
    CHECK(retrieve(*shop, held.id).status == (won ? HoldStatus::kConfirmed : HoldStatus::kExpired));
    CHECK(available(*shop, id, day(round)) == (won ? 0 : 1));
  }
  require_sound(*shop);
}

TEST_CASE("a late payment and the sweep meet at one hold: it is booked once", "[sweep]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 1);
  for (int round = 0; round < 20; ++round) {
    const Hold held = hold(*shop, id, {day(round)});
    shop.clock.set(held.expires_at);
    std::string confirmed;
    in_threads(2, [&](int i) {
      if (i == 0) {
        confirmed = outcome(try_confirm(*shop, held.id, "order", IfExpired::kReclaim));
      } else {
        expired_now(*other);
      }
    });
    CHECK(confirmed == "ACCEPTED");
    CHECK(available(*shop, id, day(round)) == 0);
  }
  CHECK(all_allocations(*shop, {.order_id = "order"}).size() == 20);
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
