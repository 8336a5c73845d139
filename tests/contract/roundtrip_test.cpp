// What each field of Changes writes: every column, exactly, and nothing else.
#include <algorithm>

#include "support/catch.hpp"
#include "support/database.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const std::string kKey = resource_id(1);

/// Texts that a careless quoting, escaping or array syntax would change.
const std::vector<std::string>& hard_texts() {
  static const std::vector<std::string> all{
      "plain",
      "'",
      "''; DROP TABLE holds; --",
      "\"quoted\"",
      "back\\slash \\n \\\\",
      "a,b",
      "{a,b}",
      "{\"a\":NULL}",
      "NULL",
      " spaces at both ends ",
      "tab\tline\nfeed\rreturn",
      "100%_$1 ?1 :x",
      "(1,2)",
      "\xC5\xBC\xC3\xB3\xC5\x82\xC4\x87 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x9A\x90",
      "e\xCC\x81 and \xC3\xA9",
      "\x01\x1F\x7F",
      std::string(255, 'x')};
  return all;
}

void with_resource(Storage& storage) {
  write(storage, kKey, {.resource_inserts = {make_resource(1)}});
}

TEST_CASE("Every column of a resource comes back, and an update overwrites all but two") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  int n = 0;
  for (const std::string& hard : hard_texts()) {
    Resource resource = make_resource(++n);
    resource.name = hard;
    resource.description = hard + hard;
    resource.type = "TYPE_" + std::to_string(n);
    resource.is_active = n % 2 == 0;
    if (n % 3 == 0) resource.deleted_at = at(n) + 1us;
    write(*storage, resource.id, {.resource_inserts = {resource}});
    CHECK(text(*load_unlocked(*storage, {.key = resource.id}).resource) == text(resource));
    CHECK(text(*load_locked(*storage, {.key = resource.id}).resource) == text(resource));

    Resource update = make_resource(n);
    update.type = "GUIDE";
    update.name = hard + "!";
    update.metadata = R"({"a":[1,2.5,null,true,"x y, \"z\" \\ {}"],"bb":{"c":"ż"}})";
    update.timezone = "Pacific/Apia";
    update.is_active = !resource.is_active;
    update.created_at = at(-77);
    update.updated_at = at(99) + 999'999us;
    if (!resource.deleted_at) update.deleted_at = at(98);
    write(*storage, update.id, {.resource_updates = {update}});
    update.created_at = resource.created_at;
    CHECK(text(*load_locked(*storage, {.key = update.id}).resource) == text(update));
  }
  CHECK(all_pages(*storage, ResourceQuery{.include_deleted = true}, 100).size() ==
        hard_texts().size());
}

