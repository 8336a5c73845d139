#include "core/world.hpp"

#include <algorithm>
#include <set>

#include "core/availability.hpp"
#include "core/fields.hpp"
#include "core/plan.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool ended(HoldStatus status) {
  return status == HoldStatus::kReleased || status == HoldStatus::kExpired;
}

bool has_day_in(const std::vector<Date>& dates, const DateRange& range) {
  return std::any_of(dates.begin(), dates.end(), [&](Date d) { return range.contains(d); });
}

class Load {
 public:
  Load(const WorldKey& rows, const KeyScope& scope, Instant now)
      : rows_(rows), scope_(scope), now_(now), days_(scope.dates.begin(), scope.dates.end()) {}

  KeySnapshot run() {
    KeySnapshot out;
    out.key = scope_.key;
    out.resource = rows_.resource;
    if (rows_.resource && scope_.brief) {
      out.resource.emplace();
      out.resource->timezone = rows_.resource->timezone;
      out.resource->is_active = rows_.resource->is_active;
      out.resource->deleted_at = rows_.resource->deleted_at;
    }
    if (rows_.resource) out.today = World::today(rows_.resource->timezone);
    named();
    due(out);
    if (scope_.dates_of_holds) {
      for (const auto& id : scope_.hold_ids) {
        const auto at = rows_.holds.find(id);
        if (at == rows_.holds.end()) continue;
        days_.insert(at->second.hold.dates.begin(), at->second.hold.dates.end());
      }
    }
    for (const auto& [date, places] : rows_.capacity) {
      if (days_.count(date) != 0) out.capacity.push_back({date, places.max, places.available});
    }
    for (const auto& [id, blackout] : rows_.blackouts) {
      const bool touches =
          !blackout.deleted_at && std::any_of(days_.begin(), days_.end(), [&b = blackout](Date d) {
            return b.start_date <= d && d <= b.end_date;
          });
      if (touches || contains(scope_.blackout_ids, id)) out.blackouts.push_back(blackout);
    }
    for (const auto& id : holds_) out.holds.push_back(rows_.holds.at(id));
    for (const auto& id : allocations_) out.allocations.push_back(rows_.allocations.at(id));
    for (const auto& key : scope_.commands) {
      const auto at = rows_.commands.find(key);
      if (at != rows_.commands.end()) out.commands.push_back(at->second.record);
    }
    if (scope_.prunable_before) prunable(out.prunable, *scope_.prunable_before);
    return out;
  }

 private:
  void named() {
    for (const auto& [id, stored] : rows_.holds) {
      const bool booked = scope_.bookings && stored.hold.status == HoldStatus::kActive &&
                          has_day_in(stored.hold.dates, *scope_.bookings);
      if (booked || contains(scope_.hold_ids, id) ||
          contains(scope_.hold_tokens, stored.hold.idempotency_token)) {
        holds_.insert(id);
      }
    }
    for (const auto& [id, allocation] : rows_.allocations) {
      const bool by_id = contains(scope_.allocation_ids, id);
      const bool booked = scope_.bookings && allocation.status == AllocationStatus::kConfirmed &&
                          has_day_in(allocation.dates, *scope_.bookings);
      if (by_id || booked || contains(scope_.hold_ids, allocation.hold_id)) allocations_.insert(id);
      if (by_id) holds_.insert(allocation.hold_id);
    }
  }

  void due(KeySnapshot& out) {
    std::vector<std::pair<Instant, std::string>> due;
    for (const auto& [id, stored] : rows_.holds) {
      const Hold& hold = stored.hold;
      if (hold.status == HoldStatus::kActive && hold.expires_at <= now_) {
        due.emplace_back(hold.expires_at, id);
      }
    }
    std::sort(due.begin(), due.end());
    for (std::size_t i = 0; i < due.size(); ++i) {
      if (i < kDuePerKey) holds_.insert(due[i].second);
      if (holds_.count(due[i].second) == 0) out.more_due = true;
    }
  }

  void prunable(KeySnapshot::Prunable& out, Instant before) const {
    for (const auto& [id, stored] : rows_.holds) {
      if (!ended(stored.hold.status) || stored.hold.updated_at >= before) continue;
      const bool is_last =
          std::none_of(rows_.holds.begin(), rows_.holds.end(), [&row = stored](const auto& other) {
            return other.second.hold.idempotency_token == row.hold.idempotency_token &&
                   other.second.item_no > row.item_no;
          });
      if (is_last) out.hold_ids.push_back(id);
    }
    for (const auto& [key, remembered] : rows_.commands) {
      if (remembered.at < before) out.commands.push_back(key);
    }
    for (const auto& [id, blackout] : rows_.blackouts) {
      if (blackout.deleted_at && *blackout.deleted_at < before) out.blackout_ids.push_back(id);
    }
  }

