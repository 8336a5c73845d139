// Handles: closed, stale, foreign, shared by threads, carried over a fork.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "harness.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

// What every call that takes an engine answers, as long as it is the same for all of them.
holdfast_status status_of_all_calls(holdfast_engine engine) {
  std::vector<holdfast_status> all;
  holdfast_result* result = nullptr;
#define TRY_BOTH(name)                                                        \
  {                                                                           \
    const auto request = sized<holdfast_##name##_request>();                  \
    all.push_back(holdfast_##name(engine, &request, &result, nullptr));       \
    if (result != nullptr) throw std::runtime_error("a result of no engine"); \
    all.push_back(holdfast_##name##_submit(engine, &request, 1, nullptr));    \
  }
  HOLDFAST_EACH_OPERATION(TRY_BOTH)
#undef TRY_BOTH
  std::size_t count = 77;
  holdfast_completion completion{};
  all.push_back(holdfast_drain(engine, &completion, 1, &count, nullptr));
  if (count != 0) throw std::runtime_error("a completion of no engine");
  all.push_back(holdfast_set_wakeup(engine, nullptr, nullptr, nullptr));
  all.push_back(holdfast_stop(engine, nullptr));
  for (const holdfast_status status : all) {
    if (status != all.front()) throw std::runtime_error("not the same status");
  }
  return all.front();
}

TEST_CASE("every call after close is answered CLOSED, and closing again is OK") {
  const holdfast_engine engine = open(options_for("memory:"));
  auto error = no_error();
  CHECK(holdfast_close(engine, &error) == HOLDFAST_STATUS_OK);
  CHECK(error.status == HOLDFAST_STATUS_OK);
  CHECK(status_of_all_calls(engine) == HOLDFAST_STATUS_CLOSED);
  CHECK(holdfast_close(engine, &error) == HOLDFAST_STATUS_OK);
  CHECK(holdfast_close(0, &error) == HOLDFAST_STATUS_OK);
}

TEST_CASE("a stale handle does not reach the engine that came after it") {
  const holdfast_engine old = open(options_for("memory:"));
  REQUIRE(holdfast_close(old, nullptr) == HOLDFAST_STATUS_OK);
  const OpenEngine next;
  CHECK(holdfast_engine(next) != old);
  CHECK(status_of_all_calls(old) == HOLDFAST_STATUS_CLOSED);
  CHECK(holdfast_close(old, nullptr) == HOLDFAST_STATUS_OK);
  CHECK(make_resource(next, 1).rfind("res_", 0) == 0);
}

TEST_CASE("a number that never was an engine is MISUSE") {
  const OpenEngine engine;
  const holdfast_engine real = engine;
  std::vector<holdfast_engine> foreign{0,
                                       1,
                                       77,
                                       ~std::uint64_t{0},
                                       real + (1ull << 16),
                                       real + 1024,
                                       real ^ (1ull << 63),
                                       real ^ (1ull << 48)};
  std::mt19937_64 random(20260704);
  for (int i = 0; i < 1000; ++i) foreign.push_back(random());
  for (const holdfast_engine handle : foreign) {
    REQUIRE(status_of_all_calls(handle) == HOLDFAST_STATUS_MISUSE);
    if (handle != 0) REQUIRE(holdfast_close(handle, nullptr) == HOLDFAST_STATUS_MISUSE);
  }
}

TEST_CASE("a result outlives its engine") {
  ResultPtr result;
  {
    const OpenEngine engine;
    const std::string id = make_resource(engine, 5);
    auto request = sized<holdfast_retrieve_resource_request>();
    request.resource_id = str(id);
    result = ask(holdfast_retrieve_resource, engine, request);
  }
  CHECK(text(holdfast_result_resources(result.get(), nullptr)[0].name) == "Reef");
}

TEST_CASE("a thousand and twenty-four engines are open at once, one more is BUSY") {
  std::vector<holdfast_engine> engines;
  auto options = options_for("memory:");
  options.lanes = 1;
  options.readers = 1;
  holdfast_engine engine = 0;
  auto error = no_error();
  while (engines.size() < 1100 && holdfast_open(&options, &engine, &error) == HOLDFAST_STATUS_OK) {
    engines.push_back(engine);
  }
  CHECK(engines.size() == 1024);
  CHECK(error.status == HOLDFAST_STATUS_BUSY);
  CHECK(error.retry == HOLDFAST_RETRY_SAFE);
  for (const holdfast_engine each : engines) {
    REQUIRE(holdfast_close(each, nullptr) == HOLDFAST_STATUS_OK);
  }
}

TEST_CASE("calls of other threads end with an answer or CLOSED when the engine is closed") {
  for (int round = 0; round < 30; ++round) {
    const holdfast_engine engine = open(options_for("memory:"));
    ask(holdfast_migrate, engine, sized<holdfast_migrate_request>());
    const std::string id = make_resource(engine, 1'000'000);
    std::atomic<int> answered{0};
    in_threads(6, [&](int index) {
      if (index >= 4) {
        // Two close it at once; each returns only when it is closed.
        while (answered.load() < 40) std::this_thread::yield();
        if (holdfast_close(engine, nullptr) != HOLDFAST_STATUS_OK)
          throw std::runtime_error("close");
        if (status_of_all_calls(engine) != HOLDFAST_STATUS_CLOSED) throw std::runtime_error("open");
        return;
      }
      const holdfast_date date = day("2026-07-05");
      auto request = sized<holdfast_create_hold_request>();
      request.resource_id = str(id);
      request.dates = &date;
      request.dates_count = 1;
      request.quantity = 1;
      for (;;) {
        holdfast_result* result = nullptr;
        const holdfast_status status = holdfast_create_hold(engine, &request, &result, nullptr);
        const ResultPtr owner(result);
        if ((status == HOLDFAST_STATUS_OK) != (result != nullptr)) throw std::runtime_error("odd");
        if (status == HOLDFAST_STATUS_CLOSED) return;
        if (status != HOLDFAST_STATUS_OK) throw std::runtime_error(holdfast_status_name(status));
        ++answered;
      }
    });
  }
}

TEST_CASE("engines are opened and closed by many threads at once") {
  in_threads(8, [](int index) {
    for (int round = 0; round < 20; ++round) {
      const holdfast_engine engine = open(options_for("memory:"));
      if (index % 2 == 0) std::this_thread::yield();
      holdfast_result* result = nullptr;
      if (holdfast_migrate(engine, nullptr, &result, nullptr) != HOLDFAST_STATUS_OK) {
        throw std::runtime_error("migrate");
      }
      holdfast_result_free(result);
      if (holdfast_close(engine, nullptr) != HOLDFAST_STATUS_OK) throw std::runtime_error("close");
    }
  });
}

TEST_CASE("a forked child is told so, does no harm, and can open an engine of its own") {
  const OpenEngine engine;
  const std::string id = make_resource(engine, 5);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool right = false;
    try {
      right = status_of_all_calls(engine) == HOLDFAST_STATUS_MISUSE &&
              holdfast_close(engine, nullptr) == HOLDFAST_STATUS_MISUSE &&
              !make_resource(OpenEngine(), 5).empty();
    } catch (...) {
    }
    _exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  auto request = sized<holdfast_retrieve_resource_request>();
  request.resource_id = str(id);
  CHECK(holdfast_result_outcome(ask(holdfast_retrieve_resource, engine, request).get()) ==
        HOLDFAST_OUTCOME_ACCEPTED);
}

struct FromCallback {
  holdfast_engine engine = 0;
  std::atomic<int> calls{0};
  std::atomic<int> wrong{0};
};

TEST_CASE("a call from a callback is MISUSE, not a deadlock") {
  FromCallback seen;
  const OpenEngine engine;
  seen.engine = engine;
  REQUIRE(holdfast_set_wakeup(
              engine,
              [](void* user_data) {
                auto& from = *static_cast<FromCallback*>(user_data);
                holdfast_result* result = nullptr;
                if (holdfast_verify(from.engine, nullptr, &result, nullptr) !=
                    HOLDFAST_STATUS_MISUSE) {
                  ++from.wrong;
                }
                if (holdfast_close(from.engine, nullptr) != HOLDFAST_STATUS_MISUSE) ++from.wrong;
                ++from.calls;
              },
              &seen, nullptr) == HOLDFAST_STATUS_OK);
  REQUIRE(holdfast_verify_submit(engine, nullptr, 1, nullptr) == HOLDFAST_STATUS_OK);
  while (seen.calls.load() == 0) std::this_thread::yield();
  CHECK(seen.wrong.load() == 0);
}

}  // namespace
}  // namespace holdfast::test
