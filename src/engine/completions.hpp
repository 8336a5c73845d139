// Finished submits on their way to the host: one wake-up, then a drain on the host's own thread.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <vector>

#include "holdfast/engine.hpp"

namespace holdfast::engine {

class Completions {
 public:
  /// Where a completion will stand, a list of one. Made before its request is let in: an answer
  /// that is there must not be lost for want of memory.
  using Place = std::list<Completion>;
  static Place reserve(std::uint64_t tag);
  /// What is pushed waits for ring(), so that the answers of a batch are one wake-up.
  void push(Place&& place, Reply<Value> reply);
  /// Tells the host that completions wait, unless it was told since it last found none.
  void ring();
  std::vector<Completion> drain(std::size_t max);
  /// Returns when no call of an earlier wake-up is running. Calls `wakeup` at once, on this thread,
  /// when completions are waiting.
  void set_wakeup(std::function<void()> wakeup);

 private:
  void signal();

  std::mutex mutex_;
  std::list<Completion> ready_;
  bool signalled_ = false;
  std::mutex wakeup_mutex_;  ///< held while wakeup_ runs or is replaced
  std::function<void()> wakeup_;
};

}  // namespace holdfast::engine
