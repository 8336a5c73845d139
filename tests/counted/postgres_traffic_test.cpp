// What a batch costs on the way to PostgreSQL and in its log.
#include "backends/cluster.hpp"
#include "backends/wiretap.hpp"
#include "bounds.hpp"
#include "store.hpp"

namespace holdfast::counted {
namespace {

struct Traffic {
  int statements;
  int trips;  ///< Syncs: the server may begin to answer a long trip before its end is sent
  std::int64_t sent;
  std::int64_t received;
};

Traffic traffic_of(const test::Wiretap& tap, Storage& storage, const Batch& batch) {
  const Traffic before{tap.statements(), tap.syncs(), tap.bytes_sent(), tap.bytes_received()};
  carry_out(storage, batch);
  return {tap.statements() - before.statements, tap.syncs() - before.trips,
          tap.bytes_sent() - before.sent, tap.bytes_received() - before.received};
}

void hold_traffic(const std::string& size, const Traffic& counted, std::size_t holds) {
  const auto per_hold = [&](std::int64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(holds);
  };
  const std::string name = "postgres." + size;
  hold_to(name + ".statements", counted.statements);
  hold_to(name + ".round_trips", counted.trips);
  hold_to(name + ".bytes_sent_per_hold", per_hold(counted.sent));
  hold_to(name + ".bytes_received_per_hold", per_hold(counted.received));
}

}  // namespace

TEST_CASE("a batch's traffic to PostgreSQL") {
  NEEDS_POSTGRES();
  // Nothing but the batches writes: no vacuum, no checkpoint that is not asked for.
  const test::PrivateCluster cluster({"autovacuum=off", "checkpoint_timeout=1d"});
  test::Sql sql(cluster.create_database("shop"));
  const test::Wiretap tap(cluster.socket_folder() + "/.s.PGSQL." + std::to_string(cluster.port()));
  const auto storage = open_shop("postgres:host=127.0.0.1 port=" + std::to_string(tap.port()) +
                                 " user=postgres sslmode=disable gssencmode=disable dbname=shop");
  warm_up(*storage);

  const Traffic full = traffic_of(tap, *storage, Batch(kHolds, Over::kResourcesOfTheirOwn, 3));
  const Traffic lone = traffic_of(tap, *storage, Batch(1, Over::kOneResource, 4 * kHolds));
  hold_traffic("batch", full, kHolds);
  hold_traffic("lone", lone, 1);
  CHECK(full.statements == lone.statements);

  // After a checkpoint a page's first change logs the whole page: the warming batch pays for that.
  sql.run("CHECKPOINT");
  carry_out(*storage, Batch(kHolds, Over::kResourcesOfTheirOwn, 5));
  const std::string began = sql.value("SELECT pg_current_wal_insert_lsn()");
  constexpr std::size_t kRounds = 4;
  for (std::size_t round = 6; round < 6 + kRounds; ++round)
    carry_out(*storage, Batch(kHolds, Over::kResourcesOfTheirOwn, round));
  const std::string written =
      sql.value("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '" + began + "')");
  hold_to("postgres.batch.wal_bytes_per_hold", std::stod(written) / (kRounds * kHolds));
}

}  // namespace holdfast::counted
