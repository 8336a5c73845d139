#include "storage/sqlite/write.hpp"

#include <string>

#include "storage/sqlite/rows.hpp"

namespace holdfast::sqlite {
namespace {

#define HOLDFAST_ADD_CAPACITY                                            \
  "UPDATE resource_capacity SET max_capacity = max_capacity + ?4, "      \
  "available_capacity = available_capacity + ?5 WHERE resource_id = ?1 " \
  "AND date BETWEEN ?2 AND ?3 "

// Whether it is overdue is for the next transaction to see.
#define HOLDFAST_UPDATE_HOLD                                                \
  "UPDATE resource_holds INDEXED BY resource_holds_by_id SET status = ?3, " \
  "expires_at = ?4, dates = ?5, quantity = ?6, customer_email = ?7, "       \
  "updated_at = ?8, is_overdue = 0 " HOLDFAST_WHERE_ID("id")

// An UPDATE that names a column touches each of its indexes, also where the value stays.
#define HOLDFAST_SET_STATUS                                                 \
  "UPDATE resource_holds INDEXED BY resource_holds_by_id SET status = ?3, " \
  "updated_at = ?4, is_overdue = 0 " HOLDFAST_WHERE_ID("id")

#define HOLDFAST_UPDATE_ALLOCATION                                         \
  "UPDATE resource_allocations INDEXED BY resource_allocations_by_id SET " \
  "status = ?3, cancelled_at = ?4, dates = ?5, quantity = ?6 " HOLDFAST_WHERE_ID("id")

void bind_optional(Statement& statement, int index, const std::optional<Instant>& instant) {
  if (instant) {
    statement.bind(index, *instant);
  } else {
    statement.bind_null(index);
  }
}

/// The row was not as decide had seen it: somebody else has written meanwhile.
void require(std::int64_t changed, std::int64_t wanted, const char* what) {
  if (changed == wanted) return;
  throw Failure(Status::kBusy, Retry::kSafe,
                std::string("sqlite: ") + what + " has changed meanwhile; nothing was written");
}

class Writer {
 public:
  Writer(Connection& connection, Instant now, bool guarded)
      : connection_(connection), now_(now), guarded_(guarded) {}

