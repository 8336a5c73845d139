// Rules 8 and 9 and migrate: what a database is before, between and after handles; clocks.
#include <chrono>
#include <thread>

#include "support/catch.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/rows.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const std::string kKey = resource_id(1);

void fill(Storage& storage) {
  write(storage, kKey,
        {.resource_inserts = {make_resource(1)},
         .capacity_inserts = {{kKey, day(0), 10, 9}},
         .hold_inserts = {make_hold(kKey, 1, {day(0)}, at(1000))},
         .blackout_inserts = {make_blackout(kKey, 1, day(5), day(6))},
         .command_inserts = {{kKey, {{"adjust_capacity", "t"}, "fingerprint", "outcome"}}}});
}

TEST_CASE("What was committed is there after reopening") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  const std::vector<CommandKey> commands{{"adjust_capacity", "t"}};
  std::string before;
  {
    const auto storage = db.open_migrated();
    fill(*storage);
    before = everything(*storage, commands);
    REQUIRE_FALSE(try_write(*storage, {kKey}, {.capacity_deltas = {{kKey, day(0), 0, 2}}}).ok());
  }
  const auto storage = db.open();
  CHECK(everything(*storage, commands) == before);
  must(storage->migrate());
  CHECK(everything(*storage, commands) == before);
}

TEST_CASE("A second handle sees what the first committed, at once") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  const auto first = db.open_migrated();
  const auto second = db.open();
  for (int i = 1; i <= 20; ++i) {
    Storage& writer = i % 2 == 0 ? *first : *second;
    Storage& reader = i % 2 == 0 ? *second : *first;
    write(writer, resource_id(i), {.resource_inserts = {make_resource(i)}});
    CHECK(load_unlocked(reader, {.key = resource_id(i)}).resource.has_value());
    CHECK(load_locked(reader, {.key = resource_id(i)}).resource.has_value());
  }
}

TEST_CASE("A database that is not migrated says so, and changes nothing by itself") {
  EACH_BACKEND(db);
  const auto storage = db.open();
  const auto is_schema_error = [](const Error& error) {
    INFO(describe(error));
    CHECK(error.status == Status::kSchema);
    CHECK(error.retry == Retry::kNever);
    CHECK(error.message.find("migrate") != std::string::npos);
  };
  for (int i = 0; i < 2; ++i) {
    bool called = false;
    const Result<void> written = storage->transact(scope_of({kKey}), [&](const Snapshot&) {
      called = true;
      return Changes{};
    });
    REQUIRE_FALSE(written.ok());
    is_schema_error(written.error());
    CHECK_FALSE(called);
    const Result<Snapshot> read = storage->read(scope_of({kKey}));
    REQUIRE_FALSE(read.ok());
    is_schema_error(read.error());
    const Result<ListPage> listed = storage->list({.what = ResourceQuery{}});
    REQUIRE_FALSE(listed.ok());
    is_schema_error(listed.error());
  }
  must(storage->migrate());
  fill(*storage);
}

TEST_CASE("Migrating again changes nothing and answers the same version") {
  EACH_BACKEND(db);
  const auto storage = db.open();
  const std::int32_t version = must(storage->migrate());
  CHECK(version >= 1);
  fill(*storage);
  const std::string before = everything(*storage);
  CHECK(must(storage->migrate()) == version);
  CHECK(everything(*storage) == before);
}

TEST_CASE("Hosts that migrate one database at once all succeed") {
  EACH_BACKEND(db);
  constexpr int kHosts = 4;
  std::vector<std::unique_ptr<Storage>> handles(kHosts);
  StorageOptions options;
  options.lock_timeout = 30s;
  for (auto& handle : handles) handle = db.open(options);
  std::vector<std::int32_t> versions(kHosts);
  in_threads(2 * kHosts, [&](int i) {
    // Memory's handles share nothing, so its threads share one.
    const bool shared = !db.backend().persistent;
    const auto host = static_cast<std::size_t>(i % kHosts);
    const std::int32_t version = must(handles[shared ? 0 : host]->migrate());
    if (i < kHosts) versions[host] = version;
  });
  for (const std::int32_t version : versions) CHECK(version == versions[0]);
  fill(*handles[0]);
}

TEST_CASE("An injected clock is the only clock") {
  EACH_BACKEND(db);
  TestClock clock;
  StorageOptions options;
  options.clock = clock.function();
  const auto storage = db.open_migrated(options);
  fill(*storage);
  const auto check_all = [&] {
    CHECK(must(storage->read(scope_of({kKey}))).now == clock.now());
    CHECK(must(storage->list({.what = HoldQuery{}})).now == clock.now());
    CHECK(must(storage->list({.what = DueKeysQuery{}})).now == clock.now());
    Instant seen{};
    must(storage->transact(scope_of({kKey}), [&](const Snapshot& snapshot) {
      seen = snapshot.now;
      return Changes{};
    }));
    CHECK(seen == clock.now());
  };
  check_all();
  clock.advance(-1h);
  check_all();
  clock.set(Instant(std::chrono::sys_days(std::chrono::year(2199) / 12 / 31)) + 1us);
  check_all();
}

TEST_CASE("Without an injected clock now is the time of day") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  const auto before = std::chrono::system_clock::now() - 1s;
  const Instant now = must(storage->read(scope_of({kKey}))).now;
  CHECK(now >= before);
  CHECK(now <= std::chrono::system_clock::now() + 1s);
}

TEST_CASE("A handle describes its database in one line and without a password") {
  EACH_BACKEND(db);
  const auto storage = db.open_migrated();
  const std::string line = storage->describe();
  CHECK_FALSE(line.empty());
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find("password") == std::string::npos);
}

TEST_CASE("An address that no backend knows is a configuration error") {
  for (const char* uri : {"", "memory", "mysql://x", "sqlite", "file:x", "postgress://x"}) {
    CAPTURE(uri);
    const auto opened = open_storage(uri, {});
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().status == Status::kConfiguration);
    CHECK(opened.error().retry == Retry::kNever);
  }
}

TEST_CASE("open_storage opens what a backend's own factory opens") {
  EACH_BACKEND(db);
  if (db.backend().persistent) fill(*db.open_migrated());
  const auto storage = must(open_storage(db.uri(), {}));
  if (!db.backend().persistent) {
    must(storage->migrate());
    fill(*storage);
  }
  CHECK(all_keys(*storage) == std::vector<std::string>{kKey});
}

}  // namespace
}  // namespace holdfast::test
