// The other process of a scenario: `scenario_worker ROLE URI [ARGUMENTS]`.
//
// It says `ready` when its engine is open, then reads a line for each thing to do and answers with
// one line; it ends when its input does. Roles:
//   stampede RESOURCE CALLERS   line: DATE; answers `held refused other`
//   hold RESOURCE               line: DATE; answers an outcome
//   confirm                     line: HOLD ORDER; answers an outcome, the allocation, `replayed`
//   calendar                    line: ZONE MICROSECONDS DATE; answers how days around DATE look
//   sweep [STALL]               line: anything; answers how many; stalls inside transaction STALL
//   write RESOURCE, read RESOURCE   line: MILLISECONDS; answers `done failed early first-failure`
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/storage.hpp"
#include "shop.hpp"
#include "support/random.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using Arguments = std::vector<std::string>;

void say(const std::string& line) { std::cout << line << std::endl; }

std::unique_ptr<Engine> open(const std::string& uri, EngineOptions options = {}) {
  auto engine = must(Engine::open(uri, std::move(options)));
  accepted(engine->migrate());
  return engine;
}

template <class Handle>
void each_line(Handle handle) {
  say("ready");
  for (std::string line; std::getline(std::cin, line);) say(handle(line));
}

void stampede(const std::string& uri, const Arguments& arguments) {
  const auto engine = open(uri);
  const int callers = std::stoi(arguments.at(1));
  each_line([&](const std::string& date) {
    std::atomic<int> held = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> other = 0;
    in_threads(callers, [&](int) {
      const auto reply = try_hold(*engine, arguments.at(0), {on(date)});
      const std::string got = outcome(reply);
      ++(got == "ACCEPTED" ? held : got == "INSUFFICIENT_CAPACITY" ? refused : other);
    });
    return fmt::format("{} {} {}", held.load(), refused.load(), other.load());
  });
}

void hold_one(const std::string& uri, const Arguments& arguments) {
  const auto engine = open(uri);
  each_line([&](const std::string& date) {
    return outcome(try_hold(*engine, arguments.at(0), {on(date)}));
  });
}

void confirm_one(const std::string& uri) {
  const auto engine = open(uri);
  each_line([&](const std::string& line) {
    std::istringstream words(line);
    std::string hold_id;
    std::string order;
    words >> hold_id >> order;
    const auto reply = try_confirm(*engine, hold_id, order);
    if (outcome(reply) != "ACCEPTED") return outcome(reply);
    const AllocationAnswer& got = reply->value();
    return fmt::format("ACCEPTED {} {}", got.allocation.id, got.replayed ? "replayed" : "made");
  });
}

/// For each day from DATE - 2 to DATE + 2: the day, why it is unavailable, what a hold is told, and
/// the day that comes out again, from the hold, from the read, from the list and from the booking.
std::string around(Engine& engine, const std::string& zone, Date date) {
  std::string out;
  const std::string id = add_resource(engine, 5, date - std::chrono::days(2),
                                      date + std::chrono::days(2), "TOUR", zone);
  const auto answer =
      accepted(engine.check_availability({.resource_id = id,
                                          .start_date = date - std::chrono::days(2),
                                          .end_date = date + std::chrono::days(2)}));
  for (const auto& day : answer.days) {
    const auto reply = try_hold(engine, id, {day.date});
    out += fmt::format("{}:{}:{}", to_string(day.date), name(day.reason), outcome(reply));
    if (outcome(reply) == "ACCEPTED") {
      const Hold& made = reply->value().hold;
      const Allocation booked = confirm(engine, made.id, "order_" + to_string(day.date));
      const auto listed = accepted(engine.list_allocations(
          {.resource_id = id, .start_date = day.date, .end_date = day.date}));
      const bool same = made.dates == std::vector{day.date} &&
                        retrieve(engine, made.id).dates == made.dates &&
                        booked.dates == made.dates && listed.items.size() == 1 &&
                        listed.items[0].dates == made.dates;
      out += same ? ":same" : ":CHANGED";
    }
    out += " ";
  }
  return out;
}

void calendar(const std::string& uri) {
  TestClock clock;
  const auto engine = open(uri, {.clock = clock.function()});
  each_line([&](const std::string& line) {
    std::istringstream words(line);
    std::string zone;
    std::int64_t us = 0;
    std::string date;
    words >> zone >> us >> date;
    clock.set(Instant(std::chrono::microseconds(us)));
    return around(*engine, zone, on(date));
  });
}

