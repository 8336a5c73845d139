// The payment that arrives after the hold has run out.
#include <chrono>
#include <string>
#include <vector>

#include "shop.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

Reply<AllocationAnswer> pay_late(Engine& engine, const Hold& hold, const std::string& order) {
  return try_confirm(engine, hold.id, order, IfExpired::kReclaim);
}

TEST_CASE("a late payment for a place that is sold is told to refund", "[late]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold a = hold(*shop, id, days(0, 1));
  shop.clock.set(a.expires_at);
  const Hold b = hold(*shop, id, {day(1)});
  CHECK(outcome(pay_late(*shop, a, "order_a")) == "HOLD_EXPIRED_AND_TAKEN");
  const Allocation booked = confirm(*shop, b.id, "order_b");

  const Rejection no = refused(pay_late(*shop, a, "order_a"));
  CHECK(no.outcome == Outcome::kHoldExpiredAndTaken);
  CHECK(no.reason == Outcome::kInsufficientCapacity);
  const std::string before = visible(*shop, id);
  CHECK(outcome(shop->release_hold({.hold_id = a.id})) == "HOLD_EXPIRED");
  CHECK(visible(*shop, id) == before);
  CHECK(all_allocations(*shop, {.resource_id = id}).at(0).id == booked.id);
  CHECK(available(*shop, id, day(0)) == 1);
  CHECK(available(*shop, id, day(1)) == 0);
  require_sound(*shop);
}

TEST_CASE("a late payment for a place that is still free books it once", "[late]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  // Once with the expiry still to be recorded, once with it recorded by an earlier refusal.
  for (const bool recorded : {false, true}) {
    const Date date = recorded ? day(1) : day(0);
    const Hold a = hold(*shop, id, {date});
    shop.clock.set(a.expires_at + 1h);
    if (recorded) CHECK(outcome(try_confirm(*shop, a.id, "order_a")) == "HOLD_EXPIRED");
    const auto first = accepted(pay_late(*shop, a, "order_a"));
    CHECK_FALSE(first.replayed);
    CHECK(retrieve(*shop, a.id).status == HoldStatus::kConfirmed);
    const auto again = accepted(pay_late(*shop, a, "order_a"));
    CHECK(again.replayed);
    CHECK(again.allocation.id == first.allocation.id);
    CHECK(outcome(pay_late(*shop, a, "order_p")) == "ALREADY_CONFIRMED");
    CHECK(available(*shop, id, date) == 0);
  }
  CHECK(all_allocations(*shop, {.resource_id = id}).size() == 2);
  require_sound(*shop);
}

TEST_CASE("two late payments for the same last place: one books it", "[late]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 1);
  for (int round = 0; round < 20; ++round) {
    const Date date = day(round);
    const Hold a = hold(*shop, id, {date});
    shop.clock.set(a.expires_at);
    const Hold b = hold(*shop, id, {date});
    shop.clock.set(b.expires_at);
    std::vector<std::string> got(2);
    in_threads(2, [&](int i) {
      got[static_cast<std::size_t>(i)] =
          i == 0 ? outcome(pay_late(*shop, a, "order_a")) : outcome(pay_late(*other, b, "order_b"));
    });
    std::sort(got.begin(), got.end());
    CHECK(got == std::vector<std::string>{"ACCEPTED", "HOLD_EXPIRED_AND_TAKEN"});
  }
  CHECK(all_allocations(*shop, {.resource_id = id}).size() == 20);
  require_sound(*shop);
}

TEST_CASE("a reclaim is new work: not on a closed, deleted or blacked-out day", "[late]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold a = hold(*shop, id, {day(0)});
  shop.clock.set(a.expires_at);
  const auto reason = [&] { return std::string(name(refused(pay_late(*shop, a, "o")).reason)); };

  const auto blackout = accepted(
      shop->create_blackout({.resource_id = id, .start_date = day(0), .end_date = day(0)}));
  CHECK(reason() == "BLACKOUT");
  accepted(shop->delete_blackout({.blackout_id = blackout.blackout.id}));
  accepted(shop->update_resource({.resource_id = id, .is_active = false}));
  CHECK(reason() == "RESOURCE_INACTIVE");
  accepted(shop->update_resource({.resource_id = id, .is_active = true}));
  accepted(shop->delete_resource({.resource_id = id}));
  CHECK(reason() == "RESOURCE_NOT_FOUND");
  accepted(shop->restore_resource({.resource_id = id}));
  CHECK(outcome(pay_late(*shop, a, "o")) == "ACCEPTED");
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
