// A number of places, given out in the order of asking, with a deadline for each who waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>

namespace holdfast {

/// In front of connections: a condition variable alone lets a thread that gives its place back and
/// asks again at once go before all who wait, and one of a hundred callers waits for ever.
///
/// Threads: all methods may run at once. Must outlive those who wait.
class FairGate {
 public:
  /// Bookings go before reads: they hold locks that others wait for, and they are few.
  enum class Turn { kFirst, kLast };

  explicit FairGate(std::size_t places) : free_(places) {}

  /// False: `deadline` came first. `waited` is set when there was no place at once.
  bool enter(std::chrono::steady_clock::time_point deadline, bool& waited,
             Turn turn = Turn::kLast) {
    std::unique_lock lock(mutex_);
    if (free_ > 0) {
      --free_;
      return true;
    }
    waited = true;
    Waiter self;
    const auto place =
        waiting_.insert(turn == Turn::kFirst ? waiting_.begin() : waiting_.end(), &self);
    self.turn.wait_until(lock, deadline, [&] { return self.admitted; });
    // leave() takes whoever it admits out of the list.
    if (!self.admitted) waiting_.erase(place);
    return self.admitted;
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    Waiter* next = waiting_.front();
    waiting_.pop_front();
    next->admitted = true;
    // Under the mutex: once it is free, the waiter and its condition variable may be gone.
    next->turn.notify_one();
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  struct Waiter {
    std::condition_variable turn;
    bool admitted = false;
  };
  mutable std::mutex mutex_;
  std::list<Waiter*> waiting_;
  std::size_t free_;
};

}  // namespace holdfast
