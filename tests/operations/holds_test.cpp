// create, extend, release and retrieve holds, and what readers see of them.
#include <set>

#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("Every field of a hold goes in and comes out") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(10);
  const auto answer = accepted(world->create_hold({.resource_id = id,
                                                   .dates = {day(3), day(1), day(2)},
                                                   .quantity = 4,
                                                   .customer_email = "a@example.com",
                                                   .idempotency_token = "cart-7",
                                                   .holder = "cookie",
                                                   .ttl = std::chrono::minutes(5)}));
  CHECK_FALSE(answer.replayed);
  const Hold& hold = answer.hold;
  CHECK(hold.id.substr(0, 32) == "hold_" + id.substr(4) + "_");
  CHECK(hold.resource_id == id);
  CHECK(hold.dates == days(1, 3));
  CHECK(hold.quantity == 4);
  CHECK(hold.customer_email == "a@example.com");
  CHECK(hold.holder == "cookie");
  CHECK(hold.idempotency_token == "cart-7");
  CHECK(hold.status == HoldStatus::kActive);
  CHECK(hold.expires_at == world.clock().now() + std::chrono::minutes(5));
  CHECK(hold.group_id.empty());
  CHECK(hold.created_at == world.clock().now());
  CHECK(hold.updated_at == world.clock().now());
  CHECK(text(world.seen(hold.id)) == text(hold));
  CHECK(world.available(id, day(0)) == 10);
  for (const int i : {1, 2, 3}) CHECK(world.available(id, day(i)) == 6);
}

TEST_CASE("A hold that names no ttl and no token gets the engine's ttl and a token of its own") {
  EACH_BACKEND(db);
  World world(db, {.hold_ttl = std::chrono::minutes(7)});
  const auto id = world.tour();
  const Hold one = world.hold(id, {day(0)});
  const Hold two = world.hold(id, {day(0)});
  CHECK(one.expires_at == world.clock().now() + std::chrono::minutes(7));
  CHECK_FALSE(one.idempotency_token.empty());
  CHECK(one.idempotency_token != two.idempotency_token);
  CHECK(one.id != two.id);
}

TEST_CASE("Nobody can guess an id or a made token from the ones before it") {
  const Database db(Backend{.name = "memory"});
  World world(db);
  const auto id = world.tour(1000);
  constexpr std::size_t kRandom = 16;  // characters of 5 bits
  std::vector<std::set<char>> of_ids(kRandom);
  std::vector<std::set<char>> of_tokens(kRandom);
  for (int i = 0; i < 200; ++i) {
    const Hold hold = world.hold(id, {day(0)});
    for (std::size_t at = 0; at < kRandom; ++at) {
      of_ids[at].insert(hold.id[hold.id.size() - 1 - at]);
      of_tokens[at].insert(hold.idempotency_token[hold.idempotency_token.size() - 1 - at]);
    }
  }
  // Of 32 there are, 200 draws miss twelve less than once in 10^32 runs.
  for (std::size_t at = 0; at < kRandom; ++at) {
    INFO("character " << at << " from the end");
    CHECK(of_ids[at].size() > 20);
    CHECK(of_tokens[at].size() > 20);
  }
}

TEST_CASE("A hold that lacks places on any day takes none, and says which days and what is left") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(3);
  world.hold(id, {day(1)}, 2);
  world.hold(id, {day(2)}, 3);
  const auto no = refused(
      world->create_hold({.resource_id = id, .dates = {day(0), day(2), day(1)}, .quantity = 2}));
  CHECK(no.outcome == Outcome::kInsufficientCapacity);
  CHECK(no.id == id);
  CHECK(days_of(no) == std::vector<std::string>{"2027-03-02 2/1", "2027-03-03 2/0"});
  REQUIRE(no.days.size() == 2);
  CHECK(no.days[0].resource_id == id);
  CHECK(world.available(id, day(0)) == 3);
  CHECK(outcome(world->create_hold({.resource_id = id, .dates = {day(0)}, .quantity = 3})) ==
        "ACCEPTED");
  CHECK(outcome(world->create_hold({.resource_id = id, .dates = {day(0)}})) ==
        "INSUFFICIENT_CAPACITY");
}

