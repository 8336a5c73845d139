#include "storage/postgres/load.hpp"

#include <algorithm>
#include <utility>

#include "holdfast/operations.hpp"

namespace holdfast::postgres {
namespace {

// Every read is `unnest(keys) CROSS JOIN LATERAL (SELECT ... LIMIT or OFFSET)`: the fence keeps the
// planner from turning a keyed read into a hash join over the whole table, which is what it does
// on a table that it believes to be small. The first column is the key's place in the scope.

constexpr Statement kDue{
    "SELECT c.now, d.* FROM (SELECT coalesce($1::timestamptz, clock_timestamp()) AS now) c "
    "LEFT JOIN LATERAL (SELECT (k.ord - 1)::int4 AS ord, h.* "
    "FROM unnest($2::text[]) WITH ORDINALITY AS k(key, ord) "
    "CROSS JOIN LATERAL (SELECT " HOLDFAST_HOLD_COLUMNS
    " FROM holdfast.resource_holds WHERE resource_id = k.key AND status = 'ACTIVE' "
    "AND expires_at <= c.now ORDER BY resource_id, expires_at LIMIT $3::int8) h) d ON true"};

// In REPEATABLE READ one transaction has one snapshot; now() is the one instant that goes with it.
constexpr Statement kClock{"SELECT coalesce($1::timestamptz, now())"};

constexpr Statement kResources{
    "SELECT (k.ord - 1)::int4, r.* FROM unnest($1::text[]) WITH ORDINALITY AS k(key, ord) "
    "CROSS JOIN LATERAL (SELECT " HOLDFAST_RESOURCE_COLUMNS
    " FROM holdfast.resources WHERE id = k.key LIMIT 1) r"};

constexpr Statement kBriefResources{
    "SELECT (k.ord - 1)::int4, r.* FROM unnest($1::text[]) WITH ORDINALITY AS k(key, ord) "
    "CROSS JOIN LATERAL (SELECT " HOLDFAST_BRIEF_RESOURCE_COLUMNS
    " FROM holdfast.resources WHERE id = k.key LIMIT 1) r"};

constexpr std::int64_t kRunDays = 366;
constexpr Statement kCapacity{
    "SELECT k.ord, c.* FROM unnest($1::int4[], $2::text[], $3::date[], $4::date[]) "
    "AS k(ord, key, first, last) CROSS JOIN LATERAL ("
    "SELECT date, max_capacity, available_capacity FROM holdfast.resource_capacity "
    "WHERE resource_id = k.key AND date >= k.first AND date <= k.last "
    "ORDER BY resource_id, date LIMIT 366) c"};
static_assert(kRunDays == 366);

// A reader's range is one row for each key, because a row of its own for each day costs the server
// and the host as much again as finding it. A day is one number: its place in the range, its
// max_capacity and its available_capacity, which the table's constraint keeps below 2^20.
constexpr Statement kCalendar{
    "SELECT k.ord, k.first, ARRAY(SELECT ((date - k.first) * 1048576::int8 + max_capacity) "
    "* 1048576::int8 + available_capacity FROM holdfast.resource_capacity "
    "WHERE resource_id = k.key AND date >= k.first AND date <= k.last ORDER BY resource_id, date) "
    "FROM unnest($1::int4[], $2::text[], $3::date[], $4::date[]) AS k(ord, key, first, last)"};
constexpr int kPlacesBits = 20;
static_assert(bounds::kCapacityMax < 1 << kPlacesBits);

constexpr Statement kBlackouts{
    "SELECT k.ord, b.* FROM unnest($1::int4[], $2::text[], $3::date[], $4::date[]) "
    "AS k(ord, key, first, last) CROSS JOIN LATERAL (SELECT " HOLDFAST_BLACKOUT_COLUMNS
    " FROM holdfast.resource_blackouts WHERE resource_id = k.key AND deleted_at IS NULL "
    "AND end_date >= k.first AND start_date <= k.last ORDER BY resource_id, end_date OFFSET 0) b"};

#define HOLDFAST_NAMED "unnest($1::int4[], $2::text[], $3::text[]) AS k(ord, key, item) "

constexpr Statement kBlackoutsById{
    "SELECT k.ord, b.* FROM " HOLDFAST_NAMED "CROSS JOIN LATERAL (SELECT " HOLDFAST_BLACKOUT_COLUMNS
    " FROM holdfast.resource_blackouts WHERE resource_id = k.key AND id = k.item "
    "ORDER BY resource_id, id LIMIT 1) b"};

constexpr Statement kHoldsById{
    "SELECT k.ord, h.* FROM " HOLDFAST_NAMED "CROSS JOIN LATERAL (SELECT " HOLDFAST_HOLD_COLUMNS
    " FROM holdfast.resource_holds WHERE resource_id = k.key AND id = k.item "
    "ORDER BY resource_id, id LIMIT 1) h"};

constexpr Statement kHoldsByToken{
    "SELECT k.ord, h.* FROM " HOLDFAST_NAMED "CROSS JOIN LATERAL (SELECT " HOLDFAST_HOLD_COLUMNS
    " FROM holdfast.resource_holds WHERE resource_id = k.key AND idempotency_token = k.item "
    "AND item_no >= 0 "
    "ORDER BY resource_id, idempotency_token, item_no OFFSET 0) h"};

constexpr Statement kAllocationsById{
    "SELECT k.ord, a.* FROM " HOLDFAST_NAMED
    "CROSS JOIN LATERAL (SELECT " HOLDFAST_ALLOCATION_COLUMNS
    " FROM holdfast.resource_allocations WHERE resource_id = k.key AND id = k.item "
    "ORDER BY resource_id, id LIMIT 1) a"};

constexpr Statement kAllocationsByHold{
    "SELECT k.ord, a.* FROM " HOLDFAST_NAMED
    "CROSS JOIN LATERAL (SELECT " HOLDFAST_ALLOCATION_COLUMNS
    " FROM holdfast.resource_allocations WHERE resource_id = k.key AND hold_id = k.item "
    "AND hold_id <> '' "
    "ORDER BY resource_id, hold_id LIMIT 1) a"};

constexpr Statement kHoldsOfAllocations{
    "SELECT k.ord, h.* FROM " HOLDFAST_NAMED
    "CROSS JOIN LATERAL (SELECT hold_id FROM holdfast.resource_allocations "
    "WHERE resource_id = k.key AND id = k.item ORDER BY resource_id, id LIMIT 1) a "
    "CROSS JOIN LATERAL (SELECT " HOLDFAST_HOLD_COLUMNS
    " FROM holdfast.resource_holds WHERE resource_id = k.key AND id = a.hold_id "
    "ORDER BY resource_id, id LIMIT 1) h"};

#define HOLDFAST_DAYS_OF_HOLDS                                                               \
  HOLDFAST_NAMED                                                                             \
  "CROSS JOIN LATERAL (SELECT dates FROM holdfast.resource_holds WHERE resource_id = k.key " \
  "AND id = k.item ORDER BY resource_id, id LIMIT 1) h "                                     \
  "CROSS JOIN LATERAL unnest(h.dates) AS d(day) "

constexpr Statement kCapacityOfHolds{
    "SELECT k.ord, c.* FROM " HOLDFAST_DAYS_OF_HOLDS
    "CROSS JOIN LATERAL (SELECT date, max_capacity, available_capacity "
    "FROM holdfast.resource_capacity WHERE resource_id = k.key AND date = d.day "
    "ORDER BY resource_id, date LIMIT 1) c"};

constexpr Statement kBlackoutsOfHolds{
    "SELECT k.ord, b.* FROM " HOLDFAST_DAYS_OF_HOLDS
    "CROSS JOIN LATERAL (SELECT " HOLDFAST_BLACKOUT_COLUMNS
    " FROM holdfast.resource_blackouts WHERE resource_id = k.key AND deleted_at IS NULL "
    "AND end_date >= d.day AND start_date <= d.day ORDER BY resource_id, end_date OFFSET 0) b"};

constexpr Statement kCommands{
    "SELECT k.ord, c.* FROM unnest($1::int4[], $2::text[], $3::text[], $4::text[]) "
    "AS k(ord, key, operation, token) CROSS JOIN LATERAL ("
    "SELECT operation, token, fingerprint, outcome FROM holdfast.commands "
    "WHERE resource_id = k.key AND operation = k.operation AND token = k.token "
    "ORDER BY resource_id, operation, token LIMIT 1) c"};

constexpr Statement kBookedHolds{
    "SELECT k.ord, h.* FROM unnest($1::int4[], $2::text[], $3::date[], $4::date[]) "
    "AS k(ord, key, first, last) CROSS JOIN LATERAL (SELECT " HOLDFAST_HOLD_COLUMNS
    " FROM holdfast.resource_holds WHERE resource_id = k.key AND status = 'ACTIVE' "
    "AND EXISTS (SELECT FROM unnest(dates) AS d(day) WHERE d.day BETWEEN k.first AND k.last) "
    "ORDER BY resource_id, expires_at OFFSET 0) h"};

constexpr Statement kBookedAllocations{
    "SELECT k.ord, a.* FROM unnest($1::int4[], $2::text[], $3::date[], $4::date[]) "
    "AS k(ord, key, first, last) CROSS JOIN LATERAL (SELECT " HOLDFAST_ALLOCATION_COLUMNS
    " FROM holdfast.resource_allocations WHERE resource_id = k.key AND status = 'CONFIRMED' "
    "AND last_date >= k.first AND first_date <= k.last "
    "AND EXISTS (SELECT FROM unnest(dates) AS d(day) WHERE d.day BETWEEN k.first AND k.last) "
    "ORDER BY resource_id, last_date OFFSET 0) a"};

#define HOLDFAST_TOTALS(which)                                                                    \
  "SELECT k.ord, d.day, "                                                                         \
  "coalesce(sum(h.quantity) FILTER (WHERE h.expires_at <= c.now), 0)::int8, "                     \
  "coalesce(sum(h.quantity) FILTER (WHERE h.expires_at > c.now), 0)::int8 "                       \
  "FROM (SELECT coalesce($1::timestamptz, now()) AS now OFFSET 0) c "                             \
  "CROSS JOIN unnest($2::int4[], $3::text[], $4::date[], $5::date[]) AS k(ord, key, first, last)" \
  " CROSS JOIN LATERAL (SELECT dates, quantity, expires_at FROM holdfast.resource_holds "         \
  "WHERE resource_id = k.key AND status = 'ACTIVE' " which                                        \
  "AND dates[1] <= k.last AND dates[cardinality(dates)] >= k.first "                              \
  "ORDER BY resource_id, expires_at OFFSET 0) h "                                                 \
  "CROSS JOIN LATERAL unnest(h.dates) AS d(day) "                                                 \
  "WHERE d.day BETWEEN k.first AND k.last GROUP BY k.ord, d.day"
constexpr Statement kTotals{HOLDFAST_TOTALS("")};
constexpr Statement kDueTotals{HOLDFAST_TOTALS("AND expires_at <= c.now ")};

#define HOLDFAST_BEFORE \
  "unnest($1::int4[], $2::text[], $3::timestamptz[]) AS k(ord, key, before) CROSS JOIN LATERAL "

constexpr Statement kPrunableHolds{
    "SELECT k.ord, h.id FROM " HOLDFAST_BEFORE
    "(SELECT id FROM holdfast.resource_holds AS a WHERE resource_id = k.key "
    "AND status IN ('RELEASED', 'EXPIRED') AND updated_at < k.before "
    "AND NOT EXISTS (SELECT FROM holdfast.resource_holds AS b WHERE b.resource_id = a.resource_id "
    "AND b.idempotency_token = a.idempotency_token AND b.item_no > a.item_no AND b.item_no >= 0 "
    "LIMIT 1) ORDER BY resource_id, updated_at LIMIT 501) h"};
constexpr Statement kPrunableCommands{
    "SELECT k.ord, c.operation, c.token FROM " HOLDFAST_BEFORE
    "(SELECT operation, token FROM holdfast.commands WHERE resource_id = k.key "
    "AND operation <> '' AND created_at < k.before "
    "ORDER BY resource_id, created_at LIMIT 501) c"};
constexpr Statement kPrunableBlackouts{
    "SELECT k.ord, b.id FROM " HOLDFAST_BEFORE
    "(SELECT id FROM holdfast.resource_blackouts WHERE resource_id = k.key "
    "AND deleted_at IS NOT NULL AND deleted_at < k.before "
    "ORDER BY resource_id, deleted_at LIMIT 501) b"};
static_assert(kPruneBatch == 500);

#define HOLDFAST_KEYS "unnest($1::int4[], $2::text[]) AS k(ord, key) CROSS JOIN LATERAL "

constexpr Statement kAllCapacity{
    "SELECT k.ord, c.* FROM " HOLDFAST_KEYS
    "(SELECT date, max_capacity, available_capacity FROM holdfast.resource_capacity "
    "WHERE resource_id = k.key ORDER BY resource_id, date OFFSET 0) c"};
constexpr Statement kAllHolds{
    "SELECT k.ord, h.* FROM " HOLDFAST_KEYS "(SELECT " HOLDFAST_HOLD_COLUMNS
    " FROM holdfast.resource_holds WHERE resource_id = k.key "
    "AND status IN ('ACTIVE', 'CONFIRMED') ORDER BY resource_id, id OFFSET 0) h"};
constexpr Statement kAllAllocations{"SELECT k.ord, a.* FROM " HOLDFAST_KEYS
                                    "(SELECT " HOLDFAST_ALLOCATION_COLUMNS
                                    " FROM holdfast.resource_allocations WHERE resource_id = k.key "
                                    "ORDER BY resource_id, id OFFSET 0) a"};
constexpr Statement kAllBlackouts{"SELECT k.ord, b.* FROM " HOLDFAST_KEYS
                                  "(SELECT " HOLDFAST_BLACKOUT_COLUMNS
                                  " FROM holdfast.resource_blackouts WHERE resource_id = k.key "
                                  "ORDER BY resource_id, id OFFSET 0) b"};

// What the keyed reads take: the key's place, the key, and one or two values of each line.
struct Lines {
  std::vector<std::int32_t> places;
  std::vector<std::string_view> keys;
  void add(std::size_t place, const KeyScope& key) {
    places.push_back(static_cast<std::int32_t>(place));
    keys.push_back(key.key);
  }
  bool empty() const { return places.empty(); }
  Params params() const {
    Params out;
    out.add(places).add_each(keys, [](std::string_view key) { return key; });
    return out;
  }
};

struct DayLines : Lines {
  std::vector<Date> first;
  std::vector<Date> last;

