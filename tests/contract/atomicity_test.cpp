// Rules 3 to 7 and 10: what is locked, all or nothing, run again, meet what is there.
#include <stdexcept>

#include "support/catch.hpp"
#include "support/database.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

const std::string kKey = resource_id(1);
const std::vector<CommandKey> kCommands{{"adjust_capacity", "first"}, {"adjust_capacity", "next"}};

CommandInsert command(const std::string& key, const std::string& token) {
  return {key, {{"adjust_capacity", token}, "fingerprint", "outcome"}};
}

/// One row of each kind, and what a second transaction may change of them.
void fill(Storage& storage) {
  auto allocated = make_hold(kKey, 2, {day(0)}, at(1000));
  allocated.hold.status = HoldStatus::kConfirmed;
  write(storage, kKey,
        {.resource_inserts = {make_resource(1)},
         .capacity_inserts = {{kKey, day(0), 10, 8}, {kKey, day(1), 10, 10}},
         .hold_inserts = {make_hold(kKey, 1, {day(0)}, at(1000)), allocated,
                          make_hold(kKey, 5, {day(0)}, at(1000))},
         .allocation_inserts = {make_allocation(kKey, 2, {day(0)})},
         .blackout_inserts = {make_blackout(kKey, 1, day(5), day(6))},
         .command_inserts = {command(kKey, "first")}});
}

Hold released(int n) {
  Hold hold = make_hold(kKey, n, {day(0)}, at(1000)).hold;
  hold.status = HoldStatus::kReleased;
  hold.updated_at = at(500);
  return hold;
}

Allocation cancelled(int n) {
  Allocation allocation = make_allocation(kKey, n, {day(0)});
  allocation.status = AllocationStatus::kCancelled;
  allocation.cancelled_at = at(500);
  return allocation;
}

/// A change of every kind, all of which hold on their own after fill().
Changes one_of_each() {
  Resource renamed = make_resource(1);
  renamed.name = "Renamed";
  Blackout deleted = make_blackout(kKey, 1, day(5), day(6));
  deleted.deleted_at = at(500);
  auto allocated = make_hold(kKey, 4, {day(0)}, at(1000));
  return {.resource_inserts = {make_resource(2)},
          .resource_updates = {renamed},
          .capacity_inserts = {{kKey, day(2), 5, 5}},
          .capacity_deltas = {{kKey, day(0), 2, 1}},
          .hold_inserts = {make_hold(kKey, 3, {day(0)}, at(1000)), allocated},
          .hold_updates = {{released(1), HoldStatus::kActive}},
          .status_changes = {{kKey, hold_id(kKey, 5), HoldStatus::kActive, HoldStatus::kExpired}},
          .allocation_inserts = {make_allocation(kKey, 4, {day(0)})},
          .allocation_updates = {{cancelled(2), AllocationStatus::kConfirmed}},
          .blackout_inserts = {make_blackout(kKey, 2, day(7), day(8))},
          .blackout_updates = {deleted},
          .command_inserts = {command(kKey, "next")},
          .removals = {{.key = kKey, .commands = {kCommands[0]}}}};
}

struct Violation {
  std::string what{};
  void (*spoil)(Changes&) = nullptr;
};

