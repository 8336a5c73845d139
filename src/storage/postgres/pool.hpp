// A bounded pool of connections, opened when they are needed and replaced when they are dead.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/fair_gate.hpp"
#include "storage/postgres/connection.hpp"

namespace holdfast::postgres {

class Pool;

/// A connection on loan. Returned when the lease ends, if `keep()` was called; else closed, and
/// with it any transaction that is still open.
class Lease {
 public:
  Lease(Pool& pool, std::unique_ptr<Connection> connection, bool reused)
      : pool_(&pool), connection_(std::move(connection)), reused_(reused) {}
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  Connection& operator*() { return *connection_; }
  Connection* operator->() { return connection_.get(); }
  /// It has been idle, so its server may have gone since.
  bool reused() const { return reused_; }
  void keep() { keep_ = true; }

 private:
  Pool* pool_;
  std::unique_ptr<Connection> connection_;
  bool reused_;
  bool keep_ = false;
};

/// Threads: all methods may run at once. Must outlive its leases.
class Pool {
 public:
  Pool(Address address, std::int32_t connections_max);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  /// Waits for a free connection when all are on loan.
  Result<Lease> acquire(FairGate::Turn turn = FairGate::Turn::kLast);
  /// Whether acquire() would have one at once, as things are.
  bool has_idle();
  /// Closes the idle connections: the server of one of them has gone.
  void forget_idle();
  /// Every connection, of now and later, does without named statements.
  void use_unnamed() { named_ = false; }
  const Address& address() const { return address_; }

 private:
  friend class Lease;
  void give_back(std::unique_ptr<Connection> connection, bool keep);
  Result<Lease> open_one();

  const Address address_;
  const pid_t pid_;
  std::atomic<bool> named_{true};
  FairGate gate_;  ///< a place is a connection on loan
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace holdfast::postgres
