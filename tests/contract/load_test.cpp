// What each field of a KeyScope loads: that, and nothing else.
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

/// A store with a clock that stands at at(1000), and two resources.
struct Store {
  explicit Store(const Database& db) {
    StorageOptions options;
    options.clock = clock.function();
    storage = db.open_migrated(options);
    write(*storage, kKey, {.resource_inserts = {make_resource(1)}});
    write(*storage, kOther, {.resource_inserts = {make_resource(2)}});
  }

  void put(const Changes& changes) { must(try_write(*storage, {kKey, kOther}, changes)); }

  /// Under the lock and without, which must not differ in what both can load.
  KeySnapshot load(const KeyScope& scope) {
    KeySnapshot locked = load_locked(*storage, scope);
    const KeySnapshot unlocked = load_unlocked(*storage, scope);
    CHECK(text(locked) == text(unlocked));
    return locked;
  }

  TestClock clock{at(1000)};
  std::unique_ptr<Storage> storage{};
};

StoredHold with(StoredHold stored, HoldStatus status) {
  stored.hold.status = status;
  return stored;
}

StoredHold later(int n, std::vector<Date> dates) {
  return make_hold(kKey, n, std::move(dates), at(5000));
}

/// The numbers of the rows that were made with make_hold(key, n, ...) and so on.
template <class Rows, class Id>
std::set<int> numbers(const Rows& rows, Id id) {
  std::set<int> out;
  for (const auto& row : rows) {
    const std::string text = id(row);
    CHECK(out.insert(std::stoi(text.substr(text.size() - 9))).second);
  }
  return out;
}
std::set<int> holds_of(const KeySnapshot& s) {
  return numbers(s.holds, [](const StoredHold& row) { return row.hold.id; });
}
std::set<int> allocations_of(const KeySnapshot& s) {
  return numbers(s.allocations, [](const Allocation& row) { return row.id; });
}
std::set<int> blackouts_of(const KeySnapshot& s) {
  return numbers(s.blackouts, [](const Blackout& row) { return row.id; });
}
std::set<int> days_of(const KeySnapshot& s) {
  std::set<int> out;
  CHECK(std::is_sorted(s.capacity.begin(), s.capacity.end(),
                       [](const auto& a, const auto& b) { return a.date < b.date; }));
  for (const CapacityRow& row : s.capacity) {
    CHECK(out.insert(static_cast<int>((row.date - day(0)).count())).second);
  }
  return out;
}
using Numbers = std::set<int>;

Changes capacity_on(int first, int last) {
  Changes out;
  for (int i = first; i <= last; ++i) {
    out.capacity_inserts.push_back({kKey, day(i), 100 + i, 50 + i});
    out.capacity_inserts.push_back({kOther, day(i), 900, 800});
  }
  return out;
}

TEST_CASE("A brief look at a resource tells its timezone, whether it is active and deleted") {
  EACH_BACKEND(db);
  Store store(db);
  const auto brief = [&](bool locked) {
    const KeyScope scope{.key = kKey, .brief = true};
    return locked ? load_locked(*store.storage, scope) : load_unlocked(*store.storage, scope);
  };
  for (const bool locked : {true, false}) {
    Resource resource = make_resource(1);
    resource.timezone = locked ? "Asia/Tokyo" : "Pacific/Kiritimati";
    resource.is_active = locked;
    resource.deleted_at.reset();
    for (const bool deleted : {false, true}) {
      if (deleted) resource.deleted_at = at(77);
      store.put({.resource_updates = {resource}});
      const auto found = brief(locked).resource;
      REQUIRE(found.has_value());
      CHECK(found->timezone == resource.timezone);
      CHECK(found->is_active == resource.is_active);
      CHECK(found->deleted_at == resource.deleted_at);
    }
  }
  const KeyScope absent{.key = resource_id(77), .brief = true};
  CHECK_FALSE(load_unlocked(*store.storage, absent).resource.has_value());
}

TEST_CASE("An empty scope loads the resource and nothing more") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(capacity_on(0, 3));
  store.put({.hold_inserts = {later(1, {day(0)})},
             .blackout_inserts = {make_blackout(kKey, 1, day(0), day(9))}});
  const KeySnapshot found = store.load({.key = kKey});
  CHECK(text(found) == "key " + kKey + "\n" + text(make_resource(1)) + "\n");
  CHECK_FALSE(found.more_due);
  CHECK(text(store.load({.key = resource_id(9)})) == "key " + resource_id(9) + "\n");
}

