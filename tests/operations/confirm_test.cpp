// confirm, reclaim, cancel, move and list what is booked; life on resources that are closed.
#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("Every field of an allocation goes in and comes out, and the places stay taken") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(10);
  const Hold hold = world.hold(id, {day(2), day(1)}, 3);
  world.clock().advance(std::chrono::seconds(1));
  const auto answer = accepted(
      world->confirm_hold({.hold_id = hold.id, .order_id = "order", .line_item_id = "line"}));
  CHECK_FALSE(answer.replayed);
  const Allocation& booked = answer.allocation;
  CHECK(booked.id.substr(0, 33) == "alloc_" + id.substr(4) + "_");
  CHECK(booked.resource_id == id);
  CHECK(booked.hold_id == hold.id);
  CHECK(booked.order_id == "order");
  CHECK(booked.line_item_id == "line");
  CHECK(booked.dates == days(1, 2));
  CHECK(booked.quantity == 3);
  CHECK(booked.status == AllocationStatus::kConfirmed);
  CHECK(booked.created_at == world.clock().now());
  CHECK_FALSE(booked.cancelled_at.has_value());
  const auto listed = accepted(world->list_allocations({.resource_id = id})).items;
  REQUIRE(listed.size() == 1);
  CHECK(text(listed[0]) == text(booked));
  CHECK(world.seen(hold.id).status == HoldStatus::kConfirmed);
  CHECK(world.seen(hold.id).updated_at == world.clock().now());
  world.clock().advance(std::chrono::hours(24 * 30));
  CHECK(world.available(id, day(1)) == 7);
}

TEST_CASE("Confirm again is the same allocation for the same order, at any time") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const Hold hold = world.hold(id, {day(0)});
  const ConfirmHold request{.hold_id = hold.id, .order_id = "o", .line_item_id = "l"};
  const auto first = accepted(world->confirm_hold(request));
  world.clock().advance(std::chrono::hours(100));
  const auto again = accepted(world->confirm_hold(request));
  CHECK(again.replayed);
  CHECK(text(again.allocation) == text(first.allocation));
  for (const auto& [order, line] : {std::pair{"o", "m"}, {"p", "l"}, {"o", ""}}) {
    const auto no =
        refused(world->confirm_hold({.hold_id = hold.id, .order_id = order, .line_item_id = line}));
    CHECK(no.outcome == Outcome::kAlreadyConfirmed);
    CHECK(no.id == hold.id);
  }
  accepted(world->cancel_allocation({.allocation_id = first.allocation.id}));
  const auto cancelled = accepted(world->confirm_hold(request));
  CHECK(cancelled.replayed);
  CHECK(cancelled.allocation.status == AllocationStatus::kCancelled);
  CHECK(world.available(id, day(0)) == 10);
}

TEST_CASE("Confirm of several holds is all or none, in the request's order") {
  EACH_BACKEND(db);
  World world(db);
  const auto boat = world.tour();
  const auto guide = world.tour();
  const Hold one = world.hold(boat, {day(0)}, 2);
  const Hold two = world.hold(guide, {day(0)}, 1);
  const Hold released = world.hold(boat, {day(1)});
  accepted(world->release_hold({.hold_id = released.id}));
  const auto no =
      refused(world->confirm_holds({.hold_ids = {two.id, released.id, one.id}, .order_id = "o"}));
  CHECK(no.outcome == Outcome::kHoldReleased);
  CHECK(no.id == released.id);
  CHECK(world.seen(one.id).status == HoldStatus::kActive);
  CHECK(accepted(world->list_allocations({.order_id = "o"})).items.empty());

  accepted(world->confirm_hold({.hold_id = one.id, .order_id = "o"}));
  const auto yes = accepted(world->confirm_holds({.hold_ids = {two.id, one.id}, .order_id = "o"}));
  CHECK_FALSE(yes.replayed);
  REQUIRE(yes.allocations.size() == 2);
  CHECK(yes.allocations[0].hold_id == two.id);
  CHECK(yes.allocations[1].hold_id == one.id);
  CHECK(accepted(world->confirm_holds({.hold_ids = {one.id, two.id}, .order_id = "o"})).replayed);
}

