// The last places of a day, wanted by more callers than there are places.
//
// Replay: HOLDFAST_TEST_BACKENDS=sqlite test_scenarios "[stampede]"; HOLDFAST_BUDGET scales rounds.
#include <atomic>
#include <barrier>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "process.hpp"
#include "shop.hpp"
#include "support/budget.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

constexpr int kPlaces = 10;
constexpr int kCallers = 20;
constexpr int kDaysPerResource = 366;

std::vector<std::string> add_resources(Engine& engine, int rounds) {
  std::vector<std::string> out;
  for (int first = 0; first < rounds; first += kDaysPerResource) {
    out.push_back(add_resource(engine, kPlaces, live_day(0), live_day(kDaysPerResource - 1)));
  }
  return out;
}

TEST_CASE("of 20 callers for 10 places exactly 10 get one, every round", "[stampede]") {
  EACH_SETTING(db);
  const int rounds = scaled(setting_of_db.isolation.empty() ? 1000 : 200);
  const auto engine = open_engine(db);
  const auto resources = add_resources(*engine, rounds);
  struct Round {
    std::atomic<int> held = 0;
    std::atomic<int> refused = 0;
  };
  std::vector<Round> seen(static_cast<std::size_t>(rounds));
  std::barrier gate(kCallers);
  in_threads(kCallers, [&](int) {
    for (int r = 0; r < rounds; ++r) {
      gate.arrive_and_wait();
      const auto& id = resources[static_cast<std::size_t>(r / kDaysPerResource)];
      const std::string got = outcome(try_hold(*engine, id, {live_day(r % kDaysPerResource)}));
      Round& round = seen[static_cast<std::size_t>(r)];
      if (got == "ACCEPTED") ++round.held;
      if (got == "INSUFFICIENT_CAPACITY") ++round.refused;
    }
  });
  int wrong = 0;
  for (const Round& round : seen) {
    if (round.held != kPlaces || round.refused != kCallers - kPlaces) ++wrong;
  }
  CHECK(wrong == 0);
  require_sound(*engine, {live_day(0), live_day(kDaysPerResource - 1)});
}

TEST_CASE("several processes on one database sell 10 places 10 times", "[stampede]") {
  EACH_SETTING(db);
  if (!db.backend().persistent) return;
  constexpr int kProcesses = 4;
  const int rounds = scaled(setting_of_db.isolation.empty() ? 100 : 40);
  const auto engine = open_engine(db);
  const auto resources = add_resources(*engine, kDaysPerResource);
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < kProcesses; ++i) {
    workers.push_back(std::make_unique<Worker>(std::vector<std::string>{
        "stampede", db.uri(), resources[0], std::to_string(kCallers / kProcesses)}));
  }
  for (auto& worker : workers) REQUIRE(worker->line() == "ready");
  for (int r = 0; r < std::min(rounds, kDaysPerResource); ++r) {
    for (auto& worker : workers) worker->send(to_string(live_day(r)));
    int held = 0;
    int refused = 0;
    int other = 0;
    for (auto& worker : workers) {
      std::istringstream words(worker->line());
      int counts[3] = {};
      words >> counts[0] >> counts[1] >> counts[2];
      held += counts[0];
      refused += counts[1];
      other += counts[2];
    }
    INFO("round " << r);
    REQUIRE(held == kPlaces);
    REQUIRE(refused == kCallers - kPlaces);
    REQUIRE(other == 0);
  }
  require_sound(*engine, {live_day(0), live_day(kDaysPerResource - 1)});
}

}  // namespace
}  // namespace holdfast::test