TEST_CASE("dates load the capacity of these days and the standing blackouts that touch them") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(capacity_on(0, 5));
  auto deleted = make_blackout(kKey, 5, day(2), day(2));
  deleted.deleted_at = at(900);
  store.put({.blackout_inserts = {
                 make_blackout(kKey, 1, day(-9), day(1)), make_blackout(kKey, 2, day(3), day(4)),
                 make_blackout(kKey, 3, day(5), day(9)), make_blackout(kKey, 4, day(2), day(2)),
                 deleted, make_blackout(kOther, 6, day(0), day(9))}});
  const KeySnapshot found = store.load({.key = kKey, .dates = {day(1), day(2), day(5), day(77)}});
  CHECK(days_of(found) == Numbers{1, 2, 5});
  CHECK(text(found.capacity.at(0)) == text(CapacityRow{day(1), 101, 51}));
  CHECK(text(found.capacity.at(2)) == text(CapacityRow{day(5), 105, 55}));
  CHECK(blackouts_of(found) == Numbers{1, 3, 4});
  CHECK(found.holds.empty());
  CHECK(found.allocations.empty());
}

TEST_CASE("hold_ids load these holds in any status, with their allocations in any status") {
  EACH_BACKEND(db);
  Store store(db);
  auto cancelled = make_allocation(kKey, 3, {day(1)});
  cancelled.status = AllocationStatus::kCancelled;
  cancelled.cancelled_at = at(700);
  store.put({.hold_inserts = {later(1, {day(1)}), with(later(2, {day(1)}), HoldStatus::kConfirmed),
                              with(later(3, {day(1)}), HoldStatus::kConfirmed),
                              with(later(4, {day(1)}), HoldStatus::kReleased),
                              with(later(5, {day(1)}), HoldStatus::kExpired), later(6, {day(1)})},
             .allocation_inserts = {make_allocation(kKey, 2, {day(1)}), cancelled}});
  const auto id = [](int n) { return hold_id(kKey, n); };
  const KeySnapshot found =
      store.load({.key = kKey, .hold_ids = {id(1), id(2), id(3), id(4), id(5), id(99)}});
  CHECK(holds_of(found) == Numbers{1, 2, 3, 4, 5});
  CHECK(allocations_of(found) == Numbers{2, 3});
  CHECK(store.load({.key = kOther, .hold_ids = {id(1)}}).holds.empty());
}

TEST_CASE("hold_tokens load every hold of these tokens on this key") {
  EACH_BACKEND(db);
  Store store(db);
  auto second = later(2, {day(1)});
  second.hold.idempotency_token = "token-1";
  second.item_no = 1;
  auto elsewhere = make_hold(kOther, 3, {day(1)}, at(5000));
  elsewhere.hold.idempotency_token = "token-1";
  auto prefix = with(later(4, {day(1)}), HoldStatus::kExpired);
  prefix.hold.idempotency_token = "token-1 ";
  store.put({.hold_inserts = {later(1, {day(1)}), second, elsewhere, prefix, later(5, {day(1)})}});
  CHECK(holds_of(store.load({.key = kKey, .hold_tokens = {"token-1"}})) == Numbers{1, 2});
  CHECK(holds_of(store.load({.key = kKey, .hold_tokens = {"token-1 ", "token-5", "nobody's"}})) ==
        Numbers{4, 5});
  CHECK(store.load({.key = kKey, .hold_tokens = {"TOKEN-1"}}).holds.empty());
  // Named twice, there once.
  CHECK(holds_of(store.load(
            {.key = kKey, .hold_ids = {hold_id(kKey, 1)}, .hold_tokens = {"token-1"}})) ==
        Numbers{1, 2});
}

TEST_CASE("commands load exactly the remembered requests of these operations and tokens") {
  EACH_BACKEND(db);
  Store store(db);
  const CommandRecord first{{"adjust_capacity", "t"}, "f1", "o1"};
  const CommandRecord second{{"create_blackout", "t"}, "f2", ""};
  const CommandRecord third{{"adjust_capacity", "u"}, "f3", "o3"};
  const CommandRecord slot{{"create_resource", "t"}, "f4", "o4"};
  const std::string slot_key = "slot_01JGFJJZ000000000000000000";
  store.put({.command_inserts = {{kKey, first}, {kKey, second}, {kKey, third}, {kOther, first}}});
  must(try_write(*store.storage, {slot_key}, {.command_inserts = {{slot_key, slot}}}));
  CHECK(sorted_text(
            store.load({.key = kKey, .commands = {first.key, second.key, {"x", "t"}}}).commands) ==
        sorted_text(std::vector{first, second}));
  CHECK(sorted_text(store.load({.key = slot_key, .commands = {slot.key, first.key}}).commands) ==
        sorted_text(std::vector{slot}));
}

