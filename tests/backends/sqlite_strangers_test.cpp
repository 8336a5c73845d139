// What else may be on the file: a second SQLite library of this process, a reader, a forked child,
// a disk of another machine.
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "forked_child.hpp"
#include "process.hpp"
#include "shop.hpp"
#include "storage/sqlite/descriptors.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const Backend kSqlite{.name = "sqlite"};
// Longer than the backend goes without looking.
constexpr auto kNextLook = 1100ms;

/// SQLite once more, as a bundled copy is: the same code with memory and locks of its own.
class SecondLibrary {
 public:
  SecondLibrary() : handle_(::dlmopen(LM_ID_NEWLM, "libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw std::runtime_error(::dlerror());
  }
  SecondLibrary(const SecondLibrary&) = delete;
  SecondLibrary& operator=(const SecondLibrary&) = delete;
  // Never unloaded: its connections keep pointers into it.

  /// Opens and reads a file; closed at the end of the returned handle's life.
  std::shared_ptr<sqlite3> open(const std::string& path) const {
    sqlite3* opened = nullptr;
    function<decltype(sqlite3_open)>("sqlite3_open")(path.c_str(), &opened);
    const auto exec = function<decltype(sqlite3_exec)>("sqlite3_exec");
    const int rc = exec(opened, "SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) throw std::runtime_error("the second library cannot read the file");
    return {opened, function<decltype(sqlite3_close)>("sqlite3_close")};
  }

 private:
  template <class Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(::dlsym(handle_, name));
  }
  void* handle_;
};

void check_second_library(const Error& error) {
  INFO(describe(error));
  CHECK(error.status == Status::kConfiguration);
  CHECK(error.retry == Retry::kNever);
  CHECK(contains(error.message, "a second SQLite library"));
}

}  // namespace

TEST_CASE("a file that a second SQLite library of the process has open is not opened") {
  const Database db(kSqlite);
  const std::string resource = add_resource(*migrated(db.uri()), 5);
  const SecondLibrary second;
  {
    const auto stranger = second.open(db.address());
    const auto opened = Engine::open(db.uri());
    REQUIRE_FALSE(opened.ok());
    check_second_library(opened.error());
  }
  const auto elsewhere = second.open(":memory:");
  const auto engine = must(Engine::open(db.uri()));
  CHECK(available(*engine, resource) == 5);
}

TEST_CASE("a second SQLite library that comes later stops the writing, until it has gone") {
  const Database db(kSqlite);
  const auto engine = migrated(db.uri());
  const std::string resource = add_resource(*engine, 5);
  const SecondLibrary second;
  auto stranger = second.open(db.address());
  std::this_thread::sleep_for(kNextLook);
  const auto refused = engine->create_hold(hold_request(resource));
  REQUIRE_FALSE(refused.ok());
  check_second_library(refused.error());
  stranger.reset();
  (void)hold(*engine, resource);
  CHECK(available(*engine, resource) == 4);
  CHECK(unsound(*engine).empty());
}

TEST_CASE("the process's other connections through the same library are no strangers") {
  const Database db(kSqlite);
  const auto engine = migrated(db.uri());
  const auto again = migrated(db.uri());
  const SecondLibrary idle;
  const std::string resource = add_resource(*engine, 5);
  std::this_thread::sleep_for(kNextLook);
  (void)hold(*engine, resource);
  (void)hold(*again, resource);
  CHECK(available(*engine, resource) == 3);
}

// In a process of its own, where no second library is.
TEST_CASE("a host with a connection of its own", "[.][sqlite_host]") {
  const Database db(kSqlite);
  LogLines log;
  const auto engine = migrated(db.uri(), {.log = log.function()});
  const std::string resource = add_resource(*engine, 5);
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(db.address().c_str(), &opened) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> own(opened, sqlite3_close);
  REQUIRE(sqlite3_exec(opened, "SELECT * FROM resources", nullptr, nullptr, nullptr) == SQLITE_OK);
  std::this_thread::sleep_for(kNextLook);
  (void)hold(*engine, resource);
  CHECK(available(*engine, resource) == 4);
  CHECK_FALSE(contains(log.text(), "open for reading"));
}

TEST_CASE("a connection that the host has opened through the same library is no stranger") {
  const TemporaryFolder folder;
  Process host(self("[sqlite_host]"), "", folder.path() + "/out");
  const int code = host.wait(60);
  INFO(read_file(folder.path() + "/out"));
  CHECK(code == 0);
}

TEST_CASE("a descriptor for reading is told of once, and stops nothing") {
  const Database db(kSqlite);
  LogLines log;
  const auto engine = migrated(db.uri(), {.log = log.function()});
  const std::string resource = add_resource(*engine, 5);
  const int fd = ::open(db.address().c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  for (int i = 0; i < 2; ++i) {
    std::this_thread::sleep_for(kNextLook);
    (void)hold(*engine, resource);
  }
  ::close(fd);
  const std::string told = log.text();
  const auto first = told.find("open for reading");
  REQUIRE(first != std::string::npos);
  CHECK(told.find("open for reading", first + 1) == std::string::npos);
}

TEST_CASE("a forked child may not use its parent's file, and closing it there does no harm") {
  for (const char* journal : {"?journal=wal", "?journal=persist"}) {
    INFO(journal);
    const Database db(kSqlite);
    const std::string uri = db.uri() + journal;
    const auto engine = migrated(uri);
    const std::string resource = add_resource(*engine, 5);
    auto storage = must(open_storage(uri, {}));
    CHECK(child_needs_its_own(*engine, storage, uri, resource));
    (void)hold(*engine, resource);
    CHECK(available(*engine, resource) == 4);
    CHECK(unsound(*engine).empty());
  }
}

TEST_CASE("a disk of another machine is known by its type") {
  using sqlite::FileSystem;
  using sqlite::kind_of;
  for (const long network : {0x6969L, 0x517bL, 0xff534d42L, 0xfe534d42L, 0x00c36400L}) {
    CHECK(kind_of(network) == FileSystem::kNetwork);
    CHECK(kind_of(static_cast<std::int32_t>(network)) == FileSystem::kNetwork);
  }
  CHECK(kind_of(0x65735546) == FileSystem::kDoubtful);
  for (const long local : {0xef53L, 0x58465342L, 0x9123683eL, 0x01021994L, 0x794c7630L}) {
    CHECK(kind_of(local) == FileSystem::kLocal);
  }
}

TEST_CASE("no address turns SQLite's locks off") {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/f.db";
  for (const std::string& address :
       {file + "?nolock=1", file + "?immutable=1", "file:" + file + "?nolock=1",
        "file:" + file + "?immutable=1", "file:" + file, file + "?vfs=unix-none"}) {
    INFO(address);
    const auto opened = open_storage("sqlite:" + address, {});
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().status == Status::kConfiguration);
  }
}

}  // namespace holdfast::test
