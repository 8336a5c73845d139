// Servers that restart, crash or end a session, and poolers in between.
#include <algorithm>
#include <atomic>
#include <thread>

#include "cluster.hpp"
#include "forked_child.hpp"
#include "shop.hpp"
#include "support/budget.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

/// Books without a pause until it is stopped, and keeps what it was promised and what failed.
class Traffic {
 public:
  Traffic(Engine& engine, std::string resource) : engine_(engine), resource_(std::move(resource)) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this, i] { run(i); });
  }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  ~Traffic() { stop(); }
  void stop() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  std::size_t promised() const {
    const std::scoped_lock guard(mutex_);
    return ids.size();
  }
  /// Until it has been promised `more` than now.
  void wait_for(std::size_t more) const {
    const auto goal = promised() + more;
    for (int i = 0; i < 3000 && promised() < goal; ++i) std::this_thread::sleep_for(10ms);
    if (promised() < goal) throw std::runtime_error("nothing is booked any more");
  }

  std::vector<std::string> ids{};  ///< after stop() only
  std::vector<Error> failures{};   ///< after stop() only

 private:
  void run(int thread) {
    for (int n = 0; !stopping_; ++n) {
      const std::string token = std::to_string(thread) + "-" + std::to_string(n);
      const auto reply = engine_.create_hold(hold_request(resource_, thread, token));
      const std::scoped_lock guard(mutex_);
      if (!reply.ok()) {
        failures.push_back(reply.error());
      } else if (reply->accepted()) {
        ids.push_back(reply->value().hold.id);
      }
    }
  }

  Engine& engine_;
  const std::string resource_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_{};
  std::vector<std::thread> threads_{};
};

void check_promises(Engine& engine, const Traffic& traffic) {
  for (const auto& id : traffic.ids) {
    INFO(id);
    REQUIRE(accepted(engine.retrieve_hold({.hold_id = id})).hold.status == HoldStatus::kActive);
  }
  for (const Error& error : traffic.failures) {
    INFO(describe(error));
    const bool known = error.status == Status::kUnavailable || error.status == Status::kBusy;
    const bool fine = known ? error.retry == Retry::kSafe
                            : error.status == Status::kUnknown && error.retry == Retry::kSameToken;
    REQUIRE(fine);
  }
  CHECK(unsound(engine).empty());
}

const std::string kOthers =
    " FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'holdfast'";

}  // namespace

TEST_CASE("a server that restarts or crashes costs nothing that was promised") {
  NEEDS_POSTGRES();
  PrivateCluster cluster;
  const std::string uri = "postgres:" + cluster.create_database("shop");
  const auto patient = migrated(uri, {.retry_timeout = 30s});
  const auto impatient = must(Engine::open(uri, {.retry_timeout = 0ms}));
  const std::string resource = add_resource(*patient, 1'000'000);
  const std::string other = add_resource(*patient, 1'000'000);
  for (const bool crash : {false, true}) {
    INFO("crash: " << crash);
    Traffic waits(*patient, resource);
    Traffic gives_up(*impatient, other);
    waits.wait_for(30);
    gives_up.wait_for(30);
    crash ? cluster.kill() : cluster.stop_fast();
    std::this_thread::sleep_for(300ms);
    cluster.start();
    waits.wait_for(30);
    gives_up.wait_for(30);
    waits.stop();
    gives_up.stop();
    INFO((waits.failures.empty() ? "" : describe(waits.failures.front())));
    CHECK(waits.failures.empty());
    CHECK_FALSE(gives_up.failures.empty());
    check_promises(*patient, waits);
    check_promises(*impatient, gives_up);
  }
}

TEST_CASE("a session that was ended while idle is replaced without a word") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  const auto engine = migrated(db.uri(), {.retry_timeout = 0ms});
  const std::string resource = add_resource(*engine, 100);
  for (int i = 0; i < 5; ++i) {
    db.execute("SELECT pg_terminate_backend(pid)" + kOthers);
    hold(*engine, resource);
    db.execute("SELECT pg_terminate_backend(pid)" + kOthers);
    CHECK(available(*engine, resource) == 99 - i);
  }
}

TEST_CASE("a forked child may not use its parent's sessions, and closing them there does no harm") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  const auto engine = migrated(db.uri(), {.retry_timeout = 0ms});
  const std::string resource = add_resource(*engine, 5);
  auto storage = must(open_storage(db.uri(), {}));
  const auto sessions = [&] { return Sql(db.address()).column("SELECT pid" + kOthers); };
  const auto of_the_parent = sessions();
  CHECK(child_needs_its_own(*engine, storage, db.uri(), resource));
  (void)hold(*engine, resource);
  CHECK(available(*engine, resource) == 4);
  const auto now = sessions();
  for (const std::string& pid : of_the_parent) {
    CHECK(std::find(now.begin(), now.end(), pid) != now.end());
  }
}