TEST_CASE("allocation_ids load these allocations in any status, and their holds") {
  EACH_BACKEND(db);
  Store store(db);
  auto cancelled = make_allocation(kKey, 2, {day(1)});
  cancelled.status = AllocationStatus::kCancelled;
  cancelled.cancelled_at = at(700);
  store.put({.hold_inserts = {with(later(1, {day(1)}), HoldStatus::kConfirmed),
                              with(later(2, {day(1)}), HoldStatus::kConfirmed),
                              with(later(3, {day(1)}), HoldStatus::kConfirmed), later(4, {day(1)})},
             .allocation_inserts = {make_allocation(kKey, 1, {day(1)}), cancelled,
                                    make_allocation(kKey, 3, {day(1)})}});
  const KeySnapshot found = store.load(
      {.key = kKey,
       .allocation_ids = {allocation_id(kKey, 1), allocation_id(kKey, 2), allocation_id(kKey, 9)}});
  CHECK(allocations_of(found) == Numbers{1, 2});
  CHECK(holds_of(found) == Numbers{1, 2});
}

TEST_CASE("blackout_ids load these blackouts, deleted ones too, each once") {
  EACH_BACKEND(db);
  Store store(db);
  auto deleted = make_blackout(kKey, 2, day(0), day(1));
  deleted.deleted_at = at(900);
  store.put({.blackout_inserts = {make_blackout(kKey, 1, day(0), day(1)), deleted,
                                  make_blackout(kKey, 3, day(0), day(1))}});
  const auto id = [](int n) { return blackout_id(kKey, n); };
  CHECK(blackouts_of(store.load({.key = kKey, .blackout_ids = {id(2), id(9)}})) == Numbers{2});
  CHECK(blackouts_of(
            store.load({.key = kKey, .dates = {day(0), day(1)}, .blackout_ids = {id(1), id(2)}})) ==
        Numbers{1, 2, 3});
}

TEST_CASE("dates_of_holds adds the days of the named holds, and only of those") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(capacity_on(0, 20));
  store.put({.hold_inserts = {later(1, {day(3), day(7)}),
                              with(later(2, {day(7), day(8), day(99)}), HoldStatus::kExpired),
                              later(3, {day(15)})},
             .blackout_inserts = {make_blackout(kKey, 1, day(8), day(8)),
                                  make_blackout(kKey, 2, day(4), day(6)),
                                  make_blackout(kKey, 3, day(15), day(15))}});
  KeyScope scope{.key = kKey,
                 .dates = {day(1), day(3)},
                 .hold_ids = {hold_id(kKey, 1), hold_id(kKey, 2)},
                 .hold_tokens = {"token-3"}};
  CHECK(days_of(store.load(scope)) == Numbers{1, 3});
  CHECK(blackouts_of(store.load(scope)).empty());
  scope.dates_of_holds = true;
  const KeySnapshot found = store.load(scope);
  CHECK(days_of(found) == Numbers{1, 3, 7, 8});
  CHECK(blackouts_of(found) == Numbers{1});
  CHECK(holds_of(found) == Numbers{1, 2, 3});
}

TEST_CASE("bookings load ACTIVE holds and CONFIRMED allocations that have a day in the range") {
  EACH_BACKEND(db);
  Store store(db);
  const auto confirmed = [](int n) { return with(later(n, {day(50)}), HoldStatus::kConfirmed); };
  auto cancelled = make_allocation(kKey, 24, {day(11)});
  cancelled.status = AllocationStatus::kCancelled;
  cancelled.cancelled_at = at(700);
  auto moved = make_allocation(kKey, 20, {day(12)});
  store.put({.hold_inserts = {later(1, {day(9), day(13)}),  // straddles, has no day in it
                              later(2, {day(10)}), later(3, {day(12), day(40)}),
                              later(4, {day(1), day(11), day(40)}), later(5, {day(13)}),
                              later(6, {day(9)}), later(7, {day(1), day(10)}),
                              with(later(8, {day(11)}), HoldStatus::kReleased),
                              with(later(9, {day(11)}), HoldStatus::kExpired), confirmed(20),
                              confirmed(21), confirmed(22), confirmed(23), confirmed(24),
                              make_hold(kOther, 30, {day(11)}, at(5000))},
             .allocation_inserts = {moved, make_allocation(kKey, 21, {day(9), day(13)}),
                                    make_allocation(kKey, 22, {day(8), day(10), day(30)}),
                                    make_allocation(kKey, 23, {day(13)}), cancelled}});
  const KeySnapshot found = store.load({.key = kKey, .bookings = DateRange{day(10), day(12)}});
  CHECK(holds_of(found) == Numbers{2, 3, 4, 7});
  CHECK(allocations_of(found) == Numbers{20, 22});
}

