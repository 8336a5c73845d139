// Several things in one request: the same one twice, or one that cannot be had.
#include "wall.hpp"

namespace holdfast::test {
namespace {

WALL("Medusa", "16502",
     "two lines of a cart that share an inventory item are each checked alone, and oversell it",
     "https://github.com/medusajs/medusa/issues/16502",
     "2 lines for the last place: INSUFFICIENT_CAPACITY; held: 0") {
  const auto tour = add_resource(*shop, 1);
  return told({{"2 lines for the last place", hold_together(*shop, {tour, tour}, day(0))},
               {"held", report(*shop, tour, day(0)).held}});
}

WALL("verbb/events", "129",
     "a ticket that is put into the cart line by line can be bought beyond the capacity",
     "https://github.com/verbb/events/issues/129",
     "11 lines of one for 10 places: INSUFFICIENT_CAPACITY; 10 lines: ACCEPTED") {
  const auto event = add_resource(*shop, 10);
  const std::vector<std::string> eleven(11, event);
  const std::vector<std::string> ten(10, event);
  return told({{"11 lines of one for 10 places", hold_together(*shop, eleven, day(0))},
               {"10 lines", hold_together(*shop, ten, day(0))}});
}

WALL("Vendure", "2702",
     "the same variant added again with another option is not counted with the first",
     "https://github.com/vendurehq/vendure/issues/2702",
     "with lunch: ACCEPTED; the same without: INSUFFICIENT_CAPACITY") {
  const auto tour = add_resource(*shop, 1);
  const auto add = [&](const std::string& option) {
    return try_hold(*shop, tour, {day(0)}, 1, "cart 1, " + option);
  };
  return told({{"with lunch", add("lunch")}, {"the same without", add("no lunch")}});
}

WALL("Open Collective", "2465", "59 tickets can be had where 55 are available",
     "https://github.com/opencollective/opencollective/issues/2465",
     "59 of 55: INSUFFICIENT_CAPACITY; the refusal says that there are: 55") {
  const auto event = add_resource(*shop, 55);
  const auto reply = try_hold(*shop, event, {day(0)}, 59);
  return told({{"59 of 55", reply},
               {"the refusal says that there are", refused(reply).days.at(0).available_capacity}});
}

WALL("Medusa", "11403", "a cart whose items share an inventory item waits for its own lock",
     "https://github.com/medusajs/medusa/pull/11403",
     "4 carts of 3 lines each at once: ACCEPTED 4; places left: 0") {
  const auto tour = add_resource(*shop, 12);
  return told({{"4 carts of 3 lines each at once",
                race(shop, 4,
                     [&](Engine& host, int round, int) {
                       return outcome(hold_together(host, {tour, tour, tour}, day(round)));
                     })},
               {"places left", left(*shop, tour)}});
}

WALL("Medusa", "16285",
     "two who lock the same keys in another order wait for each other; a failed one leaves keys "
     "locked",
     "https://github.com/medusajs/medusa/issues/16285",
     "8 in both orders: ACCEPTED 8; one that fails: INSUFFICIENT_CAPACITY; the vehicle right after "
     "it: ACCEPTED") {
  const auto vehicle = add_resource(*shop, 9);
  const auto guide = add_resource(*shop, 8);
  const auto in_both_orders = race(shop, 8, [&](Engine& host, int round, int caller) {
    return outcome(caller % 4 < 2 ? hold_together(host, {vehicle, guide}, day(round))
                                  : hold_together(host, {guide, vehicle}, day(round)));
  });
  return told({{"8 in both orders", in_both_orders},
               {"one that fails", hold_together(*shop, {vehicle, guide}, day(0))},
               {"the vehicle right after it", try_hold(*shop.another(), vehicle, {day(0)})}});
}

WALL("Saleor", "17123",
     "some places lock the same rows in another order than the rest, and may deadlock",
     "https://github.com/saleor/saleor/pull/17123",
     "holding, paying, giving back, in opposite orders: ACCEPTED 6") {
  const auto a = add_resource(*shop, 12);
  const auto b = add_resource(*shop, 12);
  const auto work = race(shop, 6, [&](Engine& host, int round, int caller) {
    const bool upwards = caller % 4 < 2;
    const auto pair = accepted(upwards ? hold_together(host, {a, b}, day(round))
                                       : hold_together(host, {b, a}, day(round)));
    const std::vector<std::string> ids = {pair.holds.at(1).id, pair.holds.at(0).id};
    if (caller % 2 == 0) return outcome(host.release_holds({.hold_ids = ids}));
    const std::string order = "order " + std::to_string(round) + "/" + std::to_string(caller);
    accepted(host.confirm_holds({.hold_ids = ids, .order_id = order}));
    return outcome(cancel_order(host, order));
  });
  return told({{"holding, paying, giving back, in opposite orders", work}});
}

WALL("Medusa", "16825",
     "carts race for the last unit; the loser is left with an order and no reservation",
     "https://github.com/medusajs/medusa/issues/16825",
     "4 carts of a vehicle and the only guide: ACCEPTED 1, INSUFFICIENT_CAPACITY 3; of 4 vehicles "
     "left: 3") {
  const auto vehicle = add_resource(*shop, 4);
  const auto guide = add_resource(*shop, 1);
  const auto carts = race(shop, 4, [&](Engine& host, int round, int) {
    return outcome(hold_together(host, {vehicle, guide}, day(round)));
  });
  return told({{"4 carts of a vehicle and the only guide", carts},
               {"of 4 vehicles left", left(*shop, vehicle)}});
}

WALL("Medusa", "13625", "a checkout that is taken back does not give its stock back",
     "https://github.com/medusajs/medusa/issues/13625",
     "taken back: ACCEPTED; of 1 vehicle left: 1; of 1 guide left: 1") {
  const auto vehicle = add_resource(*shop, 1);
  const auto guide = add_resource(*shop, 1);
  const auto cart = accepted(hold_together(*shop, {vehicle, guide}, day(0)));
  return told({{"taken back",
                shop->release_holds({.hold_ids = {cart.holds.at(0).id, cart.holds.at(1).id}})},
               {"of 1 vehicle left", available(*shop, vehicle, day(0))},
               {"of 1 guide left", available(*shop, guide, day(0))}});
}

}  // namespace
}  // namespace holdfast::test
