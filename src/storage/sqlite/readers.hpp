// The connections that reads take turns on.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/sqlite/connection.hpp"

namespace holdfast::sqlite {

class Readers {
 public:
  using Open = std::function<std::unique_ptr<Connection>()>;

  Readers(int limit, Open open) : limit_(limit), open_(std::move(open)) {}

  /// An idle connection, or a new one while there are fewer than the limit; else waits until
  /// `deadline`, then throws Failure (kBusy).
  std::unique_ptr<Connection> take(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_until(lock, deadline, [&] { return !idle_.empty() || count_ < limit_; })) {
      throw Failure(Status::kBusy, Retry::kSafe, "sqlite: every read connection is in use");
    }
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    // The room is made before the count is: giving back must not fail.
    idle_.reserve(static_cast<std::size_t>(limit_));
    ++count_;
    lock.unlock();
    try {
      return open_();
    } catch (...) {
      give_back(nullptr);
      throw;
    }
  }

  /// A spoilt connection is closed.
  void give_back(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard lock(mutex_);
      if (connection != nullptr && !connection->spoilt()) {
        idle_.push_back(std::move(connection));
      } else {
        --count_;
      }
    }
    returned_.notify_one();
  }

 private:
  const int limit_;
  const Open open_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  int count_ = 0;
};

}  // namespace holdfast::sqlite
