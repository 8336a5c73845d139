#include "request.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

namespace holdfast::node {
namespace {

template <class T>
void store(std::byte* at, const T& value) {
  std::memcpy(at, &value, sizeof value);
}

constexpr const char* kNoDay = "must be a day of the calendar, YYYY-MM-DD";

}  // namespace

std::string camel_case(const char* name) {
  std::string out;
  for (const char* at = name; *at != '\0'; ++at) {
    if (*at == '_' && at[1] != '\0') {
      out.push_back(static_cast<char>(*++at - 'a' + 'A'));
    } else {
      out.push_back(*at);
    }
  }
  return out;
}

bool RequestReader::fail(const Field& field, std::ptrdiff_t index, const char* what,
                         bool is_range) const {
  std::string message = path_ + camel_case(field.name);
  if (index != kNoIndex) message += "[" + std::to_string(index) + "]";
  message += std::string(": ") + what;
  (is_range ? napi_throw_range_error : napi_throw_type_error)(env_, nullptr, message.c_str());
  return false;
}

// Half of a surrogate pair would silently become another text, and two ids one.
bool RequestReader::has_half_a_character(napi_value value) const {
  std::size_t size = 0;
  napi_get_value_string_utf16(env_, value, nullptr, 0, &size);
  std::vector<char16_t> units(size + 1);
  napi_get_value_string_utf16(env_, value, units.data(), units.size(), &size);
  for (std::size_t i = 0; i < size; ++i) {
    const bool is_high = (units[i] & 0xFC00) == 0xD800;
    if (is_high && (units[i + 1] & 0xFC00) == 0xDC00) {
      ++i;
    } else if ((units[i] & 0xF800) == 0xD800) {
      return true;
    }
  }
  return false;
}

bool RequestReader::read_text(const Field& field, napi_value value, holdfast_str& out,
                              std::ptrdiff_t index) {
  // Most texts are short: one call instead of two. A copy that ends well before the room does is
  // whole; the last character of a cut one has at most four bytes.
  constexpr std::size_t kRoom = 96;
  char* data = allocate(kRoom);
  std::size_t size = 0;
  if (napi_get_value_string_utf8(env_, value, data, kRoom, &size) != napi_ok) {
    return fail(field, index, "must be a string", false);
  }
  if (size + 5 > kRoom) {
    napi_get_value_string_utf8(env_, value, nullptr, 0, &size);
    data = allocate(size + 1);
    napi_get_value_string_utf8(env_, value, data, size + 1, &size);
  }
  if (std::string_view(data, size).find("\xEF\xBF\xBD") != std::string_view::npos &&
      has_half_a_character(value)) {
    return fail(field, index, "holds half of a surrogate pair", false);
  }
  out = {data, size};
  return true;
}

bool RequestReader::read_integer(const Field& field, napi_value value, std::byte* to) {
  std::int32_t number = 0;
  if (napi_get_value_int32(env_, value, &number) != napi_ok) {
    return fail(field, kNoIndex, "must be a number", false);
  }
  store(to, number);
  return true;
}

bool RequestReader::read_long(const Field& field, napi_value value, std::byte* to) {
  std::int64_t number = 0;
  if (napi_get_value_int64(env_, value, &number) != napi_ok) {
    return fail(field, kNoIndex, "must be a number", false);
  }
  store(to, number);
  return true;
}

bool RequestReader::read_day(const Field& field, napi_value value, holdfast_date& out) {
  char text[12];
  std::size_t size = 0;
  if (napi_get_value_string_utf8(env_, value, text, sizeof text, &size) != napi_ok) {
    return fail(field, kNoIndex, "must be a string, YYYY-MM-DD", false);
  }
  if (holdfast_parse_date({text, size}, &out, nullptr) != HOLDFAST_STATUS_OK) {
    return fail(field, kNoIndex, kNoDay, true);
  }
  return true;
}

bool RequestReader::read_days(const Field& field, napi_value value, std::byte* request) {
  holdfast_str text{};
  if (!read_text(field, value, text)) return false;
  std::string_view rest(text.data, text.size);
  const auto commas = static_cast<std::size_t>(std::count(rest.begin(), rest.end(), ','));
  const std::size_t count = rest.empty() ? 0 : commas + 1;
  auto* const days = static_cast<holdfast_date*>(
      memory_.allocate(count * sizeof(holdfast_date) + 1, alignof(holdfast_date)));
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view day = rest.substr(0, rest.find(','));
    if (holdfast_parse_date({day.data(), day.size()}, &days[i], nullptr) != HOLDFAST_STATUS_OK) {
      return fail(field, static_cast<std::ptrdiff_t>(i), kNoDay, true);
    }
    rest.remove_prefix(std::min(day.size() + 1, rest.size()));
  }
  store(request + field.offset, days);
  store(request + field.beside, count);
  return true;
}

