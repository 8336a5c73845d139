#include "witnesses/model.hpp"

#include <algorithm>

namespace holdfast::test::witnesses {
namespace {

using namespace std::chrono_literals;

constexpr auto kTtl = 30min;
constexpr auto kLifetime = 24h;

// A request that may be refused for two reasons is refused for the one that stands first here.
const std::vector<std::string> kPrecedence = {
    "IDEMPOTENCY_MISMATCH",   "RESOURCE_NOT_FOUND", "RESOURCE_INACTIVE",
    "DATE_IN_PAST",           "NO_CAPACITY_SET",    "BLACKOUT",
    "INSUFFICIENT_CAPACITY",  "HOLD_NOT_FOUND",     "HOLD_EXPIRED",
    "HOLD_EXPIRED_AND_TAKEN", "HOLD_RELEASED",      "ALREADY_CONFIRMED",
};

bool stands_before(const std::string& a, const std::string& b) {
  return std::find(kPrecedence.begin(), kPrecedence.end(), a) <
         std::find(kPrecedence.begin(), kPrecedence.end(), b);
}

// Keeps the refusal that stands first.
void prefer(std::optional<Answer>& kept, const std::string& outcome, const std::string& about) {
  if (!kept || stands_before(outcome, kept->outcome)) kept = no(outcome, about);
}

std::vector<Date> sorted(std::vector<Date> days) {
  std::sort(days.begin(), days.end());
  return days;
}

// All that a request asks for, but not when and under which token.
std::string request_of(Step step) {
  step.number = 0;
  step.now = {};
  step.token.clear();
  for (auto& item : step.items) item.days = sorted(item.days);
  return text(step);
}

std::string named(char kind, const Step& step, std::size_t item) {
  return kind + std::to_string(step.number) + "." + std::to_string(item);
}

bool same_order(const BookingSeen& booking, const Step& step) {
  return booking.order == step.order && booking.line == step.line;
}

}  // namespace

// ---- what several rules share -------------------------------------------------------------------

// The resources that an operation locks: those that it names, or whose rows it names.
std::set<std::string> Model::touched(const Step& step) {
  std::set<std::string> names;
  for (const auto& item : step.items) {
    if (!item.resource.empty()) names.insert(item.resource);
  }
  const auto add_home = [&](const std::string& row) {
    const auto home = home_.find(row);
    if (home != home_.end()) names.insert(home->second);
  };
  for (const auto& hold : step.holds) add_home(hold);
  add_home(step.row);
  for (const auto& [name, resource] : resources_) {
    for (const auto& [booking, row] : resource.bookings) {
      const bool wanted = step.operation == Operation::kCancelOrder && row.status == "CONFIRMED" &&
                          row.order == step.order && (step.line.empty() || row.line == step.line);
      if (wanted) names.insert(name);
    }
  }
  return names;
}

// What is found due under a lock is EXPIRED from then on, also when the clock steps back.
std::int64_t Model::record_due(Resource& resource) {
  std::int64_t recorded = 0;
  for (auto& [name, hold] : resource.holds) {
    if (!is_due(hold)) continue;
    hold.row.status = "EXPIRED";
    hold.row.updated_at = now_;
    ++recorded;
  }
  return recorded;
}

// A hold of somebody else is no hold.
std::vector<Model::Hold*> Model::holds_of(const Step& step, std::optional<Answer>& missing) {
  std::vector<Hold*> found;
  for (const auto& name : step.holds) {
    Resource* home = home_of(name);
    const auto at = home == nullptr ? decltype(home->holds.end()){} : home->holds.find(name);
    const bool there = home != nullptr && at != home->holds.end();
    if (!there || (!step.as_host && at->second.row.holder != step.holder)) {
      missing = no("HOLD_NOT_FOUND", name);
      return {};
    }
    found.push_back(&at->second);
  }
  return found;
}

// The same request again has the same answer; another one with its token has none.
std::optional<Answer> Model::replay(const Step& step, const std::set<std::string>& keys) {
  if (step.token.empty()) return std::nullopt;
  for (const auto& key : keys) {
    const Resource* resource = find(key);
    if (resource == nullptr) continue;
    const auto known = resource->remembered.find({step.operation, step.token});
    if (known == resource->remembered.end()) continue;
    if (known->second.request != request_of(step)) return no("IDEMPOTENCY_MISMATCH", key);
    Answer answer = known->second.answer;
    answer.replayed = true;
    return answer;
  }
  return std::nullopt;
}

// What makes or adds something is remembered even if the host gave no token: the engine makes one,
// which nobody can repeat.
void Model::remember(const Step& step, const std::set<std::string>& keys, const Answer& answer) {
  const bool only_with_token =
      step.operation == Operation::kExtend || step.operation == Operation::kUpdateResource;
  if (step.token.empty() && only_with_token) return;
  const std::string token = step.token.empty() ? "step " + std::to_string(step.number) : step.token;
  for (const auto& key : keys) {
    resources_.at(key).remembered[{step.operation, token}] = {request_of(step), answer, now_};
  }
}

// ---- resources ----------------------------------------------------------------------------------

Answer Model::create_resource(const Step& step) {
  const auto known = resource_tokens_.find(step.token);
  if (known != resource_tokens_.end()) {
    if (known->second.request != request_of(step)) {
      return no("IDEMPOTENCY_MISMATCH", "token:" + step.token);
    }
    Answer answer;
    answer.replayed = true;
    answer.resources = {find(known->second.answer.about)->row};
    return answer;
  }
  const std::string name = step.items.at(0).resource;
  Resource& made = resources_[name];
  made.row = {name, true, now_, std::nullopt};
  made.timezone = step.timezone;
  Answer answer;
  answer.resources = {made.row};
  Answer stored;
  stored.about = name;
  resource_tokens_[step.token] = {request_of(step), stored, now_};
  return answer;
}

Answer Model::update_resource(const Step& step) {
  const std::string& name = step.items.at(0).resource;
  Resource* resource = find(name);
  if (auto again = replay(step, {name})) {
    if (again->outcome == "ACCEPTED") again->resources = {resource->row};
    return *again;
  }
  if (resource == nullptr || resource->row.deleted_at) return no("RESOURCE_NOT_FOUND", name);
  resource->row.is_active = step.flag;
  resource->row.updated_at = now_;
  Answer answer;
  remember(step, {name}, answer);
  answer.resources = {resource->row};
  return answer;
}

Answer Model::set_deleted(const Step& step, bool deleted) {
  const std::string& name = step.items.at(0).resource;
  Resource* resource = find(name);
  if (resource == nullptr) return no("RESOURCE_NOT_FOUND", name);
  Answer answer;
  answer.replayed = resource->row.deleted_at.has_value() == deleted;
  if (!answer.replayed) {
    resource->row.deleted_at = deleted ? std::optional(now_) : std::nullopt;
    resource->row.updated_at = now_;
  }
  answer.resources = {resource->row};
  return answer;
}

// ---- capacity -----------------------------------------------------------------------------------

Answer Model::initialize(const Step& step) {
  const Item& item = step.items.at(0);
  if (auto again = replay(step, {item.resource})) return *again;
  Resource* resource = find(item.resource);
  if (resource == nullptr || resource->row.deleted_at) {
    return no("RESOURCE_NOT_FOUND", item.resource);
  }
  const bool replace = step.flag;
  Answer below = no("CAPACITY_BELOW_BOOKED", item.resource);
  for (Date day = item.days.front(); day <= item.days.back(); day += std::chrono::days(1)) {
    if (!replace || resource->max.count(day) == 0) continue;
    if (taken(*resource, day) <= step.number_wanted) continue;
    below.days.push_back({item.resource, day, step.number_wanted, available(*resource, day)});
  }
  if (!below.days.empty()) return below;
  Answer answer;
  answer.counts = {0, 0};
  for (Date day = item.days.front(); day <= item.days.back(); day += std::chrono::days(1)) {
    if (resource->max.count(day) == 0) {
      resource->max[day] = step.number_wanted;
      ++answer.counts[0];
    } else if (replace && resource->max[day] != step.number_wanted) {
      resource->max[day] = step.number_wanted;
      ++answer.counts[1];
    }
  }
  remember(step, {item.resource}, answer);
  return answer;
}

Answer Model::adjust(const Step& step) {
  const Item& item = step.items.at(0);
  if (auto again = replay(step, {item.resource})) return *again;
  Resource* resource = find(item.resource);
  if (resource == nullptr || resource->row.deleted_at) {
    return no("RESOURCE_NOT_FOUND", item.resource);
  }
  Answer unset = no("NO_CAPACITY_SET", item.resource);
  Answer below = no("CAPACITY_BELOW_BOOKED", item.resource);
  for (const Date day : sorted(item.days)) {
    if (resource->max.count(day) == 0) {
      unset.days.push_back({item.resource, day, 0, 0});
    } else if (resource->max[day] + step.number_wanted < taken(*resource, day)) {
      below.days.push_back(
          {item.resource, day, resource->max[day] + step.number_wanted, available(*resource, day)});
    }
  }
  if (!unset.days.empty()) return unset;
  if (!below.days.empty()) return below;
  Answer answer;
  for (const Date day : sorted(item.days)) {
    resource->max[day] += step.number_wanted;
    answer.days.push_back({item.resource, day, resource->max[day], available(*resource, day)});
  }
  remember(step, {item.resource}, answer);
  return answer;
}

// ---- holds --------------------------------------------------------------------------------------

Answer Model::hold(const Step& step) {
  Answer answer;
  std::map<int, HoldSeen> known;
  for (const auto& key : touched(step)) {
    const Resource* resource = find(key);
    if (resource == nullptr || step.token.empty()) continue;
    for (const auto& [name, hold] : resource->holds) {
      if (hold.row.token != step.token) continue;
      if (hold.request != request_of(step)) return no("IDEMPOTENCY_MISMATCH", key);
      known[hold.item] = hold.row;
    }
  }
  if (!known.empty()) {
    answer.replayed = true;
    for (const auto& [item, row] : known) answer.holds.push_back(row);
    return answer;
  }
  Wanted wanted;
  for (const auto& item : step.items) {
    for (const Date day : item.days) wanted[item.resource][day] += item.quantity;
  }
  if (auto refusal = refuse(wanted)) return *refusal;
  const bool group = step.operation == Operation::kCreateHolds;
  for (std::size_t i = 0; i < step.items.size(); ++i) {
    const Item& item = step.items[i];
    const auto ttl = step.ttl_s ? std::chrono::seconds(*step.ttl_s) : std::chrono::seconds(kTtl);
    Hold made;
    made.row = {.name = named('h', step, i),
                .resource = item.resource,
                .status = "ACTIVE",
                .holder = step.holder,
                .token = step.token,
                .group = group ? "g" + std::to_string(step.number) : "",
                .days = sorted(item.days),
                .quantity = item.quantity,
                .expires_at = now_ + ttl,
                .created_at = now_,
                .updated_at = now_};
    made.request = request_of(step);
    made.item = static_cast<int>(i);
    home_[made.row.name] = item.resource;
    answer.holds.push_back(made.row);
    resources_.at(item.resource).holds[made.row.name] = made;
  }
  return answer;
}

// ACTIVE holds have no refusal of their own.
static std::optional<std::string> refusal_of(const std::string& status) {
  if (status == "CONFIRMED") return "ALREADY_CONFIRMED";
  if (status == "RELEASED") return "HOLD_RELEASED";
  if (status == "EXPIRED") return "HOLD_EXPIRED";
  return std::nullopt;
}

Answer Model::extend(const Step& step) {
  auto again = replay(step, touched(step));
  if (again && again->outcome != "ACCEPTED") return *again;
  std::optional<Answer> refusal;
  const auto holds = holds_of(step, refusal);
  if (refusal) return *refusal;
  for (const Hold* hold : holds) {
    if (again) again->holds.push_back(hold->row);
    if (const auto reason = refusal_of(hold->row.status)) prefer(refusal, *reason, hold->row.name);
  }
  if (again) return *again;
  if (refusal) return *refusal;
  const auto end =
      now_ + (step.ttl_s ? std::chrono::seconds(*step.ttl_s) : std::chrono::seconds(kTtl));
  for (const Hold* hold : holds) {
    if (end > hold->row.created_at + kLifetime) {
      return no("HOLD_LIFETIME_EXCEEDED", hold->row.name);
    }
  }
  Answer answer;
  remember(step, touched(step), answer);
  for (Hold* hold : holds) {
    hold->row.expires_at = std::max(hold->row.expires_at, Instant(end));
    hold->row.updated_at = now_;
    answer.holds.push_back(hold->row);
  }
  return answer;
}

Answer Model::release(const Step& step) {
  std::optional<Answer> refusal;
  const auto holds = holds_of(step, refusal);
  if (refusal) return *refusal;
  for (const Hold* hold : holds) {
    const auto reason = refusal_of(hold->row.status);
    if (reason && hold->row.status != "RELEASED") prefer(refusal, *reason, hold->row.name);
  }
  if (refusal) return *refusal;
  Answer answer;
  answer.replayed = true;
  for (Hold* hold : holds) {
    if (hold->row.status == "ACTIVE") {
      answer.replayed = false;
      hold->row.status = "RELEASED";
      hold->row.updated_at = now_;
    }
    answer.holds.push_back(hold->row);
  }
  return answer;
}

// ---- bookings -----------------------------------------------------------------------------------

Answer Model::confirm(const Step& step) {
  const bool reclaim = step.flag;
  std::optional<Answer> refusal;
  const auto holds = holds_of(step, refusal);
  if (refusal) return *refusal;
  const auto booking_of = [&](const Hold& hold) -> BookingSeen* {
    for (auto& [name, booking] : resources_.at(hold.row.resource).bookings) {
      if (booking.hold == hold.row.name) return &booking;
    }
    return nullptr;
  };
  Wanted back;
  for (const Hold* hold : holds) {
    const bool confirmed = hold->row.status == "CONFIRMED";
    if (confirmed && same_order(*booking_of(*hold), step)) continue;
    if (hold->row.status == "EXPIRED" && reclaim) {
      for (const Date day : hold->row.days) back[hold->row.resource][day] += hold->row.quantity;
      continue;
    }
    if (const auto reason = refusal_of(hold->row.status)) prefer(refusal, *reason, hold->row.name);
  }
  if (auto taken_by_others = refuse(back)) {
    taken_by_others->reason = std::exchange(taken_by_others->outcome, "HOLD_EXPIRED_AND_TAKEN");
    if (!refusal || stands_before("HOLD_EXPIRED_AND_TAKEN", refusal->outcome)) {
      refusal = taken_by_others;
    }
  }
  if (refusal) return *refusal;
  Answer answer;
  answer.replayed = true;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    HoldSeen& row = holds[i]->row;
    if (row.status != "CONFIRMED") {
      answer.replayed = false;
      row.status = "CONFIRMED";
      row.updated_at = now_;
      BookingSeen made{.name = named('a', step, i),
                       .resource = row.resource,
                       .hold = row.name,
                       .order = step.order,
                       .line = step.line,
                       .status = "CONFIRMED",
                       .days = row.days,
                       .quantity = row.quantity,
                       .created_at = now_};
      home_[made.name] = row.resource;
      resources_.at(row.resource).bookings[made.name] = made;
    }
    answer.bookings.push_back(*booking_of(*holds[i]));
  }
  return answer;
}

