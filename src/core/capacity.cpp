// How many places there are: initialize and adjust.
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "core/ids.hpp"
#include "core/ladders.hpp"

namespace holdfast::core {
namespace {

// What a remembered request answered: decimal numbers with a space after each.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  std::int64_t next() {
    const std::size_t end = rest_.find(' ');
    std::int64_t value = 0;
    std::from_chars(rest_.data(), rest_.data() + std::min(end, rest_.size()), value);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return value;
  }

 private:
  std::string_view rest_;
};

void put(std::string& out, std::int64_t value) {
  out += std::to_string(value);
  out.push_back(' ');
}

std::int32_t taken(const DayRow& day) { return day.max_capacity - day.available_capacity; }

ResourceCapacity capacity_of(const std::string& resource_id, Date date, std::int32_t max,
                             std::int32_t available) {
  return {capacity_id(resource_id, date), resource_id, date, max, available};
}

CapacityAdjusted recall(const std::string& resource_id, std::string_view outcome) {
  CapacityAdjusted answer;
  answer.replayed = true;
  for (Words words(outcome); !words.done();) {
    const Date date{std::chrono::days(words.next())};
    const auto max = static_cast<std::int32_t>(words.next());
    const auto available = static_cast<std::int32_t>(words.next());
    answer.days.push_back(capacity_of(resource_id, date, max, available));
  }
  return answer;
}

void below_booked(Rejection& rejection, const KeyState& key, const DayRow& day,
                  std::int64_t wanted_max) {
  rejection.outcome = Outcome::kCapacityBelowBooked;
  rejection.id = key.key;
  rejection.days.push_back(
      {key.key, day.date, static_cast<std::int32_t>(wanted_max), day.available_capacity});
}

void set_max(DayRow& day, std::int32_t max) {
  day.available_capacity += max - day.max_capacity;
  day.max_capacity = max;
}

}  // namespace

Verdict decide_one(Context& context, const Command& command, const InitializeCapacity& r) {
  KeyState& key = context.state.key(r.resource_id);
  const Replay replay = find_replay(context.state, command, r.idempotency_token);
  if (replay.mismatch) return *replay.mismatch;
  if (replay.record != nullptr) {
    Words words(replay.record->outcome);
    const std::int64_t created = words.next();
    return Value(CapacityInitialized{created, words.next(), true});
  }
  if (auto missing = refuse_missing(key)) return std::move(*missing);

  Rejection rejection;
  CapacityInitialized answer;
  const auto each_day = [&](auto&& visit) {
    for (Date date = r.start_date; date <= r.end_date; date += std::chrono::days(1)) {
      if ((r.weekdays >> (iso_weekday(date) - 1) & 1) != 0) visit(date, key.day(date));
    }
  };
  const bool replace = r.on_existing == OnExisting::kReplace;
  each_day([&](Date, DayRow* day) {
    if (day == nullptr || !replace || taken(*day) <= r.daily_capacity) return;
    below_booked(rejection, key, *day, r.daily_capacity);
  });
  if (!rejection.days.empty()) {
    if (key.more_due) return Deferred{};
    return rejection;
  }
  each_day([&](Date date, DayRow* day) {
    if (day == nullptr) {
      key.insert_day(date, r.daily_capacity);
      ++answer.days_created;
    } else if (replace && day->max_capacity != r.daily_capacity) {
      set_max(*day, r.daily_capacity);
      ++answer.days_changed;
    }
  });
  std::string outcome;
  put(outcome, answer.days_created);
  put(outcome, answer.days_changed);
  remember(context.state, command, r.idempotency_token, std::move(outcome));
  return Value(answer);
}

Verdict decide_one(Context& context, const Command& command, const AdjustCapacity& r) {
  KeyState& key = context.state.key(r.resource_id);
  const Replay replay = find_replay(context.state, command, r.idempotency_token);
  if (replay.mismatch) return *replay.mismatch;
  if (replay.record != nullptr) return Value(recall(r.resource_id, replay.record->outcome));
  if (auto missing = refuse_missing(key)) return std::move(*missing);

  Rejection unset;
  Rejection below;
  Rejection above;
  for (const Date date : r.dates) {
    const DayRow* day = key.day(date);
    if (day == nullptr) {
      unset.days.push_back({key.key, date, 0, 0});
      continue;
    }
    const std::int64_t max = std::int64_t{day->max_capacity} + r.delta;
    if (max < taken(*day)) below_booked(below, key, *day, max);
    if (max > bounds::kCapacityMax) {
      above.days.push_back({key.key, date, r.delta, day->available_capacity});
    }
  }
  if (!above.days.empty()) {
    above.outcome = Outcome::kInvalidArgument;
    above.field = "delta";
    above.message = "a day would have more than 1,000,000 places";
    return above;
  }
  if (!unset.days.empty()) {
    unset.outcome = Outcome::kNoCapacitySet;
    unset.id = key.key;
    return unset;
  }
  if (!below.days.empty()) {
    if (key.more_due) return Deferred{};
    return below;
  }
  CapacityAdjusted answer;
  std::string outcome;
  for (const Date date : r.dates) {
    DayRow& day = *key.day(date);
    set_max(day, day.max_capacity + r.delta);
    answer.days.push_back(
        capacity_of(r.resource_id, date, day.max_capacity, day.available_capacity));
    put(outcome, date.time_since_epoch().count());
    put(outcome, day.max_capacity);
    put(outcome, day.available_capacity);
  }
  remember(context.state, command, r.idempotency_token, std::move(outcome));
  return Value(std::move(answer));
}

}  // namespace holdfast::core
