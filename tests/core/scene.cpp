#include "core/scene.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/fingerprint.hpp"
#include "core/ids.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using core::Action;
using core::Command;

constexpr int kFirstDay = -2;  // of which two are past, as day(0) or day(1) is today
constexpr int kLastDay = 5;

void add_key(Command& command, std::string_view id, std::string_view prefix) {
  command.keys.push_back(core::resource_of(id, prefix).value());
}

void keys_of(Command& c, const CreateResource& r) {
  c.keys = {core::token_slot(r.idempotency_token), c.ids.at(0)};
}
void keys_of(Command& c, const CreateHolds& r) {
  for (const auto& item : r.items) c.keys.push_back(item.resource_id);
}
void keys_of(Command& c, const core::CancelAllocations& r) {
  for (const auto& id : r.allocation_ids) add_key(c, id, core::kAllocationPrefix);
}
void keys_of(Command& c, const MoveHold& r) { add_key(c, r.hold_id, core::kHoldPrefix); }
void keys_of(Command& c, const MoveAllocation& r) {
  add_key(c, r.allocation_id, core::kAllocationPrefix);
}
void keys_of(Command& c, const DeleteBlackout& r) {
  add_key(c, r.blackout_id, core::kBlackoutPrefix);
}
void keys_of(Command& c, const core::PruneKey& r) { c.keys = {r.key}; }
template <class R>
void keys_of(Command& c, const R& r) {
  if constexpr (requires { r.resource_id; }) {
    c.keys = {r.resource_id};
  } else {
    for (const auto& id : r.hold_ids) add_key(c, id, core::kHoldPrefix);
  }
}

}  // namespace

void finish(Command& command) {
  command.keys.clear();
  std::visit([&](const auto& r) { keys_of(command, r); }, command.action);
  auto& keys = command.keys;
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  command.fingerprint = core::fingerprint(command);
}

// ---- the world ----------------------------------------------------------------------------------

Scene::Scene(std::uint64_t stream) : random_(stream) {
  world_.now = kNow;
  const int count = number(2, 3);
  for (int n = 1; n <= count; ++n) add_resource(n);
  add_past();
}

void Scene::add_resource(int n) {
  Resource resource = make_resource(n);
  resource.timezone = chance(0.7) ? kHome : kAhead;
  resource.is_active = chance(0.85);
  if (chance(0.1)) resource.deleted_at = kNow - 1h;
  resources_.push_back(resource.id);
  WorldKey& rows = world_.keys[resource.id];
  rows.resource = std::move(resource);
  add_capacity(rows);
  add_blackouts(rows);
  for (int i = number(0, 6); i > 0; --i) add_hold(rows);
}

void Scene::add_capacity(WorldKey& rows) {
  for (int d = kFirstDay; d <= kLastDay; ++d) {
    const int max = number(0, 5);
    if (chance(0.9)) rows.capacity[day(d)] = {max, max};
  }
}

void Scene::add_blackouts(WorldKey& rows) {
  for (int i = number(0, 3) - 1; i > 0; --i) {
    const int start = number(kFirstDay, kLastDay);
    Blackout blackout = make_blackout(rows.resource->id, ++last_, day(start),
                                      day(std::min(kLastDay, start + number(0, 1))));
    if (chance(0.4)) blackout.deleted_at = kNow - (chance(0.5) ? 1h : 72h);
    blackouts_.push_back(blackout.id);
    rows.blackouts[blackout.id] = blackout;
  }
}

void Scene::add_hold(WorldKey& rows) {
  std::vector<Date> dates = some_days();
  std::erase_if(dates, [&](Date d) { return rows.capacity.count(d) == 0; });
  const int quantity = number(1, 2);
  if (dates.empty()) return;

  const std::chrono::microseconds offsets[] = {-1h, -1us, 0us, 1us, 10min, 10h};
  StoredHold stored = make_hold(rows.resource->id, ++last_, dates, kNow + offsets[number(0, 5)]);
  Hold& hold = stored.hold;
  hold.quantity = quantity;
  hold.customer_email = chance(0.5) ? "anna@example.org" : "bert@example.org";
  hold.holder = holder();
  hold.status = static_cast<HoldStatus>(number(0, 3));
  hold.created_at = kNow - 20h;
  hold.updated_at = kNow - (chance(0.5) ? 30min : 72h);
  std::optional<Allocation> allocation;
  if (hold.status == HoldStatus::kConfirmed) {
    allocation = make_allocation(rows.resource->id, last_, dates);
    allocation->quantity = quantity;
    allocation->order_id = "order-" + std::to_string(number(1, 2));
    if (chance(0.3)) {
      allocation->status = AllocationStatus::kCancelled;
      allocation->cancelled_at = kNow - 1h;
    }
  }
  const bool takes = hold.status == HoldStatus::kActive ||
                     (allocation && allocation->status == AllocationStatus::kConfirmed);
  const auto fits = [&](Date d) { return rows.capacity[d].available >= quantity; };
  if (takes && !std::all_of(dates.begin(), dates.end(), fits)) return;
  for (const Date d : dates) rows.capacity[d].available -= takes ? quantity : 0;
  holds_.push_back(hold.id);
  rows.holds[hold.id] = std::move(stored);
  if (!allocation) return;
  allocations_.push_back(allocation->id);
  rows.allocations[allocation->id] = std::move(*allocation);
}