Answer Model::cancel(const Step& step) {
  Resource* home = home_of(step.row);
  if (home == nullptr || home->bookings.count(step.row) == 0) {
    return no("ALLOCATION_NOT_FOUND", step.row);
  }
  BookingSeen& booking = home->bookings.at(step.row);
  Answer answer;
  answer.replayed = booking.status == "CANCELLED";
  if (!answer.replayed) {
    booking.status = "CANCELLED";
    booking.cancelled_at = now_;
  }
  answer.bookings = {booking};
  return answer;
}

Answer Model::cancel_order(const Step& step) {
  Answer answer;
  answer.replayed = true;
  for (auto& [name, resource] : resources_) {
    for (auto& [id, booking] : resource.bookings) {
      const bool wanted =
          booking.order == step.order && (step.line.empty() || booking.line == step.line);
      if (!wanted) continue;
      if (booking.status == "CONFIRMED") {
        answer.replayed = false;
        booking.status = "CANCELLED";
        booking.cancelled_at = now_;
      }
      answer.bookings.push_back(booking);
    }
  }
  if (answer.bookings.empty()) return no("ALLOCATION_NOT_FOUND", step.order);
  return answer;
}

// ---- moves --------------------------------------------------------------------------------------

// A move is checked for what it adds to the places it has already.
template <class Row>
static std::map<Date, std::int64_t> added(const Row& row, const Item& to, std::int32_t quantity) {
  std::map<Date, std::int64_t> more;
  for (const Date day : to.days) {
    const std::int64_t wanted = quantity - (has(row.days, day) ? row.quantity : 0);
    if (wanted > 0) more[day] = wanted;
  }
  return more;
}