TEST_CASE("Reclaim books an expired hold while its places are free, else says they are taken") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(4);
  const Hold hold = world.short_hold(id, {day(0), day(1)}, std::chrono::seconds(1), 3);
  const ConfirmHold reject{.hold_id = hold.id, .order_id = "o"};
  ConfirmHold reclaim = reject;
  reclaim.if_expired = IfExpired::kReclaim;
  world.clock().advance(std::chrono::seconds(1));
  CHECK(outcome(world->confirm_hold(reject)) == "HOLD_EXPIRED");
  const Hold taker = world.hold(id, {day(1)}, 2);
  const auto no = refused(world->confirm_hold(reclaim));
  CHECK(no.outcome == Outcome::kHoldExpiredAndTaken);
  CHECK(no.reason == Outcome::kInsufficientCapacity);
  CHECK(days_of(no) == std::vector<std::string>{"2027-03-02 3/2"});
  CHECK(world.seen(hold.id).status == HoldStatus::kExpired);
  accepted(world->release_hold({.hold_id = taker.id}));
  const auto yes = accepted(world->confirm_hold(reclaim));
  CHECK_FALSE(yes.replayed);
  CHECK(world.available(id, day(0)) == 1);
  CHECK(world.seen(hold.id).status == HoldStatus::kConfirmed);
  CHECK(accepted(world->confirm_hold(reclaim)).replayed);
  CHECK(accepted(world->confirm_hold(reject)).replayed);
}

TEST_CASE(
    "Two expired holds that are reclaimed together share what is left, or neither is booked") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(4);
  const Hold one = world.short_hold(id, {day(0)}, std::chrono::seconds(1), 2);
  const Hold two = world.short_hold(id, {day(0)}, std::chrono::seconds(1), 2);
  world.clock().advance(std::chrono::seconds(1));
  const Hold taker = world.hold(id, {day(0)}, 1);
  ConfirmHolds request{
      .hold_ids = {one.id, two.id}, .order_id = "o", .if_expired = IfExpired::kReclaim};
  const auto no = refused(world->confirm_holds(request));
  CHECK(no.outcome == Outcome::kHoldExpiredAndTaken);
  CHECK(days_of(no) == std::vector<std::string>{"2027-03-01 4/3"});
  accepted(world->release_hold({.hold_id = taker.id}));
  CHECK(accepted(world->confirm_holds(request)).allocations.size() == 2);
  CHECK(world.available(id, day(0)) == 0);
}

TEST_CASE("A refused reclaim gives the reason a new hold would have been refused for") {
  EACH_BACKEND(db);
  World world(db);
  struct Case {
    const char* what;
    Outcome reason;
    std::function<void(const std::string&)> close;
  };
  const std::vector<Case> cases = {
      {"deleted", Outcome::kResourceNotFound, [&](const std::string& id) { world.remove(id); }},
      {"inactive", Outcome::kResourceInactive,
       [&](const std::string& id) { world.deactivate(id); }},
      {"past", Outcome::kDateInPast,
       [&](const std::string&) { world.clock().advance(std::chrono::hours(24 * 500)); }},
      {"no capacity", Outcome::kNoCapacitySet,
       [&](const std::string& id) {
         accepted(world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = -4}));
       }},
      {"blackout", Outcome::kBlackout,
       [&](const std::string& id) { world.blackout(id, day(0), day(0)); }},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    const Instant before = world.clock().now();
    const auto id = world.tour(4);
    const Hold hold = world.short_hold(id, {day(0)}, std::chrono::seconds(1));
    world.clock().advance(std::chrono::seconds(1));
    one.close(id);
    const auto no = refused(world->confirm_hold(
        {.hold_id = hold.id, .order_id = "o", .if_expired = IfExpired::kReclaim}));
    CHECK(no.outcome == Outcome::kHoldExpiredAndTaken);
    CHECK(no.reason == one.reason);
    world.clock().set(before + std::chrono::seconds(10));
  }
}

