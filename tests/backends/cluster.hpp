// PostgreSQL servers and poolers of a test's own, which it may restart, kill and misconfigure.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "process.hpp"

namespace holdfast::test {

/// True where a case that needs PostgreSQL can run: HOLDFAST_TEST_POSTGRES is set.
bool has_postgres();
#define NEEDS_POSTGRES()                                                          \
  if (!::holdfast::test::has_postgres()) {                                        \
    WARN("left out: it needs PostgreSQL, and HOLDFAST_TEST_POSTGRES is not set"); \
    return;                                                                       \
  }

/// A plain connection past the library.
class Sql {
 public:
  explicit Sql(const std::string& conninfo);
  /// The first column of every row. Throws on an error.
  std::vector<std::string> column(const std::string& statement);
  std::string value(const std::string& statement);
  void run(const std::string& statement) { column(statement); }

 private:
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

/// A cluster in a temporary folder, on a Unix socket there and on a free loopback port. The role
/// `shop` must give a password over TCP; everybody else is trusted.
class PrivateCluster {
 public:
  /// `settings`: `name=value`, for the server's command line.
  explicit PrivateCluster(std::vector<std::string> settings = {});
  ~PrivateCluster();
  PrivateCluster(const PrivateCluster&) = delete;
  PrivateCluster& operator=(const PrivateCluster&) = delete;

  std::string conninfo(const std::string& dbname = "postgres") const;
  std::string tcp(const std::string& rest) const;
  int port() const { return port_; }
  const std::string& socket_folder() const { return folder_.path(); }
  /// Makes an empty database and returns its conninfo.
  std::string create_database(const std::string& name) const;

  void start();
  void stop_fast();
  /// SIGKILL of the postmaster: no checkpoint, no farewell.
  void kill();
  std::string log() const { return read_file(log_path_); }

 private:
  void wait_until_ready();

  std::vector<std::string> settings_;
  TemporaryFolder folder_;
  std::string log_path_;
  std::string bin_;
  int port_;
  std::unique_ptr<Process> server_;
};

/// PgBouncer in transaction mode in front of a cluster.
class Bouncer {
 public:
  Bouncer(const PrivateCluster& cluster, int pool_size);
  std::string conninfo(const std::string& dbname) const;

 private:
  TemporaryFolder folder_;
  int port_;
  std::unique_ptr<Process> process_;
};

int free_port();

}  // namespace holdfast::test
