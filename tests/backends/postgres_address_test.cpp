// Addresses: both forms that libpq knows, what is wrong with one, and what no message may show.
#include <atomic>
#include <thread>
#include <utility>

#include "cluster.hpp"
#include "shop.hpp"
#include "support/relay.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPassword = "s3cret/Pass@word";
constexpr const char* kEncoded = "s3cret%2FPass%40word";
constexpr const char* kWrong = "wr0ng-Guess";

Error refusal(const std::string& uri, LogLines& log) {
  auto opened = Engine::open(uri, {.log = log.function()});
  if (opened.ok()) throw std::runtime_error("opened, though it had to be refused");
  return opened.error();
}

Error refusal(const std::string& uri) {
  LogLines log;
  return refusal(uri, log);
}

void check_no_secret(const std::string& told) {
  for (const char* secret : {kPassword, kEncoded, kWrong, "s3cret", "Pass", "Guess"}) {
    INFO("looking for: " << secret << " in\n" << told);
    CHECK_FALSE(contains(told, secret));
  }
}

}  // namespace

TEST_CASE("a password opens the database in both forms, and never shows") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster;
  const std::string owner = cluster.create_database("shop");
  Sql(owner).run(std::string("CREATE ROLE shop LOGIN SUPERUSER PASSWORD '") + kPassword + "'");
  const std::string port = std::to_string(cluster.port());
  const std::string pair = "host=127.0.0.1 port=" + port + " user=shop dbname=shop password=";
  const std::string uri = "@127.0.0.1:" + port + "/shop";
  for (const std::string& good :
       {"postgres:" + pair + "'" + kPassword + "'",
        std::string("postgres://shop:") + kEncoded + uri,
        std::string("postgresql://shop:") + kEncoded + uri + "?connect_timeout=5"}) {
    LogLines log;
    const auto engine = migrated(good, {.log = log.function()});
    hold(*engine, add_resource(*engine, 1));
    CHECK(contains(log.text(), "PostgreSQL"));
    check_no_secret(log.text());
  }
  for (const std::string& bad :
       {"postgres:" + pair + kWrong, "postgres:" + pair + "''",
        std::string("postgres://shop:") + kWrong + uri, "postgres://shop" + uri}) {
    LogLines log;
    const Error error = refusal(bad, log);
    INFO(describe(error));
    CHECK(error.status == Status::kConfiguration);
    CHECK(error.retry == Retry::kNever);
    check_no_secret(describe(error) + log.text());
  }
  // A password that was not percent-encoded makes the parser look for another host.
  for (const std::string& raw :
       {std::string("postgres://shop:") + kPassword + uri,
        std::string("postgres://shop:s3cret/x") + uri,
        std::string("postgres://shop:Pass@s3cret") + uri,
        std::string("postgres:host=127.0.0.1 port=") + port + " password=s3cret Pass user=shop",
        std::string("postgres:host=127.0.0.1 password='s3cret")}) {
    LogLines log;
    const Error error = refusal(raw, log);
    INFO(describe(error));
    CHECK(error.retry != Retry::kSameToken);
    check_no_secret(describe(error) + log.text());
  }
}

TEST_CASE("a failure of the work shows no password either") {
  NEEDS_POSTGRES();
  PrivateCluster cluster;
  const std::string owner = cluster.create_database("shop");
  Sql(owner).run(std::string("CREATE ROLE shop LOGIN SUPERUSER PASSWORD '") + kPassword + "'");
  LogLines log;
  const auto engine =
      migrated(std::string("postgres://shop:") + kEncoded +
                   "@127.0.0.1:" + std::to_string(cluster.port()) + "/shop",
               {.retry_timeout = std::chrono::milliseconds(0), .log = log.function()});
  const std::string resource = add_resource(*engine, 5);
  cluster.stop_fast();
  const auto reply = engine->create_hold(hold_request(resource));
  REQUIRE_FALSE(reply.ok());
  INFO(describe(reply.error()));
  CHECK(reply.error().status == Status::kUnavailable);
  CHECK(reply.error().retry == Retry::kSafe);
  CHECK(contains(log.text(), "create_hold not answered"));
  check_no_secret(describe(reply.error()) + log.text());
}

TEST_CASE("what the host has set, in the address or around it, outranks what the library would") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster;
  const std::string conninfo = cluster.create_database("shop");
  const auto sessions_of = [&](const std::string& application) {
    return Sql(conninfo).value(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE "
        "application_name = '" +
        application + "'");
  };
  const auto ours = migrated("postgres:" + conninfo);
  CHECK(sessions_of("holdfast") == "t");
  const auto named = migrated("postgres:" + conninfo + " fallback_application_name=till");
  CHECK(sessions_of("till") == "t");
  // The library asks for a server that can be written to, and this one can.
  ScopedEnvironment environment;
  environment.set("PGTARGETSESSIONATTRS", "read-only");
  CHECK(contains(refusal("postgres:" + conninfo).message, "read-only"));
  CHECK(Engine::open("postgres:" + conninfo + " target_session_attrs=any").ok());
}

TEST_CASE("a server that takes its time to refuse is not asked again for the reason") {
  NEEDS_POSTGRES();
  for (const auto& [patience, times] : {std::pair{0ms, 2}, std::pair{1100ms, 1}}) {
    std::atomic<int> asked = 0;
    const Relay relay([] { return -1; },
                      [&, after = patience] {
                        ++asked;
                        std::this_thread::sleep_for(after);
                        return nullptr;
                      });
    const Error error = refusal(
        "postgres:host=127.0.0.1 dbname=x user=x sslmode=disable "
        "gssencmode=disable port=" +
        std::to_string(relay.port()));
    CHECK(error.status == Status::kUnavailable);
    CHECK(error.retry == Retry::kSafe);
    CHECK(asked == times);
  }
}

TEST_CASE("an address that cannot work says what is wrong") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster;
  const auto check = [](const std::string& uri, Status status, Retry retry) {
    const Error error = refusal(uri);
    INFO(uri << "\n" << describe(error));
    CHECK(name(error.status) == std::string(name(status)));
    CHECK(name(error.retry) == std::string(name(retry)));
    CHECK(contains(error.message, "PostgreSQL"));
    CHECK_FALSE(contains(error.message, "\n"));
  };
  const std::string base = "postgres:" + cluster.conninfo("nowhere");
  check(base, Status::kConfiguration, Retry::kNever);  // no such database
  check("postgres:" + cluster.tcp("user=nobody dbname=postgres"), Status::kConfiguration,
        Retry::kNever);
  check("postgres:host=127.0.0.1 port=1 user=x dbname=x", Status::kUnavailable, Retry::kSafe);
  check("postgres:host=/nonexistent user=x dbname=x", Status::kUnavailable, Retry::kSafe);
  check("postgres:host=no-such-host.invalid user=x dbname=x", Status::kUnavailable, Retry::kSafe);
  check("postgres:host=127.0.0.1 port=99999", Status::kConfiguration, Retry::kNever);
  check("postgres:hast=127.0.0.1", Status::kConfiguration, Retry::kNever);
  check("postgres:" + cluster.conninfo() + " sslmode=maybe", Status::kConfiguration, Retry::kNever);
  check("postgres:" + cluster.tcp("user=postgres dbname=postgres sslmode=require"),
        Status::kConfiguration, Retry::kNever);
}

}  // namespace holdfast::test
