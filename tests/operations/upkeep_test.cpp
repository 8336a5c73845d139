// migrate, verify, metrics and prune.
#include <atomic>
#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "operations/world.hpp"
#include "support/threads.hpp"

using namespace holdfast;
using namespace holdfast::test;
using std::chrono::hours;

namespace {

std::string table(const Database& db, const std::string& name) {
  return db.backend().name == "postgres" ? "holdfast." + name : name;
}

std::set<std::string> rules(World& world) {
  std::set<std::string> out;
  for (const auto& violation : accepted(world->verify()).violations) {
    CHECK_FALSE(violation.detail.empty());
    out.insert(violation.rule);
  }
  return out;
}

// Sample lines of the text format by their name and labels. Fails on any line that is none.
std::map<std::string, double> parse_prometheus(const std::string& text) {
  static const std::regex help("# HELP (holdfast_[a-z0-9_]+) [^\\\\]+");
  static const std::regex type("# TYPE (holdfast_[a-z0-9_]+) (counter|gauge)");
  static const std::regex sample(
      "((holdfast_[a-z0-9_]+)(\\{[a-z_]+=\"[^\"\\\\]*\"\\})?) "
      "(-?[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?)");
  std::map<std::string, double> out;
  std::set<std::string> helped;
  std::map<std::string, std::string> typed;
  REQUIRE(!text.empty());
  CHECK(text.back() == '\n');
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      CHECK(helped.insert(match[1]).second);
    } else if (std::regex_match(line, match, type)) {
      CHECK(typed.emplace(match[1], match[2]).second);
      const bool total = line.find("_total ") != std::string::npos;
      CHECK(total == (match[2] == "counter"));
    } else {
      REQUIRE(std::regex_match(line, match, sample));
      CHECK(helped.count(match[2]) == 1);
      CHECK(typed.count(match[2]) == 1);
      CHECK(out.emplace(match[1], std::stod(match[4])).second);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("migrate again answers the same version and keeps the data") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const auto first = accepted(world->migrate());
  CHECK(first.schema_version >= 1);
  CHECK(accepted(world->migrate()).schema_version == first.schema_version);
  CHECK(world.available(id, day(0)) == 10);
}

TEST_CASE("verify counts what it has looked at") {
  EACH_BACKEND(db);
  World world(db);
  auto answer = accepted(world->verify());
  CHECK(answer.resources + answer.days + answer.holds + answer.allocations == 0);
  for (int i = 0; i < 20; ++i) {
    const auto id = world.tour();
    world.hold(id, {day(0), day(1)}, 2);
    world.book(id, {day(1)}, 3, "o");
  }
  world.short_hold(world.tour(), {day(0)}, std::chrono::milliseconds(1));
  world.clock().advance(std::chrono::milliseconds(1));
  answer = accepted(world->verify());
  CHECK(answer.resources == 21);
  CHECK(answer.days == 21 * 31);
  CHECK(answer.holds == 41);
  CHECK(answer.allocations == 20);
  CHECK(answer.violations.empty());
}

TEST_CASE("verify finds rows that were broken past the library") {
  EACH_BACKEND(db);
  if (!db.backend().has_checks) return;
  World world(db);
  world.expect_broken_tables();
  const bool postgres = db.backend().name == "postgres";
  const auto id = world.tour();
  const Hold held = world.hold(id, {day(0), day(1)}, 2);
  const auto booked = world.book(id, {day(2)}, 3, "o");
  CHECK(rules(world).empty());
  const std::string capacity = table(db, "resource_capacity");
  const std::string holds = table(db, "resource_holds");
  const std::string allocations = table(db, "resource_allocations");
  const std::string resources = table(db, "resources");
  using Rules = std::set<std::string>;
  std::string sql;
  Rules expected;
  SECTION("places vanished") {
    sql = "UPDATE " + capacity + " SET available_capacity = available_capacity - 1 " +
          "WHERE date = '2027-03-01'";
    expected = {"CONSERVATION"};
  }
  SECTION("places from nowhere") {
    sql = "UPDATE " + capacity + " SET available_capacity = available_capacity + 1 " +
          "WHERE date = '2027-03-02'";
    expected = {"CONSERVATION"};
  }
  SECTION("more free than there are") {
    const std::string update =
        "UPDATE " + capacity + " SET available_capacity = 11 WHERE date = '2027-03-09'";
    sql = postgres
              ? "ALTER TABLE " + capacity + " DROP CONSTRAINT resource_capacity_range; " + update
              : "PRAGMA ignore_check_constraints = 1; " + update;
    expected = {"CONSERVATION", "RANGE"};
  }
  SECTION("a day that something is held on is gone") {
    sql = "DELETE FROM " + capacity + " WHERE date = '2027-03-02'";
    expected = {"CONSERVATION"};
  }
  SECTION("the hold is gone") {
    sql = "DELETE FROM " + holds + " WHERE id = '" + held.id + "'";
    expected = {"CONSERVATION"};
  }
  SECTION("the resource is gone") {
    sql = "DELETE FROM " + resources + " WHERE id = '" + id + "'";
    expected = {"ORPHAN"};
  }
  SECTION("a confirmed hold without its allocation") {
    sql = "DELETE FROM " + allocations + " WHERE hold_id = '" + booked.hold_id + "'";
    expected = {"BIJECTION", "CONSERVATION"};
  }
  SECTION("an allocation of a hold that is not confirmed") {
    sql = "UPDATE " + holds + " SET status = 'RELEASED' WHERE id = '" + booked.hold_id + "'";
    expected = {"BIJECTION"};
  }
  SECTION("a hold that counts twice, as hold and as booking") {
    sql = "UPDATE " + holds + " SET status = 'ACTIVE' WHERE id = '" + booked.hold_id + "'";
    expected = {"BIJECTION", "CONSERVATION"};
  }
  SECTION("days out of order") {
    const std::string dates = postgres ? "'{2027-03-02,2027-03-01}'" : "'2027-03-02,2027-03-01'";
    sql = "UPDATE " + holds + " SET dates = " + dates + " WHERE id = '" + held.id + "'";
    expected = {"SHAPE"};
  }
  db.execute(sql);
  INFO(sql);
  CHECK(rules(world) == expected);
  const auto violations = accepted(world->verify()).violations;
  for (const auto& violation : violations) CHECK(violation.resource_id == id);
}

TEST_CASE("verify lists at most a thousand violations") {
  EACH_BACKEND(db);
  if (!db.backend().has_checks) return;
  World world(db);
  world.expect_broken_tables();
  for (int i = 0; i < 40; ++i) world.tour();
  db.execute("UPDATE " + table(db, "resource_capacity") +
             " SET available_capacity = available_capacity - 1");
  const auto answer = accepted(world->verify());
  CHECK(answer.violations.size() == 1000);
  CHECK(answer.days == 40 * 31);
}

TEST_CASE("Metrics count what was asked, made, refused and how long a customer took") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  accepted(world->initialize_capacity({.resource_id = id,
                                       .start_date = today(),
                                       .end_date = today() + std::chrono::days(5),
                                       .daily_capacity = 10}));
  const Date d = today();
  const Hold one = world.hold(id, {d}, 2);
  const Hold two = world.hold(id, {d}, 1);
  accepted(world->create_hold({.resource_id = id, .dates = {d}, .idempotency_token = "t"}));
  accepted(world->create_hold({.resource_id = id, .dates = {d}, .idempotency_token = "t"}));
  accepted(world->create_holds({.items = {{id, {d}, 1}, {id, {d}, 1}}}));
  CHECK(outcome(world->create_hold({.resource_id = id, .dates = {d}, .quantity = 9})) ==
        "INSUFFICIENT_CAPACITY");
  CHECK(outcome(world->create_hold({.resource_id = id, .dates = {d}, .quantity = 0})) ==
        "INVALID_ARGUMENT");
  CHECK(outcome(world->retrieve_hold({.hold_id = "x"})) == "HOLD_NOT_FOUND");
  world.clock().advance(std::chrono::seconds(10));
  accepted(world->confirm_hold({.hold_id = one.id, .order_id = "o"}));
  accepted(world->confirm_hold({.hold_id = one.id, .order_id = "o"}));
  world.clock().advance(std::chrono::seconds(10));
  const auto second = accepted(world->confirm_hold({.hold_id = two.id, .order_id = "o"}));
  accepted(world->cancel_allocation({.allocation_id = second.allocation.id}));
  const Hold gone = world.hold(id, {d});
  accepted(world->release_hold({.hold_id = gone.id}));
  world.short_hold(id, {d}, std::chrono::milliseconds(1));
  world.clock().advance(std::chrono::milliseconds(1));
  CHECK(accepted(world->cleanup_expired_holds()).expired == 1);

