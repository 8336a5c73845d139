#include "engine/readers.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
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
    if (!start_thread()) {
      return Error{
          .status = Status::kBusy, .retry = Retry::kSafe, .message = "no thread to be had"};
    }
    queue_.push_back(std::move(job));
    wake_.notify_one();
    return {};
  }

  // Asks for no memory: a destructor gets here.
  void close() {
    std::vector<std::thread> threads;
    std::unique_lock lock(mutex_);
    closed_ = true;
    threads.swap(threads_);
    wake_.notify_all();
    while (!queue_.empty()) {
      const auto job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      job(true);
      lock.lock();
    }
    lock.unlock();
    for (auto& thread : threads) thread.join();
  }

 private:
  // A process may be out of threads for a moment. As long as there is one, all goes on.
  bool start_thread() {
    try {
      if (idle_ == 0 && threads_.size() < threads_max_) threads_.emplace_back([this] { work(); });
    } catch (const std::exception&) {
      return !threads_.empty();
    }
    return true;
  }

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
