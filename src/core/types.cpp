#include "holdfast/types.hpp"

#include <array>
#include <optional>
#include <string>

#include "holdfast/operations.hpp"

namespace holdfast {
namespace {

namespace chr = std::chrono;

void put(std::string& out, std::int64_t value, int width) {
  std::array<char, 20> digits{};
  int used = 0;
  while (used < width) {
    digits[static_cast<std::size_t>(used++)] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  while (used > 0) out.push_back(digits[static_cast<std::size_t>(--used)]);
}

void put_date(std::string& out, chr::year_month_day day) {
  put(out, static_cast<int>(day.year()), 4);
  out.push_back('-');
  put(out, static_cast<unsigned>(day.month()), 2);
  out.push_back('-');
  put(out, static_cast<unsigned>(day.day()), 2);
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

unsigned iso_weekday(Date day) { return chr::weekday(day).iso_encoding(); }

std::string to_string(Date day) {
  std::string out;
  out.reserve(10);
  put_date(out, chr::year_month_day(day));
  return out;
}

std::optional<Date> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5, 2));
  const auto day = digits(text.substr(8, 2));
  if (!year || !month || !day || *year == 0) return std::nullopt;
  const chr::year_month_day date{chr::year(*year), chr::month(static_cast<unsigned>(*month)),
                                 chr::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Date(date);
}

std::string to_string(Instant instant) {
  const auto day = chr::floor<chr::days>(instant);
  auto rest = (instant - day).count();
  std::string out;
  out.reserve(27);
  put_date(out, chr::year_month_day(day));
  out.push_back('T');
  put(out, rest / 3'600'000'000, 2);
  out.push_back(':');
  put(out, rest / 60'000'000 % 60, 2);
  out.push_back(':');
  put(out, rest / 1'000'000 % 60, 2);
  out.push_back('.');
  put(out, rest % 1'000'000, 6);
  out.push_back('Z');
  return out;
}

}  // namespace holdfast