  void add_range(std::size_t place, const KeyScope& key, DateRange range) {
    for (Date day = range.start; day <= range.end; day += std::chrono::days(kRunDays)) {
      add(place, key);
      first.push_back(day);
      last.push_back(std::min(range.end, day + std::chrono::days(kRunDays - 1)));
    }
  }
  // Neighbouring days as one range: one probe of the index instead of one per day.
  void add_days(std::size_t place, const KeyScope& key) {
    for (std::size_t i = 0; i < key.dates.size();) {
      std::size_t end = i + 1;
      while (end < key.dates.size() && key.dates[end] == key.dates[end - 1] + std::chrono::days(1))
        ++end;
      add_range(place, key, {.start = key.dates[i], .end = key.dates[end - 1]});
      i = end;
    }
  }
  Params params() const {
    Params out = Lines::params();
    out.add(first).add(last);
    return out;
  }
};

template <class T, class Less, class Same>
void sort_unique(std::vector<T>& rows, Less less, Same same) {
  if (rows.size() < 2) return;
  std::sort(rows.begin(), rows.end(), less);
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
}

void each_once(KeySnapshot& key) {
  sort_unique(
      key.capacity, [](const auto& a, const auto& b) { return a.date < b.date; },
      [](const auto& a, const auto& b) { return a.date == b.date; });
  sort_unique(
      key.holds, [](const auto& a, const auto& b) { return a.hold.id < b.hold.id; },
      [](const auto& a, const auto& b) { return a.hold.id == b.hold.id; });
  const auto less = [](const auto& a, const auto& b) { return a.id < b.id; };
  const auto same = [](const auto& a, const auto& b) { return a.id == b.id; };
  sort_unique(key.blackouts, less, same);
  sort_unique(key.allocations, less, same);
}

template <class T>
bool cut(std::vector<T>& rows) {
  if (rows.size() <= kPruneBatch) return false;
  rows.resize(kPruneBatch);
  return true;
}

}  // namespace

// ---- rows ---------------------------------------------------------------------------------------

StoredHold read_hold(Row& row) {
  StoredHold out;
  Hold& hold = out.hold;
  hold.resource_id = row.text();
  hold.id = row.text();
  hold.dates = row.dates();
  hold.quantity = row.int4();
  hold.customer_email = row.text();
  hold.holder = row.text();
  hold.idempotency_token = row.text();
  hold.status = parse_hold_status(row.view()).value_or(HoldStatus::kExpired);
  hold.expires_at = row.instant();
  hold.group_id = row.text();
  hold.created_at = row.instant();
  hold.updated_at = row.instant();
  out.item_no = row.int4();
  out.fingerprint = row.text();
  return out;
}

Allocation read_allocation(Row& row) {
  Allocation out;
  out.resource_id = row.text();
  out.id = row.text();
  out.hold_id = row.text();
  out.order_id = row.text();
  out.line_item_id = row.text();
  out.dates = row.dates();
  out.quantity = row.int4();
  out.status = parse_allocation_status(row.view()).value_or(AllocationStatus::kConfirmed);
  out.created_at = row.instant();
  out.cancelled_at = row.maybe_instant();
  return out;
}

Resource read_resource(Row& row) {
  Resource out;
  out.id = row.text();
  out.type = row.text();
  out.name = row.text();
  out.description = row.text();
  out.metadata = row.text();
  out.timezone = row.text();
  out.is_active = row.boolean();
  out.created_at = row.instant();
  out.updated_at = row.instant();
  out.deleted_at = row.maybe_instant();
  return out;
}

Blackout read_blackout(Row& row) {
  Blackout out;
  out.resource_id = row.text();
  out.id = row.text();
  out.start_date = row.date();
  out.end_date = row.date();
  out.reason = row.text();
  out.created_at = row.instant();
  out.deleted_at = row.maybe_instant();
  return out;
}

// ---- queueing -----------------------------------------------------------------------------------

void Loader::queue(Trip& trip, std::optional<Instant> now) {
  Params keys;
  keys.add_each(scope_.keys, [](const KeyScope& k) -> std::string_view { return k.key; });
  if (purpose_ == For::kTransact) {
    Params due;
    due.add(now)
        .add_each(scope_.keys, [](const KeyScope& k) -> std::string_view { return k.key; })
        .add(static_cast<std::int64_t>(scope_.due_per_key + 1));
    clock_step_ = trip.add(kDue, due);
  } else {
    clock_step_ = trip.add(kClock, Params().add(now));
  }
  if (std::all_of(scope_.keys.begin(), scope_.keys.end(), [](const auto& k) { return k.brief; })) {
    expect(trip.add(kBriefResources, keys), &Loader::take_brief_resource);
  } else {
    expect(trip.add(kResources, keys), &Loader::take_resource);
  }
  queue_days(trip);
  queue_named(trip);
  queue_dates_of_holds(trip);
  queue_bookings(trip);
  queue_prunable(trip);
  if (purpose_ == For::kTransact) return;
  queue_totals(trip, now);
  queue_everything(trip);
}

void Loader::queue_days(Trip& trip) {
  DayLines lines;
  DayLines ranges;
  for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
    const KeyScope& key = scope_.keys[i];
    lines.add_days(i, key);
    if (key.range && purpose_ == For::kRead) ranges.add_range(i, key, *key.range);
  }
  const auto look = [&](const DayLines& days, const Statement& capacity, Taker taker) {
    if (days.empty()) return;
    const Params params = days.params();
    expect(trip.add(capacity, params), taker);
    expect(trip.add(kBlackouts, params), &Loader::take_blackout);
  };
  look(lines, kCapacity, &Loader::take_capacity);
  look(ranges, kCalendar, &Loader::take_calendar);
}

