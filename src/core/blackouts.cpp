// Days on which nothing new is sold.
#include <algorithm>
#include <charconv>
#include <utility>

#include "core/ladders.hpp"

namespace holdfast::core {
namespace {

// Allocation and Hold both keep their days ascending.
bool touches(const std::vector<Date>& dates, const CreateBlackout& r) {
  const auto at = std::lower_bound(dates.begin(), dates.end(), r.start_date);
  return at != dates.end() && *at <= r.end_date;
}

template <class T>
void sort_by_creation(std::vector<T>& rows) {
  std::sort(rows.begin(), rows.end(), [](const T& a, const T& b) {
    return std::pair(a.created_at, std::string_view(a.id)) <
           std::pair(b.created_at, std::string_view(b.id));
  });
}

void collect_bookings(State& state, const CreateBlackout& r, std::vector<Hold>& holds,
                      std::vector<Allocation>& allocations) {
  for (const auto& row : state.holds()) {
    const Hold& hold = row.hold();
    if (hold.resource_id == r.resource_id && hold.status == HoldStatus::kActive &&
        !state.is_due(hold) && touches(hold.dates, r)) {
      holds.push_back(hold);
    }
  }
  for (const auto& row : state.allocations()) {
    const Allocation& allocation = row.allocation;
    if (allocation.resource_id == r.resource_id &&
        allocation.status == AllocationStatus::kConfirmed && touches(allocation.dates, r)) {
      allocations.push_back(allocation);
    }
  }
  sort_by_creation(holds);
  sort_by_creation(allocations);
}

// The request repeats the rest of the fields, and its fingerprint says that they are the same.
std::string outcome_of(const Blackout& blackout) {
  return std::to_string(blackout.created_at.time_since_epoch().count()) + " " + blackout.id;
}

Blackout blackout_of(const CreateBlackout& r, std::string id, Instant created_at) {
  Blackout blackout;
  blackout.id = std::move(id);
  blackout.resource_id = r.resource_id;
  blackout.start_date = r.start_date;
  blackout.end_date = r.end_date;
  blackout.reason = r.reason;
  blackout.created_at = created_at;
  return blackout;
}

Blackout recall(const CreateBlackout& r, std::string_view outcome) {
  std::int64_t created_at = 0;
  const std::string_view number = outcome.substr(0, outcome.find(' '));
  std::from_chars(number.data(), number.data() + number.size(), created_at);
  return blackout_of(r, std::string(outcome.substr(std::min(number.size() + 1, outcome.size()))),
                     Instant(std::chrono::microseconds(created_at)));
}

}  // namespace

Verdict decide_one(Context& context, const Command& command, const CreateBlackout& r) {
  State& state = context.state;
  KeyState& key = state.key(r.resource_id);
  const Replay replay = find_replay(state, command, r.idempotency_token);
  if (replay.mismatch) return *replay.mismatch;

  BlackoutAnswer answer;
  collect_bookings(state, r, answer.holds, answer.allocations);
  if (replay.record != nullptr) {
    answer.blackout = recall(r, replay.record->outcome);
    answer.replayed = true;
    return Value(std::move(answer));
  }
  if (auto missing = refuse_missing(key)) return std::move(*missing);
  const bool conflict = !answer.holds.empty() || !answer.allocations.empty();
  if (conflict && r.on_conflict == OnConflict::kRefuse) {
    Rejection rejection = reject(Outcome::kBlackoutConflict, r.resource_id);
    rejection.holds = std::move(answer.holds);
    rejection.allocations = std::move(answer.allocations);
    return rejection;
  }
  answer.blackout = blackout_of(r, command.ids[0], state.now());
  key.blackouts.push_back(answer.blackout);
  remember(state, command, r.idempotency_token, outcome_of(answer.blackout));
  return Value(std::move(answer));
}

Verdict decide_one(Context& context, const Command& command, const DeleteBlackout& r) {
  State& state = context.state;
  KeyState& key = state.key(command.keys[0]);
  const auto at = std::find_if(key.blackouts.begin(), key.blackouts.end(),
                               [&](const Blackout& b) { return b.id == r.blackout_id; });
  if (at == key.blackouts.end()) return reject(Outcome::kBlackoutNotFound, r.blackout_id);
  BlackoutAnswer answer;
  answer.replayed = at->deleted_at.has_value();
  if (!at->deleted_at) {
    at->deleted_at = state.now();
    key.changed_blackouts.push_back(static_cast<std::size_t>(at - key.blackouts.begin()));
  }
  answer.blackout = *at;
  return Value(std::move(answer));
}

}  // namespace holdfast::core