TEST_CASE("a session that was ended while it waited for a lock answers safe, and retries") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  const auto engine = migrated(db.uri(), {.lock_timeout = 20s, .retry_timeout = 0ms});
  const auto patient = must(Engine::open(db.uri(), {.lock_timeout = 20s}));
  const std::string resource = add_resource(*engine, 100);
  for (Engine* const asked : {engine.get(), patient.get()}) {
    Sql stranger(db.address());
    stranger.run("BEGIN");
    stranger.run("LOCK TABLE holdfast.resource_capacity IN ACCESS EXCLUSIVE MODE");
    std::optional<Reply<HoldAnswer>> reply;
    std::thread caller([&] { reply.emplace(asked->create_hold(hold_request(resource, 0, "t"))); });
    const std::string waiting = kOthers + " AND wait_event_type = 'Lock'";
    for (int i = 0; i < 1000 && stranger.value("SELECT count(*)" + waiting) == "0"; ++i)
      std::this_thread::sleep_for(5ms);
    const auto ended = stranger.column("SELECT pg_terminate_backend(pid)" + waiting);
    stranger.run("ROLLBACK");
    caller.join();
    CHECK(ended == std::vector<std::string>{"t"});
    // A session of before is replaced even by who does not retry: nothing had been decided.
    if (reply->ok()) {
      CHECK(accepted(std::move(*reply)).hold.status == HoldStatus::kActive);
    } else {
      INFO(describe(reply->error()));
      CHECK(asked == engine.get());
      CHECK(reply->error().status == Status::kUnavailable);
      CHECK(reply->error().retry == Retry::kSafe);
    }
  }
  CHECK(available(*engine, resource) == 99);
}

TEST_CASE("two engines behind PgBouncer in transaction mode sell each place once") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster;
  (void)cluster.create_database("shop");
  const Bouncer bouncer(cluster, 2);
  LogLines log;
  const std::string uri = "postgres:" + bouncer.conninfo("shop");
  const EngineOptions options{.log = log.function()};
  const auto first = migrated(uri, options);
  const auto second = must(Engine::open(uri, options));
  constexpr int kPlaces = 20;
  const std::string resource = add_resource(*first, kPlaces);
  std::atomic<int> held{0};
  std::atomic<int> refused{0};
  std::mutex mutex;
  std::vector<std::string> failures;
  std::vector<std::string> ids;
  const auto note = [&](const Error& error) {
    const std::scoped_lock guard(mutex);
    failures.push_back(describe(error));
  };
  const int rounds = std::max(scaled(6), 2);  // more than there are places
  in_threads(12, [&](int thread) {
    Engine& engine = thread % 2 == 0 ? *first : *second;
    for (int i = 0; i < rounds; ++i) {
      const auto reply = engine.create_hold(hold_request(resource));
      if (!reply.ok()) {
        note(reply.error());
      } else if (!reply->accepted()) {
        ++refused;
      } else {
        ++held;
        const std::scoped_lock guard(mutex);
        ids.push_back(reply->value().hold.id);
      }
      (void)available(engine, resource);
    }
  });
  for (const auto& failure : failures) UNSCOPED_INFO(failure);
  CHECK(failures.empty());
  CHECK(held == kPlaces);
  CHECK(held + refused == 12 * rounds);
  CHECK(available(*second, resource) == 0);
  in_threads(4, [&](int thread) {
    for (std::size_t i = static_cast<std::size_t>(thread); i < ids.size(); i += 4) {
      Engine& engine = i % 2 == 0 ? *second : *first;
      if (i % 4 == 0) {
        (void)accepted(engine.confirm_hold({.hold_id = ids[i], .order_id = "o"}));
      } else {
        (void)accepted(engine.release_hold({.hold_id = ids[i]}));
      }
    }
  });
  CHECK(available(*first, resource) == kPlaces - kPlaces / 4);
  CHECK(accepted(first->cancel_allocation({.order_id = "o"})).allocations.size() == kPlaces / 4);
  CHECK(unsound(*second).empty());
  // The pooler lends other sessions than the ones that know the statements, and that was noticed.
  CHECK(contains(log.text(), "without named statements"));
}

}  // namespace holdfast::test
