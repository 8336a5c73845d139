// Rows as entities: one column list per table, and what reads it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "holdfast/entities.hpp"
#include "holdfast/storage.hpp"
#include "storage/sqlite/connection.hpp"

// In the order in which the read_ functions below take them; macros, so that statements stay
// literals.
#define HOLDFAST_RESOURCE_COLUMNS \
  "id, type, name, description, metadata, timezone, is_active, created_at, updated_at, deleted_at"
#define HOLDFAST_BRIEF_RESOURCE_COLUMNS "timezone, is_active, deleted_at"
#define HOLDFAST_HOLD_COLUMNS                                                             \
  "id, resource_id, dates, quantity, customer_email, holder, idempotency_token, status, " \
  "expires_at, group_id, created_at, updated_at, item_no, fingerprint"
#define HOLDFAST_ALLOCATION_COLUMNS                                                         \
  "id, resource_id, hold_id, order_id, line_item_id, dates, quantity, status, created_at, " \
  "cancelled_at"
#define HOLDFAST_BLACKOUT_COLUMNS \
  "id, resource_id, start_date, end_date, reason, created_at, deleted_at"

// The row of the key ?1 and the id ?2 in a table whose ids are found by their end. The plus keeps
// SQLite from putting ?2 in the place of the column everywhere, and thereby losing the index.
#define HOLDFAST_WHERE_ID(column) \
  "WHERE substr(" column ", -26) = substr(?2, -26) AND resource_id = ?1 AND +" column " = ?2 "

// The ACTIVE holds that meet the condition, marked overdue or not. Without one on expires_at it
// looks at all that are not marked, of every resource: few, because a hold is ACTIVE for minutes.
#define HOLDFAST_WHERE_ACTIVE(condition)                                                  \
  "WHERE rowid IN (SELECT rowid FROM resource_holds INDEXED BY resource_holds_by_expiry " \
  "WHERE status = 'ACTIVE' AND is_overdue = 0 " condition                                 \
  " UNION ALL SELECT rowid FROM resource_holds INDEXED BY resource_holds_overdue "        \
  "WHERE status = 'ACTIVE' AND is_overdue = 1 " condition ") "

namespace holdfast::sqlite {

Resource read_brief_resource(const Statement& row);
Resource read_resource(const Statement& row);
Hold read_hold(const Statement& row);
StoredHold read_stored_hold(const Statement& row);
Allocation read_allocation(const Statement& row);
Blackout read_blackout(const Statement& row);

/// `YYYY-MM-DD` at the end of `out`.
void append_date(std::string& out, Date day);
/// Comma-separated; replaces what `out` held.
void write_dates(std::string& out, const std::vector<Date>& dates);
/// Throws Failure (kStorage) on what is not a day: a file that something else has changed.
Date read_date(std::string_view text);
std::vector<Date> read_dates(std::string_view text);

/// `dates` is ascending.
bool touches(const std::vector<Date>& dates, const DateRange& range);

}  // namespace holdfast::sqlite
