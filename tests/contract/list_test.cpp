// Paged reads: what each filter lets through, and that pages neither repeat nor lose a row.
#include <algorithm>
#include <set>

#include "support/catch.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const std::string kKey = resource_id(1);
const std::string kOther = resource_id(2);

struct Store {
  explicit Store(const Database& db) {
    StorageOptions options;
    options.clock = clock.function();
    storage = db.open_migrated(options);
  }
  void put(const Changes& changes) { must(try_write(*storage, {kKey, kOther}, changes)); }

  template <class Query>
  std::vector<int> numbers(const Query& query, std::int32_t limit = 1000) {
    std::vector<int> out;
    for (const auto& row : all_pages(*storage, query, limit)) {
      out.push_back(std::stoi(row.id.substr(row.id.size() - 9)));
    }
    return out;
  }

  TestClock clock{at(1000)};
  std::unique_ptr<Storage> storage{};
};
using Numbers = std::vector<int>;

TEST_CASE("Resources are listed by type, activity and text; deleted ones on request") {
  EACH_BACKEND(db);
  Store store(db);
  Changes changes;
  const auto add = [&](int n, const char* type, bool active, bool deleted) {
    Resource resource = make_resource(n);
    resource.type = type;
    resource.is_active = active;
    if (deleted) resource.deleted_at = at(900);
    changes.resource_inserts.push_back(resource);
  };
  add(1, "TOUR", true, false);
  add(2, "TOUR", false, false);
  add(3, "GUIDE", true, false);
  add(4, "TOUR", true, true);
  add(5, "TOURS", false, true);
  must(try_write(*store.storage,
                 {resource_id(1), resource_id(2), resource_id(3), resource_id(4), resource_id(5)},
                 changes));
  CHECK(store.numbers(ResourceQuery{}) == Numbers{1, 2, 3});
  CHECK(store.numbers(ResourceQuery{.include_deleted = true}) == Numbers{1, 2, 3, 4, 5});
  CHECK(store.numbers(ResourceQuery{.type = "TOUR"}) == Numbers{1, 2});
  CHECK(store.numbers(ResourceQuery{.type = "tour"}).empty());
  CHECK(store.numbers(ResourceQuery{.is_active = true}) == Numbers{1, 3});
  CHECK(store.numbers(ResourceQuery{.is_active = false}) == Numbers{2});
  CHECK(store.numbers(ResourceQuery{.type = "TOUR", .is_active = true, .include_deleted = true}) ==
        Numbers{1, 4});
}

