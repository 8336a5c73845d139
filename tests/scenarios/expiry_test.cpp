// A hold ends at an instant, whether or not anybody sweeps.
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "process.hpp"
#include "shop.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

/// A resource whose only place on day 0 is held, and the clock `offset` from that hold's end.
struct NearExpiry {
  NearExpiry(Shop& shop, std::chrono::microseconds offset) : id(add_resource(*shop, 1)) {
    held = hold(*shop, id, {day(0)});
    start = shop.clock.now();
    shop.clock.set(held.expires_at + offset);
  }
  std::string id;
  Hold held{};
  Instant start{};
};

TEST_CASE("before, at and after expires_at everything agrees to the microsecond", "[expiry]") {
  EACH_SETTING(db);
  Shop shop(db);
  for (const auto offset : {-1us, 0us, 1us}) {
    const bool over = offset >= 0us;
    const std::string ended = over ? "HOLD_EXPIRED" : "ACCEPTED";
    INFO("offset " << offset.count() << " us");
    const auto each = [&](auto&& ask) {
      NearExpiry near(shop, offset);
      const std::string got = ask(near.id, near.held.id);
      // What it is told must also be what readers see afterwards.
      if (over) CHECK(retrieve(*shop, near.held.id).status == HoldStatus::kExpired);
      shop.clock.set(near.start);
      return got;
    };
    CHECK(each([&](const auto& id, const auto& h) {
            const auto answer = accepted(shop->check_availability(
                {.resource_id = id, .start_date = day(0), .end_date = day(0)}));
            const auto search = accepted(shop->search_availability(
                {.resource_ids = {id}, .start_date = day(0), .end_date = day(0)}));
            const auto report = accepted(shop->get_capacity_report(
                {.resource_id = id, .start_date = day(0), .end_date = day(0)}));
            CHECK(answer.days[0].available_capacity == (over ? 1 : 0));
            CHECK(answer.days[0].is_available == over);
            CHECK(search.resources[0].days[0].is_available == over);
            CHECK(report.days[0].held == (over ? 0 : 1));
            CHECK(report.days[0].booked == 0);
            const auto active =
                all_holds(*shop, {.resource_id = id, .status = HoldStatus::kActive});
            const auto expired =
                all_holds(*shop, {.resource_id = id, .status = HoldStatus::kExpired});
            CHECK(active.size() == (over ? 0 : 1));
            CHECK(expired.size() == (over ? 1 : 0));
            return std::string(name(retrieve(*shop, h).status));
          }) == (over ? "EXPIRED" : "ACTIVE"));
    CHECK(each([&](const auto& id, const auto&) {
            return outcome(try_hold(*shop, id, {day(0)}));
          }) == (over ? "ACCEPTED" : "INSUFFICIENT_CAPACITY"));
    CHECK(each([&](const auto&, const auto& h) {
            return outcome(shop->extend_hold({.hold_id = h}));
          }) == ended);
    CHECK(each([&](const auto&, const auto& h) {
            return outcome(try_confirm(*shop, h, "order"));
          }) == ended);
    CHECK(each([&](const auto&, const auto& h) {
            return outcome(shop->release_hold({.hold_id = h}));
          }) == ended);
    CHECK(each([&](const auto&, const auto& h) {
            return outcome(shop->move_hold({.hold_id = h, .dates = {day(1)}}));
          }) == ended);
  }
  shop.clock.advance(1h);
  require_sound(*shop);
}

TEST_CASE("the next customer needs no sweep, and a later sweep changes no answer", "[expiry]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 2);
  const Hold a = hold(*shop, id, days(0, 2));
  hold(*shop, id, days(1, 3));
  shop.clock.set(a.expires_at);
  CHECK(outcome(try_hold(*shop, id, {day(2)}, 2)) == "ACCEPTED");
  // Another that nothing has looked at since it ended.
  const std::string untouched = add_resource(*shop, 1);
  hold(*shop, untouched, {day(0)});
  shop.clock.advance(31min);

  const std::string before = visible(*shop, id) + visible(*shop, untouched);
  CHECK(accepted(shop->cleanup_expired_holds()).expired == 2);
  CHECK(visible(*shop, id) + visible(*shop, untouched) == before);
  CHECK(accepted(shop->cleanup_expired_holds()).expired == 0);
  require_sound(*shop);
}