void Loader::queue_list(Trip& trip, const Statement& statement, Taker taker,
                        std::vector<std::string> KeyScope::*items) {
  Lines lines;
  std::vector<std::string_view> values;
  for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
    for (const std::string& item : scope_.keys[i].*items) {
      lines.add(i, scope_.keys[i]);
      values.push_back(item);
    }
  }
  if (lines.empty()) return;
  Params params = lines.params();
  params.add_each(values, [](std::string_view value) { return value; });
  expect(trip.add(statement, params), taker);
}

void Loader::queue_named(Trip& trip) {
  queue_list(trip, kHoldsById, &Loader::take_hold, &KeyScope::hold_ids);
  queue_list(trip, kAllocationsByHold, &Loader::take_allocation, &KeyScope::hold_ids);
  queue_list(trip, kHoldsByToken, &Loader::take_hold, &KeyScope::hold_tokens);
  queue_list(trip, kAllocationsById, &Loader::take_allocation, &KeyScope::allocation_ids);
  queue_list(trip, kHoldsOfAllocations, &Loader::take_hold, &KeyScope::allocation_ids);
  queue_list(trip, kBlackoutsById, &Loader::take_blackout, &KeyScope::blackout_ids);

  Lines lines;
  std::vector<const CommandKey*> commands;
  for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
    for (const CommandKey& command : scope_.keys[i].commands) {
      lines.add(i, scope_.keys[i]);
      commands.push_back(&command);
    }
  }
  if (lines.empty()) return;
  Params params = lines.params();
  params.add_each(commands, [](const CommandKey* c) -> std::string_view { return c->operation; });
  params.add_each(commands, [](const CommandKey* c) -> std::string_view { return c->token; });
  expect(trip.add(kCommands, params), &Loader::take_command);
}