Answer Model::move_hold(const Step& step) {
  const Item& to = step.items.at(0);
  const auto keys = touched(step);
  auto again = replay(step, keys);
  if (again && again->outcome != "ACCEPTED") return *again;
  std::optional<Answer> refusal;
  const auto holds = holds_of(step, refusal);
  if (refusal) return *refusal;
  HoldSeen& row = holds.at(0)->row;
  if (again) {
    again->holds = {row};
    return *again;
  }
  const std::int32_t quantity = to.quantity > 0 ? to.quantity : row.quantity;
  const auto more = added(row, to, quantity);
  if (!more.empty()) refusal = refuse({{row.resource, more}});
  if (refusal) return *refusal;
  if (const auto reason = refusal_of(row.status)) return no(*reason, row.name);
  row.days = sorted(to.days);
  row.quantity = quantity;
  row.updated_at = now_;
  Answer answer;
  remember(step, keys, answer);
  answer.holds = {row};
  return answer;
}

Answer Model::move_booking(const Step& step) {
  const Item& to = step.items.at(0);
  const auto keys = touched(step);
  auto again = replay(step, keys);
  if (again && again->outcome != "ACCEPTED") return *again;
  Resource* home = home_of(step.row);
  if (home == nullptr || home->bookings.count(step.row) == 0) {
    return no("ALLOCATION_NOT_FOUND", step.row);
  }
  BookingSeen& row = home->bookings.at(step.row);
  if (again) {
    again->bookings = {row};
    return *again;
  }
  const std::int32_t quantity = to.quantity > 0 ? to.quantity : row.quantity;
  const auto more = added(row, to, quantity);
  if (!more.empty()) {
    if (auto refusal = refuse({{row.resource, more}})) return *refusal;
  }
  if (row.status == "CANCELLED") return no("ALREADY_CANCELLED", row.name);
  row.days = sorted(to.days);
  row.quantity = quantity;
  Answer answer;
  remember(step, keys, answer);
  answer.bookings = {row};
  return answer;
}

