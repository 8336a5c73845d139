#include "storage/sqlite/load.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "storage/sqlite/rows.hpp"

namespace holdfast::sqlite {
namespace {

// The column lists name the id first: a row that is loaded already is passed over before the rest
// of it is read.
#define HOLDFAST_SELECT_HOLD "SELECT " HOLDFAST_HOLD_COLUMNS " FROM resource_holds "
#define HOLDFAST_SELECT_ALLOCATION \
  "SELECT " HOLDFAST_ALLOCATION_COLUMNS " FROM resource_allocations "
#define HOLDFAST_SELECT_BLACKOUT "SELECT " HOLDFAST_BLACKOUT_COLUMNS " FROM resource_blackouts "

// `row`: dates, quantity, expires_at of an ACTIVE hold.
void add_to_totals(KeySnapshot& key, const KeyScope& scope, const Statement& row, Instant now) {
  const std::int64_t quantity = row.places(1);
  const bool is_due = row.instant(2) <= now;
  if (!is_due && !scope.with_held) return;
  for (const Date day : read_dates(row.text(0))) {
    if (!scope.range->contains(day)) continue;
    const auto at =
        std::lower_bound(key.capacity.begin(), key.capacity.end(), day,
                         [](const CapacityRow& c, Date wanted) { return c.date < wanted; });
    if (at == key.capacity.end() || at->date != day) continue;
    (is_due ? at->due : at->held) += quantity;
  }
}

class KeyLoader {
 public:
  KeyLoader(Connection& connection, const KeyScope& scope, Instant now, std::size_t due_max)
      : connection_(connection), scope_(scope), now_(now), due_max_(due_max) {
    out_.key = scope.key;
  }

  KeySnapshot load(bool with_due) {
    load_resource();
    load_commands();
    load_named_holds();
    load_named_allocations();
    if (scope_.bookings) load_bookings(*scope_.bookings);
    if (scope_.everything) load_everything();
    if (with_due) load_due();
    load_capacity();
    load_blackouts();
    if (scope_.prunable_before) load_prunable(*scope_.prunable_before);
    return std::move(out_);
  }

 private:
  void load_resource() {
    if (scope_.brief) return load_brief_resource();
    Statement query =
        connection_.statement("SELECT " HOLDFAST_RESOURCE_COLUMNS " FROM resources WHERE id = ?1");
    query.bind(1, scope_.key);
    if (query.step()) out_.resource = read_resource(query);
  }

  void load_brief_resource() {
    Statement query = connection_.statement("SELECT " HOLDFAST_BRIEF_RESOURCE_COLUMNS
                                            " FROM resources WHERE id = ?1");
    query.bind(1, scope_.key);
    if (query.step()) out_.resource = read_brief_resource(query);
  }

  void load_commands() {
    if (scope_.commands.empty()) return;
    Statement query = connection_.statement(
        "SELECT fingerprint, outcome FROM commands "
        "WHERE resource_id = ?1 AND operation = ?2 AND idempotency_token = ?3");
    for (const CommandKey& command : scope_.commands) {
      query.bind(1, scope_.key).bind(2, command.operation).bind(3, command.token);
      if (query.step()) {
        out_.commands.push_back({command, std::string(query.text(0)), std::string(query.text(1))});
      }
      query.reset();
    }
  }

  bool add_hold(const Statement& row) {
    if (!holds_.emplace(row.text(0)).second) return false;
    out_.holds.push_back(read_stored_hold(row));
    return true;
  }

  bool add_allocation(const Statement& row) {
    if (!allocations_.emplace(row.text(0)).second) return false;
    out_.allocations.push_back(read_allocation(row));
    return true;
  }

  void load_hold(std::string_view id) {
    Statement query =
        connection_.statement(HOLDFAST_SELECT_HOLD "INDEXED BY resource_holds_by_id "  //
                              HOLDFAST_WHERE_ID("id"));
    query.bind(1, scope_.key).bind(2, id);
    if (query.step()) add_hold(query);
  }

