// What a caller gets when the question cannot be answered.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;
using std::chrono::milliseconds;

namespace {

// Keeps a key locked from a handle of its own, as another process would.
class Locker {
 public:
  Locker(const Database& db, const std::string& key) : storage_(db.open()) {
    std::unique_lock lock(mutex_);
    thread_ = std::thread([this, key] {
      const auto done = storage_->transact(scope_of({key}), [this](const Snapshot&) {
        std::unique_lock inner(mutex_);
        locked_ = true;
        wake_.notify_all();
        wake_.wait(inner, [this] { return !locked_; });
        return Changes{};
      });
      failed_ = !done.ok();
    });
    wake_.wait_for(lock, std::chrono::seconds(20), [this] { return locked_; });
  }
  Locker(const Locker&) = delete;
  Locker& operator=(const Locker&) = delete;
  ~Locker() { unlock(); }

  bool locked() {
    const std::lock_guard lock(mutex_);
    return locked_;
  }
  void unlock() {
    {
      const std::lock_guard lock(mutex_);
      locked_ = false;
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::unique_ptr<Storage> storage_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool locked_ = false;
  bool failed_ = false;
  std::thread thread_;
};

// A database that is out of reach for lists, from the nth one on.
class NoLists final : public Storage {
 public:
  NoLists(std::unique_ptr<Storage> inner, int from) : inner_(std::move(inner)), left_(from) {}
  Result<std::int32_t> migrate() override { return inner_->migrate(); }
  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override {
    return inner_->transact(scope, decide, meanwhile);
  }
  Result<Snapshot> read(const Scope& scope) override { return inner_->read(scope); }
  Result<ListPage> list(const ListQuery& query) override {
    if (--left_ >= 0) return inner_->list(query);
    return Error{.status = Status::kUnavailable, .retry = Retry::kSafe, .message = "out of reach"};
  }
  std::string describe() const override { return inner_->describe(); }

 private:
  std::unique_ptr<Storage> inner_;
  int left_;
};

std::string opened(const std::string& uri, EngineOptions options = {}) {
  const auto engine = Engine::open(uri, std::move(options));
  if (engine.ok()) return "OK";
  CHECK_FALSE(engine.error().message.empty());
  CHECK(engine.error().message.find('\n') == std::string::npos);
  CHECK(engine.error().message.find("hunter2") == std::string::npos);
  return std::string(name(engine.error().status)) + "/" + name(engine.error().retry);
}

}  // namespace

TEST_CASE(
    "A database that is not migrated fails every operation with SCHEMA, and nothing is made") {
  EACH_BACKEND(db);
  // Where there are roles the tables are there already, and the application's role cannot make any.
  const bool is_server = db.backend().name == "postgres";
  if (is_server) db.execute("DROP SCHEMA IF EXISTS holdfast CASCADE");
  auto engine = must(Engine::open(is_server ? "postgres:" + db.address() : db.uri(), {}));
  const Nobody nobody;
  const auto all = [&] {
    return std::vector<std::string>{
        outcome(engine->create_resource({.type = "TOUR", .name = "n"})),
        outcome(engine->retrieve_resource({nobody.resource})),
        outcome(engine->list_resources({})),
        outcome(engine->create_hold({.resource_id = nobody.resource, .dates = {day(0)}})),
        outcome(engine->release_hold({.hold_id = nobody.hold})),
        outcome(engine->check_availability(
            {.resource_id = nobody.resource, .start_date = day(0), .end_date = day(0)})),
        outcome(engine->cleanup_expired_holds()),
        outcome(engine->cancel_allocation({.order_id = "o"})),
        outcome(engine->verify()),
        outcome(engine->prune({})),
    };
  };
  for (const auto& one : all()) CHECK(one == "SCHEMA/NEVER");
  // What needs no database is answered.
  CHECK(verdict(engine->list_holds({.limit = 0})) == "INVALID_ARGUMENT limit");
  CHECK(outcome(engine->metrics()) == "ACCEPTED");
  CHECK(accepted(engine->metrics()).failures.at(Status::kSchema) == 10);
  accepted(engine->migrate());
  CHECK(outcome(engine->create_resource({.type = "TOUR", .name = "n"})) == "ACCEPTED");
  CHECK(outcome(engine->verify()) == "ACCEPTED");
}

TEST_CASE("A key that another process keeps locked is BUSY and safe, after the retry timeout") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  World world(db, {.lock_timeout = milliseconds(30), .retry_timeout = milliseconds(250)});
  const auto id = world.tour();
  const auto other = world.tour();
  const CreateHold request{.resource_id = id, .dates = {day(0)}};
  Locker locker(db, id);
  REQUIRE(locker.locked());
  const auto start = std::chrono::steady_clock::now();
  const auto reply = world->create_hold(request);
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(outcome(reply) == "BUSY/SAFE");
  CHECK(took >= milliseconds(60));
  CHECK(took < std::chrono::seconds(10));
  CHECK(world.available(id, day(0)) == 10);
  const auto metrics = accepted(world->metrics());
  CHECK(metrics.lock_waits >= 1);
  CHECK(metrics.lock_timeouts >= 1);
  CHECK(metrics.storage_retries >= 1);
  CHECK(metrics.failures.at(Status::kBusy) == 1);
  if (db.backend().name == "postgres") {
    CHECK(outcome(world->create_hold({.resource_id = other, .dates = {day(0)}})) == "ACCEPTED");
  }
  locker.unlock();
  CHECK(outcome(world->create_hold(request)) == "ACCEPTED");
}

TEST_CASE("An operation of several steps that fails after the first is never told as SAFE") {
  EACH_BACKEND(db);
  for (const int steps : {0, 1}) {
    INFO("lists that work: " << steps);
    auto storage = db.open_migrated();
    const auto made = resource_id(1 + steps);
    Changes rows;
    Resource resource = make_resource(1 + steps);
    rows.resource_inserts.push_back(resource);
    must(try_write(*storage, {}, std::move(rows)));
    const auto engine =
        must(Engine::open(std::make_unique<NoLists>(std::move(storage), steps), {}));
    accepted(engine->initialize_capacity({.resource_id = made,
                                          .start_date = day(36525),
                                          .end_date = day(36525),
                                          .daily_capacity = 5}));
    const auto hold = [&](milliseconds ttl) {
      return accepted(engine->create_hold({.resource_id = made, .dates = {day(36525)}, .ttl = ttl}))
          .hold.id;
    };
    accepted(engine->confirm_hold({.hold_id = hold(milliseconds(60000)), .order_id = "order"}));
    const auto reply =
        engine->cancel_allocation({.order_id = "order", .idempotency_token = "a token"});
    CHECK(outcome(reply) == (steps == 0 ? "UNAVAILABLE/SAFE" : "UNKNOWN/SAME_TOKEN"));
    if (steps == 1) CHECK(reply.error().idempotency_token == "a token");
  }
}

TEST_CASE("The sweep that has recorded something and fails then is not told as SAFE") {
  EACH_BACKEND(db);
  auto storage = db.open_migrated();
  Changes rows;
  rows.resource_inserts.push_back(make_resource(1));
  must(try_write(*storage, {}, std::move(rows)));
  const auto engine = must(Engine::open(std::make_unique<NoLists>(std::move(storage), 1), {}));
  accepted(engine->initialize_capacity({.resource_id = resource_id(1),
                                        .start_date = day(36525),
                                        .end_date = day(36525),
                                        .daily_capacity = 5}));
  accepted(engine->create_hold(
      {.resource_id = resource_id(1), .dates = {day(36525)}, .ttl = milliseconds(1)}));
  std::this_thread::sleep_for(milliseconds(20));
  CHECK(outcome(engine->cleanup_expired_holds()) == "UNKNOWN/SAME_TOKEN");
}

TEST_CASE("A lock that is given back in time is only waited for") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  World world(db, {.lock_timeout = milliseconds(20)});
  const auto id = world.tour();
  Locker locker(db, id);
  REQUIRE(locker.locked());
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(120));
    locker.unlock();
  });
  const auto got = outcome(world->create_hold({.resource_id = id, .dates = {day(0)}}));
  later.join();
  CHECK(got == "ACCEPTED");
}

