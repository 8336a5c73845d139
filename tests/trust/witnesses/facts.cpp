// What is true of the model's rows: how places are counted, what stands in the way of selling them,
// and what readers see.
#include <algorithm>

#include "witnesses/model.hpp"

namespace holdfast::test::witnesses {

using namespace std::chrono_literals;

Answer no(const std::string& outcome, const std::string& about) {
  Answer answer;
  answer.outcome = outcome;
  answer.about = about;
  return answer;
}

bool has(const std::vector<Date>& days, Date day) {
  return std::find(days.begin(), days.end(), day) != days.end();
}

Model::Resource* Model::find(const std::string& name) {
  const auto at = resources_.find(name);
  return at == resources_.end() ? nullptr : &at->second;
}

Model::Resource* Model::home_of(const std::string& row) {
  const auto at = home_.find(row);
  return at == home_.end() ? nullptr : find(at->second);
}

bool Model::is_due(const Hold& hold) const {
  return hold.row.status == "ACTIVE" && now_ >= hold.row.expires_at;
}

// The calendar day where the resource is.
Date Model::today(const Resource& resource) const {
  const auto east = resource.timezone == "Pacific/Kiritimati" ? 14h : 0h;
  return Date(std::chrono::floor<std::chrono::days>(now_ + east).time_since_epoch());
}

std::int64_t Model::taken(const Resource& resource, Date day) {
  std::int64_t sum = 0;
  for (const auto& [name, hold] : resource.holds) {
    if (hold.row.status == "ACTIVE" && has(hold.row.days, day)) sum += hold.row.quantity;
  }
  for (const auto& [name, booking] : resource.bookings) {
    if (booking.status == "CONFIRMED" && has(booking.days, day)) sum += booking.quantity;
  }
  return sum;
}

// Conservation is how this model counts: max = available + holds + bookings.
std::int64_t Model::available(const Resource& resource, Date day) {
  const auto max = resource.max.find(day);
  return max == resource.max.end() ? 0 : max->second - taken(resource, day);
}

bool Model::closed(const Resource& resource, Date day) {
  return std::any_of(resource.blackouts.begin(), resource.blackouts.end(), [day](const auto& b) {
    return !b.second.deleted_at && b.second.start <= day && day <= b.second.end;
  });
}

// The one check of whatever takes places.
std::optional<Answer> Model::refuse(const Wanted& wanted) {
  for (const auto& [name, days] : wanted) {
    const Resource* resource = find(name);
    if (resource == nullptr || resource->row.deleted_at) return no("RESOURCE_NOT_FOUND", name);
  }
  for (const auto& [name, days] : wanted) {
    if (!find(name)->row.is_active) return no("RESOURCE_INACTIVE", name);
  }
  using Stands = std::function<bool(const Resource&, Date, std::int64_t)>;
  const std::pair<const char*, Stands> checks[] = {
      {"DATE_IN_PAST", [&](const Resource& r, Date d, std::int64_t) { return d < today(r); }},
      {"NO_CAPACITY_SET", [](const Resource& r, Date d,
                             std::int64_t) { return r.max.count(d) == 0 || r.max.at(d) == 0; }},
      {"BLACKOUT", [](const Resource& r, Date d, std::int64_t) { return closed(r, d); }},
      {"INSUFFICIENT_CAPACITY",
       [](const Resource& r, Date d, std::int64_t quantity) { return available(r, d) < quantity; }},
  };
  for (const auto& [outcome, stands_in_the_way] : checks) {
    std::optional<Answer> answer;
    for (const auto& [name, days] : wanted) {
      for (const auto& [day, quantity] : days) {
        const Resource& resource = *find(name);
        if (!stands_in_the_way(resource, day, quantity)) continue;
        if (!answer) answer = no(outcome, name);
        answer->days.push_back({name, day, quantity, available(resource, day)});
      }
    }
    if (answer) return answer;
  }
  return std::nullopt;
}

// Readers see what is due as EXPIRED and its places as free, whatever is recorded.
ResourceState Model::state(const std::string& name, Date first, Date last) {
  ResourceState out;
  Resource seen = resources_.at(name);
  out.resource = seen.row;
  for (auto& [id, hold] : seen.holds) {
    if (is_due(hold)) hold.row.status = "EXPIRED";
    out.holds.push_back(hold.row);
  }
  for (const auto& [id, row] : seen.bookings) out.bookings.push_back(row);
  for (const auto& [id, row] : seen.blackouts) {
    if (!row.deleted_at) out.blackouts.push_back(row);
  }
  for (Date day = first; day <= last; day += std::chrono::days(1)) {
    DayState d{.date = day, .blackout = closed(seen, day)};
    if (seen.max.count(day) != 0) d.max = seen.max.at(day);
    d.available = available(seen, day);
    for (const auto& row : out.bookings) {
      if (row.status == "CONFIRMED" && has(row.days, day)) d.booked += row.quantity;
    }
    d.held = d.max - d.available - d.booked;
    if (seen.row.deleted_at) {
      d.reason = "DELETED";
    } else if (!seen.row.is_active) {
      d.reason = "INACTIVE";
    } else if (day < today(seen)) {
      d.reason = "PAST";
    } else if (d.max == 0) {
      d.reason = "NO_CAPACITY_SET";
    } else if (d.blackout) {
      d.reason = "BLACKOUT";
    } else if (d.available < 1) {
      d.reason = "SOLD_OUT";
    }
    out.days.push_back(d);
  }
  return out;
}

}  // namespace holdfast::test::witnesses
