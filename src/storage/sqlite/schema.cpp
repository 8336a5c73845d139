#include "storage/sqlite/schema.hpp"

#include <array>
#include <string>

namespace holdfast::sqlite {
namespace {

// Days are `YYYY-MM-DD`, lists of days comma-separated and ascending, instants microseconds since
// 1970 in UTC.
//
// What a batch of holds costs is the pages that it touches, so few indexes of the busy tables have
// their entries strewn over all resources. Ids of holds and allocations are found by their last 26
// characters, which grow with time: what a batch adds stands on one page, the last. ACTIVE holds
// are found by when they expire; most are confirmed or released before. Only those that were not
// are marked, by the next transaction that writes, and from then on found by their resource. SQLite
// makes a table of an IN with more than two values, for each row that it checks: hence the ORs.
constexpr const char* kTables = R"sql(
CREATE TABLE resources (
  id          TEXT    NOT NULL PRIMARY KEY,
  type        TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  description TEXT    NOT NULL,
  metadata    TEXT    NOT NULL,
  timezone    TEXT    NOT NULL,
  is_active   INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  deleted_at  INTEGER
) STRICT;
CREATE INDEX resources_by_age ON resources (created_at, id);

CREATE TABLE resource_capacity (
  resource_id        TEXT    NOT NULL REFERENCES resources (id),
  date               TEXT    NOT NULL CHECK (length(date) = 10),
  max_capacity       INTEGER NOT NULL CHECK (max_capacity >= 0),
  available_capacity INTEGER NOT NULL CHECK (available_capacity BETWEEN 0 AND max_capacity),
  PRIMARY KEY (resource_id, date)
) STRICT, WITHOUT ROWID;

CREATE TABLE resource_holds (
  resource_id       TEXT    NOT NULL,
  id                TEXT    NOT NULL,
  dates             TEXT    NOT NULL CHECK (length(dates) >= 10),
  quantity          INTEGER NOT NULL CHECK (quantity >= 1),
  customer_email    TEXT    NOT NULL,
  holder            TEXT    NOT NULL,
  idempotency_token TEXT    NOT NULL,
  item_no           INTEGER NOT NULL CHECK (item_no >= 0),
  fingerprint       TEXT    NOT NULL,
  status            TEXT    NOT NULL
                    CHECK (status = 'ACTIVE' OR status = 'CONFIRMED' OR status = 'RELEASED' OR
                           status = 'EXPIRED'),
  expires_at        INTEGER NOT NULL,
  group_id          TEXT    NOT NULL,
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  is_overdue        INTEGER NOT NULL DEFAULT 0 CHECK (is_overdue IN (0, 1)),
  UNIQUE (resource_id, idempotency_token, item_no)
) STRICT;
CREATE UNIQUE INDEX resource_holds_by_id ON resource_holds (substr(id, -26), resource_id);
CREATE INDEX resource_holds_by_expiry ON resource_holds (expires_at, resource_id)
  WHERE status = 'ACTIVE' AND is_overdue = 0;
CREATE INDEX resource_holds_overdue ON resource_holds (resource_id, expires_at)
  WHERE status = 'ACTIVE' AND is_overdue = 1;
CREATE INDEX resource_holds_ended ON resource_holds (resource_id, updated_at)
  WHERE status IN ('RELEASED', 'EXPIRED');
CREATE INDEX resource_holds_by_age ON resource_holds (created_at);
CREATE INDEX resource_holds_by_email ON resource_holds (customer_email)
  WHERE customer_email <> '';
CREATE INDEX resource_holds_by_group ON resource_holds (group_id) WHERE group_id <> '';

CREATE TABLE resource_allocations (
  resource_id  TEXT    NOT NULL,
  id           TEXT    NOT NULL,
  hold_id      TEXT    NOT NULL,
  order_id     TEXT    NOT NULL,
  line_item_id TEXT    NOT NULL,
  dates        TEXT    NOT NULL CHECK (length(dates) >= 10),
  quantity     INTEGER NOT NULL CHECK (quantity >= 1),
  status       TEXT    NOT NULL CHECK (status IN ('CONFIRMED', 'CANCELLED')),
  created_at   INTEGER NOT NULL,
  cancelled_at INTEGER
) STRICT;
CREATE UNIQUE INDEX resource_allocations_by_id
  ON resource_allocations (substr(id, -26), resource_id);
CREATE UNIQUE INDEX resource_allocations_by_hold
  ON resource_allocations (substr(hold_id, -26), resource_id);
CREATE INDEX resource_allocations_by_resource
  ON resource_allocations (resource_id, substr(dates, -10));
CREATE INDEX resource_allocations_by_order ON resource_allocations (order_id, line_item_id);
CREATE INDEX resource_allocations_by_age ON resource_allocations (created_at);

CREATE TABLE resource_blackouts (
  resource_id TEXT    NOT NULL REFERENCES resources (id),
  id          TEXT    NOT NULL,
  start_date  TEXT    NOT NULL CHECK (length(start_date) = 10),
  end_date    TEXT    NOT NULL CHECK (length(end_date) = 10 AND end_date >= start_date),
  reason      TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  deleted_at  INTEGER,
  PRIMARY KEY (resource_id, id)
) STRICT;
CREATE INDEX resource_blackouts_standing ON resource_blackouts (resource_id, end_date)
  WHERE deleted_at IS NULL;
CREATE INDEX resource_blackouts_by_age ON resource_blackouts (created_at, id);

-- resource_id is the key that was locked; for create_resource that is the slot of a token.
CREATE TABLE commands (
  resource_id       TEXT    NOT NULL,
  operation         TEXT    NOT NULL,
  idempotency_token TEXT    NOT NULL,
  fingerprint       TEXT    NOT NULL,
  outcome           TEXT    NOT NULL,
  created_at        INTEGER NOT NULL,
  PRIMARY KEY (resource_id, operation, idempotency_token)
) STRICT;
)sql";

/// Number n brings version n to n + 1. One that was released is never changed again.
constexpr std::array kMigrations = {kTables};

[[noreturn]] void refuse(std::string message) {
  throw Failure(Status::kSchema, Retry::kNever, "sqlite: " + std::move(message));
}

[[noreturn]] void refuse_newer(std::int64_t version) {
  refuse("the database has schema version " + std::to_string(version) + ", newer than this " +
         "library's " + std::to_string(schema_version()) + ": use a newer Holdfast");
}

std::int64_t file_version(Connection& connection) {
  return connection.query_integer("PRAGMA user_version");
}

}  // namespace

