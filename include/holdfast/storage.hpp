// The seam between the engine and a database: one interface, four operations. For hosts that bring
// a backend of their own; src/storage/README.md says how. Stable per minor version.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/engine.hpp"
#include "holdfast/entities.hpp"
#include "holdfast/error.hpp"
#include "holdfast/types.hpp"

namespace holdfast {

// ---- what to lock and load ----------------------------------------------------------------------

/// Names one remembered request: unique within its key.
struct CommandKey {
  std::string operation{};  ///< `adjust_capacity`
  std::string token{};
  friend auto operator<=>(const CommandKey&, const CommandKey&) = default;
};

/// What one key's part of a transaction is about. A key is a resource's id, or (create_resource)
/// the slot of a token; it is what is locked and what leads every row.
struct KeyScope {
  std::string key{};
  /// Of the resource only timezone, is_active and deleted_at: the rest may be left out.
  bool brief = false;
  std::vector<Date> dates{};                  ///< ascending, once: capacity of these days
  std::vector<std::string> hold_ids{};        ///< these holds, and their allocations
  std::vector<std::string> hold_tokens{};     ///< every hold of these tokens
  std::vector<CommandKey> commands{};         ///< these remembered requests
  std::vector<std::string> allocation_ids{};  ///< these allocations, and their holds
  std::vector<std::string> blackout_ids{};    ///< these blackouts, deleted ones too
  /// Also the capacity of the dates of the holds in `hold_ids` (a reclaim needs them).
  bool dates_of_holds = false;
  /// ACTIVE holds and CONFIRMED allocations that have a day in it.
  std::optional<DateRange> bookings{};
  /// read() only: capacity of these days with the total `due`.
  std::optional<DateRange> range{};
  /// And with `held`, which takes a look at every ACTIVE hold of the key.
  bool with_held = false;
  /// read() only, for verify: all capacity rows, ACTIVE and CONFIRMED holds, all allocations
  /// (CANCELLED too) and all blackouts (deleted too) of the key. `held` and `due` stay 0.
  bool everything = false;
  /// Ended holds, deleted blackouts and remembered requests last changed before this instant, at
  /// most `kPruneBatch` of each: as `prunable`. Of the holds of one token only that of the largest
  /// item_no: so item 0 goes last, and whoever writes for the token meets it until then.
  std::optional<Instant> prunable_before{};
};

inline constexpr std::size_t kKeysPerTransaction = 64;
/// Due holds that one transaction records: of one key, and about so many in all, beside bookings
/// and when it does nothing else.
inline constexpr std::size_t kDuePerKey = 100;
inline constexpr std::size_t kDuePerTransaction = 64;
inline constexpr std::size_t kDuePerSweep = 400;

struct Scope {
  std::vector<KeyScope> keys{};          ///< ascending by key, each once
  std::size_t due_per_key = kDuePerKey;  ///< transact() only: 1 to kDuePerKey
};

inline constexpr std::size_t kPruneBatch = 500;

// ---- what was found -----------------------------------------------------------------------------

struct CapacityRow {
  Date date{};
  std::int32_t max_capacity = 0;
  std::int32_t available_capacity = 0;
  std::int64_t held = 0;  ///< read() of a range with_held: places of ACTIVE, expires_at > now
  std::int64_t due = 0;   ///< read() of a range: the same with expires_at <= now
};

struct StoredHold {
  Hold hold{};
  std::int32_t item_no = 0;   ///< position among its request's items of its resource, from 0
  std::string fingerprint{};  ///< of the request that made it
};

/// A request without a natural record, remembered with what it answered.
struct CommandRecord {
  CommandKey key{};
  std::string fingerprint{};
  std::string outcome{};  ///< written and read by the core only
};

struct KeySnapshot {
  std::string key{};
  std::optional<Resource> resource{};
  Date today{};                         ///< in the resource's zone; filled in by the engine
  std::vector<CapacityRow> capacity{};  ///< ascending by date; days without a row are absent
  /// Not deleted ones that touch a day asked for (dates, dates of holds, range), and those named.
  std::vector<Blackout> blackouts{};
  /// Each once, in any order: named by id or token, of a named allocation, in `bookings`, and (in
  /// transact) the `due_per_key` ACTIVE holds with the smallest expires_at <= now.
  std::vector<StoredHold> holds{};
  bool more_due = false;  ///< more ACTIVE holds may have expires_at <= now than `holds` has
  std::vector<Allocation> allocations{};  ///< each once, in any order
  std::vector<CommandRecord> commands{};
  struct Prunable {
    std::vector<std::string> hold_ids{};  ///< RELEASED or EXPIRED, updated_at < prunable_before
    std::vector<CommandKey> commands{};
    std::vector<std::string> blackout_ids{};
    bool more = false;  ///< at least one of the three was cut at kPruneBatch
  } prunable{};
};

struct Snapshot {
  Instant now{};                    ///< one instant, read after the locks were granted
  std::vector<KeySnapshot> keys{};  ///< the scope's keys, in its order
};

// ---- what to write ------------------------------------------------------------------------------

/// Adds to the capacity rows of neighbouring days. Guard: each row exists and stays within
/// 0 <= available <= max.
struct CapacityDelta {
  std::string key{};
  Date date{};
  std::int32_t max_delta = 0;
  std::int32_t available_delta = 0;
  std::int32_t days = 1;  ///< from `date` on, at least 1

