#include "answer.hpp"

#include <string>

namespace holdfast::node {

// ---- values -------------------------------------------------------------------------------------

napi_value AnswerWriter::number(double value) {
  napi_value out = nullptr;
  check(napi_create_double(env_, value, &out));
  return out;
}

napi_value AnswerWriter::integer(std::int32_t value) {
  napi_value out = nullptr;
  check(napi_create_int32(env_, value, &out));
  return out;
}

napi_value AnswerWriter::boolean(bool value) {
  napi_value out = nullptr;
  check(napi_get_boolean(env_, value, &out));
  return out;
}

napi_value AnswerWriter::text(holdfast_str value) {
  if (value.size == 0 && empty_ != nullptr) return empty_;
  napi_value out = nullptr;
  check(napi_create_string_utf8(env_, value.size == 0 ? "" : value.data, value.size, &out));
  return value.size == 0 ? keep(empty_, out) : out;
}

napi_value AnswerWriter::ascii(const char* value) {
  napi_value out = nullptr;
  check(napi_create_string_utf8(env_, value, NAPI_AUTO_LENGTH, &out));
  return out;
}

napi_value AnswerWriter::undefined() {
  if (undefined_ != nullptr) return undefined_;
  napi_value out = nullptr;
  check(napi_get_undefined(env_, &out));
  return keep(undefined_, out);
}

napi_value AnswerWriter::day(holdfast_date value) {
  char text[11];
  if (holdfast_format_date(value, text, sizeof text, nullptr) != HOLDFAST_STATUS_OK) {
    return ascii("");
  }
  napi_value out = nullptr;
  check(napi_create_string_latin1(env_, text, sizeof text - 1, &out));
  return out;
}

napi_value AnswerWriter::array(std::size_t count) {
  napi_value out = nullptr;
  check(napi_create_array_with_length(env_, count, &out));
  return out;
}

void AnswerWriter::set(napi_value array, std::size_t index, napi_value value) {
  if (ok_) check(napi_set_element(env_, array, static_cast<std::uint32_t>(index), value));
}

napi_value AnswerWriter::days(const holdfast_date* values, std::size_t count) {
  constexpr std::size_t kWidth = 11;  // a day and what stands behind it
  std::string out(count * kWidth, ',');
  for (std::size_t i = 0; i < count; ++i) {
    char* const at = out.data() + i * kWidth;
    if (holdfast_format_date(values[i], at, kWidth, nullptr) != HOLDFAST_STATUS_OK) {
      return ascii("");
    }
    at[kWidth - 1] = ',';
  }
  return text({out.data(), count == 0 ? 0 : out.size() - 1});
}

napi_value AnswerWriter::numbers(const holdfast_availability_day* from, std::size_t count) {
  constexpr std::size_t kFields = 4;
  napi_value buffer = nullptr;
  napi_value out = nullptr;
  void* data = nullptr;
  check(napi_create_arraybuffer(env_, count * kFields * sizeof(std::int32_t), &data, &buffer));
  if (!ok_) return out;
  auto* at = static_cast<std::int32_t*>(data);
  for (std::size_t i = 0; i < count; ++i) {
    *at++ = from[i].max_capacity;
    *at++ = from[i].available_capacity;
    *at++ = from[i].is_available != 0 ? 1 : 0;
    *at++ = from[i].reason;
  }
  check(napi_create_typedarray(env_, napi_int32_array, count * kFields, buffer, 0, &out));
  return out;
}

template <class T>
napi_value AnswerWriter::list(const T* from, std::size_t count) {
  napi_value out = array(count);
  for (std::size_t i = 0; i < count && ok_; ++i) {
    // A page has a thousand rows of a dozen values each.
    napi_handle_scope scope = nullptr;
    check(napi_open_handle_scope(env_, &scope));
    ++depth_;
    set(out, i, write(from[i]));
    --depth_;
    if (scope != nullptr) napi_close_handle_scope(env_, scope);
  }
  return out;
}

template <class T>
napi_value AnswerWriter::list(const T* (*get)(const holdfast_result*, std::size_t*) noexcept,
                              const holdfast_result* result) {
  std::size_t count = 0;
  const T* const first = get(result, &count);
  return list(first, count);
}

template <class T>
napi_value AnswerWriter::first(const T* (*get)(const holdfast_result*, std::size_t*) noexcept,
                               const holdfast_result* result) {
  std::size_t count = 0;
  const T* const found = get(result, &count);
  return count == 0 ? undefined() : write(*found);
}

template <class T>
napi_value AnswerWriter::one(const T* from) {
  return from == nullptr ? undefined() : write(*from);
}

napi_value AnswerWriter::make(Maker maker, std::initializer_list<napi_value> fields) {
  napi_value out = nullptr;
  if (!ok_) return out;
  const auto place = static_cast<std::size_t>(maker);
  napi_value function = functions_[place];
  if (function == nullptr) {
    check(napi_get_reference_value(env_, makers_[place], &function));
    keep(functions_[place], function);
  }
  napi_value none = undefined();
  if (ok_) check(napi_call_function(env_, none, function, fields.size(), fields.begin(), &out));
  return out;
}

// ---- structs: every field, in the struct's order -----------------------------------------------

napi_value AnswerWriter::write(const holdfast_resource& from) {
  return make(Maker::kResource, {text(from.id), text(from.type), text(from.name),
                                 text(from.description), text(from.metadata), text(from.timezone),
                                 instant(from.created_at), instant(from.updated_at),
                                 from.has_deleted_at != 0 ? instant(from.deleted_at) : undefined(),
                                 boolean(from.is_active != 0)});
}

napi_value AnswerWriter::write(const holdfast_capacity& from) {
  return make(Maker::kCapacity, {text(from.id), text(from.resource_id), day(from.date),
                                 integer(from.max_capacity), integer(from.available_capacity)});
}

napi_value AnswerWriter::write(const holdfast_hold& from) {
  return make(Maker::kHold,
              {text(from.id), text(from.resource_id), days(from.dates, from.dates_count),
               text(from.customer_email), text(from.holder), text(from.idempotency_token),
               text(from.group_id), instant(from.expires_at), instant(from.created_at),
               instant(from.updated_at), integer(from.quantity), integer(from.status)});
}

napi_value AnswerWriter::write(const holdfast_allocation& from) {
  return make(
      Maker::kAllocation,
      {text(from.id), text(from.resource_id), text(from.hold_id), text(from.order_id),
       text(from.line_item_id), days(from.dates, from.dates_count), instant(from.created_at),
       from.has_cancelled_at != 0 ? instant(from.cancelled_at) : undefined(),
       integer(from.quantity), integer(from.status)});
}

napi_value AnswerWriter::write(const holdfast_blackout& from) {
  return make(Maker::kBlackout,
              {text(from.id), text(from.resource_id), text(from.reason), instant(from.created_at),
               from.has_deleted_at != 0 ? instant(from.deleted_at) : undefined(),
               day(from.start_date), day(from.end_date)});
}

napi_value AnswerWriter::write(const holdfast_availability& from) {
  return make(
      Maker::kAvailability,
      {text(from.resource_id), integer(from.days_count == 0 ? 0 : from.days[0].date),
       numbers(from.days, from.days_count), days(from.start_dates, from.start_dates_count)});
}

napi_value AnswerWriter::write(const holdfast_report& from) {
  return make(Maker::kReport, {text(from.resource_id), list(from.days, from.days_count),
                               write(from.max_capacity), write(from.available_capacity),
                               write(from.held), write(from.booked), number(from.utilisation)});
}

napi_value AnswerWriter::write(const holdfast_report_day& from) {
  return make(Maker::kReportDay,
              {day(from.date), integer(from.max_capacity), integer(from.available_capacity),
               integer(from.held), integer(from.booked), boolean(from.blackout != 0),
               number(from.utilisation)});
}

napi_value AnswerWriter::write(const holdfast_day_conflict& from) {
  return make(Maker::kConflict, {text(from.resource_id), day(from.date), integer(from.requested),
                                 integer(from.available_capacity)});
}

napi_value AnswerWriter::write(const holdfast_violation& from) {
  return make(Maker::kViolation, {text(from.resource_id), text(from.rule), text(from.detail)});
}

napi_value AnswerWriter::write(const holdfast_counts& from) {
  return make(Maker::kCounts,
              {write(from.days_created), write(from.days_changed), write(from.holds_expired),
               write(from.holds_removed), write(from.tokens_removed), write(from.blackouts_removed),
               write(from.emails_erased), write(from.schema_version), write(from.resources),
               write(from.days), write(from.holds), write(from.allocations)});
}

napi_value AnswerWriter::write(const holdfast_metrics_values& from) {
  return make(Maker::kMetrics,
              {write(from.holds_requested), write(from.holds_created), write(from.holds_replayed),
               write(from.holds_confirmed), write(from.holds_released), write(from.holds_expired),
               write(from.allocations_cancelled), list(from.rejections, from.rejections_count),
               list(from.failures, from.failures_count), number(from.hold_to_confirm_mean_s),
               number(from.hold_to_confirm_p95_s), write(from.batches), write(from.commands),
               write(from.batch_size_max), write(from.storage_retries), write(from.lock_waits),
               write(from.lock_timeouts), write(from.queue_depth)});
}

// ---- parts --------------------------------------------------------------------------------------

napi_value AnswerWriter::holds(const holdfast_result* result) {
  return list(holdfast_result_holds, result);
}

napi_value AnswerWriter::allocations(const holdfast_result* result) {
  return list(holdfast_result_allocations, result);
}

napi_value AnswerWriter::conflicts(const holdfast_result* result) {
  return list(holdfast_result_conflicts, result);
}

napi_value AnswerWriter::part(Part part, const holdfast_result* result) {
  switch (part) {
    case Part::kResource:
      return first(holdfast_result_resources, result);
    case Part::kResources:
      return list(holdfast_result_resources, result);
    case Part::kCapacities:
      return list(holdfast_result_capacities, result);
    case Part::kHold:
      return first(holdfast_result_holds, result);
    case Part::kHolds:
      return holds(result);
    case Part::kAllocation:
      return first(holdfast_result_allocations, result);
    case Part::kAllocations:
      return allocations(result);
    case Part::kBlackout:
      return first(holdfast_result_blackouts, result);
    case Part::kBlackouts:
      return list(holdfast_result_blackouts, result);
    case Part::kAvailability:
      return first(holdfast_result_availabilities, result);
    case Part::kAvailabilities:
      return list(holdfast_result_availabilities, result);
    case Part::kReport:
      return first(holdfast_result_reports, result);
    case Part::kReports:
      return list(holdfast_result_reports, result);
    case Part::kViolations:
      return list(holdfast_result_violations, result);
    case Part::kCounts:
      return one(holdfast_result_counts(result));
    case Part::kMetrics:
      return one(holdfast_result_metrics(result));
    case Part::kPrometheus:
      return text(holdfast_result_prometheus(result));
    case Part::kReplayed:
      return boolean(holdfast_result_replayed(result) != 0);
    case Part::kGroupId:
      return text(holdfast_result_group_id(result));
    case Part::kNext:
      return text(holdfast_result_next(result));
  }
  return undefined();
}

}  // namespace holdfast::node
