// The figure of a campaign: what was played, how much of it, and what of it was wrong.
#pragma once

#include <cstdint>
#include <string>

namespace holdfast::test {

struct Figure {
  std::string campaign{};
  std::string part{};  ///< a database, an operation: the campaign's figure is the sum of its parts
  std::int64_t count = 0;
  std::string unit{};  ///< what is counted
  std::int64_t wrong = 0;
  bool whole = false;  ///< at full length, not a share
  std::string text{};  ///< the rest, in words
};

/// Prints the figure when the program ends, so that it stands on its last lines. With the time
/// since the last one, the date and the seed it is also a line of the file that HOLDFAST_FIGURES
/// names, which trust/figures.py reads.
void report(const Figure& figure);

/// From this HOLDFAST_BUDGET on a campaign plays all of it.
constexpr double kWhole = 20;
bool plays_whole();

/// Every nth point is played: all of them by what plays the whole.
int stride(double at_one);

}  // namespace holdfast::test
