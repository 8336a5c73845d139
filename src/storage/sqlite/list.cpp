#include "storage/sqlite/list.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "storage/sqlite/rows.hpp"

namespace holdfast::sqlite {
namespace {

// Which index serves a list is chosen here, by the most selective filter that is set, and named in
// the statement; the other filters are constants of one text. An empty filter lets every row pass.
#define HOLDFAST_PAGE "AND (created_at, id) > (?1, ?2) ORDER BY created_at, id LIMIT ?3"

#define HOLDFAST_HOLD_LIST(source)                                                   \
  "SELECT " HOLDFAST_HOLD_COLUMNS " FROM resource_holds " source                     \
  " AND (?4 = '' OR resource_id = ?4) AND (?5 = '' OR customer_email = ?5) "         \
  "AND (?6 = '' OR group_id = ?6) AND (?7 = '' OR ?7 = CASE WHEN status = 'ACTIVE' " \
  "AND expires_at <= ?8 THEN 'EXPIRED' ELSE status END) " HOLDFAST_PAGE

#define HOLDFAST_ALLOCATION_LIST(source)                                     \
  "SELECT " HOLDFAST_ALLOCATION_COLUMNS " FROM resource_allocations " source \
  " AND (?4 = '' OR resource_id = ?4) AND (?5 = '' OR order_id = ?5) "       \
  "AND (?6 = '' OR line_item_id = ?6) AND (?7 = '' OR status = ?7) "         \
  "AND (?8 = '' OR (substr(dates, -10) >= ?8 AND substr(dates, 1, 10) <= ?9)) " HOLDFAST_PAGE

#define HOLDFAST_BLACKOUT_LIST(source)                                   \
  "SELECT " HOLDFAST_BLACKOUT_COLUMNS " FROM resource_blackouts " source \
  " AND (?4 = '' OR resource_id = ?4) AND deleted_at IS NULL "           \
  "AND (?5 = '' OR (end_date >= ?5 AND start_date <= ?6)) " HOLDFAST_PAGE

std::string text_of(Date day) {
  std::string text;
  append_date(text, day);
  return text;
}

class Lister {
 public:
  Lister(Connection& connection, const ListQuery& query, Instant now)
      : connection_(connection),
        limit_(static_cast<std::size_t>(std::max(query.limit, 0))),
        now_(now) {
    if (query.after) after_ = *query.after;
  }

  ListPage operator()(const ResourceQuery& query) {
    Statement rows =
        connection_.statement("SELECT " HOLDFAST_RESOURCE_COLUMNS
                              " FROM resources "
                              "WHERE (?4 = '' OR type = ?4) AND (?5 < 0 OR is_active = ?5) "
                              "AND (?6 = '' OR instr(lower(name), lower(?6)) > 0 "
                              "OR instr(lower(description), lower(?6)) > 0) "
                              "AND (?7 OR deleted_at IS NULL) " HOLDFAST_PAGE);
    bind_page(rows);
    rows.bind(4, query.type)
        .bind(5, query.is_active ? (*query.is_active ? 1 : 0) : -1)
        .bind(6, query.text)
        .bind(7, query.include_deleted ? 1 : 0);
    return collect<Resource>(rows, read_resource, [](const Resource&) { return true; });
  }

  ListPage operator()(const HoldQuery& query) {
    Statement rows = connection_.statement(hold_list(query));
    bind_page(rows);
    rows.bind(4, query.resource_id)
        .bind(5, query.customer_email)
        .bind(6, query.group_id)
        .bind(7, std::string_view(query.status ? name(*query.status) : ""))
        .bind(8, now_);
    return collect<Hold>(rows, read_hold, [](const Hold&) { return true; });
  }

  ListPage operator()(const AllocationQuery& query) {
    Statement rows = connection_.statement(allocation_list(query));
    bind_page(rows);
    const std::string start = query.range ? text_of(query.range->start) : "";
    const std::string end = query.range ? text_of(query.range->end) : "";
    rows.bind(4, query.resource_id)
        .bind(5, query.order_id)
        .bind(6, query.line_item_id)
        .bind(7, std::string_view(query.status ? name(*query.status) : ""))
        .bind(8, start)
        .bind(9, end);
    // A day list may jump over the range: some of the rows found do not count, so no LIMIT.
    if (query.range) rows.bind(3, std::int64_t{-1});
    return collect<Allocation>(rows, read_allocation, [&](const Allocation& row) {
      return !query.range || touches(row.dates, *query.range);
    });
  }

  ListPage operator()(const BlackoutQuery& query) {
    Statement rows = connection_.statement(
        query.resource_id.empty()
            ? HOLDFAST_BLACKOUT_LIST("INDEXED BY resource_blackouts_by_age WHERE 1")
            : HOLDFAST_BLACKOUT_LIST("INDEXED BY resource_blackouts_standing "
                                     "WHERE resource_id = ?4"));
    bind_page(rows);
    const std::string start = query.range ? text_of(query.range->start) : "";
    const std::string end = query.range ? text_of(query.range->end) : "";
    rows.bind(4, query.resource_id).bind(5, start).bind(6, end);
    return collect<Blackout>(rows, read_blackout, [](const Blackout&) { return true; });
  }

