// A page's `next`: where the following page starts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/storage.hpp"

namespace holdfast::core {

std::string print_cursor(const Cursor& cursor);
std::optional<Cursor> parse_cursor(std::string_view text);

}  // namespace holdfast::core
