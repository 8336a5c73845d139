// What a hold is worth once its time is over. No sweep runs unless a story says so.
#include "wall.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

WALL("be-BOP", "533",
     "an expired cart is renewed after its product was taken, and then neither can buy it",
     "https://github.com/be-BOP-io-SA/be-BOP/issues/533",
     "A renews the cart: HOLD_EXPIRED; B checks out: ACCEPTED") {
  const auto product = add_resource(*shop, 1);
  const auto a = hold(*shop, product, {day(0)});
  let_holds_expire(shop);
  const auto b = hold(*shop, product, {day(0)});
  return told({{"A renews the cart", extend(*shop, a)},
               {"B checks out", try_confirm(*shop, b.id, "order B")}});
}

WALL(
    "pretix", "1575", "pressing + where nothing is left starts the countdown anew, for ever",
    "https://github.com/pretix/pretix/issues/1575",
    "+ after 20 minutes: INSUFFICIENT_CAPACITY; minutes left: 10; the place after 30: free again") {
  const auto event = add_resource(*shop, 1);
  const auto mine = hold(*shop, event, {day(0)});
  shop.clock.advance(20min);
  const auto more = shop->move_hold({.hold_id = mine.id, .dates = {day(0)}, .quantity = 2});
  const auto minutes = (retrieve(*shop, mine.id).expires_at - shop.clock.now()) / 1min;
  shop.clock.advance(10min);
  return told(
      {{"+ after 20 minutes", more},
       {"minutes left", minutes},
       {"the place after 30", available(*shop, event, day(0)) == 1 ? "free again" : "taken"}});
}

WALL("TigerBeetle", "2118", "an expired amount is still shown as held until something else happens",
     "https://github.com/tigerbeetle/tigerbeetle/issues/2118",
     "a moment before: 0 left, held 1; at the end of its time: 1 left, held 0") {
  const auto tour = add_resource(*shop, 1);
  hold(*shop, tour, {day(0)});
  const auto seen = [&] {
    return std::to_string(available(*shop, tour, day(0))) + " left, held " +
           std::to_string(report(*shop, tour, day(0)).held);
  };
  shop.clock.advance(30min - 1us);
  const auto before = seen();
  shop.clock.advance(1us);
  return told({{"a moment before", before}, {"at the end of its time", seen()}});
}

WALL("TigerBeetle", "2000",
     "posting what has expired is refused, but half of it is already written",
     "https://github.com/tigerbeetle/tigerbeetle/pull/2000",
     "paid: HOLD_EXPIRED; and again: HOLD_EXPIRED; bookings: 0; places left: 1") {
  const auto tour = add_resource(*shop, 1);
  const auto mine = hold(*shop, tour, {day(0)});
  let_holds_expire(shop);
  return told({{"paid", try_confirm(*shop, mine.id, "order 1")},
               {"and again", try_confirm(*shop, mine.id, "order 1")},
               {"bookings", bookings(*shop, tour)},
               {"places left", available(*shop, tour, day(0))}});
}

WALL("commercetools", "Reservation",
     "it can take minutes after its expiry until a reservation is released",
     "https://docs.commercetools.com/api/projects/reservations",
     "the next customer, a microsecond early: INSUFFICIENT_CAPACITY; in time: ACCEPTED") {
  const auto tour = add_resource(*shop, 1);
  hold(*shop, tour, {day(0)});
  shop.clock.advance(30min - 1us);
  const auto early = try_hold(*shop, tour, {day(0)});
  shop.clock.advance(1us);
  return told({{"the next customer, a microsecond early", early},
               {"in time", try_hold(*shop, tour, {day(0)})}});
}

WALL(
    "ManageHub", "1412",
    "bookings that nobody pays for block their seats until a job is written that looks",
    "https://github.com/DistinctCodes/ManageHub/pull/1412",
    "150 abandoned, without any job: 150 of 150 seats free; all of them in one request: ACCEPTED") {
  const auto event = add_resource(*shop, 150);
  const std::vector<std::string> fifty(50, event);
  for (int i = 0; i < 3; ++i) accepted(hold_together(*shop, fifty, day(0)));
  let_holds_expire(shop);
  return told({{"150 abandoned, without any job",
                std::to_string(available(*shop, event, day(0))) + " of 150 seats free"},
               {"all of them in one request", try_hold(*shop, event, {day(0)}, 150)}});
}

WALL("leihs", "1708",
     "an item in an expired basket is added again for overlapping days, and both orders go through",
     "https://github.com/leihs/leihs/issues/1708",
     "Monday to Friday: ACCEPTED; the expired Wednesday to Thursday: HOLD_EXPIRED_AND_TAKEN; "
     "the new one: ACCEPTED") {
  const auto item = add_resource(*shop, 1);
  const auto basket = hold(*shop, item, days(2, 3));
  let_holds_expire(shop);
  const auto week = try_hold(*shop, item, days(0, 4));
  return told({{"Monday to Friday", week},
               {"the expired Wednesday to Thursday", pay_late(*shop, basket, "order 1")},
               {"the new one", try_confirm(*shop, week->value().hold.id, "order 2")}});
}

WALL("CommonsBooking", "92",
     "a pending booking has no end, and is confirmed although the item is gone",
     "https://github.com/wielebenwir/CommonsBooking_1/issues/92",
     "B asks while A's is pending: INSUFFICIENT_CAPACITY; once it has ended: ACCEPTED; A confirms: "
     "HOLD_EXPIRED") {
  const auto item = add_resource(*shop, 1);
  const auto a = hold(*shop, item, days(0, 6));
  const auto early = try_hold(*shop, item, {day(3)});
  let_holds_expire(shop);
  return told({{"B asks while A's is pending", early},
               {"once it has ended", try_hold(*shop, item, {day(3)})},
               {"A confirms", try_confirm(*shop, a.id, "order A")}});
}

}  // namespace
}  // namespace holdfast::test