TEST_CASE("Cancel by id returns the places exactly once") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(5);
  const auto booked = world.book(id, {day(0), day(1)}, 2, "o");
  world.clock().advance(std::chrono::seconds(3));
  const auto first = accepted(world->cancel_allocation({.allocation_id = booked.id}));
  CHECK_FALSE(first.replayed);
  REQUIRE(first.allocations.size() == 1);
  CHECK(first.allocations[0].status == AllocationStatus::kCancelled);
  CHECK(first.allocations[0].cancelled_at == world.clock().now());
  world.clock().advance(std::chrono::seconds(3));
  const auto again = accepted(world->cancel_allocation({.allocation_id = booked.id}));
  CHECK(again.replayed);
  CHECK(text(again.allocations.at(0)) == text(first.allocations[0]));
  CHECK(world.available(id, day(0)) == 5);
  // What was cancelled is not held again.
  CHECK(world.seen(booked.hold_id).status == HoldStatus::kConfirmed);
  CHECK(outcome(world->release_hold({.hold_id = booked.hold_id})) == "ALREADY_CONFIRMED");
  for (const auto& bad :
       {Nobody().allocation, absent_id("alloc_", id), std::string("alloc_x"), booked.hold_id, id}) {
    CHECK(outcome(world->cancel_allocation({.allocation_id = bad})) == "ALLOCATION_NOT_FOUND");
    CHECK(outcome(world->move_allocation({.allocation_id = bad, .dates = {day(1)}})) ==
          "ALLOCATION_NOT_FOUND");
  }
}

TEST_CASE("Cancel by order takes every line, or the one that is named, on every resource") {
  EACH_BACKEND(db);
  World world(db);
  const auto boat = world.tour(200);
  const auto guide = world.tour(200);
  const auto a = world.book(boat, {day(0)}, 1, "o", "a");
  world.clock().advance(std::chrono::seconds(1));
  const auto b1 = world.book(guide, {day(0)}, 1, "o", "b");
  world.clock().advance(std::chrono::seconds(1));
  const auto b2 = world.book(boat, {day(1)}, 1, "o", "b");
  const auto other = world.book(boat, {day(1)}, 1, "p", "b");
  const auto line = accepted(world->cancel_allocation({.order_id = "o", .line_item_id = "b"}));
  CHECK_FALSE(line.replayed);
  CHECK(ids_of(line.allocations) == std::vector<std::string>{b1.id, b2.id});
  CHECK(accepted(world->cancel_allocation({.order_id = "o", .line_item_id = "b"})).replayed);
  CHECK(world.available(boat, day(0)) == 199);
  const auto all = accepted(world->cancel_allocation({.order_id = "o"}));
  CHECK_FALSE(all.replayed);
  CHECK(ids_of(all.allocations) == std::vector<std::string>{a.id, b1.id, b2.id});
  for (const auto& one : all.allocations) CHECK(one.status == AllocationStatus::kCancelled);
  const auto again = accepted(world->cancel_allocation({.order_id = "o"}));
  CHECK(again.replayed);
  CHECK(again.allocations.size() == 3);
  CHECK(world.available(boat, day(0)) == 200);
  CHECK(world.available(boat, day(1)) == 199);
  CHECK(outcome(world->cancel_allocation({.order_id = "none"})) == "ALLOCATION_NOT_FOUND");
  CHECK(refused(world->cancel_allocation({.order_id = "none"})).id == "none");
  CHECK(outcome(world->cancel_allocation({.order_id = "o", .line_item_id = "z"})) ==
        "ALLOCATION_NOT_FOUND");
  CHECK(accepted(world->list_allocations({.order_id = "p"})).items.at(0).status ==
        AllocationStatus::kConfirmed);

  // More of one order than one request may name.
  CreateHolds many{};
  for (int i = 0; i < 50; ++i) many.items.push_back({i % 2 == 0 ? boat : guide, {day(2)}, 1});
  for (int round = 0; round < 3; ++round) {
    const auto holds = accepted(world->create_holds(many)).holds;
    accepted(world->confirm_holds({.hold_ids = ids_of(holds), .order_id = "big"}));
  }
  CHECK(accepted(world->cancel_allocation({.order_id = "big"})).allocations.size() == 150);
  CHECK(world.available(boat, day(2)) == 200);
}

TEST_CASE("Cancel by order takes an order of more lines than one transaction does") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(100);
  constexpr std::int32_t kLines = bounds::kIdsPerRequest + 6;
  for (int line = 0; line < kLines; ++line)
    world.book(id, {day(0)}, 1, "order", "line-" + std::to_string(line));
  const auto all = accepted(world->cancel_allocation({.order_id = "order"}));
  CHECK(all.allocations.size() == kLines);
  CHECK_FALSE(all.replayed);
  CHECK(world.available(id, day(0)) == 100);
}