  void load_named_holds() {
    for (const std::string& id : scope_.hold_ids) {
      const std::size_t before = out_.holds.size();
      load_hold(id);
      if (scope_.dates_of_holds && out_.holds.size() > before) {
        const std::vector<Date>& dates = out_.holds.back().hold.dates;
        dates_of_holds_.insert(dates_of_holds_.end(), dates.begin(), dates.end());
      }
      Statement query = connection_.statement(HOLDFAST_SELECT_ALLOCATION
                                              "INDEXED BY resource_allocations_by_hold "  //
                                              HOLDFAST_WHERE_ID("hold_id"));
      query.bind(1, scope_.key).bind(2, id);
      if (query.step()) add_allocation(query);
    }
    for (const std::string& token : scope_.hold_tokens) {
      Statement query = connection_.statement(HOLDFAST_SELECT_HOLD
                                              "WHERE resource_id = ?1 AND idempotency_token = ?2");
      query.bind(1, scope_.key).bind(2, token);
      while (query.step()) add_hold(query);
    }
  }

  void load_named_allocations() {
    for (const std::string& id : scope_.allocation_ids) {
      Statement query = connection_.statement(HOLDFAST_SELECT_ALLOCATION
                                              "INDEXED BY resource_allocations_by_id "  //
                                              HOLDFAST_WHERE_ID("id"));
      query.bind(1, scope_.key).bind(2, id);
      if (!query.step()) continue;
      load_hold(query.text(2));
      add_allocation(query);
    }
  }

  void load_bookings(const DateRange& range) {
    Statement holds =
        connection_.statement(HOLDFAST_SELECT_HOLD HOLDFAST_WHERE_ACTIVE("AND resource_id = ?1")  //
                              "AND substr(dates, 1, 10) <= ?3 AND substr(dates, -10) >= ?2");
    const std::string start = text_of(range.start);
    const std::string end = text_of(range.end);
    holds.bind(1, scope_.key).bind(2, start).bind(3, end);
    while (holds.step()) {
      // The day list may jump over the range, so that its ends alone do not tell.
      if (touches(read_dates(holds.text(2)), range)) add_hold(holds);
    }
    Statement allocations =
        connection_.statement(HOLDFAST_SELECT_ALLOCATION
                              "INDEXED BY resource_allocations_by_resource "
                              "WHERE resource_id = ?1 AND status = 'CONFIRMED' "
                              "AND substr(dates, -10) >= ?2 AND substr(dates, 1, 10) <= ?3");
    allocations.bind(1, scope_.key).bind(2, start).bind(3, end);
    while (allocations.step()) {
      if (touches(read_dates(allocations.text(5)), range)) add_allocation(allocations);
    }
  }

  void load_everything() {
    Statement holds = connection_.statement(
        HOLDFAST_SELECT_HOLD "WHERE resource_id = ?1 AND status IN ('ACTIVE', 'CONFIRMED')");
    holds.bind(1, scope_.key);
    while (holds.step()) add_hold(holds);
    Statement allocations =
        connection_.statement(HOLDFAST_SELECT_ALLOCATION "WHERE resource_id = ?1");
    allocations.bind(1, scope_.key);
    while (allocations.step()) add_allocation(allocations);
  }

  void load_due() {
    Statement query =
        connection_.statement(HOLDFAST_SELECT_HOLD
                              "INDEXED BY resource_holds_overdue "
                              "WHERE resource_id = ?1 AND status = 'ACTIVE' AND is_overdue = 1 "
                              "AND expires_at <= ?2 ORDER BY expires_at");
    query.bind(1, scope_.key).bind(2, now_);
    for (std::size_t count = 0; query.step(); ++count) {
      if (count < due_max_) {
        add_hold(query);
      } else if (!holds_.contains(std::string(query.text(0)))) {
        out_.more_due = true;
        return;
      }
    }
  }

  void add_capacity_rows(Statement& query) {
    while (query.step()) {
      out_.capacity.push_back({.date = read_date(query.text(0)),
                               .max_capacity = query.places(1),
                               .available_capacity = query.places(2)});
    }
  }

  void add_capacity(const DateRange& range) {
    Statement query = connection_.statement(
        "SELECT date, max_capacity, available_capacity FROM resource_capacity "
        "WHERE resource_id = ?1 AND date BETWEEN ?2 AND ?3");
    const std::string start = text_of(range.start);
    const std::string end = text_of(range.end);
    query.bind(1, scope_.key).bind(2, start).bind(3, end);
    add_capacity_rows(query);
  }

