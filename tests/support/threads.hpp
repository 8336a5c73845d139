// Threads whose exceptions reach the test.
#pragma once

#include <exception>
#include <functional>
#include <future>
#include <thread>
#include <vector>

namespace holdfast::test {

/// Runs body(0) ... body(count - 1) at once and waits for all; then rethrows the first exception.
/// Catch2's assertions are not for threads: throw, or collect and check afterwards.
inline void in_threads(int count, const std::function<void(int)>& body) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::vector<std::future<void>> running;
  running.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    running.push_back(std::async(std::launch::async, [&body, open, i] {
      open.wait();
      body(i);
    }));
  }
  gate.set_value();
  std::exception_ptr first;
  for (auto& thread : running) {
    try {
      thread.get();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace holdfast::test