const std::vector<Violation>& violations() {
  static const std::vector<Violation> all{
      {"delta on a day without a row",
       [](Changes& c) {
         c.capacity_deltas.push_back({kKey, day(99), 1, 1});
       }},
      {"delta under a key without rows",
       [](Changes& c) {
         c.capacity_deltas.push_back({resource_id(2), day(0), 1, 1});
       }},
      {"hold under a key without rows",
       [](Changes& c) {
         auto hold = released(9);
         hold.resource_id = resource_id(3);
         c.hold_updates.push_back({hold, HoldStatus::kActive});
       }},
      {"allocation under a key without rows",
       [](Changes& c) {
         auto allocation = cancelled(9);
         allocation.resource_id = resource_id(3);
         c.allocation_updates.push_back({allocation, AllocationStatus::kConfirmed});
       }},
      {"delta below zero",
       [](Changes& c) {
         c.capacity_deltas.push_back({kKey, day(1), 0, -11});
       }},
      {"delta above max",
       [](Changes& c) {
         c.capacity_deltas.push_back({kKey, day(1), 0, 1});
       }},
      {"max below available",
       [](Changes& c) {
         c.capacity_deltas.push_back({kKey, day(1), -1, 0});
       }},
      {"delta of which one day has no row",
       [](Changes& c) {
         c.capacity_deltas.push_back({kKey, day(1), 0, -1, 3});
       }},
      {"hold in another status", [](Changes& c) { c.hold_updates[0].from = HoldStatus::kExpired; }},
      {"hold that is not there",
       [](Changes& c) {
         c.hold_updates.push_back({released(9), HoldStatus::kActive});
       }},
      {"status change of a hold in another status",
       [](Changes& c) { c.status_changes[0].from = HoldStatus::kExpired; }},
      {"status change of a hold that is not there",
       [](Changes& c) { c.status_changes[0].hold_id = hold_id(kKey, 9); }},
      {"allocation in another status",
       [](Changes& c) { c.allocation_updates[0].from = AllocationStatus::kCancelled; }},
      {"allocation that is not there",
       [](Changes& c) {
         c.allocation_updates.push_back({cancelled(9), AllocationStatus::kConfirmed});
       }},
      {"resource that exists",
       [](Changes& c) {
         c.resource_updates.clear();
         c.resource_inserts.push_back(make_resource(1));
       }},
      {"capacity that exists",
       [](Changes& c) {
         c.capacity_inserts.push_back({kKey, day(1), 5, 5});
       }},
      {"hold that exists",
       [](Changes& c) {
         c.hold_updates.clear();
         c.hold_inserts.push_back(make_hold(kKey, 1, {day(0)}, at(1000)));
       }},
      {"hold of a token and item that exist",
       [](Changes& c) {
         auto hold = make_hold(kKey, 8, {day(0)}, at(1000));
         hold.hold.idempotency_token = "token-1";
         c.hold_inserts.push_back(hold);
       }},
      {"allocation that exists",
       [](Changes& c) {
         c.allocation_updates.clear();
         c.allocation_inserts.push_back(make_allocation(kKey, 2, {day(0)}));
       }},
      {"allocation of a hold that has one",
       [](Changes& c) {
         auto allocation = make_allocation(kKey, 8, {day(0)});
         allocation.hold_id = hold_id(kKey, 2);
         c.allocation_inserts.push_back(allocation);
       }},
      {"blackout that exists",
       [](Changes& c) {
         c.blackout_updates.clear();
         c.blackout_inserts.push_back(make_blackout(kKey, 1, day(5), day(6)));
       }},
      {"command that exists",
       [](Changes& c) {
         c.removals.clear();
         c.command_inserts.push_back(command(kKey, "first"));
       }},
  };
  return all;
}

TEST_CASE("Changes outside the keys that were locked are refused, each kind of them") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  fill(*storage);
  const std::string before = everything(*storage, kCommands);
  const std::string other = resource_id(2);
  const Changes all = one_of_each();
  const std::vector<Changes> outside{
      {.resource_inserts = {make_resource(2)}},
      {.resource_updates = {make_resource(1)}},
      {.capacity_inserts = all.capacity_inserts},
      {.capacity_deltas = all.capacity_deltas},
      {.hold_inserts = all.hold_inserts},
      {.hold_updates = all.hold_updates},
      {.status_changes = all.status_changes},
      {.allocation_inserts = all.allocation_inserts},
      {.allocation_updates = all.allocation_updates},
      {.blackout_inserts = all.blackout_inserts},
      {.blackout_updates = all.blackout_updates},
      {.command_inserts = all.command_inserts},
      {.removals = all.removals},
  };
  for (std::size_t i = 0; i < outside.size(); ++i) {
    INFO("kind of change: " << i);
    const std::string locked = i == 0 ? kKey : other;
    const auto refused =
        storage->transact(scope_of({locked}), [&](const Snapshot&) { return outside[i]; });
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().status == Status::kInternal);
    CHECK(refused.error().retry == Retry::kNever);
    CHECK(everything(*storage, kCommands) == before);
  }
  must(try_write(*storage, {kKey}, all));
}

TEST_CASE("A guard that does not hold writes nothing of its transaction, and is safe to retry") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  fill(*storage);
  const std::string before = everything(*storage, kCommands);
  for (const Violation& violation : violations()) {
    INFO("violation: " << violation.what);
    Changes changes = one_of_each();
    violation.spoil(changes);
    const Result<void> result =
        try_write(*storage, {kKey, resource_id(2), resource_id(3)}, changes);
    CHECK_FALSE(result.ok());
    if (result.ok()) break;
    INFO(describe(result.error()));
    CHECK(result.error().status == Status::kBusy);
    CHECK(result.error().retry == Retry::kSafe);
    CHECK(everything(*storage, kCommands) == before);
  }
  must(try_write(*storage, {kKey, resource_id(2)}, one_of_each()));
  CHECK(everything(*storage, kCommands) != before);
}