TEST_CASE("bookings load ACTIVE holds that are due too") {
  EACH_BACKEND(db);
  Store store(db);
  store.put({.hold_inserts = {make_hold(kKey, 1, {day(10)}, at(999)), later(2, {day(10)})}});
  CHECK(holds_of(store.load({.key = kKey, .bookings = DateRange{day(10), day(10)}})) ==
        Numbers{1, 2});
}

TEST_CASE("A bookings range follows holds and allocations when they move") {
  EACH_BACKEND(db);
  Store store(db);
  auto hold = later(1, {day(1), day(2)});
  auto allocation = make_allocation(kKey, 2, {day(1), day(2)});
  store.put({.hold_inserts = {hold, with(later(2, {day(1)}), HoldStatus::kConfirmed)},
             .allocation_inserts = {allocation}});
  hold.hold.dates = {day(31), day(40)};
  allocation.dates = {day(31), day(40)};
  store.put({.hold_updates = {{hold.hold, HoldStatus::kActive}},
             .allocation_updates = {{allocation, AllocationStatus::kConfirmed}}});
  const auto booked = [&](int first, int last) {
    const auto found = store.load({.key = kKey, .bookings = DateRange{day(first), day(last)}});
    CHECK(found.holds.size() == found.allocations.size());
    return found.holds.size();
  };
  CHECK(booked(1, 2) == 0);
  CHECK(booked(3, 30) == 0);
  CHECK(booked(31, 31) == 1);
  CHECK(booked(32, 39) == 0);
  CHECK(booked(40, 99) == 1);
}

TEST_CASE("A range reads capacity with what is held and what is due, to the microsecond") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(capacity_on(0, 5));
  const auto hold = [](int n, std::vector<Date> dates, Instant expires_at, std::int32_t quantity) {
    auto stored = make_hold(kKey, n, std::move(dates), expires_at);
    stored.hold.quantity = quantity;
    return stored;
  };
  store.put(
      {.hold_inserts = {hold(1, {day(1), day(2)}, at(1000) + 1us, 1),
                        hold(2, {day(1)}, at(1000), 10), hold(3, {day(1)}, at(1000) - 1us, 100),
                        hold(4, {day(0), day(2), day(5)}, at(9000), 1000),
                        with(hold(5, {day(1)}, at(9000), 5), HoldStatus::kConfirmed),
                        with(hold(6, {day(1)}, at(9000), 5), HoldStatus::kReleased),
                        with(hold(7, {day(1)}, at(10), 5), HoldStatus::kExpired)},
       .blackout_inserts = {make_blackout(kKey, 1, day(3), day(9)),
                            make_blackout(kKey, 2, day(4), day(9))}});
  const KeySnapshot found = load_unlocked(
      *store.storage, {.key = kKey, .range = DateRange{day(1), day(3)}, .with_held = true});
  REQUIRE(days_of(found) == Numbers{1, 2, 3});
  CHECK(text(found.capacity[0]) == text(CapacityRow{day(1), 101, 51, 1, 110}));
  CHECK(text(found.capacity[1]) == text(CapacityRow{day(2), 102, 52, 1001, 0}));
  CHECK(text(found.capacity[2]) == text(CapacityRow{day(3), 103, 53, 0, 0}));
  CHECK(blackouts_of(found) == Numbers{1});
  CHECK(found.holds.empty());

  const KeySnapshot due_only =
      load_unlocked(*store.storage, {.key = kKey, .range = DateRange{day(1), day(2)}});
  CHECK(text(due_only.capacity.at(0)) == text(CapacityRow{day(1), 101, 51, 0, 110}));
  CHECK(text(due_only.capacity.at(1)) == text(CapacityRow{day(2), 102, 52, 0, 0}));

  store.clock.advance(1us);
  const KeySnapshot then = load_unlocked(
      *store.storage, {.key = kKey, .range = DateRange{day(1), day(1)}, .with_held = true});
  CHECK(text(then.capacity.at(0)) == text(CapacityRow{day(1), 101, 51, 0, 111}));

  // A transaction, also on another key, writes in between: a backend may have noted what is due.
  store.put({.hold_inserts = {hold(8, {day(1)}, at(1000), 1000)}});
  CHECK(text(load_unlocked(*store.storage,
                           {.key = kKey, .range = DateRange{day(1), day(1)}, .with_held = true})
                 .capacity.at(0)) == text(CapacityRow{day(1), 101, 51, 0, 1111}));
  const KeySnapshot empty =
      load_unlocked(*store.storage, {.key = kKey, .range = DateRange{day(70), day(80)}});
  CHECK(empty.capacity.empty());
}

