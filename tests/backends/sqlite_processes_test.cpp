// Several processes on one file, one of them killed in the middle, and locks of strangers.
#include <signal.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "process.hpp"
#include "shop.hpp"
#include "support/budget.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const Backend kSqlite{.name = "sqlite"};

/// Another program that has begun to write to the file.
class ForeignWriter {
 public:
  explicit ForeignWriter(const std::string& path) {
    sqlite3* opened = nullptr;
    sqlite3_open(path.c_str(), &opened);
    file_.reset(opened);
    run("BEGIN IMMEDIATE");
  }
  void release() { run("ROLLBACK"); }

 private:
  void run(const char* sql) {
    if (sqlite3_exec(file_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(file_.get()));
  }
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> file_{nullptr, sqlite3_close};
};

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> out;
  std::istringstream text(read_file(path));
  for (std::string line; std::getline(text, line);) {
    // A line that a kill has cut short was acknowledged to nobody.
    if (!text.eof()) out.push_back(line);
  }
  return out;
}

std::unique_ptr<Process> worker(const Database& db, const std::string& query,
                                const std::string& resource, const std::string& acknowledged) {
  return std::make_unique<Process>(
      self("[sqlite_worker]"), "", acknowledged + ".out",
      std::vector<std::string>{"HOLDFAST_WORKER_URI=" + db.uri() + query,
                               "HOLDFAST_WORKER_RESOURCE=" + resource,
                               "HOLDFAST_WORKER_FILE=" + acknowledged});
}

void check_all_there(Engine& engine, const std::vector<std::string>& acknowledged) {
  for (const auto& id : acknowledged) {
    INFO(id);
    REQUIRE(accepted(engine.retrieve_hold({.hold_id = id})).hold.status == HoldStatus::kActive);
  }
}

}  // namespace

// Not a test of its own: what the other process of a test below runs. It writes and reads until it
// is killed or asked to stop, and notes each hold that it was promised.
TEST_CASE("a worker of the tests below", "[.][sqlite_worker]") {
  const auto engine = must(Engine::open(environment("HOLDFAST_WORKER_URI")));
  const std::string resource = environment("HOLDFAST_WORKER_RESOURCE");
  const std::string path = environment("HOLDFAST_WORKER_FILE");
  std::ofstream file(path, std::ios::binary);
  std::atomic<bool> done{false};
  std::mutex writing;
  in_threads(3, [&](int thread) {
    while (!done) {
      if (thread == 2) {
        (void)available(*engine, resource);
      } else {
        const std::string id = hold(*engine, resource, thread).id;
        const std::scoped_lock guard(writing);
        file << id << "\n" << std::flush;
      }
      if (std::filesystem::exists(path + ".stop")) done = true;
    }
  });
}

TEST_CASE("processes that write and read one file at once hear no BUSY and lose nothing") {
  for (const char* query : {"?journal=persist", "?journal=wal"}) {
    INFO("query: " << query);
    const Database db(kSqlite);
    const TemporaryFolder folder;
    const auto engine = migrated(db.uri() + query);
    const std::string resource = add_resource(*engine, 1'000'000);
    std::vector<std::string> files;
    std::vector<std::unique_ptr<Process>> workers;
    for (int i = 0; i < 3; ++i) {
      files.push_back(folder.path() + "/worker" + std::to_string(i));
      workers.push_back(worker(db, query, resource, files.back()));
    }
    const auto deadline = Clock::now() + scaled(3000ms);
    int own = 0;
    while (Clock::now() < deadline) {
      hold(*engine, resource, 2);
      ++own;
    }
    for (const auto& file : files) write_file(file + ".stop", "");
    std::vector<std::string> acknowledged;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      INFO(read_file(files[i] + ".out"));
      REQUIRE(workers[i]->wait(30) == 0);
      const auto lines = lines_of(files[i]);
      CHECK_FALSE(lines.empty());
      acknowledged.insert(acknowledged.end(), lines.begin(), lines.end());
    }
    CHECK(own > 0);
    check_all_there(*engine, acknowledged);
    const auto taken = 3'000'000 - available(*engine, resource, 0) -
                       available(*engine, resource, 1) - available(*engine, resource, 2);
    CHECK(taken == static_cast<int>(acknowledged.size()) + own);
    CHECK(unsound(*engine).empty());
  }
}