  ListPage operator()(const DueKeysQuery&) {
    // The first row of each key holds its smallest expires_at: one search per key with marked
    // holds, however many it has.
    Statement next = connection_.statement(
        "SELECT resource_id, expires_at FROM resource_holds INDEXED BY resource_holds_overdue "
        "WHERE status = 'ACTIVE' AND is_overdue = 1 AND resource_id > ?1 "
        "ORDER BY resource_id, expires_at LIMIT 1");
    auto keys = next_keys(next, [&] { return next.instant(1) <= now_; });
    // And what came due since the last transaction has written.
    Statement unmarked = connection_.statement(
        "SELECT DISTINCT resource_id FROM resource_holds INDEXED BY resource_holds_by_expiry "
        "WHERE status = 'ACTIVE' AND is_overdue = 0 AND expires_at <= ?2 AND resource_id > ?1");
    unmarked.bind(1, after_.id).bind(2, now_);
    while (unmarked.step()) keys.emplace(unmarked.text(0));
    return page_of(std::move(keys));
  }

  ListPage operator()(const AllKeysQuery&) {
    Statement next = connection_.statement(
        "SELECT min(key) FROM (SELECT min(id) AS key FROM resources WHERE id > ?1 "
        "UNION ALL SELECT min(resource_id) FROM resource_capacity WHERE resource_id > ?1 "
        "UNION ALL SELECT min(resource_id) FROM resource_holds WHERE resource_id > ?1 "
        "UNION ALL SELECT min(resource_id) FROM resource_allocations WHERE resource_id > ?1 "
        "UNION ALL SELECT min(resource_id) FROM resource_blackouts WHERE resource_id > ?1 "
        "UNION ALL SELECT min(resource_id) FROM commands WHERE resource_id > ?1) "
        "HAVING min(key) IS NOT NULL");
    return page_of(next_keys(next, [] { return true; }));
  }

 private:
  static const char* hold_list(const HoldQuery& query) {
    if (!query.group_id.empty()) {
      return HOLDFAST_HOLD_LIST(
          "INDEXED BY resource_holds_by_group "
          "WHERE group_id = ?6 AND group_id <> ''");
    }
    if (!query.customer_email.empty()) {
      return HOLDFAST_HOLD_LIST(
          "INDEXED BY resource_holds_by_email "
          "WHERE customer_email = ?5 AND customer_email <> ''");
    }
    const bool active = query.status == HoldStatus::kActive;
    if (active && !query.resource_id.empty()) {
      return HOLDFAST_HOLD_LIST(HOLDFAST_WHERE_ACTIVE("AND resource_id = ?4 AND expires_at > ?8"));
    }
    if (active) {
      return HOLDFAST_HOLD_LIST(HOLDFAST_WHERE_ACTIVE("AND expires_at > ?8"));
    }
    if (!query.resource_id.empty()) return HOLDFAST_HOLD_LIST("WHERE resource_id = ?4");
    return HOLDFAST_HOLD_LIST("INDEXED BY resource_holds_by_age WHERE 1");
  }

  static const char* allocation_list(const AllocationQuery& query) {
    if (!query.order_id.empty()) {
      return HOLDFAST_ALLOCATION_LIST(
          "INDEXED BY resource_allocations_by_order "
          "WHERE order_id = ?5");
    }
    if (query.resource_id.empty()) {
      return HOLDFAST_ALLOCATION_LIST("INDEXED BY resource_allocations_by_age WHERE 1");
    }
    if (query.range && query.status == AllocationStatus::kConfirmed) {
      return HOLDFAST_ALLOCATION_LIST(
          "INDEXED BY resource_allocations_by_resource "
          "WHERE resource_id = ?4 AND status = 'CONFIRMED' "
          "AND substr(dates, -10) >= ?8");
    }
    return HOLDFAST_ALLOCATION_LIST("WHERE resource_id = ?4");
  }

  void bind_page(Statement& rows) {
    rows.bind(1, after_.created_at)
        .bind(2, after_.id)
        .bind(3, static_cast<std::int64_t>(limit_) + 1);
  }

  template <class Row, class Read, class Keep>
  ListPage collect(Statement& rows, Read read, Keep keep) {
    ListPage page;
    page.now = now_;
    std::vector<Row> found;
    while (rows.step()) {
      Row row = read(rows);
      if (!keep(row)) continue;
      if (found.size() == limit_) {
        page.more = true;
        break;
      }
      found.push_back(std::move(row));
    }
    page.rows = std::move(found);
    return page;
  }

  /// One more than a page of them, ascending.
  template <class Keep>
  std::set<std::string> next_keys(Statement& next, Keep keep) {
    std::set<std::string> keys;
    std::string last = after_.id;
    while (keys.size() <= limit_ && next.bind(1, last).step()) {
      last = next.text(0);
      if (keep()) keys.insert(last);
      next.reset();
    }
    return keys;
  }

  ListPage page_of(std::set<std::string> keys) const {
    ListPage page;
    page.now = now_;
    page.more = keys.size() > limit_;
    const auto end =
        std::next(keys.begin(), static_cast<std::ptrdiff_t>(std::min(keys.size(), limit_)));
    page.rows = std::vector<std::string>(keys.begin(), end);
    return page;
  }

  Connection& connection_;
  std::size_t limit_;
  Instant now_;
  Cursor after_{Instant::min(), ""};
};

}  // namespace

ListPage list_page(Connection& connection, const ListQuery& query, Instant now) {
  return std::visit(Lister(connection, query, now), query.what);
}

}  // namespace holdfast::sqlite
