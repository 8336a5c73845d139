// What a host hears in its log, and what it must never read there.
#include <future>
#include <stdexcept>
#include <thread>

#include "process.hpp"
#include "shop.hpp"

namespace holdfast::test {
namespace {

constexpr const char* kEmail = "jane.doe@example.org";
constexpr const char* kHolder = "cart-secret-4711";
constexpr const char* kToken = "token-secret-0815";

std::vector<Backend> tested() {
  std::vector<Backend> out;
  for (const std::string name : {TESTED_BACKENDS}) {
    if (name == "postgres" && environment("HOLDFAST_TEST_POSTGRES").empty()) continue;
    const bool is_database = name != "memory";
    out.push_back({.name = name, .persistent = is_database, .has_checks = is_database});
  }
  return out;
}

CreateHold personal(const std::string& resource) {
  return {.resource_id = resource,
          .dates = {future(0)},
          .customer_email = kEmail,
          .idempotency_token = kToken,
          .holder = kHolder};
}

/// Keeps `key` locked until it goes.
class Occupied {
 public:
  Occupied(Storage& storage, const std::string& key)
      : thread_([this, &storage, key] {
          (void)storage.transact({{{.key = key}}}, [this](const Snapshot&) {
            locked_.set_value();
            free_.get_future().wait();
            return Changes{};
          });
        }) {
    locked_.get_future().wait();
  }
  Occupied(const Occupied&) = delete;
  Occupied& operator=(const Occupied&) = delete;
  ~Occupied() {
    free_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> locked_{};
  std::promise<void> free_{};
  std::thread thread_;
};

}  // namespace

TEST_CASE("the log tells of opening and of failures, and of nobody's data") {
  for (const Backend& backend : tested()) {
    INFO("backend: " << backend.name);
    const Database db(backend);
    LogLines log;
    const EngineOptions options{.lock_timeout = std::chrono::milliseconds(50),
                                .retry_timeout = std::chrono::milliseconds(0),
                                .log = log.function()};
    const auto engine = migrated(db.uri(), options);
    CHECK(contains(log.text(), "opened: "));
    const std::string resource = add_resource(*engine, 5);
    const auto made = accepted(engine->create_hold(personal(resource)));
    (void)must(engine->create_hold(personal("res_01JGFJJZ009999999999999999")));
    (void)accepted(engine->list_holds({.customer_email = kEmail}));
    if (backend.persistent) {
      const std::string before = log.text();
      const auto stranger = db.open();
      const Occupied lock(*stranger, resource);
      auto request = personal(resource);
      request.idempotency_token += "-2";
      const auto reply = engine->create_hold(request);
      REQUIRE_FALSE(reply.ok());
      CHECK(reply.error().status == Status::kBusy);
      CHECK(log.text().size() > before.size());
    }
    (void)accepted(
        engine->confirm_hold({.hold_id = made.hold.id, .order_id = "order-1", .holder = kHolder}));
    for (const char* secret : {kEmail, kHolder, kToken, "jane", "secret"}) {
      INFO("looking for: " << secret << " in\n" << log.text());
      CHECK_FALSE(contains(log.text(), secret));
    }
  }
}

TEST_CASE("a failure that hits a personal row names no person") {
  for (const Backend& backend : tested()) {
    if (!backend.persistent) continue;
    INFO("backend: " << backend.name);
    const Database db(backend);
    LogLines log;
    const auto engine =
        migrated(db.uri(), {.retry_timeout = std::chrono::milliseconds(0), .log = log.function()});
    const std::string resource = add_resource(*engine, 5);
    const auto made = accepted(engine->create_hold(personal(resource)));
    // The database's own texts quote the row that a CHECK or a key has refused.
    if (backend.name == "postgres") {
      db.execute(
          "ALTER TABLE holdfast.resource_holds ADD CONSTRAINT nobody "
          "CHECK (status <> 'RELEASED')");
    } else {
      db.execute(
          "CREATE TRIGGER nobody BEFORE UPDATE ON resource_holds WHEN NEW.status = "
          "'RELEASED' BEGIN SELECT RAISE(ABORT, 'refused'); END");
    }
    const auto reply = engine->release_hold({.hold_id = made.hold.id, .holder = kHolder});
    REQUIRE_FALSE(reply.ok());
    CHECK(reply.error().retry == Retry::kNever);
    const std::string told = describe(reply.error()) + "\n" + log.text();
    for (const char* secret : {kEmail, kHolder, kToken, "jane", "secret"}) {
      INFO("looking for: " << secret << " in\n" << told);
      CHECK_FALSE(contains(told, secret));
    }
  }
}

TEST_CASE("a log function that throws disturbs no booking") {
  for (const Backend& backend : tested()) {
    INFO("backend: " << backend.name);
    const Database db(backend);
    const EngineOptions options{
        .lock_timeout = std::chrono::milliseconds(50),
        .retry_timeout = std::chrono::milliseconds(200),
        .log = [](LogLevel, std::string_view) { throw std::runtime_error("the disk is full"); }};
    auto opened = Engine::open(db.uri(), options);
    REQUIRE(opened.ok());
    const auto engine = std::move(*opened);
    REQUIRE(engine->migrate().ok());
    const std::string resource = add_resource(*engine, 5);
    hold(*engine, resource);
    if (backend.persistent) {
      const auto stranger = db.open();
      const Occupied lock(*stranger, resource);
      const auto reply = engine->create_hold(hold_request(resource, 0, "t"));
      REQUIRE_FALSE(reply.ok());
      CHECK(reply.error().status == Status::kBusy);
      CHECK(reply.error().retry == Retry::kSafe);
    }
    hold(*engine, resource, 0, "t");
    CHECK(available(*engine, resource) == 3);
  }
}

}  // namespace holdfast::test
