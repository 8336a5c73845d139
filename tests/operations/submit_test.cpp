// submit, drain and the wake-up; close.
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <map>
#include <mutex>
#include <semaphore>
#include <set>
#include <thread>

#include "operations/world.hpp"
#include "support/threads.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

// Waits for `count` completions, at most a while.
std::map<std::uint64_t, Reply<Value>> collect(Engine& engine, std::size_t count) {
  std::map<std::uint64_t, Reply<Value>> out;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (out.size() < count) {
    for (auto& done : engine.drain(7)) {
      if (!out.emplace(done.tag, std::move(done.reply)).second) {
        throw std::runtime_error("a tag came twice");
      }
    }
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("completions lost");
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return out;
}

// One of each request; those that need something made get `id`, `hold_ids` and so on.
std::vector<Request> one_of_each(World& world) {
  const auto id = world.tour(100);
  const auto hold = [&] { return world.hold(id, {day(0)}).id; };
  const auto booked = [&](const char* order) { return world.book(id, {day(0)}, 1, order).id; };
  const auto spare = world.bare();
  const Date d = day(3);
  return {
      CreateResource{.type = "TOUR", .name = "n"},
      UpdateResource{.resource_id = id, .name = "m"},
      RetrieveResource{id},
      ListResources{},
      DeleteResource{.resource_id = spare},
      RestoreResource{.resource_id = spare},
      InitializeCapacity{.resource_id = id, .start_date = d, .end_date = d, .daily_capacity = 1},
      AdjustCapacity{.resource_id = id, .dates = {d}, .delta = 1},
      CheckAvailability{.resource_id = id, .start_date = d, .end_date = d},
      SearchAvailability{.type = "TOUR", .start_date = d, .end_date = d},
      GetCapacityReport{.resource_id = id, .start_date = d, .end_date = d},
      CreateHold{.resource_id = id, .dates = {d}},
      CreateHolds{.items = {{id, {d}, 1}}},
      ExtendHold{.hold_id = hold()},
      ExtendHolds{.hold_ids = {hold()}},
      ConfirmHold{.hold_id = hold(), .order_id = "o"},
      ConfirmHolds{.hold_ids = {hold()}, .order_id = "o"},
      ReleaseHold{.hold_id = hold()},
      ReleaseHolds{.hold_ids = {hold()}},
      RetrieveHold{.hold_id = hold()},
      ListHolds{},
      CleanupExpiredHolds{},
      CancelAllocation{.allocation_id = booked("p")},
      CancelAllocation{.order_id = (booked("q"), "q")},
      MoveHold{.hold_id = hold(), .dates = {day(4)}},
      MoveAllocation{.allocation_id = booked("r"), .dates = {day(4)}},
      ListAllocations{},
      CreateBlackout{.resource_id = id, .start_date = day(9), .end_date = day(9)},
      ListBlackouts{},
      DeleteBlackout{.blackout_id = world.blackout(id, day(8), day(8)).id},
      Migrate{},
      Verify{},
      GetMetrics{},
      Prune{},
  };
}

}  // namespace

TEST_CASE("Every request gives the same kind of answer through submit as through execute") {
  EACH_BACKEND(db);
  World world(db);
  const auto submitted = one_of_each(world);
  const auto executed = one_of_each(world);
  std::set<std::size_t> kinds;
  for (std::size_t i = 0; i < submitted.size(); ++i) {
    kinds.insert(submitted[i].index());
    must(world->submit(submitted[i], i));
  }
  CHECK(kinds.size() == std::variant_size_v<Request>);
  auto replies = collect(world.engine(), submitted.size());
  for (std::size_t i = 0; i < executed.size(); ++i) {
    INFO("request " << submitted[i].index());
    auto one = world->execute(executed[i]);
    auto& other = replies.at(i);
    CHECK(outcome(one) == "ACCEPTED");
    CHECK(outcome(other) == "ACCEPTED");
    if (outcome(one) == "ACCEPTED" && outcome(other) == "ACCEPTED") {
      CHECK(one->value().index() == other->value().index());
    }
  }
}

TEST_CASE("A refusal of a submit is a completion too, with its field and its id") {
  EACH_BACKEND(db);
  World world(db);
  must(world->submit(CreateHold{.resource_id = "x", .dates = {}}, 1));
  must(world->submit(CreateHold{.resource_id = "x", .dates = {day(0)}}, 2));
  must(world->submit(RetrieveHold{.hold_id = "x"}, 3));
  must(world->submit(ListHolds{.limit = 0}, 4));
  auto replies = collect(world.engine(), 4);
  CHECK(verdict(replies.at(1)) == "INVALID_ARGUMENT dates");
  CHECK(replies.at(2)->rejection().id == "x");
  CHECK(outcome(replies.at(2)) == "RESOURCE_NOT_FOUND");
  CHECK(outcome(replies.at(3)) == "HOLD_NOT_FOUND");
  CHECK(verdict(replies.at(4)) == "INVALID_ARGUMENT limit");
}

