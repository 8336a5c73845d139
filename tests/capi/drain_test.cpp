// Submit, wake-up and drain: every submit is answered exactly once, whatever happens.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "harness.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

/// What a host does with a wake-up: tell its own thread.
class Bell {
 public:
  static void ring(void* user_data) { static_cast<Bell*>(user_data)->ring(); }
  /// False after ten seconds of silence.
  bool wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool rang = rung_.wait_for(lock, std::chrono::seconds(10), [this] { return news_; });
    news_ = false;
    return rang;
  }
  int rings() const { return rings_.load(); }

 private:
  void ring() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++rings_;
    news_ = true;
    rung_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable rung_;
  bool news_ = false;
  std::atomic<int> rings_{0};
};

struct Seen {
  std::map<std::uint64_t, int> times;
  std::map<holdfast_status, int> statuses;
  std::map<holdfast_outcome, int> outcomes;
  std::size_t total = 0;
};

// Until fewer come than there is room for.
void drain_all(holdfast_engine engine, Seen& seen, std::size_t room = 64) {
  std::vector<holdfast_completion> completions(room);
  std::size_t count = room;
  while (count == room) {
    auto error = no_error();
    if (holdfast_drain(engine, completions.data(), room, &count, &error) != HOLDFAST_STATUS_OK) {
      throw std::runtime_error(describe(error));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const ResultPtr result(completions[i].result);
      const holdfast_status status = completions[i].error.status;
      if (completions[i].error.struct_size != sizeof(holdfast_error) ||
          (result != nullptr) != (status == HOLDFAST_STATUS_OK)) {
        throw std::runtime_error("an odd completion");
      }
      ++seen.times[completions[i].tag];
      ++seen.statuses[status];
      if (result) ++seen.outcomes[holdfast_result_outcome(result.get())];
      ++seen.total;
    }
  }
}

holdfast_create_hold_request hold_of_one(const std::string& resource_id,
                                         const holdfast_date* date) {
  auto request = sized<holdfast_create_hold_request>();
  request.resource_id = str(resource_id);
  request.dates = date;
  request.dates_count = 1;
  request.quantity = 1;
  return request;
}

TEST_CASE("ten thousand submits from four threads are drained by wake-ups, each once") {
  Bell bell;
  const OpenEngine engine;
  const std::string id = make_resource(engine, 100);
  const holdfast_date date = day("2026-07-05");
  REQUIRE(holdfast_set_wakeup(engine, Bell::ring, &bell, nullptr) == HOLDFAST_STATUS_OK);
  constexpr int kEach = 2500;
  Seen seen;
  in_threads(5, [&](int index) {
    if (index == 4) {
      while (seen.total < 4 * kEach) {
        if (!bell.wait()) throw std::runtime_error("no wake-up");
        drain_all(engine, seen);
      }
      return;
    }
    const auto request = hold_of_one(id, &date);
    for (int i = 0; i < kEach; ++i) {
      const auto tag = static_cast<std::uint64_t>(index * kEach + i);
      if (holdfast_create_hold_submit(engine, &request, tag, nullptr) != HOLDFAST_STATUS_OK) {
        throw std::runtime_error("submit");
      }
    }
  });
  CHECK(seen.times.size() == 4 * kEach);
  CHECK(seen.outcomes[HOLDFAST_OUTCOME_ACCEPTED] == 100);
  CHECK(seen.outcomes[HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY] == 4 * kEach - 100);
  drain_all(engine, seen);
  CHECK(seen.total == 4 * kEach);
}

TEST_CASE("one wake-up stands until a drain has left nothing") {
  Bell bell;
  const OpenEngine engine;
  REQUIRE(holdfast_set_wakeup(engine, Bell::ring, &bell, nullptr) == HOLDFAST_STATUS_OK);
  for (int round = 1; round <= 3; ++round) {
    for (std::uint64_t tag = 0; tag < 10; ++tag) {
      REQUIRE(holdfast_verify_submit(engine, nullptr, tag, nullptr) == HOLDFAST_STATUS_OK);
    }
    REQUIRE(bell.wait());
    Seen seen;
    std::size_t count = 0;
    holdfast_completion one{};
    // A drain that leaves some rings nothing; the rest is still there to be taken.
    while (seen.total < 10) {
      REQUIRE(holdfast_drain(engine, &one, 1, &count, nullptr) == HOLDFAST_STATUS_OK);
      if (count == 0) {
        std::this_thread::yield();
        continue;
      }
      holdfast_result_free(one.result);
      ++seen.total;
    }
    REQUIRE(holdfast_drain(engine, &one, 1, &count, nullptr) == HOLDFAST_STATUS_OK);
    REQUIRE(count == 0);
    CHECK(bell.rings() >= round);
    CHECK(bell.rings() <= 10 * round);
  }
}

TEST_CASE("no wake-up comes after it was taken off") {
  Bell bell;
  const OpenEngine engine;
  for (int round = 0; round < 50; ++round) {
    REQUIRE(holdfast_set_wakeup(engine, Bell::ring, &bell, nullptr) == HOLDFAST_STATUS_OK);
    for (std::uint64_t tag = 0; tag < 20; ++tag) {
      REQUIRE(holdfast_verify_submit(engine, nullptr, tag, nullptr) == HOLDFAST_STATUS_OK);
    }
    REQUIRE(holdfast_set_wakeup(engine, nullptr, nullptr, nullptr) == HOLDFAST_STATUS_OK);
    const int rings = bell.rings();
    Seen seen;
    while (seen.total < 20) drain_all(engine, seen);
    REQUIRE(bell.rings() == rings);
  }
}