TEST_CASE(
    "A text is looked for literally in names and descriptions, ASCII letters in either case") {
  EACH_BACKEND(db);
  Store store(db);
  Changes changes;
  std::vector<std::string> keys;
  const auto add = [&](int n, const char* name, const char* description) {
    Resource resource = make_resource(n);
    resource.name = name;
    resource.description = description;
    changes.resource_inserts.push_back(resource);
    keys.push_back(resource.id);
  };
  add(1, "Sunset Tour", "with 100% fun");
  add(2, "100 fun", "sunSET");
  add(3, "under_score", "");
  add(4, "underXscore", "a\\b");
  add(5, "\xC5\xBB\xC3\xB3\xC5\x82w", "it's a 'test'");
  add(6, "*", "[a-z]?");
  must(try_write(*store.storage, keys, changes));
  const auto found = [&](const char* text) { return store.numbers(ResourceQuery{.text = text}); };
  CHECK(found("sunset") == Numbers{1, 2});
  CHECK(found("SUNSET T") == Numbers{1});
  CHECK(found("100%") == Numbers{1});
  CHECK(found("%") == Numbers{1});
  CHECK(found("_") == Numbers{3});
  CHECK(found("r_s") == Numbers{3});
  CHECK(found("\\") == Numbers{4});
  CHECK(found("a\\b") == Numbers{4});
  CHECK(found("\xC5\xBB\xC3\xB3\xC5\x82W") == Numbers{5});
  CHECK(found("\xC5\xBC\xC3\xB3\xC5\x82w").empty());
  CHECK(found("'") == Numbers{5});
  CHECK(found("*") == Numbers{6});
  CHECK(found("?") == Numbers{6});
  CHECK(found("[A-Z]") == Numbers{6});
  CHECK(found("") == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(found("nowhere").empty());
}

TEST_CASE("Holds are listed by resource, email, group and the status that readers see") {
  EACH_BACKEND(db);
  Store store(db);
  Changes changes{.resource_inserts = {make_resource(1), make_resource(2)}};
  const auto add = [&](const std::string& key, int n, HoldStatus status, Instant expires_at,
                       const char* email, const std::string& group) {
    StoredHold stored = make_hold(key, n, {day(1)}, expires_at);
    stored.hold.status = status;
    stored.hold.customer_email = email;
    stored.hold.group_id = group;
    changes.hold_inserts.push_back(stored);
  };
  add(kKey, 1, HoldStatus::kActive, at(1000) + 1us, "a@x.org", "");
  add(kKey, 2, HoldStatus::kActive, at(1000), "a@x.org", group_id(1));
  add(kOther, 3, HoldStatus::kActive, at(999), "A@x.org", group_id(1));
  add(kKey, 4, HoldStatus::kExpired, at(10), "b@x.org", group_id(2));
  add(kKey, 5, HoldStatus::kExpired, at(9999), "", "");
  add(kOther, 6, HoldStatus::kConfirmed, at(10), "a@x.org", "");
  add(kKey, 7, HoldStatus::kReleased, at(10), "%", "");
  store.put(changes);
  CHECK(store.numbers(HoldQuery{}) == Numbers{1, 2, 3, 4, 5, 6, 7});
  CHECK(store.numbers(HoldQuery{.resource_id = kKey}) == Numbers{1, 2, 4, 5, 7});
  CHECK(store.numbers(HoldQuery{.resource_id = resource_id(9)}).empty());
  CHECK(store.numbers(HoldQuery{.status = HoldStatus::kActive}) == Numbers{1});
  CHECK(store.numbers(HoldQuery{.status = HoldStatus::kExpired}) == Numbers{2, 3, 4, 5});
  CHECK(store.numbers(HoldQuery{.status = HoldStatus::kConfirmed}) == Numbers{6});
  CHECK(store.numbers(HoldQuery{.status = HoldStatus::kReleased}) == Numbers{7});
  CHECK(store.numbers(HoldQuery{.resource_id = kKey, .status = HoldStatus::kExpired}) ==
        Numbers{2, 4, 5});
  CHECK(store.numbers(HoldQuery{.customer_email = "a@x.org"}) == Numbers{1, 2, 6});
  CHECK(store.numbers(HoldQuery{.customer_email = "%"}) == Numbers{7});
  CHECK(store.numbers(HoldQuery{.group_id = group_id(1)}) == Numbers{2, 3});
  CHECK(store.numbers(HoldQuery{.resource_id = kOther,
                                .status = HoldStatus::kExpired,
                                .customer_email = "A@x.org",
                                .group_id = group_id(1)}) == Numbers{3});
  // Rows come as they are stored: the due one says ACTIVE, and now says that it is due.
  const ListPage page =
      must(store.storage->list({.what = HoldQuery{.group_id = group_id(1)}, .limit = 1}));
  CHECK(page.now == store.clock.now());
  CHECK(page.more);
  CHECK(std::get<std::vector<Hold>>(page.rows).at(0).status == HoldStatus::kActive);
}

TEST_CASE("Allocations are listed by resource, order, line, status and days") {
  EACH_BACKEND(db);
  Store store(db);
  Changes changes{.resource_inserts = {make_resource(1), make_resource(2)}};
  const auto add = [&](const std::string& key, int n, const char* order, const char* line,
                       bool cancelled, std::vector<Date> dates) {
    StoredHold hold = make_hold(key, n, dates, at(10));
    hold.hold.status = HoldStatus::kConfirmed;
    changes.hold_inserts.push_back(hold);
    Allocation allocation = make_allocation(key, n, std::move(dates));
    allocation.order_id = order;
    allocation.line_item_id = line;
    if (cancelled) {
      allocation.status = AllocationStatus::kCancelled;
      allocation.cancelled_at = at(900);
    }
    changes.allocation_inserts.push_back(allocation);
  };
  add(kKey, 1, "o1", "l1", false, {day(1), day(5)});
  add(kKey, 2, "o1", "l2", true, {day(2)});
  add(kOther, 3, "o1", "l1", false, {day(3), day(4)});
  add(kKey, 4, "o2", "l1", false, {day(5)});
  add(kOther, 5, "O1", "", false, {day(2), day(9)});
  store.put(changes);
  using Query = AllocationQuery;
  CHECK(store.numbers(Query{}) == Numbers{1, 2, 3, 4, 5});
  CHECK(store.numbers(Query{.resource_id = kKey}) == Numbers{1, 2, 4});
  CHECK(store.numbers(Query{.order_id = "o1"}) == Numbers{1, 2, 3});
  CHECK(store.numbers(Query{.order_id = "o1", .line_item_id = "l1"}) == Numbers{1, 3});
  CHECK(store.numbers(Query{.line_item_id = "l1"}) == Numbers{1, 3, 4});
  CHECK(store.numbers(Query{.status = AllocationStatus::kCancelled}) == Numbers{2});
  CHECK(store.numbers(Query{.order_id = "o1", .status = AllocationStatus::kConfirmed}) ==
        Numbers{1, 3});
  CHECK(store.numbers(Query{.range = DateRange{day(2), day(4)}}) == Numbers{2, 3, 5});
  CHECK(store.numbers(Query{.range = DateRange{day(5), day(5)}}) == Numbers{1, 4});
  CHECK(store.numbers(Query{.range = DateRange{day(6), day(8)}}).empty());
  CHECK(store.numbers(Query{.resource_id = kKey, .range = DateRange{day(1), day(2)}}) ==
        Numbers{1, 2});
}

TEST_CASE("Blackouts are listed by resource and the range they touch; deleted ones are not") {
  EACH_BACKEND(db);
  Store store(db);
  auto deleted = make_blackout(kKey, 4, day(1), day(9));
  deleted.deleted_at = at(900);
  store.put({.resource_inserts = {make_resource(1), make_resource(2)},
             .blackout_inserts = {make_blackout(kKey, 1, day(1), day(3)),
                                  make_blackout(kKey, 2, day(5), day(5)),
                                  make_blackout(kOther, 3, day(-9), day(9)), deleted}});
  CHECK(store.numbers(BlackoutQuery{}) == Numbers{1, 2, 3});
  CHECK(store.numbers(BlackoutQuery{.resource_id = kKey}) == Numbers{1, 2});
  CHECK(store.numbers(BlackoutQuery{.range = DateRange{day(3), day(4)}}) == Numbers{1, 3});
  CHECK(store.numbers(BlackoutQuery{.range = DateRange{day(4), day(4)}}) == Numbers{3});
  CHECK(store.numbers(BlackoutQuery{.resource_id = kKey, .range = DateRange{day(3), day(5)}}) ==
        Numbers{1, 2});
  CHECK(store.numbers(BlackoutQuery{.range = DateRange{day(10), day(20)}}).empty());
}

TEST_CASE("Pages of any size join to the whole list, with ties in created_at broken by id") {
  EACH_BACKEND(db);
  Store store(db);
  Changes changes{.resource_inserts = {make_resource(1), make_resource(2)}};
  for (int n = 1; n <= 60; ++n) {
    const std::string& key = n % 2 == 0 ? kKey : kOther;
    // Three instants a microsecond apart, twenty rows each, across two resources.
    const Instant created_at = at(1) + std::chrono::microseconds(n % 3);
    StoredHold hold = make_hold(key, n, {day(1)}, at(10));
    hold.hold.created_at = created_at;
    hold.hold.status = HoldStatus::kConfirmed;
    changes.hold_inserts.push_back(hold);
    Allocation allocation = make_allocation(key, n, {day(1)});
    allocation.created_at = created_at;
    changes.allocation_inserts.push_back(allocation);
    Blackout blackout = make_blackout(key, n, day(1), day(2));
    blackout.created_at = created_at;
    changes.blackout_inserts.push_back(blackout);
  }
  store.put(changes);
  const auto is_ordered = [](const auto& rows) {
    return std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
    });
  };
  CHECK(is_ordered(all_pages(*store.storage, HoldQuery{}, 1000)));
  CHECK(is_ordered(all_pages(*store.storage, AllocationQuery{}, 1000)));
  CHECK(is_ordered(all_pages(*store.storage, BlackoutQuery{}, 1000)));
  for (const std::int32_t limit : {1, 7, 20, 59, 60, 61}) {
    CAPTURE(limit);
    CHECK(store.numbers(HoldQuery{}, limit) == store.numbers(HoldQuery{}));
    CHECK(store.numbers(AllocationQuery{}, limit) == store.numbers(AllocationQuery{}));
    CHECK(store.numbers(BlackoutQuery{}, limit) == store.numbers(BlackoutQuery{}));
    CHECK(store.numbers(HoldQuery{}, limit).size() == 60);
  }
  const ListPage exact = must(store.storage->list({.what = HoldQuery{}, .limit = 60}));
  CHECK_FALSE(exact.more);
  const ListPage cut = must(store.storage->list({.what = HoldQuery{}, .limit = 59}));
  CHECK(cut.more);
}

