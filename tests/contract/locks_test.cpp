// Rules 1, 2 and the busy part of 9: who waits for whom, and what a waiter then sees.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "support/budget.hpp"
#include "support/catch.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

const std::string kKey = resource_id(1);

StorageOptions patient() {
  StorageOptions options;
  options.lock_timeout = 20s;
  return options;
}

void add_places(Storage& storage, int key, std::int32_t places) {
  const std::string id = resource_id(key);
  write(storage, id,
        {.resource_inserts = {make_resource(key)},
         .capacity_inserts = {{id, day(0), places, places}}});
}

std::int32_t available(Storage& storage, const std::string& key) {
  return load_unlocked(storage, {.key = key, .dates = {day(0)}}).capacity.at(0).available_capacity;
}

/// A transaction on `key` that stays in decide until it is let go.
class Holder {
 public:
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  Holder(Storage& storage, const std::string& key, const Changes& changes = {}) {
    std::promise<void> entered;
    auto inside = entered.get_future();
    thread_ = std::async(std::launch::async, [this, &storage, key, changes, &entered] {
      must(storage.transact(scope_of({key}), [&](const Snapshot&) {
        entered.set_value();
        gate_.get_future().wait();
        return changes;
      }));
    });
    if (inside.wait_for(30s) != std::future_status::ready) throw std::runtime_error("never locked");
  }
  /// A test that failed meanwhile must not hang here.
  ~Holder() {
    if (thread_.valid()) gate_.set_value();
  }
  void let_go() {
    gate_.set_value();
    thread_.get();
  }

 private:
  std::promise<void> gate_{};
  std::future<void> thread_{};
};

/// Takes one place per transaction and throws when two are inside at once.
void take_places_alone(Storage& storage, int rounds, std::atomic<int>& inside,
                       std::multiset<std::int32_t>& seen, std::mutex& seen_mutex) {
  for (int i = 0; i < rounds; ++i) {
    Scope scope{.keys = {{.key = kKey, .dates = {day(0)}}}};
    std::int32_t left = 0;
    bool alone = true;
    must(storage.transact(scope, [&](const Snapshot& snapshot) {
      alone = inside.fetch_add(1) == 0;
      left = snapshot.keys.at(0).capacity.at(0).available_capacity;
      std::this_thread::sleep_for(200us);
      alone = inside.fetch_sub(1) == 1 && alone;
      return Changes{.capacity_deltas = {{kKey, day(0), 0, -1}}};
    }));
    if (!alone) throw std::runtime_error("two transactions on one key overlap");
    const std::scoped_lock guard(seen_mutex);
    seen.insert(left);
  }
}

TEST_CASE("Transactions on one key never overlap, and each sees what the one before wrote") {
  EACH_BACKEND(db);
  constexpr int kThreads = 6;
  const int rounds = scaled(40);
  const auto storage = db.open_migrated(patient());
  const auto second = db.backend().persistent ? db.open(patient()) : nullptr;
  add_places(*storage, 1, kThreads * rounds);
  const bool two_handles = second && GENERATE(false, true);
  CAPTURE(two_handles);

  std::atomic<int> inside = 0;
  std::multiset<std::int32_t> seen;
  std::mutex seen_mutex;
  in_threads(kThreads, [&](int i) {
    Storage& mine = two_handles && i % 2 == 1 ? *second : *storage;
    take_places_alone(mine, rounds, inside, seen, seen_mutex);
  });

  CHECK(available(*storage, kKey) == 0);
  const std::set<std::int32_t> different(seen.begin(), seen.end());
  CHECK(different.size() == static_cast<std::size_t>(kThreads * rounds));
}

