// src/storage/postgres/roles.sql: each role can do its work, and nothing beside it.
#include "cluster.hpp"
#include "shop.hpp"
#include "support/clock.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

/// A shop's database after roles.sql, with one member for each role.
class Shop {
 public:
  Shop() {
    const std::string roles = read_file(HOLDFAST_ROLES_SQL);
    REQUIRE_FALSE(roles.empty());
    Sql admin(cluster_.create_database("shop"));
    admin.run(roles);
    admin.run(
        "CREATE ROLE shop_migrate LOGIN IN ROLE holdfast_owner;"
        "ALTER ROLE shop_migrate SET role = 'holdfast_owner';"
        "CREATE ROLE shop_app LOGIN IN ROLE holdfast_app;"
        "CREATE ROLE shop_read LOGIN IN ROLE holdfast_read");
    (void)migrated("postgres:" + conninfo("shop_migrate"));
    admin.run(roles);
    admin.run(roles);
  }

  std::string conninfo(const std::string& user) const {
    return "host=" + cluster_.socket_folder() + " port=" + std::to_string(cluster_.port()) +
           " user=" + user + " dbname=shop";
  }
  std::unique_ptr<Engine> open(const std::string& user) const {
    return must(Engine::open("postgres:" + conninfo(user), {.clock = clock.function()}));
  }

  TestClock clock{};

 private:
  PrivateCluster cluster_{};
};

void check_denied(const std::string& conninfo, const std::string& statement) {
  INFO(statement);
  Sql sql(conninfo);
  CHECK_THROWS_WITH(sql.run(statement), Catch::Contains("permission denied"));
}

/// Everything that is asked of a booking, in one life.
void live(Engine& app, TestClock& clock) {
  const std::string id = add_resource(app, 5);
  (void)accepted(app.update_resource({.resource_id = id, .name = "Another name"}));
  (void)accepted(app.delete_resource({.resource_id = id}));
  (void)accepted(app.restore_resource({.resource_id = id}));
  (void)accepted(app.adjust_capacity({.resource_id = id, .dates = {future(0)}, .delta = 1}));
  auto request = hold_request(id);
  request.customer_email = "guest@example.com";
  const Hold first = accepted(app.create_hold(request)).hold;
  (void)accepted(app.extend_hold({.hold_id = first.id}));
  (void)accepted(app.move_hold({.hold_id = first.id, .dates = {future(1)}}));
  const auto booked = accepted(app.confirm_hold({.hold_id = first.id, .order_id = "order"}));
  (void)accepted(
      app.move_allocation({.allocation_id = booked.allocation.id, .dates = {future(2)}}));
  (void)accepted(app.cancel_allocation({.order_id = "order"}));
  (void)accepted(app.release_hold({.hold_id = hold(app, id).id}));
  const auto closed = accepted(
      app.create_blackout({.resource_id = id, .start_date = future(5), .end_date = future(6)}));
  (void)accepted(app.delete_blackout({.blackout_id = closed.blackout.id}));
  (void)hold(app, id);
  clock.advance(1h);
  CHECK(accepted(app.cleanup_expired_holds({})).expired == 1);
  clock.advance(24h * 40);
  const auto pruned = accepted(app.prune({.erase_customer_email = "guest@example.com"}));
  CHECK(pruned.holds_removed == 2);
  CHECK(pruned.blackouts_removed == 1);
  CHECK(pruned.emails_erased == 1);
  CHECK(unsound(app).empty());
}

}  // namespace

TEST_CASE("a member of holdfast_app books, and cannot rewrite who holds what") {
  NEEDS_POSTGRES();
  Shop shop;
  const auto app = shop.open("shop_app");
  live(*app, shop.clock);
  for (const char* statement :
       {"UPDATE holdfast.resource_holds SET holder = ''",
        "UPDATE holdfast.resource_holds SET resource_id = ''",
        "UPDATE holdfast.resource_allocations SET order_id = ''",
        "DELETE FROM holdfast.resource_allocations", "DELETE FROM holdfast.resources",
        "DELETE FROM holdfast.resource_capacity", "TRUNCATE holdfast.resource_holds",
        "UPDATE holdfast.schema_info SET value = ''"}) {
    check_denied(shop.conninfo("shop_app"), statement);
  }
  CHECK_THROWS(Sql(shop.conninfo("shop_app")).run("DROP TABLE holdfast.resource_holds"));
  CHECK_THROWS(Sql(shop.conninfo("shop_app")).run("CREATE TABLE holdfast.mine ()"));
}

TEST_CASE("a member of holdfast_read sees what is free, and nobody's name or id") {
  NEEDS_POSTGRES();
  Shop shop;
  const auto app = shop.open("shop_app");
  const std::string id = add_resource(*app, 5);
  const Hold held = hold(*app, id);
  const auto reader = shop.open("shop_read");
  CHECK(available(*reader, id) == 4);
  const auto report = accepted(reader->get_capacity_report(
      {.resource_id = id, .start_date = future(0), .end_date = future(0)}));
  CHECK(report.held == 1);
  for (const Status failed : {reader->create_hold(hold_request(id)).error().status,
                              reader->retrieve_hold({.hold_id = held.id}).error().status}) {
    CHECK(failed == Status::kConfiguration);
  }
  for (const char* column : {"id", "customer_email", "holder", "idempotency_token"}) {
    check_denied(shop.conninfo("shop_read"),
                 std::string("SELECT ") + column + " FROM holdfast.resource_holds");
  }
  check_denied(shop.conninfo("shop_read"), "SELECT order_id FROM holdfast.resource_allocations");
  check_denied(shop.conninfo("shop_read"), "SELECT token FROM holdfast.commands");
}

TEST_CASE("who is in none of the roles sees nothing") {
  NEEDS_POSTGRES();
  Shop shop;
  Sql(shop.conninfo("postgres")).run("CREATE ROLE stranger LOGIN");
  check_denied(shop.conninfo("stranger"), "SELECT FROM holdfast.resources");
}

}  // namespace holdfast::test
