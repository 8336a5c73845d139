// TLS: whom the library talks to, whom it refuses, and what it asks for when nobody says.
#include "shop.hpp"
#include "storage/postgres/connection.hpp"
#include "tls_server.hpp"

namespace holdfast::test {
namespace {

/// HOME without a root.crt, which libpq would read, and the service file `text`.
class Surroundings : public ScopedEnvironment {
 public:
  explicit Surroundings(const std::string& services = {}) {
    write_file(folder_.path() + "/services.conf", services);
    set("HOME", folder_.path());
    set("PGSERVICEFILE", folder_.path() + "/services.conf");
  }

 private:
  TemporaryFolder folder_{};
};

/// Refused for good, in a line that says why and gives nothing away.
void check_refused(const std::string& conninfo, const std::string& why) {
  INFO(conninfo);
  LogLines log;
  const auto opened = Engine::open("postgres:" + conninfo, {.log = log.function()});
  REQUIRE_FALSE(opened.ok());
  const Error& error = opened.error();
  INFO(describe(error));
  CHECK(error.status == Status::kConfiguration);
  CHECK(error.retry == Retry::kNever);
  CHECK(contains(error.message, why));
  const std::string told = describe(error) + log.text();
  for (const char* secret : {TlsServer::kPassword, "s3cret", "Pass@"}) {
    CHECK_FALSE(contains(told, secret));
  }
}

/// Opened, with what the log says about TLS.
void check_opened(const std::string& conninfo, const std::string& tls) {
  INFO(conninfo);
  LogLines log;
  const auto engine = migrated("postgres:" + conninfo, {.log = log.function()});
  hold(*engine, add_resource(*engine, 1));
  CHECK(contains(log.text(), ", TLS: " + tls));
}

}  // namespace

TEST_CASE("verify-full opens the server that the authority vouches for by name, and no other") {
  NEEDS_POSTGRES();
  TlsServer server;
  const Surroundings surroundings;
  const std::string at = "hostaddr=127.0.0.1 " + server.login() + " sslmode=verify-full host=";
  const std::string right = std::string(TlsServer::kHost) + " sslrootcert=" + server.folder();
  check_opened(at + right + "/ca.crt", "TLSv1.3");
  check_opened(at + right + "/ca.crt channel_binding=require", "TLSv1.3");
  check_opened(at + right + "/ca.crt ssl_max_protocol_version=TLSv1.2", "TLSv1.2");
  check_refused(at + right + "/stranger.crt", "certificate verify failed");
  check_refused(at + "other.holdfast.test sslrootcert=" + server.folder() + "/ca.crt",
                "does not match host name");
  check_refused(at + TlsServer::kHost, "root certificate file");
  check_refused(at + right + "/ca.crt ssl_max_protocol_version=TLSv1.1", "protocol version");
  server.present("expired");
  check_refused(at + right + "/ca.crt", "certificate verify failed");
  server.present("none");
  check_refused(at + right + "/ca.crt", "does not support SSL");
}

TEST_CASE("a host that is not this machine is asked for verify-full unless a mode is named") {
  NEEDS_POSTGRES();
  TlsServer server;
  Surroundings surroundings(
      "[bare]\nhost=0.0.0.0\n[named]\nhost=0.0.0.0\nsslmode=require\n"
      "[loose]\nhost=0.0.0.0\nsslmode=allow\n");
  const std::string login = server.login();
  const std::string ours = "so it is verify-full";
  check_opened("host=0.0.0.0 " + login + " sslrootcert=" + server.folder() + "/ca.crt", "TLSv1.3");
  check_refused("host=0.0.0.0 " + login + " sslrootcert=" + server.folder() + "/stranger.crt",
                ours);
  check_refused("hostaddr=0.0.0.0 host=localhost " + login, ours);
  check_refused("host=/nowhere,0.0.0.0 " + login, ours);
  check_refused("service=bare " + login, "names a host that is not this machine and no sslmode");
  check_refused("service=loose " + login, "names a host that is not this machine and no sslmode");
  check_opened("service=bare sslmode=require " + login, "TLSv1.3");
  check_opened("service=named " + login, "TLSv1.3");

  server.present("none");
  check_refused("host=0.0.0.0 " + login, ours);
  check_refused("service=bare " + login, "names a host that is not this machine and no sslmode");
  check_opened("host=0.0.0.0 sslmode=prefer " + login, "none");
  check_refused("host=0.0.0.0 sslmode=prefer channel_binding=require " + login, "channel binding");
  check_opened("host=0.0.0.0 sslmode=disable " + login, "none");
  check_opened("host=127.0.0.1 " + login, "none");
  check_opened("host=localhost " + login, "none");
  check_opened("host=" + std::string(TlsServer::kHost) + " hostaddr=127.0.0.1 " + login, "none");
  surroundings.set("PGHOST", "0.0.0.0");
  check_refused(login, ours);
  surroundings.set("PGSSLMODE", "prefer");
  check_opened(login, "none");
}

TEST_CASE("only this machine's own names and numbers are taken for it") {
  const auto upgraded = [](const std::string& conninfo) {
    INFO(conninfo);
    return must(postgres::Address::parse(conninfo)).adds_verify_full();
  };
  for (const char* local :
       {"dbname=x", "host=localhost", "host=127.0.0.1", "host=127.8.9.10", "host=::1",
        "host=/run/postgresql", "host=@abstract", "host=/run,localhost",
        "host=db.example.com hostaddr=127.0.0.1", "hostaddr=127.0.0.1,127.0.0.2"}) {
    CHECK_FALSE(upgraded(local));
  }
  for (const char* far :
       {"host=db.example.com", "host=127.evil.example", "host=localhost.example", "host=::2",
        "host=10.127.0.1", "hostaddr=10.0.0.1", "host=localhost hostaddr=10.0.0.1",
        "host=localhost,db.example.com", "host=a,b hostaddr=127.0.0.1,10.0.0.1",
        "hostaddr=127.0.0.1,10.0.0.1", "postgres://localhost:5432,db.example.com:5432/shop",
        "host=localhost.", "host=db.example.com sslmode=''"}) {
    CHECK(upgraded(far));
    if (contains(far, "://")) continue;
    CHECK_FALSE(upgraded(std::string(far) + " sslmode=prefer"));
  }
  ScopedEnvironment environment;
  environment.set("PGSSLMODE", "");
  CHECK(upgraded("host=db.example.com"));
  environment.set("PGSSLMODE", "prefer");
  CHECK_FALSE(upgraded("host=db.example.com"));
}

}  // namespace holdfast::test
