#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace holdfast::core {

/// SHA-256 as in FIPS 180-4.
std::array<std::uint8_t, 32> sha256(std::string_view message);

}  // namespace holdfast::core
