// Days from text, days from numbers, and instants as text.
#include <chrono>
#include <optional>
#include <string>

#include "fuzz/bytes.hpp"
#include "holdfast.h"
#include "holdfast/types.hpp"

namespace holdfast::test::fuzz {
namespace {

void read(std::string_view text) {
  const std::optional<Date> date = parse_date(text);
  if (date) promise(to_string(*date) == text, "a day is printed as it was read");
  holdfast_date read = 77;
  const bool ok = holdfast_parse_date({text.data(), text.size()}, &read, nullptr) == 0;
  promise(ok == date.has_value(), "C and C++ read the same days");
  promise(ok ? read == date->time_since_epoch().count() : read == 77, "untouched on failure");
}

void print(holdfast_date number) {
  char text[11] = "untouched!";
  if (holdfast_format_date(number, text, sizeof text, nullptr) != 0) {
    promise(std::string_view(text) == "untouched!", "untouched on failure");
    return;
  }
  const std::optional<Date> date = parse_date(text);
  promise(date && date->time_since_epoch().count() == number, "a day is read as it was printed");
  promise(iso_weekday(*date) >= 1 && iso_weekday(*date) <= 7, "a day is one of seven");
}

// The years that can be printed, as years 1 to 9999.
void print(std::int64_t micros) {
  constexpr std::int64_t kMin = -62135596800000000;
  constexpr std::int64_t kMax = 253402300799999999;
  if (micros < kMin || micros > kMax) return;
  const std::string text = to_string(Instant(std::chrono::microseconds(micros)));
  promise(text.size() == 27 && text[10] == 'T' && text[26] == 'Z', "an instant has one form");
  promise(parse_date(text.substr(0, 10)).has_value(), "an instant names a day");
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::test::fuzz;
  Bytes bytes(data, size);
  read(bytes.rest());
  bytes = Bytes(data, size);
  print(bytes.number<holdfast_date>());
  print(bytes.number<std::int64_t>());
  return 0;
}
