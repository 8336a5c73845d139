// Every way in which a request can come twice.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "loss.hpp"
#include "shop.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("one token and body, many at once: one hold", "[token]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 10);
  for (int round = 0; round < 10; ++round) {
    const std::string token = "token " + std::to_string(round);
    std::vector<Reply<HoldAnswer>> got(16, Error{});
    in_threads(16, [&](int i) {
      got[static_cast<std::size_t>(i)] =
          try_hold(i % 2 == 0 ? *shop : *other, id, {day(round)}, 1, token);
    });
    int made = 0;
    for (const auto& reply : got) {
      REQUIRE(outcome(reply) == "ACCEPTED");
      CHECK(reply->value().hold.id == got[0]->value().hold.id);
      if (!reply->value().replayed) ++made;
    }
    CHECK(made == 1);
    CHECK(available(*shop, id, day(round)) == 9);
  }
  CHECK(all_holds(*shop, {.resource_id = id}).size() == 10);
  require_sound(*shop);
}

TEST_CASE("a token with another body is a mismatch, whatever differs", "[token]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 10);
  const CreateHold request{.resource_id = id,
                           .dates = {day(0), day(2)},
                           .quantity = 2,
                           .customer_email = "guest@example.com",
                           .idempotency_token = "t",
                           .holder = "cart",
                           .ttl = 10min};
  const Hold made = accepted(shop->create_hold(request)).hold;
  const auto with = [&](auto&& change) {
    CreateHold other = request;
    change(other);
    return outcome(shop->create_hold(other));
  };
  CHECK(with([](CreateHold& r) { r.quantity = 3; }) == "IDEMPOTENCY_MISMATCH");
  CHECK(with([](CreateHold& r) { r.dates = {day(0), day(1)}; }) == "IDEMPOTENCY_MISMATCH");
  CHECK(with([](CreateHold& r) { r.ttl = 11min; }) == "IDEMPOTENCY_MISMATCH");
  CHECK(with([](CreateHold& r) { r.ttl.reset(); }) == "IDEMPOTENCY_MISMATCH");
  CHECK(with([](CreateHold& r) { r.holder = "another cart"; }) == "IDEMPOTENCY_MISMATCH");
  // The order of days is no difference, and personal data never is.
  for (const std::string email : {"guest@example.com", "changed@example.com", ""}) {
    CreateHold same = request;
    same.dates = {day(2), day(0)};
    same.customer_email = email;
    const auto replay = accepted(shop->create_hold(same));
    CHECK(replay.replayed);
    CHECK(replay.hold.id == made.id);
    CHECK(replay.hold.customer_email == "guest@example.com");
  }
  CHECK(available(*shop, id, day(0)) == 8);
  require_sound(*shop);
}

TEST_CASE("a refused request keeps no token and succeeds when places are free", "[token]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold blocker = hold(*shop, id, {day(0)});
  CHECK(outcome(try_hold(*shop, id, {day(0)}, 1, "t")) == "INSUFFICIENT_CAPACITY");
  accepted(shop->release_hold({.hold_id = blocker.id}));
  const auto got = accepted(try_hold(*shop, id, {day(0)}, 1, "t"));
  CHECK_FALSE(got.replayed);
  CHECK(got.hold.id != blocker.id);
  require_sound(*shop);
}

TEST_CASE("an attempt that failed SAFE did nothing, and its retry works", "[token]") {
  EACH_BACKEND(db);
  Shop shop(db, {.lock_timeout = 100ms, .retry_timeout = 0ms});
  const std::string id = add_resource(*shop, 1);
  HeldLock lock(shop.storage(), id);
  const auto failed = try_hold(*shop, id, {day(0)}, 1, "t");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().status == Status::kBusy);
  CHECK(failed.error().retry == Retry::kSafe);
  lock.release();
  CHECK(all_holds(*shop, {.resource_id = id}).empty());
  const auto got = accepted(try_hold(*shop, id, {day(0)}, 1, "t"));
  CHECK_FALSE(got.replayed);
  require_sound(*shop);
}

TEST_CASE("a replay after expiry brings the expired hold and makes no second", "[token]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold made = hold(*shop, id, {day(0)}, 1, "t");
  shop.clock.set(made.expires_at);
  for (int i = 0; i < 2; ++i) {
    const auto replay = accepted(try_hold(*shop, id, {day(0)}, 1, "t"));
    CHECK(replay.replayed);
    CHECK(replay.hold.id == made.id);
    CHECK(replay.hold.status == HoldStatus::kExpired);
  }
  CHECK(all_holds(*shop, {.resource_id = id}).size() == 1);
  CHECK(available(*shop, id, day(0)) == 1);
  // Released and confirmed ones come back as they are too.
  const Hold released = hold(*shop, id, {day(1)}, 1, "r");
  accepted(shop->release_hold({.hold_id = released.id}));
  CHECK(hold(*shop, id, {day(1)}, 1, "r").status == HoldStatus::kReleased);
  const Hold paid = hold(*shop, id, {day(2)}, 1, "c");
  confirm(*shop, paid.id, "order");
  CHECK(hold(*shop, id, {day(2)}, 1, "c").status == HoldStatus::kConfirmed);
  require_sound(*shop);
}

