#include "engine/readers.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace holdfast::engine {

class Readers::State {
 public:
  State(std::size_t threads, std::size_t queue_max) : threads_max_(threads), max_(queue_max) {}

  Result<void> submit(std::function<void(bool)> job) {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return Error{.status = Status::kClosed, .message = "the engine is closed"};
    }
    if (queue_.size() >= max_) {
      return Error{.status = Status::kBusy, .retry = Retry::kSafe, .message = "the queue is full"};
    }
    queue_.push_back(std::move(job));
    if (idle_ == 0 && threads_.size() < threads_max_) threads_.emplace_back([this] { work(); });
    wake_.notify_one();
    return {};
  }

  void close() {
    std::deque<std::function<void(bool)>> left;
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      left.swap(queue_);
      threads.swap(threads_);
      wake_.notify_all();
    }
    for (auto& job : left) job(true);
    for (auto& thread : threads) thread.join();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      wake_.wait(lock, [this] { return closed_ || !queue_.empty(); });
      --idle_;
      if (queue_.empty()) return;
      auto job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      job(false);
      lock.lock();
    }
  }

  const std::size_t threads_max_;
  const std::size_t max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void(bool)>> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool closed_ = false;
};

Readers::Readers(std::int32_t threads, std::int32_t queue_max)
    : state_(std::make_unique<State>(static_cast<std::size_t>(threads),
                                     static_cast<std::size_t>(queue_max))) {}
Readers::~Readers() { close(); }
Result<void> Readers::submit(std::function<void(bool)> job) {
  return state_->submit(std::move(job));
}
void Readers::close() { state_->close(); }

}  // namespace holdfast::engine