  void add_all_capacity() {
    Statement query = connection_.statement(
        "SELECT date, max_capacity, available_capacity FROM resource_capacity "
        "WHERE resource_id = ?1 ORDER BY date");
    query.bind(1, scope_.key);
    add_capacity_rows(query);
  }

  void load_capacity() {
    collect_days();
    if (scope_.everything) {
      add_all_capacity();
    } else {
      // One search per run of neighbouring days: a stay of a week costs what one day does.
      for (auto first = days_.begin(); first != days_.end();) {
        auto last = first;
        while (std::next(last) != days_.end() && *std::next(last) == *last + std::chrono::days(1)) {
          ++last;
        }
        add_capacity({*first, *last});
        first = std::next(last);
      }
      if (scope_.range) add_capacity(*scope_.range);
      merge_capacity();
    }
    if (scope_.range && !scope_.everything) add_overdue_totals();
  }

  void collect_days() {
    days_ = scope_.dates;
    if (dates_of_holds_.empty()) return;
    days_.insert(days_.end(), dates_of_holds_.begin(), dates_of_holds_.end());
    std::sort(days_.begin(), days_.end());
    days_.erase(std::unique(days_.begin(), days_.end()), days_.end());
  }

  void merge_capacity() {
    if (!scope_.range || days_.empty()) return;
    auto& rows = out_.capacity;
    std::sort(rows.begin(), rows.end(),
              [](const CapacityRow& a, const CapacityRow& b) { return a.date < b.date; });
    rows.erase(
        std::unique(rows.begin(), rows.end(),
                    [](const CapacityRow& a, const CapacityRow& b) { return a.date == b.date; }),
        rows.end());
  }

  void add_overdue_totals() {
    Statement query = connection_.statement(
        "SELECT dates, quantity, expires_at FROM resource_holds "
        "INDEXED BY resource_holds_overdue "
        "WHERE resource_id = ?1 AND status = 'ACTIVE' AND is_overdue = 1");
    query.bind(1, scope_.key);
    while (query.step()) add_to_totals(out_, scope_, query, now_);
  }

  void load_blackouts() {
    if (scope_.everything) return load_all_blackouts();
    std::unordered_set<std::string> named;
    for (const std::string& id : scope_.blackout_ids) {
      Statement query =
          connection_.statement(HOLDFAST_SELECT_BLACKOUT "WHERE resource_id = ?1 AND id = ?2");
      query.bind(1, scope_.key).bind(2, id);
      if (query.step() && named.insert(id).second) out_.blackouts.push_back(read_blackout(query));
    }
    if (days_.empty() && !scope_.range) return;
    load_standing_blackouts(named);
  }

  void load_all_blackouts() {
    Statement query = connection_.statement(HOLDFAST_SELECT_BLACKOUT "WHERE resource_id = ?1");
    query.bind(1, scope_.key);
    while (query.step()) out_.blackouts.push_back(read_blackout(query));
  }

  void load_standing_blackouts(const std::unordered_set<std::string>& named) {
    DateRange asked = scope_.range ? *scope_.range : DateRange{days_.front(), days_.back()};
    if (!days_.empty()) {
      asked = {std::min(asked.start, days_.front()), std::max(asked.end, days_.back())};
    }
    Statement query = connection_.statement(HOLDFAST_SELECT_BLACKOUT
                                            "INDEXED BY resource_blackouts_standing "
                                            "WHERE resource_id = ?1 AND deleted_at IS NULL "
                                            "AND end_date >= ?2 AND start_date <= ?3");
    const std::string start = text_of(asked.start);
    const std::string end = text_of(asked.end);
    query.bind(1, scope_.key).bind(2, start).bind(3, end);
    while (query.step()) {
      if (!named.empty() && named.contains(std::string(query.text(0)))) continue;
      Blackout blackout = read_blackout(query);
      const DateRange closed{blackout.start_date, blackout.end_date};
      const bool in_range =
          scope_.range && closed.start <= scope_.range->end && scope_.range->start <= closed.end;
      if (in_range || touches(days_, closed)) out_.blackouts.push_back(std::move(blackout));
    }
  }

