// The database, or the host, dies without a word in the middle of the work, again and again. What a
// host was told is in a ledger outside of the database, and must be in the database afterwards.
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

constexpr std::int32_t kPlenty = 1'000'000;

void check(const Audit& found) {
  for (std::size_t i = 0; i < std::min<std::size_t>(found.lost.size(), 10); ++i)
    UNSCOPED_INFO("lost: " << found.lost[i]);
  for (std::size_t i = 0; i < std::min<std::size_t>(found.wrong.size(), 10); ++i)
    UNSCOPED_INFO("wrong: " << found.wrong[i]);
  CHECK(found.lost.empty());
  CHECK(found.wrong.empty());
  CHECK(found.acknowledged > 0);
}

void report_kills(const std::string& what, int kills, const Audit& found) {
  report({.campaign = "plug",
          .part = what,
          .count = kills,
          .unit = "kills",
          .wrong = std::ssize(found.lost) + std::ssize(found.wrong),
          .whole = plays_whole(),
          .text = std::to_string(found.acknowledged) + " acknowledged, " +
                  std::to_string(found.in_doubt) + " in doubt (" +
                  std::to_string(found.in_doubt_done) + " of them done), lost " +
                  std::to_string(found.lost.size())});
}

/// One death of four, and the server is up again.
void crash(PrivateCluster& cluster, Random& random) {
  switch (random.below(4)) {
    case 0:
      cluster.kill();
      return cluster.start();
    case 1:
      cluster.quit();
      return cluster.start();
    case 2:
      cluster.kill_child(random.bits());
      std::this_thread::sleep_for(20ms);
      return cluster.wait_until_ready();
    default:
      cluster.kill_all();
      return cluster.start();
  }
}

void pause(Random& random) {
  std::this_thread::sleep_for(std::chrono::milliseconds(random.below(150)));
}

}  // namespace

TEST_CASE("a PostgreSQL that is killed under load keeps all that was acknowledged", "[plug]") {
  NEEDS_POSTGRES();
  PrivateCluster cluster;
  const std::string uri = "postgres:" + cluster.create_database("shop");
  const auto engine = migrated(uri);
  const std::string resource = add_resource(*engine, kPlenty);
  // A role that has bargained its own durability away has not bargained the library's away.
  Sql(cluster.conninfo()).run("ALTER ROLE postgres SET synchronous_commit = off");
  const TemporaryFolder folder;
  Host first("a", uri, resource, folder.path() + "/a");
  Host second("b", uri, resource, folder.path() + "/b");
  Random random(9);
  const int kills = scaled(10);
  for (int i = 0; i < kills; ++i) {
    first.wait_for(20);
    second.wait_for(20);
    pause(random);
    crash(cluster, random);
  }
  first.wait_for(20);
  second.wait_for(20);
  first.stop();
  second.stop();
  const auto found = audit(*engine, resource, {first.ledger(), second.ledger()});
  report_kills("PostgreSQL", kills, found);
  check(found);
  CHECK(found.in_doubt == 0);
}

TEST_CASE("a host of an SQLite file that is killed keeps all that was acknowledged", "[plug]") {
  for (const std::string journal : {"persist", "wal"}) {
    INFO("journal: " << journal);
    const Database db(Backend{.name = "sqlite"});
    const std::string uri = db.uri() + "?journal=" + journal;
    const auto engine = migrated(uri);
    const std::string resource = add_resource(*engine, kPlenty);
    const TemporaryFolder folder;
    std::vector<std::string> ledgers;
    const auto start = [&] {
      const std::string name = "h" + std::to_string(ledgers.size());
      ledgers.push_back(folder.path() + "/" + name);
      return std::make_unique<Host>(name, uri, resource, ledgers.back());
    };
    std::unique_ptr<Host> hosts[] = {start(), start()};
    Random random(10);
    const int kills = scaled(10);
    for (int i = 0; i < kills; ++i) {
      auto& victim = hosts[i % 2];
      victim->wait_for(5);
      pause(random);
      victim->kill();
      victim = start();
    }
    for (auto& host : hosts) host->wait_for(5);
    for (auto& host : hosts) host->stop();
    const auto fresh = must(Engine::open(uri));
    const auto found = audit(*fresh, resource, ledgers);
    report_kills("SQLite, " + journal, kills, found);
    check(found);
  }
}

}  // namespace holdfast::test
