// The file: how it is kept, and which files are refused.
#include <sqlite3.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "process.hpp"
#include "shop.hpp"
#include "sqlite_shim.hpp"
#include "storage/sqlite/location.hpp"
#include "storage/sqlite/schema.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

const Backend kSqlite{.name = "sqlite"};

/// The first column of every row, on a connection past the library.
std::vector<std::string> column(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  sqlite3_open(path.c_str(), &opened);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> file(opened, sqlite3_close);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(opened));
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
  std::vector<std::string> out;
  while (sqlite3_step(prepared) == SQLITE_ROW) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0));
    out.emplace_back(text == nullptr ? "" : text);
  }
  return out;
}

std::string value(const std::string& path, const std::string& sql) {
  const auto rows = column(path, sql);
  return rows.empty() ? "" : rows.front();
}

Error refusal(const std::string& address) {
  auto opened = open_sqlite(address, {});
  if (opened.ok()) throw std::runtime_error("opened, though it had to be refused: " + address);
  return opened.error();
}

void check_refused(const std::string& address, Status status, const std::string& words) {
  INFO("address: " << address);
  const Error error = refusal(address);
  INFO(describe(error));
  CHECK(error.status == status);
  CHECK(error.retry == Retry::kNever);
  CHECK(contains(error.message, words));
}

}  // namespace

// ---- the journal --------------------------------------------------------------------------------

TEST_CASE("WAL is the default only where the library has the fix for the WAL-reset race") {
  struct Case {
    int version;
    bool fixed;
  };
  const std::vector<Case> cases = {{3037000, false}, {3040001, false}, {3044005, false},
                                   {3044006, true},  {3045000, false}, {3045003, false},
                                   {3050006, false}, {3050007, true},  {3051000, false},
                                   {3051002, false}, {3051003, true},  {3052000, true}};
  for (const Case& c : cases) {
    INFO("library version " << c.version);
    CHECK(sqlite::has_wal_reset_fix(c.version) == c.fixed);
  }
}

TEST_CASE("the journal is the library version's default, or the one asked for by name") {
  const std::string safe =
      sqlite::has_wal_reset_fix(sqlite3_libversion_number()) ? "wal" : "delete";
  // A rollback journal leaves no mark in the file: another connection sees its own default.
  struct Case {
    const char* query;
    std::string seen;
  };
  for (const Case& c :
       {Case{"", safe}, Case{"?journal=wal", "wal"}, Case{"?journal=persist", "delete"}}) {
    INFO("query: " << c.query);
    const Database db(kSqlite);
    {
      const auto engine = migrated(db.uri() + c.query);
      hold(*engine, add_resource(*engine, 1));
      CHECK(value(db.address(), "PRAGMA journal_mode") == c.seen);
      const bool kept = std::filesystem::exists(db.address() + "-journal");
      CHECK(kept == (c.seen != "wal"));
      CHECK(std::filesystem::exists(db.address() + "-wal") == (c.seen == "wal"));
    }
    const auto storage = must(open_sqlite(db.address() + c.query, {}));
    CHECK(contains(storage->describe(),
                   c.seen == "wal" ? "journal_mode=wal" : "journal_mode=persist"));
  }
}