TEST_CASE("Neighbours in a batch do not fail with the one whose key is locked") {
  EACH_BACKEND(db);
  if (db.backend().name != "postgres") return;
  World world(db, {.lock_timeout = milliseconds(30), .retry_timeout = milliseconds(300)});
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(world.tour());
  Locker locker(db, ids[2]);
  REQUIRE(locker.locked());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    must(world->submit(CreateHold{.resource_id = ids[i], .dates = {day(0)}}, i));
  }
  std::size_t got = 0;
  for (int tries = 0; got < ids.size() && tries < 20'000; ++tries) {
    for (const auto& done : world->drain(10)) {
      ++got;
      CHECK(outcome(done.reply) == (done.tag == 2 ? "BUSY/SAFE" : "ACCEPTED"));
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
  CHECK(got == ids.size());
}

TEST_CASE("An address that no backend knows is a CONFIGURATION failure") {
  for (const char* uri : {"", "x", "mysql://u:hunter2@host/db", "sqlite", "sqlite:", "memory",
                          "memory:x", "http://localhost", "Postgres:",
                          "postgres:no_such_word=hunter2", "postgres:password='hunter2"}) {
    INFO(uri);
    CHECK(opened(uri) == "CONFIGURATION/NEVER");
  }
  CHECK(opened("memory:") == "OK");
}

TEST_CASE("Options out of their bounds are a CONFIGURATION failure, at the bounds they are fine") {
  const auto with = [](auto set) {
    EngineOptions options;
    set(options);
    return opened("memory:", options);
  };
  using std::chrono::hours;
  const std::string bad = "CONFIGURATION/NEVER";
  for (const int lanes : {1, 16}) CHECK(with([&](auto& o) { o.lanes = lanes; }) == "OK");
  for (const int lanes : {0, -1, 17}) CHECK(with([&](auto& o) { o.lanes = lanes; }) == bad);
  for (const int readers : {1, 64}) CHECK(with([&](auto& o) { o.readers = readers; }) == "OK");
  for (const int readers : {0, -1, 65}) CHECK(with([&](auto& o) { o.readers = readers; }) == bad);
  CHECK(with([](auto& o) { o.queue_max = 1; }) == "OK");
  CHECK(with([](auto& o) { o.queue_max = 10'000'000; }) == "OK");
  for (const int queue : {0, -1, 10'000'001}) {
    CHECK(with([&](auto& o) { o.queue_max = queue; }) == bad);
  }
  CHECK(with([](auto& o) { o.hold_ttl = milliseconds(1); }) == "OK");
  CHECK(with([](auto& o) { o.hold_ttl = milliseconds(0); }) == bad);
  CHECK(with([](auto& o) { o.hold_ttl = o.max_hold_lifetime = hours(24 * 31); }) == "OK");
  CHECK(with([](auto& o) {
          o.max_hold_lifetime = hours(24 * 40);
          o.hold_ttl = hours(24 * 31) + milliseconds(1);
        }) == bad);
  CHECK(with([](auto& o) { o.max_hold_lifetime = o.hold_ttl; }) == "OK");
  CHECK(with([](auto& o) { o.max_hold_lifetime = o.hold_ttl - milliseconds(1); }) == bad);
  CHECK(with([](auto& o) { o.max_hold_lifetime = milliseconds::max(); }) == bad);
  for (const auto timeout : {milliseconds(0), milliseconds(-1), milliseconds::max()}) {
    CHECK(with([&](auto& o) { o.lock_timeout = timeout; }) == bad);
  }
  CHECK(with([](auto& o) { o.retry_timeout = milliseconds(0); }) == "OK");
  for (const auto timeout : {milliseconds(-1), milliseconds::max()}) {
    CHECK(with([&](auto& o) { o.retry_timeout = timeout; }) == bad);
  }
  for (const char* zone : {"", "Mars/Base", "brisbane"}) {
    CHECK(with([&](auto& o) { o.timezone = zone; }) == bad);
  }
  CHECK(with([](auto& o) { o.timezone = "UTC"; }) == "OK");
  // Also on a storage that the host has opened.
  const auto on_storage = Engine::open(must(open_storage("memory:", {})), {.lanes = 0});
  REQUIRE_FALSE(on_storage.ok());
  CHECK(on_storage.error().status == Status::kConfiguration);
}

TEST_CASE("A log line never holds a customer's address, a holder or a token") {
  EACH_BACKEND(db);
  std::mutex mutex;
  std::string all;
  EngineOptions options;
  options.log = [&](LogLevel, std::string_view line) {
    const std::lock_guard lock(mutex);
    all += line;
    all += '\n';
  };
  {
    World world(db, options);
    const auto id = world.tour(1);
    const CreateHold request{.resource_id = id,
                             .dates = {day(0)},
                             .customer_email = "secret@example.com",
                             .idempotency_token = "secret-token",
                             .holder = "secret-holder"};
    accepted(world->create_hold(request));
    accepted(world->create_hold(request));
    CHECK(outcome(world->create_hold({.resource_id = id, .dates = {day(0)}})) ==
          "INSUFFICIENT_CAPACITY");
  }
  const std::lock_guard lock(mutex);
  CHECK_FALSE(all.empty());
  CHECK(all.find("secret") == std::string::npos);
}
