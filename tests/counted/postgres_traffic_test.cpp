// What a batch and a search cost on the way to PostgreSQL, and a batch in its log.
#include <algorithm>

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

template <class Work>
Traffic traffic_of(const test::Wiretap& tap, Work work) {
  const Traffic before{tap.statements(), tap.syncs(), tap.bytes_sent(), tap.bytes_received()};
  work();
  return {tap.statements() - before.statements, tap.syncs() - before.trips,
          tap.bytes_sent() - before.sent, tap.bytes_received() - before.received};
}

constexpr DateRange kMonth{kToday, kToday + 30 * kDay};

Scope month_of_all() {
  Scope scope;
  for (std::size_t i = 0; i < kHolds; ++i) {
    scope.keys.push_back({.key = resource_id(i)});
    scope.keys.back().range = kMonth;
  }
  return scope;
}

/// The days of the month that the shop has not opened.
void open_month(Storage& storage) {
  Changes changes;
  const std::vector<Date> open = days();
  for (std::size_t i = 0; i < kHolds; ++i) {
    for (Date day = kMonth.start; day <= kMonth.end; day += kDay) {
      if (std::find(open.begin(), open.end(), day) != open.end()) continue;
      changes.capacity_inserts.push_back({resource_id(i), day, 1'000'000, 1'000'000});
    }
  }
  test::must(storage.transact(month_of_all(), [&](const Snapshot&) { return changes; }));
}

/// As search_availability reads it: how many days there were.
std::size_t search(Storage& storage) {
  std::size_t found = 0;
  for (const KeySnapshot& key : test::must(storage.read(month_of_all())).keys)
    found += key.capacity.size();
  return found;
}

void hold_traffic(const std::string& what, const Traffic& counted, const std::string& unit,
                  std::size_t units) {
  const auto per_unit = [&](std::int64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(units);
  };
  const std::string name = "postgres." + what;
  hold_to(name + ".statements", counted.statements);
  hold_to(name + ".round_trips", counted.trips);
  hold_to(name + ".bytes_sent_per_" + unit, per_unit(counted.sent));
  hold_to(name + ".bytes_received_per_" + unit, per_unit(counted.received));
}

}  // namespace

TEST_CASE("the traffic of a batch and of a search to PostgreSQL") {
  NEEDS_POSTGRES();
  // Nothing but the batches writes: no vacuum, no checkpoint that is not asked for.
  const test::PrivateCluster cluster({"autovacuum=off", "checkpoint_timeout=1d"});
  test::Sql sql(cluster.create_database("shop"));
  const test::Wiretap tap(cluster.socket_folder() + "/.s.PGSQL." + std::to_string(cluster.port()));
  const auto storage = open_shop("postgres:host=127.0.0.1 port=" + std::to_string(tap.port()) +
                                 " user=postgres sslmode=disable gssencmode=disable dbname=shop");
  warm_up(*storage);

  const auto traffic_of_batch = [&](const Batch& batch) {
    return traffic_of(tap, [&] { carry_out(*storage, batch); });
  };
  const Traffic full = traffic_of_batch(Batch(kHolds, Over::kResourcesOfTheirOwn, 3));
  const Traffic lone = traffic_of_batch(Batch(1, Over::kOneResource, 4 * kHolds));
  hold_traffic("batch", full, "hold", kHolds);
  hold_traffic("lone", lone, "hold", 1);
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

  open_month(*storage);
  const std::size_t found = search(*storage);
  CHECK(found == 31 * kHolds);
  hold_traffic("search", traffic_of(tap, [&] { search(*storage); }), "day", found);
}

}  // namespace holdfast::counted
