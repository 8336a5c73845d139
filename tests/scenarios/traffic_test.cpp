// Readers and writers of one database at once, in processes of their own.
//
// Replay: HOLDFAST_TEST_BACKENDS=sqlite test_scenarios "[traffic]"; HOLDFAST_BUDGET=15 makes it a
// minute per database.
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "process.hpp"
#include "shop.hpp"
#include "support/budget.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

void run_traffic(const std::string& uri, std::chrono::milliseconds time) {
  const auto engine = must(Engine::open(uri));
  accepted(engine->migrate());
  const std::string id = add_resource(*engine, 4, live_day(0), live_day(30));
  std::vector<std::unique_ptr<Worker>> workers;
  for (const char* role : {"write", "write", "read", "read"}) {
    workers.push_back(std::make_unique<Worker>(std::vector<std::string>{role, uri, id}));
  }
  for (auto& worker : workers) REQUIRE(worker->line() == "ready");
  for (auto& worker : workers) worker->send(std::to_string(time.count()));
  for (auto& worker : workers) {
    const std::string line = worker->line();
    std::istringstream words(line);
    int done = 0;
    int failed = 0;
    int early = 0;
    words >> done >> failed >> early;
    INFO(line);
    CHECK(done > scaled(10));
    CHECK(failed == 0);
    CHECK(early == 0);
    CHECK(line.find("torn") == std::string::npos);
  }
  require_sound(*engine, {live_day(0), live_day(30)});
}

TEST_CASE("no busy database reaches a caller before its timeout", "[traffic]") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  run_traffic(db.uri(), scaled(4000ms));
}

TEST_CASE("nor in SQLite's other journal modes", "[traffic]") {
  EACH_BACKEND(db);
  if (db.backend().name != "sqlite") return;
  run_traffic(db.uri() + "?journal=wal", scaled(4000ms));
}

}  // namespace
}  // namespace holdfast::test
