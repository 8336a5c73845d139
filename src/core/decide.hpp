// The decision: which commands are accepted, and what that changes. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "core/command.hpp"
#include "holdfast/outcome.hpp"
#include "holdfast/storage.hpp"

namespace holdfast::core {

/// More due holds must be recorded before this command can be decided, or its token looked for: run
/// it again, with Tokens::kLoad.
struct Deferred {};

using Verdict = std::variant<Value, Rejection, Deferred>;

/// What happened, for the metrics.
struct Tally {
  std::int64_t created = 0;
  std::int64_t replayed = 0;
  std::int64_t not_new = 0;  ///< create_holds that are replayed or refused, or put off to be sure
  std::int64_t expired = 0;
  std::int64_t confirmed = 0;
  std::int64_t cancelled = 0;
  std::int64_t released = 0;
  std::vector<std::chrono::microseconds> hold_to_confirm{};
};

struct Decision {
  std::vector<Verdict> verdicts;  ///< one for each command, in their order
  Changes changes;
  Tally tally;
};

/// A left fold: a batch of N is decided exactly as N batches of one at the same instant.
/// REQUIRES: `snapshot` holds plan(commands, tokens), each key's `today` filled in.
Decision decide(std::span<const Command* const> commands, Snapshot snapshot, const Policy& policy,
                Tokens tokens = Tokens::kLoad);

}  // namespace holdfast::core
