// Fresh ids. The only randomness of the library.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::engine {

/// `prefix`, then `of` and `_` unless it is empty, then a ULID: 48 bits of the host's time in
/// milliseconds (only for order, never for a decision), 80 fresh bits of the system's generator.
std::string mint(std::string_view prefix, std::string_view of = {});

}  // namespace holdfast::engine
