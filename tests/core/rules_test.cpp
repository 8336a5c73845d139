// What a decision does in the corners: tokens, rows that others have touched, more due than it
// records.
#include <stdexcept>
#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/plan.hpp"
#include "core/scene.hpp"
#include "core/validate.hpp"
#include "core/world.hpp"
#include "support/catch.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using core::Command;
using core::Verdict;

const std::string kTour = resource_id(1);
const std::string kOther = resource_id(2);

// Two tours, of five places on each of ten days.
World open_world() {
  World world;
  world.now = kNow;
  for (int n = 1; n <= 2; ++n) {
    WorldKey& rows = world.keys[resource_id(n)];
    rows.resource = make_resource(n);
    for (const Date date : days(1, 10)) rows.capacity[date] = {5, 5};
  }
  return world;
}

// A hold of one place, which the days give.
std::string add_hold(World& world, const std::string& resource, int n, std::vector<Date> dates,
                     Instant expires_at = kNow + 1h) {
  WorldKey& rows = world.keys[resource];
  StoredHold stored = make_hold(resource, n, std::move(dates), expires_at);
  stored.hold.created_at = kNow - 1h;
  for (const Date date : stored.hold.dates) --rows.capacity[date].available;
  const std::string id = stored.hold.id;
  rows.holds[id] = std::move(stored);
  return id;
}

std::string add_booking(World& world, const std::string& resource, int n, std::vector<Date> dates) {
  const std::string hold = add_hold(world, resource, n, dates);
  world.keys[resource].holds[hold].hold.status = HoldStatus::kConfirmed;
  const Allocation allocation = make_allocation(resource, n, std::move(dates));
  world.keys[resource].allocations[allocation.id] = allocation;
  return allocation.id;
}

// Many due holds of one place on day 1, more than one transaction records, and the day is full.
void fill_with_due(World& world) {
  world.keys[kTour].capacity[day(1)] = {130, 130};
  for (int n = 1; n <= 130; ++n) add_hold(world, kTour, 100 + n, days(1, 1), kNow - 1s);
}

Command command_of(core::Action action, std::vector<std::string> ids = {}) {
  Command command{std::move(action)};
  command.ids = std::move(ids);
  finish(command);
  return command;
}

Command blackout_of(Date first, Date last, OnConflict on_conflict, const std::string& token = "") {
  return command_of(CreateBlackout{kTour, first, last, "storm", on_conflict, token},
                    {blackout_id(kTour, 1)});
}

Command confirm_of(std::vector<std::string> holds, const std::string& order, IfExpired if_expired,
                   const std::string& line = "line-1") {
  ConfirmHolds r;
  r.hold_ids = holds;
  r.order_id = order;
  r.line_item_id = line;
  r.if_expired = if_expired;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    ids.push_back(allocation_id(kTour, 900 + static_cast<int>(i)));
  }
  return command_of(r, ids);
}

Outcome outcome_of(const Verdict& verdict) {
  const auto* rejection = std::get_if<Rejection>(&verdict);
  return rejection == nullptr ? Outcome::kAccepted : rejection->outcome;
}

Outcome decide_alone(World& world, const Command& command) {
  return outcome_of(run_all(world, {command}, kPolicy).at(0));
}

template <class Answer>
const Answer& answer(const Verdict& verdict) {
  return std::get<Answer>(std::get<Value>(verdict));
}

// The answer to a request that was remembered with `outcome`.
Value recalled(const Command& command, const std::string& operation, const std::string& token,
               const std::string& outcome) {
  World world = open_world();
  world.keys[kTour].commands[{operation, token}] = {
      {{operation, token}, command.fingerprint, outcome}, kNow};
  return std::get<Value>(run_all(world, {command}, kPolicy).at(0));
}

}  // namespace

