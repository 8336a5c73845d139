// From a hold to a paid booking: twice, late, by somebody else, or never answered.
#include "wall.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

WALL("Medusa", "13301",
     "the browser and the webhook complete a cart at once, and the order is missing",
     "https://github.com/medusajs/medusa/issues/13301",
     "browser and webhook: ACCEPTED 2; bookings a cart: 1") {
  const auto tour = add_resource(*shop, 5);
  std::vector<Hold> carts;
  for (int round = 0; round < rounds(); ++round) carts.push_back(hold(*shop, tour, {day(round)}));
  const auto both = race(shop, 2, [&](Engine& host, int round, int) {
    return outcome(try_confirm(host, carts[static_cast<std::size_t>(round)].id, "order 1"));
  });
  return told({{"browser and webhook", both},
               {"bookings a cart", static_cast<int>(bookings(*shop, tour)) / rounds()}});
}

WALL("Medusa", "4798", "the webhook that comes after the browser fails with a conflict",
     "https://github.com/medusajs/medusa/issues/4798",
     "browser: ACCEPTED; webhook: ACCEPTED; it is told of: the same booking") {
  const auto tour = add_resource(*shop, 1);
  const auto cart = hold(*shop, tour, {day(0)});
  const auto browser = try_confirm(*shop, cart.id, "order 1");
  const auto webhook = try_confirm(*shop, cart.id, "order 1");
  const bool same = browser->value().allocation.id == webhook->value().allocation.id;
  return told({{"browser", browser},
               {"webhook", webhook},
               {"it is told of", same ? "the same booking" : "another booking"}});
}

WALL("cal.com", "29958",
     "two staff members confirm at once, and the slot has two confirmed bookings",
     "https://github.com/calcom/cal.diy/issues/29958",
     "4 confirm into orders of their own: ACCEPTED 1, ALREADY_CONFIRMED 3; bookings a slot: 1") {
  const auto slots = add_resource(*shop, 1);
  std::vector<Hold> pending;
  for (int round = 0; round < rounds(); ++round)
    pending.push_back(hold(*shop, slots, {day(round)}));
  const auto staff = race(shop, 4, [&](Engine& host, int round, int caller) {
    return outcome(try_confirm(host, pending[static_cast<std::size_t>(round)].id,
                               "order " + std::to_string(caller)));
  });
  return told({{"4 confirm into orders of their own", staff},
               {"bookings a slot", static_cast<int>(bookings(*shop, slots)) / rounds()}});
}

WALL("cal.com", "10789",
     "a slot that waits for confirmation is offered to the next one, and both are confirmed",
     "https://github.com/calcom/cal.diy/issues/10789",
     "offered to the next: 0; the next asks: INSUFFICIENT_CAPACITY; the first is confirmed: "
     "ACCEPTED") {
  const auto slot = add_resource(*shop, 1);
  const auto first = hold(*shop, slot, {day(0)});
  return told({{"offered to the next", available(*shop, slot, day(0))},
               {"the next asks", try_hold(*shop, slot, {day(0)})},
               {"the first is confirmed", try_confirm(*shop, first.id, "order 1")}});
}

WALL("cal.com", "29968", "the idempotency key is never set where a pending booking is accepted",
     "https://github.com/calcom/cal.diy/issues/29968",
     "confirmed: ACCEPTED; the request once more: ACCEPTED; it gets: the confirmed one; bookings: "
     "1") {
  const auto slots = add_resource(*shop, 2);
  const auto pending = hold(*shop, slots, {day(0)}, 1, "request 1");
  const auto confirmed = try_confirm(*shop, pending.id, "order 1");
  const auto again = try_hold(*shop, slots, {day(0)}, 1, "request 1");
  const Hold got = again->value().hold;
  const bool same = got.id == pending.id && got.status == HoldStatus::kConfirmed;
  return told({{"confirmed", confirmed},
               {"the request once more", again},
               {"it gets", same ? "the confirmed one" : "another one"},
               {"bookings", report(*shop, slots, day(0)).booked}});
}

WALL("cal.com", "23988", "a slot that one person has reserved can be booked by another",
     "https://github.com/calcom/cal.diy/pull/23988",
     "B books it: INSUFFICIENT_CAPACITY; B pays with A's id: HOLD_NOT_FOUND; A pays: ACCEPTED") {
  const auto slot = add_resource(*shop, 1);
  const auto reserved =
      accepted(shop->create_hold({.resource_id = slot, .dates = {day(0)}, .holder = "secret of A"}))
          .hold;
  const auto pay = [&](const std::string& holder) {
    return shop->confirm_hold(
        {.hold_id = reserved.id, .order_id = "order of " + holder, .holder = holder});
  };
  return told({{"B books it", try_hold(*shop, slot, {day(0)})},
               {"B pays with A's id", pay("secret of B")},
               {"A pays", pay("secret of A")}});
}