  const WorldKey& rows_;
  const KeyScope& scope_;
  const Instant now_;
  std::set<Date> days_;
  std::set<std::string> holds_{};
  std::set<std::string> allocations_{};
};

// One Changes being written.
class Write {
 public:
  Write(World& world, const Scope& scope) : world_(world), scope_(scope) {}

  void run(const Changes& c) {
    for (const auto& row : c.resource_inserts) insert_resource(row);
    for (const auto& row : c.resource_updates) update_resource(row);
    for (const auto& row : c.capacity_inserts) insert_capacity(row);
    for (const auto& row : c.capacity_deltas) add_capacity(row);
    for (const auto& row : c.hold_inserts) insert_hold(row);
    for (const auto& row : c.hold_updates) update_hold(row);
    for (const auto& row : c.status_changes) change_status(row);
    for (const auto& row : c.allocation_inserts) insert_allocation(row);
    for (const auto& row : c.allocation_updates) update_allocation(row);
    for (const auto& row : c.blackout_inserts) {
      add(at(row.resource_id).blackouts, row.id, row, "blackout");
    }
    for (const auto& row : c.blackout_updates) {
      found(at(row.resource_id).blackouts, row.id).deleted_at = row.deleted_at;
      once("blackout " + row.id);
    }
    for (const auto& row : c.command_inserts) {
      WorldKey::Remembered remembered{row.record, world_.now};
      add(at(row.key).commands, row.record.key, remembered, "command");
    }
    for (const auto& row : c.removals) remove(row);
  }

 private:
  static void must(bool holds, const std::string& what) {
    if (!holds) throw Broken(what);
  }
  void once(const std::string& row) { must(written_.insert(row).second, row + " written twice"); }

  WorldKey& at(const std::string& key) {
    const auto named = [&](const KeyScope& k) { return k.key == key; };
    must(std::any_of(scope_.keys.begin(), scope_.keys.end(), named), key + " is not in the scope");
    return world_.keys[key];
  }
  template <class Map, class Row>
  void add(Map& map, const typename Map::key_type& id, const Row& row, const std::string& what) {
    must(map.emplace(id, row).second, what + " exists already");
  }
  template <class Map>
  typename Map::mapped_type& found(Map& map, const typename Map::key_type& id) {
    const auto row = map.find(id);
    must(row != map.end(), "an update of a row that does not exist");
    return row->second;
  }

  void insert_resource(const Resource& row) {
    WorldKey& key = at(row.id);
    must(!key.resource, "resource exists already");
    key.resource = row;
  }
  void update_resource(const Resource& row) {
    WorldKey& key = at(row.id);
    must(key.resource.has_value(), "no such resource");
    must(key.resource->created_at == row.created_at, "created_at changes");
    once("resource " + row.id);
    key.resource = row;
  }

  void insert_capacity(const CapacityInsert& row) {
    must(0 <= row.available_capacity && row.available_capacity <= row.max_capacity,
         "a new day out of range");
    add(at(row.key).capacity, row.date, WorldKey::Places{row.max_capacity, row.available_capacity},
        "capacity");
  }
  void add_capacity(const CapacityDelta& row) {
    for (Date day = row.date; day <= row.last(); day += std::chrono::days(1)) {
      add_capacity(row, day);
    }
  }
  void add_capacity(const CapacityDelta& row, Date day) {
    WorldKey::Places& places = found(at(row.key).capacity, day);
    once("capacity " + row.key + to_string(day));
    places.max += row.max_delta;
    places.available += row.available_delta;
    must(0 <= places.available && places.available <= places.max,
         "guard: " + std::to_string(places.available) + " of " + std::to_string(places.max));
  }

