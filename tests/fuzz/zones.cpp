// Names of time zones, and the day it is there.
#include "engine/zones.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

#include "fuzz/bytes.hpp"

namespace holdfast::test::fuzz {
namespace {

constexpr std::int64_t kMicrosMax = 253402300799999999;  // the year 9999, and as far back

// No zone is further than 26 hours from UTC, and what is asked again is answered alike.
void ask(engine::Zones& zones, const std::string& zone, Instant now) {
  const Date today = zones.today(zone, now);
  const auto there = today.time_since_epoch();
  const auto here = std::chrono::floor<std::chrono::days>(now.time_since_epoch());
  promise(std::chrono::abs(there - here) <= std::chrono::days(2), "today is about today");
  promise(zones.today(zone, now) == today, "asked again, the same day");
}

bool has_day(engine::Zones& zones, const std::string& zone, Instant now) {
  try {
    zones.today(zone, now);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::test::fuzz;
  Bytes bytes(data, size);
  // Any instant of the years that the engine's clock is held within.
  const Instant now(std::chrono::microseconds(bytes.number<std::int64_t>() % kMicrosMax));
  const std::string zone(bytes.rest());
  engine::Zones zones;
  const bool exists = zones.exists(zone);
  if (exists) ask(zones, zone, now);
  promise(has_day(zones, zone, now) == exists, "what has a day is a zone");
  return 0;
}
