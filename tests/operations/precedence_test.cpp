// Which refusal wins when two are due, and that every outcome there is can be had.
#include <algorithm>
#include <map>
#include <set>

#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

// Makes a resource on which a hold of `dates` is refused for reasons 3 to 8 of the order, from
// `first` on. Reasons before it do not apply.
struct Trouble {
  std::string resource_id;
  std::vector<Date> dates;
  std::int32_t quantity = 1;
};

Trouble trouble(World& world, Outcome first) {
  Trouble t;
  t.resource_id = world.tour(2);
  t.quantity = 3;  // INSUFFICIENT_CAPACITY on day(0)
  t.dates = {day(0)};
  world.blackout(t.resource_id, day(1), day(1));
  if (first <= Outcome::kBlackout) t.dates.push_back(day(1));
  if (first <= Outcome::kNoCapacitySet) t.dates.push_back(day(60));
  if (first <= Outcome::kDateInPast) t.dates.push_back(today() - std::chrono::days(1));
  if (first <= Outcome::kResourceInactive) world.deactivate(t.resource_id);
  if (first <= Outcome::kResourceNotFound) world.remove(t.resource_id);
  return t;
}

constexpr Outcome kLadder[] = {Outcome::kResourceNotFound, Outcome::kResourceInactive,
                               Outcome::kDateInPast,       Outcome::kNoCapacitySet,
                               Outcome::kBlackout,         Outcome::kInsufficientCapacity};

}  // namespace

TEST_CASE("create_hold and create_holds give the first reason of the documented order") {
  EACH_BACKEND(db);
  World world(db);
  for (const Outcome expected : kLadder) {
    INFO(name(expected));
    const Trouble t = trouble(world, expected);
    const auto one = refused(world->create_hold(
        {.resource_id = t.resource_id, .dates = t.dates, .quantity = t.quantity}));
    CHECK(name(one.outcome) == std::string(name(expected)));
    CHECK(one.id == t.resource_id);
    const auto good = world.tour();
    const auto many = refused(world->create_holds(
        {.items = {{good, {day(0)}, 1}, {t.resource_id, t.dates, t.quantity}}}));
    CHECK(name(many.outcome) == std::string(name(expected)));
    CHECK(many.id == t.resource_id);
    // A refusal of the request's form comes before all of them.
    CHECK(verdict(world->create_hold(
              {.resource_id = t.resource_id, .dates = t.dates, .quantity = 0})) ==
          "INVALID_ARGUMENT quantity");
  }
}

TEST_CASE("Items that are refused for different reasons give the reason that stands first") {
  EACH_BACKEND(db);
  World world(db);
  for (std::size_t i = 0; i + 1 < std::size(kLadder); ++i) {
    INFO(name(kLadder[i]) << " before " << name(kLadder[i + 1]));
    const Trouble worse = trouble(world, kLadder[i]);
    const Trouble milder = trouble(world, kLadder[i + 1]);
    for (const bool swapped : {false, true}) {
      CreateHolds request{
          .items = {{worse.resource_id, worse.dates, 3}, {milder.resource_id, milder.dates, 3}}};
      if (swapped) std::swap(request.items[0], request.items[1]);
      CHECK(outcome(world->create_holds(request)) == name(kLadder[i]));
    }
  }
}

