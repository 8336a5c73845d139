// How long a timed campaign may run: HOLDFAST_BUDGET (1 when unset) scales each.
#pragma once

#include <chrono>
#include <cstdlib>

namespace holdfast::test {

inline double budget() {
  const char* given = std::getenv("HOLDFAST_BUDGET");
  const double factor = given != nullptr ? std::strtod(given, nullptr) : 1.0;
  return factor > 0 ? factor : 1.0;
}

inline std::chrono::milliseconds scaled(std::chrono::milliseconds at_one) {
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(at_one.count()) * budget()));
}

/// At least 1.
inline int scaled(int rounds_at_one) {
  const auto rounds = static_cast<int>(rounds_at_one * budget());
  return rounds < 1 ? 1 : rounds;
}

}  // namespace holdfast::test
