// What SQLite does for each statement that the library really sends.
#include <sqlite3.h>

#include <mutex>
#include <set>

#include "shop.hpp"

namespace holdfast::test {
namespace {

/// Collects every statement of every connection that is opened while it lives.
class Recorder {
 public:
  Recorder() {
    statements().clear();
    full_scans().clear();
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&Recorder::on_open));
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&Recorder::on_open)); }

  std::set<std::string> seen() const {
    const std::scoped_lock guard(mutex());
    return statements();
  }
  /// Those that have stepped through a whole table.
  std::set<std::string> scanned() const {
    const std::scoped_lock guard(mutex());
    return full_scans();
  }

 private:
  static std::mutex& mutex() {
    static std::mutex all;
    return all;
  }
  static std::set<std::string>& statements() {
    static std::set<std::string> all;
    return all;
  }
  static std::set<std::string>& full_scans() {
    static std::set<std::string> all;
    return all;
  }
  static int on_open(sqlite3* db, const char**, const void*) {
    sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, &Recorder::on_done, nullptr);
    return SQLITE_OK;
  }
  static int on_done(unsigned, void*, void* statement, void*) {
    auto* done = static_cast<sqlite3_stmt*>(statement);
    const std::scoped_lock guard(mutex());
    statements().insert(sqlite3_sql(done));
    if (sqlite3_stmt_status(done, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) > 0)
      full_scans().insert(sqlite3_sql(done));
    return 0;
  }
};

std::vector<std::string> plan_of(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  sqlite3_open(path.c_str(), &opened);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> file(opened, sqlite3_close);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  sqlite3_stmt* prepared = nullptr;
  const std::string explain = "EXPLAIN QUERY PLAN " + sql;
  if (sqlite3_prepare_v2(opened, explain.c_str(), -1, &prepared, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(opened));
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
  std::vector<std::string> out;
  while (sqlite3_step(prepared) == SQLITE_ROW)
    out.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(prepared, 3)));
  return out;
}

/// Every operation once, so that every statement is sent.
void run_everything(Engine& engine) {
  using std::chrono::hours;
  const std::string resource = add_resource(engine, 50);
  const auto id = [](const Hold& hold) { return hold.id; };
  const std::string first = id(hold(engine, resource, 0, "a token"));
  hold(engine, resource, 0, "a token");
  (void)accepted(engine.create_holds({.items = {{resource, {future(1)}}, {resource, {future(2)}}},
                                      .customer_email = "guest@example.org"}));
  (void)accepted(engine.extend_hold({.hold_id = first, .ttl = hours(1)}));
  (void)accepted(engine.move_hold({.hold_id = first, .dates = {future(3)}}));
  const auto booked =
      accepted(engine.confirm_hold({.hold_id = first, .order_id = "o", .line_item_id = "l"}));
  (void)accepted(
      engine.move_allocation({.allocation_id = booked.allocation.id, .dates = {future(4)}}));
  (void)accepted(engine.release_hold({.hold_id = id(hold(engine, resource))}));
  (void)accepted(engine.create_hold(
      {.resource_id = resource, .dates = {future(5)}, .ttl = std::chrono::milliseconds(1)}));
  (void)accepted(engine.cleanup_expired_holds());
  (void)accepted(
      engine.adjust_capacity({.resource_id = resource, .dates = {future(0)}, .delta = 1}));
  (void)accepted(engine.search_availability(
      {.resource_ids = {resource}, .start_date = future(0), .end_date = future(9)}));
  (void)available(engine, resource);
  (void)accepted(engine.get_capacity_report(
      {.resource_id = resource, .start_date = future(0), .end_date = future(9)}));
  const auto blackout = accepted(engine.create_blackout(
      {.resource_id = resource, .start_date = future(8), .end_date = future(9)}));
  (void)accepted(engine.delete_blackout({.blackout_id = blackout.blackout.id}));
  (void)accepted(engine.cancel_allocation({.order_id = "o"}));
  (void)accepted(engine.retrieve_hold({.hold_id = first}));
  for (const std::string& of : {std::string(), resource}) {
    (void)accepted(engine.list_holds({.resource_id = of}));
    (void)accepted(engine.list_holds({.resource_id = of, .status = HoldStatus::kActive}));
    (void)accepted(engine.list_holds({.resource_id = of, .status = HoldStatus::kExpired}));
    (void)accepted(engine.list_allocations({.resource_id = of}));
    (void)accepted(engine.list_allocations({.resource_id = of,
                                            .status = AllocationStatus::kConfirmed,
                                            .start_date = future(0),
                                            .end_date = future(9)}));
    (void)accepted(engine.list_blackouts({.resource_id = of}));
  }
  (void)accepted(engine.list_holds({.customer_email = "guest@example.org"}));
  (void)accepted(engine.list_holds({.group_id = "grp_01JGFJJZ000000000000000001"}));
  (void)accepted(engine.list_allocations({.order_id = "o", .line_item_id = "l"}));
  (void)accepted(engine.list_resources({}));
  (void)accepted(engine.verify());
  (void)accepted(engine.prune({}));
}

