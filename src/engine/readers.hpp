#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "holdfast/error.hpp"

namespace holdfast::engine {

/// A few threads that answer submitted reads, started when they are first needed.
class Readers {
 public:
  Readers(std::int32_t threads, std::int32_t queue_max);
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;
  ~Readers();

  /// Runs `job(false)` on a thread of its own, or `job(true)` when closed before its turn.
  Result<void> submit(std::function<void(bool closed)> job);
  void close();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::engine