TEST_CASE("A mismatch comes before the resource, and the form before a mismatch") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  accepted(world->create_hold({.resource_id = id, .dates = {day(0)}, .idempotency_token = "t"}));
  accepted(world->adjust_capacity(
      {.resource_id = id, .dates = {day(0)}, .delta = 1, .idempotency_token = "t"}));
  world.remove(id);
  CHECK(outcome(
            world->create_hold({.resource_id = id, .dates = {day(1)}, .idempotency_token = "t"})) ==
        "IDEMPOTENCY_MISMATCH");
  CHECK(verdict(world->create_hold({.resource_id = id, .dates = {}, .idempotency_token = "t"})) ==
        "INVALID_ARGUMENT dates");
  CHECK(outcome(world->adjust_capacity(
            {.resource_id = id, .dates = {day(0)}, .delta = 999'999, .idempotency_token = "t"})) ==
        "IDEMPOTENCY_MISMATCH");
  CHECK(verdict(world->adjust_capacity(
            {.resource_id = id, .dates = {day(0)}, .delta = 0, .idempotency_token = "t"})) ==
        "INVALID_ARGUMENT delta");
}

TEST_CASE("Holds in several states give the refusal that stands first, whatever their order") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(100);
  const auto absent = absent_id("hold_", id);
  const Hold expired = world.short_hold(id, {day(0)}, std::chrono::milliseconds(1));
  const Hold released = world.hold(id, {day(0)});
  const Hold confirmed = world.hold(id, {day(0)});
  const Hold active = world.hold(id, {day(0)});
  accepted(world->release_hold({.hold_id = released.id}));
  accepted(world->confirm_hold({.hold_id = confirmed.id, .order_id = "other"}));
  world.clock().advance(std::chrono::milliseconds(1));

  // In the documented order.
  const std::vector<std::pair<std::string, std::string>> ladder = {
      {"HOLD_NOT_FOUND", absent},
      {"HOLD_EXPIRED", expired.id},
      {"HOLD_RELEASED", released.id},
      {"ALREADY_CONFIRMED", confirmed.id},
  };
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    for (std::size_t j = i; j < ladder.size(); ++j) {
      std::vector<std::string> ids = {active.id, ladder[j].second};
      if (i != j) ids.push_back(ladder[i].second);
      for (int turn = 0; turn < 2; ++turn) {
        INFO(ladder[i].first << " before " << ladder[j].first);
        CHECK(outcome(world->extend_holds({.hold_ids = ids})) == ladder[i].first);
        CHECK(outcome(world->extend_holds({.hold_ids = ids, .ttl = std::chrono::hours(24 * 20)})) ==
              ladder[i].first);
        CHECK(outcome(world->confirm_holds({.hold_ids = ids, .order_id = "o"})) == ladder[i].first);
        // A released one is no obstacle to release, so alone it would end `active` too.
        const bool only_released = i == j && ladder[i].first == "HOLD_RELEASED";
        const auto& expected =
            ladder[i].first == "HOLD_RELEASED" ? ladder[j].first : ladder[i].first;
        if (!only_released) CHECK(outcome(world->release_holds({.hold_ids = ids})) == expected);
        std::reverse(ids.begin(), ids.end());
      }
    }
  }
}

TEST_CASE("Reclaim puts HOLD_EXPIRED_AND_TAKEN between the states of other holds") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(10);
  const Hold taken = world.short_hold(id, {day(1)}, std::chrono::milliseconds(1), 10);
  const Hold released = world.hold(id, {day(0)});
  const Hold confirmed = world.hold(id, {day(0)});
  accepted(world->release_hold({.hold_id = released.id}));
  accepted(world->confirm_hold({.hold_id = confirmed.id, .order_id = "other"}));
  world.clock().advance(std::chrono::milliseconds(1));
  world.hold(id, {day(1)});
  const auto reclaim = [&](std::vector<std::string> ids) {
    return outcome(world->confirm_holds(
        {.hold_ids = std::move(ids), .order_id = "o", .if_expired = IfExpired::kReclaim}));
  };
  CHECK(reclaim({taken.id}) == "HOLD_EXPIRED_AND_TAKEN");
  CHECK(reclaim({released.id, taken.id}) == "HOLD_EXPIRED_AND_TAKEN");
  CHECK(reclaim({confirmed.id, taken.id}) == "HOLD_EXPIRED_AND_TAKEN");
  CHECK(reclaim({confirmed.id, released.id}) == "HOLD_RELEASED");
  CHECK(reclaim({taken.id, absent_id("hold_", id)}) == "HOLD_NOT_FOUND");
}

TEST_CASE("A move is refused for its days before it is refused for its state") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(3);
  const Hold expired = world.short_hold(id, {day(0)}, std::chrono::milliseconds(1));
  const auto booked = world.book(id, {day(0)}, 1, "o");
  accepted(world->cancel_allocation({.allocation_id = booked.id}));
  world.clock().advance(std::chrono::milliseconds(1));
  world.hold(id, {day(2)}, 3);
  CHECK(outcome(world->move_hold({.hold_id = expired.id, .dates = {day(2)}})) ==
        "INSUFFICIENT_CAPACITY");
  CHECK(outcome(world->move_hold({.hold_id = expired.id, .dates = {day(1)}})) == "HOLD_EXPIRED");
  CHECK(outcome(world->move_hold({.hold_id = absent_id("hold_", id), .dates = {day(2)}})) ==
        "HOLD_NOT_FOUND");
  CHECK(outcome(world->move_allocation({.allocation_id = booked.id, .dates = {day(2)}})) ==
        "INSUFFICIENT_CAPACITY");
  CHECK(outcome(world->move_allocation({.allocation_id = booked.id, .dates = {day(1)}})) ==
        "ALREADY_CANCELLED");
}