TEST_CASE("create_holds makes all or none under one group, and sums a day that comes twice") {
  EACH_BACKEND(db);
  World world(db);
  const auto boat = world.tour(5);
  const auto guide = world.tour(1);
  const auto answer = accepted(world->create_holds(
      {.items = {{guide, {day(1)}, 1}, {boat, {day(2), day(1)}, 2}, {boat, {day(1)}, 3}},
       .customer_email = "b@example.com",
       .idempotency_token = "group",
       .holder = "h",
       .ttl = std::chrono::minutes(1)}));
  REQUIRE(answer.holds.size() == 3);
  CHECK_FALSE(answer.replayed);
  CHECK(answer.group_id.substr(0, 4) == "grp_");
  CHECK(answer.holds[0].resource_id == guide);
  CHECK(answer.holds[1].dates == days(1, 2));
  CHECK(answer.holds[2].quantity == 3);
  for (const Hold& hold : answer.holds) {
    CHECK(hold.group_id == answer.group_id);
    CHECK(hold.customer_email == "b@example.com");
    CHECK(hold.idempotency_token == "group");
    CHECK(hold.holder == "h");
    CHECK(hold.expires_at == world.clock().now() + std::chrono::minutes(1));
    CHECK(text(world.seen(hold.id)) == text(hold));
  }
  CHECK(world.available(boat, day(1)) == 0);
  CHECK(world.available(boat, day(2)) == 3);
  CHECK(world.available(guide, day(1)) == 0);

  const auto no = refused(world->create_holds(
      {.items = {{boat, {day(3)}, 3}, {guide, {day(3)}, 1}, {boat, {day(3)}, 3}}}));
  CHECK(no.outcome == Outcome::kInsufficientCapacity);
  CHECK(days_of(no) == std::vector<std::string>{"2027-03-04 6/5"});
  CHECK(world.available(boat, day(3)) == 5);
  CHECK(world.available(guide, day(3)) == 1);
}

TEST_CASE("Extend moves expires_at to now and ttl, never back, up to the lifetime") {
  EACH_BACKEND(db);
  World world(db, {.max_hold_lifetime = std::chrono::hours(1)});
  const auto id = world.tour();
  const Hold hold = world.hold(id, {day(0)});
  const auto start = world.clock().now();
  world.clock().advance(std::chrono::minutes(10));
  auto answer = accepted(world->extend_hold({.hold_id = hold.id, .ttl = std::chrono::minutes(45)}));
  CHECK_FALSE(answer.replayed);
  CHECK(answer.hold.expires_at == start + std::chrono::minutes(55));
  CHECK(answer.hold.updated_at == world.clock().now());
  CHECK(text(world.seen(hold.id)) == text(answer.hold));
  answer = accepted(world->extend_hold({.hold_id = hold.id}));
  CHECK(answer.hold.expires_at == start + std::chrono::minutes(55));
  CHECK(accepted(world->extend_hold({.hold_id = hold.id, .ttl = std::chrono::minutes(50)}))
            .hold.expires_at == start + std::chrono::hours(1));
  const auto no = refused(world->extend_hold(
      {.hold_id = hold.id, .ttl = std::chrono::minutes(50) + std::chrono::milliseconds(1)}));
  CHECK(no.outcome == Outcome::kHoldLifetimeExceeded);
  CHECK(no.id == hold.id);
}

TEST_CASE("Extend of several holds is all or none") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const auto other = world.tour();
  const Hold one = world.hold(id, {day(0)});
  const Hold two = world.hold(other, {day(0)});
  const Hold released = world.hold(id, {day(1)});
  accepted(world->release_hold({.hold_id = released.id}));
  world.clock().advance(std::chrono::minutes(1));
  const auto no = refused(world->extend_holds({.hold_ids = {two.id, released.id, one.id}}));
  CHECK(no.outcome == Outcome::kHoldReleased);
  CHECK(no.id == released.id);
  CHECK(text(world.seen(one.id)) == text(one));
  const auto answer = accepted(world->extend_holds({.hold_ids = {two.id, one.id}}));
  REQUIRE(answer.holds.size() == 2);
  CHECK(answer.holds[0].id == two.id);
  CHECK(answer.holds[1].expires_at == world.clock().now() + kDefaultTtl);
}