TEST_CASE("Each guard alone stops its change") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  fill(*storage);
  const std::string before = everything(*storage, kCommands);
  for (const Violation& violation : violations()) {
    INFO("violation: " << violation.what);
    Changes changes;
    changes.hold_updates = {{released(1), HoldStatus::kActive}};
    changes.allocation_updates = {{cancelled(2), AllocationStatus::kConfirmed}};
    changes.status_changes = one_of_each().status_changes;
    violation.spoil(changes);
    // Only the entry that spoils it, which stands last.
    if (changes.hold_updates.size() > 1) changes.hold_updates.erase(changes.hold_updates.begin());
    if (changes.allocation_updates.size() > 1) {
      changes.allocation_updates.erase(changes.allocation_updates.begin());
    }
    std::erase_if(changes.hold_updates, [](const HoldUpdate& u) {
      return u.from == HoldStatus::kActive && u.hold.id == hold_id(kKey, 1);
    });
    std::erase_if(changes.allocation_updates, [](const AllocationUpdate& u) {
      return u.from == AllocationStatus::kConfirmed && u.allocation.id == allocation_id(kKey, 2);
    });
    std::erase_if(changes.status_changes, [](const StatusChange& c) {
      return c.from == HoldStatus::kActive && c.hold_id == hold_id(kKey, 5);
    });
    const Result<void> result =
        try_write(*storage, {kKey, resource_id(2), resource_id(3)}, changes);
    CHECK_FALSE(result.ok());
    if (result.ok()) break;
    CHECK(result.error().status == Status::kBusy);
    CHECK(result.error().retry == Retry::kSafe);
    CHECK(everything(*storage, kCommands) == before);
  }
}

TEST_CASE("The guards change nothing of what is written where they hold") {
  EACH_BACKEND(db);
  StorageOptions options;
  options.clock = [] { return at(600); };
  const auto guarded = db.open_migrated(options);
  fill(*guarded);
  must(try_write(*guarded, {kKey, resource_id(2)}, one_of_each()));
  const std::string expected = everything(*guarded, kCommands);
  const Database other(db.backend());
  const auto bare = other.open_migrated(options, {.lock = true, .guard = false});
  fill(*bare);
  must(try_write(*bare, {kKey, resource_id(2)}, one_of_each()));
  CHECK(everything(*bare, kCommands) == expected);
}

TEST_CASE("A delta may use up every place and give every place back") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  fill(*storage);
  write(*storage, kKey, {.capacity_deltas = {{kKey, day(1), 0, -10}}});
  CHECK(text(load_unlocked(*storage, {.key = kKey, .dates = {day(1)}}).capacity.at(0)) ==
        text(CapacityRow{day(1), 10, 0}));
  write(*storage, kKey, {.capacity_deltas = {{kKey, day(1), -10, 0}}});
  CHECK(text(load_unlocked(*storage, {.key = kKey, .dates = {day(1)}}).capacity.at(0)) ==
        text(CapacityRow{day(1), 0, 0}));
  write(*storage, kKey, {.capacity_deltas = {{kKey, day(1), 3, 3}}});
  CHECK(text(load_unlocked(*storage, {.key = kKey, .dates = {day(1)}}).capacity.at(0)) ==
        text(CapacityRow{day(1), 3, 3}));
}

TEST_CASE("A decision that throws writes nothing, gives its locks back and crashes nobody") {
  EACH_BACKEND(db);
  StorageOptions options;
  options.lock_timeout = std::chrono::milliseconds(500);
  const auto storage = db.open_migrated(options);
  fill(*storage);
  const std::string before = everything(*storage, kCommands);
  for (int i = 0; i < 10; ++i) {
    bool failed = false;
    try {
      const Result<void> result = storage->transact(
          scope_of({kKey}), [](const Snapshot&) -> Changes { throw std::runtime_error("no"); });
      failed = !result.ok();
    } catch (const std::runtime_error&) {
      failed = true;
    }
    CHECK(failed);
  }
  CHECK(everything(*storage, kCommands) == before);
  write(*storage, kKey, {.capacity_deltas = {{kKey, day(0), 0, -1}}});
}

TEST_CASE("A transaction that failed safely is right when it runs again") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  fill(*storage);
  const Scope scope{.keys = {{.key = kKey, .dates = {day(1)}}}};
  std::vector<std::int32_t> seen;
  const DecideFn take_the_rest = [&](const Snapshot& snapshot) {
    const std::int32_t left = snapshot.keys.at(0).capacity.at(0).available_capacity;
    seen.push_back(left);
    // As if another had taken places meanwhile: the first attempt asks for too many.
    return Changes{.capacity_deltas = {{kKey, day(1), 0, seen.size() == 1 ? -left - 1 : -left}}};
  };
  REQUIRE_FALSE(storage->transact(scope, take_the_rest).ok());
  must(storage->transact(scope, take_the_rest));
  CHECK(seen == std::vector<std::int32_t>{10, 10});
  CHECK(
      load_unlocked(*storage, {.key = kKey, .dates = {day(1)}}).capacity.at(0).available_capacity ==
      0);
}