  void insert_hold(const StoredHold& row) {
    WorldKey& key = at(row.hold.resource_id);
    for (const auto& [id, other] : key.holds) {
      must(other.hold.idempotency_token != row.hold.idempotency_token ||
               other.item_no != row.item_no,
           "a second hold of one token and item");
    }
    must(!row.hold.idempotency_token.empty(), "a hold without a token");
    must(row.hold.expires_at > row.hold.created_at, "a hold that ends before it begins");
    add(key.holds, row.hold.id, row, "hold");
  }
  void update_hold(const HoldUpdate& row) {
    StoredHold& stored = found(at(row.hold.resource_id).holds, row.hold.id);
    once("hold " + row.hold.id);
    must(stored.hold.status == row.from, "guard: a hold's status is not what it should be");
    Hold next = stored.hold;
    next.status = row.hold.status;
    next.expires_at = row.hold.expires_at;
    next.dates = row.hold.dates;
    next.quantity = row.hold.quantity;
    next.customer_email = row.hold.customer_email;
    next.updated_at = row.hold.updated_at;
    must(same(next, row.hold), "a field changes that an update does not write");
    stored.hold = std::move(next);
  }

  void change_status(const StatusChange& row) {
    Hold& hold = found(at(row.key).holds, row.hold_id).hold;
    once("hold " + row.hold_id);
    must(hold.status == row.from, "guard: a hold's status is not what it should be");
    hold.status = row.to;
    hold.updated_at = world_.now;
  }

  void insert_allocation(const Allocation& row) {
    WorldKey& key = at(row.resource_id);
    for (const auto& [id, other] : key.allocations) {
      must(other.hold_id != row.hold_id, "a second allocation of one hold");
    }
    add(key.allocations, row.id, row, "allocation");
  }
  void update_allocation(const AllocationUpdate& row) {
    Allocation& stored = found(at(row.allocation.resource_id).allocations, row.allocation.id);
    once("allocation " + row.allocation.id);
    must(stored.status == row.from, "guard: an allocation's status is not what it should be");
    Allocation next = stored;
    next.status = row.allocation.status;
    next.cancelled_at = row.allocation.cancelled_at;
    next.dates = row.allocation.dates;
    next.quantity = row.allocation.quantity;
    must(same(next, row.allocation), "a field changes that an update does not write");
    stored = std::move(next);
  }

  void remove(const Removal& row) {
    WorldKey& key = at(row.key);
    for (const auto& id : row.hold_ids) {
      const auto hold = key.holds.find(id);
      if (hold == key.holds.end()) continue;
      must(ended(hold->second.hold.status), "a hold is removed that has not ended");
      key.holds.erase(hold);
    }
    for (const auto& id : row.commands) key.commands.erase(id);
    for (const auto& id : row.blackout_ids) key.blackouts.erase(id);
  }

  World& world_;
  const Scope& scope_;
  std::set<std::string> written_{};
};

// A refusal writes nothing but recorded expiries.
void only_expiries(const Changes& changes) {
  Changes rest = changes;
  for (const auto& change : rest.status_changes) {
    if (change.from != HoldStatus::kActive || change.to != HoldStatus::kExpired) {
      throw Broken("a refusal changes a hold");
    }
  }
  for (const auto& delta : rest.capacity_deltas) {
    if (delta.max_delta != 0 || delta.available_delta < 0) throw Broken("a refusal takes places");
  }
  rest.status_changes.clear();
  rest.capacity_deltas.clear();
  if (!rest.empty()) throw Broken("a refusal writes");
}

template <class T>
std::vector<T> values(const std::map<std::string, T>& rows) {
  std::vector<T> out;
  for (const auto& [id, row] : rows) out.push_back(row);
  return out;
}

}  // namespace

bool WorldKey::empty() const {
  return !resource && capacity.empty() && holds.empty() && allocations.empty() &&
         blackouts.empty() && commands.empty();
}

Date World::today(const std::string& timezone) { return timezone == kAhead ? day(1) : day(0); }

Snapshot World::load(const Scope& scope) const {
  static const WorldKey kNothing;
  Snapshot out;
  out.now = now;
  for (const auto& key : scope.keys) {
    if (!out.keys.empty() && out.keys.back().key >= key.key) throw Broken("keys not in order");
    const auto at = keys.find(key.key);
    out.keys.push_back(Load(at == keys.end() ? kNothing : at->second, key, now).run());
  }
  return out;
}

void World::apply(const Scope& scope, const Changes& changes) { Write(*this, scope).run(changes); }

KeySnapshot World::everything(const std::string& key) const {
  const WorldKey& rows = keys.at(key);
  KeySnapshot out;
  out.key = key;
  out.resource = rows.resource;
  for (const auto& [date, places] : rows.capacity) {
    out.capacity.push_back({date, places.max, places.available});
  }
  for (const auto& [id, stored] : rows.holds) {
    if (!ended(stored.hold.status)) out.holds.push_back(stored);
  }
  out.allocations = values(rows.allocations);
  out.blackouts = values(rows.blackouts);
  return out;
}

