// A clock that stands still until a test moves it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "holdfast/types.hpp"

namespace holdfast::test {

/// Copies share one hand. Threads: all methods may run at once.
class TestClock {
 public:
  explicit TestClock(Instant start)
      : us_(std::make_shared<Hand>(start.time_since_epoch().count())) {}
  /// 2026-02-03T04:05:06.789012Z: no field of it is zero or equal to another.
  TestClock() : TestClock(Instant(std::chrono::microseconds(1'770'091'506'789'012))) {}

  Instant now() const { return Instant(std::chrono::microseconds(us_->load())); }
  void set(Instant instant) { us_->store(instant.time_since_epoch().count()); }
  void advance(std::chrono::microseconds by) { us_->fetch_add(by.count()); }

  /// For StorageOptions::clock and EngineOptions::clock.
  std::function<Instant()> function() const {
    return [clock = *this] { return clock.now(); };
  }

 private:
  using Hand = std::atomic<std::int64_t>;
  std::shared_ptr<Hand> us_;
};

}  // namespace holdfast::test