TEST_CASE("a blackout meets what is active or booked on its days, on its resource, and no more") {
  World world = open_world();
  const std::string inside = add_hold(world, kTour, 1, days(2, 3));
  const std::string outside = add_hold(world, kTour, 2, days(5, 6));
  const std::string elsewhere = add_hold(world, kOther, 3, days(2, 3));
  const std::string booked = add_booking(world, kTour, 4, days(3, 3));
  const std::string later = add_booking(world, kTour, 5, days(7, 7));
  const std::string cancelled = add_booking(world, kTour, 6, days(2, 2));
  const std::string other = add_booking(world, kOther, 7, days(2, 2));
  // The others are loaded by their own commands, so the blackout sees them too.
  const auto verdicts = run_all(world,
                                {command_of(ExtendHolds{{outside, elsewhere}, {}, {}, true, {}}),
                                 command_of(core::CancelAllocations{{cancelled}}),
                                 command_of(MoveAllocation{later, days(8, 8), {}, "later"}),
                                 command_of(MoveAllocation{other, days(2, 3), {}, "other"}),
                                 blackout_of(day(2), day(4), OnConflict::kKeep)},
                                kPolicy);
  const auto& kept = answer<BlackoutAnswer>(verdicts.at(4));
  REQUIRE(kept.holds.size() == 1);
  CHECK(kept.holds[0].id == inside);
  REQUIRE(kept.allocations.size() == 1);
  CHECK(kept.allocations[0].id == booked);
}

TEST_CASE("a blackout does not count holds that are due, recorded or not") {
  World world = open_world();
  fill_with_due(world);
  CHECK(decide_alone(world, blackout_of(day(1), day(1), OnConflict::kRefuse)) ==
        Outcome::kAccepted);
}

TEST_CASE("a blackout is refused for holds alone and for bookings alone") {
  World held = open_world();
  add_hold(held, kTour, 1, days(2, 2));
  CHECK(decide_alone(held, blackout_of(day(1), day(3), OnConflict::kRefuse)) ==
        Outcome::kBlackoutConflict);
  World booked = open_world();
  add_booking(booked, kTour, 1, days(2, 2));
  CHECK(decide_alone(booked, blackout_of(day(1), day(3), OnConflict::kRefuse)) ==
        Outcome::kBlackoutConflict);
}

TEST_CASE("a stored answer that was cut short is read as far as it goes") {
  const Command initialize = command_of(
      InitializeCapacity{kTour, day(1), day(2), 5, kEveryDay, OnExisting::kKeep, "again"});
  CHECK(std::get<CapacityInitialized>(recalled(initialize, "initialize_capacity", "again", "3"))
            .days_created == 3);
  CHECK(std::get<CapacityInitialized>(recalled(initialize, "initialize_capacity", "again", ""))
            .days_created == 0);
  const Command blackout = blackout_of(day(1), day(2), OnConflict::kRefuse, "again");
  const Value value = recalled(blackout, "create_blackout", "again", "7");
  CHECK(std::get<BlackoutAnswer>(value).blackout.created_at == Instant(7us));
  CHECK(std::get<BlackoutAnswer>(value).blackout.id.empty());
}

