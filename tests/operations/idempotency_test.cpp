// Tokens: what is replayed, what is a mismatch, and what is not remembered.
#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

// A request that carries a token: the same again, and every way in which another differs from it.
struct Tokened {
  std::string what;
  std::function<std::string()> first;                // the answer in text, `replayed` left out
  std::function<bool()> again;                       // whether it was replayed
  std::vector<std::function<std::string()>> others;  // outcomes of other requests, same token
};

std::string text_of(const CapacityAdjusted& answer) {
  std::string out;
  for (const auto& d : answer.days) {
    out += d.id + " " + std::to_string(d.max_capacity) + "/" +
           std::to_string(d.available_capacity) + " ";
  }
  return out;
}

std::string text_of(const HoldsAnswer& answer) {
  std::string out = answer.group_id;
  for (const auto& hold : answer.holds) out += text(hold);
  return out;
}

}  // namespace

TEST_CASE("create_resource with a token makes one resource") {
  EACH_BACKEND(db);
  World world(db);
  const CreateResource request{.type = "TOUR",
                               .name = "n",
                               .description = "d",
                               .metadata = "{\"a\": 1}",
                               .timezone = "UTC",
                               .idempotency_token = "t"};
  const auto first = accepted(world->create_resource(request));
  world.clock().advance(std::chrono::hours(1));
  const auto again = accepted(world->create_resource(request));
  CHECK_FALSE(first.replayed);
  CHECK(again.replayed);
  CHECK(text(again.resource) == text(first.resource));
  // It is shown as it is now.
  accepted(world->update_resource({.resource_id = first.resource.id, .name = "new"}));
  CHECK(accepted(world->create_resource(request)).resource.name == "new");

  const auto changed = [&](auto change) {
    CreateResource other = request;
    change(other);
    return outcome(world->create_resource(other));
  };
  const std::string mismatch = "IDEMPOTENCY_MISMATCH";
  CHECK(changed([](auto& r) { r.type = "BUS"; }) == mismatch);
  CHECK(changed([](auto& r) { r.name = "m"; }) == mismatch);
  CHECK(changed([](auto& r) { r.description = "e"; }) == mismatch);
  CHECK(changed([](auto& r) { r.metadata = "[]"; }) == mismatch);
  CHECK(changed([](auto& r) { r.timezone = "Asia/Tokyo"; }) == mismatch);
  CHECK(changed([](auto& r) { r.is_active = false; }) == mismatch);
  CHECK(accepted(world->list_resources({})).items.size() == 1);
  CHECK(accepted(world->create_resource({.type = "TOUR", .name = "n"})).resource.id !=
        accepted(world->create_resource({.type = "TOUR", .name = "n"})).resource.id);
}

TEST_CASE("A hold's token: the same hold as it is now, a mismatch on every changed field") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(5);
  const auto other = world.tour(5);
  const CreateHold request{.resource_id = id,
                           .dates = {day(1), day(0)},
                           .quantity = 2,
                           .customer_email = "a@example.com",
                           .idempotency_token = "t",
                           .holder = "h",
                           .ttl = std::chrono::minutes(5)};
  const auto first = accepted(world->create_hold(request));
  CreateHold same = request;
  same.dates = {day(0), day(1)};
  same.customer_email = "b@example.com";
  world.clock().advance(std::chrono::minutes(1));
  const auto again = accepted(world->create_hold(same));
  CHECK(again.replayed);
  CHECK(text(again.hold) == text(first.hold));
  CHECK(world.available(id, day(0)) == 3);

  const auto changed = [&](auto change) {
    CreateHold changing = request;
    change(changing);
    return outcome(world->create_hold(changing));
  };
  const std::string mismatch = "IDEMPOTENCY_MISMATCH";
  CHECK(changed([](auto& r) { r.dates = {day(0)}; }) == mismatch);
  CHECK(changed([](auto& r) { r.quantity = 1; }) == mismatch);
  CHECK(changed([](auto& r) { r.holder = "thief"; }) == mismatch);
  CHECK(changed([](auto& r) { r.holder = ""; }) == mismatch);
  CHECK(changed([](auto& r) { r.ttl = std::chrono::minutes(6); }) == mismatch);
  CHECK(changed([](auto& r) { r.ttl.reset(); }) == mismatch);
  CHECK(outcome(world->create_holds({.items = {{id, {day(0), day(1)}, 2}},
                                     .idempotency_token = "t",
                                     .holder = "h",
                                     .ttl = std::chrono::minutes(5)})) == mismatch);
  // Another resource is another scope.
  CHECK(changed([&](auto& r) { r.resource_id = other; }) == "ACCEPTED");
  CHECK(changed([](auto& r) { r.idempotency_token = "u"; }) == "ACCEPTED");

  // It replays whatever has become of the hold, its resource and the clock.
  world.clock().advance(std::chrono::minutes(10));
  const auto expired = accepted(world->create_hold(request));
  CHECK(expired.replayed);
  CHECK(expired.hold.id == first.hold.id);
  CHECK(expired.hold.status == HoldStatus::kExpired);
  world.remove(id);
  CHECK(accepted(world->create_hold(request)).replayed);
  CHECK(changed([](auto& r) { r.quantity = 3; }) == mismatch);
}

