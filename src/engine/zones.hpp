// Which day it is where a resource is. The only user of date's tz.
#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "holdfast/storage.hpp"
#include "holdfast/types.hpp"

namespace holdfast::engine {

/// Reads the system's tz database, never the host's TZ. Threads: any.
class Zones {
 public:
  bool exists(const std::string& zone);
  /// The local calendar day at `now`. Throws std::runtime_error when the zone does not exist.
  Date today(const std::string& zone, Instant now);
  /// Sets `today` of every key that has a resource.
  void fill(Snapshot& snapshot);

 private:
  // One offset, and the instants between which it holds; the end is not included.
  struct Offset {
    Instant begin{};
    Instant end{};
    std::chrono::seconds value{};
  };
  std::shared_mutex mutex_;
  std::unordered_map<std::string, Offset> offsets_;
};

}  // namespace holdfast::engine
