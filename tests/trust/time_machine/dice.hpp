// All chance of one life: the same seed throws the same.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace holdfast::test::machine {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// 0 <= result < n. REQUIRES: n > 0.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() % n); }
  int between(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1)));
  }
  bool chance(double probability) {
    return static_cast<double>(bits() >> 11) * 0x1.0p-53 < probability;
  }
  template <class T>
  T& one_of(std::vector<T>& values) {
    return values[below(values.size())];
  }

 private:
  std::uint64_t state_;
};

/// What a life looked like, in 64 bits: equal for equal lives.
class Trace {
 public:
  void add(std::uint64_t value) { state_ = (state_ ^ value) * 0x100000001B3U; }
  void add(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325U;
};

/// Restarts the ids that engines of this program make.
void seed_ids(std::uint64_t seed);

}  // namespace holdfast::test::machine
