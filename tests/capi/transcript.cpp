#include "transcript.hpp"

#include <algorithm>
#include <vector>

#include "harness.hpp"

namespace holdfast::test {
namespace {

// Seconds since the tests' clock began, with the microseconds that must not get lost.
std::string at(holdfast_instant instant) {
  const holdfast_instant us = instant - kStart;
  return "+" + std::to_string(us / 1'000'000) + "." + std::to_string(us % 1'000'000) + "s";
}

std::string list(const holdfast_date* dates, std::size_t count) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : " ") + day_text(dates[i]);
  return out + "]";
}

std::string word(holdfast_str value) { return "'" + text(value) + "'"; }

}  // namespace

void Transcript::line(const std::string& what) { text_ += "  " + what + "\n"; }

std::string Transcript::id(holdfast_str value) {
  const std::string full = text(value);
  if (full.empty()) return "-";
  const auto known = ids_.find(full);
  if (known != ids_.end()) return known->second;
  const std::string kind = full.substr(0, full.find('_'));
  return ids_[full] = kind + "#" + std::to_string(++kinds_[kind]);
}

std::string Transcript::token(holdfast_str value) const {
  const std::string full = text(value);
  return full.empty() || full.rfind("t-", 0) == 0 ? "'" + full + "'" : "(made)";
}

void Transcript::holds(const holdfast_result* result) {
  std::size_t count = 0;
  const holdfast_hold* all = holdfast_result_holds(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const holdfast_hold& h = all[i];
    line("hold " + id(h.id) + " of " + id(h.resource_id) + " " + list(h.dates, h.dates_count) +
         " x" + std::to_string(h.quantity) + " " + holdfast_hold_status_name(h.status) + " email " +
         word(h.customer_email) + " holder " + word(h.holder) + " token " +
         token(h.idempotency_token) + " group " + id(h.group_id) + " expires " + at(h.expires_at) +
         " created " + at(h.created_at) + " updated " + at(h.updated_at));
  }
}

void Transcript::allocations(const holdfast_result* result) {
  std::size_t count = 0;
  const holdfast_allocation* all = holdfast_result_allocations(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const holdfast_allocation& a = all[i];
    line("allocation " + id(a.id) + " of " + id(a.resource_id) + " from " + id(a.hold_id) +
         " order " + word(a.order_id) + " line " + word(a.line_item_id) + " " +
         list(a.dates, a.dates_count) + " x" + std::to_string(a.quantity) + " " +
         holdfast_allocation_status_name(a.status) + " created " + at(a.created_at) +
         (a.has_cancelled_at ? " cancelled " + at(a.cancelled_at) : std::string()));
  }
}

void Transcript::resources(const holdfast_result* result) {
  std::size_t count = 0;
  const holdfast_resource* all = holdfast_result_resources(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const holdfast_resource& r = all[i];
    line("resource " + id(r.id) + " " + text(r.type) + " name " + word(r.name) + " description " +
         word(r.description) + " metadata " + std::to_string(r.metadata.size > 0) + " zone " +
         text(r.timezone) + " active " + std::to_string(r.is_active) + " created " +
         at(r.created_at) + " updated " + at(r.updated_at) +
         (r.has_deleted_at ? " deleted " + at(r.deleted_at) : std::string()));
  }
  const holdfast_capacity* capacities = holdfast_result_capacities(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const holdfast_capacity& c = capacities[i];
    line("capacity " + id(c.id) + " of " + id(c.resource_id) + " " + day_text(c.date) + " " +
         std::to_string(c.available_capacity) + "/" + std::to_string(c.max_capacity));
  }
}

void Transcript::days(const holdfast_result* result) {
  std::size_t count = 0;
  const holdfast_availability* all = holdfast_result_availabilities(result, &count);
  std::vector<std::string> found;  // in the order of random ids: sorted by their numbers here
  for (std::size_t i = 0; i < count; ++i) {
    std::string out = "availability of " + id(all[i].resource_id);
    for (std::size_t d = 0; d < all[i].days_count; ++d) {
      const holdfast_availability_day& one = all[i].days[d];
      out += " " + day_text(one.date) + " " + std::to_string(one.available_capacity) + "/" +
             std::to_string(one.max_capacity) + (one.is_available ? " yes" : " no ") +
             holdfast_unavailable_name(one.reason);
    }
    found.push_back(out + " starts " + list(all[i].start_dates, all[i].start_dates_count));
  }
  std::sort(found.begin(), found.end());
  for (const std::string& each : found) line(each);
}

