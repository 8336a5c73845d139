#include "storage/postgres/pool.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace holdfast::postgres {
namespace {

// Longer than any healthy transaction, lock waits included; then the caller hears that it is busy.
constexpr std::chrono::seconds kAcquireTimeout{30};

}  // namespace

Lease::~Lease() {
  if (connection_ != nullptr) pool_->give_back(std::move(connection_), keep_);
}

Pool::Pool(Address address, std::int32_t connections_max)
    : address_(std::move(address)),
      pid_(getpid()),
      gate_(static_cast<std::size_t>(std::max(connections_max, 1))) {
  // So that giving back cannot fail.
  idle_.reserve(static_cast<std::size_t>(std::max(connections_max, 1)));
}

Pool::~Pool() {
  // In a forked child the sockets are the parent's: closing them properly would end its sessions.
  if (getpid() == pid_) return;
  for (auto& connection : idle_) static_cast<void>(connection.release());
}

Result<Lease> Pool::acquire(FairGate::Turn turn) {
  if (getpid() != pid_) {
    return Error{.status = Status::kMisuse,
                 .message = "PostgreSQL: the engine was opened before fork(); open one after it"};
  }
  bool waited = false;
  if (!gate_.enter(std::chrono::steady_clock::now() + kAcquireTimeout, waited, turn)) {
    return Error{.status = Status::kBusy,
                 .retry = Retry::kSafe,
                 .message = "PostgreSQL: all connections are in use"};
  }
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      // The one used last: its server process and its plans are the warmest.
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection == nullptr) return open_one();
  if (!named_) connection->use_unnamed();
  return Lease(*this, std::move(connection), true);
}

Result<Lease> Pool::open_one() {
  auto connection = Connection::open(address_, named_);
  if (connection) return Lease(*this, std::move(*connection), false);
  gate_.leave();
  return std::move(connection.error());
}

bool Pool::has_idle() {
  if (getpid() != pid_) return false;
  const std::lock_guard lock(mutex_);
  return !idle_.empty();
}

void Pool::forget_idle() {
  std::vector<std::unique_ptr<Connection>> gone;
  {
    const std::lock_guard lock(mutex_);
    gone.assign(std::make_move_iterator(idle_.begin()), std::make_move_iterator(idle_.end()));
    idle_.clear();
  }
}

void Pool::give_back(std::unique_ptr<Connection> connection, bool keep) {
  if (keep && connection->is_good()) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  // Closed before the next one is opened: the server counts both.
  connection.reset();
  gate_.leave();
}

}  // namespace holdfast::postgres