TEST_CASE("A hold moves to other days and another quantity, and does not stand in its own way") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(4);
  const Hold hold = world.hold(id, {day(0), day(1)}, 3);
  world.hold(id, {day(2)}, 1);
  world.clock().advance(std::chrono::seconds(1));
  const auto moved = accepted(world->move_hold({.hold_id = hold.id, .dates = {day(2), day(1)}}));
  CHECK_FALSE(moved.replayed);
  CHECK(moved.hold.dates == days(1, 2));
  CHECK(moved.hold.quantity == 3);
  CHECK(moved.hold.expires_at == hold.expires_at);
  CHECK(moved.hold.updated_at == world.clock().now());
  CHECK(text(world.seen(hold.id)) == text(moved.hold));
  CHECK(world.available(id, day(0)) == 4);
  CHECK(world.available(id, day(1)) == 1);
  CHECK(world.available(id, day(2)) == 0);
  const auto no =
      refused(world->move_hold({.hold_id = hold.id, .dates = {day(1), day(2)}, .quantity = 4}));
  CHECK(no.outcome == Outcome::kInsufficientCapacity);
  CHECK(days_of(no) == std::vector<std::string>{"2027-03-03 1/0"});
  CHECK(text(world.seen(hold.id)) == text(moved.hold));
  CHECK(accepted(world->move_hold({.hold_id = hold.id, .dates = {day(1)}, .quantity = 4}))
            .hold.quantity == 4);
  CHECK(accepted(world->move_hold({.hold_id = hold.id, .dates = {day(1)}, .quantity = 1}))
            .hold.quantity == 1);
  CHECK(world.available(id, day(1)) == 3);
}

TEST_CASE("A booking moves like a hold, and an ended one does not") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(4);
  const auto booked = world.book(id, {day(0), day(1)}, 3, "o");
  const auto moved = accepted(world->move_allocation(
      {.allocation_id = booked.id, .dates = {day(1), day(2)}, .quantity = 4}));
  CHECK_FALSE(moved.replayed);
  CHECK(moved.allocation.dates == days(1, 2));
  CHECK(moved.allocation.quantity == 4);
  CHECK(moved.allocation.order_id == "o");
  CHECK(text(accepted(world->list_allocations({.order_id = "o"})).items.at(0)) ==
        text(moved.allocation));
  CHECK(world.available(id, day(0)) == 4);
  CHECK(world.available(id, day(2)) == 0);
  world.hold(id, {day(3)}, 1);
  const auto no = refused(world->move_allocation({.allocation_id = booked.id, .dates = {day(3)}}));
  CHECK(no.outcome == Outcome::kInsufficientCapacity);
  CHECK(days_of(no) == std::vector<std::string>{"2027-03-04 4/3"});
  CHECK(world.available(id, day(1)) == 0);
  accepted(world->cancel_allocation({.allocation_id = booked.id}));
  const auto late =
      refused(world->move_allocation({.allocation_id = booked.id, .dates = {day(4)}}));
  CHECK(late.outcome == Outcome::kAlreadyCancelled);
  CHECK(late.id == booked.id);
  CHECK(world.available(id, day(1)) == 4);
}

TEST_CASE("A move validates only what it adds") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(4);
  const Hold hold = world.hold(id, {day(0), day(1)}, 2);
  const auto booked = world.book(id, {day(0), day(1)}, 2, "o");
  world.blackout(id, day(0), day(0));
  CHECK(outcome(world->move_hold({.hold_id = hold.id, .dates = {day(0), day(2)}})) == "ACCEPTED");
  CHECK(outcome(world->move_allocation({.allocation_id = booked.id, .dates = {day(0), day(2)}})) ==
        "ACCEPTED");
  CHECK(outcome(world->move_hold({.hold_id = hold.id, .dates = {day(0)}, .quantity = 3})) ==
        "BLACKOUT");
  const Hold elsewhere = world.hold(id, {day(5)});
  CHECK(outcome(world->move_hold({.hold_id = elsewhere.id, .dates = {day(0)}})) == "BLACKOUT");
  CHECK(outcome(world->move_hold({.hold_id = elsewhere.id, .dates = {on("2026-02-02")}})) ==
        "DATE_IN_PAST");
  CHECK(outcome(world->move_hold({.hold_id = elsewhere.id, .dates = {day(50)}})) ==
        "NO_CAPACITY_SET");
  world.remove(id);
  CHECK(outcome(world->move_hold({.hold_id = elsewhere.id, .dates = {day(6)}})) ==
        "RESOURCE_NOT_FOUND");
}