TEST_CASE("more due holds than one transaction records still make way for a hold", "[expiry]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 250);
  for (int i = 0; i < 250; ++i) hold(*shop, id, {day(0)});
  shop.clock.advance(31min);
  CHECK(available(*shop, id, day(0)) == 250);
  CHECK(outcome(try_hold(*shop, id, {day(0)}, 250)) == "ACCEPTED");
  CHECK(outcome(try_hold(*shop, id, {day(0)})) == "INSUFFICIENT_CAPACITY");
  require_sound(*shop);
}

TEST_CASE("a confirm that waits on the lock past expiry is told HOLD_EXPIRED", "[expiry]") {
  EACH_SETTING(db);
  Shop shop(db, {.lock_timeout = 30s});
  const auto session = shop.another();
  const std::string id = add_resource(*shop, 1);
  for (int round = 0; round < 3; ++round) {
    const Date date = day(round);
    const Hold a = hold(*shop, id, {date});
    shop.clock.set(a.expires_at - 1us);
    HeldLock lock(shop.storage(), id);
    auto late = std::async(std::launch::async,
                           [&] { return outcome(try_confirm(*shop, a.id, "order_a")); });
    auto taker =
        std::async(std::launch::async, [&] { return outcome(try_hold(*session, id, {date})); });
    std::this_thread::sleep_for(100ms);
    shop.clock.set(a.expires_at);
    lock.release();
    CHECK(late.get() == "HOLD_EXPIRED");
    CHECK(taker.get() == "ACCEPTED");
    CHECK(retrieve(*shop, a.id).status == HoldStatus::kExpired);
  }
  CHECK(all_allocations(*shop, {.resource_id = id}).empty());
  require_sound(*shop);
}

TEST_CASE("the same on the database's clock, the place taken by another process", "[expiry]") {
  EACH_SETTING(db);
  if (!db.backend().persistent) return;
  const auto engine = open_engine(db, {.lock_timeout = 30s});
  const std::string id = add_resource(*engine, 1, live_day(0), live_day(0));
  Worker other({"hold", db.uri(), id});
  REQUIRE(other.line() == "ready");
  const auto ttl = 1500ms;
  const Hold a =
      accepted(engine->create_hold({.resource_id = id, .dates = {live_day(0)}, .ttl = ttl})).hold;
  HeldLock lock(db.open({.lock_timeout = 30s}), id);
  auto late = std::async(std::launch::async,
                         [&] { return outcome(try_confirm(*engine, a.id, "order_a")); });
  other.send(to_string(live_day(0)));
  std::this_thread::sleep_for(ttl);
  lock.release();
  CHECK(late.get() == "HOLD_EXPIRED");
  CHECK(other.line() == "ACCEPTED");
  require_sound(*engine, {live_day(0), live_day(0)});
}

TEST_CASE("a recorded expiry outlives a clock that steps back", "[expiry]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold sold = hold(*shop, id, {day(0)});
  const Hold unsold = hold(*shop, id, {day(1)});
  shop.clock.set(sold.expires_at);
  const Hold b = hold(*shop, id, {day(0)});
  CHECK(outcome(try_confirm(*shop, unsold.id, "order")) == "HOLD_EXPIRED");

  shop.clock.advance(-1h);
  for (const Hold& ended : {sold, unsold}) {
    CHECK(retrieve(*shop, ended.id).status == HoldStatus::kExpired);
    CHECK(outcome(try_confirm(*shop, ended.id, "order")) == "HOLD_EXPIRED");
    CHECK(outcome(shop->extend_hold({.hold_id = ended.id})) == "HOLD_EXPIRED");
    CHECK(outcome(shop->release_hold({.hold_id = ended.id})) == "HOLD_EXPIRED");
  }
  CHECK(outcome(try_confirm(*shop, sold.id, "order", IfExpired::kReclaim)) ==
        "HOLD_EXPIRED_AND_TAKEN");
  CHECK(retrieve(*shop, b.id).status == HoldStatus::kActive);
  CHECK(available(*shop, id, day(0)) == 0);
  CHECK(available(*shop, id, day(1)) == 1);
  CHECK(outcome(try_hold(*shop, id, {day(0)})) == "INSUFFICIENT_CAPACITY");
  confirm(*shop, b.id, "order_b");
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