TEST_CASE("Rows that come in between pages move nothing that is still to come") {
  EACH_BACKEND(db);
  Store store(db);
  std::vector<int> seen;
  Changes changes;
  for (int n = 10; n <= 50; n += 10) changes.resource_inserts.push_back(make_resource(n));
  std::vector<std::string> keys;
  for (const Resource& resource : changes.resource_inserts) keys.push_back(resource.id);
  must(try_write(*store.storage, keys, changes));

  ListQuery query{.what = ResourceQuery{}, .limit = 2};
  int next = 11;
  for (bool more = true; more;) {
    const ListPage page = must(store.storage->list(query));
    const auto& rows = std::get<std::vector<Resource>>(page.rows);
    for (const Resource& row : rows) seen.push_back(std::stoi(row.id.substr(row.id.size() - 9)));
    query.after = Cursor{rows.back().created_at, rows.back().id};
    more = page.more;
    // One before the cursor and, the first time, one after it.
    write(*store.storage, resource_id(next), {.resource_inserts = {make_resource(next)}});
    if (next == 11) {
      write(*store.storage, resource_id(45), {.resource_inserts = {make_resource(45)}});
    }
    ++next;
  }
  CHECK(seen == Numbers{10, 20, 30, 40, 45, 50});
}

TEST_CASE("A list without rows is an empty page of the right kind") {
  EACH_BACKEND(db);
  Store store(db);
  const auto empty = [&](ListQuery query) {
    const ListPage page = must(store.storage->list(query));
    CHECK_FALSE(page.more);
    return std::visit([](const auto& rows) { return rows.empty(); }, page.rows) ? page.rows.index()
                                                                                : std::size_t{99};
  };
  CHECK(empty({.what = ResourceQuery{}}) == 0);
  CHECK(empty({.what = HoldQuery{}}) == 1);
  CHECK(empty({.what = AllocationQuery{}}) == 2);
  CHECK(empty({.what = BlackoutQuery{}}) == 3);
  CHECK(empty({.what = DueKeysQuery{}}) == 4);
  CHECK(empty({.what = AllKeysQuery{}}) == 4);
}