TEST_CASE("On a closed resource what is held lives on, and nothing new begins") {
  EACH_BACKEND(db);
  World world(db);
  struct Closing {
    std::string expected;
    std::function<void(const std::string&)> close;
  };
  const std::vector<Closing> closings = {
      {"RESOURCE_INACTIVE", [&](const std::string& id) { world.deactivate(id); }},
      {"RESOURCE_NOT_FOUND", [&](const std::string& id) { world.remove(id); }},
      {"BLACKOUT", [&](const std::string& id) { world.blackout(id, day(0), day(20)); }},
  };
  for (const auto& [expected, close] : closings) {
    INFO(expected);
    const auto id = world.tour(10);
    const Hold to_confirm = world.hold(id, {day(0)});
    const Hold to_extend = world.hold(id, {day(0)});
    const Hold to_release = world.hold(id, {day(0)});
    const Hold to_move = world.hold(id, {day(1)}, 2);
    const auto booked = world.book(id, {day(1)}, 2, "order-" + expected);
    const Hold to_reclaim = world.short_hold(id, {day(0)}, std::chrono::seconds(1));
    world.clock().advance(std::chrono::seconds(1));
    close(id);
    CHECK(outcome(world->extend_hold({.hold_id = to_extend.id})) == "ACCEPTED");
    CHECK(outcome(world->release_hold({.hold_id = to_release.id})) == "ACCEPTED");
    CHECK(outcome(world->confirm_hold({.hold_id = to_confirm.id, .order_id = "o"})) == "ACCEPTED");
    CHECK(world.seen(to_confirm.id).status == HoldStatus::kConfirmed);
    CHECK(outcome(world->create_hold({.resource_id = id, .dates = {day(0)}})) == expected);
    CHECK(outcome(world->create_holds({.items = {{id, {day(0)}, 1}}})) == expected);
    CHECK(outcome(world->move_hold({.hold_id = to_move.id, .dates = {day(2)}})) == expected);
    CHECK(outcome(world->move_hold({.hold_id = to_move.id, .dates = {day(1)}, .quantity = 3})) ==
          expected);
    CHECK(outcome(world->move_allocation({.allocation_id = booked.id, .dates = {day(2)}})) ==
          expected);
    CHECK(outcome(world->move_hold({.hold_id = to_move.id, .dates = {day(1)}, .quantity = 1})) ==
          "ACCEPTED");
    CHECK(outcome(world->confirm_hold(
              {.hold_id = to_reclaim.id, .order_id = "o", .if_expired = IfExpired::kReclaim})) ==
          "HOLD_EXPIRED_AND_TAKEN");
    CHECK(outcome(world->cancel_allocation({.allocation_id = booked.id})) == "ACCEPTED");
  }
}

TEST_CASE("A deleted resource refuses new places and blackouts too") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const auto blackout = world.blackout(id, day(20), day(21));
  world.remove(id);
  CHECK(outcome(world->initialize_capacity(
            {.resource_id = id, .start_date = day(0), .end_date = day(0)})) ==
        "RESOURCE_NOT_FOUND");
  CHECK(outcome(world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = 1})) ==
        "RESOURCE_NOT_FOUND");
  CHECK(outcome(world->create_blackout(
            {.resource_id = id, .start_date = day(0), .end_date = day(0)})) ==
        "RESOURCE_NOT_FOUND");
  CHECK(outcome(world->delete_blackout({.blackout_id = blackout.id})) == "ACCEPTED");
}