/// Stops for good inside a chosen transaction, its locks held and nothing of it committed.
class StallingStorage final : public Storage {
 public:
  StallingStorage(std::unique_ptr<Storage> inner, int stall_in)
      : inner_(std::move(inner)), stall_in_(stall_in) {}
  Result<std::int32_t> migrate() override { return inner_->migrate(); }
  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override {
    const DecideFn stalled = [&](Snapshot snapshot) {
      Changes changes = decide(std::move(snapshot));
      if (++transactions_ == stall_in_) {
        say("stalled");
        for (;;) std::this_thread::sleep_for(1h);
      }
      return changes;
    };
    return inner_->transact(scope, stalled, meanwhile);
  }
  Result<Snapshot> read(const Scope& scope) override { return inner_->read(scope); }
  Result<ListPage> list(const ListQuery& query) override { return inner_->list(query); }
  std::string describe() const override { return inner_->describe(); }

 private:
  std::unique_ptr<Storage> inner_;
  const int stall_in_;
  int transactions_ = 0;
};

void sweep(const std::string& uri, const Arguments& arguments) {
  const int stall_in = arguments.empty() ? 0 : std::stoi(arguments[0]);
  auto storage = must(open_storage(uri, {}));
  const auto engine =
      must(Engine::open(std::make_unique<StallingStorage>(std::move(storage), stall_in), {}));
  each_line([&](const std::string&) {
    return std::to_string(accepted(engine->cleanup_expired_holds()).expired);
  });
}

/// What a stream of calls met with. No try of the engine's own hides a failure from it.
struct Traffic {
  int done = 0;
  int failed = 0;
  int early = 0;  ///< busy before the time that a caller was promised to be waited for
  std::string first{};

  template <class T>
  void count(std::chrono::steady_clock::time_point start, std::chrono::milliseconds timeout,
             const Reply<T>& reply) {
    ++done;
    if (reply.ok()) return;
    ++failed;
    if (reply.error().status == Status::kBusy &&
        std::chrono::steady_clock::now() - start < timeout) {
      ++early;
    }
    if (first.empty()) first = describe(reply.error());
  }
};

std::string traffic(const std::string& uri, const std::string& resource_id, const std::string& line,
                    bool writes) {
  const EngineOptions options{.retry_timeout = 0ms};
  const auto engine = open(uri, options);
  Random random(writes ? 1 : 2);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::stoi(line));
  Traffic seen;
  std::vector<std::string> mine;
  while (std::chrono::steady_clock::now() < end) {
    const auto start = std::chrono::steady_clock::now();
    const Date date = live_day(static_cast<int>(random.below(30)));
    const auto count = [&](const auto& reply) { seen.count(start, options.lock_timeout, reply); };
    if (!writes) {
      const auto report = engine->get_capacity_report(
          {.resource_id = resource_id, .start_date = live_day(0), .end_date = live_day(30)});
      count(report);
      if (report.ok()) {
        for (const auto& d : report->value().days) {
          if (d.booked < 0 || d.available_capacity < 0) seen.first = "a torn read";
        }
      }
    } else if (mine.empty() || random.chance(0.6)) {
      const auto reply = try_hold(*engine, resource_id, {date});
      count(reply);
      if (outcome(reply) == "ACCEPTED") mine.push_back(reply->value().hold.id);
    } else if (random.chance(0.7)) {
      count(engine->release_hold({.hold_id = mine.back()}));
      mine.pop_back();
    } else {
      count(try_confirm(*engine, mine.back(), "order_" + mine.back()));
      count(engine->cancel_allocation({.order_id = "order_" + mine.back()}));
      mine.pop_back();
    }
  }
  return fmt::format("{} {} {} {}", seen.done, seen.failed, seen.early, seen.first);
}

int run(const std::string& role, const std::string& uri, const Arguments& arguments) {
  if (role == "stampede") {
    stampede(uri, arguments);
  } else if (role == "hold") {
    hold_one(uri, arguments);
  } else if (role == "confirm") {
    confirm_one(uri);
  } else if (role == "calendar") {
    calendar(uri);
  } else if (role == "sweep") {
    sweep(uri, arguments);
  } else if (role == "write" || role == "read") {
    each_line([&](const std::string& line) {
      return traffic(uri, arguments.at(0), line, role == "write");
    });
  } else {
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace holdfast::test

// The test library brings a main() of its own, which gives way to this one.
int main(int argc, char* argv[]) {
  if (argc < 3) return 2;
  try {
    return holdfast::test::run(argv[1], argv[2], {argv + 3, argv + argc});
  } catch (const std::exception& e) {
    std::cout << "worker: " << e.what() << std::endl;
    return 1;
  }
}