TEST_CASE("A group's token is written on every resource it touches") {
  EACH_BACKEND(db);
  World world(db);
  const auto a = world.tour(5);
  const auto b = world.tour(5);
  const auto c = world.tour(5);
  const CreateHolds request{.items = {{b, {day(0)}, 1}, {a, {day(1), day(0)}, 2}, {b, {day(0)}, 1}},
                            .customer_email = "x@example.com",
                            .idempotency_token = "t"};
  const auto first = accepted(world->create_holds(request));
  auto same = request;
  same.customer_email.clear();
  const auto again = accepted(world->create_holds(same));
  CHECK(again.replayed);
  CHECK(text_of(again) == text_of(first));
  CHECK(world.available(b, day(0)) == 3);

  const auto changed = [&](auto change) {
    CreateHolds changing = request;
    change(changing);
    return outcome(world->create_holds(changing));
  };
  const std::string mismatch = "IDEMPOTENCY_MISMATCH";
  CHECK(changed([](auto& r) { std::swap(r.items[0], r.items[1]); }) == mismatch);
  CHECK(changed([](auto& r) { r.items.pop_back(); }) == mismatch);
  CHECK(changed([](auto& r) { r.items[1].quantity = 1; }) == mismatch);
  CHECK(changed([&](auto& r) { r.items.push_back({c, {day(0)}, 1}); }) == mismatch);
  CHECK(changed([](auto& r) { r.holder = "h"; }) == mismatch);
  CHECK(outcome(world->create_hold(
            {.resource_id = a, .dates = {day(0)}, .idempotency_token = "t"})) == mismatch);
  CHECK(outcome(world->create_hold(
            {.resource_id = c, .dates = {day(0)}, .idempotency_token = "t"})) == "ACCEPTED");
  CHECK(world.available(a, day(0)) == 3);
}

TEST_CASE("A token that was taken for new is known all the same") {
  EACH_BACKEND(db);
  World world(db);
  const auto a = world.tour(5);
  const auto b = world.tour(5);
  const CreateHold request{.resource_id = a, .dates = {day(0)}, .idempotency_token = "one"};
  const CreateHolds group{.items = {{b, {day(1)}, 1}, {a, {day(1)}, 1}, {b, {day(2)}, 1}},
                          .idempotency_token = "group"};
  world.sell();
  const auto first = accepted(world->create_hold(request));
  const auto holds = accepted(world->create_holds(group));
  world.sell();
  const auto again = accepted(world->create_hold(request));
  CHECK(again.replayed);
  CHECK(text(again.hold) == text(first.hold));
  world.sell();
  const auto all_again = accepted(world->create_holds(group));
  CHECK(all_again.replayed);
  CHECK(text_of(all_again) == text_of(holds));

  const std::string mismatch = "IDEMPOTENCY_MISMATCH";
  for (const auto& token : {"one", "group"}) {
    world.sell();
    CHECK(outcome(world->create_hold(
              {.resource_id = a, .dates = {day(3)}, .idempotency_token = token})) == mismatch);
  }
  world.sell();
  CHECK(outcome(world->create_hold(
            {.resource_id = b, .dates = {day(3)}, .idempotency_token = "group"})) == mismatch);
  // Also where all is refused that is new.
  world.clock().advance(std::chrono::hours(1));
  world.remove(a);
  world.sell();
  CHECK(accepted(world->create_hold(request)).hold.status == HoldStatus::kExpired);
  world.sell();
  CHECK(outcome(world->create_hold({.resource_id = a, .dates = {day(3)}})) == "RESOURCE_NOT_FOUND");
  CHECK(world.available(b, day(3)) == 5);
}