TEST_CASE("A blackout refuses while something is booked inside, and lists it") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(10);
  const auto elsewhere = world.tour(10);
  world.hold(elsewhere, {day(5)});
  const Hold before = world.hold(id, {day(4), day(8)});
  const Hold inside = world.hold(id, {day(3), day(5)});
  world.clock().advance(std::chrono::seconds(1));
  const Hold due = world.short_hold(id, {day(5)}, std::chrono::milliseconds(1));
  const Hold gone = world.hold(id, {day(6)});
  accepted(world->release_hold({.hold_id = gone.id}));
  const auto booked = world.book(id, {day(7)}, 2, "o");
  const auto cancelled = world.book(id, {day(7)}, 2, "p");
  accepted(world->cancel_allocation({.allocation_id = cancelled.id}));
  world.clock().advance(std::chrono::milliseconds(1));

  CreateBlackout request{
      .resource_id = id, .start_date = day(5), .end_date = day(7), .reason = "slipway"};
  const auto no = refused(world->create_blackout(request));
  CHECK(no.outcome == Outcome::kBlackoutConflict);
  CHECK(no.id == id);
  CHECK(ids_of(no.holds) == std::vector<std::string>{inside.id});
  CHECK(ids_of(no.allocations) == std::vector<std::string>{booked.id});
  CHECK(text(no.holds.at(0)) == text(inside));
  CHECK(text(no.allocations.at(0)) == text(booked));
  CHECK(accepted(world->list_blackouts({.resource_id = id})).items.empty());

  request.on_conflict = OnConflict::kKeep;
  const auto kept = accepted(world->create_blackout(request));
  CHECK_FALSE(kept.replayed);
  CHECK(ids_of(kept.holds) == std::vector<std::string>{inside.id});
  CHECK(ids_of(kept.allocations) == std::vector<std::string>{booked.id});
  CHECK(kept.blackout.id.substr(0, 31) == "blk_" + id.substr(4) + "_");
  CHECK(kept.blackout.resource_id == id);
  CHECK(kept.blackout.start_date == day(5));
  CHECK(kept.blackout.end_date == day(7));
  CHECK(kept.blackout.reason == "slipway");
  CHECK(kept.blackout.created_at == world.clock().now());
  CHECK_FALSE(kept.blackout.deleted_at.has_value());
  for (const int i : {5, 6, 7}) CHECK(world.reason(id, day(i)) == Unavailable::kBlackout);
  for (const int i : {4, 8}) CHECK(world.reason(id, day(i)) == Unavailable::kNone);
  CHECK(world.reason(elsewhere, day(5)) == Unavailable::kNone);
  CHECK(world.seen(before.id).status == HoldStatus::kActive);
  CHECK(world.seen(due.id).status == HoldStatus::kExpired);
  const auto refusal =
      refused(world->create_hold({.resource_id = id, .dates = {day(4), day(5), day(7)}}));
  CHECK(refusal.outcome == Outcome::kBlackout);
  CHECK(refusal.days.size() == 2);
}

TEST_CASE("Blackouts are listed by resource and by range, and deleted once") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const auto other = world.tour();
  const auto march = world.blackout(id, day(1), day(3), OnConflict::kRefuse);
  world.clock().advance(std::chrono::seconds(1));
  const auto april = world.blackout(id, day(3), day(9));
  world.clock().advance(std::chrono::seconds(1));
  const auto elsewhere = world.blackout(other, day(0), day(0));
  const auto found = [&](ListBlackouts request) {
    return ids_of(accepted(world->list_blackouts(std::move(request))).items);
  };
  using Ids = std::vector<std::string>;
  CHECK(found({}) == Ids{march.id, april.id, elsewhere.id});
  CHECK(found({.resource_id = id}) == Ids{march.id, april.id});
  CHECK(found({.resource_id = id, .start_date = day(0), .end_date = day(2)}) == Ids{march.id});
  CHECK(found({.start_date = day(3), .end_date = day(3)}) == Ids{march.id, april.id});
  CHECK(found({.start_date = day(9), .end_date = day(12)}) == Ids{april.id});
  CHECK(found({.start_date = day(10), .end_date = day(12)}).empty());
  CHECK(text(accepted(world->list_blackouts({.resource_id = id})).items.at(0)) == text(march));

  const auto first = accepted(world->delete_blackout({.blackout_id = march.id}));
  CHECK_FALSE(first.replayed);
  CHECK(first.blackout.deleted_at == world.clock().now());
  CHECK(first.blackout.reason == "storm");
  world.clock().advance(std::chrono::seconds(1));
  const auto again = accepted(world->delete_blackout({.blackout_id = march.id}));
  CHECK(again.replayed);
  CHECK(text(again.blackout) == text(first.blackout));
  CHECK(found({.resource_id = id}) == Ids{april.id});
  CHECK(world.reason(id, day(2)) == Unavailable::kNone);
  CHECK(world.reason(id, day(3)) == Unavailable::kBlackout);
  for (const auto& bad : {Nobody().blackout, absent_id("blk_", id), std::string("blk_1"), id}) {
    CHECK(outcome(world->delete_blackout({.blackout_id = bad})) == "BLACKOUT_NOT_FOUND");
    CHECK(refused(world->delete_blackout({.blackout_id = bad})).id == bad);
  }
}
