// Locks on keys, granted in the order they were asked for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

class KeyLocks {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  enum class Grant { kAtOnce, kWaited, kTimedOut };

  /// What one transaction holds; lets go of all of it at the end of its life. One thread.
  class Held {
   public:
    explicit Held(KeyLocks& locks) : locks_(locks) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { locks_.unlock(keys_); }

    /// REQUIRES: keys come in ascending order, each once.
    Grant lock(const std::string& key, Deadline deadline) {
      keys_.reserve(keys_.size() + 1);
      Queues::iterator queue;
      const Grant grant = locks_.lock(key, deadline, queue);
      if (grant != Grant::kTimedOut) keys_.push_back(queue);
      return grant;
    }

   private:
    friend class KeyLocks;
    KeyLocks& locks_;
    std::vector<std::map<std::string, std::deque<std::condition_variable*>>::iterator> keys_{};
  };

 private:
  // The front of a queue has the lock. Without an order, a thread that locks again at once keeps
  // the others out until their time is up.
  using Queue = std::deque<std::condition_variable*>;
  using Queues = std::map<std::string, Queue>;

  Grant lock(const std::string& key, Deadline deadline, Queues::iterator& queue) {
    std::condition_variable turn;
    std::unique_lock guard(mutex_);
    queue = queues_.try_emplace(key).first;
    try {
      queue->second.push_back(&turn);
    } catch (...) {
      if (queue->second.empty()) queues_.erase(queue);
      throw;
    }
    if (queue->second.front() == &turn) return Grant::kAtOnce;
    const bool granted =
        turn.wait_until(guard, deadline, [&] { return queue->second.front() == &turn; });
    if (granted) return Grant::kWaited;
    std::erase(queue->second, &turn);
    return Grant::kTimedOut;
  }

  void unlock(const std::vector<Queues::iterator>& held) {
    const std::scoped_lock guard(mutex_);
    for (const auto queue : held) {
      queue->second.pop_front();
      if (queue->second.empty()) {
        queues_.erase(queue);
      } else {
        queue->second.front()->notify_one();
      }
    }
  }

  std::mutex mutex_{};
  Queues queues_{};
};

}  // namespace holdfast
