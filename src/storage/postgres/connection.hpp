// One connection, always in libpq's pipeline mode, and one trip to the server on it.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "holdfast/engine.hpp"
#include "holdfast/error.hpp"
#include "storage/postgres/errors.hpp"
#include "storage/postgres/wire.hpp"

namespace holdfast::postgres {

/// A statement that is worth preparing. Identified by its address: one constant, one statement.
struct Statement {
  const char* sql;
};

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

/// A libpq address with our defaults added where the user gave none. A host that is not this
/// machine is asked for `sslmode=verify-full` unless the user has named another mode.
class Address {
 public:
  static Result<Address> parse(std::string_view conninfo);

  /// A connection in any state; its errors carry SQLSTATEs. `failure` is set when it is not usable.
  PGconn* connect(std::optional<Error>& failure) const;
  const std::vector<std::string>& secrets() const { return secrets_; }
  bool adds_verify_full() const { return adds_mode_; }

 private:
  std::vector<std::string> keywords_;
  std::vector<std::string> values_;
  std::vector<std::string> secrets_;
  bool names_mode_ = false;  ///< the user's own sslmode, whichever it is
  bool adds_mode_ = false;   ///< verify-full is ours
};

/// Owned by one thread at a time.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const Address& address, bool named);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// The TLS version in use, or `none`.
  std::string tls() const;
  bool is_good() const { return !broken_ && PQstatus(conn_) == CONNECTION_OK; }
  int server_version() const { return PQserverVersion(conn_); }
  /// From now on no named statement is used: a pooler gives each transaction another server.
  void use_unnamed() { named_ = false; }

  /// Warnings of the server since the last call, one line, or empty.
  std::string take_warning() { return std::exchange(warning_, {}); }

 private:
  friend class Trip;
  explicit Connection(PGconn* conn, bool named);
  static void on_notice(void* self, const PGresult* notice);

  PGconn* conn_;
  std::string prefix_;  ///< of statement names: random, so that no other client has the same
  std::unordered_map<const Statement*, std::string> prepared_;
  bool named_;
  bool broken_ = false;  ///< its answers no longer match what was asked
  std::string warning_;
};

/// Why a trip failed, and where.
struct Failure {
  std::string sqlstate{};
  std::string message{};
  std::size_t step = 0;  ///< the statement that failed, or was not answered
};

/// Statements sent together and answered together: one round trip.
class Trip {
 public:
  explicit Trip(Connection& connection) : connection_(connection) {}

  /// Queues a statement and returns its step. It is prepared on the way at its first use.
  std::size_t add(const Statement& statement, const Params& params = {});
  /// Queues a statement that is not worth preparing.
  std::size_t add(const char* sql, const Params& params = {});

  /// Whether the statement of this step went out, so that the server may have carried it out.
  bool was_sent(std::size_t step) const;

  /// Sends what is queued, and nothing can be queued any more. run() does it where it was not done.
  void send();
  /// Takes every answer. May be called once.
  std::optional<Failure> run();

  const PGresult* result(std::size_t step) const { return results_[step].get(); }
  int rows(std::size_t step) const { return PQntuples(result(step)); }
  /// `COMMIT`, `ROLLBACK`, ...: what the server says it did.
  std::string_view tag(std::size_t step) const { return PQcmdStatus(results_[step].get()); }

 private:
  struct Sent {
    std::size_t step;
    const Statement* prepares;  ///< null: it is the statement itself
  };
  void sent(int ok, std::size_t step, const Statement* prepares);
  void take_one(const Sent& sent);
  void fail(const PGresult* result, std::size_t step);

  Connection& connection_;
  std::vector<Sent> sent_;
  std::vector<ResultPtr> results_;
  std::optional<Failure> failure_;
  bool is_sent_ = false;
};

}  // namespace holdfast::postgres