// Commands decided before leave records, tokens and groups behind.
void Scene::add_past() {
  const std::chrono::microseconds ages[] = {72h, 71h, 30h, 25h, 1h, 20min};
  for (const auto age : ages) {
    if (chance(0.4)) continue;
    world_.now = kNow - age;
    run_all(world_, {command()}, kPolicy);
  }
  world_.now = kNow;
}

// ---- commands -----------------------------------------------------------------------------------

std::vector<Command> Scene::batch() {
  std::vector<Command> commands;
  for (int i = number(1, 12); i > 0; --i) commands.push_back(command());
  return commands;
}

Command Scene::command() {
  Command made;
  if (!said_.empty() && chance(0.15)) {
    made = said_[random_.below(said_.size())];
    made.ids.clear();
  } else {
    made.action = action();
    const auto* holds = std::get_if<CreateHolds>(&made.action);
    if (holds != nullptr && (holds->items.size() > 1 || chance(0.2))) {
      made.group_id = group_id(++last_);
    }
  }
  mint(made);
  finish(made);
  said_.push_back(made);
  return made;
}

void Scene::mint(Command& command) {
  const auto made = [&](std::string id, std::vector<std::string>& pool) {
    pool.push_back(id);
    command.ids.push_back(std::move(id));
  };
  if (std::holds_alternative<CreateResource>(command.action)) {
    made(resource_id(++last_ + 100), resources_);
  } else if (const auto* holds = std::get_if<CreateHolds>(&command.action)) {
    for (const auto& item : holds->items) made(hold_id(item.resource_id, ++last_), holds_);
  } else if (const auto* confirm = std::get_if<ConfirmHolds>(&command.action)) {
    for (const auto& id : confirm->hold_ids) {
      made(allocation_id(*core::resource_of(id, core::kHoldPrefix), ++last_), allocations_);
    }
  } else if (const auto* blackout = std::get_if<CreateBlackout>(&command.action)) {
    made(blackout_id(blackout->resource_id, ++last_), blackouts_);
  }
}

std::vector<std::string> Scene::some_of(const std::vector<std::string>& ids) {
  std::vector<std::string> out;
  for (int i = chance(0.75) ? 1 : number(2, 3); i > 0; --i) {
    const std::string& id = one_of(ids);
    if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
  }
  return out;
}

std::vector<Date> Scene::some_days() {
  std::set<Date> out;
  const int first = chance(0.85) ? 1 : kFirstDay;
  for (int i = number(1, 3); i > 0; --i) out.insert(day(number(first, kLastDay)));
  return {out.begin(), out.end()};
}

std::string Scene::token(bool needed) {
  if (chance(0.5)) return "t" + std::to_string(number(0, 3));
  return needed ? "made-" + std::to_string(++last_) : "";
}

std::string Scene::holder() { return chance(0.8) ? "" : chance(0.7) ? "anna" : "bert"; }

std::chrono::milliseconds Scene::ttl() {
  const std::chrono::milliseconds choices[] = {1ms, 10min, 4h, 10h, 24h};
  return choices[number(0, 4)];
}

Action Scene::action() {
  const int dice = number(0, 19);
  if (dice < 3) return about_resources();
  if (dice < 6) return about_capacity();
  if (dice < 13 || allocations_.empty() || blackouts_.empty()) return about_holds();
  if (dice < 18) return about_bookings();
  return about_upkeep();
}