TEST_CASE("Metadata may be any JSON value of any size that is allowed") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  int n = 0;
  for (const std::string& json :
       {std::string("{}"), std::string("[]"), std::string("null"), std::string("true"),
        std::string("-0.5"), std::string(R"("text")"), std::string(R"({"":""})"),
        "[\"" + std::string(60'000, 'j') + "\"]"}) {
    Resource resource = make_resource(++n);
    resource.metadata = json;
    resource.description = std::string(8192, 'd');
    write(*storage, resource.id, {.resource_inserts = {resource}});
    CHECK(text(*load_unlocked(*storage, {.key = resource.id}).resource) == text(resource));
  }
}

TEST_CASE("Capacity is inserted, and deltas add to it") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  with_resource(*storage);
  write(*storage, kKey,
        {.capacity_inserts = {{kKey, on("1900-01-01"), 0, 0},
                              {kKey, on("2028-02-29"), 1'000'000, 999'999},
                              {kKey, on("9999-12-31"), 7, 0}}});
  const KeyScope scope{.key = kKey,
                       .dates = {on("1900-01-01"), on("2028-02-29"), on("9999-12-31")}};
  const auto capacity = [&] {
    std::string out;
    for (const CapacityRow& row : load_locked(*storage, scope).capacity) out += text(row) + "\n";
    return out;
  };
  CHECK(capacity() == text(CapacityRow{on("1900-01-01"), 0, 0}) + "\n" +
                          text(CapacityRow{on("2028-02-29"), 1'000'000, 999'999}) + "\n" +
                          text(CapacityRow{on("9999-12-31"), 7, 0}) + "\n");
  write(*storage, kKey,
        {.capacity_deltas = {{kKey, on("1900-01-01"), 4, 3},
                             {kKey, on("2028-02-29"), -1'000'000, -999'999},
                             {kKey, on("9999-12-31"), 0, 7}}});
  CHECK(capacity() == text(CapacityRow{on("1900-01-01"), 4, 3}) + "\n" +
                          text(CapacityRow{on("2028-02-29"), 0, 0}) + "\n" +
                          text(CapacityRow{on("9999-12-31"), 7, 7}) + "\n");
}

TEST_CASE("Every column of a hold comes back") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  with_resource(*storage);
  Changes changes;
  int n = 0;
  for (const std::string& hard : hard_texts()) {
    ++n;
    StoredHold stored = make_hold(kKey, n, days(n, n + n % 4), at(n) + std::chrono::hours(n));
    stored.hold.customer_email = hard;
    stored.hold.holder = hard + "h";
    stored.hold.idempotency_token = hard + "t";
    stored.hold.group_id = n % 2 == 0 ? group_id(n) : "";
    stored.hold.quantity = n == 1 ? 1'000'000 : n;
    stored.hold.status = static_cast<HoldStatus>(n % 4);
    stored.hold.updated_at = at(n) + 1us;
    stored.item_no = n % 64;
    stored.fingerprint = hard + "f";
    changes.hold_inserts.push_back(stored);
  }
  StoredHold bare = make_hold(kKey, 90, {on("1900-01-01"), on("9999-12-31")}, at(0));
  bare.fingerprint = "";
  bare.hold.created_at = Instant(std::chrono::microseconds(1));
  bare.hold.expires_at =
      Instant(std::chrono::sys_days(std::chrono::year(9999) / 12 / 31)) + 86'399'999'999us;
  changes.hold_inserts.push_back(bare);
  changes.hold_inserts.push_back(make_hold(kKey, 91, days(0, 365), at(0)));
  write(*storage, kKey, changes);

  KeyScope by_id{.key = kKey};
  KeyScope by_token{.key = kKey};
  for (const StoredHold& stored : changes.hold_inserts) {
    by_id.hold_ids.push_back(stored.hold.id);
    by_token.hold_tokens.push_back(stored.hold.idempotency_token);
  }
  const std::string expected = sorted_text(changes.hold_inserts);
  CHECK(sorted_text(load_unlocked(*storage, by_id).holds) == expected);
  CHECK(sorted_text(load_unlocked(*storage, by_token).holds) == expected);
  CHECK(sorted_text(load_locked(*storage, by_id).holds) == expected);
  std::string listed;
  for (const Hold& hold : all_pages(*storage, HoldQuery{}, 7)) listed += text(hold) + "\n";
  std::vector<Hold> sorted;
  for (const StoredHold& stored : changes.hold_inserts) sorted.push_back(stored.hold);
  std::sort(sorted.begin(), sorted.end(),
            [](const Hold& a, const Hold& b) { return a.created_at < b.created_at; });
  std::string expected_list;
  for (const Hold& hold : sorted) expected_list += text(hold) + "\n";
  CHECK(listed == expected_list);
}

TEST_CASE("Holds of one transaction that differ in one column keep what is theirs") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  using Change = void (*)(StoredHold&);
  const Change change = GENERATE(
      as<Change>{}, [](StoredHold& h) { h.item_no = 1; },
      [](StoredHold& h) { h.hold.status = HoldStatus::kReleased; },
      [](StoredHold& h) { h.hold.expires_at = at(2000); },
      [](StoredHold& h) { h.hold.quantity = 2; },
      [](StoredHold& h) { h.hold.customer_email = "a@example.com"; },
      [](StoredHold& h) { h.hold.updated_at = at(7); },
      [](StoredHold& h) { h.hold.holder = "cart"; },
      [](StoredHold& h) { h.hold.group_id = "grp_1"; },
      [](StoredHold& h) { h.hold.created_at = at(1); });
  std::vector<StoredHold> holds;
  for (int n = 1; n <= 3; ++n) {
    holds.push_back(make_hold(kKey, n, {day(0)}, at(1000)));
    holds.back().hold.created_at = holds.back().hold.updated_at = at(5);
    holds.back().fingerprint = "fingerprint";
  }
  change(holds[1]);
  write(*storage, kKey,
        {.resource_inserts = {make_resource(1)},
         .capacity_inserts = {{kKey, day(0), 10, 6}},
         .hold_inserts = holds});
  const KeySnapshot found = load_unlocked(
      *storage, {.key = kKey, .hold_ids = {hold_id(kKey, 1), hold_id(kKey, 2), hold_id(kKey, 3)}});
  CHECK(sorted_text(found.holds) == sorted_text(holds));
}

TEST_CASE("A hold's update overwrites six columns and leaves the rest") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  with_resource(*storage);
  StoredHold before = make_hold(kKey, 1, {day(1)}, at(100));
  before.hold.customer_email = "a@example.com";
  before.hold.holder = "cart";
  before.hold.group_id = group_id(1);
  const StoredHold bystander = make_hold(kKey, 2, {day(1)}, at(100));
  write(*storage, kKey, {.hold_inserts = {before, bystander}});
  Hold update = make_hold(kKey, 1, days(2, 5), at(200)).hold;
  update.quantity = 9;
  update.customer_email = "";
  update.holder = "somebody else";
  update.idempotency_token = "another";
  update.status = HoldStatus::kExpired;
  update.group_id = "";
  update.created_at = at(-5);
  update.updated_at = at(77) + 5us;
  write(*storage, kKey, {.hold_updates = {{update, HoldStatus::kActive}}});

  StoredHold expected = before;
  expected.hold.status = update.status;
  expected.hold.expires_at = update.expires_at;
  expected.hold.dates = update.dates;
  expected.hold.quantity = update.quantity;
  expected.hold.customer_email = update.customer_email;
  expected.hold.updated_at = update.updated_at;
  const KeyScope both{.key = kKey, .hold_ids = {before.hold.id, bystander.hold.id}};
  CHECK(sorted_text(load_unlocked(*storage, both).holds) ==
        sorted_text(std::vector{expected, bystander}));
  // Out of EXPIRED again, as a reclaim does.
  update.status = HoldStatus::kConfirmed;
  expected.hold.status = HoldStatus::kConfirmed;
  write(*storage, kKey, {.hold_updates = {{update, HoldStatus::kExpired}}});
  CHECK(sorted_text(load_unlocked(*storage, both).holds) ==
        sorted_text(std::vector{expected, bystander}));
}

TEST_CASE("Every column of an allocation comes back, and an update overwrites four") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  with_resource(*storage);
  Changes changes;
  Changes updates;
  std::vector<Allocation> expected;
  KeyScope scope{.key = kKey};
  int n = 0;
  for (const std::string& hard : hard_texts()) {
    ++n;
    StoredHold hold = make_hold(kKey, n, {day(n)}, at(100));
    hold.hold.status = HoldStatus::kConfirmed;
    changes.hold_inserts.push_back(hold);
    Allocation allocation = make_allocation(kKey, n, days(n, n + 3));
    allocation.order_id = hard;
    allocation.line_item_id = n % 2 == 0 ? hard : "";
    allocation.quantity = n;
    changes.allocation_inserts.push_back(allocation);
    scope.allocation_ids.push_back(allocation.id);
    Allocation update = make_allocation(kKey, n, days(2 * n, 2 * n + n % 3));
    update.order_id = "not written";
    update.quantity = 7;
    update.status = n % 2 == 0 ? AllocationStatus::kCancelled : AllocationStatus::kConfirmed;
    if (n % 2 == 0) update.cancelled_at = at(n) + 999'999us;
    updates.allocation_updates.push_back({update, AllocationStatus::kConfirmed});
    update.order_id = allocation.order_id;
    update.line_item_id = allocation.line_item_id;
    expected.push_back(update);
  }
  write(*storage, kKey, changes);
  CHECK(sorted_text(load_unlocked(*storage, scope).allocations) ==
        sorted_text(changes.allocation_inserts));
  CHECK(sorted_text(load_unlocked(*storage, scope).holds) == sorted_text(changes.hold_inserts));
  write(*storage, kKey, updates);
  CHECK(sorted_text(load_unlocked(*storage, scope).allocations) == sorted_text(expected));
  CHECK(sorted_text(load_locked(*storage, scope).allocations) == sorted_text(expected));
  CHECK(sorted_text(all_pages(*storage, AllocationQuery{}, 5)) == sorted_text(expected));
}

