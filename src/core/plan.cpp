#include "core/plan.hpp"

#include <algorithm>
#include <map>
#include <memory_resource>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/ids.hpp"

namespace holdfast::core {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

template <class T>
void sort_once(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// Bookings on many resources must not wait for the recording of all that is due on each of them. At
// least one, so that a command that needs the places gets them in the end.
std::size_t due_per_key(std::size_t keys, bool is_sweep) {
  const std::size_t in_all = is_sweep ? kDuePerSweep : kDuePerTransaction;
  return std::clamp<std::size_t>(in_all / std::max<std::size_t>(keys, 1), 1, kDuePerKey);
}

class Planner {
 public:
  explicit Planner(Tokens tokens) : tokens_(tokens) {}
  void add(const Command& command) {
    for (const auto& name : command.keys) keys_[name];
    is_sweep_ = is_sweep_ && std::holds_alternative<ExpireDue>(command.action);
    std::visit([&](const auto& action) { need(command, action); }, command.action);
  }

  Scope finish() {
    Scope scope;
    scope.keys.reserve(keys_.size());
    for (auto& [name, key] : keys_) {
      key.key = name;
      key.brief = whole_.count(name) == 0;
      sort_once(key.dates);
      sort_once(key.hold_ids);
      sort_once(key.hold_tokens);
      sort_once(key.commands);
      sort_once(key.allocation_ids);
      sort_once(key.blackout_ids);
      scope.keys.push_back(std::move(key));
    }
    scope.due_per_key = due_per_key(keys_.size(), is_sweep_);
    return scope;
  }

 private:
  // REQUIRES: it is one of the keys of a command that was added.
  KeyScope& key(std::string_view name) {
    const auto at = keys_.find(name);
    if (at == keys_.end()) throw std::logic_error("a command's key is not among those it locks");
    return at->second;
  }
  KeyScope& key_of(std::string_view id, std::string_view prefix) {
    return key(resource_of(id, prefix).value());
  }
  void remember(const Command& command, const std::string& token) {
    if (token.empty()) return;
    for (const auto& name : command.keys) {
      key(name).commands.push_back({std::string(operation_name(command.action)), token});
    }
  }
  void holds(const std::vector<std::string>& ids, bool with_dates) {
    for (const auto& id : ids) {
      KeyScope& scope = key_of(id, kHoldPrefix);
      scope.hold_ids.push_back(id);
      scope.dates_of_holds = scope.dates_of_holds || with_dates;
    }
  }

  void need(const Command&, const CreateResource& r) {
    key(token_slot(r.idempotency_token))
        .commands.push_back({"create_resource", r.idempotency_token});
  }
  void need(const Command& c, const UpdateResource& r) {
    remember(c, r.idempotency_token);
    whole_.insert(r.resource_id);
  }
  void need(const Command&, const DeleteResource& r) { whole_.insert(r.resource_id); }
  void need(const Command&, const RestoreResource& r) { whole_.insert(r.resource_id); }
  void need(const Command& c, const InitializeCapacity& r) {
    remember(c, r.idempotency_token);
    KeyScope& scope = key(r.resource_id);
    for (Date day = r.start_date; day <= r.end_date; day += std::chrono::days(1)) {
      if ((r.weekdays >> (iso_weekday(day) - 1) & 1) != 0) scope.dates.push_back(day);
    }
  }
  void need(const Command& c, const AdjustCapacity& r) {
    remember(c, r.idempotency_token);
    append(key(r.resource_id).dates, r.dates);
  }
  void need(const Command&, const CreateHolds& r) {
    for (const auto& item : r.items) {
      KeyScope& scope = key(item.resource_id);
      append(scope.dates, item.dates);
      if (tokens_ == Tokens::kLoad) scope.hold_tokens.push_back(r.idempotency_token);
    }
  }
  void need(const Command& c, const ExtendHolds& r) {
    remember(c, r.idempotency_token);
    holds(r.hold_ids, false);
  }
  void need(const Command&, const ConfirmHolds& r) {
    holds(r.hold_ids, r.if_expired == IfExpired::kReclaim);
  }
  void need(const Command&, const ReleaseHolds& r) { holds(r.hold_ids, false); }
  void need(const Command&, const CancelAllocations& r) {
    for (const auto& id : r.allocation_ids) {
      key_of(id, kAllocationPrefix).allocation_ids.push_back(id);
    }
  }
  void need(const Command& c, const MoveHold& r) {
    remember(c, r.idempotency_token);
    holds({r.hold_id}, false);
    append(key_of(r.hold_id, kHoldPrefix).dates, r.dates);
  }
  void need(const Command& c, const MoveAllocation& r) {
    remember(c, r.idempotency_token);
    KeyScope& scope = key_of(r.allocation_id, kAllocationPrefix);
    scope.allocation_ids.push_back(r.allocation_id);
    append(scope.dates, r.dates);
  }
  void need(const Command& c, const CreateBlackout& r) {
    remember(c, r.idempotency_token);
    auto& bookings = key(r.resource_id).bookings;
    if (!bookings) {
      bookings = DateRange{r.start_date, r.end_date};
    } else {
      bookings->start = std::min(bookings->start, r.start_date);
      bookings->end = std::max(bookings->end, r.end_date);
    }
  }
  void need(const Command&, const DeleteBlackout& r) {
    key_of(r.blackout_id, kBlackoutPrefix).blackout_ids.push_back(r.blackout_id);
  }
  void need(const Command&, const ExpireDue&) {}
  void need(const Command&, const PruneKey& r) {
    // Of several only the first is decided in one run.
    auto& before = key(r.key).prunable_before;
    if (!before) before = r.before;
  }
  void need(const Command&, const EraseEmail& r) { holds(r.hold_ids, false); }

  const Tokens tokens_;
  std::pmr::monotonic_buffer_resource memory_{4096};
  std::pmr::map<std::string_view, KeyScope> keys_{&memory_};  ///< names of the commands'
  std::pmr::set<std::string_view> whole_{&memory_};  ///< keys whose resource is answered or written
  bool is_sweep_ = true;
};

}  // namespace

Scope plan(std::span<const Command* const> commands, Tokens tokens) {
  Planner planner(tokens);
  for (const Command* command : commands) planner.add(*command);
  return planner.finish();
}

}  // namespace holdfast::core
