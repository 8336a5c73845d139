// The PostgreSQL backend: a transaction is two round trips, a read is one.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/backends.hpp"
#include "storage/postgres/connection.hpp"
#include "storage/postgres/errors.hpp"
#include "storage/postgres/list.hpp"
#include "storage/postgres/load.hpp"
#include "storage/postgres/lock_key.hpp"
#include "storage/postgres/pool.hpp"
#include "storage/postgres/schema.hpp"
#include "storage/postgres/write.hpp"
#include "storage/within.hpp"

namespace holdfast {
namespace postgres {
namespace {

// The level is named, because a database may have another default, and in any other one the reads
// would see what was there before the locks were granted.
constexpr Statement kBegin{"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr Statement kBeginRead{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr Statement kCommit{"COMMIT"};

// All of it ends with the transaction, so a pooler may give the session to somebody else. The
// planner is left with nested loops over indexes: our statements are all keyed, and their plans
// must not depend on whether the tables were analysed, or empty when the plan was made.
#define HOLDFAST_PLANNER                                       \
  "pg_catalog.set_config('search_path', 'pg_catalog', true), " \
  "pg_catalog.set_config('jit', 'off', true), "                \
  "pg_catalog.set_config('enable_seqscan', 'off', true), "     \
  "pg_catalog.set_config('enable_bitmapscan', 'off', true), "  \
  "pg_catalog.set_config('enable_hashjoin', 'off', true), "    \
  "pg_catalog.set_config('enable_mergejoin', 'off', true), "   \
  "pg_catalog.set_config('enable_material', 'off', true), "    \
  "pg_catalog.set_config('random_page_cost', '0.1', true), "   \
  "pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)"

#define HOLDFAST_SETTINGS                                                              \
  HOLDFAST_PLANNER                                                                     \
  ", pg_catalog.set_config('lock_timeout', $1::pg_catalog.text, true), "               \
  "pg_catalog.set_config('idle_in_transaction_session_timeout', '30s', true), "        \
  "pg_catalog.set_config('synchronous_commit', "                                       \
  "CASE WHEN pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) " \
  "ANY ('{off,local,remote_write}'::pg_catalog.text[]) THEN 'on' "                     \
  "ELSE pg_catalog.current_setting('synchronous_commit') END, true)"

// The first statement is parsed under the session's own search_path, hence every name qualified.
constexpr Statement kSettings{"SELECT " HOLDFAST_SETTINGS};
constexpr Statement kReadSettings{"SELECT " HOLDFAST_PLANNER};
constexpr const char* kListSettings =
    "SELECT pg_catalog.set_config('search_path', 'pg_catalog', true), "
    "pg_catalog.set_config('jit', 'off', true)";

// Takes the locks one after the other in the order of the array and answers how many had to wait.
#define HOLDFAST_LOCK                                                            \
  "(SELECT pg_catalog.count(*) FROM ("                                           \
  "SELECT CASE WHEN pg_catalog.pg_try_advisory_xact_lock(k.key) THEN NULL "      \
  "ELSE pg_catalog.pg_advisory_xact_lock(k.key)::pg_catalog.text END AS waited " \
  "FROM pg_catalog.unnest($2::pg_catalog.int8[]) AS k(key) OFFSET 0) w "         \
  "WHERE w.waited IS NOT NULL)"

// CASE, because lock_timeout is to hold for the locks: what stands under WHEN is evaluated first.
constexpr Statement kSettingsAndLock{"SELECT CASE WHEN (" HOLDFAST_SETTINGS
                                     ") IS NOT NULL THEN " HOLDFAST_LOCK " END"};

std::vector<std::int64_t> lock_keys(const Scope& scope) {
  std::vector<std::int64_t> keys;
  keys.reserve(scope.keys.size());
  for (const KeyScope& key : scope.keys) keys.push_back(lock_key(key.key));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// How one attempt ended, when it did not succeed.
struct Setback {
  Error error;
  bool again = false;  ///< nothing happened, and another connection or text will do
};

class PostgresStorage final : public Storage {
 public:
  PostgresStorage(Address address, const StorageOptions& options, Seams seams)
      : pool_(std::move(address), options.connections_max), options_(options), seams_(seams) {}

  std::optional<Error> check();
  Result<std::int32_t> migrate() override;
  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override;
  Result<Snapshot> read(const Scope& scope) override;
  Result<ListPage> list(const ListQuery& query) override;
  StorageCounters counters() const override {
    return {.lock_waits = lock_waits_, .lock_timeouts = lock_timeouts_};
  }
  std::string describe() const override { return description_; }

 private:
  /// Calls `attempt(lease)` until it succeeds or fails for good. At most two attempts are extra:
  /// one for a connection that died while idle, one for a pooler without named statements.
  template <class Attempt>
  std::optional<Error> run(Attempt attempt, FairGate::Turn turn = FairGate::Turn::kLast);
  std::optional<Setback> transact_once(Lease& lease, const Scope& scope, const DecideFn& decide,
                                       const MeanwhileFn& meanwhile);
  std::optional<Setback> lock_and_load(Lease& lease, Loader& loader, const Scope& scope,
                                       const MeanwhileFn& meanwhile, Snapshot& snapshot);
  std::optional<Setback> commit(Lease& lease, const Changes& changes, Instant now);
  std::optional<Setback> run_read(Lease& lease, Trip& trip);
  /// REQUIRES: nothing is committed, or whether it is, is unknown.
  Setback set_back(Lease& lease, const Failure& failure, Phase phase, bool decided);
  void count_locks(const Trip& trip, std::size_t step);
  void log(LogLevel level, std::string_view line) const {
    try {
      if (options_.log) options_.log(level, line);
    } catch (...) {  // a log line must not decide what becomes of a booking
    }
  }
  std::optional<Instant> given_now() const {
    return options_.clock ? std::optional(options_.clock()) : std::nullopt;
  }

  Pool pool_;
  const StorageOptions options_;
  const Seams seams_;
  std::string description_;
  std::atomic<std::int64_t> lock_waits_{0};
  std::atomic<std::int64_t> lock_timeouts_{0};
};

template <class Attempt>
std::optional<Error> PostgresStorage::run(Attempt attempt, FairGate::Turn turn) {
  constexpr int kExtraAttempts = 2;
  for (int extra = 0;; ++extra) {
    auto lease = pool_.acquire(turn);
    if (!lease) return std::move(lease.error());
    std::optional<Setback> setback = attempt(*lease);
    if (!setback) return std::nullopt;
    if (!setback->again || extra == kExtraAttempts) return std::move(setback->error);
  }
}

Setback PostgresStorage::set_back(Lease& lease, const Failure& failure, Phase phase, bool decided) {
  const Verdict verdict = classify(failure.sqlstate, phase);
  if (failure.sqlstate == "55P03") {
    ++lock_waits_;
    ++lock_timeouts_;
  }
  Setback out{.error = make_error(verdict, failure.sqlstate,
                                  redact(failure.message, pool_.address().secrets()))};
  const bool lost = verdict.drop_connection || !lease->is_good();
  if (lost) {
    pool_.forget_idle();
    log(LogLevel::kWarning, out.error.message);
    out.again = lease.reused() && !decided && verdict.status == Status::kUnavailable;
    return out;
  }
  if (verdict.statements_lost) {
    pool_.use_unnamed();
    lease->use_unnamed();
    log(LogLevel::kInfo, "PostgreSQL: a pooler is in between; going on without named statements");
    out.again = true;
  }
  Trip trip(*lease);
  trip.add("ROLLBACK");
  if (!trip.run()) lease.keep();
  return out;
}

// ---- transact -----------------------------------------------------------------------------------

void PostgresStorage::count_locks(const Trip& trip, std::size_t step) {
  lock_waits_ += Row(trip.result(step), 0).int8();
}

std::optional<Setback> PostgresStorage::lock_and_load(Lease& lease, Loader& loader,
                                                      const Scope& scope,
                                                      const MeanwhileFn& meanwhile,
                                                      Snapshot& snapshot) {
  const auto timeout = std::max<std::int64_t>(options_.lock_timeout.count(), 1);
  Params settings;
  settings.add(std::to_string(timeout));
  Trip first(*lease);
  first.add(kBegin);
  const std::size_t lock = seams_.lock ? first.add(kSettingsAndLock, settings.add(lock_keys(scope)))
                                       : first.add(kSettings, settings);
  if (!options_.clock) loader.queue(first, std::nullopt);
  first.send();
  meanwhile();
  if (const auto failure = first.run()) return set_back(lease, *failure, Phase::kBefore, false);
  if (seams_.lock) count_locks(first, lock);
  if (!options_.clock) {
    snapshot = loader.finish(first);
    return std::nullopt;
  }
  // A clock of the host's is read when the locks are granted, which takes a trip of its own.
  Trip second(*lease);
  loader.queue(second, options_.clock());
  if (const auto failure = second.run()) return set_back(lease, *failure, Phase::kBefore, false);
  snapshot = loader.finish(second);
  return std::nullopt;
}

std::optional<Setback> PostgresStorage::commit(Lease& lease, const Changes& changes, Instant now) {
  static_cast<void>(lease->take_warning());
  Trip trip(*lease);
  queue_writes(trip, changes, now, seams_.guard);
  const std::size_t step = trip.add(kCommit);
  const auto failure = trip.run();
  if (trip.result(step) != nullptr && trip.tag(step) == "COMMIT") {
    if (!failure) lease.keep();
    const std::string warning = lease->take_warning();
    if (!warning.empty())
      log(LogLevel::kWarning, "PostgreSQL: committed, with a warning: " + warning);
    return std::nullopt;
  }
  if (!failure) {
    // The server answered COMMIT with ROLLBACK: it had given the transaction up before.
    lease.keep();
    return Setback{.error = {.status = Status::kBusy,
                             .retry = Retry::kSafe,
                             .message = "PostgreSQL: the transaction was rolled back"}};
  }
  Phase phase = failure->step < step ? Phase::kSent : Phase::kAtCommit;
  if (changes.empty() || !trip.was_sent(step)) phase = Phase::kBefore;
  return set_back(lease, *failure, phase, true);
}

std::optional<Setback> PostgresStorage::transact_once(Lease& lease, const Scope& scope,
                                                      const DecideFn& decide,
                                                      const MeanwhileFn& meanwhile) {
  Snapshot snapshot;
  Loader loader(scope, For::kTransact);
  if (auto setback = lock_and_load(lease, loader, scope, meanwhile, snapshot)) return setback;
  const Instant now = snapshot.now;
  const Changes changes = decide(std::move(snapshot));
  // The lease is not kept, so the connection and its transaction end here.
  if (auto outside = refuse_outside(scope, changes)) return Setback{.error = std::move(*outside)};
  return commit(lease, changes, now);
}

Result<void> PostgresStorage::transact(const Scope& scope, const DecideFn& decide,
                                       const MeanwhileFn& meanwhile) {
  bool is_due = true;
  const auto once = [&] {
    if (std::exchange(is_due, false)) meanwhile();
  };
  // To connect takes its time.
  if (!pool_.has_idle()) once();
  auto error = run([&](Lease& lease) { return transact_once(lease, scope, decide, once); },
                   FairGate::Turn::kFirst);
  if (error) return std::move(*error);
  return {};
}

// ---- reads --------------------------------------------------------------------------------------

std::optional<Setback> PostgresStorage::run_read(Lease& lease, Trip& trip) {
  trip.add(kCommit);
  if (const auto failure = trip.run()) return set_back(lease, *failure, Phase::kBefore, false);
  lease.keep();
  return std::nullopt;
}

Result<Snapshot> PostgresStorage::read(const Scope& scope) {
  Snapshot snapshot;
  auto error = run([&](Lease& lease) -> std::optional<Setback> {
    Trip trip(*lease);
    trip.add(kBeginRead);
    trip.add(kReadSettings);
    Loader loader(scope, For::kRead);
    loader.queue(trip, given_now());
    if (auto setback = run_read(lease, trip)) return setback;
    snapshot = loader.finish(trip);
    return std::nullopt;
  });
  if (error) return std::move(*error);
  return snapshot;
}

Result<ListPage> PostgresStorage::list(const ListQuery& query) {
  ListPage page;
  auto error = run([&](Lease& lease) -> std::optional<Setback> {
    const auto now = given_now();
    Trip trip(*lease);
    trip.add(kBeginRead);
    trip.add(kListSettings);
    const auto clock = trip.add("SELECT coalesce($1::timestamptz, now())", Params().add(now));
    const auto step = queue_list(trip, query, now);
    if (auto setback = run_read(lease, trip)) return setback;
    page.now = Row(trip.result(clock), 0).instant();
    take_list(trip, step, query, page);
    return std::nullopt;
  });
  if (error) return std::move(*error);
  return page;
}

// ---- opening ------------------------------------------------------------------------------------

Result<std::int32_t> PostgresStorage::migrate() {
  std::int32_t version = 0;
  auto error = run([&](Lease& lease) -> std::optional<Setback> {
    auto done = migrate_schema(*lease);
    if (!done) {
      const bool unreachable = done.error().status == Status::kUnavailable;
      if (unreachable) pool_.forget_idle();
      return Setback{.error = std::move(done.error()), .again = unreachable && lease.reused()};
    }
    version = *done;
    lease.keep();
    return std::nullopt;
  });
  if (error) return std::move(*error);
  return version;
}

// kSettings never commits below `on`, so with synchronous standbys named a COMMIT waits for one.
// Any receiver of the server's log counts as a standby that a failover may go to.
constexpr const char* kDescribe =
    "SELECT 'PostgreSQL ' || current_setting('server_version') "
    "|| ', fsync=' || current_setting('fsync') "
    "|| ', full_page_writes=' || current_setting('full_page_writes') "
    "|| ', synchronous_commit=' || current_setting('synchronous_commit') "
    "|| ', synchronous standbys: ' "
    "|| CASE WHEN current_setting('synchronous_standby_names') = '' THEN 'none' ELSE 'yes' END "
    "|| CASE WHEN pg_is_in_recovery() THEN ', in recovery' ELSE '' END "
    "|| ', durability: ' || CASE "
    "WHEN current_setting('fsync') = 'off' THEN 'none: fsync is off' "
    "WHEN current_setting('synchronous_standby_names') <> '' THEN 'synchronous standby' "
    "WHEN EXISTS (SELECT FROM pg_stat_replication) "
    "THEN 'asynchronous: a failover may lose acknowledged bookings' ELSE 'local' END";

std::string describe_server(Connection& connection) {
  Trip trip(connection);
  trip.add(kBeginRead);
  trip.add(kListSettings);
  const auto step = trip.add(kDescribe);
  trip.add(kCommit);
  const std::string tls = ", TLS: " + connection.tls();
  if (trip.run()) return "PostgreSQL, settings not readable" + tls;
  return Row(trip.result(step), 0).text() + tls;
}

std::optional<Error> PostgresStorage::check() {
  auto lease = pool_.acquire();
  if (!lease) return std::move(lease.error());
  Connection& connection = **lease;
  // The first that sorts a list by its index and only the rest of the order itself.
  constexpr int kOldestServer = 130000;
  if (connection.server_version() < kOldestServer) {
    return Error{.status = Status::kConfiguration,
                 .message = "PostgreSQL: the server is older than version 13"};
  }
  auto version = schema_version(connection);
  if (!version) return std::move(version.error());
  description_ = describe_server(connection);
  log(LogLevel::kInfo, description_);
  lease->keep();
  return std::nullopt;
}

}  // namespace
}  // namespace postgres

Result<std::unique_ptr<Storage>> open_postgres(std::string_view conninfo,
                                               const StorageOptions& options, Seams seams) {
  auto address = postgres::Address::parse(conninfo);
  if (!address) return std::move(address.error());
  auto storage = std::make_unique<postgres::PostgresStorage>(std::move(*address), options, seams);
  if (auto error = storage->check()) return std::move(*error);
  return std::unique_ptr<Storage>(std::move(storage));
}

}  // namespace holdfast
