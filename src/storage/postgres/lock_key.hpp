// The number that stands for a key in the server's lock table.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast::postgres {

/// FNV-1a 64, its low 48 bits under our own 16, so that no other user of advisory locks in this
/// database meets us. Two keys with one number cost waiting, never safety.
constexpr std::int64_t lock_key(std::string_view key) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : key) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3;
  }
  return static_cast<std::int64_t>(std::uint64_t{0x4846} << 48 | (hash & 0xFFFFFFFFFFFF));
}

}  // namespace holdfast::postgres