TEST_CASE("Every column of a blackout comes back, and an update overwrites deleted_at alone") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  with_resource(*storage);
  Changes changes;
  Changes updates;
  std::vector<Blackout> expected;
  KeyScope scope{.key = kKey};
  int n = 0;
  auto texts = hard_texts();
  texts.push_back("");
  for (const std::string& hard : texts) {
    ++n;
    Blackout blackout = make_blackout(kKey, n, day(n), day(2 * n));
    blackout.reason = hard;
    changes.blackout_inserts.push_back(blackout);
    scope.blackout_ids.push_back(blackout.id);
    blackout.deleted_at = at(50) + std::chrono::microseconds(n);
    expected.push_back(blackout);
    blackout.reason = "not written";
    blackout.start_date = day(-5);
    updates.blackout_updates.push_back(blackout);
  }
  write(*storage, kKey, changes);
  CHECK(sorted_text(load_unlocked(*storage, scope).blackouts) ==
        sorted_text(changes.blackout_inserts));
  CHECK(sorted_text(all_pages(*storage, BlackoutQuery{}, 5)) ==
        sorted_text(changes.blackout_inserts));
  write(*storage, kKey, updates);
  CHECK(sorted_text(load_unlocked(*storage, scope).blackouts) == sorted_text(expected));
}

