// PostgreSQL servers and poolers of a test's own, which it may restart, kill and misconfigure.
#pragma once

#include <libpq-fe.h>
#include <sys/types.h>

#include <cstdint>
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
  /// `settings`: `name=value`, for the server's command line. `environment`: the same, for its
  /// processes.
  explicit PrivateCluster(std::vector<std::string> settings = {},
                          std::vector<std::string> environment = {});
  /// A copy of another cluster that follows it.
  struct StandbyOf {
    const PrivateCluster& primary;
  };
  explicit PrivateCluster(StandbyOf of);
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
  /// SIGKILL of every process of the server at once: what is in its memory only, is gone.
  void kill_all();
  /// SIGQUIT: every process leaves at once, without a checkpoint.
  void quit();
  /// SIGKILL of one process that is not the postmaster, which then restarts all the others.
  void kill_child(std::uint64_t pick);
  /// Processes of the server by what they call themselves (`walreceiver`); all for an empty text.
  std::vector<pid_t> children(const std::string& title = {}) const;
  void wait_until_ready();
  /// A standby becomes a primary.
  void promote();
  std::string log() const { return read_file(log_path_); }

 private:
  std::vector<std::string> settings_;
  std::vector<std::string> environment_{};
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