TEST_CASE("a token's scope is its resource", "[token]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string a = add_resource(*shop, 5);
  const std::string b = add_resource(*shop, 5);
  const std::string c = add_resource(*shop, 5);
  const auto first = accepted(try_hold(*shop, a, {day(0)}, 1, "t"));
  const auto second = accepted(try_hold(*shop, b, {day(0)}, 1, "t"));
  CHECK_FALSE(second.replayed);
  CHECK(second.hold.id != first.hold.id);

  // A group's token stands on every resource it touches.
  const CreateHolds group{.items = {{a, {day(1)}}, {c, {day(1)}}}, .idempotency_token = "g"};
  const auto made = accepted(shop->create_holds(group));
  const auto replay = accepted(shop->create_holds(group));
  CHECK(replay.replayed);
  CHECK(replay.group_id == made.group_id);
  REQUIRE(replay.holds.size() == 2);
  CHECK(replay.holds[0].id == made.holds[0].id);
  CHECK(replay.holds[1].id == made.holds[1].id);
  CHECK(outcome(try_hold(*shop, c, {day(1)}, 1, "g")) == "IDEMPOTENCY_MISMATCH");
  CHECK(outcome(try_hold(*shop, b, {day(1)}, 1, "g")) == "ACCEPTED");
  CreateHolds less = group;
  less.items.pop_back();
  CHECK(outcome(shop->create_holds(less)) == "IDEMPOTENCY_MISMATCH");
  require_sound(*shop);
}

TEST_CASE("a hold whose answer was lost is found again with its token", "[token][loss]") {
  EACH_LOSS(db);
  LossyShop shop(db, setting_of_db.loss, {.retry_timeout = 0ms});
  const std::string id = add_resource(*shop, 5);
  for (const std::string token : {"mine", ""}) {
    shop.lose_next_commit();
    const auto lost = try_hold(*shop, id, {day(0)}, 1, token);
    REQUIRE_FALSE(lost.ok());
    CHECK(lost.error().retry == Retry::kSameToken);
    const std::string with = lost.error().idempotency_token;
    CHECK_FALSE(with.empty());
    if (!token.empty()) CHECK(with == token);
    const auto again = accepted(try_hold(*shop, id, {day(0)}, 1, with));
    CHECK(again.replayed);
  }
  CHECK(shop.lost() == 2);
  CHECK(available(*shop, id, day(0)) == 3);
  require_sound(*shop);
}

TEST_CASE("a lost confirm repeated after the deadline is a replay", "[token][loss]") {
  EACH_LOSS(db);
  LossyShop shop(db, setting_of_db.loss, {.retry_timeout = 0ms});
  const std::string id = add_resource(*shop, 1);
  const Hold held = hold(*shop, id, {day(0)});
  shop.lose_next_commit();
  REQUIRE_FALSE(try_confirm(*shop, held.id, "O").ok());
  shop.clock.set(held.expires_at + 1h);
  const auto again = accepted(try_confirm(*shop, held.id, "O"));
  CHECK(again.replayed);
  CHECK(outcome(try_confirm(*shop, held.id, "P")) == "ALREADY_CONFIRMED");
  require_sound(*shop);
}

TEST_CASE("what adds an amount or makes a row happens once when repeated", "[token][loss]") {
  EACH_LOSS(db);
  LossyShop shop(db, setting_of_db.loss, {.retry_timeout = 0ms});
  const std::string id = add_resource(*shop, 5);
  const Hold held = hold(*shop, id, {day(0)});
  const Allocation booked = confirm(*shop, hold(*shop, id, {day(1)}).id, "order");
  // Asked, lost, and asked again with the token that the failure names.
  const auto twice = [&](auto request, auto ask) {
    shop.lose_next_commit();
    const auto lost = ask(request);
    REQUIRE_FALSE(lost.ok());
    REQUIRE(lost.error().retry == Retry::kSameToken);
    request.idempotency_token = lost.error().idempotency_token;
    const auto again = accepted(ask(request));
    CHECK(again.replayed);
    return again;
  };

  const auto made = twice(CreateResource{.type = "GUIDE", .name = "a guide"},
                          [&](const auto& r) { return shop->create_resource(r); });
  CHECK(made.resource.name == "a guide");
  CHECK(accepted(shop->list_resources({.type = "GUIDE"})).items.size() == 1);

  const auto adjusted = twice(AdjustCapacity{.resource_id = id, .dates = {day(0)}, .delta = 2},
                              [&](const auto& r) { return shop->adjust_capacity(r); });
  CHECK(adjusted.days.at(0).max_capacity == 7);
  CHECK(available(*shop, id, day(0)) == 6);

  const auto opened = twice(
      InitializeCapacity{
          .resource_id = id, .start_date = day(40), .end_date = day(42), .daily_capacity = 3},
      [&](const auto& r) { return shop->initialize_capacity(r); });
  CHECK(opened.days_created == 3);

  const auto blackout =
      twice(CreateBlackout{.resource_id = id, .start_date = day(20), .end_date = day(21)},
            [&](const auto& r) { return shop->create_blackout(r); });
  const auto blackouts = accepted(shop->list_blackouts({.resource_id = id}));
  REQUIRE(blackouts.items.size() == 1);
  CHECK(blackouts.items[0].id == blackout.blackout.id);

  twice(MoveHold{.hold_id = held.id, .dates = {day(2)}},
        [&](const auto& r) { return shop->move_hold(r); });
  twice(MoveAllocation{.allocation_id = booked.id, .dates = {day(3)}},
        [&](const auto& r) { return shop->move_allocation(r); });
  CHECK(available(*shop, id, day(0)) == 7);
  CHECK(available(*shop, id, day(1)) == 5);
  CHECK(available(*shop, id, day(2)) == 4);
  CHECK(available(*shop, id, day(3)) == 4);
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
