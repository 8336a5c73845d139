// What a scope names, read from the in-memory tables.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/memory/tables.hpp"

namespace holdfast {

/// Loads one key's part of a scope.
class Loader {
 public:
  /// `locked`: for transact, which loads `due_max` due holds; else for read, which loads totals.
  Loader(const KeyRows& rows, const KeyScope& scope, Instant now, bool locked, std::size_t due_max)
      : rows_(rows), scope_(scope), now_(now), locked_(locked), due_max_(due_max) {}

  KeySnapshot load() {
    KeySnapshot out{.key = scope_.key, .resource = rows_.resource};
    pick_named();
    if (scope_.bookings) pick_bookings(*scope_.bookings);
    if (locked_) out.more_due = pick_due();
    if (!locked_ && scope_.everything) pick_everything();
    out.capacity = capacity();
    out.blackouts = blackouts();
    for (const auto& [id, stored] : holds_) out.holds.push_back(*stored);
    for (const auto& [id, allocation] : allocations_) out.allocations.push_back(*allocation);
    for (const CommandKey& key : scope_.commands) {
      const auto found = rows_.commands.find(key);
      if (found != rows_.commands.end()) out.commands.push_back(found->second.record);
    }
    if (scope_.prunable_before) out.prunable = prunable(*scope_.prunable_before);
    return out;
  }

 private:
  void pick_hold(const std::string& id) {
    const auto found = rows_.holds.find(id);
    if (found != rows_.holds.end()) holds_.emplace(found->first, &found->second);
  }

  const Allocation* pick_allocation(const std::string& id) {
    const auto found = rows_.allocations.find(id);
    if (found == rows_.allocations.end()) return nullptr;
    allocations_.emplace(found->first, &found->second);
    return &found->second;
  }

  void pick_named() {
    for (const std::string& id : scope_.hold_ids) {
      pick_hold(id);
      const auto linked = rows_.allocations_by_hold.find(id);
      if (linked != rows_.allocations_by_hold.end()) pick_allocation(linked->second);
    }
    for (const std::string& token : scope_.hold_tokens) {
      auto item = rows_.holds_by_token.lower_bound({token, INT32_MIN});
      for (; item != rows_.holds_by_token.end() && item->first.first == token; ++item) {
        pick_hold(item->second);
      }
    }
    for (const std::string& id : scope_.allocation_ids) {
      if (const Allocation* allocation = pick_allocation(id)) pick_hold(allocation->hold_id);
    }
  }

  void pick_bookings(const DateRange& range) {
    for (const auto& [expires_at, id] : rows_.active_holds) {
      if (has_day_in(rows_.holds.at(id).hold.dates, range)) pick_hold(id);
    }
    for (const std::string& id : rows_.confirmed_allocations) {
      if (has_day_in(rows_.allocations.at(id).dates, range)) pick_allocation(id);
    }
  }

  /// Whether a due hold is left out.
  bool pick_due() {
    auto due = rows_.active_holds.begin();
    const auto is_due = [&] { return due != rows_.active_holds.end() && due->first <= now_; };
    for (std::size_t i = 0; i < due_max_ && is_due(); ++i, ++due) pick_hold(due->second);
    for (; is_due(); ++due) {
      if (!holds_.contains(due->second)) return true;
    }
    return false;
  }

  void pick_everything() {
    for (const auto& [id, stored] : rows_.holds) {
      const HoldStatus status = stored.hold.status;
      if (status == HoldStatus::kActive || status == HoldStatus::kConfirmed) pick_hold(id);
    }
    for (const auto& [id, allocation] : rows_.allocations) pick_allocation(id);
  }

  std::set<Date> named_days() const {
    std::set<Date> days(scope_.dates.begin(), scope_.dates.end());
    if (!scope_.dates_of_holds) return days;
    for (const std::string& id : scope_.hold_ids) {
      const auto found = rows_.holds.find(id);
      if (found == rows_.holds.end()) continue;
      days.insert(found->second.hold.dates.begin(), found->second.hold.dates.end());
    }
    return days;
  }