// ---- blackouts ----------------------------------------------------------------------------------

Answer Model::create_blackout(const Step& step) {
  const Item& item = step.items.at(0);
  Resource* resource = find(item.resource);
  auto again = replay(step, {item.resource});
  if (again && again->outcome != "ACCEPTED") return *again;
  Answer answer = again ? *again : Answer{};
  const auto inside = [&](const std::vector<Date>& days) {
    return std::any_of(days.begin(), days.end(), [&](Date day) {
      return item.days.front() <= day && day <= item.days.back();
    });
  };
  if (resource != nullptr) {
    for (const auto& [name, hold] : resource->holds) {
      if (hold.row.status == "ACTIVE" && inside(hold.row.days)) answer.holds.push_back(hold.row);
    }
    for (const auto& [name, row] : resource->bookings) {
      if (row.status == "CONFIRMED" && inside(row.days)) answer.bookings.push_back(row);
    }
  }
  if (again) return answer;
  if (resource == nullptr || resource->row.deleted_at) {
    return no("RESOURCE_NOT_FOUND", item.resource);
  }
  const bool keep = step.flag;
  if (!keep && !(answer.holds.empty() && answer.bookings.empty())) {
    answer.outcome = "BLACKOUT_CONFLICT";
    answer.about = item.resource;
    return answer;
  }
  const BlackoutSeen made{named('b', step, 0), item.resource, item.days.front(),
                          item.days.back(),    now_,          std::nullopt};
  resource->blackouts[made.name] = made;
  home_[made.name] = item.resource;
  Answer stored;
  stored.blackouts = {made};
  remember(step, {item.resource}, stored);
  answer.blackouts = {made};
  return answer;
}

