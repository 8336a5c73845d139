// A primary dies under load and its standby takes over. With a synchronous standby nothing that was
// acknowledged is lost; with an asynchronous one something is, and the library has said so.
#include <signal.h>

#include <algorithm>
#include <thread>

#include "backends/cluster.hpp"
#include "backends/shop.hpp"
#include "host.hpp"
#include "support/budget.hpp"
#include "support/figure.hpp"
#include "support/random.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::int32_t kPlenty = 1'000'000;

/// A primary, its standby, and the address of whichever takes writes.
struct Pair {
  explicit Pair(bool synchronous) : primary(), shop(primary.create_database("shop")) {
    standby = std::make_unique<PrivateCluster>(PrivateCluster::StandbyOf{primary});
    if (!synchronous) return;
    Sql admin(primary.conninfo());
    admin.run("ALTER SYSTEM SET synchronous_standby_names = '*'");
    admin.run("SELECT pg_reload_conf()");
    for (int i = 0; i < 1000; ++i) {
      if (admin.value("SELECT sync_state FROM pg_stat_replication") == "sync") return;
      std::this_thread::sleep_for(10ms);
    }
    throw std::runtime_error("the standby does not become a synchronous one");
  }

  std::string uri() const {
    return "postgres:host=127.0.0.1,127.0.0.1 port=" + std::to_string(primary.port()) + "," +
           std::to_string(standby->port()) +
           " user=postgres dbname=shop target_session_attrs=read-write connect_timeout=2";
  }

  PrivateCluster primary;
  std::string shop;
  std::unique_ptr<PrivateCluster> standby{};
};

/// The first line of a host's ledger: what the library has said of its database.
std::string said_at_open(const std::string& ledger) {
  const std::string text = read_file(ledger);
  return text.substr(0, text.find('\n'));
}

struct Failover {
  Audit found{};
  std::string said{};
  int back_ms = 0;  ///< from the end of the promotion to the next answer
};

/// `lag`: for how long the standby has heard nothing when the primary dies.
Failover fail_over(bool synchronous, std::chrono::milliseconds lag, Random& random) {
  Pair pair(synchronous);
  const auto engine = migrated(pair.uri());
  const std::string resource = add_resource(*engine, kPlenty);
  const TemporaryFolder folder;
  Host first("a", pair.uri(), resource, folder.path() + "/a");
  Host second("b", pair.uri(), resource, folder.path() + "/b");
  first.wait_for(50);
  second.wait_for(50);
  std::this_thread::sleep_for(std::chrono::milliseconds(random.below(200)));
  if (lag > 0ms)
    for (const pid_t sender : pair.primary.children("walsender")) ::kill(sender, SIGSTOP);
  if (lag > 0ms && !synchronous) first.wait_for(20);
  std::this_thread::sleep_for(lag);
  pair.primary.kill_all();
  pair.standby->promote();
  const auto promoted = Clock::now();
  Failover out;
  if (synchronous) {
    // What an asynchronous standby has lost, a host cannot go on with.
    first.wait_for(1);
    out.back_ms = static_cast<int>((Clock::now() - promoted) / 1ms);
    first.wait_for(30);
    second.wait_for(30);
    first.stop();
    second.stop();
  } else {
    first.kill();
    second.kill();
  }
  const auto fresh = must(Engine::open(pair.uri()));
  out.found = audit(*fresh, resource, {first.ledger(), second.ledger()});
  out.said = said_at_open(first.ledger());
  return out;
}

}  // namespace

TEST_CASE("a failover to a synchronous standby loses nothing that was acknowledged", "[failover]") {
  NEEDS_POSTGRES();
  Random random(11);
  const int cycles = scaled(1);
  int acknowledged = 0;
  std::int64_t wrong = 0;
  int back_ms = 0;
  for (int i = 0; i < cycles; ++i) {
    const auto out = fail_over(true, i % 2 == 0 ? 50ms : 0ms, random);
    for (const auto& line : out.found.lost) UNSCOPED_INFO("lost: " << line);
    for (const auto& line : out.found.wrong) UNSCOPED_INFO("wrong: " << line);
    CHECK(out.found.lost.empty());
    CHECK(out.found.wrong.empty());
    INFO(out.said);
    CHECK(contains(out.said, "durability: synchronous standby"));
    acknowledged += out.found.acknowledged;
    wrong += std::ssize(out.found.lost) + std::ssize(out.found.wrong);
    back_ms = std::max(back_ms, out.back_ms);
  }
  report({.campaign = "failover",
          .part = "synchronous",
          .count = cycles,
          .unit = "promotions",
          .wrong = wrong,
          .whole = plays_whole(),
          .text = std::to_string(acknowledged) + " acknowledged, first answer at most " +
                  std::to_string(back_ms) + " ms after a promotion"});
}

TEST_CASE("where a failover may lose bookings, the library says so when it opens", "[failover]") {
  NEEDS_POSTGRES();
  Random random(12);
  const auto out = fail_over(false, 100ms, random);
  INFO(out.said);
  CHECK(contains(out.said, "durability: asynchronous: a failover may lose acknowledged bookings"));
  // It does: an audit that could not see it would prove nothing above.
  CHECK_FALSE(out.found.lost.empty());
  report({.campaign = "failover",
          .part = "asynchronous",
          .count = 1,
          .unit = "promotions",
          .whole = true,
          .text = std::to_string(out.found.acknowledged) + " acknowledged, lost as foretold " +
                  std::to_string(out.found.lost.size())});
}

TEST_CASE("a server alone is durable by itself, and one without fsync is not", "[failover]") {
  NEEDS_POSTGRES();
  for (const bool syncs : {true, false}) {
    const PrivateCluster cluster({syncs ? "fsync=on" : "fsync=off"});
    LogLines log;
    const auto engine =
        must(Engine::open("postgres:" + cluster.conninfo(), {.log = log.function()}));
    INFO(log.text());
    CHECK(contains(log.text(), syncs ? "durability: local" : "durability: none"));
  }
}

TEST_CASE("who cancels the wait for a synchronous standby makes the library warn", "[failover]") {
  NEEDS_POSTGRES();
  Pair pair(true);
  LogLines log;
  const auto engine = migrated(pair.uri(), {.log = log.function()});
  const std::string resource = add_resource(*engine, 5);
  const auto receivers = pair.standby->children("walreceiver");
  for (const pid_t receiver : receivers) ::kill(receiver, SIGSTOP);
  std::thread caller([&] { hold(*engine, resource); });
  Sql admin(pair.primary.conninfo());
  std::string cancelled;
  for (int i = 0; i < 1000 && cancelled != "t"; ++i) {
    cancelled = admin.value(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    std::this_thread::sleep_for(5ms);
  }
  caller.join();
  for (const pid_t receiver : receivers) ::kill(receiver, SIGCONT);
  CHECK(cancelled == "t");
  INFO(log.text());
  CHECK(contains(log.text(), "committed, with a warning"));
}

}  // namespace holdfast::test
