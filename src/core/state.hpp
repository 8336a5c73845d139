// The working copy that a batch is decided on: the snapshot plus what earlier commands changed.
#pragma once

#include <deque>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "holdfast/storage.hpp"

namespace holdfast::core {

struct HoldRow {
  StoredHold stored;
  HoldStatus loaded_status = HoldStatus::kActive;
  bool fresh = false;  ///< made by this batch
  bool dirty = false;
  bool rewritten = false;  ///< more than the status has changed
  bool removed = false;    ///< by prune, after which the batch leaves its key alone

  void rewrite() { dirty = rewritten = true; }
  Hold& hold() { return stored.hold; }
  const Hold& hold() const { return stored.hold; }
};

struct AllocationRow {
  Allocation allocation;
  AllocationStatus loaded_status = AllocationStatus::kConfirmed;
  bool fresh = false;
  bool dirty = false;
};

struct DayRow {
  Date date{};
  std::int32_t max_capacity = 0;
  std::int32_t available_capacity = 0;
  std::int32_t loaded_max = 0;
  std::int32_t loaded_available = 0;
  bool fresh = false;
};

/// One resource (or token slot) of the batch.
struct KeyState {
  std::string key;
  std::optional<Resource> resource;
  Date today{};
  std::vector<DayRow> days;              ///< ascending
  std::map<Date, std::int32_t> returns;  ///< places given back on days that were not loaded
  std::vector<Blackout> blackouts;
  std::vector<CommandRecord> commands;
  KeySnapshot::Prunable prunable;
  Removal removal;
  std::size_t loaded_blackouts = 0;  ///< those beyond were made by this batch
  std::vector<std::size_t> changed_blackouts;
  std::size_t loaded_commands = 0;
  bool resource_fresh = false;
  bool resource_dirty = false;
  bool more_due = false;  ///< ACTIVE holds are due that this batch does not record
  bool deferred = false;  ///< a command on this key waits for another run, so later ones do too
  std::int64_t expired = 0;

  bool exists() const { return resource && !resource->deleted_at; }
  DayRow* day(Date date);
  DayRow& insert_day(Date date, std::int32_t capacity);
  bool blacked_out(Date date) const;
};

class State {
 public:
  /// Records the due holds of every key as EXPIRED first, at most kDuePerKey of each.
  explicit State(Snapshot snapshot);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Instant now() const { return now_; }
  /// REQUIRES: the key is in the scope.
  KeyState& key(std::string_view name);

  /// nullptr when there is none. A hold found due is recorded EXPIRED by the look.
  HoldRow* hold(std::string_view id);
  /// Every hold of this token on this key, by item_no.
  std::vector<HoldRow*> holds_of_token(std::string_view key, std::string_view token);
  AllocationRow* allocation(std::string_view id);
  AllocationRow* allocation_of_hold(std::string_view hold_id);
  std::pmr::deque<HoldRow>& holds() { return holds_; }
  std::pmr::deque<AllocationRow>& allocations() { return allocations_; }

  HoldRow& insert_hold(StoredHold stored);
  AllocationRow& insert_allocation(Allocation allocation);
  void remove_hold(KeyState& key, const std::string& id);
  /// Sets the status and updated_at.
  void set_status(HoldRow& row, HoldStatus status);
  /// Adds `quantity` places (negative: takes) on each day. Taking REQUIRES the day to be loaded.
  void give(KeyState& key, const std::vector<Date>& dates, std::int32_t quantity);

  bool is_due(const Hold& hold) const {
    return hold.status == HoldStatus::kActive && now_ >= hold.expires_at;
  }

  /// What the batch changed, each row once. Ends the state's life: its rows are moved out.
  Changes take_changes();

 private:
  void index(HoldRow& row);
  void expire(HoldRow& row);
  void expire_due();

  Instant now_{};
  std::vector<KeyState> keys_;
  std::pmr::monotonic_buffer_resource memory_{4096};  ///< rows come, and all go at once
  std::pmr::deque<HoldRow> holds_{&memory_};
  std::pmr::deque<AllocationRow> allocations_{&memory_};
  std::pmr::unordered_map<std::string_view, HoldRow*> by_id_{&memory_};
  std::pmr::unordered_multimap<std::string_view, HoldRow*> by_token_{&memory_};
  std::pmr::unordered_map<std::string_view, AllocationRow*> allocation_by_id_{&memory_};
  std::pmr::unordered_map<std::string_view, AllocationRow*> allocation_by_hold_{&memory_};
};

}  // namespace holdfast::core
