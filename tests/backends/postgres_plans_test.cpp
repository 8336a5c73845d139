// The plans that the server makes for what the library really sends: on empty tables, on a million
// rows that nobody has analysed, and on the same when somebody has.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <sstream>
#include <thread>

#include "cluster.hpp"
#include "shop.hpp"
#include "support/budget.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

/// One step of a plan that reads a table or an index.
struct Step {
  std::string type{};
  std::string relation{};
  std::string index{};
  double rows = 0;      ///< that it gave, over all loops
  double filtered = 0;  ///< that it read and dropped
};

struct Plan {
  std::string text{};
  std::string query{};
  std::vector<Step> steps{};
};

/// The value of `"Name": value` in a line of EXPLAIN's JSON, when that is what the line has.
std::optional<std::string> property(const std::string& line, const std::string& name) {
  const auto at = line.find("\"" + name + "\": ");
  if (at == std::string::npos || line.find_first_not_of(" \t") != at) return std::nullopt;
  std::string value = line.substr(at + name.size() + 4);
  while (!value.empty() && (value.back() == ',' || value.back() == '\r')) value.pop_back();
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

void read_line(Plan& plan, double& loops, const std::string& line) {
  if (const auto query = property(line, "Query Text")) plan.query = *query;
  if (const auto type = property(line, "Node Type")) plan.steps.push_back({.type = *type});
  if (plan.steps.empty()) return;
  Step& step = plan.steps.back();
  if (const auto relation = property(line, "Relation Name")) step.relation = *relation;
  if (const auto index = property(line, "Index Name")) step.index = *index;
  if (const auto rows = property(line, "Actual Rows")) step.rows = std::stod(*rows);
  if (const auto count = property(line, "Actual Loops")) {
    loops = std::stod(*count);
    step.rows *= loops;
  }
  if (const auto removed = property(line, "Rows Removed by Filter"))
    step.filtered += std::stod(*removed) * loops;
}

/// Every plan that auto_explain has logged for the library's sessions.
std::vector<Plan> plans_in(const std::string& log) {
  std::vector<Plan> out;
  std::istringstream lines(log);
  bool inside = false;
  double loops = 1;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("\t")) {
      inside = line.starts_with("holdfast|") && contains(line, "plan:");
      if (inside) out.emplace_back();
      continue;
    }
    if (!inside) continue;
    out.back().text += line + "\n";
    read_line(out.back(), loops, line);
  }
  return out;
}

/// The engine's operations, each so that its statements are sent.
class Everything {
 public:
  explicit Everything(Engine& engine) : engine_(engine) {}

  void run(const std::string& resource, const std::string& other) {
    const std::string order = "order-" + std::to_string(++runs_) + resource;
    book(resource, order);
    group(resource, other);
    read(resource, order);
    housekeep(resource);
  }

 private:
  void book(const std::string& resource, const std::string& order) {
    const Hold first = hold(engine_, resource, 0, order + "a");
    (void)hold(engine_, resource, 0, order + "a");
    (void)accepted(engine_.extend_hold({.hold_id = first.id, .ttl = std::chrono::hours(1)}));
    (void)accepted(engine_.move_hold({.hold_id = first.id, .dates = {future(3)}}));
    const auto booked = accepted(engine_.confirm_hold(
                                     {.hold_id = first.id, .order_id = order, .line_item_id = "l"}))
                            .allocation;
    (void)accepted(
        engine_.move_allocation({.allocation_id = booked.id, .dates = {future(4), future(5)}}));
    (void)accepted(engine_.cancel_allocation({.order_id = order}));
    (void)accepted(engine_.release_hold({.hold_id = hold(engine_, resource, 1).id}));
    const auto second = hold(engine_, resource, 1);
    const auto again =
        accepted(engine_.confirm_hold({.hold_id = second.id, .order_id = order + "x"})).allocation;
    (void)accepted(engine_.cancel_allocation({.allocation_id = again.id}));
  }
  void group(const std::string& resource, const std::string& other) {
    CreateHolds group{.items = {}, .customer_email = "somebody@example.org"};
    for (int n = 0; n < 4; ++n) group.items.push_back({resource, {future(n), future(n + 1)}, 1});
    for (int n = 0; n < 4; ++n) group.items.push_back({other, {future(n)}, 1});
    const auto made = accepted(engine_.create_holds(group));
    (void)accepted(engine_.list_holds({.group_id = made.group_id}));
    ReleaseHolds release;
    for (const Hold& hold : made.holds) release.hold_ids.push_back(hold.id);
    (void)accepted(engine_.release_holds(release));
    (void)accepted(
        engine_.adjust_capacity({.resource_id = resource, .dates = {future(0)}, .delta = 1}));
    const auto blackout = accepted(engine_.create_blackout({.resource_id = resource,
                                                            .start_date = future(8),
                                                            .end_date = future(9),
                                                            .on_conflict = OnConflict::kKeep}));
    (void)accepted(engine_.delete_blackout({.blackout_id = blackout.blackout.id}));
  }
  void read(const std::string& resource, const std::string& order) {
    (void)available(engine_, resource);
    (void)accepted(engine_.get_capacity_report(
        {.resource_id = resource, .start_date = future(0), .end_date = future(9)}));
    (void)accepted(engine_.list_holds({.resource_id = resource}));
    (void)accepted(engine_.list_holds({.resource_id = resource, .status = HoldStatus::kActive}));
    (void)accepted(engine_.list_holds({.customer_email = "somebody@example.org"}));
    const auto page = accepted(engine_.list_holds({}));
    (void)accepted(engine_.list_holds({.after = page.next}));
    (void)accepted(engine_.list_allocations({.resource_id = resource}));
    (void)accepted(engine_.list_allocations({.order_id = order}));
    (void)accepted(engine_.list_allocations({.resource_id = resource,
                                             .status = AllocationStatus::kConfirmed,
                                             .start_date = future(0),
                                             .end_date = future(9)}));
  }
  void housekeep(const std::string& resource) {
    (void)accepted(engine_.create_hold(
        {.resource_id = resource, .dates = {future(2)}, .ttl = std::chrono::milliseconds(1)}));
    std::this_thread::sleep_for(5ms);
    (void)accepted(engine_.cleanup_expired_holds({.limit = 5}));
  }