  Date last() const { return date + std::chrono::days(days - 1); }
};

struct CapacityInsert {
  std::string key{};
  Date date{};
  std::int32_t max_capacity = 0;
  std::int32_t available_capacity = 0;
};

/// Overwrites status, expires_at, dates, quantity, customer_email and updated_at of the row of that
/// id. Guard: its status is `from` until then.
struct HoldUpdate {
  Hold hold{};
  HoldStatus from = HoldStatus::kActive;
};

/// Sets status, and updated_at to the snapshot's `now`: confirmed, released, expired. Guard: as
/// above.
struct StatusChange {
  std::string key{};
  std::string hold_id{};
  HoldStatus from = HoldStatus::kActive;
  HoldStatus to = HoldStatus::kExpired;
};

/// Overwrites status, cancelled_at, dates and quantity. Guard: its status is `from` until then.
struct AllocationUpdate {
  Allocation allocation{};
  AllocationStatus from = AllocationStatus::kConfirmed;
};

struct CommandInsert {
  std::string key{};
  CommandRecord record{};
};

/// Row deletions of prune. Not guarded: a row that is gone already is fine.
struct Removal {
  std::string key{};
  std::vector<std::string> hold_ids{};
  std::vector<CommandKey> commands{};
  std::vector<std::string> blackout_ids{};
};

/// At most one entry for one row of a table; capacity_deltas ascend by key and date. A guard that
/// does not hold, or an insert that meets an existing row, fails the whole transaction
/// (Status::kBusy, Retry::kSafe): nothing is written. Removals come last: an insert meets what they
/// remove.
struct Changes {
  std::vector<Resource> resource_inserts{};
  std::vector<Resource> resource_updates{};  ///< overwrites all but id and created_at
  std::vector<CapacityInsert> capacity_inserts{};
  std::vector<CapacityDelta> capacity_deltas{};
  std::vector<StoredHold> hold_inserts{};
  std::vector<HoldUpdate> hold_updates{};
  std::vector<StatusChange> status_changes{};  ///< of holds that hold_updates does not name
  std::vector<Allocation> allocation_inserts{};
  std::vector<AllocationUpdate> allocation_updates{};
  std::vector<Blackout> blackout_inserts{};
  std::vector<Blackout> blackout_updates{};  ///< overwrites deleted_at
  std::vector<CommandInsert> command_inserts{};
  std::vector<Removal> removals{};

