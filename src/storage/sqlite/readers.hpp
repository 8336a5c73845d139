// The connections that reads take turns on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/fair_gate.hpp"
#include "storage/sqlite/connection.hpp"

namespace holdfast::sqlite {

class Readers {
 public:
  using Open = std::function<std::unique_ptr<Connection>()>;

  Readers(std::int32_t limit, Open open)
      : gate_(static_cast<std::size_t>(limit)), open_(std::move(open)) {
    idle_.reserve(static_cast<std::size_t>(limit));  // so that giving back cannot fail
  }

  /// An idle connection, or a new one while there are fewer than the limit; else waits until
  /// `deadline`, then throws Failure (kBusy).
  std::unique_ptr<Connection> take(std::chrono::steady_clock::time_point deadline) {
    bool waited = false;
    if (!gate_.enter(deadline, waited)) {
      throw Failure(Status::kBusy, Retry::kSafe, "sqlite: every read connection is in use");
    }
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    try {
      return open_();
    } catch (...) {
      give_back(nullptr);
      throw;
    }
  }

  /// A spoilt connection is closed.
  void give_back(std::unique_ptr<Connection> connection) {
    if (connection != nullptr && !connection->spoilt()) {
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    gate_.leave();
  }

 private:
  FairGate gate_;
  const Open open_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace holdfast::sqlite