TEST_CASE("The wake-up is called once until a drain has left nothing") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(1000);
  std::atomic<int> calls{0};
  world->set_wakeup([&] { ++calls; });
  const auto wait_for = [&](int wanted) {
    for (int i = 0; i < 10000 && calls < wanted; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return calls.load();
  };
  must(world->submit(CreateHold{.resource_id = id, .dates = {day(0)}}, 0));
  CHECK(wait_for(1) == 1);
  for (std::uint64_t tag = 1; tag < 30; ++tag) {
    must(world->submit(CreateHold{.resource_id = id, .dates = {day(0)}}, tag));
  }
  // The answers of all thirty are there when the places are.
  for (int i = 0; i < 10000 && accepted(world->metrics()).holds_created < 30; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(calls == 1);
  CHECK(world->drain(1).size() == 1);
  must(world->submit(CreateHold{.resource_id = id, .dates = {day(0)}}, 30));
  CHECK(collect(world.engine(), 30).size() == 30);
  CHECK(world->drain(10).empty());
  const int before = calls;
  must(world->submit(CreateHold{.resource_id = id, .dates = {day(0)}}, 31));
  CHECK(wait_for(before + 1) == before + 1);
  // Whoever sets a wake-up late is told of what waits; an empty one takes it off.
  std::atomic<int> late{0};
  world->set_wakeup([&] { ++late; });
  CHECK(late == 1);
  world->set_wakeup({});
  CHECK(collect(world.engine(), 1).count(31) == 1);
  must(world->submit(ListHolds{}, 32));
  CHECK(collect(world.engine(), 1).count(32) == 1);
  CHECK(late == 1);
  CHECK(calls == before + 1);
}

TEST_CASE("close() with submits in flight loses none, and later ones are refused") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(100'000);
  auto engine = must(Engine::open(db.open_migrated(), {}));
  if (db.backend().persistent) engine = must(Engine::open(db.uri(), {}));
  constexpr int kThreads = 4;
  constexpr int kEach = 100;
  std::atomic<int> taken{0};
  std::atomic<int> refused_entry{0};
  std::atomic<bool> strange{false};
  std::thread closer([&] {
    while (taken < kThreads * kEach / 4) std::this_thread::yield();
    engine->close();
  });
  in_threads(kThreads, [&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      const auto tag = static_cast<std::uint64_t>(thread * kEach + i);
      const auto done = i % 5 == 0
                            ? engine->submit(ListHolds{.limit = 1}, tag)
                            : engine->submit(CreateHold{.resource_id = id, .dates = {day(0)}}, tag);
      if (done.ok()) {
        ++taken;
      } else {
        ++refused_entry;
        if (done.error().status != Status::kClosed) strange = true;
      }
      // So that the closer gets its turn.
      if (taken < kThreads * kEach / 4) continue;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  });
  closer.join();
  const auto replies = collect(*engine, static_cast<std::size_t>(taken));
  CHECK_FALSE(strange);
  CHECK(engine->drain(10).empty());
  int answered = 0;
  for (const auto& [tag, reply] : replies) {
    if (reply.ok()) {
      ++answered;
    } else {
      CHECK(outcome(reply) == "CLOSED/NEVER");
    }
  }
  CHECK(taken + refused_entry == kThreads * kEach);
  CHECK(outcome(engine->retrieve_resource({id})) == "CLOSED/NEVER");
  CHECK(outcome(engine->create_hold({.resource_id = id, .dates = {day(0)}})) == "CLOSED/NEVER");
  CHECK(outcome(engine->migrate()) == "CLOSED/NEVER");
  CHECK(engine->submit(ListHolds{}, 1).error().status == Status::kClosed);
  engine->close();
}

TEST_CASE("close() while others wait for their answers gives each of them one") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  World world(db);
  const auto id = world.tour(100'000);
  auto engine = must(Engine::open(db.uri(), {}));
  std::atomic<int> strange{0};
  std::atomic<int> begun{0};
  in_threads(5, [&](int thread) {
    if (thread == 0) {
      while (begun < 8) std::this_thread::yield();
      engine->close();
      return;
    }
    for (int i = 0; i < 50; ++i) {
      ++begun;
      const auto got = outcome(engine->create_hold({.resource_id = id, .dates = {day(0)}}));
      if (got != "ACCEPTED" && got != "CLOSED/NEVER") ++strange;
    }
  });
  CHECK(strange == 0);
}

namespace {

/// Resources with 100 places on day 0.
std::vector<std::string> open_tours(Engine& engine, std::size_t count) {
  constexpr std::size_t kCallers = 16;
  std::vector<std::string> out(count);
  in_threads(kCallers, [&](int caller) {
    for (auto i = static_cast<std::size_t>(caller); i < count; i += kCallers) {
      out[i] = accepted(engine.create_resource({.type = "TOUR", .name = "n"})).resource.id;
      accepted(engine.initialize_capacity({.resource_id = out[i],
                                           .start_date = day(0),
                                           .end_date = day(0),
                                           .daily_capacity = 100}));
    }
  });
  return out;
}

/// A clock that can keep whoever asks it waiting, in the middle of a transaction or of a read.
class SlowClock {
 public:
  std::function<Instant()> function() {
    return [this] {
      std::unique_lock lock(mutex_);
      asked_ = asked_ || blocked_;
      wake_.notify_all();
      wake_.wait(lock, [this] { return !blocked_ || passes_ > 0; });
      if (blocked_) --passes_;
      return clock_.now();
    };
  }
  void block(bool blocked) {
    const std::lock_guard lock(mutex_);
    blocked_ = blocked;
    wake_.notify_all();
  }
  /// The next one that asks, or has asked, goes on.
  void let_one_pass() {
    const std::lock_guard lock(mutex_);
    ++passes_;
    wake_.notify_all();
  }
  /// Whether somebody waits, at last.
  bool holds_somebody() {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, std::chrono::seconds(20), [this] { return asked_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool blocked_ = false;
  bool asked_ = false;
  int passes_ = 0;
  const TestClock clock_;
};

std::unique_ptr<Engine> open_one_lane(Database& db, SlowClock& clock) {
  EngineOptions options{.lanes = 1};
  options.clock = clock.function();
  return open_engine(db, options);
}

/// Submits the first request, and the others while that one is decided: how many answers there were
/// to take at each wake-up. A wake-up lasts until nothing is left to drain, so one that came before
/// its batch was answered is not the last.
std::vector<std::size_t> answers_by_wakeup(Engine& engine, SlowClock& clock,
                                           std::vector<Request> requests) {
  std::counting_semaphore<> woken{0};
  std::counting_semaphore<> drained{0};
  engine.set_wakeup([&] {
    woken.release();
    drained.acquire();
  });
  clock.block(true);
  const auto count = requests.size();
  must(engine.submit(std::move(requests[0]), 0));
  REQUIRE(clock.holds_somebody());
  for (std::size_t tag = 1; tag < count; ++tag) must(engine.submit(std::move(requests[tag]), tag));
  clock.block(false);
  std::vector<std::size_t> taken;
  for (std::size_t all = 0; all < count; all += taken.back()) {
    if (!woken.try_acquire_for(std::chrono::seconds(20))) {
      engine.set_wakeup({});
      throw std::runtime_error("no wake-up, and answers are missing");
    }
    const auto answers = engine.drain(count);
    for (const auto& answer : answers) CHECK(outcome(answer.reply) == "ACCEPTED");
    taken.push_back(answers.size());
    drained.release();
  }
  engine.close();
  return taken;
}

}  // namespace

TEST_CASE("The answers of a batch are one wake-up, however fast the host takes them") {
  EACH_BACKEND(db);
  SlowClock clock;
  auto engine = open_one_lane(db, clock);
  const std::vector<std::string> tours = open_tours(*engine, 1);
  const std::vector<Request> requests(21, CreateHold{.resource_id = tours[0], .dates = {day(0)}});
  CHECK(answers_by_wakeup(*engine, clock, requests) == std::vector<std::size_t>{1, 20});
}

TEST_CASE("An answer does not wait for the batch after it") {
  EACH_BACKEND(db);
  SlowClock clock;
  auto engine = open_one_lane(db, clock);
  const std::string tour = open_tours(*engine, 1).at(0);
  clock.block(true);
  must(engine->submit(CreateHold{.resource_id = tour, .dates = {day(0)}}, 1));
  REQUIRE(clock.holds_somebody());
  must(engine->submit(CreateHold{.resource_id = tour, .dates = {day(0)}}, 2));
  clock.let_one_pass();
  CHECK(outcome(collect(*engine, 1).at(1)) == "ACCEPTED");
  clock.block(false);
  CHECK(outcome(collect(*engine, 1).at(2)) == "ACCEPTED");
}

TEST_CASE("Every thread that waits for one batch is woken, a hundred too") {
  EACH_BACKEND(db);
  SlowClock clock;
  auto engine = open_one_lane(db, clock);
  const std::string tour = open_tours(*engine, 1).at(0);
  constexpr int kThreads = 99;
  clock.block(true);
  must(engine->submit(CreateHold{.resource_id = tour, .dates = {day(0)}}, 1));
  REQUIRE(clock.holds_somebody());
  std::latch woken(kThreads);
  std::atomic<int> accepted_holds = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto reply = engine->create_hold({.resource_id = tour, .dates = {day(0)}});
      if (outcome(reply) == "ACCEPTED") ++accepted_holds;
      woken.count_down();
    });
  }
  const auto all_within = [](auto happened) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!happened() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return happened();
  };
  CHECK(all_within([&] { return engine->metrics()->value().queue_depth == kThreads; }));
  clock.block(false);
  if (!all_within([&] { return woken.try_wait(); })) {
    std::fputs("a thread was not woken, and cannot be joined\n", stderr);
    std::_Exit(1);
  }
  for (auto& thread : threads) thread.join();
  CHECK(accepted_holds == kThreads);
}