void Loader::queue_dates_of_holds(Trip& trip) {
  Lines lines;
  std::vector<std::string_view> ids;
  for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
    if (!scope_.keys[i].dates_of_holds) continue;
    for (const std::string& id : scope_.keys[i].hold_ids) {
      lines.add(i, scope_.keys[i]);
      ids.push_back(id);
    }
  }
  if (lines.empty()) return;
  Params params = lines.params();
  params.add_each(ids, [](std::string_view id) { return id; });
  expect(trip.add(kCapacityOfHolds, params), &Loader::take_capacity);
  expect(trip.add(kBlackoutsOfHolds, params), &Loader::take_blackout);
}

void Loader::queue_bookings(Trip& trip) {
  DayLines lines;
  for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
    const KeyScope& key = scope_.keys[i];
    if (!key.bookings) continue;
    lines.add(i, key);
    lines.first.push_back(key.bookings->start);
    lines.last.push_back(key.bookings->end);
  }
  if (lines.empty()) return;
  const Params params = lines.params();
  expect(trip.add(kBookedHolds, params), &Loader::take_hold);
  expect(trip.add(kBookedAllocations, params), &Loader::take_allocation);
}

void Loader::queue_prunable(Trip& trip) {
  Lines lines;
  std::vector<Instant> before;
  for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
    if (!scope_.keys[i].prunable_before) continue;
    lines.add(i, scope_.keys[i]);
    before.push_back(*scope_.keys[i].prunable_before);
  }
  if (lines.empty()) return;
  Params params = lines.params();
  params.add_each(before, [](Instant instant) { return instant; });
  expect(trip.add(kPrunableHolds, params), &Loader::take_prunable_hold);
  expect(trip.add(kPrunableCommands, params), &Loader::take_prunable_command);
  expect(trip.add(kPrunableBlackouts, params), &Loader::take_prunable_blackout);
}