  bool empty() const {
    return resource_inserts.empty() && resource_updates.empty() && capacity_inserts.empty() &&
           capacity_deltas.empty() && hold_inserts.empty() && hold_updates.empty() &&
           status_changes.empty() && allocation_inserts.empty() && allocation_updates.empty() &&
           blackout_inserts.empty() && blackout_updates.empty() && command_inserts.empty() &&
           removals.empty();
  }
};

// ---- paged reads --------------------------------------------------------------------------------

/// Where a page starts: after the row with this (created_at, id).
struct Cursor {
  Instant created_at{};
  std::string id{};
};

/// Filters that are empty do not filter. All lists order by (created_at, id), ascending.
struct ResourceQuery {
  using Row = Resource;
  std::string type{};
  std::optional<bool> is_active{};
  std::string text{};
  bool include_deleted = false;
};
struct HoldQuery {
  using Row = Hold;
  std::string resource_id{};
  std::optional<HoldStatus> status{};  ///< ACTIVE: expires_at > now; EXPIRED: also due ACTIVE ones
  std::string customer_email{};
  std::string group_id{};
};
struct AllocationQuery {
  using Row = Allocation;
  std::string resource_id{};
  std::string order_id{};
  std::string line_item_id{};
  std::optional<AllocationStatus> status{};
  std::optional<DateRange> range{};  ///< those that have a day in it
};
struct BlackoutQuery {
  using Row = Blackout;
  std::string resource_id{};
  std::optional<DateRange> range{};  ///< those that touch it
};
/// Keys that have an ACTIVE hold with expires_at <= now; rows as plain text, ascending by key.
struct DueKeysQuery {};
/// Every key that any table has a row under; ascending by key. The cursor's id is the last key.
struct AllKeysQuery {};

struct ListQuery {
  std::variant<ResourceQuery, HoldQuery, AllocationQuery, BlackoutQuery, DueKeysQuery, AllKeysQuery>
      what{};
  std::int32_t limit = 100;
  std::optional<Cursor> after{};
};

struct ListPage {
  Instant now{};
  /// What `what` asked for: rows of Row, or keys.
  std::variant<std::vector<Resource>, std::vector<Hold>, std::vector<Allocation>,
               std::vector<Blackout>, std::vector<std::string>>
      rows{};
  bool more = false;
};

// ---- the interface ------------------------------------------------------------------------------

/// Called once per attempt, under the locks, with what was loaded; returns what to write. May be
/// called again after a failure that is safe to retry; then the earlier results are dropped.
using DecideFn = std::function<Changes(Snapshot snapshot)>;

/// What the engine has to do while the database works.
using MeanwhileFn = std::function<void()>;

struct StorageCounters {
  std::int64_t lock_waits = 0;
  std::int64_t lock_timeouts = 0;
};

/// What a backend gets from the engine's options.
struct StorageOptions {
  std::chrono::milliseconds lock_timeout{2000};
  std::int32_t connections_max = 4;  ///< writers and readers together
  LogFn log{};
  std::function<Instant()> clock{};
};

/// Threads: all methods may run at once. The contract's rules, each held by a test:
/// 1. Keys are locked in ascending order, each once; two transactions that share one never overlap.
/// 2. decide sees the scope as of after the locks, and `now`.  3. Changes to other keys fail.
/// 4. All or nothing.  5. decide may run again.  6. Tokens commit with their effects.
/// 7. After kUnknown the same transaction may run again.  8. What is committed survives reopening.
/// 9. Errors carry the right retry class.  10. The database's own CHECKs are never hit.
class Storage {
 public:
  virtual ~Storage() = default;

  /// Brings the schema to this library's version and returns that version.
  virtual Result<std::int32_t> migrate() = 0;
  /// Locks the scope, loads it, calls decide once, writes, commits: all or nothing. Before decide
  /// it calls `meanwhile`, at most once and on the same thread: when all is asked for and only the
  /// answer is missing, or at once where there is no such moment. It must not wait first for
  /// anything but that answer.
  virtual Result<void> transact(const Scope& scope, const DecideFn& decide,
                                const MeanwhileFn& meanwhile) = 0;
  Result<void> transact(const Scope& scope, const DecideFn& decide) {
    return transact(scope, decide, [] {});
  }
  /// One consistent moment, no locks. Records no expiry.
  virtual Result<Snapshot> read(const Scope& scope) = 0;
  virtual Result<ListPage> list(const ListQuery& query) = 0;

  /// How many transactions on different keys it can carry out at once. The engine opens no more
  /// lanes: what would only wait gathers into a larger batch instead.
  virtual std::int32_t transactions_max() const { return 16; }
  virtual StorageCounters counters() const { return {}; }
  /// One line on what this database promises (journal mode, durability), for the log.
  virtual std::string describe() const = 0;
};

/// `uri` as in Engine::open. kConfiguration when no backend of this build knows it.
Result<std::unique_ptr<Storage>> open_storage(std::string_view uri, const StorageOptions& options);

}  // namespace holdfast
