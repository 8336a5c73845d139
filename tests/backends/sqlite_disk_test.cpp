// A disk that is full or broken for a moment, at every point of a transaction.
#include "process.hpp"
#include "shop.hpp"
#include "sqlite_shim.hpp"
#include "support/budget.hpp"

namespace holdfast::test {
namespace {

using Fault = FailingDisk::Fault;

struct Round {
  const char* journal;
  Fault fault;
  bool lasting;
};

const std::vector<Round> kRounds = {
    {"?journal=persist", Fault::kIoError, false}, {"?journal=persist", Fault::kDiskFull, false},
    {"?journal=persist", Fault::kIoError, true},  {"?journal=wal", Fault::kIoError, false},
    {"?journal=wal", Fault::kDiskFull, false},    {"?journal=wal", Fault::kDiskFull, true}};

/// How many holds with this token a fresh look at the file finds.
int holds_with(const std::string& uri, const std::string& resource, const std::string& token) {
  const auto engine = must(Engine::open(uri));
  int found = 0;
  for (const Hold& hold :
       accepted(engine->list_holds({.resource_id = resource, .limit = 1000})).items)
    found += hold.idempotency_token == token ? 1 : 0;
  return found;
}

}  // namespace

TEST_CASE("a disk that fails at any write or sync loses nothing and never lies") {
  for (const Round& round : kRounds) {
    INFO("journal: " << round.journal << ", full: " << (round.fault == Fault::kDiskFull)
                     << ", lasting: " << round.lasting);
    FailingDisk disk;
    const Database db(Backend{.name = "sqlite"});
    const std::string uri = db.uri() + round.journal;
    // No patience: what one transaction answers is what this is about.
    const auto engine = migrated(uri, {.lanes = 1, .retry_timeout = std::chrono::milliseconds(0)});
    const std::string resource = add_resource(*engine, 100'000);
    std::vector<std::string> acknowledged;
    int played = 0;
    for (int nth = 1;; ++nth) {
      INFO("failing operation: " << nth);
      const std::string token = "token-" + std::to_string(nth);
      disk.fail(nth, round.fault, round.lasting);
      const auto reply = engine->create_hold(hold_request(resource, 0, token));
      disk.heal();
      const int found = holds_with(uri, resource, token);
      if (reply.ok()) {
        REQUIRE(reply->accepted());
        REQUIRE(found == 1);
      } else {
        INFO(describe(reply.error()));
        REQUIRE(reply.error().retry != Retry::kNever);
        if (reply.error().retry == Retry::kSafe) REQUIRE(found == 0);
        if (reply.error().retry == Retry::kSameToken)
          REQUIRE(reply.error().idempotency_token == token);
      }
      // Whatever it was: asking again converges, and counts once.
      const auto again = accepted(engine->create_hold(hold_request(resource, 0, token)));
      REQUIRE(again.replayed == (found == 1));
      REQUIRE(holds_with(uri, resource, token) == 1);
      acknowledged.push_back(again.hold.id);
      REQUIRE(available(*engine, resource) == 100'000 - nth);
      if (!disk.failed()) break;
      ++played;
      REQUIRE(nth < 200);
    }
    CHECK(played >= 2);
    CHECK(unsound(*engine).empty());
    for (const auto& id : acknowledged)
      CHECK(accepted(engine->retrieve_hold({.hold_id = id})).hold.id == id);
    CHECK(unsound(*must(Engine::open(uri))).empty());
  }
}

TEST_CASE("a disk that fails during migrate leaves a file that can be migrated") {
  for (int nth = 1;; ++nth) {
    INFO("failing operation: " << nth);
    FailingDisk disk;
    const Database db(Backend{.name = "sqlite"});
    const auto engine = must(Engine::open(db.uri()));
    disk.fail(nth, Fault::kDiskFull);
    const auto first = engine->migrate();
    disk.heal();
    if (!first.ok()) REQUIRE(first.error().retry != Retry::kNever);
    REQUIRE(engine->migrate().ok());
    hold(*engine, add_resource(*engine, 1));
    REQUIRE(unsound(*engine).empty());
    if (!disk.failed()) break;
    REQUIRE(nth < 400);
  }
}

}  // namespace holdfast::test