void Loader::queue_totals(Trip& trip, std::optional<Instant> now) {
  for (const bool with_held : {false, true}) {
    DayLines lines;
    for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
      const KeyScope& key = scope_.keys[i];
      if (!key.range || key.with_held != with_held) continue;
      lines.add(i, key);
      lines.first.push_back(key.range->start);
      lines.last.push_back(key.range->end);
    }
    if (lines.empty()) continue;
    Params params;
    params.add(now).add(lines.places);
    params.add_each(lines.keys, [](std::string_view key) { return key; });
    params.add(lines.first).add(lines.last);
    totals_.push_back({trip.add(with_held ? kTotals : kDueTotals, params), &Loader::take_total});
  }
}

void Loader::queue_everything(Trip& trip) {
  Lines lines;
  for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
    if (scope_.keys[i].everything) lines.add(i, scope_.keys[i]);
  }
  if (lines.empty()) return;
  const Params params = lines.params();
  expect(trip.add(kAllCapacity, params), &Loader::take_capacity);
  expect(trip.add(kAllHolds, params), &Loader::take_hold);
  expect(trip.add(kAllAllocations, params), &Loader::take_allocation);
  expect(trip.add(kAllBlackouts, params), &Loader::take_blackout);
}

// ---- taking -------------------------------------------------------------------------------------

