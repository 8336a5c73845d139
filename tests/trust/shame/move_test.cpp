// Other days for what is held or booked.
#include "wall.hpp"

namespace holdfast::test {
namespace {

WALL("Medusa", "16488", "a reservation is moved to where there is not enough stock for it",
     "https://github.com/medusajs/medusa/issues/16488",
     "moved to a full day: INSUFFICIENT_CAPACITY; booked where it was: 1; where it was to go: 1") {
  const auto tour = add_resource(*shop, 1);
  const auto mine = booked(*shop, tour, {day(0)}, "order 1");
  booked(*shop, tour, {day(1)}, "order 2");
  return told({{"moved to a full day", move(*shop, mine, {day(1)})},
               {"booked where it was", report(*shop, tour, day(0)).booked},
               {"where it was to go", report(*shop, tour, day(1)).booked}});
}

WALL("WooCommerce Accommodation Bookings", "258",
     "a booking's dates are edited onto those of another booking",
     "https://github.com/woocommerce/woocommerce-accommodation-bookings/issues/258",
     "longer by a taken night: INSUFFICIENT_CAPACITY; longer by a free one: ACCEPTED") {
  const auto room = add_resource(*shop, 1);
  const auto weekend = booked(*shop, room, days(3, 4), "order 1");
  booked(*shop, room, days(5, 6), "order 2");
  return told({{"longer by a taken night", move(*shop, weekend, days(3, 5))},
               {"longer by a free one", move(*shop, weekend, days(2, 4))}});
}

WALL("cal.com", "10424", "a booking stands in the way of its own new date",
     "https://github.com/calcom/cal.diy/pull/10424",
     "two days later, over itself: ACCEPTED; the days it left: 1 free; the days it has: 0 free") {
  const auto slot = add_resource(*shop, 1);
  const auto mine = booked(*shop, slot, days(0, 3), "order 1");
  const auto free_on = [&](Date date) {
    return std::to_string(available(*shop, slot, date)) + " free";
  };
  return told({{"two days later, over itself", move(*shop, mine, days(2, 5))},
               {"the days it left", free_on(day(1))},
               {"the days it has", free_on(day(2))}});
}

WALL("cal.com", "21589",
     "after a booking has moved away its old slot is shown as free and cannot be reserved",
     "https://github.com/calcom/cal.diy/issues/21589",
     "moved: ACCEPTED; shown as free: 1; reserved: ACCEPTED") {
  const auto slot = add_resource(*shop, 1);
  const auto mine = booked(*shop, slot, {day(0)}, "order 1");
  return told({{"moved", move(*shop, mine, {day(1)})},
               {"shown as free", available(*shop, slot, day(0))},
               {"reserved", try_hold(*shop, slot, {day(0)})}});
}

WALL("WooCommerce", "67354",
     "a shopper who comes back to the checkout is blocked by their own hold",
     "https://github.com/woocommerce/woocommerce/issues/67354",
     "the same cart again: ACCEPTED; it has: the hold it had; a stranger: INSUFFICIENT_CAPACITY") {
  const auto tour = add_resource(*shop, 1);
  const auto before = hold(*shop, tour, {day(0)}, 1, "cart 1");
  const auto again = try_hold(*shop, tour, {day(0)}, 1, "cart 1");
  return told({{"the same cart again", again},
               {"it has", again->value().hold.id == before.id ? "the hold it had" : "another"},
               {"a stranger", try_hold(*shop, tour, {day(0)})}});
}

WALL("Hi.Events", "790",
     "who takes all that is left and goes back to take fewer finds the event sold out",
     "https://github.com/HiEventsDev/Hi.Events/issues/790",
     "from 5 of 5 to 3: ACCEPTED; back to 5: ACCEPTED; to 6: INSUFFICIENT_CAPACITY; places left: "
     "0") {
  const auto event = add_resource(*shop, 5);
  const auto mine = hold(*shop, event, {day(0)}, 5);
  const auto take = [&](std::int32_t places) {
    return shop->move_hold({.hold_id = mine.id, .dates = {day(0)}, .quantity = places});
  };
  return told({{"from 5 of 5 to 3", take(3)},
               {"back to 5", take(5)},
               {"to 6", take(6)},
               {"places left", available(*shop, event, day(0))}});
}

WALL("QloApps", "958", "staff can move a booking onto days on which the room is closed",
     "https://github.com/Qloapps/QloApps/pull/958",
     "moved into the closure: BLACKOUT; where it was: 1 booked") {
  const auto room = add_resource(*shop, 1);
  const auto mine = booked(*shop, room, {day(0)}, "order 1");
  accepted(shop->create_blackout(
      {.resource_id = room, .start_date = day(1), .end_date = day(3), .reason = "painters"}));
  return told({{"moved into the closure", move(*shop, mine, days(0, 1))},
               {"where it was", std::to_string(report(*shop, room, day(0)).booked) + " booked"}});
}

}  // namespace
}  // namespace holdfast::test
