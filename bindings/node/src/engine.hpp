// One engine of an environment: opened and closed on a thread of its own, drained on Node's.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "holdfast.h"
#include "mailbox.hpp"

namespace holdfast::node {

/// The time of a test clock, in microseconds: the library reads it on any thread, where calling
/// JavaScript is out of the question.
using Clock = std::atomic<std::int64_t>;

struct LogLine {
  holdfast_log_level level;
  std::string text;
};

/// holdfast_open and holdfast_close block, and Node's pool of threads is small and shared, so each
/// runs on a thread made for it. That is safe: the C ABI may be called from any thread, the thread
/// touches only this object (which it keeps alive) and the mailbox, and never JavaScript.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  enum class Phase : std::uint8_t { kOpening, kFailed, kOpen, kClosing, kClosed };

  Engine(std::uint32_t id, std::shared_ptr<Mailbox> mailbox, std::shared_ptr<Clock> clock);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  std::uint32_t id() const { return id_; }
  holdfast_engine handle() const { return handle_.load(); }

  /// `options` holds the values; its texts end with the call. False: no thread could be started.
  bool start_open(const holdfast_options& options, bool wants_log);
  /// Answers what has begun, completes the rest with CLOSED, closes. While opening: right after.
  /// Again: nothing.
  void start_close();
  /// Waits for the thread. When it has not ended by then it is left to itself, with all it needs.
  void finish(std::chrono::steady_clock::time_point deadline);

  Phase phase() const;
  const holdfast_error& error() const { return error_; }  ///< once phase() is kFailed
  /// At most `max` completions, as from holdfast_drain; what close() found comes here too.
  std::size_t drain(holdfast_completion* completions, std::size_t max);
  std::deque<LogLine> take_log();

 private:
  struct OpenRequest {
    holdfast_options options;
    std::string uri;
    std::string timezone;
  };

  static void on_wakeup(void* self);
  static void on_log(void* self, holdfast_log_level level, holdfast_str line);
  static holdfast_instant on_clock(void* clock);
  void open(OpenRequest request);
  void close();
  void enter(Phase phase);

  const std::uint32_t id_;
  const std::shared_ptr<Mailbox> mailbox_;
  const std::shared_ptr<Clock> clock_;
  std::atomic<holdfast_engine> handle_{0};
  holdfast_error error_{};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Phase phase_ = Phase::kOpening;
  bool close_wanted_ = false;
  std::vector<holdfast_completion> late_;  ///< drained by close()
  std::thread thread_;

  std::mutex log_mutex_;
  std::deque<LogLine> log_;
  std::int64_t log_dropped_ = 0;
};

}  // namespace holdfast::node