TEST_CASE("Release gives the places back once and repeats to the same answer") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(5);
  const Hold one = world.hold(id, {day(0), day(1)}, 2);
  const Hold two = world.hold(id, {day(1)}, 3);
  world.clock().advance(std::chrono::seconds(1));
  const auto first = accepted(world->release_hold({.hold_id = one.id}));
  CHECK_FALSE(first.replayed);
  CHECK(first.hold.status == HoldStatus::kReleased);
  CHECK(first.hold.updated_at == world.clock().now());
  CHECK(text(world.seen(one.id)) == text(first.hold));
  CHECK(world.available(id, day(1)) == 2);
  world.clock().advance(std::chrono::hours(2));
  const auto again = accepted(world->release_hold({.hold_id = one.id}));
  CHECK(again.replayed);
  CHECK(text(again.hold) == text(first.hold));
  const auto expired = refused(world->release_holds({.hold_ids = {one.id, two.id}}));
  CHECK(expired.outcome == Outcome::kHoldExpired);
  CHECK(expired.id == two.id);
  const Hold three = world.hold(id, {day(1)}, 5);
  const auto both = accepted(world->release_holds({.hold_ids = {three.id, one.id}}));
  CHECK_FALSE(both.replayed);
  CHECK(ids_of(both.holds) == std::vector<std::string>{three.id, one.id});
  CHECK(world.available(id, day(1)) == 5);
}

TEST_CASE("An id that is no hold's is HOLD_NOT_FOUND in every operation that takes one") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const Hold good = world.hold(id, {day(0)});
  const Nobody nobody;
  for (const std::string& bad :
       {nobody.hold, absent_id("hold_", id), std::string("hold_x"), std::string("x"), id,
        nobody.allocation, good.id + "0", good.id.substr(0, 40)}) {
    INFO(bad);
    const std::string expected = "HOLD_NOT_FOUND";
    CHECK(outcome(world->retrieve_hold({.hold_id = bad})) == expected);
    CHECK(refused(world->retrieve_hold({.hold_id = bad})).id == bad);
    CHECK(outcome(world->extend_hold({.hold_id = bad})) == expected);
    CHECK(outcome(world->extend_holds({.hold_ids = {good.id, bad}})) == expected);
    CHECK(outcome(world->confirm_hold({.hold_id = bad, .order_id = "o"})) == expected);
    CHECK(outcome(world->confirm_holds({.hold_ids = {good.id, bad}, .order_id = "o"})) == expected);
    CHECK(outcome(world->release_hold({.hold_id = bad})) == expected);
    CHECK(refused(world->release_holds({.hold_ids = {good.id, bad}})).id == bad);
    CHECK(outcome(world->move_hold({.hold_id = bad, .dates = {day(1)}})) == expected);
  }
  CHECK(text(world.seen(good.id)) == text(good));
}

TEST_CASE("A due hold is EXPIRED to every reader from exactly expires_at, rows unswept") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(4);
  const Hold hold = world.short_hold(id, {day(0)}, std::chrono::seconds(10), 3);
  const auto listed = [&](std::optional<HoldStatus> status) {
    return accepted(world->list_holds({.resource_id = id, .status = status})).items;
  };
  const auto held = [&] {
    return accepted(world->get_capacity_report(
                        {.resource_id = id, .start_date = day(0), .end_date = day(0)}))
        .held;
  };
  world.clock().set(hold.expires_at - std::chrono::microseconds(1));
  CHECK(world.seen(hold.id).status == HoldStatus::kActive);
  CHECK(listed(HoldStatus::kActive).size() == 1);
  CHECK(listed(HoldStatus::kExpired).empty());
  CHECK(world.available(id, day(0)) == 1);
  CHECK(held() == 3);
  CHECK(outcome(world->create_hold({.resource_id = id, .dates = {day(0)}, .quantity = 2})) ==
        "INSUFFICIENT_CAPACITY");

  world.clock().set(hold.expires_at);
  CHECK(world.seen(hold.id).status == HoldStatus::kExpired);
  CHECK(listed(HoldStatus::kActive).empty());
  REQUIRE(listed(HoldStatus::kExpired).size() == 1);
  CHECK(listed(HoldStatus::kExpired)[0].status == HoldStatus::kExpired);
  CHECK(listed(std::nullopt).at(0).status == HoldStatus::kExpired);
  CHECK(world.available(id, day(0)) == 4);
  CHECK(held() == 0);
  // The row has not been touched: the clock that steps back shows it.
  world.clock().set(hold.expires_at - std::chrono::microseconds(1));
  CHECK(world.seen(hold.id).status == HoldStatus::kActive);

  world.clock().set(hold.expires_at);
  CHECK(outcome(world->extend_hold({.hold_id = hold.id})) == "HOLD_EXPIRED");
  CHECK(outcome(world->confirm_hold({.hold_id = hold.id, .order_id = "o"})) == "HOLD_EXPIRED");
  CHECK(outcome(world->release_hold({.hold_id = hold.id})) == "HOLD_EXPIRED");
  CHECK(outcome(world->move_hold({.hold_id = hold.id, .dates = {day(1)}})) == "HOLD_EXPIRED");
  // Found expired under the lock, it stays so.
  world.clock().set(hold.expires_at - std::chrono::seconds(5));
  CHECK(world.seen(hold.id).status == HoldStatus::kExpired);
  CHECK(world.available(id, day(0)) == 4);
}