bool World::has_one_of(const std::vector<StoredHold>& holds) const {
  return std::any_of(holds.begin(), holds.end(), [this](const StoredHold& row) {
    const auto& of_key = keys.at(row.hold.resource_id).holds;
    return std::any_of(of_key.begin(), of_key.end(), [&](const auto& at) {
      return at.second.hold.idempotency_token == row.hold.idempotency_token &&
             at.second.item_no == row.item_no;
    });
  });
}

core::Decision run(World& world, const std::vector<const core::Command*>& commands,
                   const core::Policy& policy, core::Tokens tokens) {
  const Scope scope = core::plan(commands, tokens);
  core::Decision decision = core::decide(commands, world.load(scope), policy, tokens);
  if (tokens == core::Tokens::kTrust && world.has_one_of(decision.changes.hold_inserts)) {
    decision.verdicts.assign(commands.size(), core::Deferred{});
    return decision;
  }
  const bool all_refused =
      std::none_of(decision.verdicts.begin(), decision.verdicts.end(),
                   [](const core::Verdict& v) { return std::holds_alternative<Value>(v); });
  if (all_refused) only_expiries(decision.changes);
  world.apply(scope, decision.changes);
  return decision;
}

std::vector<core::Verdict> run_all(World& world, const std::vector<core::Command>& commands,
                                   const core::Policy& policy, core::Tokens first) {
  std::vector<core::Verdict> verdicts(commands.size());
  std::vector<std::size_t> waiting(commands.size());
  for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i] = i;
  for (int runs = 0; !waiting.empty(); ++runs) {
    if (runs > 64) throw Broken("deferred for ever");
    std::vector<const core::Command*> batch;
    for (const std::size_t i : waiting) batch.push_back(&commands[i]);
    const core::Tokens tokens = runs == 0 ? first : core::Tokens::kLoad;
    core::Decision decision = run(world, batch, policy, tokens);
    std::vector<std::size_t> again;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (std::holds_alternative<core::Deferred>(decision.verdicts[i])) again.push_back(waiting[i]);
      verdicts[waiting[i]] = std::move(decision.verdicts[i]);
    }
    waiting = std::move(again);
  }
  return verdicts;
}

std::vector<Violation> violations(const World& world) {
  VerifyAnswer answer;
  for (const auto& [key, rows] : world.keys) {
    if (!rows.empty()) core::audit(world.everything(key), answer);
  }
  return answer.violations;
}

namespace {

template <class Map, class Same>
bool same_rows(const Map& a, const Map& b, Same same_row) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
    return x.first == y.first && same_row(x.second, y.second);
  });
}

bool same_key(const WorldKey& a, const WorldKey& b) {
  const auto same_fields = [](const auto& x, const auto& y) { return same(x, y); };
  const auto same_command = [](const auto& x, const auto& y) {
    return same(x.record, y.record) && x.at == y.at;
  };
  if (a.resource.has_value() != b.resource.has_value()) return false;
  if (a.resource && !same(*a.resource, *b.resource)) return false;
  return a.capacity == b.capacity && same_rows(a.holds, b.holds, same_fields) &&
         same_rows(a.allocations, b.allocations, same_fields) &&
         same_rows(a.blackouts, b.blackouts, same_fields) &&
         same_rows(a.commands, b.commands, same_command);
}

}  // namespace

bool same(const World& a, const World& b) {
  static const WorldKey kNothing;
  const auto covers = [](const World& x, const World& y) {
    return std::all_of(x.keys.begin(), x.keys.end(), [&](const auto& key) {
      const auto at = y.keys.find(key.first);
      return same_key(key.second, at == y.keys.end() ? kNothing : at->second);
    });
  };
  return a.now == b.now && covers(a, b) && covers(b, a);
}

std::string describe(const World& world) {
  std::string out = "now " + to_string(world.now) + "\n";
  for (const auto& [key, rows] : world.keys) {
    out += key + " " + describe(rows.resource) + "\n";
    for (const auto& [date, places] : rows.capacity) {
      out += "  " + to_string(date) + " " + std::to_string(places.available) + " of " +
             std::to_string(places.max) + "\n";
    }
    for (const auto& [id, row] : rows.holds) out += "  " + describe(row) + "\n";
    for (const auto& [id, row] : rows.allocations) out += "  " + describe(row) + "\n";
    for (const auto& [id, row] : rows.blackouts) out += "  " + describe(row) + "\n";
    for (const auto& [id, row] : rows.commands) out += "  " + describe(row.record) + "\n";
  }
  return out;
}

}  // namespace holdfast::test
