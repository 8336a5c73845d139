// The number of places changes while they are sold.
#include "wall.hpp"

namespace holdfast::test {
namespace {

Reply<CapacityAdjusted> adjust(Engine& host, const std::string& resource_id, Date date,
                               std::int32_t delta) {
  return host.adjust_capacity({.resource_id = resource_id, .dates = {date}, .delta = delta});
}

WALL("verbb/events", "32",
     "the capacity is lowered below what is sold, and the next customer gets an error 500",
     "https://github.com/verbb/events/issues/32",
     "from 64 to 16 with 44 sold: CAPACITY_BELOW_BOOKED; the next customer: ACCEPTED") {
  const auto event = add_resource(*shop, 64);
  booked(*shop, event, {day(0)}, "order 1", 44);
  return told({{"from 64 to 16 with 44 sold", adjust(*shop, event, day(0), 16 - 64)},
               {"the next customer", try_hold(*shop, event, {day(0)})}});
}

WALL("Open Event", "3366", "the capacity was raised, and the tickets show as sold out",
     "https://github.com/fossasia/open-event-server/issues/3366",
     "sold out: INSUFFICIENT_CAPACITY; one more place: ACCEPTED; the next customer: ACCEPTED") {
  const auto event = add_resource(*shop, 1);
  booked(*shop, event, {day(0)}, "order 1");
  return told({{"sold out", try_hold(*shop, event, {day(0)})},
               {"one more place", adjust(*shop, event, day(0), 1)},
               {"the next customer", try_hold(*shop, event, {day(0)})}});
}

WALL("pretix", "135", "a quota is overbooked by setting it to less than was sold",
     "https://github.com/pretix/pretix/issues/135",
     "3 sold, quota set to 2: CAPACITY_BELOW_BOOKED; set to 3: ACCEPTED; the next customer: "
     "INSUFFICIENT_CAPACITY") {
  const auto event = add_resource(*shop, 10);
  booked(*shop, event, {day(0)}, "order 1", 3);
  const auto set = [&](std::int32_t quota) {
    return shop->initialize_capacity({.resource_id = event,
                                      .start_date = day(0),
                                      .end_date = day(0),
                                      .daily_capacity = quota,
                                      .on_existing = OnExisting::kReplace});
  };
  return told({{"3 sold, quota set to 2", set(2)},
               {"set to 3", set(3)},
               {"the next customer", try_hold(*shop, event, {day(0)})}});
}

WALL("Medusa", "16576", "adjustments of the stock made at once overwrite each other",
     "https://github.com/medusajs/medusa/issues/16576",
     "9 add one each to 1: ACCEPTED 9; places: 10") {
  const auto tour = add_resource(*shop, 1);
  const auto added = race(shop, 9, [&](Engine& host, int round, int) {
    return outcome(adjust(host, tour, day(round), 1));
  });
  return told({{"9 add one each to 1", added}, {"places", left(*shop, tour)}});
}

WALL("Medusa", "12132", "the stock level is updated without the lock that reservations take",
     "https://github.com/medusajs/medusa/issues/12132",
     "5 book while 5 of 10 are taken off: ACCEPTED 6; places left: 0; one more: "
     "CAPACITY_BELOW_BOOKED") {
  const auto tour = add_resource(*shop, 10);
  const auto at_once = race(shop, 6, [&](Engine& host, int round, int caller) {
    if (caller == 0) return outcome(adjust(host, tour, day(round), -5));
    return book(host, tour, day(round), 1, "order " + std::to_string(caller));
  });
  return told({{"5 book while 5 of 10 are taken off", at_once},
               {"places left", left(*shop, tour)},
               {"one more", adjust(*shop, tour, day(0), -1)}});
}

}  // namespace
}  // namespace holdfast::test
