#include "storage/postgres/list.hpp"

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "storage/postgres/load.hpp"

namespace holdfast::postgres {
namespace {

// Only the filters that are given are in the text, so that each combination gets its own plan. The
// text is made of constants; every value is a parameter.
class Query {
 public:
  explicit Query(std::optional<Instant> now) : now_(now) {}

  template <class Value>
  std::string param(const Value& value, std::string_view type) {
    params_.add(value);
    return "$" + std::to_string(params_.size()) + "::" + std::string(type);
  }
  std::string text(std::string_view value) { return param(value, "text"); }
  std::string now() { return "coalesce(" + param(now_, "timestamptz") + ", now())"; }

  void where(const std::string& condition) {
    where_ += where_.empty() ? " WHERE " : " AND ";
    where_ += condition;
  }
  void equals(std::string_view column, std::string_view value) {
    if (!value.empty()) where(std::string(column) + " = " + text(value));
  }
  /// The same on a column that leads an index, which then serves the page: without statistics the
  /// planner would rather walk the whole table in the page's order and filter.
  void finds(std::string_view column, std::string_view value) {
    equals(column, value);
    fenced_ = fenced_ || !value.empty();
  }
  void after(const std::optional<Cursor>& cursor) {
    if (!cursor) return;
    const std::string created_at = param(cursor->created_at, "timestamptz");
    where("(created_at, id) > (" + created_at + ", " + text(cursor->id) + ")");
  }
  std::string page(std::string_view columns, std::string_view table, std::int32_t limit) {
    const std::string rows =
        "SELECT " + std::string(columns) + " FROM holdfast." + std::string(table) + where_;
    return (fenced_ ? "SELECT * FROM (" + rows + " OFFSET 0) AS found" : rows) +
           " ORDER BY created_at, id LIMIT " + param(std::int64_t{limit} + 1, "int8");
  }
  const Params& params() const { return params_; }

