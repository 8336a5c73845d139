// How other threads reach the thread of an environment.
#pragma once

#include <node_api.h>

#include <mutex>

namespace holdfast::node {

/// One per environment; outlives it, because the library's threads may. The thread-safe function
/// carries no data, only "look": what there is to see waits in the engines. Node may end an
/// environment while other threads call; close() makes that a plain lock.
class Mailbox {
 public:
  explicit Mailbox(napi_threadsafe_function function) : function_(function) {}

  /// Any thread. Many calls until looked() are one.
  void wake() {
    const std::lock_guard lock(mutex_);
    if (function_ == nullptr || called_) return;
    called_ = napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) == napi_ok;
  }

  /// The environment's thread, before its last look of a turn.
  void looked() {
    const std::lock_guard lock(mutex_);
    called_ = false;
  }

  /// The environment's thread: nothing is sent after it returns.
  void close() {
    const std::lock_guard lock(mutex_);
    if (function_ != nullptr) napi_release_threadsafe_function(function_, napi_tsfn_abort);
    function_ = nullptr;
  }

 private:
  std::mutex mutex_;
  napi_threadsafe_function function_;
  bool called_ = false;
};

}  // namespace holdfast::node