TEST_CASE("A request that is not new costs a second transaction where new ones were expected") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(2);
  const CreateHold request{.resource_id = id, .dates = {day(0)}, .idempotency_token = "t"};
  const auto transactions = [&](const CreateHold& r) {
    const auto before = accepted(world->metrics()).batches;
    static_cast<void>(must(world->create_hold(r)));
    return accepted(world->metrics()).batches - before;
  };
  const CreateHold taken{.resource_id = id, .dates = {day(0)}, .quantity = 2};
  CHECK(transactions(request) == 1);
  CHECK(transactions(taken) == 1);
  world.sell();
  CHECK(transactions(taken) == 2);
  CHECK(transactions(taken) == 1);
  CHECK(transactions({.resource_id = id, .dates = {day(1)}}) == 1);
  CHECK(transactions(taken) == 1);
  world.sell();
  // The first one fails, and only what is committed counts.
  CHECK(transactions(request) == 1);
  CHECK(accepted(world->metrics()).storage_retries == 0);
}

TEST_CASE("A refused request keeps no token") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(2);
  const auto other = world.tour(2);
  const Hold blocker = world.hold(id, {day(0)}, 2);
  const CreateHold request{.resource_id = id, .dates = {day(0)}, .idempotency_token = "t"};
  CHECK(outcome(world->create_hold(request)) == "INSUFFICIENT_CAPACITY");
  CreateHold smaller = request;
  smaller.dates = {day(1)};
  CHECK(outcome(world->create_hold(smaller)) == "ACCEPTED");
  CHECK(outcome(world->create_holds({.items = {{other, {day(0)}, 1}, {id, {day(0)}, 1}},
                                     .idempotency_token = "g"})) == "INSUFFICIENT_CAPACITY");
  CHECK(outcome(world->create_hold(
            {.resource_id = other, .dates = {day(0)}, .idempotency_token = "g"})) == "ACCEPTED");

  const AdjustCapacity adjust{
      .resource_id = id, .dates = {day(0)}, .delta = -1, .idempotency_token = "t"};
  CHECK(outcome(world->adjust_capacity(adjust)) == "CAPACITY_BELOW_BOOKED");
  const CreateBlackout blackout{
      .resource_id = id, .start_date = day(0), .end_date = day(0), .idempotency_token = "t"};
  CHECK(outcome(world->create_blackout(blackout)) == "BLACKOUT_CONFLICT");
  const MoveHold move{
      .hold_id = blocker.id, .dates = {day(1)}, .quantity = 2, .idempotency_token = "t"};
  const MoveHold smaller_move{
      .hold_id = blocker.id, .dates = {day(1)}, .quantity = 1, .idempotency_token = "t"};
  CHECK(outcome(world->move_hold(move)) == "INSUFFICIENT_CAPACITY");
  CHECK_FALSE(accepted(world->move_hold(smaller_move)).replayed);
  accepted(world->release_hold({.hold_id = blocker.id}));
  const auto adjusted = accepted(world->adjust_capacity(adjust));
  CHECK_FALSE(adjusted.replayed);
  CHECK_FALSE(accepted(world->create_blackout(blackout)).replayed);
  CHECK(outcome(world->move_hold(move)) == "IDEMPOTENCY_MISMATCH");
}