// A backend may note what is due; another resource's transaction must not settle it for good.
TEST_CASE("What was due is due no more when the clock steps back, whoever has written meanwhile") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(capacity_on(0, 5));
  store.put({.hold_inserts = {make_hold(kKey, 1, {day(1)}, at(2000))}});
  const auto due_now = [&] {
    CHECK(due_keys(*store.storage, 10).size() ==
          load_locked(*store.storage, {.key = kKey}).holds.size());
    return load_locked(*store.storage, {.key = kKey}).holds.size();
  };
  const auto totals = [&] {
    const auto found = load_unlocked(
        *store.storage, {.key = kKey, .range = DateRange{day(1), day(1)}, .with_held = true});
    return std::pair(found.capacity.at(0).held, found.capacity.at(0).due);
  };
  const auto active = [&] {
    return all_pages(*store.storage, HoldQuery{.resource_id = kKey, .status = HoldStatus::kActive},
                     10)
        .size();
  };
  for (int turn = 0; turn < 2; ++turn) {
    store.clock.set(at(1500));
    CHECK(due_now() == 0);
    CHECK(totals() == std::pair<std::int64_t, std::int64_t>(1, 0));
    CHECK(active() == 1);
    store.clock.set(at(2000));
    CHECK(totals() == std::pair<std::int64_t, std::int64_t>(0, 1));
    CHECK(active() == 0);
    write(*store.storage, kOther, {.capacity_inserts = {{kOther, day(50 + turn), 1, 1}}});
    CHECK(due_now() == 1);
    CHECK(totals() == std::pair<std::int64_t, std::int64_t>(0, 1));
    CHECK(active() == 0);
  }
  // Extended, it is due only at its new instant.
  auto extended = make_hold(kKey, 1, {day(1)}, at(3000)).hold;
  store.put({.hold_updates = {{extended, HoldStatus::kActive}}});
  CHECK(due_now() == 0);
  store.clock.set(at(3000));
  CHECK(due_now() == 1);
}

TEST_CASE("A range of ten years reads every day of it") {
  EACH_BACKEND(db);
  Store store(db);
  Changes changes;
  for (int i = 0; i < 3660; ++i) changes.capacity_inserts.push_back({kKey, day(i), 5, 5});
  store.put(changes);
  CHECK(load_unlocked(*store.storage, {.key = kKey, .range = DateRange{day(0), day(3659)}})
            .capacity.size() == 3660);
  CHECK(load_locked(*store.storage, {.key = kKey, .dates = days(0, 3659)}).capacity.size() == 3660);
}

TEST_CASE("everything reads all capacity, standing holds, all allocations and all blackouts") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(capacity_on(0, 2));
  auto cancelled = make_allocation(kKey, 5, {day(1)});
  cancelled.status = AllocationStatus::kCancelled;
  cancelled.cancelled_at = at(700);
  auto deleted = make_blackout(kKey, 2, day(1), day(2));
  deleted.deleted_at = at(900);
  // Allocation 4's hold is not CONFIRMED: damage, which verify looks for.
  store.put({.hold_inserts = {later(1, {day(1)}), make_hold(kKey, 2, {day(1)}, at(5)),
                              with(later(3, {day(1)}), HoldStatus::kConfirmed),
                              with(later(4, {day(1)}), HoldStatus::kExpired),
                              with(later(5, {day(1)}), HoldStatus::kConfirmed),
                              with(later(6, {day(1)}), HoldStatus::kReleased),
                              with(later(7, {day(1)}), HoldStatus::kExpired)},
             .allocation_inserts = {make_allocation(kKey, 3, {day(1)}),
                                    make_allocation(kKey, 4, {day(1)}), cancelled},
             .blackout_inserts = {make_blackout(kKey, 1, day(70), day(80)), deleted}});
  const KeySnapshot found = load_unlocked(*store.storage, {.key = kKey, .everything = true});
  CHECK(days_of(found) == Numbers{0, 1, 2});
  CHECK(holds_of(found) == Numbers{1, 2, 3, 5});
  CHECK(allocations_of(found) == Numbers{3, 4, 5});
  CHECK(blackouts_of(found) == Numbers{1, 2});
  for (const CapacityRow& row : found.capacity) {
    CHECK(row.held == 0);
    CHECK(row.due == 0);
  }
  REQUIRE(found.resource.has_value());
}

