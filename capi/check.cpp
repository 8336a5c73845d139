#include "check.hpp"

#include <algorithm>

namespace holdfast::capi {
namespace {

using Byte = unsigned char;

bool is_continuation(Byte byte) { return (byte & 0xC0) == 0x80; }

// Bytes of the character at `at`, or 0 if it is none.
std::size_t character(const Byte* at, std::size_t left) {
  const Byte lead = at[0];
  if (lead == 0) return 0;
  if (lead < 0x80) return 1;
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead < 0xC2 || lead > 0xF4 || left < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(at[i])) return 0;
  }
  const Byte second = at[1];
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool too_large = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : size;
}

bool is_plain(std::uint64_t eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const std::uint64_t zeros = (eight - kOnes) & ~eight & kHighs;
  return ((eight & kHighs) | zeros) == 0;
}

}  // namespace

bool is_text(std::string_view text) {
  const auto* at = reinterpret_cast<const Byte*>(text.data());
  std::size_t left = text.size();
  while (left > 0) {
    std::uint64_t eight = 0;
    if (left >= sizeof eight) {
      std::memcpy(&eight, at, sizeof eight);
      if (is_plain(eight)) {
        at += sizeof eight;
        left -= sizeof eight;
        continue;
      }
    }
    const std::size_t size = character(at, left);
    if (size == 0) return false;
    at += size;
    left -= size;
  }
  return true;
}

std::uint32_t struct_size(const void* from) {
  std::uint32_t size = 0;
  std::memcpy(&size, from, sizeof size);
  return size;
}

void read_struct(const char* name, const void* from, std::uint32_t given, void* to,
                 std::uint32_t known, std::uint32_t first) {
  if (given < first || given > kStructBytesMax) {
    throw Misuse{std::string(name) + ".struct_size: " + std::to_string(given) +
                 " is not the size of any version of this struct"};
  }
  const auto* bytes = static_cast<const Byte*>(from);
  if (given > known &&
      std::any_of(bytes + known, bytes + given, [](Byte byte) { return byte != 0; })) {
    throw Misuse{std::string(name) +
                 ".struct_size: fields are set that this version of the library does not know"};
  }
  std::memcpy(to, from, std::min(given, known));
}

void Check::fail(const char* field, const char* what, std::ptrdiff_t index) const {
  std::string message;
  if (item_ >= 0) message += "items[" + std::to_string(item_) + "].";
  message += field;
  if (index >= 0) message += "[" + std::to_string(index) + "]";
  message += ": ";
  message += what;
  throw Misuse{std::move(message)};
}

std::string Check::text(const char* field, holdfast_str value, std::ptrdiff_t index) {
  if (value.size == 0) return {};
  if (value.data == nullptr) fail(field, "NULL with a size", index);
  if (value.size > kTextBytesMax) fail(field, "longer than 1 MiB", index);
  bytes_ += value.size;
  if (bytes_ > kRequestBytesMax) fail(field, "all strings together are longer than 4 MiB", index);
  const std::string_view text(value.data, value.size);
  if (!is_text(text)) fail(field, "not UTF-8, or with a NUL inside", index);
  return std::string(text);
}

std::optional<std::string> Check::text_or_none(const char* field, holdfast_str value) {
  if (value.data == nullptr && value.size == 0) return std::nullopt;
  return text(field, value);
}

void Check::elements(const char* field, const void* values, std::size_t count) const {
  if (count > kElementsMax) fail(field, "more than 4,096 elements");
  if (count > 0 && values == nullptr) fail(field, "NULL with a count");
}

std::vector<std::string> Check::texts(const char* field, const holdfast_str* values,
                                      std::size_t count) {
  elements(field, values, count);
  std::vector<std::string> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(text(field, values[i], static_cast<std::ptrdiff_t>(i)));
  }
  return out;
}

std::vector<Date> Check::dates(const char* field, const holdfast_date* values, std::size_t count) {
  elements(field, values, count);
  dates_ += count;
  if (dates_ > kRequestDatesMax) fail(field, "all dates together are more than 65,536");
  std::vector<Date> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.push_back(Date(std::chrono::days(values[i])));
  return out;
}

bool Check::given(const char* field, holdfast_bool has, std::int32_t number) const {
  if (has != 0 && has != 1) fail(field, "its has_ field is neither 0 nor 1");
  // A forgotten has_ would widen a filter without a word.
  if (has == 0 && number != 0) fail(field, "given, but its has_ field is 0");
  return has == 1;
}

std::optional<Date> Check::date_if(const char* field, holdfast_bool has,
                                   holdfast_date value) const {
  if (!given(field, has, value)) return std::nullopt;
  return Date(std::chrono::days(value));
}

std::optional<std::chrono::milliseconds> Check::ttl(std::int64_t ttl_ms) const {
  if (ttl_ms == 0) return std::nullopt;
  return std::chrono::milliseconds(ttl_ms);
}

bool Check::flag(const char* field, holdfast_bool value) const {
  if (value != 0 && value != 1) fail(field, "neither 0 nor 1");
  return value == 1;
}

std::optional<bool> Check::choice(const char* field, holdfast_choice value) const {
  if (value == HOLDFAST_UNSET) return std::nullopt;
  if (value != HOLDFAST_NO && value != HOLDFAST_YES) fail(field, "no such value");
  return value == HOLDFAST_YES;
}

void Check::reserved(std::uint32_t value) const {
  if (value != 0) fail("reserved", "not zero");
}

}  // namespace holdfast::capi