void Transcript::reports(const holdfast_result* result) {
  std::size_t count = 0;
  const holdfast_report* all = holdfast_result_reports(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const holdfast_report& r = all[i];
    for (std::size_t d = 0; d < r.days_count; ++d) {
      const holdfast_report_day& one = r.days[d];
      line("report day " + day_text(one.date) + " max " + std::to_string(one.max_capacity) +
           " available " + std::to_string(one.available_capacity) + " held " +
           std::to_string(one.held) + " booked " + std::to_string(one.booked) + " blackout " +
           std::to_string(one.blackout) + " utilisation " + std::to_string(one.utilisation));
    }
    line("report of " + id(r.resource_id) + " max " + std::to_string(r.max_capacity) +
         " available " + std::to_string(r.available_capacity) + " held " + std::to_string(r.held) +
         " booked " + std::to_string(r.booked) + " utilisation " + std::to_string(r.utilisation));
  }
}

void Transcript::blackouts(const holdfast_result* result) {
  std::size_t count = 0;
  const holdfast_blackout* all = holdfast_result_blackouts(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const holdfast_blackout& b = all[i];
    line("blackout " + id(b.id) + " of " + id(b.resource_id) + " " + day_text(b.start_date) + ".." +
         day_text(b.end_date) + " " + word(b.reason) + " created " + at(b.created_at) +
         (b.has_deleted_at ? " deleted " + at(b.deleted_at) : std::string()));
  }
}

void Transcript::rest(const holdfast_result* result) {
  std::size_t count = 0;
  const holdfast_day_conflict* conflicts = holdfast_result_conflicts(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    line("conflict of " + id(conflicts[i].resource_id) + " " + day_text(conflicts[i].date) +
         " requested " + std::to_string(conflicts[i].requested) + " available " +
         std::to_string(conflicts[i].available_capacity));
  }
  const holdfast_violation* violations = holdfast_result_violations(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    line("violation of " + id(violations[i].resource_id) + " " + text(violations[i].rule) + " " +
         text(violations[i].detail));
  }
  if (const holdfast_counts* c = holdfast_result_counts(result)) {
    std::string out = "counts";
    for (const std::int64_t number :
         {c->days_created, c->days_changed, c->holds_expired, c->holds_removed, c->tokens_removed,
          c->blackouts_removed, c->emails_erased, std::int64_t{c->schema_version > 0}, c->resources,
          c->days, c->holds, c->allocations}) {
      out += " " + std::to_string(number);
    }
    line(out);
  }
  if (const holdfast_metrics_values* m = holdfast_result_metrics(result)) {
    std::string out = "metrics";
    for (const std::int64_t number :
         {m->holds_requested, m->holds_created, m->holds_replayed, m->holds_confirmed,
          m->holds_released, m->holds_expired, m->allocations_cancelled}) {
      out += " " + std::to_string(number);
    }
    for (std::size_t i = 0; i < m->rejections_count; ++i) {
      if (m->rejections[i] == 0) continue;
      out += std::string(" ") + holdfast_outcome_name(static_cast<holdfast_outcome>(i)) + "=" +
             std::to_string(m->rejections[i]);
    }
    line(out + " prometheus " + std::to_string(holdfast_result_prometheus(result).size > 0));
  }
}

void Transcript::add(const std::string& step, const holdfast_result* result) {
  text_ += step + ": " + holdfast_outcome_name(holdfast_result_outcome(result)) +
           (holdfast_result_replayed(result) ? " replayed" : "") +
           (holdfast_result_next(result).size > 0 ? " more" : "");
  if (holdfast_result_group_id(result).size > 0) {
    text_ += " group " + id(holdfast_result_group_id(result));
  }
  if (const holdfast_rejection* r = holdfast_result_rejection(result)) {
    text_ += " field " + word(r->field) + " id " + id(r->id) + " reason " +
             holdfast_outcome_name(r->reason);
  }
  text_ += "\n";
  resources(result);
  days(result);
  reports(result);
  holds(result);
  allocations(result);
  blackouts(result);
  rest(result);
}

}  // namespace holdfast::test