  const auto other = world.tour();
  const auto m = accepted(world->metrics({.resource_ids = {other, id, Nobody().resource}}));
  CHECK(m.holds_requested == 9);
  CHECK(m.holds_created == 7);
  CHECK(m.holds_replayed == 1);
  CHECK(m.holds_confirmed == 2);
  CHECK(m.holds_released == 1);
  CHECK(m.holds_expired == 1);
  CHECK(m.allocations_cancelled == 1);
  CHECK(m.rejections == std::map<Outcome, std::int64_t>{{Outcome::kInvalidArgument, 1},
                                                        {Outcome::kInsufficientCapacity, 1},
                                                        {Outcome::kHoldNotFound, 1}});
  CHECK(m.failures.empty());
  CHECK(std::abs(m.hold_to_confirm_mean_s - 15.0) < 1e-6);
  CHECK(m.hold_to_confirm_p95_s >= 20.0);
  CHECK(m.hold_to_confirm_p95_s <= 60.0);
  CHECK(m.batches > 0);
  CHECK(m.commands >= m.batches);
  CHECK(m.batch_size_max >= 1);
  CHECK(m.queue_depth == 0);
  REQUIRE(m.use.size() == 2);
  for (const ResourceUse& use : m.use) {
    REQUIRE(use.today.days.size() == 1);
    CHECK(use.today.days[0].date == today());
    if (use.resource_id != id) {
      CHECK(use.today.max_capacity == 0);
      continue;
    }
    CHECK(use.today.max_capacity == 10);
    CHECK(use.today.held == 3);
    CHECK(use.today.booked == 2);
    CHECK(std::abs(utilisation(use.today) - 0.5) < 1e-9);
  }