TEST_CASE("A hold takes the places of more due holds than one transaction records") {
  EACH_BACKEND(db);
  World world(db);
  const int many = GENERATE(101, 250, 1000);
  const auto id = world.tour(many);
  std::vector<std::string> ids;
  for (int made = 0; made < many;) {
    CreateHolds request{.items = {}, .ttl = std::chrono::seconds(1)};
    for (; made < many && request.items.size() < 64; ++made)
      request.items.push_back({id, {day(0)}});
    for (const Hold& hold : accepted(world->create_holds(request)).holds) ids.push_back(hold.id);
  }
  CHECK(world.available(id, day(0)) == 0);
  world.clock().advance(std::chrono::seconds(1));
  CHECK(world.available(id, day(0)) == many);

  SECTION("all places at once") {
    CHECK(outcome(world->create_hold({.resource_id = id, .dates = {day(0)}, .quantity = many})) ==
          "ACCEPTED");
    CHECK(accepted(world->metrics()).holds_expired == many);
  }
  SECTION("one place more than there are is refused with the true number") {
    const auto no =
        refused(world->create_hold({.resource_id = id, .dates = {day(0)}, .quantity = many + 1}));
    CHECK(no.outcome == Outcome::kInsufficientCapacity);
    CHECK(no.days.at(0).available_capacity == many);
  }
  SECTION("a move, a reclaim, an adjustment and a replacement") {
    const Hold mover = world.hold(id, {day(1)}, many);
    CHECK(outcome(world->move_hold({.hold_id = mover.id, .dates = {day(0)}})) == "ACCEPTED");
    accepted(world->release_hold({.hold_id = mover.id}));
    CHECK(outcome(world->confirm_hold(
              {.hold_id = ids.back(), .order_id = "o", .if_expired = IfExpired::kReclaim})) ==
          "ACCEPTED");
    CHECK(outcome(world->adjust_capacity(
              {.resource_id = id, .dates = {day(0)}, .delta = 1 - many})) == "ACCEPTED");
  }
  SECTION("an adjustment alone") {
    CHECK(outcome(world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = -many})) ==
          "ACCEPTED");
  }
  SECTION("a replacement alone") {
    CHECK(outcome(world->initialize_capacity({.resource_id = id,
                                              .start_date = day(0),
                                              .end_date = day(0),
                                              .daily_capacity = 1,
                                              .on_existing = OnExisting::kReplace})) == "ACCEPTED");
  }
}

TEST_CASE("Cleanup records what is due, counts it once, and stops at its limit") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(1000);
  const auto other = world.tour(1000);
  for (int i = 0; i < 5; ++i) {
    CreateHolds request{.items = {}, .ttl = std::chrono::seconds(1)};
    for (int item = 0; item < 60; ++item) request.items.push_back({i < 4 ? id : other, {day(0)}});
    accepted(world->create_holds(request));
  }
  const Hold kept = world.hold(id, {day(0)});
  CHECK(accepted(world->cleanup_expired_holds()).expired == 0);
  world.clock().advance(std::chrono::seconds(1));
  const auto some = accepted(world->cleanup_expired_holds({.limit = 1})).expired;
  CHECK(some >= 1);
  CHECK(some <= 200);
  CHECK(accepted(world->cleanup_expired_holds()).expired == 300 - some);
  CHECK(accepted(world->cleanup_expired_holds()).expired == 0);
  CHECK(world.seen(kept.id).status == HoldStatus::kActive);
  world.clock().advance(-std::chrono::seconds(1));
  CHECK(world.available(id, day(0)) == 999);
  CHECK(world.available(other, day(0)) == 1000);
  CHECK(accepted(world->metrics()).holds_expired == 300);
}