  void load_prunable(Instant before) {
    auto& prunable = out_.prunable;
    prunable.hold_ids = load_ids(
        "SELECT id FROM resource_holds AS h INDEXED BY resource_holds_ended WHERE resource_id = ?1 "
        "AND status IN ('RELEASED', 'EXPIRED') AND updated_at < ?2 "
        "AND NOT EXISTS (SELECT 1 FROM resource_holds AS o WHERE o.resource_id = h.resource_id "
        "AND o.idempotency_token = h.idempotency_token AND o.item_no > h.item_no) "
        "ORDER BY updated_at LIMIT ?3",
        before);
    prunable.blackout_ids = load_ids(
        "SELECT id FROM resource_blackouts WHERE resource_id = ?1 AND deleted_at < ?2 LIMIT ?3",
        before);
    Statement query = connection_.statement(
        "SELECT operation, idempotency_token FROM commands "
        "WHERE resource_id = ?1 AND created_at < ?2 LIMIT ?3");
    query.bind(1, scope_.key).bind(2, before).bind(3, kPruneBatch + 1);
    while (query.step()) {
      if (prunable.commands.size() == kPruneBatch) {
        prunable.more = true;
        return;
      }
      prunable.commands.push_back({std::string(query.text(0)), std::string(query.text(1))});
    }
  }

  std::vector<std::string> load_ids(const char* sql, Instant before) {
    std::vector<std::string> ids;
    Statement query = connection_.statement(sql);
    query.bind(1, scope_.key).bind(2, before).bind(3, kPruneBatch + 1);
    while (query.step()) {
      if (ids.size() == kPruneBatch) {
        out_.prunable.more = true;
        break;
      }
      ids.emplace_back(query.text(0));
    }
    return ids;
  }

  static std::string text_of(Date day) {
    std::string text;
    append_date(text, day);
    return text;
  }

  Connection& connection_;
  const KeyScope& scope_;
  Instant now_;
  std::size_t due_max_;
  KeySnapshot out_;
  std::vector<Date> dates_of_holds_;
  std::vector<Date> days_;  ///< asked for one by one, ascending, once
  std::unordered_set<std::string> holds_;
  std::unordered_set<std::string> allocations_;
};

// Of holds that are not marked overdue: nobody has written since they came due, or they are not.
void add_unmarked_totals(Connection& connection, const Scope& scope, Snapshot& snapshot) {
  const auto has_range = [](const KeyScope& key) { return key.range && !key.everything; };
  const auto& keys = scope.keys;
  if (std::none_of(keys.begin(), keys.end(), has_range)) return;
  const bool with_held =
      std::any_of(keys.begin(), keys.end(), [](const KeyScope& key) { return key.with_held; });
  Statement query = connection.statement(
      "SELECT dates, quantity, expires_at, resource_id FROM resource_holds "
      "INDEXED BY resource_holds_by_expiry WHERE status = 'ACTIVE' AND is_overdue = 0 "
      "AND expires_at <= ?1 AND resource_id BETWEEN ?2 AND ?3");
  query.bind(1, with_held ? Instant::max() : snapshot.now)
      .bind(2, keys.front().key)
      .bind(3, keys.back().key);
  while (query.step()) {
    const auto key = std::lower_bound(
        keys.begin(), keys.end(), query.text(3),
        [](const KeyScope& scope_key, std::string_view id) { return scope_key.key < id; });
    if (key == keys.end() || key->key != query.text(3) || !has_range(*key)) continue;
    const auto place = static_cast<std::size_t>(key - keys.begin());
    add_to_totals(snapshot.keys[place], *key, query, snapshot.now);
  }
}

bool any_overdue(Connection& connection) {
  return connection
      .statement(
          "SELECT 1 FROM resource_holds INDEXED BY resource_holds_overdue "
          "WHERE status = 'ACTIVE' AND is_overdue = 1 LIMIT 1")
      .step();
}

}  // namespace

Snapshot load_scope(Connection& connection, const Scope& scope, Instant now, DueHolds due) {
  Snapshot snapshot;
  snapshot.now = now;
  snapshot.keys.reserve(scope.keys.size());
  const bool with_due = due == DueHolds::kLoad && any_overdue(connection);
  for (const KeyScope& key : scope.keys) {
    snapshot.keys.push_back(KeyLoader(connection, key, now, scope.due_per_key).load(with_due));
  }
  if (due == DueHolds::kLeave) add_unmarked_totals(connection, scope, snapshot);
  return snapshot;
}

}  // namespace holdfast::sqlite
