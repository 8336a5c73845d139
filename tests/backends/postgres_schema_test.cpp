// The schema: its rules, how it comes about, and which ones are refused.
#include <chrono>
#include <future>
#include <thread>

#include "cluster.hpp"
#include "process.hpp"
#include "shop.hpp"
#include "storage/postgres/schema.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

const Backend kPostgres{.name = "postgres"};

void check_schema_error(const Error& error, const std::string& words) {
  INFO(describe(error));
  CHECK(error.status == Status::kSchema);
  CHECK(error.retry == Retry::kNever);
  CHECK(contains(error.message, words));
}

}  // namespace

TEST_CASE("a migrating worker of the test below", "[.][migrate_worker]") {
  const auto engine = must(Engine::open(environment("HOLDFAST_WORKER_URI")));
  REQUIRE(must(engine->migrate()).value().schema_version == postgres::kSchemaVersion);
}

TEST_CASE("many hosts that migrate an empty database at once make one schema") {
  NEEDS_POSTGRES();
  for (int round = 0; round < 3; ++round) {
    const Database db(kPostgres);
    const TemporaryFolder folder;
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < 3; ++i) {
      processes.push_back(
          std::make_unique<Process>(self("[migrate_worker]"), "", folder.path() + "/out",
                                    std::vector<std::string>{"HOLDFAST_WORKER_URI=" + db.uri()}));
    }
    in_threads(8, [&](int) {
      const auto engine = must(Engine::open(db.uri()));
      if (accepted(engine->migrate()).schema_version != postgres::kSchemaVersion)
        throw std::runtime_error("another version than the library's");
    });
    for (const auto& process : processes) {
      const int code = process->wait(60);
      INFO(read_file(folder.path() + "/out"));
      CHECK(code == 0);
    }
    Sql sql(db.address());
    CHECK(sql.value("SELECT count(*) FROM holdfast.schema_info WHERE name = 'version'") == "1");
    const auto engine = must(Engine::open(db.uri()));
    hold(*engine, add_resource(*engine, 1));
    CHECK(unsound(*engine).empty());
  }
}

