// Whose hold it is.
#include <algorithm>

#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Caller {
  std::string holder;
  bool as_host = false;
};

std::string text_of(const Rejection& r) {
  return std::string(name(r.outcome)) + "|" + r.field + "|" + r.message + "|" +
         std::to_string(r.days.size()) + std::to_string(r.holds.size());
}

// Every operation that takes a holder, as `caller`; the outcomes, once each.
std::vector<std::string> touch(World& world, const std::string& hold_id, const Caller& caller) {
  const auto& [holder, as_host] = caller;
  std::vector<std::string> out = {
      outcome(world->retrieve_hold({hold_id, holder, as_host})),
      outcome(world->extend_hold({.hold_id = hold_id, .holder = holder, .as_host = as_host})),
      outcome(world->extend_holds({.hold_ids = {hold_id}, .holder = holder, .as_host = as_host})),
      outcome(world->move_hold(
          {.hold_id = hold_id, .dates = {day(1)}, .holder = holder, .as_host = as_host})),
      outcome(world->confirm_hold(
          {.hold_id = hold_id, .order_id = "o", .holder = holder, .as_host = as_host})),
      outcome(world->confirm_holds(
          {.hold_ids = {hold_id}, .order_id = "o", .holder = holder, .as_host = as_host}))};
  return out;
}

std::vector<std::string> end(World& world, const std::string& hold_id, const Caller& caller) {
  return {outcome(world->release_hold({hold_id, caller.holder, caller.as_host, ""})),
          outcome(world->release_holds({{hold_id}, caller.holder, caller.as_host, ""}))};
}

bool all_are(const std::vector<std::string>& outcomes, const std::string& expected) {
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [&](const std::string& one) { return one == expected; });
}

}  // namespace

TEST_CASE("A hold with a holder is touched by that holder, by the host, and by nobody else") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const auto make = [&](const std::string& holder) {
    return accepted(world->create_hold({.resource_id = id, .dates = {day(0)}, .holder = holder}))
        .hold.id;
  };
  for (const Caller& right : {Caller{"mine"}, Caller{"", true}, Caller{"other", true}}) {
    INFO(right.holder << right.as_host);
    CHECK(all_are(touch(world, make("mine"), right), "ACCEPTED"));
    CHECK(all_are(end(world, make("mine"), right), "ACCEPTED"));
  }
  const auto mine = make("mine");
  const Hold before = world.seen(mine);
  for (const Caller& wrong :
       {Caller{"other"}, Caller{""}, Caller{"min"}, Caller{"mine2"}, Caller{"MINE"}}) {
    INFO(wrong.holder);
    CHECK(all_are(touch(world, mine, wrong), "HOLD_NOT_FOUND"));
    CHECK(all_are(end(world, mine, wrong), "HOLD_NOT_FOUND"));
  }
  CHECK(text(world.seen(mine)) == text(before));

  // A hold without a holder is anyone's who names none.
  CHECK(all_are(touch(world, make(""), {""}), "ACCEPTED"));
  CHECK(all_are(touch(world, make(""), {"", true}), "ACCEPTED"));
  CHECK(all_are(touch(world, make(""), {"somebody"}), "HOLD_NOT_FOUND"));
  CHECK(all_are(end(world, make(""), {"somebody"}), "HOLD_NOT_FOUND"));
}

TEST_CASE("Another's hold is refused exactly as one that does not exist, whatever its state") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const auto absent = absent_id("hold_", id);
  const auto held = [&](std::optional<std::chrono::milliseconds> ttl) {
    return accepted(world->create_hold(
                        {.resource_id = id, .dates = {day(0)}, .holder = "mine", .ttl = ttl}))
        .hold.id;
  };
  const auto confirmed = held({});
  const auto released = held({});
  const auto expired = held(std::chrono::milliseconds(1));
  const auto active = held({});
  accepted(world->confirm_hold({.hold_id = confirmed, .order_id = "o", .holder = "mine"}));
  accepted(world->release_hold({.hold_id = released, .holder = "mine"}));
  world.clock().advance(std::chrono::milliseconds(1));
  const auto all = [&](const std::string& hold_id) {
    std::vector<Rejection> out = {
        refused(world->retrieve_hold({.hold_id = hold_id, .holder = "x"})),
        refused(world->extend_hold(
            {.hold_id = hold_id, .ttl = std::chrono::hours(24 * 20), .holder = "x"})),
        refused(world->confirm_hold({.hold_id = hold_id,
                                     .order_id = "o",
                                     .if_expired = IfExpired::kReclaim,
                                     .holder = "x"})),
        refused(world->release_hold({.hold_id = hold_id, .holder = "x"})),
        // The days have no capacity, which nobody is told of a hold that is not his.
        refused(world->move_hold({.hold_id = hold_id, .dates = {day(90)}, .holder = "x"}))};
    std::vector<std::string> texts;
    for (const Rejection& one : out) {
      CHECK(one.id == hold_id);
      texts.push_back(text_of(one));
    }
    return texts;
  };
  const auto expected = all(absent);
  for (const auto& one : {confirmed, released, expired, active}) CHECK(all(one) == expected);
}

TEST_CASE("One foreign hold in a list refuses the list") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const auto make = [&](const std::string& holder) {
    return accepted(world->create_hold({.resource_id = id, .dates = {day(0)}, .holder = holder}))
        .hold.id;
  };
  const auto mine = make("mine");
  const auto other = make("other");
  const auto no =
      refused(world->confirm_holds({.hold_ids = {mine, other}, .order_id = "o", .holder = "mine"}));
  CHECK(no.outcome == Outcome::kHoldNotFound);
  CHECK(no.id == other);
  CHECK(outcome(world->release_holds({.hold_ids = {mine, other}, .holder = "mine"})) ==
        "HOLD_NOT_FOUND");
  CHECK(outcome(world->extend_holds({.hold_ids = {mine, other}, .holder = "mine"})) ==
        "HOLD_NOT_FOUND");
  CHECK(world.seen(mine).status == HoldStatus::kActive);
  CHECK(outcome(world->confirm_holds(
            {.hold_ids = {mine, other}, .order_id = "o", .as_host = true})) == "ACCEPTED");
}

TEST_CASE("Another holder's token is a mismatch, never a look at the hold") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  CreateHold request{
      .resource_id = id, .dates = {day(0)}, .idempotency_token = "t", .holder = "mine"};
  accepted(world->create_hold(request));
  for (const auto* holder : {"", "other"}) {
    request.holder = holder;
    const auto no = refused(world->create_hold(request));
    CHECK(no.outcome == Outcome::kIdempotencyMismatch);
    CHECK(no.holds.empty());
  }
}