 private:
  std::optional<Instant> now_;
  Params params_;
  std::string where_;
  bool fenced_ = false;
};

void has_day_in(Query& q, const DateRange& range) {
  const std::string first = q.param(range.start, "date");
  const std::string last = q.param(range.end, "date");
  q.where("last_date >= " + first + " AND first_date <= " + last);
  q.where("EXISTS (SELECT FROM unnest(dates) AS d(day) WHERE d.day BETWEEN " + first + " AND " +
          last + ")");
}

std::string sql_of(Query& q, const ResourceQuery& what, const ListQuery& query) {
  q.equals("type", what.type);
  if (what.is_active) q.where(*what.is_active ? "is_active" : "NOT is_active");
  if (!what.include_deleted) q.where("deleted_at IS NULL");
  if (!what.text.empty()) {
    const std::string text = "lower(" + q.text(what.text) + " COLLATE \"C\")";
    q.where("(position(" + text + " IN lower(name COLLATE \"C\")) > 0 OR position(" + text +
            " IN lower(description COLLATE \"C\")) > 0)");
  }
  q.after(query.after);
  return q.page(HOLDFAST_RESOURCE_COLUMNS, "resources", query.limit);
}

std::string sql_of(Query& q, const HoldQuery& what, const ListQuery& query) {
  q.finds("resource_id", what.resource_id);
  if (!what.customer_email.empty()) {
    q.finds("customer_email", what.customer_email);
    q.where("customer_email <> ''");
  }
  if (!what.group_id.empty()) {
    q.finds("group_id", what.group_id);
    q.where("group_id <> ''");
  }
  if (what.status == HoldStatus::kActive) {
    q.where("status = 'ACTIVE' AND expires_at > " + q.now());
  } else if (what.status == HoldStatus::kExpired) {
    q.where("(status = 'EXPIRED' OR (status = 'ACTIVE' AND expires_at <= " + q.now() + "))");
  } else if (what.status) {
    q.equals("status", name(*what.status));
  }
  q.after(query.after);
  return q.page(HOLDFAST_HOLD_COLUMNS, "resource_holds", query.limit);
}

std::string sql_of(Query& q, const AllocationQuery& what, const ListQuery& query) {
  q.finds("resource_id", what.resource_id);
  q.finds("order_id", what.order_id);
  q.equals("line_item_id", what.line_item_id);
  if (what.status) q.equals("status", name(*what.status));
  if (what.range) has_day_in(q, *what.range);
  q.after(query.after);
  return q.page(HOLDFAST_ALLOCATION_COLUMNS, "resource_allocations", query.limit);
}

std::string sql_of(Query& q, const BlackoutQuery& what, const ListQuery& query) {
  q.finds("resource_id", what.resource_id);
  q.where("deleted_at IS NULL");
  if (what.range) {
    q.where("end_date >= " + q.param(what.range->start, "date"));
    q.where("start_date <= " + q.param(what.range->end, "date"));
  }
  q.after(query.after);
  return q.page(HOLDFAST_BLACKOUT_COLUMNS, "resource_blackouts", query.limit);
}

std::string last_key(Query& q, const ListQuery& query) {
  return q.text(query.after ? query.after->id : std::string());
}

// Steps from key to key in the index: one probe for each key that has ACTIVE holds, however many.
std::string sql_of(Query& q, const DueKeysQuery&, const ListQuery& query) {
  const std::string from = last_key(q, query);
  const std::string now = q.now();
  const auto next = [](const std::string& key) {
    return "(SELECT resource_id, expires_at FROM holdfast.resource_holds WHERE status = 'ACTIVE' "
           "AND resource_id > " +
           key + " ORDER BY resource_id, expires_at LIMIT 1)";
  };
  return "WITH RECURSIVE step(key, soonest) AS (" + next(from) +
         " UNION ALL SELECT n.* FROM step CROSS JOIN LATERAL " + next("step.key") +
         " n) SELECT key FROM step WHERE soonest <= " + now + " LIMIT " +
         q.param(std::int64_t{query.limit} + 1, "int8");
}

std::string sql_of(Query& q, const AllKeysQuery&, const ListQuery& query) {
  const auto next = [](const std::string& key) {
    std::string out;
    for (const std::string table : {"resource_capacity", "resource_holds", "resource_allocations",
                                    "resource_blackouts", "commands"}) {
      out += "(SELECT resource_id FROM holdfast." + table + " WHERE resource_id > " + key +
             " ORDER BY resource_id LIMIT 1), ";
    }
    return "least(" + out + "(SELECT id FROM holdfast.resources WHERE id > " + key +
           " ORDER BY id LIMIT 1))";
  };
  const std::string from = last_key(q, query);
  return "WITH RECURSIVE step(key) AS (SELECT " + next(from) + " UNION ALL SELECT " +
         next("step.key") +
         " FROM step WHERE step.key IS NOT NULL) "
         "SELECT key FROM step WHERE key IS NOT NULL LIMIT " +
         q.param(std::int64_t{query.limit} + 1, "int8");
}

Resource read_one(Row& row, const ResourceQuery&) { return read_resource(row); }
Hold read_one(Row& row, const HoldQuery&) { return std::move(read_hold(row).hold); }
Allocation read_one(Row& row, const AllocationQuery&) { return read_allocation(row); }
Blackout read_one(Row& row, const BlackoutQuery&) { return read_blackout(row); }
std::string read_one(Row& row, const DueKeysQuery&) { return row.text(); }
std::string read_one(Row& row, const AllKeysQuery&) { return row.text(); }

}  // namespace

std::size_t queue_list(Trip& trip, const ListQuery& query, std::optional<Instant> now) {
  Query q(now);
  const std::string sql =
      std::visit([&](const auto& what) { return sql_of(q, what, query); }, query.what);
  return trip.add(sql.c_str(), q.params());
}

void take_list(const Trip& trip, std::size_t step, const ListQuery& query, ListPage& page) {
  std::visit(
      [&](const auto& what) {
        using RowType = decltype(read_one(std::declval<Row&>(), what));
        std::vector<RowType> rows;
        const int found = trip.rows(step);
        page.more = found > query.limit;
        for (int i = 0; i < std::min(found, query.limit); ++i) {
          Row row(trip.result(step), i);
          rows.push_back(read_one(row, what));
        }
        page.rows = std::move(rows);
      },
      query.what);
}

}  // namespace holdfast::postgres