  Engine& engine_;
  inline static int runs_ = 0;  ///< of all, so that no order is used twice
};

bool is_table_of_many(const std::string& relation) {
  return relation == "resource_holds" || relation == "resource_capacity" ||
         relation == "resource_allocations" || relation == "resource_blackouts" ||
         relation == "commands";
}

/// `most`: rows that one step may have read and thrown away. `small`: a list, which is planned each
/// time for the tables as they are, may read a table of one page from end to end.
void check_plans(const std::vector<Plan>& plans, double most, bool small) {
  int looked_at = 0;
  double worst = 0;
  for (const Plan& plan : plans) {
    const bool keyed = contains(plan.query, "unnest($") || contains(plan.query, "RECURSIVE");
    for (const Step& step : plan.steps) {
      if (step.relation.empty() || !is_table_of_many(step.relation)) continue;
      if (step.type == "ModifyTable") continue;
      ++looked_at;
      INFO(step.type << " on " << step.relation << " by " << step.index << ", " << step.rows
                     << " rows, " << step.filtered << " dropped\n"
                     << plan.text);
      if (keyed || !small) CHECK(step.type != "Seq Scan");
      if (keyed) CHECK_FALSE(step.index.ends_with("_created"));
      CHECK(step.filtered <= most);
      CHECK(step.rows <= most);
      worst = std::max({worst, step.rows, step.filtered});
    }
    for (const Step& step : plan.steps) {
      INFO(plan.text);
      CHECK(step.type != "Hash Join");
      CHECK(step.type != "Merge Join");
    }
  }
  CHECK(looked_at > 40);
  std::fprintf(stderr, "plans: %d steps, at most %.0f rows in one\n", looked_at, worst);
}

/// Which index serves which statement, whatever the tables hold.
void check_intended(const std::vector<Plan>& plans) {
  struct Intended {
    const char* part;
    const char* relation;
    const char* index;
  };
  const std::vector<Intended> all = {
      {"expires_at <= c.now", "resource_holds", "resource_holds_due"},
      {"AND idempotency_token = k.item", "resource_holds", "resource_holds_token"},
      {"FROM holdfast.resource_holds WHERE resource_id = k.key AND id = k.item", "resource_holds",
       "resource_holds_pkey"},
      {"date >= k.first AND date <= k.last", "resource_capacity", "resource_capacity_pkey"},
      {"UPDATE holdfast.resource_capacity", "resource_capacity", "resource_capacity_pkey"},
      {"UPDATE holdfast.resource_holds", "resource_holds", "resource_holds_pkey"},
      {"UPDATE holdfast.resource_allocations", "resource_allocations", "resource_allocations_pkey"},
      {"AND hold_id = k.item", "resource_allocations", "resource_allocations_of_hold"},
      {"WITH RECURSIVE step", "resource_holds", "resource_holds_due"},
  };
  for (const Intended& wanted : all) {
    int found = 0;
    for (const Plan& plan : plans) {
      if (!contains(plan.query, wanted.part)) continue;
      for (const Step& step : plan.steps) {
        if (step.relation != wanted.relation || step.type == "ModifyTable") continue;
        ++found;
        INFO(plan.text);
        CHECK(step.index == wanted.index);
      }
    }
    INFO(wanted.part);
    CHECK(found >= 1);
  }
}

/// Fewer where the budget is small.
struct Size {
  int resources = 20'000;
  int holds = 1'000'000;
};

std::string ulid_of(const std::string& number) {
  return "'01JGFJJZ00' || lpad((" + number + ")::text, 16, '0')";
}

