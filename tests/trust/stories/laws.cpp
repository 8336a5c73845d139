#include "stories/laws.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"

namespace holdfast::test::stories {
namespace {

using core::Command;
using core::Verdict;

void law(bool holds, const char* name, const std::string& what = {}) {
  if (!holds) throw Broken(std::string(name) + (what.empty() ? "" : ": " + what));
}

template <class Visit>
void each_hold(const World& world, Visit visit) {
  for (const auto& [key, rows] : world.keys) {
    for (const auto& [id, stored] : rows.holds) visit(rows, stored);
  }
}

const StoredHold* find_hold(const World& world, const std::string& id) {
  const auto key = core::resource_of(id, core::kHoldPrefix);
  const auto& holds = world.keys.at(key.value()).holds;
  const auto at = holds.find(id);
  return at == holds.end() ? nullptr : &at->second;
}

const Allocation* allocation_of(const WorldKey& rows, const std::string& hold_id) {
  for (const auto& [id, row] : rows.allocations) {
    if (row.hold_id == hold_id) return &row;
  }
  return nullptr;
}

template <class Action>
const Action* only(const Step& step) {
  return step.commands.size() == 1 ? std::get_if<Action>(&step.commands[0].action) : nullptr;
}

// ---- of the rows --------------------------------------------------------------------------------

void conservation(const WorldKey& rows) {
  std::map<Date, std::int64_t> taken;
  const auto take = [&](const std::vector<Date>& dates, std::int32_t quantity) {
    for (const Date date : dates) taken[date] += quantity;
  };
  for (const auto& [id, stored] : rows.holds) {
    if (stored.hold.status == HoldStatus::kActive) take(stored.hold.dates, stored.hold.quantity);
  }
  for (const auto& [id, row] : rows.allocations) {
    if (row.status == AllocationStatus::kConfirmed) take(row.dates, row.quantity);
  }
  for (const auto& [date, places] : rows.capacity) {
    law(0 <= places.available && places.available <= places.max, "0 <= available <= max");
    law(places.max == places.available + taken[date], "conservation", to_string(date));
    taken.erase(date);
  }
  law(taken.empty(), "conservation", "places are taken on a day that has none");
}

void bijection(const WorldKey& rows) {
  std::set<std::string> allocated;
  for (const auto& [id, row] : rows.allocations) {
    law(allocated.insert(row.hold_id).second, "one allocation of a hold", row.hold_id);
    const auto hold = rows.holds.find(row.hold_id);
    law(hold != rows.holds.end() && hold->second.hold.status == HoldStatus::kConfirmed,
        "an allocation is of a CONFIRMED hold", id);
  }
  for (const auto& [id, stored] : rows.holds) {
    law((stored.hold.status == HoldStatus::kConfirmed) == (allocated.count(id) == 1),
        "a CONFIRMED hold has an allocation", id);
  }
}

void one_effect_of_a_token(const WorldKey& rows) {
  std::set<std::pair<std::string, std::int32_t>> seen;
  for (const auto& [id, stored] : rows.holds) {
    law(seen.emplace(stored.hold.idempotency_token, stored.item_no).second,
        "a token has one effect", stored.hold.idempotency_token);
  }
}

// ---- of what a step did -------------------------------------------------------------------------

bool may_reclaim(const Step& step) {
  const auto* r = only<ConfirmHolds>(step);
  return r != nullptr && r->if_expired == IfExpired::kReclaim;
}

void path(const Hold& before, const Hold& after, const Step& step, Instant now) {
  law(before.created_at == after.created_at && before.holder == after.holder &&
          before.idempotency_token == after.idempotency_token && before.group_id == after.group_id,
      "what made a hold never changes", before.id);
  if (only<MoveHold>(step) == nullptr) {
    law(before.dates == after.dates && before.quantity == after.quantity,
        "only a move changes days", before.id);
  }
  if (only<ExtendHolds>(step) == nullptr) {
    law(before.expires_at == after.expires_at, "only an extension changes the end", before.id);
  }
  law(after.expires_at >= before.expires_at &&
          after.expires_at <= before.created_at + kPolicy.max_hold_lifetime,
      "an extension neither shortens nor goes on for ever", before.id);
  const auto from = before.status;
  const auto to = after.status;
  if (from == to) return;
  const bool was_due = now >= before.expires_at;
  const bool allowed =
      (from == HoldStatus::kActive && to == HoldStatus::kExpired && was_due) ||
      (from == HoldStatus::kActive && to == HoldStatus::kConfirmed && !was_due) ||
      (from == HoldStatus::kActive && to == HoldStatus::kReleased && !was_due) ||
      (from == HoldStatus::kExpired && to == HoldStatus::kConfirmed && may_reclaim(step)) ||
      (from == HoldStatus::kActive && to == HoldStatus::kConfirmed && may_reclaim(step));
  law(allowed, "EXPIRED, RELEASED and CONFIRMED are final",
      before.id + " " + name(from) + " to " + name(to));
}

void path(const Allocation& before, const Allocation& after, const Step& step) {
  law(before.order_id == after.order_id && before.line_item_id == after.line_item_id &&
          before.hold_id == after.hold_id && before.created_at == after.created_at,
      "a booking stays its order's", before.id);
  if (only<MoveAllocation>(step) == nullptr) {
    law(before.dates == after.dates && before.quantity == after.quantity,
        "only a move changes days", before.id);
  }
  if (before.status == after.status) return;
  law(after.status == AllocationStatus::kCancelled &&
          only<core::CancelAllocations>(step) != nullptr,
      "a booking ends by its cancellation alone", before.id);
}

// Whether `date` takes new bookings, as a customer who reads the rules would say.
bool open_for_sale(const WorldKey& rows, Date date) {
  if (!rows.resource || rows.resource->deleted_at || !rows.resource->is_active) return false;
  return std::none_of(rows.blackouts.begin(), rows.blackouts.end(), [&](const auto& entry) {
    const Blackout& b = entry.second;
    return !b.deleted_at && b.start_date <= date && date <= b.end_date;
  });
}

// Free once what has run out is out.
std::int64_t free_places(const WorldKey& rows, Date date, Instant now) {
  std::int64_t free = rows.capacity.at(date).available;
  for (const auto& [id, stored] : rows.holds) {
    const Hold& h = stored.hold;
    const bool due = h.status == HoldStatus::kActive && now >= h.expires_at;
    if (due && std::count(h.dates.begin(), h.dates.end(), date) != 0) free += h.quantity;
  }
  return free;
}

void no_row_vanishes(const WorldKey& before, const WorldKey& after, const Step& step, Instant now) {
  for (const auto& [id, stored] : before.holds) {
    const auto at = after.holds.find(id);
    law(at != after.holds.end(), "no hold vanishes", id);
    path(stored.hold, at->second.hold, step, now);
  }
  for (const auto& [id, row] : before.allocations) {
    const auto at = after.allocations.find(id);
    law(at != after.allocations.end(), "no booking vanishes", id);
    path(row, at->second, step);
  }
  for (const auto& [date, places] : before.capacity) {
    const auto at = after.capacity.find(date);
    law(at != after.capacity.end(), "no day vanishes");
    law(at->second.max == places.max || only<AdjustCapacity>(step) != nullptr,
        "only an adjustment changes the places of a day");
  }
}

void new_rows(const WorldKey& before, const WorldKey& after, Instant now) {
  for (const auto& [id, stored] : after.holds) {
    const Hold& h = stored.hold;
    const auto at = before.holds.find(id);
    const bool was_out = at != before.holds.end() &&
                         (at->second.hold.status == HoldStatus::kExpired ||
                          (at->second.hold.status == HoldStatus::kActive && now >= h.expires_at));
    const bool reclaimed = was_out && h.status == HoldStatus::kConfirmed;
    if (at != before.holds.end() && !reclaimed) continue;
    for (const Date date : h.dates) {
      law(open_for_sale(before, date), "nothing new where nothing is sold", id);
    }
    if (reclaimed) continue;
    law(h.status == HoldStatus::kActive && h.created_at == now &&
            h.expires_at == now + kPolicy.hold_ttl,
        "a new hold is ACTIVE for its time", id);
  }
}

// ---- of what was answered -----------------------------------------------------------------------

bool accepted(const Verdict& verdict) { return std::holds_alternative<Value>(verdict); }
Outcome outcome(const Verdict& verdict) {
  const auto* rejection = std::get_if<Rejection>(&verdict);
  return rejection == nullptr ? Outcome::kAccepted : rejection->outcome;
}

// Sold exactly while there are places: neither one too many nor one too few.
void holding(const World& before, const CreateHolds& r, const Verdict& verdict) {
  bool sold_here = true;
  bool enough = true;
  for (const auto& item : r.items) {
    const WorldKey& rows = before.keys.at(item.resource_id);
    for (const Date date : item.dates) {
      sold_here = sold_here && open_for_sale(rows, date);
      enough = enough && rows.capacity.at(date).max > 0 &&
               free_places(rows, date, before.now) >= item.quantity;
    }
  }
  law(accepted(verdict) == (sold_here && enough), "sold exactly while there are places",
      describe(verdict));
}

void confirming(const World& before, const ConfirmHolds& r, const Verdict& verdict) {
  for (const auto& id : r.hold_ids) {
    const StoredHold* stored = find_hold(before, id);
    if (stored == nullptr) {
      return law(outcome(verdict) == Outcome::kHoldNotFound, "a hold that is not there");
    }
  }
  bool same = true;
  bool in_time = true;
  for (const auto& id : r.hold_ids) {
    const Hold& h = find_hold(before, id)->hold;
    const Allocation* row = allocation_of(before.keys.at(h.resource_id), id);
    same = same && row != nullptr && row->order_id == r.order_id;
    in_time = in_time && h.status == HoldStatus::kActive && before.now < h.expires_at;
  }
  law(!same || accepted(verdict), "what was confirmed stays confirmed for its order",
      describe(verdict));
  law(!in_time || accepted(verdict), "a hold that is in time can be confirmed", describe(verdict));
  if (!accepted(verdict)) return;
  const auto& answer = std::get<AllocationsAnswer>(std::get<Value>(verdict));
  law(answer.replayed == same, "a first confirmation is no replay, a second one is");
  for (std::size_t i = 0; same && i < r.hold_ids.size(); ++i) {
    const Hold& h = find_hold(before, r.hold_ids[i])->hold;
    law(answer.allocations.at(i).id == allocation_of(before.keys.at(h.resource_id), h.id)->id,
        "the same order gets the same booking");
  }
}

void releasing(const World& before, const ReleaseHolds& r, const Verdict& verdict) {
  const StoredHold* stored = find_hold(before, r.hold_ids.at(0));
  if (stored == nullptr || stored->hold.holder != r.holder) {
    return law(outcome(verdict) == Outcome::kHoldNotFound, "nobody touches another's hold",
               describe(verdict));
  }
  if (stored->hold.status == HoldStatus::kReleased) {
    law(accepted(verdict), "a release again has the same answer", describe(verdict));
  }
}

void cancelling(const World& before, const core::CancelAllocations& r, const Verdict& verdict) {
  const auto key = core::resource_of(r.allocation_ids.at(0), core::kAllocationPrefix);
  law(accepted(verdict) == (before.keys.at(*key).allocations.count(r.allocation_ids[0]) == 1),
      "a booking can always be cancelled, and again", describe(verdict));
}

// What of an answer to a token is the same for ever.
std::optional<std::string> lasting(const Verdict& verdict) {
  if (!accepted(verdict)) return std::nullopt;
  const Value& value = std::get<Value>(verdict);
  std::string out = "of ";
  if (const auto* holds = std::get_if<HoldsAnswer>(&value)) {
    for (const auto& h : holds->holds) out += h.id + " ";
  } else if (const auto* hold = std::get_if<HoldAnswer>(&value)) {
    out += hold->hold.id;
  } else if (const auto* booking = std::get_if<AllocationAnswer>(&value)) {
    out += booking->allocation.id;
  } else if (const auto* adjusted = std::get_if<CapacityAdjusted>(&value)) {
    for (const auto& d : adjusted->days) {
      out += to_string(d.date) + " " + std::to_string(d.available_capacity) + "/" +
             std::to_string(d.max_capacity) + " ";
    }
  } else if (const auto* closed = std::get_if<BlackoutAnswer>(&value)) {
    out += closed->blackout.id + to_string(closed->blackout.created_at);
  }
  return out;
}

std::string token_of(const Command& command) {
  const auto token = [](const auto& r) -> std::string {
    if constexpr (requires { r.idempotency_token; }) return r.idempotency_token;
    return {};
  };
  return std::visit(token, command.action);
}

bool is_replay(const Verdict& verdict) {
  return accepted(verdict) && std::visit(
                                  [](const auto& answer) {
                                    if constexpr (requires { answer.replayed; }) {
                                      return answer.replayed;
                                    }
                                    return false;
                                  },
                                  std::get<Value>(verdict));
}

// True when the token was seen before, so that nothing else has to be asked.
bool replaying(Moment& moment, const Command& command, const Verdict& verdict) {
  const std::string token = token_of(command);
  if (token.empty()) return false;
  const auto known = moment.told.find(token);
  const auto answer = lasting(verdict);
  if (known == moment.told.end()) {
    law(!is_replay(verdict), "a first answer is no replay", token);
    law(outcome(verdict) != Outcome::kIdempotencyMismatch, "nothing to differ from", token);
    if (answer) moment.told.emplace(token, command.fingerprint + *answer);
    return false;
  }
  const bool same = known->second.starts_with(command.fingerprint);
  if (!same) {
    law(outcome(verdict) == Outcome::kIdempotencyMismatch, "another request of a known token",
        token + " " + describe(verdict));
  } else {
    law(is_replay(verdict) && known->second == command.fingerprint + *answer,
        "a replay equals the first answer", token + " " + describe(verdict));
  }
  return true;
}

void judge(const World& before, const Command& command, const Verdict& verdict) {
  if (const auto* hold = std::get_if<CreateHolds>(&command.action)) {
    holding(before, *hold, verdict);
  } else if (const auto* confirm = std::get_if<ConfirmHolds>(&command.action)) {
    confirming(before, *confirm, verdict);
  } else if (const auto* release = std::get_if<ReleaseHolds>(&command.action)) {
    releasing(before, *release, verdict);
  } else if (const auto* cancel = std::get_if<core::CancelAllocations>(&command.action)) {
    cancelling(before, *cancel, verdict);
  }
}

// What run() finds wrong is wrong; beside it, due holds of locked resources have ended.
void none_stays_due(const World& after, const Step& step) {
  for (const auto& command : step.commands) {
    for (const auto& key : command.keys) {
      for (const auto& [id, stored] : after.keys.at(key).holds) {
        law(stored.hold.status != HoldStatus::kActive || after.now < stored.hold.expires_at,
            "what is found due under a lock is recorded EXPIRED", id);
      }
    }
  }
}

std::vector<Command> with_fresh_ids(const World& world, std::vector<Command> commands) {
  std::set<std::string> used;
  for (const auto& [key, rows] : world.keys) {
    for (const auto& [id, row] : rows.holds) used.insert(id);
    for (const auto& [id, row] : rows.allocations) used.insert(id);
    for (const auto& [id, row] : rows.blackouts) used.insert(id);
  }
  for (auto& command : commands) {
    for (auto& id : command.ids) {
      while (!used.insert(id).second) ++id[id.size() - 2];
    }
  }
  return commands;
}

}  // namespace

std::vector<Verdict> take(Moment& moment, const Step& step) {
  if (step.commands.empty()) {
    moment.world.now += step.clock;
    return {};
  }
  const World before = moment.world;
  const auto commands = with_fresh_ids(before, step.commands);
  auto verdicts = run_all(moment.world, commands, kPolicy);
  for (const auto& [key, rows] : before.keys) {
    const WorldKey& after = moment.world.keys.at(key);
    no_row_vanishes(rows, after, step, before.now);
    new_rows(rows, after, before.now);
    conservation(after);
    bijection(after);
    one_effect_of_a_token(after);
  }
  none_stays_due(moment.world, step);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const bool replay = replaying(moment, commands[i], verdicts[i]);
    // The second of a batch is judged by what the first left, which only the batch knows.
    if (!replay && i == 0) judge(before, commands[i], verdicts[i]);
  }
  return verdicts;
}