TEST_CASE("A transaction is given the due holds that are due longest, a hundred at most") {
  EACH_BACKEND(db);
  Store store(db);
  const int count = GENERATE(0, 1, 100, 101, 250);
  CAPTURE(count);
  Changes changes;
  for (int i = 1; i <= count; ++i) {
    // Made in another order than they fall due; the last of them exactly now.
    const int due = (i * 7) % (count + 1);
    changes.hold_inserts.push_back(make_hold(kKey, due, {day(1)}, at(1000 - count + due)));
  }
  changes.hold_inserts.push_back(make_hold(kKey, 998, {day(1)}, at(1000) + 1us));
  changes.hold_inserts.push_back(with(make_hold(kKey, 999, {day(1)}, at(1)), HoldStatus::kExpired));
  changes.hold_inserts.push_back(make_hold(kOther, 997, {day(1)}, at(1)));
  std::set<std::string> once;
  std::erase_if(changes.hold_inserts,
                [&](const StoredHold& s) { return !once.insert(s.hold.id).second; });
  const int due_there = static_cast<int>(
      std::count_if(changes.hold_inserts.begin(), changes.hold_inserts.end(), [](const auto& s) {
        return s.hold.resource_id == kKey && s.hold.status == HoldStatus::kActive &&
               s.hold.expires_at <= at(1000);
      }));
  store.put(changes);

  const KeySnapshot locked = load_locked(*store.storage, {.key = kKey});
  std::vector<Instant> expiries;
  for (const StoredHold& stored : locked.holds) expiries.push_back(stored.hold.expires_at);
  std::sort(expiries.begin(), expiries.end());
  CHECK(static_cast<int>(expiries.size()) == std::min(due_there, 100));
  std::vector<Instant> smallest;
  for (const StoredHold& stored : changes.hold_inserts) {
    const Hold& hold = stored.hold;
    if (hold.resource_id == kKey && hold.status == HoldStatus::kActive) {
      smallest.push_back(hold.expires_at);
    }
  }
  std::sort(smallest.begin(), smallest.end());
  smallest.resize(expiries.size());
  CHECK(expiries == smallest);
  CHECK(locked.more_due == (due_there > 100));

  const Scope few{.keys = {{.key = kKey}}, .due_per_key = 3};
  must(store.storage->transact(few, [&](const Snapshot& snapshot) {
    CHECK(static_cast<int>(snapshot.keys[0].holds.size()) == std::min(due_there, 3));
    CHECK(snapshot.keys[0].more_due == (due_there > 3));
    return Changes{};
  }));
  CHECK(load_unlocked(*store.storage, {.key = kKey}).holds.empty());
}

TEST_CASE("A due hold that is also named is loaded once, and each key of a scope has its own") {
  EACH_BACKEND(db);
  Store store(db);
  store.put({.hold_inserts = {make_hold(kKey, 1, {day(1)}, at(1)), later(2, {day(1)}),
                              make_hold(kOther, 3, {day(1)}, at(1000))}});
  Scope scope{.keys = {{.key = kKey,
                        .hold_ids = {hold_id(kKey, 1)},
                        .hold_tokens = {"token-1"},
                        .bookings = DateRange{day(0), day(5)}},
                       {.key = kOther}}};
  must(store.storage->transact(scope, [&](const Snapshot& snapshot) {
    CHECK(holds_of(snapshot.keys.at(0)) == Numbers{1, 2});
    CHECK(holds_of(snapshot.keys.at(1)) == Numbers{3});
    return Changes{};
  }));
}

TEST_CASE("A hold or allocation that is named in two ways is loaded once") {
  EACH_BACKEND(db);
  Store store(db);
  store.put({.hold_inserts = {with(later(1, {day(1)}), HoldStatus::kConfirmed)},
             .allocation_inserts = {make_allocation(kKey, 1, {day(1)})},
             .blackout_inserts = {make_blackout(kKey, 1, day(0), day(1))}});
  const std::string blackout = blackout_id(kKey, 1);
  const KeySnapshot found = store.load({.key = kKey,
                                        .dates = {day(1)},
                                        .hold_ids = {hold_id(kKey, 1)},
                                        .allocation_ids = {allocation_id(kKey, 1)},
                                        .blackout_ids = {blackout, blackout},
                                        .bookings = DateRange{day(0), day(5)}});
  CHECK(holds_of(found) == Numbers{1});
  CHECK(allocations_of(found) == Numbers{1});
  CHECK(blackouts_of(found) == Numbers{1});
}

TEST_CASE("A due hold past the limit that is named is not left out") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(
      {.hold_inserts = {make_hold(kKey, 1, {day(1)}, at(1)), make_hold(kKey, 2, {day(1)}, at(2))}});
  const Scope named{.keys = {{.key = kKey, .hold_ids = {hold_id(kKey, 2)}}}, .due_per_key = 1};
  must(store.storage->transact(named, [&](const Snapshot& snapshot) {
    CHECK(holds_of(snapshot.keys.at(0)) == Numbers{1, 2});
    // PostgreSQL counts them before it knows which are named.
    if (db.backend().name != "postgres") CHECK_FALSE(snapshot.keys.at(0).more_due);
    return Changes{};
  }));
}

