// The small vocabulary of every other header: days, instants, ranges.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// A calendar day in a resource's own zone. It is no instant: two resources can be on two days at
/// once.
using Date = std::chrono::local_days;

/// An instant, UTC, in microseconds since 1970-01-01T00:00:00Z (leap seconds not counted).
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// Days from `start` to `end`, both included.
struct DateRange {
  Date start{};
  Date end{};
  friend bool operator==(const DateRange&, const DateRange&) = default;
  bool contains(Date day) const { return start <= day && day <= end; }
  /// How many days it spans; negative or zero when `end` lies before `start`.
  std::int64_t size() const { return (end - start).count() + 1; }
};

/// A set of weekdays as bits: bit 0 is Monday (ISO 1) ... bit 6 is Sunday (ISO 7).
using Weekdays = std::uint8_t;
inline constexpr Weekdays kEveryDay = 0x7F;

/// ISO weekday of `day`: 1 = Monday ... 7 = Sunday.
unsigned iso_weekday(Date day);

/// `YYYY-MM-DD`; years 0001 to 9999.
std::string to_string(Date day);
/// Exactly `YYYY-MM-DD` naming a day that exists, or nothing.
std::optional<Date> parse_date(std::string_view text);
/// RFC 3339 in UTC with microseconds: `2026-01-31T09:30:00.000000Z`.
std::string to_string(Instant instant);

}  // namespace holdfast
