// confirm and cancel: a paid hold becomes an allocation, and an allocation ends.
#include <utility>

#include "core/ladders.hpp"

namespace holdfast::core {
namespace {

// The order that confirmed it, asking again.
bool same_order(const AllocationRow* row, const ConfirmHolds& r) {
  return row != nullptr && row->allocation.order_id == r.order_id &&
         row->allocation.line_item_id == r.line_item_id;
}

std::optional<Rejection> refuse_states(State& state, const ConfirmHolds& r,
                                       const std::vector<HoldRow*>& rows) {
  std::optional<Rejection> rejection;
  for (const HoldRow* row : rows) {
    const Hold& hold = row->hold();
    if (hold.status == HoldStatus::kConfirmed) {
      if (same_order(state.allocation_of_hold(hold.id), r)) continue;
    } else if (hold.status == HoldStatus::kExpired && r.if_expired == IfExpired::kReclaim) {
      continue;
    }
    prefer(rejection, refusal_of(hold.status), hold.id);
  }
  return rejection;
}

// What has to be taken again, because its holds have run out.
std::vector<Wanted> wanted_back(State& state, const std::vector<HoldRow*>& rows) {
  std::vector<Wanted> wanted;
  for (const HoldRow* row : rows) {
    const Hold& hold = row->hold();
    if (hold.status != HoldStatus::kExpired) continue;
    KeyState& key = state.key(hold.resource_id);
    for (const Date date : hold.dates) wanted.push_back({&key, date, hold.quantity});
  }
  sum_by_day(wanted);
  return wanted;
}

Allocation allocation_for(const Hold& hold, const ConfirmHolds& r, std::string id, Instant now) {
  Allocation allocation;
  allocation.id = std::move(id);
  allocation.resource_id = hold.resource_id;
  allocation.hold_id = hold.id;
  allocation.order_id = r.order_id;
  allocation.line_item_id = r.line_item_id;
  allocation.dates = hold.dates;
  allocation.quantity = hold.quantity;
  allocation.created_at = now;
  return allocation;
}

}  // namespace

Verdict decide_one(Context& context, const Command& command, const ConfirmHolds& r) {
  State& state = context.state;
  std::vector<HoldRow*> rows;
  rows.reserve(r.hold_ids.size());
  for (const auto& id : r.hold_ids) {
    HoldRow* row = find_hold(state, id, r.holder, r.as_host);
    if (row == nullptr) return reject(Outcome::kHoldNotFound, id);
    rows.push_back(row);
  }
  auto rejection = refuse_states(state, r, rows);
  const auto wanted =
      r.if_expired == IfExpired::kReclaim ? wanted_back(state, rows) : std::vector<Wanted>{};
  if (auto refusal = refuse(wanted)) {
    if (refusal->outcome == Outcome::kInsufficientCapacity && may_free_places(wanted)) {
      return Deferred{};
    }
    // It stands before RELEASED and ALREADY_CONFIRMED, all that the others can be.
    refusal->reason = std::exchange(refusal->outcome, Outcome::kHoldExpiredAndTaken);
    rejection = std::move(refusal);
  }
  if (rejection) return std::move(*rejection);

  AllocationsAnswer answer;
  answer.replayed = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Hold& hold = rows[i]->hold();
    if (hold.status != HoldStatus::kConfirmed) {
      answer.replayed = false;
      if (hold.status == HoldStatus::kExpired) {
        state.give(state.key(hold.resource_id), hold.dates, -hold.quantity);
      }
      state.set_status(*rows[i], HoldStatus::kConfirmed);
      state.insert_allocation(allocation_for(hold, r, command.ids[i], state.now()));
      ++context.tally.confirmed;
      context.tally.hold_to_confirm.push_back(state.now() - hold.created_at);
    }
    answer.allocations.push_back(state.allocation_of_hold(hold.id)->allocation);
  }
  return Value(std::move(answer));
}

Verdict decide_one(Context& context, const Command&, const CancelAllocations& r) {
  State& state = context.state;
  std::vector<AllocationRow*> rows;
  for (const auto& id : r.allocation_ids) {
    AllocationRow* row = state.allocation(id);
    if (row == nullptr) return reject(Outcome::kAllocationNotFound, id);
    rows.push_back(row);
  }
  AllocationsAnswer answer;
  answer.replayed = true;
  for (AllocationRow* row : rows) {
    Allocation& allocation = row->allocation;
    if (allocation.status == AllocationStatus::kConfirmed) {
      answer.replayed = false;
      allocation.status = AllocationStatus::kCancelled;
      allocation.cancelled_at = state.now();
      row->dirty = true;
      state.give(state.key(allocation.resource_id), allocation.dates, allocation.quantity);
      ++context.tally.cancelled;
    }
    answer.allocations.push_back(allocation);
  }
  return Value(std::move(answer));
}

}  // namespace holdfast::core
