#include "result.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::capi {
namespace {

holdfast_str str(const std::string& text) { return {text.data(), text.size()}; }
holdfast_date days(Date date) {
  return static_cast<holdfast_date>(date.time_since_epoch().count());
}
holdfast_instant micros(Instant instant) { return instant.time_since_epoch().count(); }
holdfast_instant micros(const std::optional<Instant>& instant) {
  return instant ? micros(*instant) : 0;
}

/// Fills a result from its answer. The C structs are trivial, so the arena frees them unseen.
class Layout {
 public:
  explicit Layout(holdfast_result& out) : out_(out) {}

  void fill(const ResourceAnswer& v);
  void fill(const Page<Resource>& v);
  void fill(const CapacityInitialized& v);
  void fill(const CapacityAdjusted& v);
  void fill(const Availability& v);
  void fill(const SearchAnswer& v);
  void fill(const CapacityReport& v);
  void fill(const HoldAnswer& v);
  void fill(const HoldsAnswer& v);
  void fill(const AllocationAnswer& v);
  void fill(const AllocationsAnswer& v);
  void fill(const Page<Hold>& v);
  void fill(const CleanupAnswer& v);
  void fill(const Page<Allocation>& v);
  void fill(const BlackoutAnswer& v);
  void fill(const Page<Blackout>& v);
  void fill(const MigrateAnswer& v);
  void fill(const VerifyAnswer& v);
  void fill(const MetricsAnswer& v);
  void fill(const PruneAnswer& v);
  void refuse(const Rejection& r);

 private:
  template <class C>
  C* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<C>);
    return static_cast<C*>(out_.arena.allocate(count * sizeof(C), alignof(C)));
  }

  template <class C>
  List<C> one(const C& value) {
    return {new (array<C>(1)) C(value), 1};
  }

  template <class T>
  auto each(const std::vector<T>& values) {
    using C = decltype(c_struct(values.front()));
    if (values.empty()) return List<C>{};
    C* const out = array<C>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) new (out + i) C(c_struct(values[i]));
    return List<C>{out, values.size()};
  }

  template <class C, class T>
  void page(List<C>& to, const Page<T>& from) {
    to = each(from.items);
    out_.next = str(from.next);
  }

  template <class Enum>
  List<std::int64_t> by_number(const std::map<Enum, std::int64_t>& counters, Enum last);

  holdfast_date c_struct(Date date) { return days(date); }
  holdfast_resource c_struct(const Resource& v);
  holdfast_capacity c_struct(const ResourceCapacity& v);
  holdfast_hold c_struct(const Hold& v);
  holdfast_allocation c_struct(const Allocation& v);
  holdfast_blackout c_struct(const Blackout& v);
  holdfast_availability_day c_struct(const AvailabilityDay& v);
  holdfast_availability c_struct(const Availability& v);
  holdfast_report_day c_struct(const ReportDay& v);
  holdfast_report c_struct(const CapacityReport& v);
  holdfast_report c_struct(const ResourceUse& v);
  holdfast_day_conflict c_struct(const DayConflict& v);
  holdfast_violation c_struct(const Violation& v);

  holdfast_result& out_;
};

holdfast_resource Layout::c_struct(const Resource& v) {
  return {.id = str(v.id),
          .type = str(v.type),
          .name = str(v.name),
          .description = str(v.description),
          .metadata = str(v.metadata),
          .timezone = str(v.timezone),
          .created_at = micros(v.created_at),
          .updated_at = micros(v.updated_at),
          .deleted_at = micros(v.deleted_at),
          .has_deleted_at = v.deleted_at.has_value(),
          .is_active = v.is_active};
}

holdfast_capacity Layout::c_struct(const ResourceCapacity& v) {
  return {.id = str(v.id),
          .resource_id = str(v.resource_id),
          .date = days(v.date),
          .max_capacity = v.max_capacity,
          .available_capacity = v.available_capacity,
          .reserved = 0};
}