/// Rows as the library writes them, past it: `holds` of them, a tenth ACTIVE, 300 of those due.
void fill(Sql& sql, const Size& size) {
  const std::string n = std::to_string(size.holds);
  const std::string resources = std::to_string(size.resources);
  const std::string of_hold = ulid_of("10000000 + g % " + resources);
  sql.run("SET synchronous_commit = off");
  sql.run("INSERT INTO holdfast.resources SELECT 'res_' || " + ulid_of("10000000 + g") +
          ", 'BIKE', 'A bike', '', '{}', 'UTC', true, now(), now(), NULL FROM generate_series(0, " +
          resources + " - 1) g");
  sql.run("INSERT INTO holdfast.resource_capacity SELECT 'res_' || " + ulid_of("10000000 + g") +
          ", date '2127-03-01' + d, 1000, 1000 FROM generate_series(0, " + resources +
          " - 1) g, generate_series(0, 9) d");
  sql.run("INSERT INTO holdfast.resource_holds SELECT 'res_' || " + of_hold + ", 'hold_' || " +
          of_hold + " || '_' || " + ulid_of("g") +
          ", ARRAY[date '2127-03-01' + g % 10], 1, 'guest' || g % 5000 || '@example.org', '', "
          "'t' || g, 0, 'f', CASE WHEN g % 10 = 0 THEN 'ACTIVE' WHEN g % 10 < 5 THEN 'CONFIRMED' "
          "WHEN g % 10 < 7 THEN 'RELEASED' ELSE 'EXPIRED' END, "
          "CASE WHEN g % 10 = 0 AND g < 3000 THEN now() - interval '1 minute' "
          "ELSE now() + interval '1 day' END, '', now() - g * interval '1 second', now() "
          "FROM generate_series(1, " +
          n + ") g");
  sql.run(
      "INSERT INTO holdfast.resource_allocations SELECT resource_id, "
      "replace(id, 'hold_', 'alloc_'), id, 'order-' || idempotency_token, 'l', dates, dates[1], "
      "dates[1], 1, 'CONFIRMED', created_at, NULL FROM holdfast.resource_holds "
      "WHERE status = 'CONFIRMED' AND resource_id LIKE 'res_01JGFJJZ00%' LIMIT " +
      std::to_string(size.holds / 5));
  sql.run(
      "UPDATE holdfast.resource_capacity c SET available_capacity = 1000 - t.taken FROM "
      "(SELECT resource_id, dates[1] AS date, count(*) AS taken FROM holdfast.resource_holds "
      "WHERE status = 'ACTIVE' GROUP BY 1, 2) t "
      "WHERE c.resource_id = t.resource_id AND c.date = t.date");
}

}  // namespace

TEST_CASE("every plan is an index lookup, on empty, unanalysed and analysed tables") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster({"session_preload_libraries=auto_explain", "autovacuum=off",
                                "auto_explain.log_min_duration=0", "auto_explain.log_format=json",
                                "auto_explain.log_analyze=on", "auto_explain.log_timing=off",
                                "auto_explain.log_nested_statements=on", "fsync=off",
                                "wal_level=minimal", "max_wal_senders=0", "full_page_writes=off",
                                "shared_buffers=512MB", "max_wal_size=4GB"});
  const std::string conninfo = cluster.create_database("shop");
  const std::string uri = "postgres:" + conninfo;
  std::size_t read = 0;
  const auto new_plans = [&] {
    const std::string log = cluster.log();
    const auto plans = plans_in(log.substr(read));
    read = log.size();
    return plans;
  };

  // Its sessions and their prepared plans are as old as the empty tables.
  const auto old_host = migrated(uri);
  (void)new_plans();
  const std::string first = add_resource(*old_host, 1000);
  const std::string second = add_resource(*old_host, 1000);
  Everything by_old(*old_host);
  for (int i = 0; i < 7; ++i) by_old.run(first, second);
  std::vector<Plan> plans = new_plans();
  {
    INFO("empty tables");
    check_plans(plans, 250, true);
    check_intended(plans);
  }

  Sql sql(conninfo + " application_name=filling options='-c auto_explain.log_min_duration=-1'");
  Size size;
  size.holds = std::max(20'000, std::min(1'000'000, static_cast<int>(1'000'000 * budget())));
  size.resources = size.holds / 50;
  const auto begun = std::chrono::steady_clock::now();
  fill(sql, size);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::fprintf(stderr, "plans: filled %d holds in %.1f s\n", size.holds, took.count());
  const std::string filled = "res_01JGFJJZ000000000010000007";
  for (const bool analysed : {false, true}) {
    if (analysed) sql.run("ANALYZE");
    const auto new_host = must(Engine::open(uri));
    Everything by_new(*new_host);
    (void)new_plans();
    for (int i = 0; i < 7; ++i) by_old.run(filled, first);
    for (int i = 0; i < 7; ++i) by_new.run(filled, second);
    plans = new_plans();
    INFO("a million rows, analysed: " << analysed);
    // Every key that has ACTIVE holds is one probe of the sweep; the rest stays with its resource.
    std::erase_if(plans, [](const Plan& plan) { return contains(plan.query, "WITH RECURSIVE"); });
    check_plans(plans, 400, false);
  }
}

}  // namespace holdfast::test
