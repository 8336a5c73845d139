// From commands to what must be locked and loaded to decide them.
#pragma once

#include <span>

#include "core/command.hpp"
#include "holdfast/storage.hpp"

namespace holdfast::core {

/// The union of what each command needs; keys ascending, days ascending, each once.
Scope plan(std::span<const Command* const> commands, Tokens tokens = Tokens::kLoad);

}  // namespace holdfast::core
