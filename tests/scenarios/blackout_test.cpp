// Days that are closed while something is booked on them.
#include <algorithm>
#include <string>
#include <vector>

#include "shop.hpp"
#include "support/catch.hpp"

namespace holdfast::test {
namespace {

template <class Row>
std::vector<std::string> ids(const std::vector<Row>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row.id);
  std::sort(out.begin(), out.end());
  return out;
}
std::vector<std::string> sorted(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  return values;
}

/// Around a blackout of days 10 to 12.
struct Booked {
  explicit Booked(Engine& engine) : id(add_resource(engine, 5)) {
    hold(engine, id, days(5, 9));
    hold(engine, id, days(13, 14));
    confirm(engine, hold(engine, id, {day(9), day(13)}).id, "around");
    held = {hold(engine, id, days(8, 10)).id, hold(engine, id, {day(1), day(11), day(20)}).id,
            hold(engine, id, days(12, 15)).id};
    for (const auto& dates : {days(9, 13), days(11, 11)}) {
      booked.push_back(confirm(engine, hold(engine, id, dates).id, "inside").id);
    }
    single = booked.back();
    accepted(engine.release_hold({.hold_id = hold(engine, id, {day(11)}).id}));
    const auto cancelled = confirm(engine, hold(engine, id, {day(11)}).id, "cancelled");
    accepted(engine.cancel_allocation({.allocation_id = cancelled.id}));
    std::sort(held.begin(), held.end());
    std::sort(booked.begin(), booked.end());
  }
  std::string id;
  std::vector<std::string> held{};
  std::vector<std::string> booked{};
  std::string single{};  ///< of booked: day 11 alone
};

CreateBlackout blackout(const std::string& id, int first, int last,
                        OnConflict on_conflict = OnConflict::kRefuse) {
  return {.resource_id = id,
          .start_date = day(first),
          .end_date = day(last),
          .reason = "repairs",
          .on_conflict = on_conflict};
}

TEST_CASE("a blackout over bookings is refused with exactly those inside", "[blackout]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto expiring = [&](const std::string& id) {
    return accepted(
        shop->create_hold({.resource_id = id, .dates = {day(11)}, .ttl = std::chrono::minutes(1)}));
  };
  const Booked booked(*shop);
  expiring(booked.id);
  shop.clock.advance(std::chrono::minutes(2));
  const std::string before = visible(*shop, booked.id);

  const Rejection no = refused(shop->create_blackout(blackout(booked.id, 10, 12)));
  CHECK(no.outcome == Outcome::kBlackoutConflict);
  CHECK(ids(no.holds) == booked.held);
  CHECK(ids(no.allocations) == booked.booked);
  CHECK(visible(*shop, booked.id) == before);
  CHECK(accepted(shop->list_blackouts({.resource_id = booked.id})).items.empty());
  require_sound(*shop);
}

TEST_CASE("a kept blackout lets what is inside live and nothing new in", "[blackout]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const Booked booked(*shop);
  const Hold outside = hold(*shop, booked.id, {day(0)});
  const Hold late =
      accepted(shop->create_hold(
                   {.resource_id = booked.id, .dates = {day(11)}, .ttl = std::chrono::minutes(1)}))
          .hold;
  const auto kept = accepted(shop->create_blackout(blackout(booked.id, 10, 12, OnConflict::kKeep)));
  CHECK(ids(kept.holds) == sorted([&] {
          auto all = booked.held;
          all.push_back(late.id);
          return all;
        }()));
  CHECK(ids(kept.allocations) == booked.booked);

  // Nothing new: held, moved or reclaimed into it, singly or within a group.
  CHECK(outcome(try_hold(*shop, booked.id, {day(12)})) == "BLACKOUT");
  CHECK(outcome(try_hold(*shop, booked.id, days(9, 13))) == "BLACKOUT");
  CHECK(outcome(shop->create_holds({.items = {{booked.id, {day(0)}}, {booked.id, {day(10)}}}})) ==
        "BLACKOUT");
  CHECK(outcome(shop->move_hold({.hold_id = outside.id, .dates = {day(10)}})) == "BLACKOUT");
  CHECK(outcome(shop->move_allocation({.allocation_id = booked.single, .dates = {day(10)}})) ==
        "BLACKOUT");
  shop.clock.set(late.expires_at);
  CHECK(outcome(try_confirm(*shop, late.id, "late", IfExpired::kReclaim)) ==
        "HOLD_EXPIRED_AND_TAKEN");

  // What was there confirms, extends, shrinks, leaves and is released.
  const std::string mine = booked.held[0];
  CHECK(outcome(shop->extend_hold({.hold_id = mine, .ttl = std::chrono::hours(1)})) == "ACCEPTED");
  confirm(*shop, mine, "paid");
  CHECK(outcome(shop->move_hold({.hold_id = booked.held[1], .dates = {day(0)}})) == "ACCEPTED");
  CHECK(outcome(shop->release_hold({.hold_id = booked.held[2]})) == "ACCEPTED");
  const auto answer = accepted(shop->check_availability(
      {.resource_id = booked.id, .start_date = day(9), .end_date = day(13)}));
  for (const auto& d : answer.days) {
    const bool closed = day(10) <= d.date && d.date <= day(12);
    CHECK(d.is_available == !closed);
    CHECK((d.reason == Unavailable::kBlackout) == closed);
  }
  require_sound(*shop);
}

TEST_CASE("of two blackouts that overlap, one removed leaves the other", "[blackout]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const auto first = accepted(shop->create_blackout(blackout(id, 2, 6))).blackout;
  const auto second = accepted(shop->create_blackout(blackout(id, 5, 9))).blackout;
  const auto third = accepted(shop->create_blackout(blackout(id, 5, 5))).blackout;
  const auto closed = [&] {
    std::string out;
    const auto answer = accepted(
        shop->check_availability({.resource_id = id, .start_date = day(0), .end_date = day(11)}));
    for (const auto& d : answer.days) {
      out += d.reason == Unavailable::kBlackout ? '#' : '.';
      // A hold is told what a reader is.
      const auto reply = try_hold(*shop, id, {d.date});
      CHECK(outcome(reply) == (d.is_available ? "ACCEPTED" : "BLACKOUT"));
      if (d.is_available) accepted(shop->release_hold({.hold_id = reply->value().hold.id}));
    }
    return out;
  };
  CHECK(closed() == "..########..");
  CHECK_FALSE(accepted(shop->delete_blackout({.blackout_id = first.id})).replayed);
  CHECK(closed() == ".....#####..");
  CHECK(accepted(shop->delete_blackout({.blackout_id = first.id})).replayed);
  accepted(shop->delete_blackout({.blackout_id = second.id}));
  CHECK(closed() == ".....#......");
  accepted(shop->delete_blackout({.blackout_id = third.id}));
  CHECK(closed() == "............");
  CHECK(accepted(shop->list_blackouts({.resource_id = id})).items.empty());
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
