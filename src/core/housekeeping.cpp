// The sweep, prune and erasure: what keeps the tables small and the data private.
#include "core/ladders.hpp"

namespace holdfast::core {

Verdict decide_one(Context& context, const Command&, const ExpireDue& r) {
  return Value(CleanupAnswer{.expired = context.state.key(r.resource_id).expired});
}

Verdict decide_one(Context& context, const Command&, const EraseEmail& r) {
  PruneAnswer answer;
  for (const auto& id : r.hold_ids) {
    HoldRow* row = context.state.hold(id);
    if (row == nullptr || row->hold().customer_email != r.customer_email) continue;
    row->hold().customer_email.clear();
    row->rewrite();
    ++answer.emails_erased;
  }
  return Value(answer);
}

Verdict decide_one(Context& context, const Command&, const PruneKey& r) {
  State& state = context.state;
  KeyState& key = state.key(r.key);
  const auto& prunable = key.prunable;
  PruneAnswer answer;
  const auto holds_before = key.removal.hold_ids.size();
  for (const auto& id : prunable.hold_ids) state.remove_hold(key, id);
  answer.holds_removed = static_cast<std::int64_t>(key.removal.hold_ids.size() - holds_before);
  answer.tokens_removed = static_cast<std::int64_t>(prunable.commands.size());
  answer.blackouts_removed = static_cast<std::int64_t>(prunable.blackout_ids.size());
  key.removal.commands = prunable.commands;
  key.removal.blackout_ids = prunable.blackout_ids;
  key.deferred = true;  // a token that is gone may be used again, but not in this run
  return Value(answer);
}

}  // namespace holdfast::core