TEST_CASE("Capacity: no day before too little, and too much before both") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(5);
  world.hold(id, {day(0)}, 5);
  CHECK(outcome(world->adjust_capacity(
            {.resource_id = id, .dates = {day(0), day(50)}, .delta = -1})) == "NO_CAPACITY_SET");
  CHECK(verdict(world->adjust_capacity(
            {.resource_id = id, .dates = {day(0), day(50)}, .delta = 1'000'000})) ==
        "INVALID_ARGUMENT delta");
  world.remove(id);
  CHECK(outcome(world->adjust_capacity(
            {.resource_id = id, .dates = {day(0), day(50)}, .delta = -1})) == "RESOURCE_NOT_FOUND");
  CHECK(outcome(world->initialize_capacity({.resource_id = id,
                                            .start_date = day(0),
                                            .end_date = day(0),
                                            .daily_capacity = 1,
                                            .on_existing = OnExisting::kReplace})) ==
        "RESOURCE_NOT_FOUND");
  CHECK(outcome(world->create_blackout(
            {.resource_id = id, .start_date = day(0), .end_date = day(0)})) ==
        "RESOURCE_NOT_FOUND");
}

TEST_CASE("Every outcome there is can be had") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(4);
  const auto gone = world.tour();
  const auto idle = world.tour();
  world.remove(gone);
  world.deactivate(idle);
  world.blackout(id, day(9), day(9));
  const Hold active = world.hold(id, {day(0)});
  const Hold expired = world.short_hold(id, {day(1)}, std::chrono::milliseconds(1), 4);
  const Hold released = world.hold(id, {day(0)});
  accepted(world->release_hold({.hold_id = released.id}));
  const auto booked = world.book(id, {day(0)}, 1, "o");
  const auto cancelled = world.book(id, {day(0)}, 1, "p");
  accepted(world->cancel_allocation({.allocation_id = cancelled.id}));
  world.clock().advance(std::chrono::milliseconds(1));
  world.hold(id, {day(1)});
  accepted(world->create_hold({.resource_id = id, .dates = {day(2)}, .idempotency_token = "t"}));

  const auto create = [&](const std::string& resource_id, Date date, std::int32_t quantity = 1) {
    return outcome(
        world->create_hold({.resource_id = resource_id, .dates = {date}, .quantity = quantity}));
  };
  const auto reclaim = [&](const std::string& hold_id) {
    return outcome(world->confirm_hold(
        {.hold_id = hold_id, .order_id = "q", .if_expired = IfExpired::kReclaim}));
  };
  const std::vector<std::string> had = {
      create(id, day(3)),
      create(id, day(3), 0),
      outcome(world->create_hold(
          {.resource_id = id, .dates = {day(2)}, .quantity = 2, .idempotency_token = "t"})),
      create(gone, day(3)),
      create(idle, day(3)),
      create(id, today() - std::chrono::days(1)),
      create(id, day(60)),
      create(id, day(9)),
      create(id, day(3), 5),
      outcome(world->retrieve_hold({.hold_id = absent_id("hold_", id)})),
      outcome(world->extend_hold({.hold_id = expired.id})),
      reclaim(expired.id),
      outcome(world->extend_hold({.hold_id = released.id})),
      outcome(world->release_hold({.hold_id = booked.hold_id})),
      outcome(world->extend_hold({.hold_id = active.id, .ttl = std::chrono::hours(25)})),
      outcome(world->cancel_allocation({.order_id = "none"})),
      outcome(world->move_allocation({.allocation_id = cancelled.id, .dates = {day(4)}})),
      outcome(world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = -4})),
      outcome(world->delete_blackout({.blackout_id = absent_id("blk_", id)})),
      outcome(
          world->create_blackout({.resource_id = id, .start_date = day(0), .end_date = day(0)})),
  };
  for (std::size_t i = 0; i < had.size(); ++i) CHECK(had[i] == name(static_cast<Outcome>(i)));
  // One more enumerator than this test knows would have a name of its own.
  CHECK(std::string(name(static_cast<Outcome>(had.size()))) == "UNKNOWN_OUTCOME");
  CHECK(std::set<std::string>(had.begin(), had.end()).size() == had.size());
  // They are counted by reason.
  const auto counted = accepted(world->metrics()).rejections;
  for (std::size_t i = 1; i < had.size(); ++i) {
    INFO(had[i]);
    const auto at = counted.find(static_cast<Outcome>(i));
    REQUIRE(at != counted.end());
    CHECK(at->second == 1);
  }
}