TEST_CASE("stop answers what is in flight, drain hands out all of it, close ends it") {
  for (int round = 0; round < 20; ++round) {
    const OpenEngine engine;
    const std::string id = make_resource(engine, 1'000'000);
    const holdfast_date date = day("2026-07-05");
    const auto request = hold_of_one(id, &date);
    constexpr std::uint64_t kAll = 3000;
    for (std::uint64_t tag = 0; tag < kAll; ++tag) {
      REQUIRE(holdfast_create_hold_submit(engine, &request, tag, nullptr) == HOLDFAST_STATUS_OK);
    }
    auto error = no_error();
    REQUIRE(holdfast_stop(engine, &error) == HOLDFAST_STATUS_OK);
    REQUIRE(holdfast_stop(engine, &error) == HOLDFAST_STATUS_OK);
    CHECK(holdfast_create_hold_submit(engine, &request, 1, &error) == HOLDFAST_STATUS_CLOSED);
    holdfast_result* result = nullptr;
    CHECK(holdfast_create_hold(engine, &request, &result, &error) == HOLDFAST_STATUS_CLOSED);
    Seen seen;
    drain_all(engine, seen, 7);
    CHECK(seen.total == kAll);
    CHECK(seen.times.size() == kAll);
    CHECK(seen.statuses[HOLDFAST_STATUS_OK] + seen.statuses[HOLDFAST_STATUS_CLOSED] ==
          static_cast<int>(kAll));
    CHECK(holdfast_close(engine, &error) == HOLDFAST_STATUS_OK);
    std::size_t count = 1;
    holdfast_completion one{};
    CHECK(holdfast_drain(engine, &one, 1, &count, nullptr) == HOLDFAST_STATUS_CLOSED);
    CHECK(count == 0);
  }
}

TEST_CASE("close with submits in flight drops them without harm") {
  for (int round = 0; round < 20; ++round) {
    Bell bell;
    const holdfast_engine engine = open(options_for("memory:"));
    ask(holdfast_migrate, engine, sized<holdfast_migrate_request>());
    REQUIRE(holdfast_set_wakeup(engine, Bell::ring, &bell, nullptr) == HOLDFAST_STATUS_OK);
    for (std::uint64_t tag = 0; tag < 500; ++tag) {
      REQUIRE(holdfast_metrics_submit(engine, nullptr, tag, nullptr) == HOLDFAST_STATUS_OK);
    }
    REQUIRE(holdfast_close(engine, nullptr) == HOLDFAST_STATUS_OK);
    const int rings = bell.rings();
    std::this_thread::yield();
    CHECK(bell.rings() == rings);
  }
}

TEST_CASE("drain refuses NULL and takes nothing when there is no room") {
  const OpenEngine engine;
  REQUIRE(holdfast_verify_submit(engine, nullptr, 42, nullptr) == HOLDFAST_STATUS_OK);
  std::size_t count = 77;
  holdfast_completion one{};
  CHECK(holdfast_drain(engine, &one, 1, nullptr, nullptr) == HOLDFAST_STATUS_MISUSE);
  CHECK(holdfast_drain(engine, nullptr, 1, &count, nullptr) == HOLDFAST_STATUS_MISUSE);
  CHECK(count == 0);
  CHECK(holdfast_drain(engine, nullptr, 0, &count, nullptr) == HOLDFAST_STATUS_OK);
  CHECK(count == 0);
  Seen seen;
  while (seen.total == 0) drain_all(engine, seen);
  CHECK(seen.times.count(42) == 1);
}

struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool shut = false;
};

TEST_CASE("a full queue is BUSY and safe to retry, and loses nothing") {
  static Gate gate;
  auto options = options_for("memory:");
  options.lanes = 1;
  options.queue_max = 4;
  options.clock_user_data = &gate;
  options.clock = [](void* user_data) {
    auto& at = *static_cast<Gate*>(user_data);
    std::unique_lock<std::mutex> lock(at.mutex);
    at.changed.wait(lock, [&at] { return !at.shut; });
    return kStart;
  };
  const OpenEngine engine(options);
  const std::string id = make_resource(engine, 1'000'000);
  const holdfast_date date = day("2026-07-05");
  const auto request = hold_of_one(id, &date);
  const auto set = [](bool shut) {
    const std::lock_guard<std::mutex> lock(gate.mutex);
    gate.shut = shut;
    gate.changed.notify_all();
  };
  set(true);
  std::uint64_t queued = 0;
  auto error = no_error();
  while (queued < 200 &&
         holdfast_create_hold_submit(engine, &request, queued, &error) == HOLDFAST_STATUS_OK) {
    ++queued;
  }
  set(false);
  CHECK(queued < 200);
  CHECK(error.status == HOLDFAST_STATUS_BUSY);
  CHECK(error.retry == HOLDFAST_RETRY_SAFE);
  Seen seen;
  while (seen.total < queued) drain_all(engine, seen);
  CHECK(seen.outcomes[HOLDFAST_OUTCOME_ACCEPTED] == static_cast<int>(queued));
}

TEST_CASE("the log comes to the function it was given, and a throwing one does no harm") {
  static std::atomic<int> lines{0};
  auto options = options_for("memory:");
  options.log = [](void*, holdfast_log_level level, holdfast_str line) {
    if (level < HOLDFAST_LOG_DEBUG || level > HOLDFAST_LOG_ERROR || line.data == nullptr) return;
    ++lines;
    throw 1;
  };
  const OpenEngine engine(options);
  CHECK(make_resource(engine, 1).rfind("res_", 0) == 0);
  CHECK(lines.load() > 0);
}

}  // namespace
}  // namespace holdfast::test
