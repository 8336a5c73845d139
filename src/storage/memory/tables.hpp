// The rows of the in-memory backend and their indexes.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/storage.hpp"

namespace holdfast {

struct Places {
  std::int32_t max_capacity = 0;
  std::int32_t available_capacity = 0;
};

struct StoredCommand {
  CommandRecord record{};
  Instant created_at{};
};

/// Every row under one key.
struct KeyRows {
  std::optional<Resource> resource{};
  std::map<Date, Places> capacity{};
  std::map<std::string, StoredHold> holds{};
  std::map<std::string, Allocation> allocations{};
  std::map<std::string, Blackout> blackouts{};
  std::map<CommandKey, StoredCommand> commands{};

  std::map<std::pair<std::string, std::int32_t>, std::string> holds_by_token{};  // token, item_no
  std::set<std::pair<Instant, std::string>> active_holds{};                      // expires_at, id
  std::map<std::string, std::string> allocations_by_hold{};
  std::set<std::string> confirmed_allocations{};

  bool empty() const {
    return !resource && capacity.empty() && holds.empty() && allocations.empty() &&
           blackouts.empty() && commands.empty();
  }
};

using Tables = std::map<std::string, KeyRows, std::less<>>;

/// `dates` ascend.
inline bool has_day_in(const std::vector<Date>& dates, const DateRange& range) {
  const auto first = std::lower_bound(dates.begin(), dates.end(), range.start);
  return first != dates.end() && *first <= range.end;
}

}  // namespace holdfast