  void insert(const std::vector<Resource>& rows) {
    if (rows.empty()) return;
    Statement statement =
        connection_.statement("INSERT INTO resources (" HOLDFAST_RESOURCE_COLUMNS
                              ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    for (const Resource& row : rows) {
      bind_resource(statement, row);
      statement.bind(8, row.created_at);
      statement.run();
    }
  }

  void update(const std::vector<Resource>& rows) {
    if (rows.empty()) return;
    Statement statement = connection_.statement(
        "UPDATE resources SET type = ?2, name = ?3, description = ?4, metadata = ?5, "
        "timezone = ?6, is_active = ?7, updated_at = ?9, deleted_at = ?10 WHERE id = ?1");
    for (const Resource& row : rows) {
      bind_resource(statement, row);
      require(statement.run(), 1, "a resource");
    }
  }

  void insert(const std::vector<CapacityInsert>& rows) {
    if (rows.empty()) return;
    Statement statement = connection_.statement(
        "INSERT INTO resource_capacity (resource_id, date, max_capacity, available_capacity) "
        "VALUES (?1, ?2, ?3, ?4)");
    for (const CapacityInsert& row : rows) {
      statement.bind(1, row.key)
          .bind(2, day(row.date))
          .bind(3, row.max_capacity)
          .bind(4, row.available_capacity)
          .run();
    }
  }

  void apply(const std::vector<CapacityDelta>& deltas) {
    if (deltas.empty()) return;
    Statement statement =
        connection_.statement(guarded_ ? HOLDFAST_ADD_CAPACITY
                                  "AND available_capacity + ?5 BETWEEN 0 AND max_capacity + ?4"
                                       : HOLDFAST_ADD_CAPACITY);
    std::string last;
    for (const CapacityDelta& delta : deltas) {
      last.clear();
      append_date(last, delta.last());
      statement.bind(1, delta.key)
          .bind(2, day(delta.date))
          .bind(3, last)
          .bind(4, delta.max_delta)
          .bind(5, delta.available_delta);
      guard(statement.run(), delta.days, "a day's capacity");
    }
  }

  void insert(const std::vector<StoredHold>& rows) {
    if (rows.empty()) return;
    Statement statement = connection_.statement(
        "INSERT INTO resource_holds (" HOLDFAST_HOLD_COLUMNS
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");
    for (const StoredHold& row : rows) {
      write_dates(dates_, row.hold.dates);
      statement.bind(1, row.hold.id)
          .bind(2, row.hold.resource_id)
          .bind(3, dates_)
          .bind(4, row.hold.quantity)
          .bind(5, row.hold.customer_email)
          .bind(6, row.hold.holder)
          .bind(7, row.hold.idempotency_token)
          .bind(8, std::string_view(name(row.hold.status)))
          .bind(9, row.hold.expires_at)
          .bind(10, row.hold.group_id)
          .bind(11, row.hold.created_at)
          .bind(12, row.hold.updated_at)
          .bind(13, row.item_no)
          .bind(14, row.fingerprint)
          .run();
    }
  }

  void update(const std::vector<HoldUpdate>& rows) {
    if (rows.empty()) return;
    Statement statement = connection_.statement(guarded_ ? HOLDFAST_UPDATE_HOLD "AND status = ?9"
                                                         : HOLDFAST_UPDATE_HOLD "AND ?9 <> ''");
    for (const HoldUpdate& row : rows) {
      write_dates(dates_, row.hold.dates);
      statement.bind(1, row.hold.resource_id)
          .bind(2, row.hold.id)
          .bind(3, std::string_view(name(row.hold.status)))
          .bind(4, row.hold.expires_at)
          .bind(5, dates_)
          .bind(6, row.hold.quantity)
          .bind(7, row.hold.customer_email)
          .bind(8, row.hold.updated_at)
          .bind(9, std::string_view(name(row.from)));
      guard(statement.run(), 1, "a hold");
    }
  }

  void update(const std::vector<StatusChange>& rows) {
    if (rows.empty()) return;
    Statement statement = connection_.statement(guarded_ ? HOLDFAST_SET_STATUS "AND status = ?5"
                                                         : HOLDFAST_SET_STATUS "AND ?5 <> ''");
    statement.bind(4, now_);
    for (const StatusChange& row : rows) {
      statement.bind(1, row.key)
          .bind(2, row.hold_id)
          .bind(3, std::string_view(name(row.to)))
          .bind(5, std::string_view(name(row.from)));
      guard(statement.run(), 1, "a hold");
    }
  }

  void insert(const std::vector<Allocation>& rows) {
    if (rows.empty()) return;
    Statement statement =
        connection_.statement("INSERT INTO resource_allocations (" HOLDFAST_ALLOCATION_COLUMNS
                              ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    for (const Allocation& row : rows) {
      write_dates(dates_, row.dates);
      statement.bind(1, row.id)
          .bind(2, row.resource_id)
          .bind(3, row.hold_id)
          .bind(4, row.order_id)
          .bind(5, row.line_item_id)
          .bind(6, dates_)
          .bind(7, row.quantity)
          .bind(8, std::string_view(name(row.status)))
          .bind(9, row.created_at);
      bind_optional(statement, 10, row.cancelled_at);
      statement.run();
    }
  }

  void update(const std::vector<AllocationUpdate>& rows) {
    if (rows.empty()) return;
    Statement statement =
        connection_.statement(guarded_ ? HOLDFAST_UPDATE_ALLOCATION "AND status = ?7"
                                       : HOLDFAST_UPDATE_ALLOCATION "AND ?7 <> ''");
    for (const AllocationUpdate& row : rows) {
      write_dates(dates_, row.allocation.dates);
      statement.bind(1, row.allocation.resource_id)
          .bind(2, row.allocation.id)
          .bind(3, std::string_view(name(row.allocation.status)))
          .bind(5, dates_)
          .bind(6, row.allocation.quantity)
          .bind(7, std::string_view(name(row.from)));
      bind_optional(statement, 4, row.allocation.cancelled_at);
      guard(statement.run(), 1, "an allocation");
    }
  }

  void insert(const std::vector<Blackout>& rows) {
    if (rows.empty()) return;
    Statement statement =
        connection_.statement("INSERT INTO resource_blackouts (" HOLDFAST_BLACKOUT_COLUMNS
                              ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    std::string end;
    for (const Blackout& row : rows) {
      end.clear();
      append_date(end, row.end_date);
      statement.bind(1, row.id)
          .bind(2, row.resource_id)
          .bind(3, day(row.start_date))
          .bind(4, end)
          .bind(5, row.reason)
          .bind(6, row.created_at);
      bind_optional(statement, 7, row.deleted_at);
      statement.run();
    }
  }

  void update(const std::vector<Blackout>& rows) {
    if (rows.empty()) return;
    Statement statement = connection_.statement(
        "UPDATE resource_blackouts SET deleted_at = ?3 WHERE resource_id = ?1 AND id = ?2");
    for (const Blackout& row : rows) {
      statement.bind(1, row.resource_id).bind(2, row.id);
      bind_optional(statement, 3, row.deleted_at);
      require(statement.run(), 1, "a blackout");
    }
  }

  void insert(const std::vector<CommandInsert>& rows) {
    if (rows.empty()) return;
    Statement statement = connection_.statement(
        "INSERT INTO commands (resource_id, operation, idempotency_token, fingerprint, outcome, "
        "created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    for (const CommandInsert& row : rows) {
      statement.bind(1, row.key)
          .bind(2, row.record.key.operation)
          .bind(3, row.record.key.token)
          .bind(4, row.record.fingerprint)
          .bind(5, row.record.outcome)
          .bind(6, now_)
          .run();
    }
  }

  void remove(const Removal& removal) {
    remove_ids("DELETE FROM resource_holds INDEXED BY resource_holds_by_id "  //
               HOLDFAST_WHERE_ID("id"),
               removal.key, removal.hold_ids);
    remove_ids("DELETE FROM resource_blackouts WHERE resource_id = ?1 AND id = ?2", removal.key,
               removal.blackout_ids);
    if (removal.commands.empty()) return;
    Statement statement = connection_.statement(
        "DELETE FROM commands "
        "WHERE resource_id = ?1 AND operation = ?2 AND idempotency_token = ?3");
    for (const CommandKey& command : removal.commands) {
      statement.bind(1, removal.key).bind(2, command.operation).bind(3, command.token).run();
    }
  }

 private:
  static void bind_resource(Statement& statement, const Resource& row) {
    statement.bind(1, row.id)
        .bind(2, row.type)
        .bind(3, row.name)
        .bind(4, row.description)
        .bind(5, row.metadata)
        .bind(6, row.timezone)
        .bind(7, row.is_active ? 1 : 0)
        .bind(9, row.updated_at);
    bind_optional(statement, 10, row.deleted_at);
  }

  void remove_ids(const char* sql, const std::string& key, const std::vector<std::string>& ids) {
    if (ids.empty()) return;
    Statement statement = connection_.statement(sql);
    for (const std::string& id : ids) statement.bind(1, key).bind(2, id).run();
  }

  void guard(std::int64_t changed, std::int64_t wanted, const char* what) const {
    if (guarded_) require(changed, wanted, what);
  }

  /// Valid until the next call.
  std::string_view day(Date date) {
    day_.clear();
    append_date(day_, date);
    return day_;
  }

  Connection& connection_;
  Instant now_;
  bool guarded_;
  std::string day_;
  std::string dates_;
};

}  // namespace

#define HOLDFAST_WHERE_UNMARKED "WHERE status = 'ACTIVE' AND is_overdue = 0 AND expires_at <= ?1"

void mark_overdue(Connection& connection, Instant now) {
  // An UPDATE of any number of rows first makes a table to remember them in; nearly always there
  // are none.
  Statement first = connection.statement(
      "SELECT 1 FROM resource_holds INDEXED BY resource_holds_by_expiry " HOLDFAST_WHERE_UNMARKED
      " LIMIT 1");
  if (!first.bind(1, now).step()) return;
  first.reset();
  connection
      .statement(
          "UPDATE resource_holds INDEXED BY resource_holds_by_expiry "
          "SET is_overdue = 1 " HOLDFAST_WHERE_UNMARKED)
      .bind(1, now)
      .run();
}

void write_changes(Connection& connection, const Changes& changes, Instant now, bool guarded) {
  Writer writer(connection, now, guarded);
  // Parents before children: foreign keys are checked row by row.
  writer.insert(changes.resource_inserts);
  writer.update(changes.resource_updates);
  writer.insert(changes.capacity_inserts);
  writer.apply(changes.capacity_deltas);
  writer.update(changes.hold_updates);
  writer.update(changes.status_changes);
  writer.insert(changes.hold_inserts);
  writer.insert(changes.allocation_inserts);
  writer.update(changes.allocation_updates);
  writer.insert(changes.blackout_inserts);
  writer.update(changes.blackout_updates);
  writer.insert(changes.command_inserts);
  for (const Removal& removal : changes.removals) writer.remove(removal);
}

}  // namespace holdfast::sqlite
