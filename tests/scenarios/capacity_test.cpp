// Places taken away and given again under what is booked.
#include <string>
#include <vector>

#include "shop.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

TEST_CASE("capacity cannot go below what is taken, and 45 for 44 leaves exactly one",
          "[capacity]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 64);
  const std::string elsewhere = add_resource(*shop, 64);
  confirm(*shop, hold(*shop, id, {day(3)}, 40).id, "order");
  hold(*shop, id, {day(3)}, 4);
  const std::string before = visible(*shop, id);
  const std::string untouched = visible(*shop, elsewhere);

  const Rejection no =
      refused(shop->adjust_capacity({.resource_id = id, .dates = days(2, 4), .delta = 16 - 64}));
  CHECK(no.outcome == Outcome::kCapacityBelowBooked);
  REQUIRE(no.days.size() == 1);
  CHECK(no.days[0].date == day(3));
  CHECK(no.days[0].requested == 16);
  CHECK(no.days[0].available_capacity == 20);
  CHECK(visible(*shop, id) == before);
  const Rejection replaced =
      refused(shop->initialize_capacity({.resource_id = id,
                                         .start_date = day(2),
                                         .end_date = day(4),
                                         .daily_capacity = 16,
                                         .on_existing = OnExisting::kReplace}));
  CHECK(replaced.outcome == Outcome::kCapacityBelowBooked);
  CHECK(visible(*shop, id) == before);

  const auto lowered =
      accepted(shop->adjust_capacity({.resource_id = id, .dates = {day(3)}, .delta = 45 - 64}));
  REQUIRE(lowered.days.size() == 1);
  CHECK(lowered.days[0].max_capacity == 45);
  CHECK(lowered.days[0].available_capacity == 1);
  std::vector<std::string> got(6);
  in_threads(
      6, [&](int i) { got[static_cast<std::size_t>(i)] = outcome(try_hold(*shop, id, {day(3)})); });
  CHECK(std::count(got.begin(), got.end(), "ACCEPTED") == 1);
  CHECK(std::count(got.begin(), got.end(), "INSUFFICIENT_CAPACITY") == 5);

  accepted(shop->adjust_capacity({.resource_id = id, .dates = {day(3)}, .delta = 64 - 45}));
  CHECK(available(*shop, id, day(3)) == 19);
  CHECK(available(*shop, id, day(2)) == 64);
  CHECK(visible(*shop, elsewhere) == untouched);
  require_sound(*shop);
}

TEST_CASE("holds that have run out do not keep capacity from being lowered", "[capacity]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 150);
  Hold last;
  for (int i = 0; i < 150; ++i) last = hold(*shop, id, {day(0)});
  CHECK(outcome(shop->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = -1})) ==
        "CAPACITY_BELOW_BOOKED");
  shop.clock.set(last.expires_at);
  CHECK(outcome(shop->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = -150})) ==
        "ACCEPTED");
  CHECK(outcome(try_hold(*shop, id, {day(0)})) == "NO_CAPACITY_SET");
  require_sound(*shop);
}

TEST_CASE("capacity lowered while callers hold never leaves a day oversold", "[capacity]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 8);
  for (int round = 0; round < 15; ++round) {
    std::vector<std::string> got(9);
    in_threads(9, [&](int i) {
      auto& mine = got[static_cast<std::size_t>(i)];
      Engine& engine = i % 2 == 0 ? *shop : *other;
      if (i < 8) {
        mine = outcome(try_hold(engine, id, {day(round)}));
      } else {
        mine = outcome(
            engine.adjust_capacity({.resource_id = id, .dates = {day(round)}, .delta = -4}));
      }
    });
    const auto held = std::count(got.begin(), got.begin() + 8, "ACCEPTED");
    CHECK(held == (got[8] == "ACCEPTED" ? 4 : 8));
    CHECK((got[8] == "ACCEPTED" || got[8] == "CAPACITY_BELOW_BOOKED"));
  }
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