holdfast_hold Layout::c_struct(const Hold& v) {
  const List<holdfast_date> dates = each(v.dates);
  return {.id = str(v.id),
          .resource_id = str(v.resource_id),
          .dates = dates.data,
          .dates_count = dates.count,
          .customer_email = str(v.customer_email),
          .holder = str(v.holder),
          .idempotency_token = str(v.idempotency_token),
          .group_id = str(v.group_id),
          .expires_at = micros(v.expires_at),
          .created_at = micros(v.created_at),
          .updated_at = micros(v.updated_at),
          .quantity = v.quantity,
          .status = static_cast<holdfast_hold_status>(v.status)};
}

holdfast_allocation Layout::c_struct(const Allocation& v) {
  const List<holdfast_date> dates = each(v.dates);
  return {.id = str(v.id),
          .resource_id = str(v.resource_id),
          .hold_id = str(v.hold_id),
          .order_id = str(v.order_id),
          .line_item_id = str(v.line_item_id),
          .dates = dates.data,
          .dates_count = dates.count,
          .created_at = micros(v.created_at),
          .cancelled_at = micros(v.cancelled_at),
          .quantity = v.quantity,
          .status = static_cast<holdfast_allocation_status>(v.status),
          .has_cancelled_at = v.cancelled_at.has_value(),
          .reserved = 0};
}

holdfast_blackout Layout::c_struct(const Blackout& v) {
  return {.id = str(v.id),
          .resource_id = str(v.resource_id),
          .reason = str(v.reason),
          .created_at = micros(v.created_at),
          .deleted_at = micros(v.deleted_at),
          .start_date = days(v.start_date),
          .end_date = days(v.end_date),
          .has_deleted_at = v.deleted_at.has_value(),
          .reserved = 0};
}

holdfast_availability_day Layout::c_struct(const AvailabilityDay& v) {
  return {.date = days(v.date),
          .max_capacity = v.max_capacity,
          .available_capacity = v.available_capacity,
          .is_available = v.is_available,
          .reason = static_cast<holdfast_unavailable>(v.reason)};
}

holdfast_availability Layout::c_struct(const Availability& v) {
  const List<holdfast_availability_day> of_days = each(v.days);
  const List<holdfast_date> starts = each(v.start_dates);
  return {.resource_id = str(v.resource_id),
          .days = of_days.data,
          .days_count = of_days.count,
          .start_dates = starts.data,
          .start_dates_count = starts.count};
}

holdfast_report_day Layout::c_struct(const ReportDay& v) {
  return {.date = days(v.date),
          .max_capacity = v.max_capacity,
          .available_capacity = v.available_capacity,
          .held = v.held,
          .booked = v.booked,
          .blackout = v.blackout,
          .utilisation = utilisation(v)};
}

holdfast_report Layout::c_struct(const CapacityReport& v) {
  const List<holdfast_report_day> of_days = each(v.days);
  return {.resource_id = str(v.resource_id),
          .days = of_days.data,
          .days_count = of_days.count,
          .max_capacity = v.max_capacity,
          .available_capacity = v.available_capacity,
          .held = v.held,
          .booked = v.booked,
          .utilisation = utilisation(v)};
}

holdfast_report Layout::c_struct(const ResourceUse& v) {
  holdfast_report out = c_struct(v.today);
  out.resource_id = str(v.resource_id);
  return out;
}

holdfast_day_conflict Layout::c_struct(const DayConflict& v) {
  return {.resource_id = str(v.resource_id),
          .date = days(v.date),
          .requested = v.requested,
          .available_capacity = v.available_capacity,
          .reserved = 0};
}

holdfast_violation Layout::c_struct(const Violation& v) {
  return {.resource_id = str(v.resource_id), .rule = str(v.rule), .detail = str(v.detail)};
}

template <class Enum>
List<std::int64_t> Layout::by_number(const std::map<Enum, std::int64_t>& counters, Enum last) {
  const std::size_t count = static_cast<std::size_t>(last) + 1;
  auto* const out = array<std::int64_t>(count);
  std::fill_n(out, count, 0);
  for (const auto& [value, counter] : counters) {
    const auto number = static_cast<std::size_t>(value);
    if (number < count) out[number] = counter;
  }
  return {out, count};
}

void Layout::fill(const ResourceAnswer& v) {
  out_.resources = one(c_struct(v.resource));
  out_.replayed = v.replayed;
}

void Layout::fill(const Page<Resource>& v) { page(out_.resources, v); }

