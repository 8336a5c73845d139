// One function for each command, each a ladder of early returns. Internal to the core.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/decide.hpp"
#include "core/state.hpp"

namespace holdfast::core {

/// Places wanted on one day, all items of a request together.
struct Wanted {
  KeyState* key = nullptr;
  Date date{};
  std::int64_t quantity = 0;
};

struct Context {
  State& state;
  const Policy& policy;
  const Tokens tokens;
  Tally& tally;
  std::vector<Wanted> wanted{};  ///< of the command at hand; its memory is kept for the next
};

Verdict decide_one(Context&, const Command&, const CreateResource&);
Verdict decide_one(Context&, const Command&, const UpdateResource&);
Verdict decide_one(Context&, const Command&, const DeleteResource&);
Verdict decide_one(Context&, const Command&, const RestoreResource&);
Verdict decide_one(Context&, const Command&, const InitializeCapacity&);
Verdict decide_one(Context&, const Command&, const AdjustCapacity&);
Verdict decide_one(Context&, const Command&, const CreateHolds&);
Verdict decide_one(Context&, const Command&, const ExtendHolds&);
Verdict decide_one(Context&, const Command&, const ConfirmHolds&);
Verdict decide_one(Context&, const Command&, const ReleaseHolds&);
Verdict decide_one(Context&, const Command&, const CancelAllocations&);
Verdict decide_one(Context&, const Command&, const MoveHold&);
Verdict decide_one(Context&, const Command&, const MoveAllocation&);
Verdict decide_one(Context&, const Command&, const CreateBlackout&);
Verdict decide_one(Context&, const Command&, const DeleteBlackout&);
Verdict decide_one(Context&, const Command&, const ExpireDue&);
Verdict decide_one(Context&, const Command&, const PruneKey&);
Verdict decide_one(Context&, const Command&, const EraseEmail&);

/// Sorts by resource and day, and sums what stands on the same day.
void sum_by_day(std::vector<Wanted>& wanted);

/// The one check that everything passes which takes places: hold, move, reclaim. `wanted` is
/// summed. RESOURCE_NOT_FOUND, RESOURCE_INACTIVE, DATE_IN_PAST, NO_CAPACITY_SET, BLACKOUT,
/// INSUFFICIENT_CAPACITY, each with every day it stands for.
std::optional<Rejection> refuse(const std::vector<Wanted>& wanted);

/// Whether a refusal for want of places may be due to holds that are due but not yet recorded.
bool may_free_places(const std::vector<Wanted>& wanted);

/// RESOURCE_NOT_FOUND, when it is missing or deleted.
std::optional<Rejection> refuse_missing(const KeyState& key);

Rejection reject(Outcome outcome, std::string id);

/// The hold, when `holder` may touch it; a hold of somebody else is no hold.
HoldRow* find_hold(State& state, std::string_view id, std::string_view holder, bool as_host);

/// EXPIRED, RELEASED or CONFIRMED as a refusal; kAccepted while it is ACTIVE.
Outcome refusal_of(HoldStatus status);
/// Keeps the refusal that stands first in the order of precedence.
void prefer(std::optional<Rejection>& kept, Outcome outcome, const std::string& id);

/// An earlier request of this token: its record, a mismatch, or nothing.
struct Replay {
  const CommandRecord* record = nullptr;
  std::optional<Rejection> mismatch{};
};
Replay find_replay(State& state, const Command& command, const std::string& token);
/// Remembers the request under each of its keys. Nothing without a token.
void remember(State& state, const Command& command, const std::string& token, std::string outcome);

}  // namespace holdfast::core
