#include "core/ids.hpp"

#include <algorithm>

namespace holdfast::core {
namespace {

constexpr std::string_view kResourcePrefix = "res_";

// Crockford's base 32 without I, L, O, U, upper case only: one id has one spelling.
bool is_ulid(std::string_view text) {
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return text.size() == kUlidSize && text[0] <= '7' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return kAlphabet.find(c) != std::string_view::npos; });
}

}  // namespace

bool is_resource_id(std::string_view id) {
  return id.starts_with(kResourcePrefix) && is_ulid(id.substr(kResourcePrefix.size()));
}

std::optional<std::string> resource_of(std::string_view id, std::string_view prefix) {
  if (!id.starts_with(prefix)) return std::nullopt;
  id.remove_prefix(prefix.size());
  if (id.size() != 2 * kUlidSize + 1 || id[kUlidSize] != '_') return std::nullopt;
  if (!is_ulid(id.substr(0, kUlidSize)) || !is_ulid(id.substr(kUlidSize + 1))) return std::nullopt;
  std::string resource_id(kResourcePrefix);
  resource_id.append(id.substr(0, kUlidSize));
  return resource_id;
}

std::string_view ulid_of(std::string_view resource_id) {
  return resource_id.substr(kResourcePrefix.size());
}

std::string capacity_id(std::string_view resource_id, Date day) {
  std::string text = to_string(day);
  std::erase(text, '-');
  return "cap_" + std::string(ulid_of(resource_id)) + "_" + text;
}

std::string token_slot(std::string_view token) { return "token:" + std::string(token); }

}  // namespace holdfast::core
