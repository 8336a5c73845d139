// Rule 3 of the contract, kept for every backend in one place.
#pragma once

#include <optional>

#include "holdfast/storage.hpp"

namespace holdfast {

/// kInternal, Retry::kNever when `changes` touch a key that is not in `scope`: it was not locked,
/// so a defect of the core must not reach it. Nothing may have been written yet.
std::optional<Error> refuse_outside(const Scope& scope, const Changes& changes);

}  // namespace holdfast
