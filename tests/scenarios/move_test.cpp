// Other days for what is held or booked: in one step, and not in its own way.
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "shop.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a hold's own places do not stand in the way of its move", "[move]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold held = hold(*shop, id, days(1, 3));
  shop.clock.advance(1min);
  const Hold moved = accepted(shop->move_hold({.hold_id = held.id, .dates = days(2, 4)})).hold;
  CHECK(moved.dates == days(2, 4));
  CHECK(moved.expires_at == held.expires_at);
  CHECK(available(*shop, id, day(1)) == 1);
  for (const int taken : {2, 3, 4}) CHECK(available(*shop, id, day(taken)) == 0);
  // To where it is already.
  CHECK(outcome(shop->move_hold({.hold_id = held.id, .dates = days(2, 4)})) == "ACCEPTED");

  const Allocation booked = confirm(*shop, held.id, "order");
  CHECK(booked.dates == days(2, 4));
  const Allocation shifted =
      accepted(shop->move_allocation({.allocation_id = booked.id, .dates = days(3, 5)})).allocation;
  CHECK(shifted.dates == days(3, 5));
  CHECK(available(*shop, id, day(2)) == 1);
  CHECK(available(*shop, id, day(5)) == 0);
  require_sound(*shop);
}

TEST_CASE("a move to a full day leaves the original as it was", "[move]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 2);
  hold(*shop, id, {day(4)}, 2);
  const Hold held = hold(*shop, id, days(1, 3));
  const Allocation booked = confirm(*shop, hold(*shop, id, {day(7)}).id, "order");
  const std::string before = visible(*shop, id);
  CHECK(text(refused(shop->move_hold({.hold_id = held.id, .dates = days(2, 4)}))) ==
        "INSUFFICIENT_CAPACITY " + to_string(day(4)) + ":1>0");
  CHECK(outcome(shop->move_hold({.hold_id = held.id, .dates = days(1, 3), .quantity = 3})) ==
        "INSUFFICIENT_CAPACITY");
  CHECK(outcome(shop->move_hold({.hold_id = held.id, .dates = {day(200)}})) == "NO_CAPACITY_SET");
  CHECK(outcome(shop->move_allocation({.allocation_id = booked.id, .dates = {day(4)}})) ==
        "INSUFFICIENT_CAPACITY");
  CHECK(visible(*shop, id) == before);
  // What it has counts towards what it wants: two places, of which one is its own.
  CHECK(outcome(shop->move_hold({.hold_id = held.id, .dates = days(1, 3), .quantity = 2})) ==
        "ACCEPTED");
  CHECK(available(*shop, id, day(2)) == 0);
  require_sound(*shop);
}

TEST_CASE("a hold that moves to and fro is never seen on both days nor on neither", "[move]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 1);
  const Hold held = hold(*shop, id, {day(0)});
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<int> looks = 0;
  in_threads(3, [&](int i) {
    if (i == 0) {
      // On until somebody has looked, however fast a move is.
      for (int round = 1; round <= 60 || (looks < 20 && round <= 100000); ++round) {
        accepted(shop->move_hold({.hold_id = held.id, .dates = {day(round % 2)}}));
      }
      done = true;
      return;
    }
    Engine& engine = i == 1 ? *shop : *other;
    while (!done) {
      const auto answer = accepted(
          engine.check_availability({.resource_id = id, .start_date = day(0), .end_date = day(1)}));
      const auto report = accepted(engine.get_capacity_report(
          {.resource_id = id, .start_date = day(0), .end_date = day(1)}));
      ++looks;
      if (answer.days[0].is_available == answer.days[1].is_available) ++torn;
      if (report.held != 1 || report.available_capacity != 1) ++torn;
    }
  });
  CHECK(looks > 0);
  CHECK(torn == 0);
  require_sound(*shop);
}

TEST_CASE("the day that a move leaves is free for others at once, and not before", "[move]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 1);
  for (int round = 0; round < 15; ++round) {
    const Date from = day(2 * round);
    const Date to = day(2 * round + 1);
    const Hold held = hold(*shop, id, {from});
    std::string moved;
    std::string early;
    in_threads(2, [&](int i) {
      if (i == 0) {
        moved = outcome(shop->move_hold({.hold_id = held.id, .dates = {to}}));
      } else {
        early = outcome(try_hold(*other, id, {from}));
      }
    });
    CHECK(moved == "ACCEPTED");
    CHECK((early == "ACCEPTED" || early == "INSUFFICIENT_CAPACITY"));
    // Whoever came too early finds it free now.
    CHECK(outcome(try_hold(*other, id, {from})) ==
          (early == "ACCEPTED" ? "INSUFFICIENT_CAPACITY" : "ACCEPTED"));
    CHECK(outcome(try_hold(*other, id, {to})) == "INSUFFICIENT_CAPACITY");
  }
  require_sound(*shop);
}

TEST_CASE("two that swap days: one moves, and nobody loses a place", "[move]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 1);
  const Hold a = hold(*shop, id, {day(0)});
  const Hold b = hold(*shop, id, {day(1)});
  std::vector<std::string> got(2);
  in_threads(2, [&](int i) {
    got[static_cast<std::size_t>(i)] =
        i == 0 ? outcome(shop->move_hold({.hold_id = a.id, .dates = {day(1)}}))
               : outcome(other->move_hold({.hold_id = b.id, .dates = {day(0)}}));
  });
  CHECK(got == std::vector<std::string>(2, "INSUFFICIENT_CAPACITY"));
  CHECK(retrieve(*shop, a.id).dates == a.dates);
  CHECK(retrieve(*shop, b.id).dates == b.dates);
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
