// check_availability and search_availability when many ask at once: they are read together.
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

#include "engine/calendars.hpp"
#include "operations/world.hpp"
#include "support/random.hpp"
#include "support/threads.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

using Keys = std::vector<std::string>;
using engine::Calendars;

std::string text(const Availability& a) {
  std::string out = a.resource_id;
  for (const auto& d : a.days) {
    out += " " + to_string(d.date) + " " + std::to_string(d.available_capacity) + "/" +
           std::to_string(d.max_capacity) + (d.is_available ? " yes" : " no");
  }
  return out;
}

std::string text(const Value& value) {
  if (const auto* one = std::get_if<Availability>(&value)) return text(*one);
  std::string out;
  for (const auto& one : std::get<SearchAnswer>(value).resources) out += text(one) + "\n";
  return out;
}

std::string text(const Reply<Value>& reply) {
  if (!reply.ok() || !reply->accepted()) return outcome(reply);
  return text(reply->value());
}

/// A question about some of `ids` and one id of nobody, over a few of the tours' days and none.
Request any_question(Random& random, const Keys& ids) {
  const Date start = day(static_cast<int>(random.below(20)));
  const Date end = start + std::chrono::days(random.below(3) == 0 ? 0 : random.below(20));
  const auto quantity = static_cast<std::int32_t>(random.between(1, 12));
  if (random.chance(0.3)) {
    return CheckAvailability{ids[random.below(ids.size())], start, end, quantity};
  }
  if (random.chance(0.1)) return CheckAvailability{Nobody().resource, start, end, quantity};
  SearchAvailability search{.start_date = start, .end_date = end, .quantity = quantity};
  if (random.chance(0.2)) {
    search.type = "TOUR";
    return search;
  }
  for (const auto& id : ids) {
    if (random.chance(0.5)) search.resource_ids.push_back(id);
  }
  search.resource_ids.push_back(Nobody().resource);
  return search;
}

/// Reads that wait until they are let go, one after the other, and what they were asked for.
class Gate {
 public:
  Result<Snapshot> read(const Scope& scope) {
    {
      const std::lock_guard lock(mutex_);
      scopes_.push_back(scope);
    }
    begun_.release();
    go_.acquire();
    if (fails_) return Error{.status = Status::kUnavailable, .retry = Retry::kSafe};
    Snapshot snapshot;
    for (const KeyScope& part : scope.keys) {
      snapshot.keys.emplace_back().key = part.key;
    }
    return snapshot;
  }
  void wait_for_one() {
    if (!begun_.try_acquire_for(std::chrono::seconds(20))) throw std::runtime_error("no read");
  }
  bool has_begun() { return begun_.try_acquire(); }
  void let_go(int count = 1) { go_.release(count); }
  void fail() { fails_ = true; }
  std::vector<Scope> scopes() {
    const std::lock_guard lock(mutex_);
    return scopes_;
  }

 private:
  std::mutex mutex_;
  std::vector<Scope> scopes_;
  std::counting_semaphore<> begun_{0};
  std::counting_semaphore<> go_{0};
  std::atomic<bool> fails_{false};
};

/// The readers' threads: one for each job, one for each in the end, or none at all.
enum class Threads { kFree, kBusy, kNone };

/// Calendars with one read at once.
class Desk {
 public:
  explicit Desk(std::int32_t queue_max = 1000, Threads threads = Threads::kFree)
      : threads_are_(threads),
        calendars_(
            1, queue_max, [this](const Scope& scope) { return gate.read(scope); },
            [this](std::function<void(bool)> job) -> Result<void> {
              if (threads_are_ == Threads::kNone) {
                return Error{.status = Status::kBusy, .retry = Retry::kSafe};
              }
              const std::lock_guard lock(mutex_);
              jobs_.push_back(std::move(job));
              if (threads_are_ == Threads::kFree) start_job();
              return {};
            }) {}
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;
  ~Desk() {
    gate.let_go(100);
    free_threads();
    calendars_.finish();
    for (auto& thread : threads_) thread.join();
  }

  void free_threads() {
    const std::lock_guard lock(mutex_);
    threads_are_ = Threads::kFree;
    while (!jobs_.empty()) start_job();
  }