void Layout::fill(const CapacityInitialized& v) {
  holdfast_counts counts{};
  counts.days_created = v.days_created;
  counts.days_changed = v.days_changed;
  out_.counts = one(counts);
  out_.replayed = v.replayed;
}

void Layout::fill(const CapacityAdjusted& v) {
  out_.capacities = each(v.days);
  out_.replayed = v.replayed;
}

void Layout::fill(const Availability& v) { out_.availabilities = one(c_struct(v)); }

void Layout::fill(const SearchAnswer& v) { out_.availabilities = each(v.resources); }

void Layout::fill(const CapacityReport& v) { out_.reports = one(c_struct(v)); }

void Layout::fill(const HoldAnswer& v) {
  out_.holds = one(c_struct(v.hold));
  out_.group_id = str(v.hold.group_id);
  out_.replayed = v.replayed;
}

void Layout::fill(const HoldsAnswer& v) {
  out_.holds = each(v.holds);
  out_.group_id = str(v.group_id);
  out_.replayed = v.replayed;
}

void Layout::fill(const AllocationAnswer& v) {
  out_.allocations = one(c_struct(v.allocation));
  out_.replayed = v.replayed;
}

void Layout::fill(const AllocationsAnswer& v) {
  out_.allocations = each(v.allocations);
  out_.replayed = v.replayed;
}

void Layout::fill(const Page<Hold>& v) { page(out_.holds, v); }

void Layout::fill(const CleanupAnswer& v) {
  holdfast_counts counts{};
  counts.holds_expired = v.expired;
  out_.counts = one(counts);
}

void Layout::fill(const Page<Allocation>& v) { page(out_.allocations, v); }

void Layout::fill(const BlackoutAnswer& v) {
  out_.blackouts = one(c_struct(v.blackout));
  out_.holds = each(v.holds);
  out_.allocations = each(v.allocations);
  out_.replayed = v.replayed;
}

void Layout::fill(const Page<Blackout>& v) { page(out_.blackouts, v); }

void Layout::fill(const MigrateAnswer& v) {
  holdfast_counts counts{};
  counts.schema_version = v.schema_version;
  out_.counts = one(counts);
}

void Layout::fill(const VerifyAnswer& v) {
  out_.violations = each(v.violations);
  holdfast_counts counts{};

  counts.resources = v.resources;
  counts.days = v.days;
  counts.holds = v.holds;
  counts.allocations = v.allocations;
  out_.counts = one(counts);
}

void Layout::fill(const PruneAnswer& v) {
  holdfast_counts counts{};
  counts.holds_removed = v.holds_removed;
  counts.tokens_removed = v.tokens_removed;
  counts.blackouts_removed = v.blackouts_removed;
  counts.emails_erased = v.emails_erased;
  out_.counts = one(counts);
}

void Layout::refuse(const Rejection& r) {
  out_.outcome = static_cast<holdfast_outcome>(r.outcome);
  out_.rejection = one(holdfast_rejection{.outcome = out_.outcome,
                                          .reason = static_cast<holdfast_outcome>(r.reason),
                                          .field = str(r.field),
                                          .message = str(r.message),
                                          .id = str(r.id)});
  out_.conflicts = each(r.days);
  out_.holds = each(r.holds);
  out_.allocations = each(r.allocations);
}

void Layout::fill(const MetricsAnswer& v) {
  const List<std::int64_t> rejections = by_number(v.rejections, Outcome::kBlackoutConflict);
  const List<std::int64_t> failures = by_number(v.failures, Status::kInternal);
  out_.metrics = one(holdfast_metrics_values{.holds_requested = v.holds_requested,
                                             .holds_created = v.holds_created,
                                             .holds_replayed = v.holds_replayed,
                                             .holds_confirmed = v.holds_confirmed,
                                             .holds_released = v.holds_released,
                                             .holds_expired = v.holds_expired,
                                             .allocations_cancelled = v.allocations_cancelled,
                                             .rejections = rejections.data,
                                             .rejections_count = rejections.count,
                                             .failures = failures.data,
                                             .failures_count = failures.count,
                                             .hold_to_confirm_mean_s = v.hold_to_confirm_mean_s,
                                             .hold_to_confirm_p95_s = v.hold_to_confirm_p95_s,
                                             .batches = v.batches,
                                             .commands = v.commands,
                                             .batch_size_max = v.batch_size_max,
                                             .storage_retries = v.storage_retries,
                                             .lock_waits = v.lock_waits,
                                             .lock_timeouts = v.lock_timeouts,
                                             .queue_depth = v.queue_depth});
  out_.reports = each(v.use);
  out_.prometheus = prometheus(v);
}