WALL("pretix", "74",
     "the payment succeeds after the quota is gone, and the money is kept for nothing",
     "https://github.com/pretix/pretix/issues/74",
     "A pays late: HOLD_EXPIRED_AND_TAKEN; A gives up: HOLD_EXPIRED; B, who has the place, pays: "
     "ACCEPTED") {
  const auto tour = add_resource(*shop, 1);
  const auto a = hold(*shop, tour, {day(0)});
  let_holds_expire(shop);
  const auto b = hold(*shop, tour, {day(0)});
  return told({{"A pays late", pay_late(*shop, a, "order A")},
               {"A gives up", release(*shop, a)},
               {"B, who has the place, pays", try_confirm(*shop, b.id, "order B")}});
}

WALL("alf.io", "531",
     "who pays after the reservation has expired cannot be let in, for nothing is left of it",
     "https://github.com/alfio-event/alf.io/issues/531",
     "what is left of it: EXPIRED; paid late, and still free: ACCEPTED; told again: ACCEPTED; "
     "booked: 1") {
  const auto event = add_resource(*shop, 1);
  const auto reserved = hold(*shop, event, {day(0)});
  let_holds_expire(shop);
  accepted(shop->cleanup_expired_holds());
  return told({{"what is left of it", name(retrieve(*shop, reserved.id).status)},
               {"paid late, and still free", pay_late(*shop, reserved, "order 1")},
               {"told again", pay_late(*shop, reserved, "order 1")},
               {"booked", report(*shop, event, day(0)).booked}});
}

WALL("alf.io", "1421",
     "the site goes down during a sale, and tickets that were paid for stay pending",
     "https://github.com/alfio-event/alf.io/issues/1421",
     "paid, then the host is gone: ACCEPTED; the next host finds it: CONFIRMED; told of it again: "
     "ACCEPTED; bookings: 1") {
  const auto event = add_resource(*shop, 650);
  const auto reserved = hold(*shop, event, {day(0)});
  auto host = shop.another();
  const auto paid = try_confirm(*host, reserved.id, "order 1");
  host.reset();
  let_holds_expire(shop);
  const auto next = shop.another();
  return told({{"paid, then the host is gone", paid},
               {"the next host finds it", name(retrieve(*next, reserved.id).status)},
               {"told of it again", try_confirm(*next, reserved.id, "order 1")},
               {"bookings", bookings(*next, event)}});
}

WALL("TOMP", "481", "a booking times out while its payment is under way",
     "https://github.com/TOMP-WG/TOMP-API/issues/481",
     "refreshed after 29 minutes: ACCEPTED; paid after 58: ACCEPTED") {
  const auto tour = add_resource(*shop, 1);
  const auto booking = hold(*shop, tour, {day(0)});
  shop.clock.advance(29min);
  const auto refreshed = extend(*shop, booking);
  shop.clock.advance(29min);
  return told({{"refreshed after 29 minutes", refreshed},
               {"paid after 58", try_confirm(*shop, booking.id, "order 1")}});
}

WALL("Medusa", "6500",
     "an order cannot be fulfilled once reservations, its own among them, use up the stock",
     "https://github.com/medusajs/medusa/issues/6500",
     "places left: 0; 4 orders for 4 places: ACCEPTED 4") {
  const auto tour = add_resource(*shop, 4);
  std::vector<Hold> reserved;
  for (int i = 0; i < 4; ++i) reserved.push_back(hold(*shop, tour, {day(0)}));
  const auto before = available(*shop, tour, day(0));
  std::vector<std::string> fulfilled;
  for (const Hold& one : reserved) {
    fulfilled.push_back(outcome(try_confirm(*shop, one.id, "order of " + one.id)));
  }
  return told({{"places left", before}, {"4 orders for 4 places", counted(fulfilled)}});
}

WALL("OCTO", "5", "nothing keeps a retry with the same uuid from making a second booking",
     "https://github.com/octotravel/spec/pull/5",
     "the retry: ACCEPTED; it gets: the first one; another request with its uuid: "
     "IDEMPOTENCY_MISMATCH; held: 2") {
  const auto tour = add_resource(*shop, 10);
  const auto first = hold(*shop, tour, {day(0)}, 2, "uuid 1");
  const auto retry = try_hold(*shop, tour, {day(0)}, 2, "uuid 1");
  return told({{"the retry", retry},
               {"it gets", retry->value().hold.id == first.id ? "the first one" : "a second one"},
               {"another request with its uuid", try_hold(*shop, tour, {day(0)}, 3, "uuid 1")},
               {"held", report(*shop, tour, day(0)).held}});
}

WALL("QloApps", "1546", "a double click on the button adds the room to the order twice",
     "https://github.com/Qloapps/QloApps/pull/1546",
     "both clicks: ACCEPTED 2; rooms taken a night: 1") {
  const auto rooms = add_resource(*shop, 2);
  const auto clicks = race(shop, 2, [&](Engine& host, int round, int) {
    CreateHolds request{.items = {{.resource_id = rooms, .dates = {day(round)}}},
                        .idempotency_token = "click " + std::to_string(round)};
    return outcome(host.create_holds(request));
  });
  return told(
      {{"both clicks", clicks}, {"rooms taken a night", 2 - std::stoi(left(*shop, rooms))}});
}

}  // namespace
}  // namespace holdfast::test