bool is_ours(const std::string& sql) {
  return contains(sql, "resource") || contains(sql, "commands");
}

/// It looks at all ACTIVE holds that are not overdue, so it may go through their index. No command
/// that books does.
bool looks_at_all_active(const std::string& sql) {
  return contains(sql, "rowid IN (SELECT rowid FROM resource_holds");
}

/// The first of an index that is nearly always empty.
bool looks_at_one(const std::string& sql) {
  return sql.ends_with("LIMIT 1") && sql.starts_with("SELECT 1 ");
}

}  // namespace

TEST_CASE("no statement of the library goes through a table; each searches an index") {
  const Recorder recorder;
  const Database db(Backend{.name = "sqlite"});
  const auto engine = migrated(db.uri());
  run_everything(*engine);
  int examined = 0;
  for (const auto& sql : recorder.seen()) {
    if (!is_ours(sql) || contains(sql, "CREATE ")) continue;
    ++examined;
    for (const auto& step : plan_of(db.address(), sql)) {
      INFO(sql << "\n  " << step);
      const bool table_scan = step.starts_with("SCAN ") && contains(step, "resource_");
      if (!looks_at_all_active(sql) && !looks_at_one(sql)) CHECK_FALSE(table_scan);
      CHECK_FALSE(contains(step, "AUTOMATIC"));
      const bool lookup = step.starts_with("SEARCH ");
      if (lookup) CHECK(contains(step, "USING "));
    }
  }
  CHECK(examined > 40);
  for (const auto& sql : recorder.scanned()) {
    INFO(sql);
    if (is_ours(sql) && !contains(sql, "CREATE ")) CHECK(looks_at_all_active(sql));
  }
}

TEST_CASE("the hot statements use the index that was made for them") {
  const Recorder recorder;
  const Database db(Backend{.name = "sqlite"});
  const auto engine = migrated(db.uri());
  run_everything(*engine);
  struct Hot {
    const char* part;   ///< of the statement
    const char* index;  ///< of its plan
  };
  const std::vector<Hot> hot = {
      {"SET is_overdue = 1", "resource_holds_by_expiry (expires_at<?)"},
      {"expires_at <= ?2 ORDER BY expires_at",
       "resource_holds_overdue (resource_id=? AND expires_at<?)"},
      {"expires_at <= ?1 AND resource_id BETWEEN", "resource_holds_by_expiry (expires_at<?)"},
      {"AND idempotency_token = ?2", "(resource_id=? AND idempotency_token=?)"},
      {"FROM resource_capacity WHERE resource_id = ?1 AND date BETWEEN",
       "PRIMARY KEY (resource_id=? AND date>? AND date<?)"},
      {"UPDATE resource_capacity", "PRIMARY KEY (resource_id=? AND date>? AND date<?)"},
      {"is_overdue = 0 WHERE", "resource_holds_by_id (<expr>=? AND resource_id=?)"},
      {"UPDATE resource_allocations", "resource_allocations_by_id (<expr>=? AND resource_id=?)"},
      {"AND +hold_id = ?2", "resource_allocations_by_hold (<expr>=? AND resource_id=?)"},
      {"INDEXED BY resource_allocations_by_order", "resource_allocations_by_order (order_id=?"},
      {"INDEXED BY resource_holds_ended", "resource_holds_ended (resource_id=? AND updated_at<?)"},
      {"AND deleted_at IS NULL AND end_date >=",
       "resource_blackouts_standing (resource_id=? AND end_date>?)"},
      {"resource_id > ?1 ORDER BY resource_id, expires_at LIMIT 1",
       "resource_holds_overdue (resource_id>?)"},
      {"SELECT DISTINCT resource_id", "resource_holds_by_expiry (expires_at<?)"},
      {"INDEXED BY resource_holds_by_age", "resource_holds_by_age ("},
  };
  for (const Hot& expected : hot) {
    int found = 0;
    for (const auto& sql : recorder.seen()) {
      if (!contains(sql, expected.part)) continue;
      ++found;
      std::string plan;
      for (const auto& step : plan_of(db.address(), sql)) plan += step + "\n";
      INFO(sql << "\n" << plan);
      CHECK(contains(plan, expected.index));
    }
    INFO(expected.part);
    CHECK(found >= 1);
  }
}

}  // namespace holdfast::test