TEST_CASE("Due keys are those with an ACTIVE hold whose time has come, to the microsecond") {
  EACH_BACKEND(db);
  Store store(db);
  const std::vector<Instant> expiries{at(1000), at(1000) + 1us, at(5), at(5), at(1000) - 1us};
  for (int n = 1; n <= 5; ++n) {
    StoredHold hold =
        make_hold(resource_id(n), 1, {day(1)}, expiries[static_cast<std::size_t>(n - 1)]);
    if (n == 4) hold.hold.status = HoldStatus::kExpired;
    StoredHold second = make_hold(resource_id(n), 2, {day(1)}, at(99'999));
    write(*store.storage, resource_id(n),
          {.resource_inserts = {make_resource(n)}, .hold_inserts = {hold, second}});
  }
  const std::vector<std::string> due{resource_id(1), resource_id(3), resource_id(5)};
  CHECK(due_keys(*store.storage) == due);
  CHECK(due_keys(*store.storage, 1) == due);
  CHECK(due_keys(*store.storage, 2) == due);
  CHECK(due_keys(*store.storage, 3) == due);
  store.clock.advance(1us);
  CHECK(due_keys(*store.storage).size() == 4);
}

TEST_CASE("All keys are those of any table, each once, in pages of any size") {
  EACH_BACKEND(db);
  Store store(db);
  const std::string slot = "slot_01JGFJJZ000000000000000000";
  std::vector<std::string> expected;
  for (int n = 1; n <= 5; ++n) {
    const std::string key = resource_id(n);
    write(*store.storage, key,
          {.resource_inserts = {make_resource(n)},
           .capacity_inserts = {{key, day(1), 1, 1}, {key, day(2), 1, 1}},
           .hold_inserts = {make_hold(key, 1, {day(1)}, at(1))},
           .blackout_inserts = {make_blackout(key, 1, day(1), day(1))},
           .command_inserts = {{key, {{"adjust_capacity", "t"}, "f", "o"}}}});
    expected.push_back(key);
  }
  const CommandRecord made{{"create_resource", "t"}, "f", "o"};
  write(*store.storage, slot, {.command_inserts = {{slot, made}}});
  expected.push_back(slot);
  for (const std::int32_t limit : {1, 2, 5, 6, 1000}) {
    CAPTURE(limit);
    CHECK(all_keys(*store.storage, limit) == expected);
  }
  write(*store.storage, slot, {.removals = {{.key = slot, .commands = {made.key}}}});
  expected.pop_back();
  CHECK(all_keys(*store.storage) == expected);
}

}  // namespace
}  // namespace holdfast::test