bool RequestReader::read_item(const Field& field, napi_value value, std::byte* item) {
  const std::span<const Field> fields = item_fields();
  std::array<napi_value, 8> values{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (napi_get_element(env_, value, static_cast<std::uint32_t>(i), &values[i]) != napi_ok) {
      return fail(field, kNoIndex, "must be a list", false);
    }
  }
  store(item, static_cast<std::uint32_t>(sizeof(holdfast_hold_item)));
  return read(fields, {values.data(), fields.size()}, item);
}

bool RequestReader::read_list(const Field& field, napi_value value, std::byte* request) {
  std::uint32_t count = 0;
  if (napi_get_array_length(env_, value, &count) != napi_ok) {
    return fail(field, kNoIndex, "must be an array", false);
  }
  const std::size_t width =
      field.kind == Kind::kTexts ? sizeof(holdfast_str) : sizeof(holdfast_hold_item);
  auto* const list =
      static_cast<std::byte*>(memory_.allocate(width * count + 1, alignof(std::max_align_t)));
  std::memset(list, 0, width * count);
  for (std::uint32_t i = 0; i < count; ++i) {
    napi_value element = nullptr;
    if (napi_get_element(env_, value, i, &element) != napi_ok) return false;
    std::byte* const at = list + width * i;
    bool ok = false;
    if (field.kind == Kind::kTexts) {
      holdfast_str text{};
      ok = read_text(field, element, text, i);
      store(at, text);
    } else {
      path_ = std::string(field.name) + "[" + std::to_string(i) + "].";
      ok = read_item(field, element, at);
      path_.clear();
    }
    if (!ok) return false;
  }
  store(request + field.offset, list);
  store(request + field.beside, static_cast<std::size_t>(count));
  return true;
}

bool RequestReader::read_field(const Field& field, napi_value value, std::byte* request) {
  std::byte* const to = request + field.offset;
  switch (field.kind) {
    case Kind::kText:
    case Kind::kJson: {
      holdfast_str text{};
      if (!read_text(field, value, text)) return false;
      store(to, text);
      return true;
    }
    case Kind::kDay: {
      holdfast_date day = 0;
      if (!read_day(field, value, day)) return false;
      store(to, day);
      break;
    }
    case Kind::kLong:
      return read_long(field, value, to);
    case Kind::kDays:
      return read_days(field, value, request);
    case Kind::kTexts:
    case Kind::kItems:
      return read_list(field, value, request);
    default:
      if (!read_integer(field, value, to)) return false;
  }
  if (field.beside != kNone) store(request + field.beside, holdfast_bool{1});
  return true;
}

bool RequestReader::read(std::span<const Field> fields, std::span<const napi_value> values,
                         std::byte* request) {
  for (std::size_t i = 0; i < fields.size() && i < values.size(); ++i) {
    napi_valuetype type = napi_undefined;
    napi_typeof(env_, values[i], &type);
    if (type != napi_undefined && !read_field(fields[i], values[i], request)) return false;
  }
  return true;
}

}  // namespace holdfast::node
