// Pages: stable order, every filter, cursors.
#include <algorithm>

#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

// All pages of `limit`; between two pages, `meanwhile` runs.
template <class Row, class Request, class List>
std::vector<std::string> walk(List list, Request request, std::int32_t limit,
                              const std::function<void()>& meanwhile = {}) {
  std::vector<std::string> out;
  request.limit = limit;
  for (;;) {
    const Page<Row> page = accepted(list(request));
    CHECK(page.items.size() <= static_cast<std::size_t>(limit));
    for (const auto& id : ids_of(page.items)) out.push_back(id);
    if (page.next.empty()) return out;
    CHECK(page.items.size() == static_cast<std::size_t>(limit));
    request.after = page.next;
    if (meanwhile) meanwhile();
  }
}

}  // namespace

TEST_CASE("Pages show each row once, by created_at and then id, while others are inserted") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(100);
  std::vector<Hold> holds;
  for (int i = 0; i < 13; ++i) {
    holds.push_back(world.hold(id, {day(0)}));
    // Groups of three have one created_at.
    if (i % 3 == 2) world.clock().advance(std::chrono::seconds(1));
  }
  std::sort(holds.begin(), holds.end(), [](const Hold& a, const Hold& b) {
    return std::pair(a.created_at, a.id) < std::pair(b.created_at, b.id);
  });
  const auto expected = ids_of(holds);
  const auto list = [&](const ListHolds& r) { return world->list_holds(r); };
  for (const std::int32_t limit : {1, 2, 3, 5, 12, 13, 14, 1000}) {
    INFO(limit);
    CHECK(walk<Hold>(list, ListHolds{.resource_id = id}, limit) == expected);
  }
  std::vector<std::string> late;
  world.clock().advance(std::chrono::hours(1));
  const auto seen = walk<Hold>(list, ListHolds{.resource_id = id}, 4, [&] {
    if (late.size() < 2) late.push_back(world.hold(id, {day(1)}).id);
  });
  REQUIRE(seen.size() == expected.size() + 2);
  CHECK(std::equal(expected.begin(), expected.end(), seen.begin()));
}

TEST_CASE("Holds are listed by resource, status, email and group") {
  EACH_BACKEND(db);
  World world(db);
  const auto a = world.tour(100);
  const auto b = world.tour(100);
  const auto make = [&](const std::string& id, const char* email) {
    world.clock().advance(std::chrono::seconds(1));
    return accepted(
               world->create_hold({.resource_id = id, .dates = {day(0)}, .customer_email = email}))
        .hold.id;
  };
  const auto active = make(a, "x@example.com");
  const auto released = make(a, "y@example.com");
  const auto confirmed = make(b, "x@example.com");
  const auto expired = make(b, "");
  world.clock().advance(std::chrono::seconds(1));
  const auto group = accepted(world->create_holds({.items = {{a, {day(0)}, 1}, {b, {day(0)}, 1}}}));
  accepted(world->release_hold({.hold_id = released}));
  accepted(world->confirm_hold({.hold_id = confirmed, .order_id = "o"}));
  world.clock().set(world.seen(expired).expires_at);
  accepted(world->extend_holds({.hold_ids = ids_of(group.holds)}));

  using Ids = std::vector<std::string>;
  const auto found = [&](ListHolds request) {
    return ids_of(accepted(world->list_holds(std::move(request))).items);
  };
  // `active` was made first, so it has run out as well; only the group was extended.
  CHECK(found({.status = HoldStatus::kExpired}) == Ids{active, expired});
  CHECK(found({.status = HoldStatus::kReleased}) == Ids{released});
  CHECK(found({.status = HoldStatus::kConfirmed}) == Ids{confirmed});
  CHECK(found({.status = HoldStatus::kActive}).size() == 2);
  CHECK(found({.customer_email = "x@example.com"}) == Ids{active, confirmed});
  CHECK(found({.customer_email = "X@example.com"}).empty());
  CHECK(found({.resource_id = b, .customer_email = "x@example.com"}) == Ids{confirmed});
  auto of_group = found({.group_id = group.group_id});
  auto expected = ids_of(group.holds);
  std::sort(expected.begin(), expected.end());
  CHECK(of_group == expected);
  CHECK(found({.resource_id = a, .group_id = group.group_id}) == Ids{group.holds[0].id});
  CHECK(found({.group_id = "grp_01ARZ3NDEKTSV4RRFFQ69G5FAV"}).empty());
  CHECK(found({}).size() == 6);
}

