// Two want the last place.
#include <algorithm>
#include <map>

#include "wall.hpp"

namespace holdfast::test {
namespace {

constexpr auto kPaper = "https://doi.org/10.1145/3035918.3064037";

WALL("Medusa", "16569",
     "calls of the inventory service at once oversubscribe the stock and lose each other's counts",
     "https://github.com/medusajs/medusa/issues/16569",
     "10 callers for 1 place: ACCEPTED 1, INSUFFICIENT_CAPACITY 9; places left: 0") {
  const auto tour = add_resource(*shop, 1);
  return told({{"10 callers for 1 place", race(shop, 10,
                                               [&](Engine& host, int round, int) {
                                                 return outcome(try_hold(host, tour, {day(round)}));
                                               })},
               {"places left", left(*shop, tour)}});
}

WALL("cal.com", "13397", "two people who press at once both get the slot",
     "https://github.com/calcom/cal.diy/issues/13397",
     "10 press: ACCEPTED 1, INSUFFICIENT_CAPACITY 9; bookings a slot: 1") {
  const auto slots = add_resource(*shop, 1);
  const auto pressed = race(shop, 10, [&](Engine& host, int round, int caller) {
    return book(host, slots, day(round), 1, "order " + std::to_string(caller));
  });
  return told({{"10 press", pressed},
               {"bookings a slot", static_cast<int>(bookings(*shop, slots)) / rounds()}});
}

WALL("cal.com", "13360",
     "two who book seats of one event at once get a booking each, with all its seats",
     "https://github.com/calcom/cal.diy/issues/13360",
     "8 people for 5 seats: ACCEPTED 5, INSUFFICIENT_CAPACITY 3; seats left: 0") {
  const auto event = add_resource(*shop, 5);
  return told({{"8 people for 5 seats", race(shop, 8,
                                             [&](Engine& host, int round, int caller) {
                                               return book(host, event, day(round), 1,
                                                           "order " + std::to_string(caller));
                                             })},
               {"seats left", left(*shop, event)}});
}

WALL("LibreBooking", "147",
     "two who reserve at the same instant are both told yes, and one of them is lost",
     "https://github.com/LibreBooking/librebooking/issues/147",
     "both reserve: ACCEPTED 1, INSUFFICIENT_CAPACITY 1; told yes and not in the books: 0") {
  const auto room = add_resource(*shop, 1);
  std::vector<std::string> told_yes(static_cast<std::size_t>(rounds()));
  const auto both = race(shop, 2, [&](Engine& host, int round, int) {
    const auto reply = try_hold(host, room, {day(round)});
    if (outcome(reply) == "ACCEPTED") {
      told_yes[static_cast<std::size_t>(round)] = reply->value().hold.id;
    }
    return outcome(reply);
  });
  int lost = 0;
  for (const auto& id : told_yes) {
    if (retrieve(*shop, id).status != HoldStatus::kActive) ++lost;
  }
  return told({{"both reserve", both}, {"told yes and not in the books", lost}});
}

WALL("Easy!Appointments", "31",
     "two who both see the hour free and then confirm one after the other both get it",
     "https://github.com/alextselegidis/easyappointments/issues/31",
     "A sees: 1 free; B sees: 1 free; A books: ACCEPTED; B books: INSUFFICIENT_CAPACITY") {
  const auto hour = add_resource(*shop, 1);
  const auto sees = [&] { return std::to_string(available(*shop, hour, day(3))) + " free"; };
  return told({{"A sees", sees()},
               {"B sees", sees()},
               {"A books", book(*shop, hour, day(3), 1, "order A")},
               {"B books", book(*shop, hour, day(3), 1, "order B")}});
}

WALL("Easy!Appointments", "845", "whoever asks for any provider is given one who is taken",
     "https://github.com/alextselegidis/easyappointments/issues/845",
     "5 customers for any of 3: ACCEPTED 3, INSUFFICIENT_CAPACITY 2; bookings of the busiest: 1") {
  const std::vector<std::string> providers = {add_resource(*shop, 1), add_resource(*shop, 1),
                                              add_resource(*shop, 1)};
  const auto any = race(shop, 5, [&](Engine& host, int round, int caller) {
    std::string answer;
    for (const auto& provider : providers) {
      answer = book(host, provider, day(round), 1, "order " + std::to_string(caller));
      if (answer == "ACCEPTED") break;
    }
    return answer;
  });
  std::int32_t most = 0;
  for (int round = 0; round < rounds(); ++round) {
    for (const auto& provider : providers) {
      most = std::max(most, report(*shop, provider, day(round)).booked);
    }
  }
  return told({{"5 customers for any of 3", any}, {"bookings of the busiest", most}});
}

WALL("Saleor", "543", "two baskets that fit alone but not together both check out",
     "https://github.com/saleor/saleor/issues/543",
     "3 and 3 of 5: ACCEPTED 1, INSUFFICIENT_CAPACITY 1; places left: 2") {
  const auto tour = add_resource(*shop, 5);
  return told({{"3 and 3 of 5", race(shop, 2,
                                     [&](Engine& host, int round, int caller) {
                                       return book(host, tour, day(round), 3,
                                                   "order " + std::to_string(caller));
                                     })},
               {"places left", left(*shop, tour)}});
}

WALL("Spree", "3808", "both browsers wait at the payment step, both press Pay, and -1 is left",
     "https://github.com/spree/spree/pull/3808",
     "A at the payment step: ACCEPTED; B at the payment step: INSUFFICIENT_CAPACITY; A presses "
     "Pay: ACCEPTED; places left: 0") {
  const auto tour = add_resource(*shop, 1);
  const auto a = try_hold(*shop, tour, {day(0)});
  return told({{"A at the payment step", a},
               {"B at the payment step", try_hold(*shop, tour, {day(0)})},
               {"A presses Pay", try_confirm(*shop, a->value().hold.id, "order A")},
               {"places left", available(*shop, tour, day(0))}});
}

WALL("cqrs-journey", "483", "of 20 registrants for 10 seats, 12 to 14 get one",
     "https://github.com/microsoftarchive/cqrs-journey/issues/483",
     "20 registrants for 10 seats: ACCEPTED 10, INSUFFICIENT_CAPACITY 10") {
  const auto workshop = add_resource(*shop, 10);
  return told({{"20 registrants for 10 seats", race(shop, 20, [&](Engine& host, int round, int) {
                  return outcome(try_hold(host, workshop, {day(round)}));
                })}});
}

WALL("eventyay", "1359", "one way to the last ticket skips the lock, so two get it",
     "https://github.com/fossasia/eventyay/issues/1359",
     "a new hold, a move and a late payment: ACCEPTED 1, refused 2; places left: 0") {
  const auto tour = add_resource(*shop, 1);
  const auto elsewhere = day(30);
  std::vector<Hold> lapsed;
  for (int round = 0; round < rounds(); ++round) {
    lapsed.push_back(hold(*shop, tour, {day(round)}));
  }
  let_holds_expire(shop);
  const auto all_ways = race(shop, 3, [&](Engine& host, int round, int way) -> std::string {
    std::string answer;
    const auto r = static_cast<std::size_t>(round);
    if (way == 0) answer = outcome(try_hold(host, tour, {day(round)}));
    if (way == 1) answer = outcome(pay_late(host, lapsed[r], "order"));
    if (way == 2) {
      const Hold mine = hold(host, tour, {elsewhere});
      answer = outcome(host.move_hold({.hold_id = mine.id, .dates = {day(round)}}));
      if (answer != "ACCEPTED") accepted(release(host, mine));
    }
    const bool no = answer == "INSUFFICIENT_CAPACITY" || answer == "HOLD_EXPIRED_AND_TAKEN";
    return no ? "refused" : answer;
  });
  return told(
      {{"a new hold, a move and a late payment", all_ways}, {"places left", left(*shop, tour)}});
}

WALL("Vendure", "4930", "stock is written as what was read plus a change, and drifts below zero",
     "https://github.com/vendurehq/vendure/pull/4930",
     "6 book and cancel, hold and release: ACCEPTED 6; places left: 6") {
  const auto tour = add_resource(*shop, 6);
  return told({{"6 book and cancel, hold and release",
                race(shop, 6,
                     [&](Engine& host, int round, int caller) {
                       const auto paid =
                           booked(host, tour, {day(round)}, "order " + std::to_string(caller));
                       accepted(cancel(host, paid));
                       return outcome(release(host, hold(host, tour, {day(round)})));
                     })},
               {"places left", left(*shop, tour)}});
}

WALL("ACIDRain", "lost update",
     "buyers at once each write the counter they read, and sales vanish from it", kPaper,
     "20 buy one of 100: ACCEPTED 20; places left: 80") {
  const auto tour = add_resource(*shop, 100);
  return told({{"20 buy one of 100", race(shop, 20,
                                          [&](Engine& host, int round, int caller) {
                                            return book(host, tour, day(round), 1,
                                                        "order " + std::to_string(caller));
                                          })},
               {"places left", left(*shop, tour)}});
}

WALL("ACIDRain", "phantom", "the sum over the rows is checked while another row is on its way in",
     kPaper, "4, 3 and 5 of 6: ACCEPTED 1, INSUFFICIENT_CAPACITY 2; days sold beyond 6: 0") {
  const auto tour = add_resource(*shop, 6);
  const std::int32_t wants[] = {4, 3, 5};
  const auto parties = race(shop, 3, [&](Engine& host, int round, int caller) {
    return outcome(try_hold(host, tour, {day(round)}, wants[caller]));
  });
  std::map<Date, std::int32_t> sold;
  for (const Hold& one : all_holds(*shop, {.resource_id = tour})) {
    sold[one.dates.front()] += one.quantity;
  }
  const auto beyond =
      std::count_if(sold.begin(), sold.end(), [](const auto& d) { return d.second > 6; });
  return told({{"4, 3 and 5 of 6", parties}, {"days sold beyond 6", beyond}});
}

WALL("ACIDRain", "retry",
     "a request that is sent again because its answer was lost is carried out twice", kPaper,
     "the same request 6 times at once: ACCEPTED 6; places taken by it: 1") {
  const auto tour = add_resource(*shop, 10);
  const auto again = race(shop, 6, [&](Engine& host, int round, int) {
    return outcome(try_hold(host, tour, {day(round)}, 1, "press " + std::to_string(round)));
  });
  return told({{"the same request 6 times at once", again},
               {"places taken by it", 10 - std::stoi(left(*shop, tour))}});
}

}  // namespace
}  // namespace holdfast::test