TEST_CASE("A batch is on as many resources as one transaction may lock") {
  EACH_BACKEND(db);
  static_assert(kKeysPerTransaction == 64);
  SlowClock clock;
  auto engine = open_one_lane(db, clock);
  const std::vector<std::string> tours = open_tours(*engine, 129);
  const auto hold = [&](std::size_t tour) {
    return CreateHold{.resource_id = tours[tour], .dates = {day(0)}};
  };
  std::vector<Request> requests;
  for (std::size_t tour = 0; tour < 64; ++tour) requests.push_back(hold(tour));
  // After 63 resources two more are one too many; with these two, 62 more are just enough.
  requests.push_back(CreateHolds{.items = {{tours[64], {day(0)}, 1}, {tours[65], {day(0)}, 1}}});
  for (std::size_t tour = 66; tour < 129; ++tour) requests.push_back(hold(tour));
  CHECK(answers_by_wakeup(*engine, clock, requests) == std::vector<std::size_t>{1, 63, 63, 1});
}

TEST_CASE("A full queue refuses the next submit, safely") {
  EACH_BACKEND(db);
  SlowClock clock;
  EngineOptions options{.lanes = 1, .queue_max = 3};
  options.clock = clock.function();
  auto engine = open_engine(db, options);
  const std::string id = open_tours(*engine, 1).front();
  const CreateHold request{.resource_id = id, .dates = {day(0)}};
  clock.block(true);
  must(engine->submit(request, 0));
  REQUIRE(clock.holds_somebody());
  for (std::uint64_t tag = 1; tag <= 3; ++tag) must(engine->submit(request, tag));
  const auto full = engine->submit(request, 4);
  const auto blocking = outcome(engine->create_hold(request));
  clock.block(false);
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().status == Status::kBusy);
  CHECK(full.error().retry == Retry::kSafe);
  CHECK(blocking == "BUSY/SAFE");
  auto replies = collect(*engine, 4);
  for (auto& [tag, reply] : replies) CHECK(outcome(reply) == "ACCEPTED");
  CHECK(outcome(engine->create_hold(request)) == "ACCEPTED");
  CHECK(accepted(engine->metrics()).failures.at(Status::kBusy) >= 1);
}