namespace {

class Mixer {
 public:
  void add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9E3779B97F4A7C15U;
    state_ ^= state_ >> 29;
  }
  void add(std::string_view text) { add(std::hash<std::string_view>()(text)); }
  void add(Instant at) { add(static_cast<std::uint64_t>(at.time_since_epoch().count())); }
  void add(Date date) { add(static_cast<std::uint64_t>(date.time_since_epoch().count())); }
  void add(const std::vector<Date>& dates) {
    for (const Date date : dates) add(date);
    add(dates.size());
  }
  template <class E>
  void number(E value) {
    add(static_cast<std::uint64_t>(value));
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x243F6A8885A308D3U;
};

void add(Mixer& mixer, const WorldKey& rows) {
  mixer.number(rows.resource->is_active);
  mixer.number(rows.resource->deleted_at.has_value());
  for (const auto& [date, places] : rows.capacity) {
    mixer.number(places.max);
    mixer.number(places.available);
  }
  for (const auto& [id, stored] : rows.holds) {
    const Hold& h = stored.hold;
    mixer.add(id);
    mixer.add(stored.fingerprint);
    mixer.add(h.dates);
    mixer.number(h.quantity);
    mixer.number(h.status);
    mixer.add(h.expires_at);
    mixer.add(h.created_at);
  }
  for (const auto& [id, row] : rows.allocations) {
    mixer.add(id);
    mixer.add(row.hold_id);
    mixer.add(row.order_id);
    mixer.add(row.dates);
    mixer.number(row.quantity);
    mixer.number(row.status);
    mixer.add(row.created_at);
  }
  for (const auto& [id, row] : rows.blackouts) {
    mixer.add(id);
    mixer.add(row.created_at);
    mixer.number(row.deleted_at.has_value());
  }
  for (const auto& [key, row] : rows.commands) {
    mixer.add(key.operation);
    mixer.add(key.token);
    mixer.add(row.record.fingerprint);
    mixer.add(row.record.outcome);
  }
  mixer.add(rows.holds.size() << 8 | rows.allocations.size() << 4 | rows.blackouts.size());
}

}  // namespace

std::uint64_t digest(const Moment& moment) {
  Mixer mixer;
  mixer.add(moment.world.now);
  for (const auto& [key, rows] : moment.world.keys) add(mixer, rows);
  for (const auto& [token, answer] : moment.told) {
    mixer.add(token);
    mixer.add(answer);
  }
  return mixer.value();
}

}  // namespace holdfast::test::stories
