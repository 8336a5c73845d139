#include "core/availability.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::core {
namespace {

bool in_blackout(const KeySnapshot& key, Date date) {
  return std::any_of(key.blackouts.begin(), key.blackouts.end(), [date](const Blackout& b) {
    return !b.deleted_at && b.start_date <= date && date <= b.end_date;
  });
}

// Calls `visit` with each day of the range and its row, or an empty one.
template <class Visit>
void each_day(const KeySnapshot& key, DateRange range, Visit visit) {
  auto row = std::lower_bound(key.capacity.begin(), key.capacity.end(), range.start,
                              [](const CapacityRow& r, Date d) { return r.date < d; });
  for (Date date = range.start; date <= range.end; date += std::chrono::days(1)) {
    CapacityRow day{.date = date};
    if (row != key.capacity.end() && row->date == date) day = *row++;
    visit(day);
  }
}

// Places of due holds are free, though no row says so yet.
std::int32_t free_places(const CapacityRow& row) {
  return static_cast<std::int32_t>(row.available_capacity + row.due);
}

Unavailable reason_for(const KeySnapshot& key, const CapacityRow& row, std::int32_t quantity) {
  if (!key.resource->is_active) return Unavailable::kInactive;
  if (row.date < key.today) return Unavailable::kPast;
  if (row.max_capacity == 0) return Unavailable::kNoCapacitySet;
  if (in_blackout(key, row.date)) return Unavailable::kBlackout;
  if (free_places(row) < quantity) return Unavailable::kSoldOut;
  return Unavailable::kNone;
}

std::vector<Date> starts(const std::vector<AvailabilityDay>& days, std::int32_t length) {
  std::vector<Date> found;
  std::int32_t run = 0;
  for (const auto& day : days) {
    run = day.is_available ? run + 1 : 0;
    if (run >= length) found.push_back(day.date - std::chrono::days(length - 1));
  }
  return found;
}

}  // namespace

Availability availability(const KeySnapshot& key, DateRange range, std::int32_t quantity,
                          std::int32_t consecutive_days) {
  Availability answer;
  answer.resource_id = key.key;
  answer.days.reserve(static_cast<std::size_t>(range.size()));
  each_day(key, range, [&](const CapacityRow& row) {
    const Unavailable reason = reason_for(key, row, quantity);
    answer.days.push_back(
        {row.date, row.max_capacity, free_places(row), reason == Unavailable::kNone, reason});
  });
  if (consecutive_days > 0) answer.start_dates = starts(answer.days, consecutive_days);
  return answer;
}

CapacityReport report(const KeySnapshot& key, DateRange range) {
  CapacityReport answer;
  answer.resource_id = key.key;
  answer.days.reserve(static_cast<std::size_t>(range.size()));
  each_day(key, range, [&](const CapacityRow& row) {
    ReportDay day;
    day.date = row.date;
    day.max_capacity = row.max_capacity;
    day.available_capacity = free_places(row);
    day.held = static_cast<std::int32_t>(row.held);
    day.booked =
        static_cast<std::int32_t>(row.max_capacity - row.available_capacity - row.due - row.held);
    day.blackout = in_blackout(key, row.date);
    answer.max_capacity += day.max_capacity;
    answer.available_capacity += day.available_capacity;
    answer.held += day.held;
    answer.booked += day.booked;
    answer.days.push_back(day);
  });
  return answer;
}

Hold as_seen(Hold hold, Instant now) {
  if (hold.status == HoldStatus::kActive && now >= hold.expires_at) {
    hold.status = HoldStatus::kExpired;
  }
  return hold;
}

}  // namespace holdfast::core

namespace holdfast {
namespace {

double share(std::int64_t taken, std::int64_t max) {
  return max == 0 ? 0.0 : static_cast<double>(taken) / static_cast<double>(max);
}

}  // namespace

double utilisation(const ReportDay& day) {
  return share(std::int64_t{day.held} + day.booked, day.max_capacity);
}
double utilisation(const CapacityReport& report) {
  return share(report.held + report.booked, report.max_capacity);
}

}  // namespace holdfast