  const auto lines = parse_prometheus(prometheus(m));
  const auto value = [&](const std::string& key) {
    const auto at = lines.find("holdfast_" + key);
    return at == lines.end() ? -1.0 : at->second;
  };
  CHECK(value("holds_requested_total") == 9);
  CHECK(value("holds_created_total") == 7);
  CHECK(value("holds_replayed_total") == 1);
  CHECK(value("holds_confirmed_total") == 2);
  CHECK(value("holds_released_total") == 1);
  CHECK(value("holds_expired_total") == 1);
  CHECK(value("allocations_cancelled_total") == 1);
  CHECK(value("rejections_total{reason=\"INSUFFICIENT_CAPACITY\"}") == 1);
  CHECK(std::abs(value("hold_to_confirm_mean_seconds") - 15) < 1e-6);
  CHECK(value("capacity_in_use_ratio{resource_id=\"" + id + "\"}") == 0.5);
  CHECK(value("queue_depth") == 0);
}

TEST_CASE("Metrics of an engine that has done nothing are well-formed") {
  EACH_BACKEND(db);
  World world(db);
  const auto m = accepted(world->metrics());
  CHECK(m.holds_created == 0);
  CHECK(m.hold_to_confirm_p95_s == 0);
  const auto lines = parse_prometheus(prometheus(m));
  CHECK(lines.at("holdfast_holds_created_total") == 0);
  MetricsAnswer extreme = m;
  extreme.failures[Status::kUnknown] = 3;
  extreme.hold_to_confirm_mean_s = 1e-9;
  extreme.hold_to_confirm_p95_s = 1e300;
  CHECK(parse_prometheus(prometheus(extreme)).at("holdfast_failures_total{status=\"UNKNOWN\"}") ==
        3);
}

TEST_CASE("Callers at once share transactions, and metrics say how many") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(1000);
  const auto before = accepted(world->metrics());
  in_threads(8, [&](int) {
    for (int i = 0; i < 25; ++i) world.hold(id, {day(0)});
  });
  const auto after = accepted(world->metrics());
  CHECK(after.commands - before.commands == 200);
  CHECK(after.holds_created == 200);
  CHECK(after.batches - before.batches <= 200);
  CHECK(world.available(id, day(0)) == 800);
}