  std::vector<CapacityRow> capacity() const {
    std::map<Date, CapacityRow> found;
    const auto take = [&](const auto& row) {
      found.emplace(row->first, CapacityRow{.date = row->first,
                                            .max_capacity = row->second.max_capacity,
                                            .available_capacity = row->second.available_capacity});
    };
    for (const Date day : named_days()) {
      if (const auto row = rows_.capacity.find(day); row != rows_.capacity.end()) take(row);
    }
    if (!locked_ && scope_.everything) {
      for (auto row = rows_.capacity.begin(); row != rows_.capacity.end(); ++row) take(row);
    }
    if (!locked_ && scope_.range) {
      auto row = rows_.capacity.lower_bound(scope_.range->start);
      for (; row != rows_.capacity.end() && row->first <= scope_.range->end; ++row) take(row);
      add_totals(found);
    }
    std::vector<CapacityRow> out;
    out.reserve(found.size());
    for (const auto& [day, row] : found) out.push_back(row);
    return out;
  }

  void add_totals(std::map<Date, CapacityRow>& found) const {
    for (const auto& [expires_at, id] : rows_.active_holds) {
      if (expires_at > now_ && !scope_.with_held) return;
      const Hold& hold = rows_.holds.at(id).hold;
      for (const Date day : hold.dates) {
        if (!scope_.range->contains(day)) continue;
        const auto row = found.find(day);
        if (row == found.end()) continue;
        (expires_at > now_ ? row->second.held : row->second.due) += hold.quantity;
      }
    }
  }

  std::vector<Blackout> blackouts() const {
    const std::set<Date> days = named_days();
    const auto touches = [&](const Blackout& b) {
      const auto first = days.lower_bound(b.start_date);
      if (first != days.end() && *first <= b.end_date) return true;
      return !locked_ && scope_.range && b.start_date <= scope_.range->end &&
             scope_.range->start <= b.end_date;
    };
    const std::set<std::string_view> named(scope_.blackout_ids.begin(), scope_.blackout_ids.end());
    std::vector<Blackout> out;
    for (const auto& [id, blackout] : rows_.blackouts) {
      const bool wanted = named.contains(id) || (!locked_ && scope_.everything);
      if (wanted || (!blackout.deleted_at && touches(blackout))) {
        out.push_back(blackout);
      }
    }
    return out;
  }

  bool is_last(const StoredHold& stored) const {
    const std::string& token = stored.hold.idempotency_token;
    const auto next = rows_.holds_by_token.upper_bound({token, stored.item_no});
    return next == rows_.holds_by_token.end() || next->first.first != token;
  }

  KeySnapshot::Prunable prunable(Instant before) const {
    KeySnapshot::Prunable out;
    const auto take = [&](auto& list, const auto& id) {
      if (list.size() < kPruneBatch) {
        list.push_back(id);
      } else {
        out.more = true;
      }
    };
    for (const auto& [id, stored] : rows_.holds) {
      const HoldStatus status = stored.hold.status;
      const bool ended = status == HoldStatus::kReleased || status == HoldStatus::kExpired;
      if (ended && stored.hold.updated_at < before && is_last(stored)) take(out.hold_ids, id);
    }
    for (const auto& [key, command] : rows_.commands) {
      if (command.created_at < before) take(out.commands, key);
    }
    for (const auto& [id, blackout] : rows_.blackouts) {
      if (blackout.deleted_at && *blackout.deleted_at < before) take(out.blackout_ids, id);
    }
    return out;
  }

  const KeyRows& rows_;
  const KeyScope& scope_;
  const Instant now_;
  const bool locked_;
  const std::size_t due_max_;
  std::map<std::string_view, const StoredHold*> holds_{};
  std::map<std::string_view, const Allocation*> allocations_{};
};

}  // namespace holdfast