  Result<void> ask(const Keys& keys, DateRange range) {
    return calendars_.ask(keys, range, [this](const Result<Calendars::Shared>& found) {
      const std::lock_guard lock(mutex_);
      told_ += found.ok() ? 1 : 0;
      failed_ += found.ok() ? 0 : 1;
    });
  }
  Calendars& calendars() { return calendars_; }
  int told() { return counted(told_); }
  int failed() { return counted(failed_); }

  Gate gate;

 private:
  int counted(const int& count) {
    const std::lock_guard lock(mutex_);
    return count;
  }
  void start_job() {
    threads_.emplace_back([job = std::move(jobs_.front())] { job(false); });
    jobs_.pop_front();
  }
  std::atomic<Threads> threads_are_;
  std::mutex mutex_;
  std::deque<std::function<void(bool)>> jobs_;
  int told_ = 0;
  int failed_ = 0;
  std::deque<std::thread> threads_;
  Calendars calendars_;
};

void wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("it does not happen");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Keys keys_of(const Scope& scope) {
  Keys out;
  for (const KeyScope& part : scope.keys) out.push_back(part.key);
  return out;
}

/// `count` ascending keys.
Keys many(std::size_t count, const std::string& prefix = "k") {
  Keys out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(prefix + std::to_string(100'000 + i));
  return out;
}

const DateRange kWeek{day(0), day(6)};

}  // namespace

TEST_CASE("Many who ask for days at once are each answered as if alone") {
  EACH_BACKEND(db);
  World world(db);
  Keys ids;
  for (const int capacity : {1, 5, 10, 100}) ids.push_back(world.tour(capacity));
  accepted(world->create_hold({.resource_id = ids[1], .dates = {day(3), day(4)}, .quantity = 3}));
  world.blackout(ids[2], day(5), day(8));
  constexpr int kThreads = 8;
  constexpr int kEach = 40;
  std::atomic<int> differ{0};
  std::vector<Request> submitted;
  Random random(99);
  for (std::uint64_t tag = 0; tag < kEach; ++tag) {
    submitted.push_back(any_question(random, ids));
    must(world->submit(submitted.back(), tag));
  }
  in_threads(kThreads, [&](int thread) {
    Random own(static_cast<std::uint64_t>(thread));
    for (int i = 0; i < kEach; ++i) {
      const Request question = any_question(own, ids);
      const std::string among_others = text(world->execute(question));
      // Nothing changes meanwhile, so the same question alone has the same answer.
      if (i % 8 == 0 && among_others != text(world->execute(question))) ++differ;
    }
  });
  std::map<std::uint64_t, std::string> answers;
  wait_until([&] {
    for (auto& done : world->drain(100)) answers[done.tag] = text(done.reply);
    return answers.size() == kEach;
  });
  for (std::uint64_t tag = 0; tag < kEach; ++tag) {
    CHECK(answers[tag] == text(world->execute(submitted[tag])));
  }
  CHECK(differ == 0);
}

TEST_CASE("Who has booked finds it in every calendar that is asked for afterwards") {
  EACH_BACKEND(db);
  World world(db);
  constexpr int kThreads = 6;
  constexpr int kEach = 15;
  Keys ids;
  for (int i = 0; i < kThreads; ++i) ids.push_back(world.tour(1000));
  std::atomic<int> stale{0};
  in_threads(kThreads, [&](int thread) {
    const std::string& own = ids[static_cast<std::size_t>(thread)];
    for (int booked = 1; booked <= kEach; ++booked) {
      accepted(world->create_hold({.resource_id = own, .dates = {day(1)}}));
      const auto found = accepted(world->search_availability(
          {.resource_ids = ids, .start_date = day(1), .end_date = day(1)}));
      for (const auto& one : found.resources) {
        if (one.resource_id != own) continue;
        if (one.days.at(0).available_capacity != 1000 - booked) ++stale;
      }
    }
  });
  CHECK(stale == 0);
}

TEST_CASE("A year of the largest days is read to the last place, and a gap is a gap") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  const DateRange year{day(0), day(0) + std::chrono::days(365)};
  for (const DateRange part : {DateRange{day(0), day(3)}, DateRange{day(7), year.end}}) {
    accepted(world->initialize_capacity({.resource_id = id,
                                         .start_date = part.start,
                                         .end_date = part.end,
                                         .daily_capacity = 1'000'000}));
  }
  accepted(world->create_hold({.resource_id = id, .dates = {year.end}, .quantity = 999'999}));
  const auto days = accepted(world->check_availability({id, year.start, year.end})).days;
  REQUIRE(days.size() == 366);
  for (std::size_t i = 0; i < days.size(); ++i) {
    INFO(to_string(days[i].date));
    const bool is_gap = i >= 4 && i < 7;
    const bool is_last = i == 365;
    CHECK(days[i].date == year.start + std::chrono::days(i));
    CHECK(days[i].max_capacity == (is_gap ? 0 : 1'000'000));
    CHECK(days[i].available_capacity == (is_gap ? 0 : is_last ? 1 : 1'000'000));
  }
}

TEST_CASE("close() while others ask for days gives each of them an answer") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  World world(db);
  const auto id = world.tour();
  const auto engine = must(Engine::open(db.uri(), {}));
  std::atomic<int> begun{0};
  std::atomic<int> strange{0};
  std::atomic<std::uint64_t> taken{0};
  in_threads(7, [&](int thread) {
    if (thread == 0) {
      wait_until([&] { return begun > 20; });
      engine->close();
      return;
    }
    for (int i = 0; i < 100; ++i) {
      ++begun;
      const CheckAvailability question{id, day(0), day(i % 9)};
      if (thread > 3) {
        if (engine->submit(question, 0).ok()) ++taken;
        continue;
      }
      const auto got = outcome(engine->check_availability(question));
      if (got != "ACCEPTED" && got != "CLOSED/NEVER") ++strange;
    }
  });
  CHECK(strange == 0);
  CHECK(engine->drain(1000).size() == taken);
}

TEST_CASE("What is asked for while a read runs is the next read, and one read") {
  Desk desk;
  must(desk.ask({"b"}, kWeek));
  desk.gate.wait_for_one();
  must(desk.ask({"a", "c"}, kWeek));
  must(desk.ask({"b", "c"}, kWeek));
  must(desk.ask({"d"}, DateRange{day(2), day(2)}));
  auto blocks = std::async(std::launch::async, [&] {
    const auto found = must(desk.calendars().look({"a"}, kWeek));
    return found->keys.size();
  });
  wait_until([&] { return desk.calendars().waiting() == 4; });
  CHECK_FALSE(desk.gate.has_begun());
  CHECK(desk.told() == 0);
  desk.gate.let_go();
  desk.gate.wait_for_one();
  desk.gate.let_go();
  CHECK(blocks.get() == 4);
  wait_until([&] { return desk.told() == 4; });
  const auto scopes = desk.gate.scopes();
  REQUIRE(scopes.size() == 2);
  CHECK(keys_of(scopes[0]) == Keys{"b"});
  CHECK(keys_of(scopes[1]) == Keys{"a", "b", "c", "d"});
  CHECK(scopes[1].keys[2].range == kWeek);
  CHECK(scopes[1].keys[3].range == DateRange{day(2), day(2)});
}

TEST_CASE("Another range of the same resource is another read, in the order of asking") {
  Desk desk;
  must(desk.ask({"a"}, kWeek));
  desk.gate.wait_for_one();
  must(desk.ask({"a", "b"}, kWeek));
  must(desk.ask({"b"}, DateRange{day(0), day(5)}));
  must(desk.ask({"c"}, kWeek));
  desk.gate.let_go(3);
  wait_until([&] { return desk.told() == 4; });
  const auto scopes = desk.gate.scopes();
  REQUIRE(scopes.size() == 3);
  CHECK(keys_of(scopes[1]) == Keys{"a", "b"});
  CHECK(keys_of(scopes[2]) == Keys{"b", "c"});
}

TEST_CASE("A read has 1,000 resources and 31,000 days at most, but for a larger question alone") {
  const auto reads_of = [](const std::vector<std::pair<Keys, DateRange>>& questions) {
    Desk desk;
    must(desk.ask({"first"}, kWeek));
    desk.gate.wait_for_one();
    for (const auto& [keys, range] : questions) must(desk.ask(keys, range));
    desk.gate.let_go(10);
    wait_until([&] { return desk.told() == static_cast<int>(questions.size()) + 1; });
    return desk.gate.scopes().size() - 1;
  };
  const DateRange month{day(0), day(30)};
  const DateRange year{day(0), day(0) + std::chrono::days(365)};
  CHECK(reads_of({{many(999), kWeek}, {{"z"}, kWeek}}) == 1);
  CHECK(reads_of({{many(1000), kWeek}, {{"z"}, kWeek}}) == 2);
  CHECK(reads_of({{many(999), month}, {{"z"}, month}}) == 1);
  CHECK(reads_of({{many(999), month}, {{"z"}, DateRange{day(0), day(31)}}}) == 2);
  CHECK(reads_of({{many(1000), year}, {many(1000), year}, {many(3), year}}) == 1);
}

TEST_CASE("A read that fails is the failure of all who are in it, and of nobody else") {
  Desk desk;
  must(desk.ask({"a"}, kWeek));
  desk.gate.wait_for_one();
  for (int i = 0; i < 3; ++i) must(desk.ask({"b"}, kWeek));
  desk.gate.let_go();
  desk.gate.wait_for_one();
  wait_until([&] { return desk.told() == 1; });
  desk.gate.fail();
  desk.gate.let_go();
  wait_until([&] { return desk.failed() == 3; });
  CHECK(desk.told() == 1);
}

TEST_CASE("Where no thread is to be had, who blocks reads for all, and who does not is refused") {
  Desk desk(1000, Threads::kNone);
  CHECK(desk.ask({"a"}, kWeek).error().status == Status::kBusy);
  auto first =
      std::async(std::launch::async, [&] { return desk.calendars().look({"a"}, kWeek).ok(); });
  desk.gate.wait_for_one();
  must(desk.ask({"b"}, kWeek));
  auto second =
      std::async(std::launch::async, [&] { return desk.calendars().look({"b"}, kWeek).ok(); });
  wait_until([&] { return desk.calendars().waiting() == 2; });
  desk.gate.let_go(2);
  CHECK(first.get());
  CHECK(second.get());
  wait_until([&] { return desk.told() == 1; });
  CHECK(desk.ask({"a"}, kWeek).error().status == Status::kBusy);
}

TEST_CASE("Who blocks waits for no thread of the readers'") {
  Desk desk(1000, Threads::kBusy);
  const auto look = [&](const char* key) {
    return std::async(std::launch::async,
                      [&desk, key] { return desk.calendars().look({key}, kWeek).ok(); });
  };
  auto first = look("a");
  desk.gate.wait_for_one();
  auto second = look("b");
  auto third = look("c");
  wait_until([&] { return desk.calendars().waiting() == 2; });
  desk.gate.let_go(3);
  for (auto* one : {&first, &second, &third}) {
    CHECK(one->wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  }
}

TEST_CASE("finish() returns when all that have asked for days are answered") {
  Desk desk;
  must(desk.ask({"a"}, kWeek));
  desk.gate.wait_for_one();
  must(desk.ask({"b"}, kWeek));
  auto finished = std::async(std::launch::async, [&] {
    desk.calendars().finish();
    return desk.told();
  });
  desk.gate.let_go();
  desk.gate.wait_for_one();
  CHECK(finished.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  desk.gate.let_go();
  CHECK(finished.get() == 2);
}

TEST_CASE("As many as the queue holds may wait for days without blocking, and no more") {
  Desk desk(2);
  must(desk.ask({"a"}, kWeek));
  desk.gate.wait_for_one();
  must(desk.ask({"b"}, kWeek));
  must(desk.ask({"b"}, DateRange{day(0), day(0)}));
  const auto refused = desk.ask({"b"}, kWeek);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().status == Status::kBusy);
  CHECK(refused.error().retry == Retry::kSafe);
  desk.gate.let_go(10);
  wait_until([&] { return desk.told() == 3; });
  must(desk.ask({"b"}, kWeek));
  wait_until([&] { return desk.told() == 4; });
}
