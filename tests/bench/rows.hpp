// What the audit and the setup need to know of the tables themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace holdfast::bench {

struct Counts {
  std::map<std::string, std::int64_t> holds;  ///< by status
  std::int64_t allocations = 0;
};
Counts count_rows(const std::string& uri);

/// Every ACTIVE hold expires `seconds` from now: the instant, in microseconds since 1970.
std::int64_t make_due(const std::string& uri, double seconds);

}  // namespace holdfast::bench
