#include "core/state.hpp"

#include <algorithm>
#include <stdexcept>

namespace holdfast::core {

DayRow* KeyState::day(Date date) {
  const auto at = std::lower_bound(days.begin(), days.end(), date,
                                   [](const DayRow& row, Date d) { return row.date < d; });
  return at != days.end() && at->date == date ? &*at : nullptr;
}

DayRow& KeyState::insert_day(Date date, std::int32_t capacity) {
  const auto at = std::lower_bound(days.begin(), days.end(), date,
                                   [](const DayRow& row, Date d) { return row.date < d; });
  DayRow row{.date = date, .max_capacity = capacity, .available_capacity = capacity};
  row.fresh = true;
  return *days.insert(at, row);
}

bool KeyState::blacked_out(Date date) const {
  return std::any_of(blackouts.begin(), blackouts.end(), [date](const Blackout& blackout) {
    return !blackout.deleted_at && blackout.start_date <= date && date <= blackout.end_date;
  });
}

State::State(Snapshot snapshot) : now_(snapshot.now) {
  keys_.reserve(snapshot.keys.size());
  for (auto& from : snapshot.keys) {
    KeyState key;
    key.key = std::move(from.key);
    key.resource = std::move(from.resource);
    key.today = from.today;
    key.days.reserve(from.capacity.size());
    for (const auto& row : from.capacity) {
      key.days.push_back({row.date, row.max_capacity, row.available_capacity, row.max_capacity,
                          row.available_capacity, false});
    }
    key.blackouts = std::move(from.blackouts);
    key.loaded_blackouts = key.blackouts.size();
    key.commands = std::move(from.commands);
    key.loaded_commands = key.commands.size();
    key.prunable = std::move(from.prunable);
    key.more_due = from.more_due;
    for (auto& stored : from.holds) {
      HoldRow& row = holds_.emplace_back();
      row.stored = std::move(stored);
      row.loaded_status = row.hold().status;
      index(row);
    }
    for (auto& loaded : from.allocations) {
      AllocationRow& row = allocations_.emplace_back();
      row.allocation = std::move(loaded);
      row.loaded_status = row.allocation.status;
      allocation_by_id_.emplace(row.allocation.id, &row);
      allocation_by_hold_.emplace(row.allocation.hold_id, &row);
    }
    keys_.push_back(std::move(key));
  }
  expire_due();
}

void State::expire_due() {
  std::vector<HoldRow*> due;
  for (auto& row : holds_) {
    if (is_due(row.hold())) due.push_back(&row);
  }
  std::sort(due.begin(), due.end(), [](const HoldRow* a, const HoldRow* b) {
    return std::pair(a->hold().expires_at, std::string_view(a->hold().id)) <
           std::pair(b->hold().expires_at, std::string_view(b->hold().id));
  });
  for (HoldRow* row : due) {
    KeyState& of = key(row->hold().resource_id);
    if (of.expired < static_cast<std::int64_t>(kDuePerKey)) {
      expire(*row);
    } else {
      of.more_due = true;
    }
  }
}

void State::expire(HoldRow& row) {
  set_status(row, HoldStatus::kExpired);
  KeyState& of = key(row.hold().resource_id);
  give(of, row.hold().dates, row.hold().quantity);
  ++of.expired;
}

KeyState& State::key(std::string_view name) {
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), name,
                                   [](const KeyState& k, std::string_view n) { return k.key < n; });
  if (at == keys_.end() || at->key != name) throw std::logic_error("key outside the scope");
  return *at;
}

HoldRow* State::hold(std::string_view id) {
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return nullptr;
  if (is_due(at->second->hold())) expire(*at->second);
  return at->second;
}

std::vector<HoldRow*> State::holds_of_token(std::string_view key, std::string_view token) {
  std::vector<HoldRow*> found;
  const auto [begin, end] = by_token_.equal_range(token);
  for (auto at = begin; at != end; ++at) {
    if (at->second->hold().resource_id == key) {
      found.push_back(hold(at->second->hold().id));
    }
  }
  std::sort(found.begin(), found.end(), [](const HoldRow* a, const HoldRow* b) {
    return a->stored.item_no < b->stored.item_no;
  });
  return found;
}

AllocationRow* State::allocation(std::string_view id) {
  const auto at = allocation_by_id_.find(id);
  return at == allocation_by_id_.end() ? nullptr : at->second;
}

AllocationRow* State::allocation_of_hold(std::string_view hold_id) {
  const auto at = allocation_by_hold_.find(hold_id);
  return at == allocation_by_hold_.end() ? nullptr : at->second;
}

void State::index(HoldRow& row) {
  by_id_.emplace(row.hold().id, &row);
  by_token_.emplace(row.hold().idempotency_token, &row);
}

HoldRow& State::insert_hold(StoredHold stored) {
  HoldRow& row = holds_.emplace_back();
  row.stored = std::move(stored);
  row.fresh = true;
  row.dirty = true;
  index(row);
  return row;
}

