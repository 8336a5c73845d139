#include "engine/zones.hpp"

#include <date/tz.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace holdfast::engine {
namespace {

// An offset of a zone can begin or end far outside what microseconds can say.
Instant clamp(date::sys_seconds at) {
  constexpr auto kMin = std::chrono::seconds(-62135596800);
  constexpr auto kMax = std::chrono::seconds(253402300799);
  return Instant(std::clamp<std::chrono::seconds>(at.time_since_epoch(), kMin, kMax));
}

const date::time_zone& find(const std::string& zone) {
  try {
    return *date::locate_zone(zone);
  } catch (const std::runtime_error&) {
    // The name may be anything that a row holds.
    throw std::runtime_error("a time zone is not in the system's tz database");
  }
}

}  // namespace

bool Zones::exists(const std::string& zone) {
  try {
    today(zone, Instant{});
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

Date Zones::today(const std::string& zone, Instant now) {
  const auto local = [now](const Offset& offset) {
    return Date(std::chrono::floor<std::chrono::days>(now.time_since_epoch() + offset.value));
  };
  {
    const std::shared_lock lock(mutex_);
    const auto at = offsets_.find(zone);
    if (at != offsets_.end() && at->second.begin <= now && now < at->second.end) {
      return local(at->second);
    }
  }
  const auto info = find(zone).get_info(
      date::sys_seconds(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())));
  const Offset offset{clamp(info.begin), clamp(info.end), info.offset};
  const std::unique_lock lock(mutex_);
  offsets_[zone] = offset;
  return local(offset);
}

void Zones::fill(Snapshot& snapshot) {
  for (auto& key : snapshot.keys) {
    if (key.resource) key.today = today(key.resource->timezone, snapshot.now);
  }
}

}  // namespace holdfast::engine