TEST_CASE("Overlapping lists of keys, in any order, neither deadlock nor overlap") {
  EACH_BACKEND(db);
  constexpr int kKeys = 5;
  const int rounds = scaled(40);
  const auto storage = db.open_migrated(patient());
  const auto second = db.backend().persistent ? db.open(patient()) : nullptr;
  for (int key = 0; key < kKeys; ++key) add_places(*storage, key, 1'000'000);

  std::array<std::atomic<int>, kKeys> inside{};
  std::atomic<bool> overlapped = false;
  std::atomic<int> taken = 0;
  in_threads(6, [&](int thread) {
    Random random(static_cast<std::uint64_t>(thread));
    Storage& mine = second && thread % 2 == 1 ? *second : *storage;
    for (int round = 0; round < rounds; ++round) {
      std::vector<int> keys;
      for (int key = 0; key < kKeys; ++key) {
        if (random.chance(0.5)) keys.push_back(key);
      }
      if (random.chance(0.5)) std::reverse(keys.begin(), keys.end());
      Scope scope;
      Changes changes;
      for (const int key : keys) {
        scope.keys.push_back({.key = resource_id(key), .dates = {day(0)}});
        changes.capacity_deltas.push_back({resource_id(key), day(0), 0, -1});
      }
      must(mine.transact(scope, [&](const Snapshot&) {
        for (const int key : keys) {
          if (inside[static_cast<std::size_t>(key)].fetch_add(1) != 0) overlapped = true;
        }
        std::this_thread::yield();
        for (const int key : keys) inside[static_cast<std::size_t>(key)].fetch_sub(1);
        return changes;
      }));
      taken += static_cast<int>(keys.size());
    }
  });

  CHECK_FALSE(overlapped);
  int missing = 0;
  for (int key = 0; key < kKeys; ++key)
    missing += 1'000'000 - available(*storage, resource_id(key));
  CHECK(missing == taken);
}

TEST_CASE("A scope's snapshot has its keys in its order, also those without a row") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  add_places(*storage, 2, 3);
  const Scope scope = scope_of({resource_id(1), resource_id(2), resource_id(3)});
  Snapshot locked;
  int calls = 0;
  must(storage->transact(scope, [&](Snapshot snapshot) {
    ++calls;
    locked = std::move(snapshot);
    return Changes{};
  }));
  CHECK(calls == 1);
  for (const Snapshot& snapshot : {locked, must(storage->read(scope))}) {
    REQUIRE(snapshot.keys.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(snapshot.keys[i].key == scope.keys[i].key);
    CHECK_FALSE(snapshot.keys[0].resource.has_value());
    CHECK(snapshot.keys[1].resource.has_value());
    CHECK_FALSE(snapshot.keys[2].resource.has_value());
  }
}

TEST_CASE("As many keys as a transaction may have are locked, loaded and written at once") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  std::vector<std::string> keys;
  Changes changes;
  for (int i = 0; i < static_cast<int>(kKeysPerTransaction); ++i) {
    keys.push_back(resource_id(i));
    changes.resource_inserts.push_back(make_resource(i));
    changes.capacity_inserts.push_back({resource_id(i), day(i), i, i});
  }
  must(try_write(*storage, keys, changes));
  Scope scope = scope_of(keys);
  for (KeyScope& key : scope.keys) key.dates = days(0, 99);
  const Snapshot snapshot = must(storage->read(scope));
  for (std::size_t i = 0; i < kKeysPerTransaction; ++i) {
    REQUIRE(snapshot.keys.at(i).capacity.size() == 1);
    CHECK(snapshot.keys[i].capacity[0].date == day(static_cast<int>(i)));
    CHECK(snapshot.keys[i].capacity[0].max_capacity == static_cast<int>(i));
  }
}

TEST_CASE("The instant a waiter is given was read after it got the lock") {
  EACH_BACKEND(db);
  TestClock clock;
  const bool injected = GENERATE(true, false);
  CAPTURE(injected);
  StorageOptions options = patient();
  if (injected) options.clock = clock.function();
  const auto storage = db.open_migrated(options);
  const auto second = db.backend().persistent ? db.open(options) : nullptr;
  add_places(*storage, 1, 1);

  Holder holder(*storage, kKey, {.capacity_deltas = {{kKey, day(0), 0, -1}}});
  Snapshot seen;
  auto waiter = std::async(std::launch::async, [&] {
    const Scope scope{.keys = {{.key = kKey, .dates = {day(0)}}}};
    must((second ? *second : *storage).transact(scope, [&](Snapshot snapshot) {
      seen = std::move(snapshot);
      return Changes{};
    }));
  });
  std::this_thread::sleep_for(300ms);
  clock.advance(1h);
  const auto before =
      injected ? clock.now()
               : std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  holder.let_go();
  waiter.get();
  CHECK(to_string(seen.now) >= to_string(before));
  if (injected) CHECK(seen.now == clock.now());
  CHECK(seen.now < before + 1min);
  CHECK(seen.keys.at(0).capacity.at(0).available_capacity == 0);
}

TEST_CASE("Readers do not wait for a transaction and see the state before it") {
  EACH_BACKEND(db);
  StorageOptions options;
  options.lock_timeout = 20s;
  const auto storage = db.open_migrated(options);
  add_places(*storage, 1, 7);
  Holder holder(*storage, kKey, {.capacity_deltas = {{kKey, day(0), 0, -1}}});
  const auto start = steady_clock::now();
  CHECK(available(*storage, kKey) == 7);
  CHECK(all_keys(*storage) == std::vector<std::string>{kKey});
  CHECK(steady_clock::now() - start < 5s);
  holder.let_go();
  CHECK(available(*storage, kKey) == 6);
}

