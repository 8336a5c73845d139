// Databases that somebody else has configured.
#include <atomic>
#include <optional>

#include "cluster.hpp"
#include "shop.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const Backend kPostgres{.name = "postgres"};

/// A setting that every later session of the database begins with.
class Default {
 public:
  Default(const Database& db, std::string parameter, const std::string& value)
      : db_(db), parameter_(std::move(parameter)) {
    alter("SET " + parameter_ + " = " + value);
  }
  Default(const Default&) = delete;
  Default& operator=(const Default&) = delete;
  ~Default() { alter("RESET " + parameter_); }

 private:
  // The session that takes a setting back must not suffer from it.
  void alter(const std::string& what) const {
    Sql(db_.address() + " options='-c default_transaction_read_only=off -c statement_timeout=0'")
        .run("ALTER DATABASE " + name_of_database() + " " + what);
  }
  std::string name_of_database() const {
    const std::string address = db_.address();
    return address.substr(address.rfind("dbname=") + 7);
  }

  const Database& db_;
  std::string parameter_;
};

/// Twelve callers on two engines want the same five places.
void check_no_oversell(Engine& first, Engine& second) {
  const std::string resource = add_resource(first, 5);
  std::atomic<int> held{0};
  in_threads(12, [&](int thread) {
    Engine& engine = thread % 2 == 0 ? first : second;
    const auto reply = must(engine.create_hold(hold_request(resource)));
    if (reply.accepted()) ++held;
  });
  CHECK(held == 5);
  CHECK(available(second, resource) == 0);
  CHECK(unsound(first).empty());
}

/// Everything that our statements could mean by mistake, in a schema that comes first.
constexpr const char* kEvil = R"(
CREATE SCHEMA evil;
CREATE FUNCTION evil.no(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.no);
CREATE FUNCTION evil.no(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR evil.>= (LEFTARG = int, RIGHTARG = int, FUNCTION = evil.no);
CREATE OPERATOR evil.= (LEFTARG = int, RIGHTARG = int, FUNCTION = evil.no);
CREATE FUNCTION evil.glue(text, text) RETURNS text LANGUAGE sql AS $$SELECT 'evil'::text$$;
CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.glue);
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$SELECT timestamptz '1999-01-01'$$;
CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql
  AS $$SELECT timestamptz '1999-01-01'$$;
CREATE FUNCTION evil.pg_try_advisory_xact_lock(bigint) RETURNS boolean LANGUAGE sql
  AS 'SELECT true';
CREATE FUNCTION evil.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS 'SELECT';
CREATE FUNCTION evil.cardinality(text[]) RETURNS int LANGUAGE sql AS 'SELECT 0';
CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS $$SELECT 'off'::text$$;
CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql
  AS $$SELECT 'evil'::text$$;
CREATE FUNCTION evil.to_regclass(text) RETURNS regclass LANGUAGE sql AS 'SELECT NULL::regclass';
CREATE TABLE evil.resource_holds (resource_id text);
CREATE TABLE evil.resources (id text);
CREATE TABLE evil.schema_info (name text, value text);
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (false);
CREATE DOMAIN evil.date AS pg_catalog.date CHECK (false);
CREATE DOMAIN evil.int4 AS pg_catalog.int4 CHECK (false);
)";

}  // namespace

TEST_CASE("a stricter isolation level by default changes nothing") {
  NEEDS_POSTGRES();
  for (const char* level : {"'serializable'", "'repeatable read'"}) {
    INFO(level);
    const Database db(kPostgres);
    const Default isolation(db, "default_transaction_isolation", level);
    const auto first = migrated(db.uri());
    const auto second = must(Engine::open(db.uri()));
    check_no_oversell(*first, *second);
  }
}