Snapshot Loader::finish(const Trip& trip) {
  Snapshot snapshot;
  snapshot.keys.resize(scope_.keys.size());
  for (std::size_t i = 0; i < scope_.keys.size(); ++i) {
    snapshot.keys[i].key = scope_.keys[i].key;
    snapshot.keys[i].capacity.reserve(scope_.keys[i].dates.size());
  }
  snapshot.now = Row(trip.result(clock_step_), 0).instant();
  if (purpose_ == For::kTransact) take_due(trip, snapshot);
  take_all(trip, snapshot, pending_);
  for (KeySnapshot& key : snapshot.keys) {
    each_once(key);
    const bool cut_holds = cut(key.prunable.hold_ids);
    const bool cut_commands = cut(key.prunable.commands);
    const bool cut_blackouts = cut(key.prunable.blackout_ids);
    key.prunable.more = cut_holds || cut_commands || cut_blackouts;
  }
  take_all(trip, snapshot, totals_);
  return snapshot;
}

void Loader::take_all(const Trip& trip, Snapshot& snapshot, const std::vector<Pending>& from) {
  for (const Pending& pending : from) {
    const PGresult* result = trip.result(pending.step);
    const int rows = PQntuples(result);
    for (int i = 0; i < rows; ++i) {
      Row row(result, i);
      KeySnapshot& key = snapshot.keys[static_cast<std::size_t>(row.int4())];
      (this->*pending.take)(key, row);
    }
  }
}