Answer Model::delete_blackout(const Step& step) {
  Resource* home = home_of(step.row);
  if (home == nullptr || home->blackouts.count(step.row) == 0) {
    return no("BLACKOUT_NOT_FOUND", step.row);
  }
  BlackoutSeen& blackout = home->blackouts.at(step.row);
  Answer answer;
  answer.replayed = blackout.deleted_at.has_value();
  if (!answer.replayed) blackout.deleted_at = now_;
  answer.blackouts = {blackout};
  return answer;
}

// ---- upkeep -------------------------------------------------------------------------------------

Answer Model::cleanup() {
  Answer answer;
  answer.counts = {0};
  for (auto& [name, resource] : resources_) answer.counts[0] += record_due(resource);
  return answer;
}

// Only what has ended, and has not changed for so long; of a group's holds on one resource none
// before one that stays.
Answer Model::prune(const Step& step) {
  const Instant before = now_ - std::chrono::hours(step.number_wanted);
  const auto is_over = [&](const HoldSeen& row) {
    return (row.status == "RELEASED" || row.status == "EXPIRED") && row.updated_at < before;
  };
  Answer answer;
  for (auto& [name, resource] : resources_) {
    record_due(resource);
    std::map<std::string, int> last_to_stay;
    for (const auto& [id, hold] : resource.holds) {
      if (hold.row.group.empty() || is_over(hold.row)) continue;
      int& last = last_to_stay[hold.row.group];
      last = std::max(last, hold.item);
    }
    const auto holds = std::erase_if(resource.holds, [&](const auto& hold) {
      const auto last = last_to_stay.find(hold.second.row.group);
      const bool stays = last != last_to_stay.end() && hold.second.item < last->second;
      return is_over(hold.second.row) && !stays;
    });
    const auto tokens =
        std::erase_if(resource.remembered, [&](const auto& r) { return r.second.at < before; });
    const auto blackouts = std::erase_if(resource.blackouts, [&](const auto& b) {
      return b.second.deleted_at && *b.second.deleted_at < before;
    });
    answer.counts.resize(3);
    answer.counts[0] += static_cast<std::int64_t>(holds);
    answer.counts[1] += static_cast<std::int64_t>(tokens);
    answer.counts[2] += static_cast<std::int64_t>(blackouts);
  }
  answer.counts.resize(3);
  answer.counts[1] += static_cast<std::int64_t>(
      std::erase_if(resource_tokens_, [&](const auto& r) { return r.second.at < before; }));
  return answer;
}

