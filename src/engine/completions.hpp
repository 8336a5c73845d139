// Finished submits on their way to the host: one wake-up, then a drain on the host's own thread.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "holdfast/engine.hpp"

namespace holdfast::engine {

class Completions {
 public:
  void push(Completion completion);
  std::vector<Completion> drain(std::size_t max);
  /// Returns when no call of an earlier wake-up is running. Calls `wakeup` at once, on this thread,
  /// when completions are waiting.
  void set_wakeup(std::function<void()> wakeup);

 private:
  void signal();

  std::mutex mutex_;
  std::deque<Completion> ready_;
  bool signalled_ = false;
  std::mutex wakeup_mutex_;  ///< held while wakeup_ runs or is replaced
  std::function<void()> wakeup_;
};

}  // namespace holdfast::engine