Action Scene::about_resources() {
  switch (number(0, 5)) {
    case 0: {
      CreateResource r;
      r.type = "TOUR";
      r.name = "New";
      r.metadata = "{}";
      r.timezone = chance(0.5) ? kHome : kAhead;
      r.idempotency_token = token(true);
      return r;
    }
    case 1:
    case 2: {
      UpdateResource r;
      r.resource_id = one_of(resources_);
      if (chance(0.3)) r.name = "Renamed";
      if (chance(0.4)) r.timezone = chance(0.5) ? kHome : kAhead;
      if (chance(0.5)) r.is_active = chance(0.7);
      r.idempotency_token = token(false);
      return r;
    }
    case 3:
      return DeleteResource{one_of(resources_), token(false)};
    default:
      return RestoreResource{one_of(resources_), token(false)};
  }
}

Action Scene::about_capacity() {
  if (chance(0.5)) {
    return AdjustCapacity{one_of(resources_), some_days(), chance(0.6) ? 1 : number(-3, -1),
                          token(true)};
  }
  InitializeCapacity r;
  r.resource_id = one_of(resources_);
  const int start = number(kFirstDay, kLastDay);
  r.start_date = day(start);
  r.end_date = day(number(start, kLastDay));
  r.daily_capacity = number(0, 5);
  if (chance(0.3)) r.weekdays = static_cast<Weekdays>(number(1, 127));
  r.on_existing = chance(0.5) ? OnExisting::kKeep : OnExisting::kReplace;
  r.idempotency_token = token(true);
  return r;
}

Action Scene::about_holds() {
  const int dice = holds_.empty() ? 0 : number(0, 9);
  if (dice < 4) {
    CreateHolds r;
    for (int i = chance(0.7) ? 1 : number(2, 3); i > 0; --i) {
      r.items.push_back({one_of(resources_), some_days(), chance(0.7) ? 1 : 2});
    }
    r.customer_email = chance(0.5) ? "anna@example.org" : "bert@example.org";
    r.idempotency_token = token(true);
    r.holder = holder();
    if (chance(0.5)) r.ttl = ttl();
    return r;
  }
  const bool as_host = chance(0.7);
  if (dice < 5) {
    ExtendHolds r{some_of(holds_), {}, holder(), as_host, token(false)};
    if (chance(0.5)) r.ttl = ttl();
    return r;
  }
  if (dice < 8) {
    ConfirmHolds r;
    r.hold_ids = some_of(holds_);
    r.order_id = "order-" + std::to_string(number(1, 2));
    r.line_item_id = chance(0.7) ? "line-1" : "line-2";
    r.if_expired = chance(0.5) ? IfExpired::kReject : IfExpired::kReclaim;
    r.holder = holder();
    r.as_host = as_host;
    return r;
  }
  return ReleaseHolds{some_of(holds_), holder(), as_host, {}};
}

Action Scene::about_bookings() {
  switch (number(0, 5)) {
    case 0:
      return core::CancelAllocations{some_of(allocations_)};
    case 1:
    case 2: {
      MoveHold r{one_of(holds_), some_days(), {}, holder(), chance(0.8), token(true)};
      if (chance(0.4)) r.quantity = number(1, 3);
      return r;
    }
    case 3: {
      MoveAllocation r{one_of(allocations_), some_days(), {}, token(true)};
      if (chance(0.4)) r.quantity = number(1, 3);
      return r;
    }
    case 4:
      return DeleteBlackout{one_of(blackouts_), token(false)};
    default: {
      CreateBlackout r;
      r.resource_id = one_of(resources_);
      const int start = number(kFirstDay, kLastDay);
      r.start_date = day(start);
      r.end_date = day(std::min(kLastDay, start + number(0, 2)));
      r.reason = "repairs";
      r.on_conflict = chance(0.6) ? OnConflict::kKeep : OnConflict::kRefuse;
      r.idempotency_token = token(true);
      return r;
    }
  }
}

Action Scene::about_upkeep() {
  switch (number(0, 2)) {
    case 0:
      return core::ExpireDue{one_of(resources_)};
    case 1: {
      const std::string slot = core::token_slot("t" + std::to_string(number(0, 3)));
      return core::PruneKey{chance(0.2) ? slot : one_of(resources_),
                            kNow - (chance(0.5) ? 24h : 48h)};
    }
    default: {
      core::EraseEmail r;
      r.resource_id = one_of(resources_);
      r.customer_email = chance(0.5) ? "anna@example.org" : "bert@example.org";
      for (const auto& id : holds_) {
        if (core::resource_of(id, core::kHoldPrefix) == r.resource_id) r.hold_ids.push_back(id);
      }
      return r;
    }
  }
}

}  // namespace holdfast::test
