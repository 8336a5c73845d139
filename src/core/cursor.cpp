#include "core/cursor.hpp"

#include <charconv>

namespace holdfast::core {

std::string print_cursor(const Cursor& cursor) {
  return std::to_string(cursor.created_at.time_since_epoch().count()) + ":" + cursor.id;
}

std::optional<Cursor> parse_cursor(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.size() > colon + 1 + bounds::kIdBytes) {
    return std::nullopt;
  }
  std::int64_t micros = 0;
  const char* const end = text.data() + colon;
  const auto [at, error] = std::from_chars(text.data(), end, micros);
  if (error != std::errc() || at != end) return std::nullopt;
  // Years 1 to 9999: what both databases can compare with.
  constexpr std::int64_t kMin = -62135596800000000;
  constexpr std::int64_t kMax = 253402300799999999;
  if (micros < kMin || micros > kMax) return std::nullopt;
  const std::string_view id = text.substr(colon + 1);
  for (const char c : id) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!word && c != '_') return std::nullopt;
  }
  return Cursor{Instant(std::chrono::microseconds(micros)), std::string(id)};
}

}  // namespace holdfast::core
