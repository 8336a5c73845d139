// Other days or another quantity for what is held or booked.
#include <algorithm>
#include <utility>

#include "core/ladders.hpp"

namespace holdfast::core {
namespace {

// What a move adds on each day: the places beyond those it has there already.
std::vector<Wanted> added(KeyState& key, const std::vector<Date>& old_dates,
                          std::int32_t old_quantity, const std::vector<Date>& new_dates,
                          std::int32_t new_quantity) {
  std::vector<Wanted> wanted;
  wanted.reserve(new_dates.size());
  for (const Date date : new_dates) {
    const bool had = std::binary_search(old_dates.begin(), old_dates.end(), date);
    const std::int64_t more = std::int64_t{new_quantity} - (had ? old_quantity : 0);
    if (more > 0) wanted.push_back({&key, date, more});
  }
  return wanted;
}

}  // namespace

Verdict decide_one(Context& context, const Command& command, const MoveHold& r) {
  State& state = context.state;
  const Replay replay = find_replay(state, command, r.idempotency_token);
  if (replay.mismatch) return *replay.mismatch;
  HoldRow* row = find_hold(state, r.hold_id, r.holder, r.as_host);
  if (row == nullptr) return reject(Outcome::kHoldNotFound, r.hold_id);
  Hold& hold = row->hold();
  if (replay.record != nullptr) return Value(HoldAnswer{hold, true});

  KeyState& key = state.key(hold.resource_id);
  const std::int32_t quantity = r.quantity.value_or(hold.quantity);
  const auto wanted = added(key, hold.dates, hold.quantity, r.dates, quantity);
  if (auto rejection = refuse(wanted)) {
    if (rejection->outcome == Outcome::kInsufficientCapacity && key.more_due) return Deferred{};
    return std::move(*rejection);
  }
  if (const Outcome refusal = refusal_of(hold.status); refusal != Outcome::kAccepted) {
    return reject(refusal, hold.id);
  }
  state.give(key, hold.dates, hold.quantity);
  state.give(key, r.dates, -quantity);
  hold.dates = r.dates;
  hold.quantity = quantity;
  hold.updated_at = state.now();
  row->rewrite();
  remember(state, command, r.idempotency_token, "");
  return Value(HoldAnswer{hold, false});
}

Verdict decide_one(Context& context, const Command& command, const MoveAllocation& r) {
  State& state = context.state;
  const Replay replay = find_replay(state, command, r.idempotency_token);
  if (replay.mismatch) return *replay.mismatch;
  AllocationRow* row = state.allocation(r.allocation_id);
  if (row == nullptr) return reject(Outcome::kAllocationNotFound, r.allocation_id);
  Allocation& allocation = row->allocation;
  if (replay.record != nullptr) return Value(AllocationAnswer{allocation, true});

  KeyState& key = state.key(allocation.resource_id);
  const std::int32_t quantity = r.quantity.value_or(allocation.quantity);
  const auto wanted = added(key, allocation.dates, allocation.quantity, r.dates, quantity);
  if (auto rejection = refuse(wanted)) {
    if (rejection->outcome == Outcome::kInsufficientCapacity && key.more_due) return Deferred{};
    return std::move(*rejection);
  }
  if (allocation.status == AllocationStatus::kCancelled) {
    return reject(Outcome::kAlreadyCancelled, allocation.id);
  }
  state.give(key, allocation.dates, allocation.quantity);
  state.give(key, r.dates, -quantity);
  allocation.dates = r.dates;
  allocation.quantity = quantity;
  row->dirty = true;
  remember(state, command, r.idempotency_token, "");
  return Value(AllocationAnswer{allocation, false});
}

}  // namespace holdfast::core