TEST_CASE("an erased email address is nowhere in the files of a rollback journal") {
  const Database db(kSqlite);
  const std::string email = "nobody-else@example.org";
  const auto files_hold_it = [&] {
    for (const char* suffix : {"", "-journal"}) {
      std::ifstream file(db.address() + suffix, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (contains(bytes, email)) return true;
    }
    return false;
  };
  const auto engine = migrated(db.uri() + "?journal=persist");
  const std::string resource = add_resource(*engine, 10);
  auto request = hold_request(resource);
  request.customer_email = email;
  (void)accepted(engine->create_hold(request));
  hold(*engine, resource);  // its journal has the page with the address as it was
  REQUIRE(files_hold_it());
  (void)accepted(engine->prune({.erase_customer_email = email}));
  CHECK_FALSE(files_hold_it());
}

TEST_CASE("each commit is synced to the disk, in both journal modes") {
  for (const char* query : {"?journal=persist", "?journal=wal"}) {
    INFO("query: " << query);
    FailingDisk disk;
    const Database db(kSqlite);
    const auto engine = migrated(db.uri() + query, {.lanes = 1});
    const std::string resource = add_resource(*engine, 100);
    for (int i = 0; i < 5; ++i) {
      const int before = disk.syncs();
      hold(*engine, resource);
      // WAL with synchronous=NORMAL would sync nothing here.
      CHECK(disk.syncs() > before);
    }
  }
}

// ---- the schema ---------------------------------------------------------------------------------

TEST_CASE("the file is marked as Holdfast's, and its tables are strict") {
  const Database db(kSqlite);
  const auto storage = db.open_migrated();
  CHECK(value(db.address(), "PRAGMA application_id") == std::to_string(sqlite::kApplicationId));
  CHECK(value(db.address(), "PRAGMA user_version") == std::to_string(sqlite::schema_version()));
  const std::string ours =
      " FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE "
      "'sqlite%'";
  CHECK(column(db.address(), "SELECT name" + ours).size() == 6);
  CHECK(column(db.address(), "SELECT name" + ours + " AND strict = 0").empty());
}

TEST_CASE("foreign keys are enforced on the library's connections") {
  const Database db(kSqlite);
  const auto storage = db.open_migrated();
  const std::string resource = resource_id(1);
  const auto orphan =
      try_write(*storage, {resource}, {.capacity_inserts = {{resource, day(0), 1, 1}}});
  REQUIRE_FALSE(orphan.ok());
  CHECK(orphan.error().status == Status::kInvariant);
  CHECK(orphan.error().retry == Retry::kNever);
}

TEST_CASE("the database's own CHECK stops what would oversell") {
  const Database db(kSqlite);
  const auto storage = db.open_migrated({}, {.lock = true, .guard = false});
  const std::string resource = resource_id(1);
  write(*storage, resource,
        {.resource_inserts = {make_resource(1)}, .capacity_inserts = {{resource, day(0), 1, 1}}});
  const auto oversold =
      try_write(*storage, {resource}, {.capacity_deltas = {{resource, day(0), 0, -2}}});
  REQUIRE_FALSE(oversold.ok());
  CHECK(oversold.error().status == Status::kInvariant);
}

// ---- refusals -----------------------------------------------------------------------------------

TEST_CASE("another program's database is refused and left as it was") {
  const Database db(kSqlite);
  db.execute("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')");
  const std::string before = read_file(db.address());
  check_refused(db.address(), Status::kSchema, "not a Holdfast database");
  CHECK(read_file(db.address()) == before);
  CHECK_FALSE(std::filesystem::exists(db.address() + "-wal"));

  const Database marked(kSqlite);
  marked.execute("PRAGMA application_id = 12345; CREATE TABLE t (x)");
  check_refused(marked.address(), Status::kSchema, "not a Holdfast database");
}

TEST_CASE("a text file is refused and left as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/notes.txt";
  std::string text;
  for (int i = 0; i < 400; ++i) text += "Dear diary, today I was no database.\n";
  write_file(path, text);
  check_refused(path, Status::kSchema, "not an SQLite database");
  CHECK(read_file(path) == text);
}

TEST_CASE("a newer schema version is refused, at open and in the middle of the work") {
  const Database db(kSqlite);
  const auto engine = migrated(db.uri());
  const std::string resource = add_resource(*engine, 2);
  db.execute("PRAGMA user_version = 99");
  check_refused(db.address(), Status::kSchema, "newer than this library's");
  const auto reply = engine->create_hold(hold_request(resource));
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().status == Status::kSchema);
  CHECK(reply.error().retry == Retry::kNever);
  CHECK(contains(reply.error().message, "newer"));
  const auto migration = engine->migrate();
  REQUIRE_FALSE(migration.ok());
  CHECK(migration.error().status == Status::kSchema);
}

TEST_CASE("before migrate every call says that migrate is missing") {
  const Database db(kSqlite);
  const auto engine = must(Engine::open(db.uri()));
  const auto write = engine->create_resource({.type = "TOUR", .name = "A tour"});
  const auto read = engine->list_resources({});
  REQUIRE_FALSE(write.ok());
  REQUIRE_FALSE(read.ok());
  for (const Error& error : {write.error(), read.error()}) {
    CHECK(error.status == Status::kSchema);
    CHECK(error.retry == Retry::kNever);
    CHECK(contains(error.message, "migrate"));
  }
}

TEST_CASE("addresses that can be no database are refused with what is wrong") {
  const TemporaryFolder folder;
  check_refused(folder.path(), Status::kConfiguration, "directory");
  check_refused(folder.path() + "/no/such/file.db", Status::kConfiguration, "directory");
  check_refused("/dev/null", Status::kConfiguration, "regular file");
  check_refused("", Status::kConfiguration, "path is empty");
  check_refused("?journal=wal", Status::kConfiguration, "path is empty");
  check_refused(folder.path() + "/f.db?mode=ro", Status::kConfiguration, "unknown parameter");
  check_refused(folder.path() + "/f.db?journal=off", Status::kConfiguration, "unknown parameter");
  check_refused(":memory:?journal=wal", Status::kConfiguration, "in-memory");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a relative path is refused where the working directory is gone") {
  const auto before = std::filesystem::current_path();
  {
    const TemporaryFolder folder;
    std::filesystem::current_path(folder.path());
  }
  const auto opened = Engine::open("sqlite:shop.db");
  std::filesystem::current_path(before);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().status == Status::kConfiguration);
  CHECK(contains(opened.error().message, "the path cannot be resolved"));
}