// ---- the witness --------------------------------------------------------------------------------

Answer Model::answer(const Step& step) {
  now_ = step.now;
  for (const auto& name : touched(step)) {
    if (Resource* resource = find(name)) record_due(*resource);
  }
  switch (step.operation) {
    case Operation::kCreateResource:
      return create_resource(step);
    case Operation::kUpdateResource:
      return update_resource(step);
    case Operation::kDeleteResource:
      return set_deleted(step, true);
    case Operation::kRestoreResource:
      return set_deleted(step, false);
    case Operation::kInitialize:
      return initialize(step);
    case Operation::kAdjust:
      return adjust(step);
    case Operation::kCreateHold:
    case Operation::kCreateHolds:
      return hold(step);
    case Operation::kExtend:
      return extend(step);
    case Operation::kConfirm:
      return confirm(step);
    case Operation::kRelease:
      return release(step);
    case Operation::kMoveHold:
      return move_hold(step);
    case Operation::kCancel:
      return cancel(step);
    case Operation::kCancelOrder:
      return cancel_order(step);
    case Operation::kMoveAllocation:
      return move_booking(step);
    case Operation::kCreateBlackout:
      return create_blackout(step);
    case Operation::kDeleteBlackout:
      return delete_blackout(step);
    case Operation::kCleanup:
      return cleanup();
    case Operation::kPrune:
      return prune(step);
  }
  return {};
}

}  // namespace holdfast::test::witnesses
