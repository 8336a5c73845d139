// The one place that writes the in-memory tables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "storage/memory/tables.hpp"
#include "storage/memory/undo_log.hpp"

namespace holdfast {

/// Carries out one transaction's Changes, or none of them.
class Writer {
 public:
  /// `guard` false leaves out the conditions on updates; an insert never overwrites a row.
  Writer(Tables& tables, Instant now, bool guard) : tables_(tables), now_(now), guard_(guard) {}

  Result<void> write(const Changes& c) {
    const bool done = each(c.resource_inserts) && each(c.resource_updates, Update{}) &&
                      each(c.capacity_inserts) && each(c.capacity_deltas) && each(c.hold_inserts) &&
                      each(c.hold_updates) && each(c.status_changes) &&
                      each(c.allocation_inserts) && each(c.allocation_updates) &&
                      each(c.blackout_inserts) && each(c.blackout_updates, Update{}) &&
                      each(c.command_inserts);
    if (!done) {
      return Error{.status = Status::kBusy,
                   .retry = Retry::kSafe,
                   .message = std::move(conflict_) + "; nothing was written"};
    }
    for (const Removal& removal : c.removals) remove(removal);
    undo_.commit();
    for (const Removal& removal : c.removals) {
      const auto rows = tables_.find(removal.key);
      if (rows != tables_.end() && rows->second.empty()) tables_.erase(rows);
    }
    return {};
  }

 private:
  struct Update {};

  template <class Entry, class... Tag>
  bool each(const std::vector<Entry>& entries, Tag... tag) {
    for (const Entry& entry : entries) {
      if (!put(entry, tag...)) return false;
    }
    return true;
  }

  bool conflict(const std::string& what, const std::string& id) {
    conflict_ = what + " " + id;
    return false;
  }

  /// A row that an update does not find, or not in the state it is for.
  bool unmet(const std::string& what, const std::string& id) {
    return guard_ ? conflict(what, id) : true;
  }

  KeyRows& rows(const std::string& key) {
    if (KeyRows* known = find(key)) return *known;
    undo_.insert(tables_, {key, KeyRows{}});
    return tables_.find(key)->second;
  }

  KeyRows* find(const std::string& key) {
    const auto found = tables_.find(key);
    return found == tables_.end() ? nullptr : &found->second;
  }

  template <class Map>
  static auto* row(Map& map, const typename Map::key_type& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
  }

  bool put(const Resource& resource) {
    KeyRows& key = rows(resource.id);
    if (key.resource) return conflict("there is already a resource", resource.id);
    undo_.assign(key.resource, std::optional<Resource>(resource));
    return true;
  }

  bool put(const Resource& resource, Update) {
    KeyRows* key = find(resource.id);
    if (key == nullptr || !key->resource) return unmet("there is no resource", resource.id);
    Resource next = resource;
    next.created_at = key->resource->created_at;
    undo_.assign(key->resource, std::optional<Resource>(std::move(next)));
    return true;
  }

  bool put(const CapacityInsert& insert) {
    const Places places{insert.max_capacity, insert.available_capacity};
    if (undo_.insert(rows(insert.key).capacity, {insert.date, places})) return true;
    return conflict("there is already capacity on " + to_string(insert.date) + " for", insert.key);
  }

  bool put(const CapacityDelta& delta) {
    for (Date day = delta.date; day <= delta.last(); day += std::chrono::days(1)) {
      if (!put(delta, day)) return false;
    }
    return true;
  }

  bool put(const CapacityDelta& delta, Date day) {
    KeyRows* key = find(delta.key);
    Places* places = key == nullptr ? nullptr : row(key->capacity, day);
    if (places == nullptr) {
      return unmet("there is no capacity on " + to_string(day) + " for", delta.key);
    }
    const std::int64_t max = std::int64_t{places->max_capacity} + delta.max_delta;
    const std::int64_t available = std::int64_t{places->available_capacity} + delta.available_delta;
    if (guard_ && (available < 0 || available > max)) {
      return conflict("the places do not suffice on " + to_string(day) + " for", delta.key);
    }
    undo_.assign(*places,
                 Places{static_cast<std::int32_t>(max), static_cast<std::int32_t>(available)});
    return true;
  }

  bool put(const StoredHold& stored) {
    const Hold& hold = stored.hold;
    KeyRows& key = rows(hold.resource_id);
    if (!undo_.insert(key.holds, {hold.id, stored})) {
      return conflict("there is already a hold", hold.id);
    }
    if (!undo_.insert(key.holds_by_token, {{hold.idempotency_token, stored.item_no}, hold.id})) {
      return conflict("there is already a hold of the same token on", hold.resource_id);
    }
    if (hold.status == HoldStatus::kActive) {
      undo_.insert(key.active_holds, {hold.expires_at, hold.id});
    }
    return true;
  }