TEST_CASE("a stranger that makes the schema at the same moment is waited for, and no obstacle") {
  NEEDS_POSTGRES();
  const Database db(kPostgres);
  const auto engine = must(Engine::open(db.uri()));
  Sql stranger(db.address());
  stranger.run("BEGIN");
  stranger.run("CREATE SCHEMA holdfast");
  auto migration = std::async(std::launch::async, [&] { return engine->migrate(); });
  const std::string waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
      "application_name = 'holdfast' AND wait_event_type = 'Lock'";
  Sql watcher(db.address());
  bool waits = false;
  for (int i = 0; i < 20'000 && !waits; ++i) {
    waits = watcher.value(waiting) == "1";
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stranger.run("COMMIT");
  CHECK(waits);
  CHECK(accepted(migration.get()).schema_version == postgres::kSchemaVersion);
  hold(*engine, add_resource(*engine, 1));
}

TEST_CASE("before migrate every call says that migrate is missing") {
  NEEDS_POSTGRES();
  const Database db(kPostgres);
  const auto engine = must(Engine::open(db.uri()));
  const auto write = engine->create_resource({.type = "TOUR", .name = "A tour"});
  const auto read = engine->list_resources({});
  REQUIRE_FALSE(write.ok());
  REQUIRE_FALSE(read.ok());
  check_schema_error(write.error(), "migrate");
  check_schema_error(read.error(), "migrate");
}

TEST_CASE("a newer schema, another lock mode and a stranger's schema are refused") {
  NEEDS_POSTGRES();
  const Database db(kPostgres);
  const auto engine = migrated(db.uri());
  const auto refused = [&](const std::string& words) {
    const auto opened = Engine::open(db.uri());
    REQUIRE_FALSE(opened.ok());
    check_schema_error(opened.error(), words);
    const auto migration = engine->migrate();
    REQUIRE_FALSE(migration.ok());
    check_schema_error(migration.error(), words);
  };
  const auto set = [&](const std::string& name, const std::string& value) {
    db.execute("UPDATE holdfast.schema_info SET value = '" + value + "' WHERE name = '" + name +
               "'");
  };
  set("version", "99");
  refused("newer library");
  set("version", std::to_string(postgres::kSchemaVersion));
  set("lock_mode", "rows");
  refused("lock mode");
  set("lock_mode", "advisory");
  CHECK(Engine::open(db.uri()).ok());
  db.execute("DELETE FROM holdfast.schema_info");
  refused("not one of Holdfast's");
  db.execute(
      "DROP SCHEMA holdfast CASCADE; CREATE SCHEMA holdfast;"
      "CREATE TABLE holdfast.resources (id int)");
  const auto migration = engine->migrate();
  REQUIRE_FALSE(migration.ok());
  check_schema_error(migration.error(), "not Holdfast's");
  CHECK(Sql(db.address())
            .value("SELECT count(*) FROM information_schema.tables WHERE "
                   "table_schema = 'holdfast'") == "1");
}

TEST_CASE("a day has a million places at most, and the table itself sees to that") {
  NEEDS_POSTGRES();
  const Database db(kPostgres);
  (void)db.open_migrated();
  Sql sql(db.address());
  const auto insert = [&](const std::string& day, const std::string& places) {
    sql.run("INSERT INTO holdfast.resource_capacity VALUES ('res_x', '" + day + "', " + places +
            ", " + places + ")");
  };
  CHECK_NOTHROW(insert("2027-01-01", "999999"));
  CHECK_NOTHROW(insert("2027-01-02", "1000000"));
  CHECK_THROWS(insert("2027-01-03", "1000001"));
  CHECK_THROWS(sql.run("UPDATE holdfast.resource_capacity SET max_capacity = 1000001"));
}

TEST_CASE("the catalog keeps the rules that let the tables be sharded by resource") {
  NEEDS_POSTGRES();
  const Database db(kPostgres);
  (void)db.open_migrated();
  Sql sql(db.address());
  const std::string ours = " n.oid = 'holdfast'::regnamespace ";
  // Each primary key and unique index is led by resource_id, or by the resource's own id.
  CHECK(sql.column("SELECT i.indexrelid::regclass::text FROM pg_index i "
                   "JOIN pg_class c ON c.oid = i.indrelid "
                   "JOIN pg_namespace n ON n.oid = c.relnamespace "
                   "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
                   "WHERE i.indisunique AND c.relname <> 'schema_info' AND" +
                   ours +
                   "AND a.attname <> CASE c.relname WHEN 'resources' THEN 'id' ELSE "
                   "'resource_id' END")
            .empty());
  CHECK(sql.value("SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
                  "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.indisunique AND" +
                  ours) == "9");
  CHECK(sql.column("SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                   "WHERE c.relkind IN ('S', 'v', 'm', 'f') AND" +
                   ours)
            .empty());
  CHECK(sql.column("SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                   "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE" +
                   ours)
            .empty());
  CHECK(sql.column("SELECT conname FROM pg_constraint k JOIN pg_namespace n "
                   "ON n.oid = k.connamespace WHERE k.contype = 'f' AND" +
                   ours)
            .empty());
  CHECK(sql.column("SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
                   "WHERE" +
                   ours)
            .empty());
  // Ids and tokens compare byte by byte, whatever the database's collation.
  CHECK(sql.column("SELECT c.relname || '.' || a.attname FROM pg_attribute a "
                   "JOIN pg_class c ON c.oid = a.attrelid "
                   "JOIN pg_namespace n ON n.oid = c.relnamespace "
                   "WHERE c.relkind = 'r' AND a.attnum > 0 AND a.attcollation <> "
                   "(SELECT oid FROM pg_collation WHERE collname = 'C') AND a.atttypid = 25 "
                   "AND (a.attname LIKE '%id' OR a.attname IN ('token', 'idempotency_token', "
                   "'status', 'operation', 'holder', 'fingerprint', 'type')) AND" +
                   ours)
            .empty());
  CHECK(sql.column("SELECT c.relname || '.' || a.attname FROM pg_attribute a "
                   "JOIN pg_class c ON c.oid = a.attrelid "
                   "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' "
                   "AND a.attnum > 0 AND (a.atthasdef OR a.attidentity <> '') AND" +
                   ours)
            .empty());
  CHECK(sql.column("SELECT c.relname FROM pg_class c JOIN pg_namespace n "
                   "ON n.oid = c.relnamespace WHERE c.relpersistence <> 'p' AND" +
                   ours)
            .empty());
}

}  // namespace holdfast::test
