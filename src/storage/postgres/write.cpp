#include "storage/postgres/write.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/postgres/wire.hpp"

namespace holdfast::postgres {
namespace {

// The count is checked by the server, because COMMIT is already on its way when we could check it.
#define HOLDFAST_COUNTED(update, rows)                                              \
  "WITH written AS (" update " RETURNING 1) SELECT 1 / (CASE WHEN count(*) = " rows \
  " THEN 1 ELSE 0 END) "                                                            \
  "FROM written"
#define HOLDFAST_ALL_OF_THEM(update) HOLDFAST_COUNTED(update, "cardinality($1::text[])")

struct Write {
  Statement guarded;
  Statement bare;
  const Statement& of(bool guard) const { return guard ? guarded : bare; }
};

// A stay takes the same from each of its days: one search of the index, not one for each day, gave
// a tenth more throughput.
#define HOLDFAST_ADD_CAPACITY                                                               \
  "UPDATE holdfast.resource_capacity AS c SET max_capacity = c.max_capacity + d.more_max, " \
  "available_capacity = c.available_capacity + d.more_available "                           \
  "FROM unnest($1::text[], $2::date[], $3::date[], $4::int4[], $5::int4[]) "                \
  "AS d(key, first, last, more_max, more_available) "                                       \
  "WHERE c.resource_id = d.key AND c.date >= d.first AND c.date <= d.last"
constexpr Write kAddCapacity{
    {HOLDFAST_COUNTED(HOLDFAST_ADD_CAPACITY
                      " AND c.available_capacity::int8 + d.more_available >= 0 "
                      "AND c.available_capacity::int8 + d.more_available <= "
                      "c.max_capacity::int8 + d.more_max "
                      "AND c.max_capacity::int8 + d.more_max <= 2147483647",
                      "$6::int8")},
    {HOLDFAST_ADD_CAPACITY " AND $6::int8 >= 0"}};

#define HOLDFAST_UPDATE_HOLDS                                                               \
  "UPDATE holdfast.resource_holds AS h SET status = u.status, expires_at = u.expires_at, "  \
  "dates = ($9::date[])[u.first:u.last], quantity = u.quantity, "                           \
  "customer_email = u.customer_email, updated_at = u.updated_at "                           \
  "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], "         \
  "$6::int4[], $7::text[], $8::timestamptz[], $10::int4[], $11::int4[]) "                   \
  "AS u(key, id, status_before, status, expires_at, quantity, customer_email, updated_at, " \
  "first, last) WHERE h.resource_id = u.key AND h.id = u.id"
constexpr Write kUpdateHolds{
    {HOLDFAST_ALL_OF_THEM(HOLDFAST_UPDATE_HOLDS " AND h.status = u.status_before")},
    {HOLDFAST_UPDATE_HOLDS}};

#define HOLDFAST_SET_STATUS \
  "UPDATE holdfast.resource_holds AS h SET status = u.status, "                   \
  "updated_at = $5::timestamptz FROM (SELECT key, id, "                           \
  HOLDFAST_COLUMN("$3::text[]") " AS status_before, "            \
  HOLDFAST_COLUMN("$4::text[]") " AS status "                           \
  "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u(key, id, n) "         \
  "OFFSET 0) AS u "                                                               \
  "WHERE h.resource_id = u.key AND h.id = u.id"
constexpr Write kSetStatus{
    {HOLDFAST_ALL_OF_THEM(HOLDFAST_SET_STATUS " AND h.status = u.status_before")},
    {HOLDFAST_SET_STATUS}};

#define HOLDFAST_UPDATE_ALLOCATIONS                                                      \
  "UPDATE holdfast.resource_allocations AS a SET status = u.status, "                    \
  "cancelled_at = u.cancelled_at, dates = ($9::date[])[u.first:u.last], "                \
  "first_date = u.first_date, last_date = u.last_date, quantity = u.quantity "           \
  "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], "      \
  "$6::int4[], $7::date[], $8::date[], $10::int4[], $11::int4[]) "                       \
  "AS u(key, id, status_before, status, cancelled_at, quantity, first_date, last_date, " \
  "first, last) WHERE a.resource_id = u.key AND a.id = u.id"
constexpr Write kUpdateAllocations{
    {HOLDFAST_ALL_OF_THEM(HOLDFAST_UPDATE_ALLOCATIONS " AND a.status = u.status_before")},
    {HOLDFAST_UPDATE_ALLOCATIONS}};

#define HOLDFAST_UPDATE_RESOURCES                                                        \
  "UPDATE holdfast.resources AS r SET type = u.type, name = u.name, "                    \
  "description = u.description, metadata = u.metadata::jsonb, timezone = u.timezone, "   \
  "is_active = u.is_active, updated_at = u.updated_at, deleted_at = u.deleted_at "       \
  "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], " \
  "$7::bool[], $8::timestamptz[], $9::timestamptz[]) AS u(id, type, name, description, " \
  "metadata, timezone, is_active, updated_at, deleted_at) WHERE r.id = u.id"
constexpr Write kUpdateResources{{HOLDFAST_ALL_OF_THEM(HOLDFAST_UPDATE_RESOURCES)},
                                 {HOLDFAST_UPDATE_RESOURCES}};

#define HOLDFAST_UPDATE_BLACKOUTS                                                     \
  "UPDATE holdfast.resource_blackouts AS b SET deleted_at = u.deleted_at "            \
  "FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS u(key, id, deleted_at) " \
  "WHERE b.resource_id = u.key AND b.id = u.id"
constexpr Write kUpdateBlackouts{{HOLDFAST_ALL_OF_THEM(HOLDFAST_UPDATE_BLACKOUTS)},
                                 {HOLDFAST_UPDATE_BLACKOUTS}};

// An insert needs no count: a row that is there already fails it.
constexpr Statement kInsertResources{
    "INSERT INTO holdfast.resources (id, type, name, description, metadata, timezone, "
    "is_active, created_at, updated_at, deleted_at) "
    "SELECT u.id, u.type, u.name, u.description, u.metadata::jsonb, u.timezone, u.is_active, "
    "u.created_at, u.updated_at, u.deleted_at "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
    "$7::bool[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[]) "
    "AS u(id, type, name, description, metadata, timezone, is_active, updated_at, deleted_at, "
    "created_at)"};

constexpr Statement kInsertCapacity{
    "INSERT INTO holdfast.resource_capacity (resource_id, date, max_capacity, "
    "available_capacity) SELECT * FROM unnest($1::text[], $2::date[], $3::int4[], $4::int4[])"};

#define HOLDFAST_INSERT_HOLDS(one) \
  "INSERT INTO holdfast.resource_holds (resource_id, id, dates, idempotency_token, "             \
  "fingerprint, item_no, status, expires_at, quantity, customer_email, updated_at, holder, "     \
  "group_id, created_at) SELECT u.key, u.id, ($3::date[])[u.first:u.last], u.token, "            \
  "u.fingerprint, " one("$8", "int4") ", " one("$9", "text") ", " one("$10", "timestamptz") ", " \
  HOLDFAST_COLUMN("$11::int4[]") ", " HOLDFAST_COLUMN("$12::text[]") ", "                        \
  one("$13", "timestamptz") ", " HOLDFAST_COLUMN("$14::text[]") ", "                             \
  one("$15", "text") ", " one("$16", "timestamptz")                                              \
  " FROM unnest($1::text[], $2::text[], $4::int4[], $5::int4[], $6::text[], $7::text[]) "        \
  "WITH ORDINALITY AS u(key, id, first, last, token, fingerprint, n)"
// What one request makes of one hold is nearly always alike in all of these.
#define HOLDFAST_ALIKE(parameter, type) parameter "::" type
#define HOLDFAST_APART(parameter, type) HOLDFAST_COLUMN(parameter "::" type "[]")
constexpr Statement kInsertHolds{HOLDFAST_INSERT_HOLDS(HOLDFAST_ALIKE)};
constexpr Statement kInsertMixedHolds{HOLDFAST_INSERT_HOLDS(HOLDFAST_APART)};

constexpr Statement kInsertAllocations{
    "INSERT INTO holdfast.resource_allocations (resource_id, id, status, cancelled_at, "
    "quantity, first_date, last_date, dates, hold_id, order_id, line_item_id, created_at) "
    "SELECT u.key, u.id, u.status, u.cancelled_at, u.quantity, u.first_date, u.last_date, "
    "($8::date[])[u.first:u.last], u.hold_id, u.order_id, u.line_item_id, u.created_at "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::int4[], "
    "$6::date[], $7::date[], $9::int4[], $10::int4[], $11::text[], $12::text[], $13::text[], "
    "$14::timestamptz[]) AS u(key, id, status, cancelled_at, quantity, first_date, "
    "last_date, first, last, hold_id, order_id, line_item_id, created_at)"};

constexpr Statement kInsertBlackouts{
    "INSERT INTO holdfast.resource_blackouts (resource_id, id, start_date, end_date, reason, "
    "created_at, deleted_at) SELECT * FROM unnest($1::text[], $2::text[], $3::date[], "
    "$4::date[], $5::text[], $6::timestamptz[], $7::timestamptz[])"};

constexpr Statement kInsertCommands{
    "INSERT INTO holdfast.commands (resource_id, operation, token, fingerprint, outcome, "
    "created_at) SELECT u.*, $6::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], "
    "$4::text[], $5::text[]) AS u(key, operation, token, fingerprint, outcome)"};

constexpr Statement kRemoveHolds{
    "DELETE FROM holdfast.resource_holds AS h USING unnest($1::text[], $2::text[]) AS u(key, id) "
    "WHERE h.resource_id = u.key AND h.id = u.id"};
constexpr Statement kRemoveBlackouts{
    "DELETE FROM holdfast.resource_blackouts AS b "
    "USING unnest($1::text[], $2::text[]) AS u(key, id) "
    "WHERE b.resource_id = u.key AND b.id = u.id"};
constexpr Statement kRemoveCommands{
    "DELETE FROM holdfast.commands AS c "
    "USING unnest($1::text[], $2::text[], $3::text[]) AS u(key, operation, token) "
    "WHERE c.resource_id = u.key AND c.operation = u.operation AND c.token = u.token"};

Params resource_params(const std::vector<Resource>& rows) {
  Params out;
  out.add_each(rows, [](const Resource& r) -> std::string_view { return r.id; })
      .add_each(rows, [](const Resource& r) -> std::string_view { return r.type; })
      .add_each(rows, [](const Resource& r) -> std::string_view { return r.name; })
      .add_each(rows, [](const Resource& r) -> std::string_view { return r.description; })
      .add_each(rows, [](const Resource& r) -> std::string_view { return r.metadata; })
      .add_each(rows, [](const Resource& r) -> std::string_view { return r.timezone; })
      .add_each(rows, [](const Resource& r) { return r.is_active; })
      .add_each(rows, [](const Resource& r) { return r.updated_at; })
      .add_each(rows, [](const Resource& r) { return r.deleted_at; });
  return out;
}

void write_resources(Trip& trip, const Changes& changes, bool guard) {
  if (const auto& rows = changes.resource_inserts; !rows.empty()) {
    Params params = resource_params(rows);
    params.add_each(rows, [](const Resource& r) { return r.created_at; });
    trip.add(kInsertResources, params);
  }
  if (const auto& rows = changes.resource_updates; !rows.empty())
    trip.add(kUpdateResources.of(guard), resource_params(rows));
}

void write_capacity(Trip& trip, const Changes& changes, bool guard) {
  if (const auto& rows = changes.capacity_inserts; !rows.empty()) {
    Params params;
    params.add_each(rows, [](const CapacityInsert& c) -> std::string_view { return c.key; })
        .add_each(rows, [](const CapacityInsert& c) { return c.date; })
        .add_each(rows, [](const CapacityInsert& c) { return c.max_capacity; })
        .add_each(rows, [](const CapacityInsert& c) { return c.available_capacity; });
    trip.add(kInsertCapacity, params);
  }
  if (changes.capacity_deltas.empty()) return;
  // Rows are locked in the order of the deltas: where the key locks do not exclude each other, two
  // transactions then wait for each other instead of deadlocking.
  const auto& deltas = changes.capacity_deltas;
  std::int64_t days = 0;
  for (const CapacityDelta& delta : deltas) days += delta.days;
  Params params;
  params.add_each(deltas, [](const CapacityDelta& d) -> std::string_view { return d.key; })
      .add_each(deltas, [](const CapacityDelta& d) { return d.date; })
      .add_each(deltas, [](const CapacityDelta& d) { return d.last(); })
      .add_each(deltas, [](const CapacityDelta& d) { return d.max_delta; })
      .add_each(deltas, [](const CapacityDelta& d) { return d.available_delta; })
      .add(days);
  trip.add(kAddCapacity.of(guard), params);
}

bool are_alike(const StoredHold& a, const StoredHold& b) {
  return a.item_no == b.item_no && a.hold.status == b.hold.status &&
         a.hold.expires_at == b.hold.expires_at && a.hold.updated_at == b.hold.updated_at &&
         a.hold.group_id == b.hold.group_id && a.hold.created_at == b.hold.created_at;
}

void insert_holds(Trip& trip, const std::vector<StoredHold>& rows) {
  if (rows.empty()) return;
  using Row = StoredHold;
  DaySlices days;
  for (const Row& row : rows) days.add(row.hold.dates);
  const bool alike = std::all_of(rows.begin(), rows.end(),
                                 [&](const Row& row) { return are_alike(row, rows.front()); });
  Params params;
  const auto one = [&](auto value) -> Params& {
    return alike ? params.add(value(rows.front())) : params.add_column(rows, value);
  };
  params.add_each(rows, [](const Row& h) -> std::string_view { return h.hold.resource_id; })
      .add_each(rows, [](const Row& h) -> std::string_view { return h.hold.id; })
      .add(days.days)
      .add(days.first)
      .add(days.last)
      .add_each(rows, [](const Row& h) -> std::string_view { return h.hold.idempotency_token; })
      .add_each(rows, [](const Row& h) -> std::string_view { return h.fingerprint; });
  one([](const Row& h) { return h.item_no; });
  one([](const Row& h) { return std::string_view(name(h.hold.status)); });
  one([](const Row& h) { return h.hold.expires_at; });
  params.add_column(rows, [](const Row& h) { return h.hold.quantity; });
  params.add_column(rows, [](const Row& h) -> std::string_view { return h.hold.customer_email; });
  one([](const Row& h) { return h.hold.updated_at; });
  params.add_column(rows, [](const Row& h) -> std::string_view { return h.hold.holder; });
  one([](const Row& h) -> std::string_view { return h.hold.group_id; });
  one([](const Row& h) { return h.hold.created_at; });
  trip.add(alike ? kInsertHolds : kInsertMixedHolds, params);
}

void update_holds(Trip& trip, const std::vector<HoldUpdate>& rows, bool guard) {
  if (rows.empty()) return;
  DaySlices days;
  for (const HoldUpdate& row : rows) days.add(row.hold.dates);
  Params params;
  params.add_each(rows, [](const HoldUpdate& h) -> std::string_view { return h.hold.resource_id; })
      .add_each(rows, [](const HoldUpdate& h) -> std::string_view { return h.hold.id; })
      .add_each(rows, [](const HoldUpdate& h) { return std::string_view(name(h.from)); })
      .add_each(rows, [](const HoldUpdate& h) { return std::string_view(name(h.hold.status)); })
      .add_each(rows, [](const HoldUpdate& h) { return h.hold.expires_at; })
      .add_each(rows, [](const HoldUpdate& h) { return h.hold.quantity; })
      .add_each(rows, [](const HoldUpdate& h) -> std::string_view { return h.hold.customer_email; })
      .add_each(rows, [](const HoldUpdate& h) { return h.hold.updated_at; })
      .add(days.days)
      .add(days.first)
      .add(days.last);
  trip.add(kUpdateHolds.of(guard), params);
}

void set_status(Trip& trip, const std::vector<StatusChange>& rows, Instant now, bool guard) {
  if (rows.empty()) return;
  Params params;
  params.add_each(rows, [](const StatusChange& c) -> std::string_view { return c.key; })
      .add_each(rows, [](const StatusChange& c) -> std::string_view { return c.hold_id; })
      .add_column(rows, [](const StatusChange& c) { return std::string_view(name(c.from)); })
      .add_column(rows, [](const StatusChange& c) { return std::string_view(name(c.to)); })
      .add(now);
  trip.add(kSetStatus.of(guard), params);
}

Date first_day(const Allocation& a) { return a.dates.empty() ? Date{} : a.dates.front(); }
Date last_day(const Allocation& a) { return a.dates.empty() ? Date{} : a.dates.back(); }

void insert_allocations(Trip& trip, const std::vector<Allocation>& rows) {
  if (rows.empty()) return;
  DaySlices days;
  for (const Allocation& row : rows) days.add(row.dates);
  Params params;
  params.add_each(rows, [](const Allocation& a) -> std::string_view { return a.resource_id; })
      .add_each(rows, [](const Allocation& a) -> std::string_view { return a.id; })
      .add_each(rows, [](const Allocation& a) { return std::string_view(name(a.status)); })
      .add_each(rows, [](const Allocation& a) { return a.cancelled_at; })
      .add_each(rows, [](const Allocation& a) { return a.quantity; })
      .add_each(rows, first_day)
      .add_each(rows, last_day)
      .add(days.days)
      .add(days.first)
      .add(days.last)
      .add_each(rows, [](const Allocation& a) -> std::string_view { return a.hold_id; })
      .add_each(rows, [](const Allocation& a) -> std::string_view { return a.order_id; })
      .add_each(rows, [](const Allocation& a) -> std::string_view { return a.line_item_id; })
      .add_each(rows, [](const Allocation& a) { return a.created_at; });
  trip.add(kInsertAllocations, params);
}

void update_allocations(Trip& trip, const std::vector<AllocationUpdate>& rows, bool guard) {
  if (rows.empty()) return;
  using Update = AllocationUpdate;
  DaySlices days;
  for (const Update& row : rows) days.add(row.allocation.dates);
  Params params;
  params
      .add_each(rows, [](const Update& u) -> std::string_view { return u.allocation.resource_id; })
      .add_each(rows, [](const Update& u) -> std::string_view { return u.allocation.id; })
      .add_each(rows, [](const Update& u) { return std::string_view(name(u.from)); })
      .add_each(rows, [](const Update& u) { return std::string_view(name(u.allocation.status)); })
      .add_each(rows, [](const Update& u) { return u.allocation.cancelled_at; })
      .add_each(rows, [](const Update& u) { return u.allocation.quantity; })
      .add_each(rows, [](const Update& u) { return first_day(u.allocation); })
      .add_each(rows, [](const Update& u) { return last_day(u.allocation); })
      .add(days.days)
      .add(days.first)
      .add(days.last);
  trip.add(kUpdateAllocations.of(guard), params);
}

void write_blackouts(Trip& trip, const Changes& changes, bool guard) {
  if (const auto& rows = changes.blackout_inserts; !rows.empty()) {
    Params params;
    params.add_each(rows, [](const Blackout& b) -> std::string_view { return b.resource_id; })
        .add_each(rows, [](const Blackout& b) -> std::string_view { return b.id; })
        .add_each(rows, [](const Blackout& b) { return b.start_date; })
        .add_each(rows, [](const Blackout& b) { return b.end_date; })
        .add_each(rows, [](const Blackout& b) -> std::string_view { return b.reason; })
        .add_each(rows, [](const Blackout& b) { return b.created_at; })
        .add_each(rows, [](const Blackout& b) { return b.deleted_at; });
    trip.add(kInsertBlackouts, params);
  }
  if (const auto& rows = changes.blackout_updates; !rows.empty()) {
    Params params;
    params.add_each(rows, [](const Blackout& b) -> std::string_view { return b.resource_id; })
        .add_each(rows, [](const Blackout& b) -> std::string_view { return b.id; })
        .add_each(rows, [](const Blackout& b) { return b.deleted_at; });
    trip.add(kUpdateBlackouts.of(guard), params);
  }
}

void insert_commands(Trip& trip, const std::vector<CommandInsert>& rows, Instant now) {
  if (rows.empty()) return;
  Params params;
  params.add_each(rows, [](const CommandInsert& c) -> std::string_view { return c.key; })
      .add_each(rows,
                [](const CommandInsert& c) -> std::string_view { return c.record.key.operation; })
      .add_each(rows, [](const CommandInsert& c) -> std::string_view { return c.record.key.token; })
      .add_each(rows,
                [](const CommandInsert& c) -> std::string_view { return c.record.fingerprint; })
      .add_each(rows, [](const CommandInsert& c) -> std::string_view { return c.record.outcome; })
      .add(now);
  trip.add(kInsertCommands, params);
}

void remove_ids(Trip& trip, const Statement& statement, const std::vector<Removal>& removals,
                std::vector<std::string> Removal::*ids) {
  std::vector<std::pair<std::string_view, std::string_view>> rows;
  for (const Removal& removal : removals) {
    for (const std::string& id : removal.*ids) rows.emplace_back(removal.key, id);
  }
  if (rows.empty()) return;
  Params params;
  params.add_each(rows, [](const auto& row) { return row.first; });
  params.add_each(rows, [](const auto& row) { return row.second; });
  trip.add(statement, params);
}

void remove_commands(Trip& trip, const std::vector<Removal>& removals) {
  std::vector<std::pair<std::string_view, const CommandKey*>> rows;
  for (const Removal& removal : removals) {
    for (const CommandKey& command : removal.commands) rows.emplace_back(removal.key, &command);
  }
  if (rows.empty()) return;
  Params params;
  params.add_each(rows, [](const auto& row) { return row.first; });
  params.add_each(rows, [](const auto& row) -> std::string_view { return row.second->operation; });
  params.add_each(rows, [](const auto& row) -> std::string_view { return row.second->token; });
  trip.add(kRemoveCommands, params);
}

}  // namespace

void queue_writes(Trip& trip, const Changes& changes, Instant now, bool guard) {
  write_resources(trip, changes, guard);
  write_capacity(trip, changes, guard);
  insert_holds(trip, changes.hold_inserts);
  update_holds(trip, changes.hold_updates, guard);
  set_status(trip, changes.status_changes, now, guard);
  insert_allocations(trip, changes.allocation_inserts);
  update_allocations(trip, changes.allocation_updates, guard);
  write_blackouts(trip, changes, guard);
  insert_commands(trip, changes.command_inserts, now);
  remove_ids(trip, kRemoveHolds, changes.removals, &Removal::hold_ids);
  remove_ids(trip, kRemoveBlackouts, changes.removals, &Removal::blackout_ids);
  remove_commands(trip, changes.removals);
}

}  // namespace holdfast::postgres