TEST_CASE("prune removes what ended long ago and nothing else") {
  EACH_BACKEND(db);
  World world(db, {.max_hold_lifetime = hours(24 * 60)});
  const auto id = world.tour(100);
  const auto make = [&](const char* token, std::chrono::milliseconds ttl) {
    return accepted(world->create_hold({.resource_id = id,
                                        .dates = {day(0)},
                                        .customer_email = "a@example.com",
                                        .idempotency_token = token,
                                        .ttl = ttl}))
        .hold.id;
  };
  const auto again = [&](const char* token, std::chrono::milliseconds ttl) {
    return accepted(
               world->create_hold(
                   {.resource_id = id, .dates = {day(0)}, .idempotency_token = token, .ttl = ttl}))
        .replayed;
  };
  const std::chrono::milliseconds month = hours(24 * 30);
  const auto released = make("released", month);
  const auto expired = make("expired", std::chrono::seconds(1));
  const auto confirmed = make("confirmed", month);
  const auto cancelled = make("cancelled", month);
  const auto active = make("active", month);
  accepted(world->release_hold({.hold_id = released}));
  accepted(world->confirm_hold({.hold_id = confirmed, .order_id = "o"}));
  const auto booked = accepted(world->confirm_hold({.hold_id = cancelled, .order_id = "p"}));
  accepted(world->cancel_allocation({.allocation_id = booked.allocation.id}));
  world.clock().advance(std::chrono::seconds(1));
  CHECK(accepted(world->cleanup_expired_holds()).expired == 1);
  const auto due = make("due", std::chrono::seconds(1));
  const AdjustCapacity adjust{
      .resource_id = id, .dates = {day(0)}, .delta = 1, .idempotency_token = "t"};
  accepted(world->adjust_capacity(adjust));
  const auto lifted = world.blackout(id, day(9), day(9));
  const auto standing = world.blackout(id, day(10), day(10));
  accepted(world->delete_blackout({.blackout_id = lifted.id}));
  world.clock().advance(std::chrono::microseconds(1));
  const auto young = make("young", month);
  accepted(world->release_hold({.hold_id = young}));
  const auto bare = world.bare({.type = "TOUR", .name = "n", .idempotency_token = "young"});

  // Exactly a day after: what happened at that instant is not older than a day.
  world.clock().advance(hours(24));
  const auto answer = accepted(world->prune({.older_than = hours(24)}));
  CHECK(answer.holds_removed == 2);
  CHECK(answer.blackouts_removed == 1);
  CHECK(answer.tokens_removed >= 3);
  CHECK(answer.emails_erased == 0);
  for (const auto& gone : {released, expired}) {
    CHECK(outcome(world->retrieve_hold({.hold_id = gone})) == "HOLD_NOT_FOUND");
  }
  for (const auto& kept : {confirmed, cancelled, active, due, young}) {
    CHECK(outcome(world->retrieve_hold({.hold_id = kept})) == "ACCEPTED");
  }
  CHECK(accepted(world->list_allocations({.resource_id = id})).items.size() == 2);
  CHECK(outcome(world->delete_blackout({.blackout_id = lifted.id})) == "BLACKOUT_NOT_FOUND");
  CHECK(accepted(world->list_blackouts({.resource_id = id})).items.at(0).id == standing.id);
  const auto more = accepted(world->prune({.older_than = hours(24)}));
  CHECK(more.holds_removed + more.tokens_removed + more.blackouts_removed == 0);

  CHECK(again("confirmed", month));
  CHECK(again("cancelled", month));
  CHECK(again("active", month));
  CHECK(again("young", month));
  CHECK_FALSE(again("released", month));
  CHECK_FALSE(accepted(world->adjust_capacity(adjust)).replayed);
  CHECK(
      accepted(world->create_resource({.type = "TOUR", .name = "n", .idempotency_token = "young"}))
          .resource.id == bare);
}

TEST_CASE("prune erases a customer's address from every hold, whatever its age and state") {
  EACH_BACKEND(db);
  World world(db);
  const auto a = world.tour(200);
  const auto b = world.tour(200);
  std::vector<std::string> erased;
  for (int round = 0; round < 3; ++round) {
    CreateHolds request{.items = {}, .customer_email = "gone@example.com"};
    for (int i = 0; i < 30; ++i) request.items.push_back({i % 2 == 0 ? a : b, {day(0)}, 1});
    for (const auto& hold : accepted(world->create_holds(request)).holds) erased.push_back(hold.id);
  }
  accepted(world->confirm_hold({.hold_id = erased[0], .order_id = "o"}));
  accepted(world->release_hold({.hold_id = erased[1]}));
  const auto other = accepted(world->create_hold(
      {.resource_id = a, .dates = {day(0)}, .customer_email = "stays@example.com"}));
  const auto answer = accepted(world->prune({.erase_customer_email = "gone@example.com"}));
  CHECK(answer.emails_erased == 90);
  CHECK(answer.holds_removed == 0);
  CHECK(accepted(world->list_holds({.customer_email = "gone@example.com"})).items.empty());
  for (const auto& id : {erased[0], erased[1], erased[2]}) {
    CHECK(world.seen(id).customer_email.empty());
  }
  CHECK(world.seen(erased[0]).status == HoldStatus::kConfirmed);
  CHECK(world.seen(erased[2]).status == HoldStatus::kActive);
  CHECK(world.seen(other.hold.id).customer_email == "stays@example.com");
  CHECK(accepted(world->prune({.erase_customer_email = "gone@example.com"})).emails_erased == 0);
}

