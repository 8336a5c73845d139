// A mutex that serves in the order of asking and gives up at a deadline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

namespace holdfast::sqlite {

/// The write connection's threads queue here: SQLite's own wait is a poll, which favours whoever
/// wrote last.
class FairGate {
 public:
  /// False: `deadline` came first. `waited` is set when it was not free at once.
  bool enter(std::chrono::steady_clock::time_point deadline, bool& waited) {
    std::unique_lock lock(mutex_);
    if (!busy_ && waiting_.empty()) {
      busy_ = true;
      return true;
    }
    waited = true;
    Waiter self;
    const auto place = waiting_.insert(waiting_.end(), &self);
    self.turn.wait_until(lock, deadline, [&] { return self.admitted; });
    // leave() takes whoever it admits out of the list.
    if (!self.admitted) waiting_.erase(place);
    return self.admitted;
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    busy_ = !waiting_.empty();
    if (!busy_) return;
    Waiter* next = waiting_.front();
    waiting_.pop_front();
    next->admitted = true;
    // Under the mutex: once it is free, the waiter and its condition variable may be gone.
    next->turn.notify_one();
  }

 private:
  struct Waiter {
    std::condition_variable turn;
    bool admitted = false;
  };
  std::mutex mutex_;
  std::list<Waiter*> waiting_;
  bool busy_ = false;
};

}  // namespace holdfast::sqlite