  bool put(const HoldUpdate& update) {
    const Hold& to = update.hold;
    return change_hold(to.resource_id, to.id, update.from, [&](Hold& hold) {
      hold.status = to.status;
      hold.expires_at = to.expires_at;
      hold.dates = to.dates;
      hold.quantity = to.quantity;
      hold.customer_email = to.customer_email;
      hold.updated_at = to.updated_at;
    });
  }

  bool put(const StatusChange& change) {
    return change_hold(change.key, change.hold_id, change.from, [&](Hold& hold) {
      hold.status = change.to;
      hold.updated_at = now_;
    });
  }

  template <class Change>
  bool change_hold(const std::string& resource_id, const std::string& id, HoldStatus from,
                   Change change) {
    KeyRows* key = find(resource_id);
    StoredHold* stored = key == nullptr ? nullptr : row(key->holds, id);
    if (stored == nullptr) return unmet("there is no hold", id);
    Hold next = stored->hold;
    if (guard_ && next.status != from) return conflict("another status than expected has hold", id);
    if (next.status == HoldStatus::kActive) {
      undo_.erase(key->active_holds, {next.expires_at, next.id});
    }
    change(next);
    if (next.status == HoldStatus::kActive) {
      undo_.insert(key->active_holds, {next.expires_at, next.id});
    }
    undo_.assign(stored->hold, std::move(next));
    return true;
  }

  bool put(const Allocation& allocation) {
    KeyRows& key = rows(allocation.resource_id);
    if (!undo_.insert(key.allocations, {allocation.id, allocation})) {
      return conflict("there is already an allocation", allocation.id);
    }
    if (!undo_.insert(key.allocations_by_hold, {allocation.hold_id, allocation.id})) {
      return conflict("there is already an allocation of hold", allocation.hold_id);
    }
    if (allocation.status == AllocationStatus::kConfirmed) {
      undo_.insert(key.confirmed_allocations, allocation.id);
    }
    return true;
  }

  bool put(const AllocationUpdate& update) {
    KeyRows* key = find(update.allocation.resource_id);
    Allocation* stored = key == nullptr ? nullptr : row(key->allocations, update.allocation.id);
    if (stored == nullptr) return unmet("there is no allocation", update.allocation.id);
    Allocation next = *stored;
    if (guard_ && next.status != update.from) {
      return conflict("another status than expected has allocation", next.id);
    }
    next.status = update.allocation.status;
    next.cancelled_at = update.allocation.cancelled_at;
    next.dates = update.allocation.dates;
    next.quantity = update.allocation.quantity;
    if (next.status == AllocationStatus::kConfirmed) {
      undo_.insert(key->confirmed_allocations, next.id);
    } else {
      undo_.erase(key->confirmed_allocations, next.id);
    }
    undo_.assign(*stored, std::move(next));
    return true;
  }

  bool put(const Blackout& blackout) {
    if (undo_.insert(rows(blackout.resource_id).blackouts, {blackout.id, blackout})) return true;
    return conflict("there is already a blackout", blackout.id);
  }

  bool put(const Blackout& blackout, Update) {
    KeyRows* key = find(blackout.resource_id);
    Blackout* stored = key == nullptr ? nullptr : row(key->blackouts, blackout.id);
    if (stored == nullptr) return unmet("there is no blackout", blackout.id);
    undo_.assign(stored->deleted_at, blackout.deleted_at);
    return true;
  }

  bool put(const CommandInsert& insert) {
    const StoredCommand stored{insert.record, now_};
    if (undo_.insert(rows(insert.key).commands, {insert.record.key, stored})) return true;
    return conflict("there is already a request of the same token on", insert.key);
  }

  void remove(const Removal& removal) {
    KeyRows* key = find(removal.key);
    if (key == nullptr) return;
    for (const std::string& id : removal.hold_ids) remove_hold(*key, id);
    for (const CommandKey& command : removal.commands) undo_.erase(key->commands, command);
    for (const std::string& id : removal.blackout_ids) undo_.erase(key->blackouts, id);
  }

  void remove_hold(KeyRows& key, const std::string& id) {
    const StoredHold* stored = row(key.holds, id);
    if (stored == nullptr) return;
    undo_.erase(key.holds_by_token, {stored->hold.idempotency_token, stored->item_no});
    undo_.erase(key.active_holds, {stored->hold.expires_at, id});
    undo_.erase(key.holds, id);
  }

  Tables& tables_;
  const Instant now_;
  const bool guard_;
  std::string conflict_{};
  UndoLog undo_{};
};

}  // namespace holdfast