template <class C>
const C* elements(const holdfast_result* result, List<C> holdfast_result::*list,
                  std::size_t* count_out) {
  const List<C> found = result == nullptr ? List<C>{} : result->*list;
  if (count_out != nullptr) *count_out = found.count;
  return found.data;
}

constexpr holdfast_str kNothing{"", 0};

}  // namespace
}  // namespace holdfast::capi

holdfast_result::holdfast_result(holdfast::Answer<holdfast::Value> from) : answer(std::move(from)) {
  holdfast::capi::Layout layout(*this);
  if (!answer.accepted()) {
    layout.refuse(answer.rejection());
    return;
  }
  std::visit([&layout](const auto& value) { layout.fill(value); }, answer.value());
}

using holdfast::capi::elements;

void holdfast_result_free(holdfast_result* result) noexcept { delete result; }

holdfast_outcome holdfast_result_outcome(const holdfast_result* result) noexcept {
  return result == nullptr ? -1 : result->outcome;
}

const holdfast_rejection* holdfast_result_rejection(const holdfast_result* result) noexcept {
  return elements(result, &holdfast_result::rejection, nullptr);
}

holdfast_bool holdfast_result_replayed(const holdfast_result* result) noexcept {
  return result == nullptr ? 0 : result->replayed;
}

holdfast_str holdfast_result_group_id(const holdfast_result* result) noexcept {
  return result == nullptr ? holdfast::capi::kNothing : result->group_id;
}

holdfast_str holdfast_result_next(const holdfast_result* result) noexcept {
  return result == nullptr ? holdfast::capi::kNothing : result->next;
}

const holdfast_resource* holdfast_result_resources(const holdfast_result* result,
                                                   size_t* count_out) noexcept {
  return elements(result, &holdfast_result::resources, count_out);
}

const holdfast_capacity* holdfast_result_capacities(const holdfast_result* result,
                                                    size_t* count_out) noexcept {
  return elements(result, &holdfast_result::capacities, count_out);
}

const holdfast_hold* holdfast_result_holds(const holdfast_result* result,
                                           size_t* count_out) noexcept {
  return elements(result, &holdfast_result::holds, count_out);
}

const holdfast_allocation* holdfast_result_allocations(const holdfast_result* result,
                                                       size_t* count_out) noexcept {
  return elements(result, &holdfast_result::allocations, count_out);
}

const holdfast_blackout* holdfast_result_blackouts(const holdfast_result* result,
                                                   size_t* count_out) noexcept {
  return elements(result, &holdfast_result::blackouts, count_out);
}

const holdfast_availability* holdfast_result_availabilities(const holdfast_result* result,
                                                            size_t* count_out) noexcept {
  return elements(result, &holdfast_result::availabilities, count_out);
}

const holdfast_report* holdfast_result_reports(const holdfast_result* result,
                                               size_t* count_out) noexcept {
  return elements(result, &holdfast_result::reports, count_out);
}

const holdfast_day_conflict* holdfast_result_conflicts(const holdfast_result* result,
                                                       size_t* count_out) noexcept {
  return elements(result, &holdfast_result::conflicts, count_out);
}

const holdfast_violation* holdfast_result_violations(const holdfast_result* result,
                                                     size_t* count_out) noexcept {
  return elements(result, &holdfast_result::violations, count_out);
}

const holdfast_counts* holdfast_result_counts(const holdfast_result* result) noexcept {
  return elements(result, &holdfast_result::counts, nullptr);
}

const holdfast_metrics_values* holdfast_result_metrics(const holdfast_result* result) noexcept {
  return elements(result, &holdfast_result::metrics, nullptr);
}

holdfast_str holdfast_result_prometheus(const holdfast_result* result) noexcept {
  if (result == nullptr) return holdfast::capi::kNothing;
  return {result->prometheus.data(), result->prometheus.size()};
}