TEST_CASE("a file that cannot be written is refused") {
  const Database db(kSqlite);
  (void)db.open_migrated();
  ::chmod(db.address().c_str(), 0444);
  ::chmod(std::filesystem::path(db.address()).parent_path().c_str(), 0755);
  // Root may write anything, so this is asked by a thread that the file system takes for nobody.
  std::optional<Error> error;
  std::thread([&] {
    constexpr unsigned kNobody = 65534;
    if (::geteuid() == 0) ::setfsuid(kNobody);
    auto opened = open_sqlite(db.address(), {});
    if (!opened.ok()) error = opened.error();
  }).join();
  REQUIRE(error);
  INFO(describe(*error));
  CHECK(error->status == Status::kConfiguration);
  CHECK(error->retry == Retry::kNever);
  CHECK(contains(error->message, "written"));
}

TEST_CASE("a database in memory books like a file, and is gone with its engine") {
  std::string resource;
  {
    const auto engine = migrated("sqlite::memory:");
    resource = add_resource(*engine, 2);
    (void)hold(*engine, resource);
    (void)hold(*engine, resource);
    CHECK(available(*engine, resource) == 0);
    CHECK(accepted(engine->prune({.erase_customer_email = "nobody@example.com"})).emails_erased ==
          0);
    CHECK(unsound(*engine).empty());
  }
  const auto again = migrated("sqlite::memory:");
  CHECK(accepted(again->list_resources({})).items.empty());
}

TEST_CASE("days that somebody else has written are a failure of the storage, not an answer") {
  for (const char* days : {"2027-03-01;2027-03-02", "2027-02-30", "yesterday.."}) {
    INFO(days);
    const Database db(kSqlite);
    const auto engine = migrated(db.uri());
    const std::string id = hold(*engine, add_resource(*engine, 2)).id;
    db.execute("UPDATE resource_holds SET dates = '" + std::string(days) + "'");
    const auto answer = engine->retrieve_hold({.hold_id = id});
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().status == Status::kStorage);
    CHECK(answer.error().retry == Retry::kNever);
  }
}

TEST_CASE("with one connection, reads and transactions take turns on it") {
  const Database db(kSqlite);
  const auto storage = must(open_storage(db.uri(), {.connections_max = 1}));
  must(storage->migrate());
  write(*storage, resource_id(1), {.resource_inserts = {make_resource(1)}});
  CHECK(load_unlocked(*storage, {.key = resource_id(1)}).resource.has_value());
}

TEST_CASE("a read that finds every connection in use is BUSY, and the next one is answered") {
  const Database db(kSqlite);
  std::atomic<bool> blocks{false};
  std::atomic<bool> entered{false};
  StorageOptions options{.lock_timeout = std::chrono::milliseconds(50), .connections_max = 2};
  options.clock = [&] {
    entered = blocks.load();
    while (blocks) std::this_thread::yield();
    return at(1000);
  };
  const auto storage = must(open_storage(db.uri(), options));
  must(storage->migrate());
  blocks = true;
  std::thread slow([&] { (void)storage->read(scope_of({resource_id(1)})); });
  while (!entered) std::this_thread::yield();
  const auto refused = storage->read(scope_of({resource_id(1)}));
  blocks = false;
  slow.join();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().status == Status::kBusy);
  CHECK(refused.error().retry == Retry::kSafe);
  CHECK(storage->read(scope_of({resource_id(1)})).ok());
}

TEST_CASE("a read whose connection cannot be opened gives its place back") {
  const Database db(kSqlite);
  const auto storage = must(open_storage(db.uri(), {.connections_max = 2}));
  must(storage->migrate());
  const std::string aside = db.address() + ".aside";
  std::filesystem::rename(db.address(), aside);
  std::filesystem::create_directory(db.address());
  for (int i = 0; i < 3; ++i) CHECK_FALSE(storage->read(scope_of({resource_id(1)})).ok());
  std::filesystem::remove(db.address());
  std::filesystem::rename(aside, db.address());
  CHECK(storage->read(scope_of({resource_id(1)})).ok());
}

}  // namespace holdfast::test
