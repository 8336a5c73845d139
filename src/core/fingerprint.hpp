// What makes two requests the same request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/command.hpp"

namespace holdfast::core {

/// 32 hexadecimal digits over everything that the request asks for, but never the email or the
/// token itself: the first 128 bits of SHA-256 (FIPS 180-4) of a length-prefixed encoding.
std::string fingerprint(const Command& command);

/// Whether two texts are equal, in a time that depends on their lengths alone.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace holdfast::core