TEST_CASE("a booking is durable, whatever synchronous_commit the database has") {
  NEEDS_POSTGRES();
  for (const bool evil : {false, true}) {
    for (const char* level : {"off", "local", "remote_write", "on", "remote_apply"}) {
      INFO("default: " << level << ", evil search_path: " << evil);
      const Database db(kPostgres);
      db.execute("DROP SCHEMA IF EXISTS evil CASCADE");
      const Default durability(db, "synchronous_commit", level);
      const auto engine = migrated(db.uri());
      // What is noted at COMMIT, in the transaction itself, is what COMMIT goes by.
      db.execute(R"(CREATE TABLE holdfast.noted (level text);
          CREATE FUNCTION holdfast.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO holdfast.noted VALUES (pg_catalog.current_setting('synchronous_commit'));
            RETURN NULL; END $$;
          CREATE CONSTRAINT TRIGGER noting AFTER INSERT ON holdfast.resource_holds
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION holdfast.note())");
      const std::string resource = add_resource(*engine, 5);
      if (evil) db.execute(kEvil);
      std::optional<Default> path;
      if (evil) path.emplace(db, "search_path", "evil, pg_catalog");
      hold(*must(Engine::open(db.uri())), resource);
      path.reset();
      const std::string wanted = level == std::string("remote_apply") ? "remote_apply" : "on";
      CHECK(Sql(db.address()).value("SELECT level FROM holdfast.noted") == wanted);
      db.execute("DROP SCHEMA IF EXISTS evil CASCADE");
    }
  }
}

TEST_CASE("a search_path full of lookalikes changes nothing") {
  NEEDS_POSTGRES();
  const Database db(kPostgres);
  db.execute("DROP SCHEMA IF EXISTS evil CASCADE");
  db.execute(kEvil);
  {
    const Default path(db, "search_path", "evil, pg_catalog");
    const auto first = migrated(db.uri());
    const auto second = must(Engine::open(db.uri()));
    check_no_oversell(*first, *second);
    const std::string resource = add_resource(*second, 5);
    const Hold made = hold(*first, resource, 0, "a token");
    CHECK(accepted(second->create_hold(hold_request(resource, 0, "a token"))).replayed);
    // The year is the true one, not the lookalike's.
    CHECK(made.created_at > Instant(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)));
    CHECK(accepted(first->list_holds({.resource_id = resource})).items.size() == 1);
    CHECK(accepted(first->list_resources({.text = "TOUR"})).items.size() == 2);
    (void)accepted(first->confirm_hold({.hold_id = made.id, .order_id = "o"}));
    (void)accepted(second->cancel_allocation({.order_id = "o"}));
    CHECK(available(*first, resource) == 5);
    CHECK(unsound(*second).empty());
  }
  db.execute("DROP SCHEMA evil CASCADE");
}

TEST_CASE("a statement timeout of a moment fails safely or does the work, and nothing between") {
  NEEDS_POSTGRES();
  const Database db(kPostgres);
  const auto calm = migrated(db.uri());
  const std::string resource = add_resource(*calm, 1'000'000);
  std::optional<Default> timeout;
  timeout.emplace(db, "statement_timeout", "'1ms'");
  int booked = 0;
  {
    auto opened = Engine::open(db.uri(), {.retry_timeout = 0ms});
    if (opened.ok()) {
      for (int i = 0; i < 60; ++i) {
        const std::string token = std::to_string(i);
        const auto reply = (*opened)->create_hold(hold_request(resource, 0, token));
        if (!reply.ok()) {
          INFO(describe(reply.error()));
          REQUIRE(reply.error().retry != Retry::kNever);
        }
        const auto settled = accepted(calm->create_hold(hold_request(resource, 0, token)));
        if (reply.ok() || reply.error().retry == Retry::kSafe)
          REQUIRE(settled.replayed == reply.ok());
        ++booked;
      }
    } else {
      CHECK(opened.error().retry == Retry::kSafe);
    }
  }
  timeout.reset();
  CHECK(available(*calm, resource) == 1'000'000 - booked);
  CHECK(unsound(*calm).empty());
}