TEST_CASE("a day never has more than a million places") {
  World world = open_world();
  CHECK(decide_alone(world, command_of(AdjustCapacity{kTour, days(1, 2), 999'995, "most"})) ==
        Outcome::kAccepted);
  CHECK(decide_alone(world, command_of(AdjustCapacity{kTour, days(1, 1), 1, "more"})) ==
        Outcome::kInvalidArgument);
}

TEST_CASE("what is due and not recorded yet does not refuse a smaller capacity") {
  World world = open_world();
  fill_with_due(world);
  CHECK(decide_alone(world, command_of(AdjustCapacity{kTour, days(1, 1), -130, "none"})) ==
        Outcome::kAccepted);
  CHECK(world.keys[kTour].capacity[day(1)].max == 0);
}

TEST_CASE("a hold is confirmed by one order and line, and by no other part of them") {
  World world = open_world();
  const std::string hold = add_hold(world, kTour, 1, days(1, 1));
  REQUIRE(decide_alone(world, confirm_of({hold}, "order", IfExpired::kReject)) ==
          Outcome::kAccepted);
  CHECK(decide_alone(world, confirm_of({hold}, "order", IfExpired::kReject)) == Outcome::kAccepted);
  CHECK(decide_alone(world, confirm_of({hold}, "other", IfExpired::kReject)) ==
        Outcome::kAlreadyConfirmed);
  CHECK(decide_alone(world, confirm_of({hold}, "order", IfExpired::kReject, "line-2")) ==
        Outcome::kAlreadyConfirmed);
}

TEST_CASE("a CONFIRMED hold that has lost its allocation is confirmed, and by nobody here") {
  World world = open_world();
  const std::string hold = add_hold(world, kTour, 1, days(1, 1));
  world.keys[kTour].holds[hold].hold.status = HoldStatus::kConfirmed;
  CHECK(decide_alone(world, confirm_of({hold}, "order", IfExpired::kReject)) ==
        Outcome::kAlreadyConfirmed);
}

TEST_CASE("of two holds that refuse a confirmation, the reason that stands first is given") {
  World world = open_world();
  const std::string expired = add_hold(world, kTour, 1, days(1, 1), kNow - 1s);
  const std::string released = add_hold(world, kTour, 2, days(1, 1));
  REQUIRE(decide_alone(world, command_of(ReleaseHolds{{released}, {}, true, {}})) ==
          Outcome::kAccepted);
  CHECK(decide_alone(world, confirm_of({expired, released}, "order", IfExpired::kReject)) ==
        Outcome::kHoldExpired);
  CHECK(decide_alone(world, confirm_of({released, expired}, "order", IfExpired::kReject)) ==
        Outcome::kHoldExpired);
  // Reclaimed, the expired one can be had again: then the other one's reason is left.
  CHECK(decide_alone(world, confirm_of({expired, released}, "order", IfExpired::kReclaim)) ==
        Outcome::kHoldReleased);
  // And when it cannot, that stands before the other's.
  world.keys[kTour].capacity[day(1)] = {0, 0};
  CHECK(decide_alone(world, confirm_of({expired, released}, "order", IfExpired::kReclaim)) ==
        Outcome::kHoldExpiredAndTaken);
}

TEST_CASE("a reclaim and a move wait for the recording of what is due, and then get the places") {
  World world = open_world();
  fill_with_due(world);
  StoredHold late = make_hold(kTour, 1, days(1, 1), kNow - 1h);
  late.hold.quantity = 120;
  late.hold.status = HoldStatus::kExpired;
  world.keys[kTour].holds[late.hold.id] = late;
  CHECK(decide_alone(world, confirm_of({late.hold.id}, "order", IfExpired::kReclaim)) ==
        Outcome::kAccepted);
  CHECK(world.keys[kTour].capacity[day(1)].available == 10);

  World crowded = open_world();
  fill_with_due(crowded);
  const std::string hold = add_hold(crowded, kTour, 1, days(2, 2));
  const std::string booking = add_booking(crowded, kTour, 2, days(3, 3));
  const Command large = command_of(MoveHold{hold, days(1, 1), 125, {}, true, "move"});
  CHECK(outcome_of(run_all(crowded, {large}, kPolicy).at(0)) == Outcome::kAccepted);
  World again = open_world();
  fill_with_due(again);
  add_booking(again, kTour, 2, days(3, 3));
  CHECK(decide_alone(again, command_of(MoveAllocation{booking, days(1, 1), 125, "move"})) ==
        Outcome::kAccepted);
}

TEST_CASE("a move with a token that another request has used is a mismatch") {
  World world = open_world();
  const std::string hold = add_hold(world, kTour, 1, days(1, 1));
  const std::string booking = add_booking(world, kTour, 2, days(1, 1));
  const auto move_hold = [&](int to) {
    return command_of(MoveHold{hold, days(to, to), {}, {}, true, "token"});
  };
  const auto move_booking = [&](int to) {
    return command_of(MoveAllocation{booking, days(to, to), {}, "token"});
  };
  CHECK(decide_alone(world, move_hold(2)) == Outcome::kAccepted);
  CHECK(decide_alone(world, move_hold(2)) == Outcome::kAccepted);
  CHECK(decide_alone(world, move_hold(3)) == Outcome::kIdempotencyMismatch);
  CHECK(decide_alone(world, move_booking(2)) == Outcome::kAccepted);
  CHECK(decide_alone(world, move_booking(2)) == Outcome::kAccepted);
  CHECK(decide_alone(world, move_booking(3)) == Outcome::kIdempotencyMismatch);
}

TEST_CASE("a group's replay has its holds in the order of its items, pruned ones left out") {
  World world = open_world();
  const std::vector<std::string> ids = {hold_id(kOther, 1), hold_id(kTour, 2), hold_id(kOther, 3)};
  CreateHolds group;
  group.items = {{kOther, days(1, 1), 1}, {kTour, days(2, 2), 1}, {kOther, days(3, 3), 1}};
  group.idempotency_token = "token";
  Command command = command_of(group, ids);
  command.group_id = group_id(1);
  const auto replayed = [&] {
    std::vector<std::string> out;
    const auto verdicts = run_all(world, {command}, kPolicy);
    for (const Hold& hold : answer<HoldsAnswer>(verdicts.at(0)).holds) out.push_back(hold.id);
    return out;
  };
  CHECK(replayed() == ids);
  CHECK(replayed() == ids);
  world.keys[kOther].holds.erase(ids[2]);
  CHECK(replayed() == std::vector<std::string>{ids[0], ids[1]});
}

TEST_CASE("as long as prune leaves a hold of a request on a resource, its token is known there") {
  World world = open_world();
  const std::vector<std::string> ids = {hold_id(kTour, 1), hold_id(kTour, 2), hold_id(kTour, 3)};
  CreateHolds group;
  for (int n = 1; n <= 3; ++n) group.items.push_back({kTour, days(n, n), 1});
  group.idempotency_token = "token";
  Command command = command_of(group, ids);
  command.group_id = group_id(1);
  CHECK(decide_alone(world, command) == Outcome::kAccepted);
  const std::size_t confirmed = GENERATE(0U, 1U, 2U, 3U);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto use = i == confirmed ? confirm_of({ids[i]}, "order", IfExpired::kReject)
                                    : command_of(ReleaseHolds{{ids[i]}, {}, true, {}});
    CHECK(decide_alone(world, use) == Outcome::kAccepted);
  }

  const Command prune = command_of(core::PruneKey{kTour, kNow + 1h});
  Command other =
      command_of(CreateHolds{{{kTour, days(4, 4), 1}}, {}, "token", {}, {}}, {hold_id(kTour, 4)});
  std::size_t left = ids.size();
  for (std::size_t runs = 0; left > 0; ++runs) {
    INFO(runs << " runs, " << left << " left");
    World trusting = world;
    const auto verdict = run_all(trusting, {other}, kPolicy, core::Tokens::kTrust).at(0);
    CHECK(outcome_of(verdict) == Outcome::kIdempotencyMismatch);
    CHECK(decide_alone(world, prune) == Outcome::kAccepted);
    const std::size_t now = world.keys[kTour].holds.size();
    if (now == left) break;
    left = now;
  }
  CHECK(left == (confirmed < 3 ? confirmed + 1 : 0));
  const Outcome known = confirmed < 3 ? Outcome::kIdempotencyMismatch : Outcome::kAccepted;
  CHECK(outcome_of(run_all(world, {other}, kPolicy, core::Tokens::kTrust).at(0)) == known);
}

TEST_CASE("a type is upper-case letters, digits and underscores, a letter first") {
  const auto is_type = [](const std::string& type) {
    CreateResource r;
    r.type = type;
    r.name = "Reef";
    return !core::validate(r, kPolicy).has_value();
  };
  for (const char* type : {"A", "TOUR", "TOUR_2", "Z9_"}) CHECK(is_type(type));
  for (const char* type : {"", "_A", "9A", "tour", "Tour", "TOUR-2", "T~", "T OUR", "T{"}) {
    INFO(type);
    CHECK_FALSE(is_type(type));
  }
}

TEST_CASE("an update changes each field that it names, and no other") {
  World world = open_world();
  UpdateResource r;
  r.resource_id = kTour;
  CHECK(decide_alone(world, command_of(r)) == Outcome::kAccepted);
  const Resource before = *world.keys[kTour].resource;
  r.type = "GUIDE";
  r.name = "Name";
  r.description = "Words";
  r.metadata = "[1]";
  r.timezone = kAhead;
  r.is_active = false;
  CHECK(decide_alone(world, command_of(r)) == Outcome::kAccepted);
  const Resource& after = *world.keys[kTour].resource;
  CHECK(after.type == "GUIDE");
  CHECK(after.name == "Name");
  CHECK(after.description == "Words");
  CHECK(after.metadata == "[1]");
  CHECK(after.timezone == kAhead);
  CHECK_FALSE(after.is_active);
  CHECK(after.created_at == before.created_at);
  r.timezone = kAhead;  // the same again needs no other run
  CHECK(decide_alone(world, command_of(r)) == Outcome::kAccepted);
}

TEST_CASE("a command whose key was not loaded is a defect, not a guess") {
  const Command command = command_of(
      InitializeCapacity{kTour, day(1), day(1), 5, kEveryDay, OnExisting::kKeep, "token"});
  const std::vector<const Command*> batch = {&command};
  CHECK_THROWS_AS(core::decide(batch, Snapshot{}, kPolicy), std::logic_error);
  Snapshot other;
  other.keys.push_back({.key = resource_id(9)});
  CHECK_THROWS_AS(core::decide(batch, std::move(other), kPolicy), std::logic_error);
}

}  // namespace holdfast::test
