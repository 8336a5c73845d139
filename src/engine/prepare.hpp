// From a valid request to the exact command that is decided, and from the verdict back.
#pragma once

#include <string>
#include <variant>

#include "core/command.hpp"
#include "core/decide.hpp"
#include "engine/zones.hpp"
#include "holdfast/operations.hpp"
#include "holdfast/outcome.hpp"

namespace holdfast::engine {

/// Whether the request is decided under locks; the rest only reads, or is made of other requests.
bool is_command(const Request& request);

/// Fresh ids, a token, defaults, days in order, the keys. Or the refusal that needs no database.
/// REQUIRES: is_command(request), and the request is valid.
std::variant<core::Command, Rejection> prepare(Request request, Zones& zones,
                                               const std::string& default_timezone);

/// The value in the request's own shape: a singular request gets the one hold of its answer.
/// `request_index` is Request::index() of what was asked.
Value shape(Value value, std::size_t request_index);

/// The token of a command, the host's or the engine's; empty when it has none.
const std::string& token_of(const core::Command& command);

/// `create_hold`: the request's name in logs.
std::string_view request_name(std::size_t request_index);

}  // namespace holdfast::engine