TEST_CASE("A range and days beside it are read together, with the blackouts of both") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(capacity_on(0, 30));
  store.put({.blackout_inserts = {make_blackout(kKey, 1, day(2), day(2)),
                                  make_blackout(kKey, 2, day(5), day(6)),
                                  make_blackout(kKey, 3, day(20), day(25)),
                                  make_blackout(kKey, 4, day(11), day(11))}});
  const KeySnapshot found = load_unlocked(
      *store.storage,
      {.key = kKey, .dates = {day(3), day(8), day(20)}, .range = DateRange{day(1), day(3)}});
  CHECK(days_of(found) == Numbers{1, 2, 3, 8, 20});
  CHECK(blackouts_of(found) == Numbers{1, 3});
  const KeySnapshot later_range = load_unlocked(
      *store.storage, {.key = kKey, .dates = {day(2)}, .range = DateRange{day(10), day(12)}});
  CHECK(blackouts_of(later_range) == Numbers{1, 4});
}

TEST_CASE("What is held counts only on days that have capacity, and on keys that are asked") {
  EACH_BACKEND(db);
  Store store(db);
  const std::string between = resource_id(2);
  const std::string third = resource_id(3);
  write(*store.storage, third,
        {.resource_inserts = {make_resource(3)},
         .capacity_inserts = {{third, day(1), 9, 8}},
         .hold_inserts = {make_hold(third, 3, {day(1)}, at(5000))}});
  store.put({.capacity_inserts = {{kKey, day(1), 9, 8}, {between, day(1), 9, 8}},
             .hold_inserts = {later(1, {day(0), day(1), day(2)}),
                              make_hold(between, 2, {day(1)}, at(5000)),
                              make_hold(kKey, 4, {day(2)}, at(5))}});
  const DateRange range{day(0), day(2)};
  const auto read = [&] {
    const Scope scope{.keys = {{.key = kKey, .range = range, .with_held = true}, {.key = third}}};
    return must(store.storage->read(scope));
  };
  for (int turn = 0; turn < 2; ++turn) {
    const Snapshot found = read();
    REQUIRE(found.keys.at(0).capacity.size() == 1);
    CHECK(text(found.keys[0].capacity[0]) == text(CapacityRow{day(1), 9, 8, 1, 0}));
    CHECK(found.keys.at(1).capacity.empty());
    // A transaction may note what is due.
    write(*store.storage, kOther, {.capacity_inserts = {{kOther, day(50 + turn), 1, 1}}});
  }
}

TEST_CASE("What was noted as due does not count once the clock is back before it") {
  EACH_BACKEND(db);
  Store store(db);
  store.put(capacity_on(1, 1));
  store.put({.hold_inserts = {make_hold(kKey, 1, {day(1)}, at(2000))}});
  store.clock.set(at(2000));
  write(*store.storage, kOther, {.capacity_inserts = {{kOther, day(50), 1, 1}}});
  store.clock.set(at(1500));
  const auto found =
      load_unlocked(*store.storage, {.key = kKey, .range = DateRange{day(1), day(1)}});
  CHECK(found.capacity.at(0).due == 0);
}

TEST_CASE("prunable names ended holds, deleted blackouts and requests older than the instant") {
  EACH_BACKEND(db);
  Store store(db);
  const auto updated = [](StoredHold stored, Instant when) {
    stored.hold.updated_at = when;
    return stored;
  };
  const auto blackout = [](int n, std::optional<Instant> deleted_at) {
    auto out = make_blackout(kKey, n, day(0), day(1));
    out.deleted_at = deleted_at;
    return out;
  };
  store.put(
      {.hold_inserts = {updated(with(later(1, {day(1)}), HoldStatus::kReleased), at(500) - 1us),
                        updated(with(later(2, {day(1)}), HoldStatus::kReleased), at(500)),
                        updated(with(later(3, {day(1)}), HoldStatus::kExpired), at(100)),
                        updated(with(later(4, {day(1)}), HoldStatus::kConfirmed), at(100)),
                        updated(later(5, {day(1)}), at(100))},
       .blackout_inserts = {blackout(1, {}), blackout(2, at(500) - 1us), blackout(3, at(500))}});
  store.clock.set(at(500) - 1us);
  store.put({.command_inserts = {{kKey, {{"adjust_capacity", "old"}, "f", "o"}}}});
  store.clock.set(at(500));
  store.put({.command_inserts = {{kKey, {{"adjust_capacity", "new"}, "f", "o"}}}});
  store.clock.set(at(1000));

  for (const bool locked : {true, false}) {
    const KeyScope scope{.key = kKey, .prunable_before = at(500)};
    auto found =
        (locked ? load_locked(*store.storage, scope) : load_unlocked(*store.storage, scope))
            .prunable;
    std::sort(found.hold_ids.begin(), found.hold_ids.end());
    CHECK(found.hold_ids == std::vector<std::string>{hold_id(kKey, 1), hold_id(kKey, 3)});
    CHECK(found.blackout_ids == std::vector<std::string>{blackout_id(kKey, 2)});
    CHECK(found.commands == std::vector<CommandKey>{{"adjust_capacity", "old"}});
    CHECK_FALSE(found.more);
  }
  const auto none = store.load({.key = kKey}).prunable;
  CHECK(none.hold_ids.empty());
  CHECK(none.commands.empty());
  CHECK(none.blackout_ids.empty());
}