TEST_CASE("prune goes on until all is gone that is old, over many resources") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(2000);
  for (int round = 0; round < 17; ++round) {
    CreateHolds request{};
    for (int i = 0; i < 64; ++i) request.items.push_back({id, {day(0)}, 1});
    const auto made = accepted(world->create_holds(request));
    accepted(world->release_holds({.hold_ids = ids_of(made.holds)}));
  }
  for (int i = 0; i < 70; ++i) {
    const auto other = world.bare();
    accepted(world->initialize_capacity(
        {.resource_id = other, .start_date = day(0), .end_date = day(0), .daily_capacity = 1}));
  }
  world.clock().advance(hours(24) + std::chrono::microseconds(1));
  const auto answer = accepted(world->prune({.older_than = hours(24)}));
  CHECK(answer.holds_removed == 17 * 64);
  CHECK(answer.tokens_removed == 2 * 71);
  CHECK(accepted(world->list_holds({.resource_id = id})).items.empty());
}

TEST_CASE("The sweep takes few resources where much is due, and many where little is") {
  EACH_BACKEND(db);
  World world(db);
  const auto sweep = [&] {
    const auto before = accepted(world->metrics());
    const auto expired = accepted(world->cleanup_expired_holds()).expired;
    const auto after = accepted(world->metrics());
    struct Sweep {
      std::int64_t expired;
      std::int64_t batches;
      std::int64_t resources;
    };
    return Sweep{expired, after.batches - before.batches, after.commands - before.commands};
  };
  const auto hold = [&](const std::string& id) { world.hold(id, {day(1)}); };
  constexpr int kMany = 120;
  for (int i = 0; i < kMany; ++i) hold(world.tour());
  world.clock().advance(kDefaultTtl);
  const auto many = sweep();
  CHECK(many.expired == kMany);
  CHECK(many.resources == kMany);
  CHECK(many.batches == 5);  // 4, 8, 16, 32 and the other 60

  std::vector<std::string> busy;
  for (int i = 0; i < 6; ++i) busy.push_back(world.tour(1000));
  in_threads(6, [&](int thread) {
    for (int i = 0; i < 110; ++i) hold(busy[static_cast<std::size_t>(thread)]);
  });
  world.clock().advance(kDefaultTtl);
  const auto few = sweep();
  CHECK(few.expired == 6 * 110);
  CHECK(few.resources <= 4 * few.batches);
}

TEST_CASE("Sweeps and prunes at once count each row once") {
  EACH_BACKEND(db);
  World world(db, {.readers = 4});
  constexpr int kDue = 60;
  const auto id = world.tour(1000);
  std::int64_t tokens = 2;
  for (int round = 0; round < 6; ++round) {
    CreateHolds request{.items = {}, .ttl = std::chrono::seconds(1)};
    for (int i = 0; i < kDue; ++i) request.items.push_back({id, {day(0)}, 1});
    accepted(world->create_holds(request));
    world.clock().advance(std::chrono::seconds(1));
    std::atomic<std::int64_t> expired{0};
    in_threads(4, [&](int) { expired += accepted(world->cleanup_expired_holds()).expired; });
    CHECK(expired == kDue);
    world.clock().advance(hours(25));
    std::atomic<std::int64_t> removed{0};
    std::atomic<std::int64_t> forgotten{0};
    in_threads(4, [&](int thread) {
      const auto answer = accepted(world->prune({.older_than = hours(24 + thread / 2)}));
      removed += answer.holds_removed;
      forgotten += answer.tokens_removed;
    });
    CHECK(removed == kDue);
    CHECK(forgotten == tokens);
    tokens = 0;
  }
}