TEST_CASE("A read sees one moment across keys") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated(patient());
  const auto reader = db.backend().persistent ? db.open(patient()) : nullptr;
  add_places(*storage, 1, 100);
  add_places(*storage, 2, 100);
  const std::vector<std::string> keys{resource_id(1), resource_id(2)};
  // One place less here is one there, so the sum stays.
  must(try_write(*storage, keys,
                 {.capacity_deltas = {{keys[0], day(0), 0, -50}, {keys[1], day(0), 0, -50}}}));
  std::atomic<bool> done = false;
  std::atomic<int> reads = 0;
  std::atomic<int> wrong = 0;
  in_threads(2, [&](int thread) {
    if (thread == 0) {
      for (int i = 0; i < scaled(150) || (reads < 50 && i < 1'000'000); ++i) {
        const std::int32_t by = i % 2 == 0 ? 1 : -1;
        must(try_write(*storage, keys,
                       {.capacity_deltas = {{keys[0], day(0), 0, by}, {keys[1], day(0), 0, -by}}}));
      }
      done = true;
      return;
    }
    Scope scope = scope_of(keys);
    for (KeyScope& key : scope.keys) key.dates = {day(0)};
    while (!done) {
      const Snapshot snapshot = must((reader ? *reader : *storage).read(scope));
      std::int32_t sum = 0;
      for (const KeySnapshot& key : snapshot.keys) sum += key.capacity.at(0).available_capacity;
      if (sum != 100) ++wrong;
      ++reads;
    }
  });
  CHECK(wrong == 0);
  CHECK(reads > 0);
}

TEST_CASE("What is to be done meanwhile is done once, and waits neither for a lock nor a server") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated(patient());
  add_places(*storage, 1, 5);
  // The one handle has no connection left to wait on, the other one has.
  const auto other = db.backend().persistent ? db.open(patient()) : nullptr;
  Storage& waiting = other && GENERATE(false, true) ? *other : *storage;

  Holder holder(*storage, kKey);
  std::atomic<int> decided = 0;
  std::atomic<int> called = 0;
  std::promise<bool> first;
  std::thread::id caller;
  auto done = std::async(std::launch::async, [&] {
    caller = std::this_thread::get_id();
    const DecideFn decide = [&](const Snapshot&) {
      ++decided;
      return Changes{};
    };
    return waiting.transact(scope_of({kKey}), decide, [&] {
      if (called++ == 0) first.set_value(decided == 0 && std::this_thread::get_id() == caller);
    });
  });
  auto before_decide = first.get_future();
  CHECK(before_decide.wait_for(10s) == std::future_status::ready);
  CHECK(decided == 0);
  holder.let_go();
  must(done.get());
  CHECK(before_decide.get());
  CHECK(decided == 1);
  CHECK(called == 1);
}

TEST_CASE("A lock that does not come in time is busy and safe to try again") {
  EACH_BACKEND(db);
  StorageOptions options;
  options.lock_timeout = 300ms;
  const auto storage = db.open_migrated(options);
  const auto other = db.backend().persistent ? db.open(options) : nullptr;
  Storage& waiting = other && GENERATE(false, true) ? *other : *storage;
  add_places(*storage, 1, 5);

  Holder holder(*storage, kKey);
  const auto start = steady_clock::now();
  bool called = false;
  const Result<void> result = waiting.transact(scope_of({kKey}), [&](const Snapshot&) {
    called = true;
    return Changes{.capacity_deltas = {{kKey, day(0), 0, -1}}};
  });
  const auto waited = steady_clock::now() - start;
  REQUIRE_FALSE(result.ok());
  INFO(describe(result.error()));
  CHECK(result.error().status == Status::kBusy);
  CHECK(result.error().retry == Retry::kSafe);
  CHECK_FALSE(result.error().message.empty());
  CHECK_FALSE(called);
  CHECK(waited >= 250ms);
  CHECK(waited < 5s);
  CHECK(waiting.counters().lock_timeouts == 1);
  CHECK(waiting.counters().lock_waits >= 1);
  holder.let_go();

  must(try_write(waiting, {kKey}, {.capacity_deltas = {{kKey, day(0), 0, -1}}}));
  CHECK(available(*storage, kKey) == 4);
}

}  // namespace
}  // namespace holdfast::test
