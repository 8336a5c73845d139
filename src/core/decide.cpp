#include "core/decide.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/ids.hpp"
#include "core/ladders.hpp"

namespace holdfast::core {

Decision decide(std::span<const Command* const> commands, Snapshot snapshot, const Policy& policy,
                Tokens tokens) {
  Decision decision;
  decision.verdicts.reserve(commands.size());
  State state(std::move(snapshot));
  Context context{state, policy, tokens, decision.tally};
  for (const Command* command : commands) {
    const auto waits = [&](const std::string& name) { return state.key(name).deferred; };
    Verdict verdict = Deferred{};
    if (std::none_of(command->keys.begin(), command->keys.end(), waits)) {
      verdict =
          std::visit([&](const auto& action) { return decide_one(context, *command, action); },
                     command->action);
    }
    if (std::holds_alternative<Deferred>(verdict)) {
      for (const auto& name : command->keys) state.key(name).deferred = true;
    }
    decision.verdicts.push_back(std::move(verdict));
    // What was recorded is the doing of the first command that locks the key.
    for (const auto& name : command->keys) {
      decision.tally.expired += std::exchange(state.key(name).expired, 0);
    }
  }
  decision.changes = state.take_changes();
  return decision;
}

Rejection reject(Outcome outcome, std::string id) {
  Rejection rejection;
  rejection.outcome = outcome;
  rejection.id = std::move(id);
  return rejection;
}

std::optional<Rejection> refuse_missing(const KeyState& key) {
  if (key.exists()) return std::nullopt;
  return reject(Outcome::kResourceNotFound, key.key);
}

void sum_by_day(std::vector<Wanted>& wanted) {
  const auto before = [](const Wanted& a, const Wanted& b) {
    return std::pair(std::string_view(a.key->key), a.date) <
           std::pair(std::string_view(b.key->key), b.date);
  };
  if (!std::is_sorted(wanted.begin(), wanted.end(), before)) {
    std::sort(wanted.begin(), wanted.end(), before);
  }
  std::size_t kept = 0;
  for (std::size_t i = 1; i < wanted.size(); ++i) {
    if (wanted[i].key == wanted[kept].key && wanted[i].date == wanted[kept].date) {
      wanted[kept].quantity += wanted[i].quantity;
    } else {
      wanted[++kept] = wanted[i];
    }
  }
  if (!wanted.empty()) wanted.resize(kept + 1);
}

namespace {

bool in_past(const Wanted& w) { return w.date < w.key->today; }
bool no_capacity_set(const Wanted& w) {
  const DayRow* day = w.key->day(w.date);
  return day == nullptr || day->max_capacity == 0;
}
bool blacked_out(const Wanted& w) { return w.key->blacked_out(w.date); }
bool insufficient(const Wanted& w) { return w.key->day(w.date)->available_capacity < w.quantity; }

DayConflict conflict(const Wanted& w) {
  const DayRow* day = w.key->day(w.date);
  return {w.key->key, w.date, static_cast<std::int32_t>(w.quantity),
          day == nullptr ? 0 : day->available_capacity};
}

}  // namespace

std::optional<Rejection> refuse(const std::vector<Wanted>& wanted) {
  for (const auto& w : wanted) {
    if (!w.key->exists()) return reject(Outcome::kResourceNotFound, w.key->key);
  }
  for (const auto& w : wanted) {
    if (!w.key->resource->is_active) return reject(Outcome::kResourceInactive, w.key->key);
  }
  constexpr std::pair<Outcome, bool (*)(const Wanted&)> kChecks[] = {
      {Outcome::kDateInPast, in_past},
      {Outcome::kNoCapacitySet, no_capacity_set},
      {Outcome::kBlackout, blacked_out},
      {Outcome::kInsufficientCapacity, insufficient},
  };
  for (const auto& [outcome, stands_in_the_way] : kChecks) {
    Rejection rejection;
    for (const auto& w : wanted) {
      if (stands_in_the_way(w)) rejection.days.push_back(conflict(w));
    }
    if (rejection.days.empty()) continue;
    rejection.outcome = outcome;
    rejection.id = rejection.days.front().resource_id;
    return rejection;
  }
  return std::nullopt;
}

bool may_free_places(const std::vector<Wanted>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [](const Wanted& w) { return w.key->more_due; });
}

Outcome refusal_of(HoldStatus status) {
  constexpr std::array kRefusals = {Outcome::kAccepted, Outcome::kAlreadyConfirmed,
                                    Outcome::kHoldReleased, Outcome::kHoldExpired};
  return kRefusals.at(static_cast<std::size_t>(status));
}

void prefer(std::optional<Rejection>& kept, Outcome outcome, const std::string& id) {
  if (outcome == Outcome::kAccepted) return;
  if (!kept || outcome < kept->outcome) kept = reject(outcome, id);
}

Replay find_replay(State& state, const Command& command, const std::string& token) {
  if (token.empty()) return {};
  const auto operation = operation_name(command.action);
  for (const auto& name : command.keys) {
    for (const auto& record : state.key(name).commands) {
      if (record.key.operation != operation || record.key.token != token) continue;
      if (record.fingerprint == command.fingerprint) return {.record = &record};
      return {.mismatch = reject(Outcome::kIdempotencyMismatch, name)};
    }
  }
  return {};
}

void remember(State& state, const Command& command, const std::string& token, std::string outcome) {
  if (token.empty()) return;
  for (const auto& name : command.keys) {
    state.key(name).commands.push_back(
        {{std::string(operation_name(command.action)), token}, command.fingerprint, outcome});
  }
}

std::string_view operation_name(const Action& action) {
  constexpr std::string_view kNames[] = {"create_resource",
                                         "update_resource",
                                         "delete_resource",
                                         "restore_resource",
                                         "initialize_capacity",
                                         "adjust_capacity",
                                         "create_holds",
                                         "extend_holds",
                                         "confirm_holds",
                                         "release_holds",
                                         "cancel_allocation",
                                         "move_hold",
                                         "move_allocation",
                                         "create_blackout",
                                         "delete_blackout",
                                         "cleanup_expired_holds",
                                         "prune",
                                         "erase_email"};
  static_assert(std::size(kNames) == std::variant_size_v<Action>);
  return kNames[action.index()];
}

}  // namespace holdfast::core