TEST_CASE("a process killed in the middle of writing loses nothing that it has acknowledged") {
  for (const char* query : {"?journal=persist", "?journal=wal"}) {
    const Database db(kSqlite);
    const TemporaryFolder folder;
    const auto engine = migrated(db.uri() + query);
    const std::string resource = add_resource(*engine, 1'000'000);
    std::vector<std::string> acknowledged;
    for (int round = 0; round < scaled(6); ++round) {
      INFO("query: " << query << ", round " << round);
      const std::string file = folder.path() + "/round" + std::to_string(round);
      const auto process = worker(db, query, resource, file);
      const auto begun = Clock::now();
      while (lines_of(file).size() < static_cast<std::size_t>(5 + 3 * round)) {
        REQUIRE(Clock::now() - begun < 30s);
        REQUIRE(process->running());
        std::this_thread::sleep_for(1ms);
      }
      process->signal(SIGKILL);
      REQUIRE(process->wait(10) == -SIGKILL);
      const auto lines = lines_of(file);
      acknowledged.insert(acknowledged.end(), lines.begin(), lines.end());
      // The one that is left goes on at once, on whatever the other has left behind.
      acknowledged.push_back(hold(*engine, resource, 3).id);
      CHECK(unsound(*engine).empty());
    }
    const auto fresh = must(Engine::open(db.uri() + query));
    check_all_there(*fresh, acknowledged);
    CHECK(unsound(*fresh).empty());
  }
}

TEST_CASE("a hot journal is rolled back: the half of a transaction that reached the file is gone") {
  const Database db(kSqlite);
  const TemporaryFolder folder;
  std::string resource;
  {
    const auto engine = migrated(db.uri() + "?journal=persist");
    resource = add_resource(*engine, 7);
    hold(*engine, resource);
  }
  // A writer with a cache of one page spills to the file in mid-transaction; what a crash at that
  // moment leaves behind is the file and its journal as they are now.
  const std::string crashed = folder.path() + "/crashed.db";
  {
    sqlite3* opened = nullptr;
    sqlite3_open(db.address().c_str(), &opened);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> file(opened, sqlite3_close);
    REQUIRE(sqlite3_exec(opened,
                         "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE;"
                         "UPDATE resource_capacity SET available_capacity = 0;"
                         "UPDATE resource_holds SET customer_email = hex(zeroblob(50000));"
                         "DELETE FROM resources",
                         nullptr, nullptr, nullptr) != SQLITE_MISUSE);
    std::filesystem::copy_file(db.address(), crashed);
    std::filesystem::copy_file(db.address() + "-journal", crashed + "-journal");
    sqlite3_exec(opened, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  REQUIRE(read_file(crashed) != read_file(db.address()));
  const auto engine = must(Engine::open("sqlite:" + crashed));
  CHECK(available(*engine, resource) == 6);
  CHECK(accepted(engine->list_holds({.resource_id = resource})).items.size() == 1);
  CHECK(unsound(*engine).empty());
}

TEST_CASE(
    "a stranger's lock that outlasts lock_timeout answers busy, in time, and nothing happened") {
  const Database db(kSqlite);
  const auto engine = migrated(db.uri(), {.lock_timeout = 200ms, .retry_timeout = 0ms});
  const std::string resource = add_resource(*engine, 5);
  ForeignWriter stranger(db.address());
  const auto begun = Clock::now();
  const auto reply = engine->create_hold(hold_request(resource, 0, "t"));
  const auto took = Clock::now() - begun;
  REQUIRE_FALSE(reply.ok());
  INFO(describe(reply.error()));
  CHECK(reply.error().status == Status::kBusy);
  CHECK(reply.error().retry == Retry::kSafe);
  CHECK(took >= 190ms);
  CHECK(took < 5s);
  // Who only reads is not in the way.
  CHECK(available(*engine, resource) == 5);
  stranger.release();
  CHECK_FALSE(accepted(engine->create_hold(hold_request(resource, 0, "t"))).replayed);
}

TEST_CASE("a stranger's lock that goes in time is waited for") {
  const Database db(kSqlite);
  const auto engine = migrated(db.uri(), {.lock_timeout = 20s, .retry_timeout = 0ms});
  const std::string resource = add_resource(*engine, 5);
  ForeignWriter stranger(db.address());
  std::thread later([&] {
    std::this_thread::sleep_for(150ms);
    stranger.release();
  });
  const auto reply = engine->create_hold(hold_request(resource));
  later.join();
  CHECK(accepted(reply).hold.status == HoldStatus::kActive);
  CHECK(accepted(engine->metrics()).lock_waits >= 1);
}

}  // namespace holdfast::test
