#include "time_machine/auditor.hpp"

#include <algorithm>
#include <set>

namespace holdfast::test::machine {
namespace {

void law(bool holds, const std::string& what) {
  if (!holds) throw Wrong(what);
}

bool closed_on(const Ledger& ledger, Date date) {
  return std::any_of(ledger.blackouts.begin(), ledger.blackouts.end(), [&](const auto& entry) {
    const Blackout& b = entry.second;
    return !b.deleted_at && b.start_date <= date && date <= b.end_date;
  });
}

template <class Map>
auto* find(Map& map, const typename std::remove_const_t<Map>::key_type& key) {
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &at->second;
}

}  // namespace

std::string key_of(const std::string& id) {
  const auto start = id.find('_') + 1;
  return "res_" + id.substr(start, id.find('_', start) - start);
}

const Ledger& Auditor::of(const std::string& key) const {
  static const Ledger kEmpty;
  const auto at = ledgers_.find(key);
  return at == ledgers_.end() ? kEmpty : at->second;
}

const StoredHold* Auditor::hold(const std::string& id) const {
  return find(of(key_of(id)).holds, id);
}
const Allocation* Auditor::booking(const std::string& id) const {
  return find(of(key_of(id)).bookings, id);
}
const Allocation* Auditor::booking_of(const std::string& hold_id) const {
  const auto* id = find(of(key_of(hold_id)).booking_of_hold, hold_id);
  return id == nullptr ? nullptr : booking(*id);
}

std::int64_t Auditor::free_places(const std::string& key, Date date, Instant now) const {
  const Ledger& ledger = of(key);
  const auto* day = find(ledger.days, date);
  if (day == nullptr) return 0;
  std::int64_t free = day->max - day->taken;
  for (const auto& [id, stored] : ledger.holds) {
    const Hold& h = stored.hold;
    if (h.status != HoldStatus::kActive || now < h.expires_at) continue;
    if (std::binary_search(h.dates.begin(), h.dates.end(), date)) free += h.quantity;
  }
  return free;
}

void Auditor::take(Ledger& ledger, const std::vector<Date>& dates, std::int64_t quantity) {
  for (const Date date : dates) {
    const auto day = ledger.days.find(date);
    law(day != ledger.days.end(), "places are taken on a day that has none");
    day->second.taken += quantity;
  }
}

void Auditor::insert(const StoredHold& row, Instant now, bool shop_changes) {
  const Hold& h = row.hold;
  Ledger& ledger = at(h.resource_id);
  law(ledger.hold_of_token.emplace(std::pair(h.idempotency_token, row.item_no), h.id).second,
      "a token has two effects: " + h.idempotency_token);
  law(ledger.holds.emplace(h.id, row).second, "a hold is made twice: " + h.id);
  law(h.status == HoldStatus::kActive && h.created_at == now && h.expires_at > now,
      "a new hold is not ACTIVE: " + h.id);
  const bool for_sale =
      ledger.resource && ledger.resource->is_active && !ledger.resource->deleted_at;
  law(shop_changes || for_sale, "a hold on what is not for sale: " + h.id);
  for (const Date date : h.dates) {
    law(shop_changes || !closed_on(ledger, date), "a hold in a blackout: " + h.id);
  }
  take(ledger, h.dates, h.quantity);
}

void Auditor::change(Hold& hold, const Hold& to, Instant now) {
  Ledger& ledger = at(hold.resource_id);
  const bool due = now >= hold.expires_at;
  const auto from = hold.status;
  if (from != to.status) {
    const bool allowed =
        (from == HoldStatus::kActive && to.status == HoldStatus::kExpired && due) ||
        (from == HoldStatus::kActive && to.status == HoldStatus::kReleased && !due) ||
        (from == HoldStatus::kActive && to.status == HoldStatus::kConfirmed) ||
        (from == HoldStatus::kExpired && to.status == HoldStatus::kConfirmed);
    law(allowed,
        std::string("a hold goes from ") + name(from) + " to " + name(to.status) + ": " + hold.id);
  } else {
    law(from == HoldStatus::kActive, "a hold that has ended changes: " + hold.id);
    law(to.expires_at >= hold.expires_at, "an extension shortens: " + hold.id);
  }
  if (from == HoldStatus::kActive) take(ledger, hold.dates, -std::int64_t{hold.quantity});
  if (to.status == HoldStatus::kActive) take(ledger, to.dates, to.quantity);
  hold = to;
}

void Auditor::insert(const Allocation& row) {
  Ledger& ledger = at(row.resource_id);
  law(ledger.bookings.emplace(row.id, row).second, "a booking is made twice: " + row.id);
  law(ledger.booking_of_hold.emplace(row.hold_id, row.id).second,
      "a hold is booked twice: " + row.hold_id);
  const auto* stored = find(ledger.holds, row.hold_id);
  law(stored != nullptr && stored->hold.status == HoldStatus::kConfirmed &&
          stored->hold.dates == row.dates && stored->hold.quantity == row.quantity,
      "a booking that is not its hold's: " + row.id);
  take(ledger, row.dates, row.quantity);
}

void Auditor::update(const AllocationUpdate& update) {
  const Allocation& to = update.allocation;
  Ledger& ledger = at(to.resource_id);
  auto* row = find(ledger.bookings, to.id);
  law(row != nullptr, "an unknown booking changes: " + to.id);
  law(row->status == AllocationStatus::kConfirmed, "a cancelled booking changes: " + to.id);
  take(ledger, row->dates, -std::int64_t{row->quantity});
  if (to.status == AllocationStatus::kConfirmed) take(ledger, to.dates, to.quantity);
  *row = to;
}

void Auditor::places(const Changes& changes) {
  for (const auto& row : changes.resource_inserts) at(row.id).resource = row;
  for (const auto& row : changes.resource_updates) at(row.id).resource = row;
  for (const auto& row : changes.capacity_inserts) {
    at(row.key).days[row.date] = {row.max_capacity, row.available_capacity, 0};
  }
  for (const auto& row : changes.capacity_deltas) {
    for (Date date = row.date; date <= row.last(); date += std::chrono::days(1)) {
      Ledger::Day& day = at(row.key).days[date];
      day.max += row.max_delta;
      day.available += row.available_delta;
    }
  }
}

// Every change of places names its day, and a day that no change names had nothing taken or given.
void Auditor::balance(const Changes& changes) const {
  std::set<std::string> keys;
  for (const auto& row : changes.capacity_inserts) keys.insert(row.key);
  for (const auto& row : changes.capacity_deltas) keys.insert(row.key);
  for (const auto& row : changes.hold_inserts) keys.insert(row.hold.resource_id);
  for (const auto& row : changes.hold_updates) keys.insert(row.hold.resource_id);
  for (const auto& row : changes.status_changes) keys.insert(row.key);
  for (const auto& row : changes.allocation_inserts) keys.insert(row.resource_id);
  for (const auto& row : changes.allocation_updates) keys.insert(row.allocation.resource_id);
  for (const auto& key : keys) {
    for (const auto& [date, day] : of(key).days) {
      law(day.available >= 0 && day.taken >= 0 && day.max == day.available + day.taken,
          "conservation on " + to_string(date) + ": max " + std::to_string(day.max) +
              ", available " + std::to_string(day.available) + ", taken " +
              std::to_string(day.taken));
    }
  }
}

void Auditor::committed(Instant now, const Changes& changes) {
  ++commits_;
  places(changes);
  for (const auto& row : changes.status_changes) {
    auto* stored = find(at(row.key).holds, row.hold_id);
    law(stored != nullptr && stored->hold.status == row.from, "a change of no such hold");
    Hold to = stored->hold;
    to.status = row.to;
    to.updated_at = now;
    change(stored->hold, to, now);
  }
  for (const auto& row : changes.hold_updates) {
    auto* stored = find(at(row.hold.resource_id).holds, row.hold.id);
    law(stored != nullptr && stored->hold.status == row.from, "an update of no such hold");
    change(stored->hold, row.hold, now);
  }
  // What was closed or opened in the same transaction may have been so before or after the hold.
  const bool shop_changes = !changes.resource_updates.empty() || !changes.blackout_updates.empty();
  for (const auto& row : changes.hold_inserts) insert(row, now, shop_changes);
  for (const auto& row : changes.allocation_inserts) insert(row);
  for (const auto& row : changes.allocation_updates) update(row);
  for (const auto& row : changes.blackout_inserts) at(row.resource_id).blackouts[row.id] = row;
  for (const auto& row : changes.blackout_updates) at(row.resource_id).blackouts[row.id] = row;
  for (const auto& row : changes.command_inserts) {
    law(at(row.key).commands.emplace(row.record.key, row.record.outcome).second,
        "a token is remembered twice: " + row.record.key.token);
  }
  balance(changes);
}

}  // namespace holdfast::test::machine