std::int64_t schema_version() { return static_cast<std::int64_t>(kMigrations.size()); }

FileState inspect(Connection& connection) {
  const std::int64_t owner = connection.query_integer("PRAGMA application_id");
  const std::int64_t version = file_version(connection);
  if (owner == kApplicationId) {
    if (version > schema_version()) refuse_newer(version);
    return version == schema_version() ? FileState::kCurrent : FileState::kOutdated;
  }
  const bool is_empty =
      version == 0 && connection.query_integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (owner != 0 || !is_empty) refuse("the file is not a Holdfast database");
  return FileState::kEmpty;
}

void migrate(Connection& connection) {
  if (inspect(connection) == FileState::kEmpty) {
    const std::string mark = "PRAGMA application_id = " + std::to_string(kApplicationId);
    connection.run_script(mark.c_str());
  }
  for (std::int64_t version = file_version(connection); version < schema_version(); ++version) {
    connection.run_script(kMigrations[static_cast<std::size_t>(version)]);
    const std::string mark = "PRAGMA user_version = " + std::to_string(version + 1);
    connection.run_script(mark.c_str());
  }
}

void require_current(Connection& connection) {
  const std::int64_t version = file_version(connection);
  if (version == schema_version()) return;
  if (inspect(connection) == FileState::kEmpty) refuse("the database is empty: run migrate first");
  refuse("the database has schema version " + std::to_string(version) + ", this library needs " +
         std::to_string(schema_version()) + ": run migrate first");
}

}  // namespace holdfast::sqlite