AllocationRow& State::insert_allocation(Allocation allocation) {
  AllocationRow& row = allocations_.emplace_back();
  row.allocation = std::move(allocation);
  row.fresh = true;
  row.dirty = true;
  allocation_by_id_.emplace(row.allocation.id, &row);
  allocation_by_hold_.emplace(row.allocation.hold_id, &row);
  return row;
}

void State::remove_hold(KeyState& key, const std::string& id) {
  const auto at = by_id_.find(id);
  if (at != by_id_.end()) {
    const HoldStatus status = at->second->hold().status;
    const bool ended = status == HoldStatus::kReleased || status == HoldStatus::kExpired;
    if (!ended) return;
    at->second->removed = true;
  }
  key.removal.hold_ids.push_back(id);
}

void State::set_status(HoldRow& row, HoldStatus status) {
  row.hold().status = status;
  row.hold().updated_at = now_;
  row.dirty = true;
}

void State::give(KeyState& key, const std::vector<Date>& dates, std::int32_t quantity) {
  for (const Date date : dates) {
    if (DayRow* row = key.day(date)) {
      row->available_capacity += quantity;
    } else {
      key.returns[date] += quantity;
    }
  }
}

namespace {

// Neighbouring days that change alike are one entry.
void add_delta(Changes& out, const std::string& key, Date date, std::int32_t max_delta,
               std::int32_t available_delta) {
  if (max_delta == 0 && available_delta == 0) return;
  if (!out.capacity_deltas.empty()) {
    CapacityDelta& before = out.capacity_deltas.back();
    if (before.last() + std::chrono::days(1) == date && before.max_delta == max_delta &&
        before.available_delta == available_delta && before.key == key) {
      ++before.days;
      return;
    }
  }
  out.capacity_deltas.push_back({key, date, max_delta, available_delta});
}

void take_day_changes(const KeyState& key, Changes& out) {
  auto returned = key.returns.begin();
  const auto add_returns = [&](auto is_next) {
    for (; returned != key.returns.end() && is_next(returned->first); ++returned) {
      add_delta(out, key.key, returned->first, 0, returned->second);
    }
  };
  for (const auto& day : key.days) {
    add_returns([&](Date date) { return date < day.date; });
    if (day.fresh) {
      out.capacity_inserts.push_back({key.key, day.date, day.max_capacity, day.available_capacity});
    } else {
      add_delta(out, key.key, day.date, day.max_capacity - day.loaded_max,
                day.available_capacity - day.loaded_available);
    }
  }
  add_returns([](Date) { return true; });
}

void take_key_changes(KeyState& key, Changes& out) {
  if (key.resource_fresh) {
    out.resource_inserts.push_back(std::move(*key.resource));
  } else if (key.resource_dirty) {
    out.resource_updates.push_back(std::move(*key.resource));
  }
  take_day_changes(key, out);
  for (std::size_t i = key.loaded_blackouts; i < key.blackouts.size(); ++i) {
    out.blackout_inserts.push_back(std::move(key.blackouts[i]));
  }
  for (const std::size_t i : key.changed_blackouts) {
    if (i < key.loaded_blackouts) out.blackout_updates.push_back(std::move(key.blackouts[i]));
  }
  for (std::size_t i = key.loaded_commands; i < key.commands.size(); ++i) {
    out.command_inserts.push_back({key.key, std::move(key.commands[i])});
  }
  Removal& removal = key.removal;
  if (!removal.hold_ids.empty() || !removal.commands.empty() || !removal.blackout_ids.empty()) {
    removal.key = key.key;
    out.removals.push_back(std::move(removal));
  }
}

}  // namespace

Changes State::take_changes() {
  Changes out;
  for (auto& key : keys_) take_key_changes(key, out);
  const auto is_insert = [](const HoldRow& row) { return row.fresh; };
  out.hold_inserts.reserve(
      static_cast<std::size_t>(std::count_if(holds_.begin(), holds_.end(), is_insert)));
  for (auto& row : holds_) {
    if (!row.dirty || row.removed) continue;
    if (row.fresh) {
      out.hold_inserts.push_back(std::move(row.stored));
    } else if (row.rewritten) {
      out.hold_updates.push_back({std::move(row.hold()), row.loaded_status});
    } else {
      Hold& hold = row.hold();
      out.status_changes.push_back(
          {std::move(hold.resource_id), std::move(hold.id), row.loaded_status, hold.status});
    }
  }
  for (auto& row : allocations_) {
    if (!row.dirty) continue;
    if (row.fresh) {
      out.allocation_inserts.push_back(std::move(row.allocation));
    } else {
      out.allocation_updates.push_back({std::move(row.allocation), row.loaded_status});
    }
  }
  return out;
}

}  // namespace holdfast::core