TEST_CASE("A full queue of reads refuses the next one, safely, and answers those that it let in") {
  EACH_BACKEND(db);
  SlowClock clock;
  EngineOptions options{.readers = 1, .queue_max = 3};
  options.clock = clock.function();
  auto engine = open_engine(db, options);
  const auto id = accepted(engine->create_resource({.type = "TOUR", .name = "n"})).resource.id;
  const RetrieveResource request{id};
  clock.block(true);
  must(engine->submit(request, 0));
  REQUIRE(clock.holds_somebody());
  for (std::uint64_t tag = 1; tag <= 3; ++tag) must(engine->submit(request, tag));
  const auto full = engine->submit(request, 4);
  clock.block(false);
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().status == Status::kBusy);
  CHECK(full.error().retry == Retry::kSafe);
  for (auto& [tag, reply] : collect(*engine, 4)) CHECK(outcome(reply) == "ACCEPTED");
}

TEST_CASE("The smallest queue serves every operation, one at a time") {
  EACH_BACKEND(db);
  World world(db, {.lanes = 1, .readers = 1, .queue_max = 1});
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) {
    ids.push_back(world.tour());
    accepted(world->create_hold({.resource_id = ids.back(),
                                 .dates = {day(0)},
                                 .customer_email = "x@example.com",
                                 .ttl = std::chrono::milliseconds(1)}));
  }
  world.clock().advance(std::chrono::milliseconds(1));
  CHECK(accepted(world->cleanup_expired_holds()).expired == 12);
  world.clock().advance(std::chrono::hours(48));
  const auto pruned = accepted(world->prune(
      {.older_than = std::chrono::hours(24), .erase_customer_email = "x@example.com"}));
  CHECK(pruned.emails_erased == 12);
  CHECK(pruned.holds_removed == 12);
}