TEST_CASE("Allocations are listed by resource, order, line, status and day") {
  EACH_BACKEND(db);
  World world(db);
  const auto a = world.tour(100);
  const auto b = world.tour(100);
  const auto book = [&](const std::string& id, std::vector<Date> dates, const char* order,
                        const char* line) {
    world.clock().advance(std::chrono::seconds(1));
    return world.book(id, std::move(dates), 1, order, line).id;
  };
  const auto one = book(a, {day(1), day(5)}, "o", "1");
  const auto two = book(b, {day(2), day(3)}, "o", "2");
  const auto three = book(a, {day(5)}, "p", "1");
  accepted(world->cancel_allocation({.allocation_id = three}));
  using Ids = std::vector<std::string>;
  const auto found = [&](ListAllocations request) {
    return ids_of(accepted(world->list_allocations(std::move(request))).items);
  };
  CHECK(found({}) == Ids{one, two, three});
  CHECK(found({.resource_id = a}) == Ids{one, three});
  CHECK(found({.order_id = "o"}) == Ids{one, two});
  CHECK(found({.order_id = "o", .line_item_id = "2"}) == Ids{two});
  CHECK(found({.line_item_id = "1"}) == Ids{one, three});
  CHECK(found({.status = AllocationStatus::kConfirmed}) == Ids{one, two});
  CHECK(found({.status = AllocationStatus::kCancelled}) == Ids{three});
  const auto on_days = [&](int first, int last) {
    return found({.start_date = day(first), .end_date = day(last)});
  };
  CHECK(on_days(0, 0).empty());
  CHECK(on_days(0, 1) == Ids{one});
  CHECK(on_days(2, 2) == Ids{two});
  // Days of one booking are single days, not what lies between them.
  CHECK(on_days(4, 4).empty());
  CHECK(on_days(5, 9) == Ids{one, three});
  CHECK(on_days(6, 9).empty());
  CHECK(found({.resource_id = a, .start_date = day(0), .end_date = day(9)}) == Ids{one, three});
  const auto list = [&](const ListAllocations& r) { return world->list_allocations(r); };
  CHECK(walk<Allocation>(list, ListAllocations{.resource_id = a}, 1) == Ids{one, three});
  CHECK(walk<Allocation>(list, ListAllocations{.start_date = day(1), .end_date = day(5)}, 1) ==
        Ids{one, two, three});
}

TEST_CASE("Resources and blackouts page like holds") {
  EACH_BACKEND(db);
  World world(db);
  std::vector<std::string> resources;
  for (int i = 0; i < 7; ++i) {
    resources.push_back(world.bare());
    world.clock().advance(std::chrono::microseconds(1));
  }
  const auto list = [&](const ListResources& r) { return world->list_resources(r); };
  CHECK(walk<Resource>(list, ListResources{}, 3) == resources);
  std::vector<std::string> blackouts;
  for (int i = 0; i < 7; ++i) {
    blackouts.push_back(world.blackout(resources[0], day(i), day(i)).id);
    world.clock().advance(std::chrono::microseconds(1));
  }
  const auto lists = [&](const ListBlackouts& r) { return world->list_blackouts(r); };
  CHECK(walk<Blackout>(lists, ListBlackouts{}, 2) == blackouts);
  CHECK(walk<Blackout>(lists, ListBlackouts{.start_date = day(2), .end_date = day(5)}, 3) ==
        std::vector<std::string>(blackouts.begin() + 2, blackouts.begin() + 6));
}

TEST_CASE("A page without a limit given has 100 rows") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(1000);
  for (int i = 0; i < 2; ++i) {
    CreateHolds request{};
    for (int item = 0; item < 51; ++item) request.items.push_back({id, {day(0)}, 1});
    accepted(world->create_holds(request));
  }
  const auto first = accepted(world->list_holds({}));
  CHECK(first.items.size() == 100);
  const auto rest = accepted(world->list_holds({.after = first.next}));
  CHECK(rest.items.size() == 2);
  CHECK(rest.next.empty());
}

TEST_CASE("A cursor that no page gave is INVALID_ARGUMENT") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  world.hold(id, {day(0)});
  world.hold(id, {day(0)});
  const auto next = accepted(world->list_holds({.limit = 1})).next;
  REQUIRE_FALSE(next.empty());
  const std::vector<std::string> bad = {"x",
                                        "1",
                                        ":",
                                        "abc:hold_1",
                                        "1;2:x",
                                        next + " ",
                                        " " + next,
                                        "99999999999999999999:x",
                                        "9223372036854775807:x",
                                        "-9223372036854775808:x",
                                        "1:" + std::string(65, 'a'),
                                        "1:a'b",
                                        "1:a%",
                                        "1:\xC3\xA5",
                                        std::string("1:a\0", 4),
                                        "0x1:a",
                                        "1.5:a",
                                        "+1:a"};
  for (const auto& after : bad) {
    INFO(after);
    const std::string expected = "INVALID_ARGUMENT after";
    CHECK(verdict(world->list_resources({.after = after})) == expected);
    CHECK(verdict(world->list_holds({.after = after})) == expected);
    CHECK(verdict(world->list_allocations({.after = after})) == expected);
    CHECK(verdict(world->list_blackouts({.after = after})) == expected);
  }
  // The extreme ones that are well-formed are answered.
  for (const std::string after : {"-62135596800000000:", "253402300799999999:zz", "0:0"}) {
    CHECK(verdict(world->list_holds({.after = after})) == "ACCEPTED");
    CHECK(verdict(world->list_resources({.after = after})) == "ACCEPTED");
    CHECK(verdict(world->list_allocations({.after = after})) == "ACCEPTED");
    CHECK(verdict(world->list_blackouts({.after = after})) == "ACCEPTED");
  }
}