TEST_CASE(
    "Of one token's holds only the last item is prunable, and only once those behind it went") {
  EACH_BACKEND(db);
  Store store(db);
  const auto item = [](int n, int item_no, const std::string& token, HoldStatus status) {
    StoredHold stored = with(later(n, {day(1)}), status);
    stored.hold.idempotency_token = token;
    stored.item_no = item_no;
    return stored;
  };
  StoredHold elsewhere = with(make_hold(kOther, 9, {day(1)}, at(1)), HoldStatus::kReleased);
  elsewhere.hold.idempotency_token = "one";
  elsewhere.item_no = 7;
  store.put(
      {.hold_inserts = {
           item(1, 0, "one", HoldStatus::kReleased), item(2, 1, "one", HoldStatus::kExpired),
           item(3, 2, "one", HoldStatus::kReleased), item(4, 0, "two", HoldStatus::kReleased),
           item(5, 1, "two", HoldStatus::kConfirmed), item(6, 0, "three", HoldStatus::kReleased)}});
  store.put({.hold_inserts = {elsewhere}});
  const KeyScope scope{.key = kKey, .prunable_before = at(100'000)};
  const auto prunable = [&] {
    auto ids = store.load(scope).prunable.hold_ids;
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  using Ids = std::vector<std::string>;
  CHECK(prunable() == Ids{hold_id(kKey, 3), hold_id(kKey, 6)});
  store.put({.removals = {{.key = kKey, .hold_ids = prunable()}}});
  CHECK(prunable() == Ids{hold_id(kKey, 2)});
  store.put({.removals = {{.key = kKey, .hold_ids = prunable()}}});
  CHECK(prunable() == Ids{hold_id(kKey, 1)});
  store.put({.removals = {{.key = kKey, .hold_ids = prunable()}}});
  CHECK(prunable().empty());
}

TEST_CASE("prunable is cut at its batch and says so, and prune gets through in batches") {
  EACH_BACKEND(db);
  Store store(db);
  Changes changes;
  const int count = static_cast<int>(kPruneBatch) + 1;
  for (int i = 1; i <= count; ++i) {
    changes.hold_inserts.push_back(with(later(i, {day(1)}), HoldStatus::kExpired));
  }
  changes.hold_inserts.push_back(with(later(9999, {day(1)}), HoldStatus::kConfirmed));
  store.put(changes);
  const KeyScope scope{.key = kKey, .prunable_before = at(100'000)};
  auto found = store.load(scope).prunable;
  CHECK(found.hold_ids.size() == kPruneBatch);
  CHECK(found.more);
  store.put({.removals = {{.key = kKey, .hold_ids = found.hold_ids}}});
  found = store.load(scope).prunable;
  CHECK(found.hold_ids.size() == 1);
  CHECK_FALSE(found.more);
  // Once more with those that are gone: fine.
  store.put({.removals = {{.key = kKey, .hold_ids = found.hold_ids}}});
  store.put({.removals = {{.key = kKey, .hold_ids = found.hold_ids}}});
  CHECK(all_pages(*store.storage, HoldQuery{}, 100).size() == 1);
}

TEST_CASE("prunable says that there is more of whichever kind was cut") {
  EACH_BACKEND(db);
  Store store(db);
  const int count = static_cast<int>(kPruneBatch) + 1;
  Changes requests;
  Changes blackouts;
  for (int i = 1; i <= count; ++i) {
    requests.command_inserts.push_back({kKey, {{"adjust_capacity", std::to_string(i)}, "f", "o"}});
    auto deleted = make_blackout(kOther, i, day(0), day(0));
    deleted.deleted_at = at(900);
    blackouts.blackout_inserts.push_back(deleted);
  }
  store.put(requests);
  store.put(blackouts);
  store.clock.set(at(2000));
  const auto of_requests = store.load({.key = kKey, .prunable_before = at(1500)}).prunable;
  CHECK(of_requests.commands.size() == kPruneBatch);
  CHECK(of_requests.more);
  const auto of_blackouts = store.load({.key = kOther, .prunable_before = at(1500)}).prunable;
  CHECK(of_blackouts.blackout_ids.size() == kPruneBatch);
  CHECK(of_blackouts.more);
}

}  // namespace
}  // namespace holdfast::test
