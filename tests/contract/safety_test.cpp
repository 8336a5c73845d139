// Two safeties, each shown to hold alone: the key locks, and the guards on writes.
#include <atomic>
#include <chrono>
#include <thread>

#include "support/budget.hpp"
#include "support/catch.hpp"
#include "support/database.hpp"
#include "support/rows.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const std::string kKey = resource_id(1);

StorageOptions patient() {
  StorageOptions options;
  options.lock_timeout = 60s;
  options.connections_max = 8;
  return options;
}

struct Race {
  int sold = 0;        ///< transactions that took a place and committed
  int stale = 0;       ///< commits that a guard refused
  int unexpected = 0;  ///< any other failure
  std::string error{};
};

/// Many go for `places` at once: read what is left, wait, take one if there is one.
Race race_for(Storage& storage, Date date, int threads) {
  std::atomic<int> sold = 0;
  std::atomic<int> stale = 0;
  std::atomic<int> unexpected = 0;
  std::vector<std::string> errors(static_cast<std::size_t>(threads));
  in_threads(threads, [&](int thread) {
    const Scope scope{.keys = {{.key = kKey, .dates = {date}}}};
    bool took = false;
    const Result<void> result = storage.transact(scope, [&](const Snapshot& snapshot) {
      took = snapshot.keys.at(0).capacity.at(0).available_capacity > 0;
      std::this_thread::sleep_for(3ms);
      return took ? Changes{.capacity_deltas = {{kKey, date, 0, -1}}} : Changes{};
    });
    if (result.ok()) {
      if (took) ++sold;
    } else if (result.error().status == Status::kBusy && result.error().retry == Retry::kSafe) {
      ++stale;
    } else {
      ++unexpected;
      errors[static_cast<std::size_t>(thread)] = describe(result.error());
    }
  });
  Race out{sold, stale, unexpected, {}};
  for (const std::string& error : errors) out.error += error;
  return out;
}

void open_days(Storage& storage, int count, std::int32_t places) {
  Changes changes{.resource_inserts = {make_resource(1)}};
  for (int i = 0; i < count; ++i)
    changes.capacity_inserts.push_back({kKey, day(i), places, places});
  write(storage, kKey, changes);
}

std::int32_t available(Storage& storage, Date date) {
  return load_unlocked(storage, {.key = kKey, .dates = {date}}).capacity.at(0).available_capacity;
}

/// Takes the database's own check on capacity away, so that it cannot be what saves the day.
void drop_checks(const Database& db) {
  if (db.backend().name != "postgres") return;
  db.execute(R"(
    DO $$
    DECLARE c record;
    BEGIN
      FOR c IN SELECT conrelid::regclass AS rel, conname FROM pg_constraint
               JOIN pg_class ON pg_class.oid = conrelid
               WHERE contype = 'c' AND connamespace = 'holdfast'::regnamespace
                 AND pg_get_constraintdef(pg_constraint.oid) LIKE '%available_capacity%'
      LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.rel, c.conname);
      END LOOP;
    END $$)");
}

TEST_CASE("Both safeties on: as many are sold as there are places") {
  EACH_BACKEND(db);
  const int rounds = scaled(5);
  const auto storage = db.open_migrated(patient());
  open_days(*storage, rounds, 3);
  for (int round = 0; round < rounds; ++round) {
    const Race race = race_for(*storage, day(round), 8);
    CHECK(race.error == "");
    CHECK(race.sold == 3);
    CHECK(race.stale == 0);
    CHECK(available(*storage, day(round)) == 0);
  }
}

TEST_CASE("Without the lock the guard alone stops every oversell") {
  EACH_BACKEND(db);
  const int rounds = scaled(20);
  const auto storage = db.open_migrated(patient(), {.lock = false, .guard = true});
  drop_checks(db);
  open_days(*storage, rounds, 2);
  int stale = 0;
  for (int round = 0; round < rounds; ++round) {
    const Race race = race_for(*storage, day(round), 8);
    CHECK(race.error == "");
    CHECK(race.unexpected == 0);
    CHECK(race.sold <= 2);
    CHECK(available(*storage, day(round)) == 2 - race.sold);
    stale += race.stale;
  }
  // Otherwise the race did not happen, and the guard was not needed.
  CHECK(stale > 0);
}

TEST_CASE("Without the guard the lock alone stops every oversell") {
  EACH_BACKEND(db);
  const int rounds = scaled(10);
  const auto storage = db.open_migrated(patient(), {.lock = true, .guard = false});
  drop_checks(db);
  open_days(*storage, rounds, 2);
  for (int round = 0; round < rounds; ++round) {
    const Race race = race_for(*storage, day(round), 8);
    CHECK(race.error == "");
    CHECK(race.sold == 2);
    CHECK(race.stale == 0);
    CHECK(available(*storage, day(round)) == 0);
  }
}

TEST_CASE("Without either the race oversells, so these tests can see one") {
  EACH_BACKEND(db);
  // SQLite's checks live in the table and cannot be dropped; there the check is what answers.
  const bool checked = db.backend().name == "sqlite";
  const int rounds = 20;
  const auto storage = db.open_migrated(patient(), {.lock = false, .guard = false});
  drop_checks(db);
  open_days(*storage, rounds, 2);
  int oversold = 0;
  int caught = 0;
  for (int round = 0; round < rounds; ++round) {
    const Race race = race_for(*storage, day(round), 8);
    if (race.sold > 2 && available(*storage, day(round)) < 0) ++oversold;
    caught += race.unexpected;
  }
  CHECK((checked ? caught : oversold) > 0);
}

}  // namespace
}  // namespace holdfast::test