TEST_CASE("Every other operation that carries a token replays its answer, or is a mismatch") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(20);
  const Hold to_extend = world.hold(id, {day(0)});
  const Hold to_extend2 = world.hold(id, {day(0)});
  const Hold to_move = world.hold(id, {day(0)}, 2);
  const auto booked = world.book(id, {day(0)}, 2, "o");
  world.clock().advance(std::chrono::minutes(1));

  const auto tokened = [](std::string what, auto call, auto request, auto show, auto... changes) {
    Tokened one{.what = std::move(what), .first = {}, .again = {}, .others = {}};
    request.idempotency_token = "t";
    one.first = [=] { return show(accepted(call(request))); };
    one.again = [=] { return accepted(call(request)).replayed; };
    const auto add = [&](auto change) {
      auto other = request;
      change(other);
      one.others.push_back([=] { return outcome(call(other)); });
    };
    (add(changes), ...);
    return one;
  };
  const auto one_hold = [](const HoldAnswer& a) { return text(a.hold); };
  const std::vector<Tokened> all = {
      tokened(
          "update_resource", [&](auto r) { return world->update_resource(r); },
          UpdateResource{.resource_id = id, .name = "new"},
          [](const ResourceAnswer& a) { return text(a.resource); },
          [](auto& r) { r.name = "other"; }, [](auto& r) { r.description = "given"; },
          [](auto& r) { r.is_active = true; }, [](auto& r) { r.type = "BUS"; },
          [](auto& r) { r.metadata = "[]"; }, [](auto& r) { r.timezone = "UTC"; }),
      tokened(
          "initialize_capacity", [&](auto r) { return world->initialize_capacity(r); },
          InitializeCapacity{.resource_id = id,
                             .start_date = day(30),
                             .end_date = day(33),
                             .daily_capacity = 7,
                             .on_existing = OnExisting::kReplace},
          [](const CapacityInitialized& a) {
            return std::to_string(a.days_created) + " " + std::to_string(a.days_changed);
          },
          [](auto& r) { r.start_date = day(31); }, [](auto& r) { r.end_date = day(34); },
          [](auto& r) { r.daily_capacity = 8; }, [](auto& r) { r.weekdays = 1; },
          [](auto& r) { r.on_existing = OnExisting::kKeep; }),
      tokened(
          "adjust_capacity", [&](auto r) { return world->adjust_capacity(r); },
          AdjustCapacity{.resource_id = id, .dates = {day(1), day(0)}, .delta = 3},
          [](const CapacityAdjusted& a) { return text_of(a); }, [](auto& r) { r.delta = 4; },
          [](auto& r) { r.dates.pop_back(); }),
      tokened(
          "extend_hold", [&](auto r) { return world->extend_hold(r); },
          ExtendHold{.hold_id = to_extend.id, .ttl = std::chrono::minutes(40)}, one_hold,
          [](auto& r) { r.ttl = std::chrono::minutes(41); }, [](auto& r) { r.ttl.reset(); },
          [](auto& r) { r.holder = "h"; }, [&](auto& r) { r.hold_id = to_extend2.id; }),
      tokened(
          "move_hold", [&](auto r) { return world->move_hold(r); },
          MoveHold{.hold_id = to_move.id, .dates = {day(3), day(2)}, .quantity = 3}, one_hold,
          [](auto& r) { r.dates = {day(2)}; }, [](auto& r) { r.quantity = 2; },
          [](auto& r) { r.quantity.reset(); }, [](auto& r) { r.holder = "h"; },
          [&](auto& r) { r.hold_id = to_extend2.id; }),
      tokened(
          "move_allocation", [&](auto r) { return world->move_allocation(r); },
          MoveAllocation{.allocation_id = booked.id, .dates = {day(5)}, .quantity = 1},
          [](const AllocationAnswer& a) { return text(a.allocation); },
          [](auto& r) { r.dates = {day(6)}; }, [](auto& r) { r.quantity = 2; }),
      tokened(
          "create_blackout", [&](auto r) { return world->create_blackout(r); },
          CreateBlackout{
              .resource_id = id, .start_date = day(9), .end_date = day(10), .reason = "r"},
          [](const BlackoutAnswer& a) { return text(a.blackout); },
          [](auto& r) { r.start_date = day(8); }, [](auto& r) { r.end_date = day(11); },
          [](auto& r) { r.reason = "s"; }, [](auto& r) { r.on_conflict = OnConflict::kKeep; }),
  };
  for (const Tokened& one : all) {
    INFO(one.what);
    // One token serves every operation: each has a scope of its own.
    const std::string first = one.first();
    world.clock().advance(std::chrono::minutes(2));
    CHECK(one.first() == first);
    CHECK(one.again());
    for (std::size_t i = 0; i < one.others.size(); ++i) {
      INFO("change " << i);
      CHECK(one.others[i]() == "IDEMPOTENCY_MISMATCH");
    }
  }
  CHECK(accepted(world->list_blackouts({.resource_id = id})).items.size() == 1);
  CHECK(world.available(id, day(1)) == 23);
}

