// Counters of one engine. Lock-free but for the maps, which only refusals and failures touch.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

#include "core/decide.hpp"
#include "holdfast/operations.hpp"

namespace holdfast::engine {

class Metrics {
 public:
  void requested(const core::Command& command);
  /// The answer that a caller got.
  void answered(const core::Verdict& verdict);
  void rejected(Outcome outcome);
  void failed(Status status);
  void retried() { ++retries_; }
  void committed(std::size_t commands, const core::Tally& tally);

  /// All but `queue_depth`, `use` and what the storage counts.
  MetricsAnswer snapshot() const;

 private:
  // Upper edges in seconds; the last bucket has none.
  static constexpr std::array<double, 16> kEdges = {0.1, 0.5, 1,   2,   5,    10,   30,    60,
                                                    120, 300, 600, 900, 1800, 3600, 21600, 86400};
  using Counter = std::atomic<std::int64_t>;

  double confirm_p95() const;

  Counter requested_{0}, created_{0}, replayed_{0}, confirmed_{0}, released_{0}, expired_{0},
      cancelled_{0}, batches_{0}, commands_{0}, batch_size_max_{0}, retries_{0};
  Counter confirm_micros_{0}, confirm_count_{0};
  std::array<Counter, kEdges.size() + 1> confirm_buckets_{};
  std::array<Counter, 32> rejections_{};
  std::array<Counter, 16> failures_{};
};

}  // namespace holdfast::engine