TEST_CASE("Every column of a remembered request comes back") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  with_resource(*storage);
  Changes changes;
  KeyScope scope{.key = kKey};
  std::vector<CommandRecord> expected;
  for (const std::string& hard : hard_texts()) {
    const CommandRecord record{{"adjust_capacity", hard}, hard + "f", hard + hard};
    changes.command_inserts.push_back({kKey, record});
    scope.commands.push_back(record.key);
    expected.push_back(record);
  }
  expected.push_back({{"initialize_capacity", "plain"}, "", std::string(200'000, 'o')});
  changes.command_inserts.push_back({kKey, expected.back()});
  scope.commands.push_back(expected.back().key);
  write(*storage, kKey, changes);
  CHECK(sorted_text(load_unlocked(*storage, scope).commands) == sorted_text(expected));
  CHECK(sorted_text(load_locked(*storage, scope).commands) == sorted_text(expected));
}

TEST_CASE("Removals delete exactly what they name") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  const std::string other = resource_id(2);
  Changes changes{.resource_inserts = {make_resource(1), make_resource(2)}};
  for (int n = 1; n <= 3; ++n) {
    for (const std::string& key : {kKey, other}) {
      StoredHold hold = make_hold(key, n, {day(1)}, at(100));
      hold.hold.status = HoldStatus::kReleased;
      changes.hold_inserts.push_back(hold);
      changes.command_inserts.push_back({key, {{"adjust_capacity", std::to_string(n)}, "f", "o"}});
      Blackout blackout = make_blackout(key, n, day(1), day(2));
      changes.blackout_inserts.push_back(blackout);
    }
  }
  must(try_write(*storage, {kKey, other}, changes));
  write(*storage, kKey,
        {.removals = {{.key = kKey,
                       .hold_ids = {hold_id(kKey, 1), hold_id(kKey, 3), hold_id(kKey, 99)},
                       .commands = {{"adjust_capacity", "2"}, {"create_blackout", "1"}},
                       .blackout_ids = {blackout_id(kKey, 3)}}}});
  const auto left = [&](const std::string& key) {
    KeyScope scope{.key = key};
    for (int n = 1; n <= 3; ++n) {
      scope.hold_ids.push_back(hold_id(key, n));
      scope.commands.push_back({"adjust_capacity", std::to_string(n)});
      scope.blackout_ids.push_back(blackout_id(key, n));
    }
    const KeySnapshot found = load_unlocked(*storage, scope);
    return std::vector{found.holds.size(), found.commands.size(), found.blackouts.size()};
  };
  CHECK(left(kKey) == std::vector<std::size_t>{1, 2, 2});
  CHECK(left(other) == std::vector<std::size_t>{3, 3, 3});
  // A token whose hold is gone is free again.
  write(*storage, kKey, {.hold_inserts = {make_hold(kKey, 1, {day(1)}, at(100))}});
  CHECK(left(kKey) == std::vector<std::size_t>{2, 2, 2});
}

TEST_CASE("One transaction writes as many rows of every kind as a full batch has") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  constexpr int kHolds = 2000;
  Changes changes{.resource_inserts = {make_resource(1)}};
  for (int i = 0; i < 400; ++i) changes.capacity_inserts.push_back({kKey, day(i), kHolds, kHolds});
  write(*storage, kKey, changes);
  changes = {};
  Random random(1);
  for (int n = 1; n <= kHolds; ++n) {
    const int first = static_cast<int>(random.below(390));
    StoredHold hold =
        make_hold(kKey, n, days(first, first + static_cast<int>(random.below(9))), at(100'000 + n));
    hold.hold.status = n % 5 == 0 ? HoldStatus::kConfirmed : HoldStatus::kActive;
    changes.hold_inserts.push_back(hold);
    if (n % 5 == 0) changes.allocation_inserts.push_back(make_allocation(kKey, n, hold.hold.dates));
  }
  for (int i = 0; i < 400; ++i) changes.capacity_deltas.push_back({kKey, day(i), 0, -i});
  write(*storage, kKey, changes);
  const KeySnapshot found = load_unlocked(*storage, {.key = kKey, .everything = true});
  CHECK((sorted_text(found.holds) == sorted_text(changes.hold_inserts)));
  CHECK((sorted_text(found.allocations) == sorted_text(changes.allocation_inserts)));
  REQUIRE(found.capacity.size() == 400);
  for (int i = 0; i < 400; ++i) {
    CHECK(found.capacity[static_cast<std::size_t>(i)].available_capacity == kHolds - i);
  }

  write(*storage, kKey, {.capacity_deltas = {{kKey, day(1), 2, 1, 398}}});
  const KeySnapshot more = load_unlocked(*storage, {.key = kKey, .everything = true});
  for (int i = 0; i < 400; ++i) {
    const CapacityRow& row = more.capacity[static_cast<std::size_t>(i)];
    const int added = 1 <= i && i <= 398 ? 1 : 0;
    CHECK(row.available_capacity == kHolds - i + added);
    CHECK(row.max_capacity == kHolds + 2 * added);
  }
}

}  // namespace
}  // namespace holdfast::test