TEST_CASE("A token commits with its effects or not at all") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  fill(*storage);
  const CommandInsert next = command(kKey, "next");
  REQUIRE_FALSE(try_write(*storage, {kKey},
                          {.capacity_deltas = {{kKey, day(1), 0, -11}}, .command_inserts = {next}})
                    .ok());
  CHECK(load_unlocked(*storage, {.key = kKey, .commands = {next.record.key}}).commands.empty());

  write(*storage, kKey, {.capacity_deltas = {{kKey, day(1), 0, -1}}, .command_inserts = {next}});
  const auto after =
      load_locked(*storage, {.key = kKey, .dates = {day(1)}, .commands = {next.record.key}});
  CHECK(sorted_text(after.commands) == sorted_text(std::vector{next.record}));
  CHECK(after.capacity.at(0).available_capacity == 9);
}

TEST_CASE("The same transaction again after it committed meets its rows and writes nothing twice") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  write(*storage, kKey,
        {.resource_inserts = {make_resource(1)}, .capacity_inserts = {{kKey, day(0), 9, 9}}});
  const auto hold = make_hold(kKey, 1, {day(0)}, at(1000));
  auto confirmed = make_hold(kKey, 2, {day(0)}, at(1000));
  confirmed.hold.status = HoldStatus::kConfirmed;
  const std::vector<Changes> all{
      {.capacity_deltas = {{kKey, day(0), 0, -1}}, .hold_inserts = {hold}},
      {.capacity_deltas = {{kKey, day(0), 0, -1}},
       .hold_inserts = {confirmed},
       .allocation_inserts = {make_allocation(kKey, 2, {day(0)})}},
      {.capacity_deltas = {{kKey, day(0), 0, 1}},
       .hold_updates = {{released(1), HoldStatus::kActive}}},
      {.capacity_deltas = {{kKey, day(0), 0, 1}},
       .allocation_updates = {{cancelled(2), AllocationStatus::kConfirmed}}},
      {.capacity_deltas = {{kKey, day(0), 1, 1}}, .command_inserts = {command(kKey, "next")}},
      {.capacity_inserts = {{kKey, day(1), 4, 4}}, .command_inserts = {command(kKey, "first")}},
      {.blackout_inserts = {make_blackout(kKey, 1, day(5), day(6))}},
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    must(try_write(*storage, {kKey}, all[i]));
    const std::string once = everything(*storage, kCommands);
    const Result<void> again = try_write(*storage, {kKey}, all[i]);
    REQUIRE_FALSE(again.ok());
    INFO(describe(again.error()));
    CHECK(again.error().status == Status::kBusy);
    CHECK(again.error().retry == Retry::kSafe);
    CHECK(everything(*storage, kCommands) == once);
  }
}

TEST_CASE("What is inserted meets what the same transaction removes") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  auto ended = make_hold(kKey, 1, {day(0)}, at(1000));
  ended.hold.status = HoldStatus::kReleased;
  write(*storage, kKey, {.resource_inserts = {make_resource(1)}, .hold_inserts = {ended}});
  auto next = make_hold(kKey, 2, {day(0)}, at(1000));
  next.hold.idempotency_token = ended.hold.idempotency_token;
  const std::string before = everything(*storage, kCommands);
  const Result<void> result =
      try_write(*storage, {kKey},
                {.hold_inserts = {next}, .removals = {{.key = kKey, .hold_ids = {ended.hold.id}}}});
  REQUIRE_FALSE(result.ok());
  INFO(describe(result.error()));
  CHECK(result.error().status == Status::kBusy);
  CHECK(result.error().retry == Retry::kSafe);
  CHECK(everything(*storage, kCommands) == before);
}

TEST_CASE("Without the guards the database's own checks stop an impossible number") {
  EACH_BACKEND(db);
  if (!db.backend().has_checks) return;
  const auto storage = db.open_migrated({}, {.lock = true, .guard = false});
  fill(*storage);
  const std::string before = everything(*storage, kCommands);
  const std::vector<CapacityDelta> impossible{
      {kKey, day(1), 0, -11}, {kKey, day(1), 0, 1}, {kKey, day(1), -11, -11}};
  for (const CapacityDelta& delta : impossible) {
    const Result<void> result = try_write(
        *storage, {kKey}, {.capacity_deltas = {delta}, .command_inserts = {command(kKey, "next")}});
    REQUIRE_FALSE(result.ok());
    INFO(describe(result.error()));
    CHECK(result.error().status == Status::kInvariant);
    CHECK(result.error().retry == Retry::kNever);
    CHECK(everything(*storage, kCommands) == before);
  }
}

}  // namespace
}  // namespace holdfast::test
