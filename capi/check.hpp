// What a caller sent, looked at before anything of it is copied.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "holdfast.h"
#include "holdfast/types.hpp"

namespace holdfast::capi {

inline constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kRequestBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kElementsMax = 4096;
inline constexpr std::size_t kRequestDatesMax = 65536;
/// More than any struct will ever have: a larger struct_size is an uninitialised one.
inline constexpr std::uint32_t kStructBytesMax = 4096;

/// A call that the interface forbids. Thrown only inside capi and caught by guarded().
struct Misuse {
  std::string message;
};

/// UTF-8 as in RFC 3629 (no surrogates, no overlong forms), and no NUL.
bool is_text(std::string_view text);

/// The size of a struct in its first release. One that grows gets a specialisation with that size.
template <class Struct>
inline constexpr std::uint32_t kFirstSize = sizeof(Struct);

/// The struct at `from`, `given` bytes long, as this library knows it. `name` is for the message.
void read_struct(const char* name, const void* from, std::uint32_t given, void* to,
                 std::uint32_t known, std::uint32_t first);
/// Its struct_size, which is all that may be read before it is checked.
std::uint32_t struct_size(const void* from);

template <class Struct>
Struct read_struct(const char* name, const void* from) {
  static_assert(std::is_trivially_copyable_v<Struct>);
  Struct out{};
  read_struct(name, from, struct_size(from), &out, sizeof(Struct), kFirstSize<Struct>);
  return out;
}

/// Checks and converts the fields of one request, and keeps count of what it has copied.
class Check {
 public:
  [[noreturn]] void fail(const char* field, const char* what, std::ptrdiff_t index = -1) const;

  std::string text(const char* field, holdfast_str value, std::ptrdiff_t index = -1);
  /// NULL: not given.
  std::optional<std::string> text_or_none(const char* field, holdfast_str value);
  std::vector<std::string> texts(const char* field, const holdfast_str* values, std::size_t count);
  std::vector<Date> dates(const char* field, const holdfast_date* values, std::size_t count);
  std::optional<Date> date_if(const char* field, holdfast_bool has, holdfast_date value) const;
  std::optional<std::chrono::milliseconds> ttl(std::int64_t ttl_ms) const;
  bool flag(const char* field, holdfast_bool value) const;
  std::optional<bool> choice(const char* field, holdfast_choice value) const;
  void reserved(std::uint32_t value) const;
  /// NULL is allowed for none; more than the limit is not.
  void elements(const char* field, const void* values, std::size_t count) const;

  template <class Enum>
  Enum value(const char* field, std::int32_t number, Enum last) const {
    if (number < 0 || number > static_cast<std::int32_t>(last)) fail(field, "no such value");
    return static_cast<Enum>(number);
  }
  template <class Enum>
  std::optional<Enum> value_if(const char* field, holdfast_bool has, std::int32_t number,
                               Enum last) const {
    if (!given(field, has, number)) return std::nullopt;
    return value(field, number, last);
  }

  /// Messages name the fields that follow `items[index].field`.
  void enter_item(std::ptrdiff_t index) { item_ = index; }
  void leave_items() { item_ = -1; }

 private:
  bool given(const char* field, holdfast_bool has, std::int32_t number) const;

  std::ptrdiff_t item_ = -1;
  std::size_t bytes_ = 0;
  std::size_t dates_ = 0;
};

}  // namespace holdfast::capi