void Loader::take_due(const Trip& trip, Snapshot& snapshot) {
  const int rows = trip.rows(clock_step_);
  for (int i = 0; i < rows; ++i) {
    Row row(trip.result(clock_step_), i);
    row.skip();
    if (row.is_null()) return;  // the one row that only brings the instant
    KeySnapshot& key = snapshot.keys[static_cast<std::size_t>(row.int4())];
    if (key.holds.size() == scope_.due_per_key) {
      key.more_due = true;
    } else {
      key.holds.push_back(read_hold(row));
    }
  }
}

void Loader::take_resource(KeySnapshot& key, Row& row) { key.resource = read_resource(row); }

void Loader::take_brief_resource(KeySnapshot& key, Row& row) {
  Resource& out = key.resource.emplace();
  out.timezone = row.text();
  out.is_active = row.boolean();
  out.deleted_at = row.maybe_instant();
}

void Loader::take_capacity(KeySnapshot& key, Row& row) {
  CapacityRow out;
  out.date = row.date();
  out.max_capacity = row.int4();
  out.available_capacity = row.int4();
  key.capacity.push_back(out);
}

void Loader::take_calendar(KeySnapshot& key, Row& row) {
  constexpr std::int64_t kPlaces = (1 << kPlacesBits) - 1;
  const Date first = row.date();
  for (const std::int64_t day : row.int8s()) {
    CapacityRow& out = key.capacity.emplace_back();
    out.date = first + std::chrono::days(day >> (2 * kPlacesBits));
    out.max_capacity = static_cast<std::int32_t>(day >> kPlacesBits & kPlaces);
    out.available_capacity = static_cast<std::int32_t>(day & kPlaces);
  }
}

void Loader::take_total(KeySnapshot& key, Row& row) {
  const Date day = row.date();
  const auto at =
      std::lower_bound(key.capacity.begin(), key.capacity.end(), day,
                       [](const CapacityRow& c, Date wanted) { return c.date < wanted; });
  if (at == key.capacity.end() || at->date != day) return;
  at->due = row.int8();
  at->held = row.int8();
}

void Loader::take_blackout(KeySnapshot& key, Row& row) {
  key.blackouts.push_back(read_blackout(row));
}

void Loader::take_hold(KeySnapshot& key, Row& row) { key.holds.push_back(read_hold(row)); }

void Loader::take_allocation(KeySnapshot& key, Row& row) {
  key.allocations.push_back(read_allocation(row));
}

void Loader::take_command(KeySnapshot& key, Row& row) {
  CommandRecord out;
  out.key.operation = row.text();
  out.key.token = row.text();
  out.fingerprint = row.text();
  out.outcome = row.text();
  key.commands.push_back(std::move(out));
}

void Loader::take_prunable_hold(KeySnapshot& key, Row& row) {
  key.prunable.hold_ids.push_back(row.text());
}

void Loader::take_prunable_command(KeySnapshot& key, Row& row) {
  CommandKey out;
  out.operation = row.text();
  out.token = row.text();
  key.prunable.commands.push_back(std::move(out));
}

void Loader::take_prunable_blackout(KeySnapshot& key, Row& row) {
  key.prunable.blackout_ids.push_back(row.text());
}

}  // namespace holdfast::postgres