TEST_CASE("A replay comes before the clock, the capacity and the resource's state") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(5);
  const UpdateResource update{.resource_id = id, .name = "x", .idempotency_token = "t"};
  const AdjustCapacity adjust{
      .resource_id = id, .dates = {day(0)}, .delta = -1, .idempotency_token = "t"};
  const InitializeCapacity initialize{.resource_id = id,
                                      .start_date = day(40),
                                      .end_date = day(41),
                                      .daily_capacity = 1,
                                      .idempotency_token = "t"};
  const CreateBlackout blackout{
      .resource_id = id, .start_date = day(9), .end_date = day(9), .idempotency_token = "t"};
  const Hold hold = world.hold(id, {day(0)});
  const MoveHold move{.hold_id = hold.id, .dates = {day(1)}, .idempotency_token = "t"};
  const ExtendHold extend{.hold_id = hold.id, .idempotency_token = "t"};
  accepted(world->update_resource(update));
  const auto adjusted = accepted(world->adjust_capacity(adjust));
  accepted(world->initialize_capacity(initialize));
  accepted(world->create_blackout(blackout));
  accepted(world->move_hold(move));
  accepted(world->extend_hold(extend));

  world.remove(id);
  world.clock().advance(std::chrono::hours(24 * 800));
  CHECK(accepted(world->update_resource(update)).replayed);
  CHECK(accepted(world->adjust_capacity(adjust)).replayed);
  CHECK(text_of(accepted(world->adjust_capacity(adjust))) == text_of(adjusted));
  CHECK(accepted(world->initialize_capacity(initialize)).days_created == 2);
  CHECK(accepted(world->create_blackout(blackout)).replayed);
  CHECK(accepted(world->extend_hold(extend)).hold.status == HoldStatus::kExpired);
  const auto moved = accepted(world->move_hold(move));
  CHECK(moved.replayed);
  CHECK(moved.hold.dates == std::vector<Date>{day(1)});
}

TEST_CASE("What only moves a state is its own record, with or without a token") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(5);
  for (const std::string& token : {std::string(), std::string("t")}) {
    const Hold released = world.hold(id, {day(0)});
    const Hold confirmed = world.hold(id, {day(0)});
    const ReleaseHold release{.hold_id = released.id, .idempotency_token = token};
    CHECK_FALSE(accepted(world->release_hold(release)).replayed);
    CHECK(accepted(world->release_hold(release)).replayed);
    const ConfirmHold confirm{.hold_id = confirmed.id, .order_id = "o", .idempotency_token = token};
    const auto booked = accepted(world->confirm_hold(confirm));
    CHECK_FALSE(booked.replayed);
    CHECK(accepted(world->confirm_hold(confirm)).replayed);
    const CancelAllocation cancel{.allocation_id = booked.allocation.id,
                                  .idempotency_token = token};
    CHECK_FALSE(accepted(world->cancel_allocation(cancel)).replayed);
    CHECK(accepted(world->cancel_allocation(cancel)).replayed);
    const auto blackout = world.blackout(id, day(9), day(9));
    const DeleteBlackout lift{.blackout_id = blackout.id, .idempotency_token = token};
    CHECK_FALSE(accepted(world->delete_blackout(lift)).replayed);
    CHECK(accepted(world->delete_blackout(lift)).replayed);
    CHECK_FALSE(accepted(world->delete_resource({id, token})).replayed);
    CHECK(accepted(world->delete_resource({id, token})).replayed);
    CHECK_FALSE(accepted(world->restore_resource({id, token})).replayed);
    CHECK(accepted(world->restore_resource({id, token})).replayed);
  }
}

TEST_CASE("The same token twice in one batch makes one hold") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(5);
  constexpr std::uint64_t kTimes = 20;
  for (std::uint64_t i = 0; i < kTimes; ++i) {
    must(world->submit(CreateHold{.resource_id = id, .dates = {day(0)}, .idempotency_token = "t"},
                       i));
    must(world->submit(CreateResource{.type = "TOUR", .name = "n", .idempotency_token = "t"}, i));
  }
  std::size_t got = 0;
  std::size_t fresh = 0;
  while (got < 2 * kTimes) {
    for (auto& done : world->drain(100)) {
      ++got;
      const Value value = accepted(std::move(done.reply));
      if (const auto* hold = std::get_if<HoldAnswer>(&value)) fresh += hold->replayed ? 0 : 1;
      if (const auto* made = std::get_if<ResourceAnswer>(&value)) fresh += made->replayed ? 0 : 1;
    }
  }
  CHECK(fresh == 2);
  CHECK(world.available(id, day(0)) == 4);
  CHECK(accepted(world->list_resources({.text = "n"})).items.size() == 1);
}