TEST_CASE("a database that is read-only by default is refused or booked on, never half") {
  NEEDS_POSTGRES();
  const Database db(kPostgres);
  const auto before = migrated(db.uri());
  const std::string resource = add_resource(*before, 5);
  std::optional<Default> read_only;
  read_only.emplace(db, "default_transaction_read_only", "on");
  const auto opened = Engine::open(db.uri());
  if (opened.ok()) {
    hold(**opened, resource);
  } else {
    INFO(describe(opened.error()));
    CHECK((opened.error().status == Status::kUnavailable ||
           opened.error().status == Status::kConfiguration));
    CHECK(contains(opened.error().message, "read-only"));
  }
  read_only.reset();
  CHECK(available(*before, resource) == (opened.ok() ? 4 : 5));
}

TEST_CASE("a role that lacks a privilege hears which one") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster;
  const std::string owner = cluster.create_database("shop");
  const auto engine = migrated("postgres:" + owner);
  const std::string resource = add_resource(*engine, 5);
  Sql admin(owner);
  admin.run("CREATE ROLE guest LOGIN");
  const std::string guest = "postgres:host=" + cluster.socket_folder() +
                            " port=" + std::to_string(cluster.port()) + " user=guest dbname=shop";
  const auto check = [](const Error& error, const std::string& missing) {
    INFO(describe(error));
    CHECK(error.status == Status::kConfiguration);
    CHECK(error.retry == Retry::kNever);
    CHECK(contains(error.message, "permission denied"));
    CHECK(contains(error.message, missing));
  };
  const auto nothing = Engine::open(guest);
  REQUIRE_FALSE(nothing.ok());
  check(nothing.error(), "schema holdfast");

  admin.run(
      "GRANT USAGE ON SCHEMA holdfast TO guest;"
      "GRANT SELECT ON ALL TABLES IN SCHEMA holdfast TO guest");
  const auto reader = must(Engine::open(guest));
  CHECK(available(*reader, resource) == 5);
  const auto refused = reader->create_hold(hold_request(resource));
  REQUIRE_FALSE(refused.ok());
  check(refused.error(), "resource_");

  admin.run("CREATE DATABASE empty");
  const std::string empty = guest.substr(0, guest.rfind("dbname=")) + "dbname=empty";
  const auto migration = must(Engine::open(empty))->migrate();
  REQUIRE_FALSE(migration.ok());
  check(migration.error(), "database empty");
}

TEST_CASE("a neighbour that fills the lock table is a failure that is safe to retry") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster({"max_locks_per_transaction=10", "max_connections=12"});
  const std::string conninfo = cluster.create_database("shop");
  const auto engine = migrated("postgres:" + conninfo, {.retry_timeout = 0ms});
  const std::string resource = add_resource(*engine, 50);
  hold(*engine, resource);
  {
    Sql neighbour(conninfo);
    int taken = 0;
    CHECK_THROWS([&] {
      for (;; taken += 50)
        neighbour.run("SELECT pg_advisory_lock(n) FROM generate_series(" + std::to_string(taken) +
                      ", " + std::to_string(taken + 49) + ") n");
    }());
    // What the last, failed batch had taken is kept: session locks outlive their transaction.
    int failed = 0;
    for (int i = 0; i < 20; ++i) {
      const auto reply = engine->create_hold(hold_request(resource, 1, std::to_string(i)));
      if (reply.ok()) continue;
      ++failed;
      INFO(describe(reply.error()));
      CHECK(reply.error().status == Status::kUnavailable);
      CHECK(reply.error().retry == Retry::kSafe);
      CHECK(reply.error().sqlstate == "53200");
    }
    CHECK(failed > 0);
  }
  const auto recovered = must(Engine::open("postgres:" + conninfo));
  for (int i = 0; i < 20; ++i)
    (void)accepted(recovered->create_hold(hold_request(resource, 1, std::to_string(i))));
  CHECK(available(*recovered, resource, 1) == 30);
  CHECK(unsound(*recovered).empty());
}

}  // namespace holdfast::test
