// Loads a scope: only the reads it needs, each one statement for all of its keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/storage.hpp"
#include "storage/postgres/connection.hpp"

namespace holdfast::postgres {

/// The columns of a hold and an allocation, in the order in which the readers below take them.
#define HOLDFAST_HOLD_COLUMNS                                                             \
  "resource_id, id, dates, quantity, customer_email, holder, idempotency_token, status, " \
  "expires_at, group_id, created_at, updated_at, item_no, fingerprint"
#define HOLDFAST_ALLOCATION_COLUMNS                                                         \
  "resource_id, id, hold_id, order_id, line_item_id, dates, quantity, status, created_at, " \
  "cancelled_at"
#define HOLDFAST_RESOURCE_COLUMNS                                                  \
  "id, type, name, description, metadata::text, timezone, is_active, created_at, " \
  "updated_at, deleted_at"
#define HOLDFAST_BRIEF_RESOURCE_COLUMNS "timezone, is_active, deleted_at"
#define HOLDFAST_BLACKOUT_COLUMNS \
  "resource_id, id, start_date, end_date, reason, created_at, deleted_at"

StoredHold read_hold(Row& row);
Allocation read_allocation(Row& row);
Resource read_resource(Row& row);
Blackout read_blackout(Row& row);

/// Who asks: a transaction that holds the locks also sees the due holds of each key.
enum class For { kTransact, kRead };

class Loader {
 public:
  /// `scope` must outlive it.
  Loader(const Scope& scope, For purpose) : scope_(scope), purpose_(purpose) {}

  /// Queues the reads. `now`: the instant to use, or nothing for the server's own.
  void queue(Trip& trip, std::optional<Instant> now);
  /// REQUIRES: the trip has run without failure.
  Snapshot finish(const Trip& trip);

 private:
  using Taker = void (Loader::*)(KeySnapshot&, Row&);
  struct Pending {
    std::size_t step;
    Taker take;
  };
  void expect(std::size_t step, Taker taker) { pending_.push_back({step, taker}); }
  void queue_days(Trip& trip);
  void queue_named(Trip& trip);
  void queue_bookings(Trip& trip);
  void queue_prunable(Trip& trip);
  void queue_dates_of_holds(Trip& trip);
  void queue_totals(Trip& trip, std::optional<Instant> now);
  void queue_everything(Trip& trip);
  void queue_list(Trip& trip, const Statement& statement, Taker taker,
                  std::vector<std::string> KeyScope::*items);

  void take_resource(KeySnapshot& key, Row& row);
  void take_brief_resource(KeySnapshot& key, Row& row);
  void take_capacity(KeySnapshot& key, Row& row);
  void take_calendar(KeySnapshot& key, Row& row);
  void take_total(KeySnapshot& key, Row& row);
  void take_blackout(KeySnapshot& key, Row& row);
  void take_hold(KeySnapshot& key, Row& row);
  void take_allocation(KeySnapshot& key, Row& row);
  void take_command(KeySnapshot& key, Row& row);
  void take_prunable_hold(KeySnapshot& key, Row& row);
  void take_prunable_command(KeySnapshot& key, Row& row);
  void take_prunable_blackout(KeySnapshot& key, Row& row);
  void take_due(const Trip& trip, Snapshot& snapshot);
  void take_all(const Trip& trip, Snapshot& snapshot, const std::vector<Pending>& from);

  const Scope& scope_;
  const For purpose_;
  std::size_t clock_step_ = 0;
  std::vector<Pending> pending_;
  std::vector<Pending> totals_;  ///< taken last: they go into rows of capacity
};

}  // namespace holdfast::postgres
