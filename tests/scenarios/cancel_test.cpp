// Places come back once, however often somebody cancels.
#include <chrono>
#include <string>
#include <vector>

#include "shop.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

TEST_CASE("two cancels at once give the places back once", "[cancel]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 3);
  // Somebody else's booking, which a second return of places would sell again.
  confirm(*shop, hold(*shop, id, days(0, 4), 1).id, "neighbour");
  for (int round = 0; round < 20; ++round) {
    const std::string order = "order_" + std::to_string(round);
    const Allocation booked = confirm(*shop, hold(*shop, id, days(1, 3), 2).id, order);
    std::vector<Reply<AllocationsAnswer>> got(2, Error{});
    in_threads(2, [&](int i) {
      const bool by_order = round % 3 == 2 || (round % 3 == 1 && i == 1);
      const auto request = by_order ? CancelAllocation{.order_id = order}
                                    : CancelAllocation{.allocation_id = booked.id};
      got[static_cast<std::size_t>(i)] = (i == 0 ? *shop : *other).cancel_allocation(request);
    });
    for (const auto& reply : got) {
      REQUIRE(outcome(reply) == "ACCEPTED");
      REQUIRE(reply->value().allocations.size() == 1);
      CHECK(reply->value().allocations[0].id == booked.id);
      CHECK(reply->value().allocations[0].status == AllocationStatus::kCancelled);
    }
    CHECK(got[0]->value().replayed != got[1]->value().replayed);
    CHECK(available(*shop, id, day(2)) == 2);
  }
  require_sound(*shop);
}

TEST_CASE("cancel, confirm again, cancel: the confirm is a replay of what was", "[cancel]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const Hold held = hold(*shop, id, {day(0)});
  const Allocation booked = confirm(*shop, held.id, "order");
  const auto cancel = [&] {
    return accepted(shop->cancel_allocation({.allocation_id = booked.id}));
  };
  CHECK_FALSE(cancel().replayed);
  CHECK(available(*shop, id, day(0)) == 1);

  const auto again = accepted(try_confirm(*shop, held.id, "order"));
  CHECK(again.replayed);
  CHECK(again.allocation.id == booked.id);
  CHECK(again.allocation.status == AllocationStatus::kCancelled);
  CHECK(outcome(try_confirm(*shop, held.id, "order", IfExpired::kReclaim)) == "ACCEPTED");
  CHECK(outcome(shop->release_hold({.hold_id = held.id})) == "ALREADY_CONFIRMED");
  CHECK(available(*shop, id, day(0)) == 1);
  CHECK(cancel().replayed);
  CHECK(available(*shop, id, day(0)) == 1);

  // The same customer books the same place again, and cancels that.
  const Allocation next = confirm(*shop, hold(*shop, id, {day(0)}).id, "order_2");
  CHECK(cancel().replayed);
  CHECK(available(*shop, id, day(0)) == 0);
  accepted(shop->cancel_allocation({.allocation_id = next.id}));
  CHECK(available(*shop, id, day(0)) == 1);
  require_sound(*shop);
}

TEST_CASE("an order is cancelled whole, a line of it alone", "[cancel]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string a = add_resource(*shop, 1);
  const std::string b = add_resource(*shop, 1);
  const auto book = [&](const std::string& id, int d, const std::string& line) {
    shop.clock.advance(std::chrono::seconds(1));  // lists are in the order of creation
    const Hold held = hold(*shop, id, {day(d)});
    return accepted(
               shop->confirm_hold({.hold_id = held.id, .order_id = "order", .line_item_id = line}))
        .allocation.id;
  };
  const std::string first = book(a, 0, "1");
  book(b, 0, "2");
  book(b, 1, "2");
  const auto line = accepted(shop->cancel_allocation({.order_id = "order", .line_item_id = "2"}));
  CHECK(line.allocations.size() == 2);
  CHECK(available(*shop, a, day(0)) == 0);
  CHECK(available(*shop, b, day(0)) == 1);
  const auto rest = accepted(shop->cancel_allocation({.order_id = "order"}));
  CHECK_FALSE(rest.replayed);
  CHECK(rest.allocations.size() == 3);
  CHECK(rest.allocations[0].id == first);
  CHECK(accepted(shop->cancel_allocation({.order_id = "order"})).replayed);
  CHECK(outcome(shop->cancel_allocation({.order_id = "none"})) == "ALLOCATION_NOT_FOUND");
  require_sound(*shop);
}

TEST_CASE("released places are free at once, and released once", "[cancel]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 2);
  hold(*shop, id, days(0, 2));
  const Hold mine = hold(*shop, id, days(0, 2));
  for (int i = 0; i < 3; ++i) {
    CHECK(accepted(shop->release_hold({.hold_id = mine.id})).replayed == (i > 0));
    CHECK(available(*shop, id, day(1)) == 1);
  }
  CHECK(outcome(try_confirm(*shop, mine.id, "order")) == "HOLD_RELEASED");
  hold(*shop, id, days(0, 2));
  CHECK(outcome(try_hold(*shop, id, {day(1)})) == "INSUFFICIENT_CAPACITY");
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
