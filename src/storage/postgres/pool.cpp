#include "storage/postgres/pool.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

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
      max_(static_cast<std::size_t>(std::max(connections_max, 1))),
      pid_(getpid()) {
  idle_.reserve(max_);  // so that giving back cannot fail
}

Pool::~Pool() {
  // In a forked child the sockets are the parent's: closing them properly would end its sessions.
  if (getpid() == pid_) return;
  for (auto& connection : idle_) static_cast<void>(connection.release());
}

Result<Lease> Pool::acquire() {
  if (getpid() != pid_) {
    return Error{.status = Status::kMisuse,
                 .message = "PostgreSQL: the engine was opened before fork(); open one after it"};
  }
  std::unique_lock lock(mutex_);
  const auto is_free = [this] { return !idle_.empty() || open_ < max_; };
  if (!freed_.wait_for(lock, kAcquireTimeout, is_free)) {
    return Error{.status = Status::kBusy,
                 .retry = Retry::kSafe,
                 .message = "PostgreSQL: all connections are in use"};
  }
  if (idle_.empty()) {
    ++open_;
    lock.unlock();
    return open_one();
  }
  // The one used last: its server process and its plans are the warmest.
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  lock.unlock();
  if (!named_) connection->use_unnamed();
  return Lease(*this, std::move(connection), true);
}

Result<Lease> Pool::open_one() {
  auto connection = Connection::open(address_, named_);
  if (connection) return Lease(*this, std::move(*connection), false);
  {
    const std::lock_guard lock(mutex_);
    --open_;
  }
  freed_.notify_one();
  return std::move(connection.error());
}

void Pool::forget_idle() {
  std::vector<std::unique_ptr<Connection>> gone;
  {
    const std::lock_guard lock(mutex_);
    open_ -= idle_.size();
    gone.swap(idle_);
  }
  freed_.notify_all();
}

void Pool::give_back(std::unique_ptr<Connection> connection, bool keep) {
  const bool usable = keep && connection->is_good();
  {
    const std::lock_guard lock(mutex_);
    if (usable) {
      idle_.push_back(std::move(connection));
    } else {
      --open_;
    }
  }
  freed_.notify_one();
}

}  // namespace holdfast::postgres
