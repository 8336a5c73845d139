// The one place where requests are held against their bounds. Pure; needs no snapshot.
#pragma once

#include <optional>
#include <string_view>

#include "core/command.hpp"
#include "holdfast/operations.hpp"
#include "holdfast/outcome.hpp"

namespace holdfast::core {

/// INVALID_ARGUMENT naming the first field that is wrong, or nothing. Time zones are only held
/// against their length here: which of them exist is not for the core to know.
std::optional<Rejection> validate(const Request& request, const Policy& policy);

Rejection invalid(std::string field, std::string message);

/// One line of English for a refusal that says no more than its outcome.
const char* explanation(Outcome outcome);

/// RFC 8259, one value, within bounds::kMetadataDepth; no \u0000 and no lone surrogates, which
/// PostgreSQL's jsonb cannot store.
bool is_json(std::string_view text);
/// Well-formed UTF-8 without NUL.
bool is_text(std::string_view text);

}  // namespace holdfast::core
