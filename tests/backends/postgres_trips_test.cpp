// What goes over the wire, and what is believed of what comes back.
#include "cluster.hpp"
#include "shop.hpp"
#include "storage/postgres/connection.hpp"
#include "wiretap.hpp"

namespace holdfast::test {
namespace {

std::string through(const Wiretap& tap, const std::string& dbname) {
  return "postgres:host=127.0.0.1 port=" + std::to_string(tap.port()) +
         " user=postgres sslmode=disable gssencmode=disable dbname=" + dbname;
}

std::string socket_of(const PrivateCluster& cluster) {
  return cluster.socket_folder() + "/.s.PGSQL." + std::to_string(cluster.port());
}

struct Cost {
  int turns;
  int syncs;
};

template <class Function>
Cost cost_of(const Wiretap& tap, Function function) {
  const Cost before{tap.turns(), tap.syncs()};
  function();
  return {tap.turns() - before.turns, tap.syncs() - before.syncs};
}

}  // namespace

TEST_CASE("a transaction is two round trips, and a read is one") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster;
  (void)cluster.create_database("shop");
  const Wiretap tap(socket_of(cluster));
  const auto engine = migrated(through(tap, "shop"), {.lanes = 1, .readers = 1});
  const std::string resource = add_resource(*engine, 1000);
  const auto check = [&](const char* what, int trips, const auto& function) {
    INFO(what);
    const Cost cost = cost_of(tap, function);
    CHECK(cost.turns == trips);
    CHECK(cost.syncs == trips);
  };
  // Statements are prepared on the way, so the first use costs no trip more than the second.
  for (int i = 0; i < 2; ++i) {
    Hold made;
    Allocation booked;
    check("create_hold", 2, [&] { made = hold(*engine, resource); });
    check("extend_hold", 2, [&] {
      (void)accepted(engine->extend_hold({.hold_id = made.id, .ttl = std::chrono::hours(2)}));
    });
    check("move_hold", 2, [&] {
      (void)accepted(engine->move_hold({.hold_id = made.id, .dates = {future(2), future(3)}}));
    });
    check("confirm_hold", 2, [&] {
      booked = accepted(engine->confirm_hold({.hold_id = made.id, .order_id = "o"})).allocation;
    });
    check("cancel_allocation", 2,
          [&] { (void)accepted(engine->cancel_allocation({.allocation_id = booked.id})); });
    check("a group of eight", 2, [&] {
      CreateHolds group;
      for (int n = 0; n < 8; ++n) group.items.push_back({resource, {future(n)}, 1});
      (void)accepted(engine->create_holds(group));
    });
    check("check_availability", 1, [&] { (void)available(*engine, resource); });
    check("get_capacity_report", 1, [&] {
      (void)accepted(engine->get_capacity_report(
          {.resource_id = resource, .start_date = future(0), .end_date = future(9)}));
    });
    check("retrieve_hold", 1, [&] { (void)accepted(engine->retrieve_hold({.hold_id = made.id})); });
    check("list_holds", 1, [&] { (void)accepted(engine->list_holds({})); });
    // A refusal writes nothing; its COMMIT still ends the transaction.
    check("a refused hold", 2, [&] {
      auto request = hold_request(resource);
      request.quantity = 100'000;
      (void)must(engine->create_hold(request));
    });
  }
}

TEST_CASE("a COMMIT that the server answers with ROLLBACK is no success") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster;
  (void)cluster.create_database("shop");
  Wiretap tap(socket_of(cluster));
  const std::string uri = through(tap, "shop");
  const auto impatient = migrated(uri, {.retry_timeout = std::chrono::milliseconds(0)});
  const std::string resource = add_resource(*impatient, 10);
  tap.abort_next_commit();
  const auto reply = impatient->create_hold(hold_request(resource, 0, "t"));
  REQUIRE(tap.aborted() == 1);
  REQUIRE_FALSE(reply.ok());
  INFO(describe(reply.error()));
  CHECK(reply.error().status == Status::kBusy);
  CHECK(reply.error().retry == Retry::kSafe);
  CHECK(available(*impatient, resource) == 10);

  const auto patient = must(Engine::open(uri));
  tap.abort_next_commit();
  const auto made = accepted(patient->create_hold(hold_request(resource, 0, "t")));
  CHECK(tap.aborted() == 2);
  CHECK_FALSE(made.replayed);
  CHECK(available(*patient, resource) == 9);
  CHECK(unsound(*patient).empty());
}

TEST_CASE("what a deferred constraint refuses at COMMIT is never told as done") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  const auto engine = migrated(db.uri(), {.retry_timeout = std::chrono::milliseconds(0)});
  const std::string resource = add_resource(*engine, 10);
  db.execute(R"(CREATE FUNCTION holdfast.refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'too late'; END $$;
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON holdfast.resource_holds
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION holdfast.refuse())");
  const auto reply = engine->create_hold(hold_request(resource, 0, "t"));
  REQUIRE_FALSE(reply.ok());
  INFO(describe(reply.error()));
  CHECK(available(*engine, resource) == 10);
  db.execute("DROP TRIGGER late ON holdfast.resource_holds");
  CHECK_FALSE(accepted(engine->create_hold(hold_request(resource, 0, "t"))).replayed);
  CHECK(available(*engine, resource) == 9);
}

TEST_CASE("what the server warns of at COMMIT is logged, and the booking is made") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  LogLines log;
  const auto engine = migrated(db.uri(), {.log = log.function()});
  const std::string resource = add_resource(*engine, 10);
  db.execute(R"(CREATE FUNCTION holdfast.warn() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE NOTICE 'by the way'; RAISE WARNING 'on one disk only';
                   RETURN NULL; END $$;
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON holdfast.resource_holds
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION holdfast.warn())");
  (void)hold(*engine, resource);
  CHECK(available(*engine, resource) == 9);
  CHECK(contains(log.text(), "committed, with a warning: on one disk only"));
  CHECK_FALSE(contains(log.text(), "by the way"));
}

TEST_CASE("on a connection that has ended a trip sends nothing, and says so of its first step") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  const auto address = must(postgres::Address::parse(db.address()));
  const auto connection = must(postgres::Connection::open(address, true));
  const auto session = [&] {
    postgres::Trip trip(*connection);
    const std::size_t step = trip.add("SELECT pg_backend_pid()");
    return trip.run() ? std::string() : std::to_string(postgres::Row(trip.result(step), 0).int4());
  };
  db.execute("SELECT pg_terminate_backend(" + session() + ", 5000)");
  CHECK(session().empty());
  REQUIRE_FALSE(connection->is_good());

  postgres::Trip trip(*connection);
  static constexpr postgres::Statement kNamed{"SELECT 1"};
  const std::size_t first = trip.add(kNamed);
  const std::size_t second = trip.add("SELECT 2");
  CHECK_FALSE(trip.was_sent(first));
  CHECK_FALSE(trip.was_sent(second));
  const auto failure = trip.run();
  REQUIRE(failure);
  CHECK(failure->step == first);
  CHECK(failure->sqlstate.empty());
  CHECK(contains(failure->message, "no connection"));
}

}  // namespace holdfast::test
