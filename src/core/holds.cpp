// create, extend, release: a hold's life before it is paid.
#include <algorithm>
#include <utility>

#include "core/fingerprint.hpp"
#include "core/ids.hpp"
#include "core/ladders.hpp"

namespace holdfast::core {
namespace {

// REQUIRES: there is a row.
HoldsAnswer answer_of(std::vector<HoldRow*> rows, bool replayed) {
  HoldsAnswer answer;
  answer.replayed = replayed;
  answer.holds.reserve(rows.size());
  for (const HoldRow* row : rows) answer.holds.push_back(row->hold());
  answer.group_id = answer.holds.front().group_id;
  return answer;
}

// An item's place among those of its request that are of its resource: the first is 0, so whoever
// writes for a token that the resource has already meets that row.
std::int32_t item_no(const CreateHolds& r, std::size_t item) {
  return static_cast<std::int32_t>(std::count_if(
      r.items.begin(), r.items.begin() + static_cast<std::ptrdiff_t>(item),
      [&](const HoldItem& before) { return before.resource_id == r.items[item].resource_id; }));
}

// In the order of the items; some may be pruned.
std::vector<HoldRow*> in_order(const CreateHolds& r, const std::vector<HoldRow*>& rows) {
  std::vector<HoldRow*> out;
  for (std::size_t i = 0; i < r.items.size(); ++i) {
    const auto at = std::find_if(rows.begin(), rows.end(), [&, no = item_no(r, i)](HoldRow* row) {
      return row->stored.item_no == no && row->hold().resource_id == r.items[i].resource_id;
    });
    if (at != rows.end()) out.push_back(*at);
  }
  return out;
}

// The holds' rows are the request's own record.
std::optional<Verdict> replay_of(Context& context, const Command& command, const CreateHolds& r) {
  std::vector<HoldRow*> found;
  for (const auto& name : command.keys) {
    for (HoldRow* row : context.state.holds_of_token(name, r.idempotency_token)) {
      const bool differs = row->stored.fingerprint != command.fingerprint;
      // Only of what this batch has made all is known.
      if (context.tokens == Tokens::kTrust && (differs || !row->fresh)) return Deferred{};
      if (differs) return reject(Outcome::kIdempotencyMismatch, name);
      found.push_back(row);
    }
  }
  if (found.empty()) return std::nullopt;
  context.tally.replayed += static_cast<std::int64_t>(r.items.size());
  return Value(answer_of(in_order(r, found), true));
}

}  // namespace

HoldRow* find_hold(State& state, std::string_view id, std::string_view holder, bool as_host) {
  HoldRow* row = state.hold(id);
  if (row == nullptr) return nullptr;
  return as_host || equal_constant_time(row->hold().holder, holder) ? row : nullptr;
}

Verdict decide_one(Context& context, const Command& command, const CreateHolds& r) {
  State& state = context.state;
  ++context.tally.not_new;
  if (auto replay = replay_of(context, command, r)) return std::move(*replay);

  std::vector<Wanted>& wanted = context.wanted;
  wanted.clear();
  for (const auto& item : r.items) {
    KeyState& key = state.key(item.resource_id);
    wanted.reserve(wanted.size() + item.dates.size());
    for (const Date date : item.dates) wanted.push_back({&key, date, item.quantity});
  }
  sum_by_day(wanted);
  if (auto rejection = refuse(wanted)) {
    if (rejection->outcome == Outcome::kInsufficientCapacity && may_free_places(wanted)) {
      return Deferred{};
    }
    if (context.tokens == Tokens::kTrust) return Deferred{};
    return std::move(*rejection);
  }

  --context.tally.not_new;
  context.tally.created += static_cast<std::int64_t>(r.items.size());
  HoldsAnswer answer;
  answer.group_id = command.group_id;
  answer.holds.reserve(r.items.size());
  for (std::size_t i = 0; i < r.items.size(); ++i) {
    const HoldItem& item = r.items[i];
    StoredHold stored;
    stored.item_no = item_no(r, i);
    stored.fingerprint = command.fingerprint;
    Hold& hold = stored.hold;
    hold.id = command.ids[i];
    hold.resource_id = item.resource_id;
    hold.dates = item.dates;
    hold.quantity = item.quantity;
    hold.customer_email = r.customer_email;
    hold.holder = r.holder;
    hold.idempotency_token = r.idempotency_token;
    hold.expires_at = state.now() + r.ttl.value_or(context.policy.hold_ttl);
    hold.group_id = command.group_id;
    hold.created_at = state.now();
    hold.updated_at = state.now();
    state.give(state.key(item.resource_id), item.dates, -item.quantity);
    answer.holds.push_back(hold);
    state.insert_hold(std::move(stored));
  }
  return Value(std::move(answer));
}

Verdict decide_one(Context& context, const Command& command, const ExtendHolds& r) {
  State& state = context.state;
  const Replay replay = find_replay(state, command, r.idempotency_token);
  if (replay.mismatch) return *replay.mismatch;

  std::vector<HoldRow*> rows;
  std::optional<Rejection> rejection;
  for (const auto& id : r.hold_ids) {
    HoldRow* row = find_hold(state, id, r.holder, r.as_host);
    if (row == nullptr) return reject(Outcome::kHoldNotFound, id);
    rows.push_back(row);
    prefer(rejection, refusal_of(row->hold().status), id);
  }
  if (replay.record != nullptr) return Value(answer_of(std::move(rows), true));
  if (rejection) return std::move(*rejection);

  const Instant expires_at = state.now() + r.ttl.value_or(context.policy.hold_ttl);
  for (HoldRow* row : rows) {
    if (expires_at > row->hold().created_at + context.policy.max_hold_lifetime) {
      return reject(Outcome::kHoldLifetimeExceeded, row->hold().id);
    }
  }
  for (HoldRow* row : rows) {
    row->hold().expires_at = std::max(row->hold().expires_at, expires_at);
    row->hold().updated_at = state.now();
    row->rewrite();
  }
  remember(state, command, r.idempotency_token, "");
  return Value(answer_of(std::move(rows), false));
}

Verdict decide_one(Context& context, const Command&, const ReleaseHolds& r) {
  State& state = context.state;
  std::vector<HoldRow*> rows;
  std::optional<Rejection> rejection;
  for (const auto& id : r.hold_ids) {
    HoldRow* row = find_hold(state, id, r.holder, r.as_host);
    if (row == nullptr) return reject(Outcome::kHoldNotFound, id);
    rows.push_back(row);
    const HoldStatus status = row->hold().status;
    if (status != HoldStatus::kReleased) prefer(rejection, refusal_of(status), id);
  }
  if (rejection) return std::move(*rejection);

  bool replayed = true;
  for (HoldRow* row : rows) {
    if (row->hold().status != HoldStatus::kActive) continue;
    replayed = false;
    state.set_status(*row, HoldStatus::kReleased);
    state.give(state.key(row->hold().resource_id), row->hold().dates, row->hold().quantity);
    ++context.tally.released;
  }
  return Value(answer_of(std::move(rows), replayed));
}

}  // namespace holdfast::core
