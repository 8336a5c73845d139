// Chance that can be replayed: HOLDFAST_SEED=<number> repeats a run.
#pragma once

#include <cstdint>
#include <random>

namespace holdfast::test {

/// HOLDFAST_SEED, or a fresh one; printed to stderr when it is first asked for.
std::uint64_t run_seed();

/// The same numbers on every platform for one seed, which the standard's distributions do not give.
/// One thread; give each thread a stream of its own.
class Random {
 public:
  explicit Random(std::uint64_t stream = 0) : engine_(run_seed() + 0x9E3779B97F4A7C15U * stream) {}

  std::uint64_t bits() { return engine_(); }
  /// 0 <= result < n. REQUIRES: n > 0.
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool chance(double probability) {
    return static_cast<double>(engine_() >> 11) * 0x1.0p-53 < probability;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace holdfast::test
