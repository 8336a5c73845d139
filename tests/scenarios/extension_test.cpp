// An extension moves the end of a living hold, and nothing else does.
#include <chrono>
#include <string>

#include "shop.hpp"
#include "support/catch.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("extending an expired hold does not take the place back from the next", "[extension]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold a = hold(*shop, id, {day(0)});
  shop.clock.set(a.expires_at);
  const Hold b = hold(*shop, id, {day(0)});
  const std::string before = text(retrieve(*shop, b.id));

  CHECK(outcome(shop->extend_hold({.hold_id = a.id})) == "HOLD_EXPIRED");
  CHECK(text(retrieve(*shop, b.id)) == before);
  CHECK(retrieve(*shop, a.id).status == HoldStatus::kExpired);
  CHECK(retrieve(*shop, a.id).expires_at == a.expires_at);
  // Nor does it when the place is free.
  const Hold c = hold(*shop, id, {day(1)});
  shop.clock.set(c.expires_at);
  CHECK(outcome(shop->extend_hold({.hold_id = c.id})) == "HOLD_EXPIRED");
  CHECK(available(*shop, id, day(1)) == 1);
  require_sound(*shop);
}

TEST_CASE("reads, replays and refused requests leave expires_at alone", "[extension]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  hold(*shop, id, {day(5)});
  const Hold a = accepted(shop->create_hold({.resource_id = id,
                                             .dates = {day(0)},
                                             .idempotency_token = "mine",
                                             .holder = "cart"}))
                     .hold;
  const auto unmoved = [&] {
    return accepted(shop->retrieve_hold({.hold_id = a.id, .as_host = true})).hold.expires_at ==
           a.expires_at;
  };
  shop.clock.advance(10min);
  available(*shop, id, day(0));
  all_holds(*shop, {.resource_id = id});
  CHECK(unmoved());
  const auto replay = accepted(shop->create_hold(
      {.resource_id = id, .dates = {day(0)}, .idempotency_token = "mine", .holder = "cart"}));
  CHECK(replay.replayed);
  CHECK(replay.hold.expires_at == a.expires_at);
  CHECK(outcome(try_hold(*shop, id, {day(0)})) == "INSUFFICIENT_CAPACITY");
  CHECK(outcome(try_hold(*shop, id, {day(0)}, 1, "mine")) == "IDEMPOTENCY_MISMATCH");
  CHECK(outcome(shop->extend_hold({.hold_id = a.id, .ttl = 48h, .as_host = true})) ==
        "HOLD_LIFETIME_EXCEEDED");
  CHECK(outcome(shop->extend_hold({.hold_id = a.id, .ttl = 1h, .holder = "thief"})) ==
        "HOLD_NOT_FOUND");
  CHECK(outcome(try_confirm(*shop, a.id, "order")) == "HOLD_NOT_FOUND");
  CHECK(outcome(shop->move_hold({.hold_id = a.id, .dates = {day(5)}, .holder = "cart"})) ==
        "INSUFFICIENT_CAPACITY");
  CHECK(unmoved());
  // Shorter than what is left: it stays.
  accepted(shop->extend_hold({.hold_id = a.id, .ttl = 1min, .holder = "cart"}));
  CHECK(unmoved());
  require_sound(*shop);
}

TEST_CASE("a replayed extension extends once", "[extension]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold a = hold(*shop, id, {day(0)});
  const ExtendHold request{.hold_id = a.id, .ttl = 1h, .idempotency_token = "once"};
  const auto first = accepted(shop->extend_hold(request));
  CHECK(first.hold.expires_at == shop.clock.now() + 1h);
  shop.clock.advance(10min);
  const auto again = accepted(shop->extend_hold(request));
  CHECK(again.replayed);
  CHECK(again.hold.expires_at == first.hold.expires_at);
  CHECK(retrieve(*shop, a.id).expires_at == first.hold.expires_at);
  require_sound(*shop);
}

TEST_CASE("an extension reaches max_hold_lifetime and not a millisecond past it", "[extension]") {
  EACH_BACKEND(db);
  Shop shop(db, {.hold_ttl = 30min, .max_hold_lifetime = 2h});
  const std::string id = add_resource(*shop, 1);
  const Hold a = hold(*shop, id, {day(0)});
  shop.clock.advance(20min);
  CHECK(outcome(shop->extend_hold({.hold_id = a.id, .ttl = 100min + 1ms})) ==
        "HOLD_LIFETIME_EXCEEDED");
  CHECK(retrieve(*shop, a.id).expires_at == a.expires_at);
  CHECK(accepted(shop->extend_hold({.hold_id = a.id, .ttl = 100min})).hold.expires_at ==
        a.created_at + 2h);
  require_sound(*shop);
}

TEST_CASE("holds are extended all or none", "[extension]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 2);
  const std::string elsewhere = add_resource(*shop, 2);
  const Hold living = hold(*shop, id, {day(0)});
  const Hold ended =
      accepted(shop->create_hold({.resource_id = elsewhere, .dates = {day(0)}, .ttl = 1min})).hold;
  shop.clock.set(ended.expires_at);
  CHECK(outcome(shop->extend_holds({.hold_ids = {living.id, ended.id}})) == "HOLD_EXPIRED");
  CHECK(retrieve(*shop, living.id).expires_at == living.expires_at);
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
