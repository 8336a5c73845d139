// What was cancelled comes back: all of it, and once.
#include "wall.hpp"

namespace holdfast::test {
namespace {

WALL("Medusa", "15397",
     "every cancel and restore loses a count, until what is reserved is negative",
     "https://github.com/medusajs/medusa/pull/15397",
     "cancelled, removed, restored, cancelled, 5 times over: ACCEPTED 5; of 5 places left: 5") {
  const auto tour = add_resource(*shop, 5);
  std::vector<std::string> cancelled;
  for (int i = 0; i < 5; ++i) {
    const auto paid = booked(*shop, tour, {day(0)}, "order " + std::to_string(i), 2);
    accepted(cancel(*shop, paid));
    accepted(shop->delete_resource({.resource_id = tour}));
    accepted(shop->restore_resource({.resource_id = tour}));
    cancelled.push_back(outcome(cancel(*shop, paid)));
  }
  return told({{"cancelled, removed, restored, cancelled, 5 times over", counted(cancelled)},
               {"of 5 places left", available(*shop, tour, day(0))}});
}

WALL("Medusa", "12401", "what is reserved turns negative, and there is no way to put it right",
     "https://github.com/medusajs/medusa/issues/12401",
     "given back: ACCEPTED; given back again: ACCEPTED; paid after all: HOLD_RELEASED; "
     "held: 0; of 3 places left: 3") {
  const auto tour = add_resource(*shop, 3);
  const auto mine = hold(*shop, tour, {day(0)}, 2);
  return told({{"given back", release(*shop, mine)},
               {"given back again", release(*shop, mine)},
               {"paid after all", pay_late(*shop, mine, "order 1")},
               {"held", report(*shop, tour, day(0)).held},
               {"of 3 places left", available(*shop, tour, day(0))}});
}

WALL("pass Culture", "2458", "two cancellations of one booking within milliseconds count twice",
     "https://github.com/pass-culture/pass-culture-api/pull/2458",
     "8 cancel one of 2 bookings: ACCEPTED 8; of 2 places left: 1") {
  const auto event = add_resource(*shop, 2);
  std::vector<Allocation> paid;
  for (int round = 0; round < rounds(); ++round) {
    paid.push_back(booked(*shop, event, {day(round)}, "order 1"));
    booked(*shop, event, {day(round)}, "order 2");
  }
  const auto cancelled = race(shop, 8, [&](Engine& host, int round, int) {
    return outcome(cancel(host, paid[static_cast<std::size_t>(round)]));
  });
  return told(
      {{"8 cancel one of 2 bookings", cancelled}, {"of 2 places left", left(*shop, event)}});
}

WALL("Hi.Events", "466", "an order is cancelled, and its places stay sold",
     "https://github.com/HiEventsDev/Hi.Events/issues/466",
     "cancelled: ACCEPTED; the next customer: ACCEPTED") {
  const auto event = add_resource(*shop, 1);
  booked(*shop, event, {day(0)}, "order 1");
  return told({{"cancelled", cancel_order(*shop, "order 1")},
               {"the next customer", try_hold(*shop, event, {day(0)})}});
}

WALL("Hi.Events", "218", "an attendee is cancelled and then the order, and -1 of 1 is sold",
     "https://github.com/HiEventsDev/Hi.Events/issues/218",
     "the attendee: ACCEPTED; the order: ACCEPTED; booked: 0; of 1 place left: 1") {
  const auto event = add_resource(*shop, 1);
  const auto attendee = booked(*shop, event, {day(0)}, "order 1");
  return told({{"the attendee", cancel(*shop, attendee)},
               {"the order", cancel_order(*shop, "order 1")},
               {"booked", report(*shop, event, day(0)).booked},
               {"of 1 place left", available(*shop, event, day(0))}});
}

WALL("pretix", "1405",
     "an order is cancelled, and its place stays reserved for the voucher it was bought with",
     "https://github.com/pretix/pretix/issues/1405",
     "cancelled: ACCEPTED; held: 0; booked: 0; of 12 places left: 12") {
  const auto event = add_resource(*shop, 12);
  const auto voucher = hold(*shop, event, {day(0)});
  confirm(*shop, voucher.id, "order 1");
  return told({{"cancelled", cancel_order(*shop, "order 1")},
               {"held", report(*shop, event, day(0)).held},
               {"booked", report(*shop, event, day(0)).booked},
               {"of 12 places left", available(*shop, event, day(0))}});
}

WALL("cal.com", "8378", "one of many seats is cancelled, and with it the whole booking",
     "https://github.com/calcom/cal.diy/issues/8378",
     "one seat of 3: ACCEPTED; seats still booked: 2") {
  const auto event = add_resource(*shop, 3);
  for (const std::string seat : {"seat 1", "seat 2", "seat 3"}) {
    accepted(shop->confirm_hold(
        {.hold_id = hold(*shop, event, {day(0)}).id, .order_id = "order 1", .line_item_id = seat}));
  }
  return told({{"one seat of 3", cancel_order(*shop, "order 1", "seat 2")},
               {"seats still booked", report(*shop, event, day(0)).booked}});
}

WALL("Spree", "1322", "5 are cancelled, and 25 come back",
     "https://github.com/spree/spree/pull/1322",
     "5 of 30 are cancelled: ACCEPTED; places left: 30") {
  const auto tour = add_resource(*shop, 30);
  booked(*shop, tour, {day(0)}, "order 1", 5);
  return told({{"5 of 30 are cancelled", cancel_order(*shop, "order 1")},
               {"places left", available(*shop, tour, day(0))}});
}

WALL("Spree", "3819",
     "a cancelled order is resumed although its stock has been sold, which is then negative",
     "https://github.com/spree/spree/pull/3819",
     "resumed: ACCEPTED; as: CANCELLED; booked anew: INSUFFICIENT_CAPACITY; booked by the other: "
     "1") {
  const auto tour = add_resource(*shop, 1);
  const auto mine = hold(*shop, tour, {day(0)});
  accepted(cancel(*shop, confirm(*shop, mine.id, "order 1")));
  booked(*shop, tour, {day(0)}, "order 2");
  const auto resumed = try_confirm(*shop, mine.id, "order 1");
  return told({{"resumed", resumed},
               {"as", name(resumed->value().allocation.status)},
               {"booked anew", try_hold(*shop, tour, {day(0)})},
               {"booked by the other", report(*shop, tour, day(0)).booked}});
}

}  // namespace
}  // namespace holdfast::test
