#include "operations.hpp"

namespace holdfast::node {
namespace {

constexpr bool kRequired = true;
constexpr bool kOptional = false;

const char* on_existing_name(std::int32_t value) {
  return value == HOLDFAST_ON_EXISTING_KEEP      ? "keep"
         : value == HOLDFAST_ON_EXISTING_REPLACE ? "replace"
                                                 : "UNKNOWN_";
}

const char* if_expired_name(std::int32_t value) {
  return value == HOLDFAST_IF_EXPIRED_REJECT    ? "reject"
         : value == HOLDFAST_IF_EXPIRED_RECLAIM ? "reclaim"
                                                : "UNKNOWN_";
}

const char* on_conflict_name(std::int32_t value) {
  return value == HOLDFAST_ON_CONFLICT_REFUSE ? "refuse"
         : value == HOLDFAST_ON_CONFLICT_KEEP ? "keep"
                                              : "UNKNOWN_";
}

const char* hold_status_name(std::int32_t value) { return holdfast_hold_status_name(value); }
const char* allocation_status_name(std::int32_t value) {
  return holdfast_allocation_status_name(value);
}

// A macro, because only offsetof knows where a field stands. `R` is the request of the table.
#define FIELD(member, kind, need) \
  { #member, Kind::kind, need, offsetof(R, member) }
#define TEXT(member) FIELD(member, kText, kOptional)
#define ID(member) FIELD(member, kText, kRequired)
#define DURATION(name, member) \
  { name, Kind::kLong, kOptional, offsetof(R, member) }
#define LIST(member, kind, need) \
  { #member, Kind::kind, need, offsetof(R, member), offsetof(R, member##_count) }
#define ENUM(member, names) \
  { #member, Kind::kName, kOptional, offsetof(R, member), kNone, names }
#define FILTER_ENUM(member, names) \
  { #member, Kind::kName, kOptional, offsetof(R, member), offsetof(R, has_##member), names }
#define FILTER_DAY(member) \
  { #member, Kind::kDay, kOptional, offsetof(R, member), offsetof(R, has_##member) }
#define PAGE FIELD(limit, kCount, kOptional), TEXT(after)
#define RANGE FIELD(start_date, kDay, kRequired), FIELD(end_date, kDay, kRequired)
#define HOLDER TEXT(holder), FIELD(as_host, kFlag, kOptional)
#define TOKEN TEXT(idempotency_token)

template <class Request>
struct Fields;

#define FIELDS(operation, ...)                       \
  template <>                                        \
  struct Fields<holdfast_##operation##_request> {    \
    using R = holdfast_##operation##_request;        \
    static constexpr Field kTable[] = {__VA_ARGS__}; \
  }

FIELDS(create_resource, ID(type), ID(name), TEXT(description), FIELD(metadata, kJson, kOptional),
       TEXT(timezone), FIELD(is_active, kChoice, kOptional), TOKEN);
FIELDS(update_resource, ID(resource_id), TEXT(type), TEXT(name), TEXT(description),
       FIELD(metadata, kJson, kOptional), TEXT(timezone), FIELD(is_active, kChoice, kOptional),
       TOKEN);
FIELDS(retrieve_resource, ID(resource_id));
FIELDS(list_resources, TEXT(type), FIELD(is_active, kChoice, kOptional), TEXT(text),
       FIELD(include_deleted, kFlag, kOptional), PAGE);
FIELDS(delete_resource, ID(resource_id), TOKEN);
FIELDS(restore_resource, ID(resource_id), TOKEN);
FIELDS(initialize_capacity, ID(resource_id), RANGE, FIELD(daily_capacity, kInteger, kRequired),
       FIELD(weekdays, kWeekdays, kOptional), ENUM(on_existing, on_existing_name), TOKEN);
FIELDS(adjust_capacity, ID(resource_id), LIST(dates, kDays, kRequired),
       FIELD(delta, kInteger, kRequired), TOKEN);
FIELDS(check_availability, ID(resource_id), RANGE, FIELD(quantity, kInteger, kRequired));
FIELDS(search_availability, TEXT(type), LIST(resource_ids, kTexts, kOptional), RANGE,
       FIELD(quantity, kInteger, kRequired), FIELD(consecutive_days, kCount, kOptional));
FIELDS(get_capacity_report, ID(resource_id), RANGE);
FIELDS(create_hold, ID(resource_id), LIST(dates, kDays, kRequired),
       FIELD(quantity, kInteger, kRequired), TEXT(customer_email), TOKEN, TEXT(holder),
       DURATION("ttl", ttl_ms));
FIELDS(create_holds, LIST(items, kItems, kRequired), TEXT(customer_email), TOKEN, TEXT(holder),
       DURATION("ttl", ttl_ms));
FIELDS(extend_hold, ID(hold_id), DURATION("ttl", ttl_ms), HOLDER, TOKEN);
FIELDS(extend_holds, LIST(hold_ids, kTexts, kRequired), DURATION("ttl", ttl_ms), HOLDER, TOKEN);
FIELDS(confirm_hold, ID(hold_id), ID(order_id), TEXT(line_item_id),
       ENUM(if_expired, if_expired_name), HOLDER, TOKEN);
FIELDS(confirm_holds, LIST(hold_ids, kTexts, kRequired), ID(order_id), TEXT(line_item_id),
       ENUM(if_expired, if_expired_name), HOLDER, TOKEN);
FIELDS(release_hold, ID(hold_id), HOLDER, TOKEN);
FIELDS(release_holds, LIST(hold_ids, kTexts, kRequired), HOLDER, TOKEN);
FIELDS(retrieve_hold, ID(hold_id), HOLDER);
FIELDS(list_holds, TEXT(resource_id), FILTER_ENUM(status, hold_status_name), TEXT(customer_email),
       TEXT(group_id), PAGE);
FIELDS(cleanup_expired_holds, FIELD(limit, kLong, kOptional));
FIELDS(cancel_allocation, TEXT(allocation_id), TEXT(order_id), TEXT(line_item_id), TOKEN);
FIELDS(move_hold, ID(hold_id), LIST(dates, kDays, kRequired), FIELD(quantity, kCount, kOptional),
       HOLDER, TOKEN);
FIELDS(move_allocation, ID(allocation_id), LIST(dates, kDays, kRequired),
       FIELD(quantity, kCount, kOptional), TOKEN);
FIELDS(list_allocations, TEXT(resource_id), TEXT(order_id), TEXT(line_item_id),
       FILTER_ENUM(status, allocation_status_name), FILTER_DAY(start_date), FILTER_DAY(end_date),
       PAGE);
FIELDS(create_blackout, ID(resource_id), RANGE, TEXT(reason), ENUM(on_conflict, on_conflict_name),
       TOKEN);
FIELDS(list_blackouts, TEXT(resource_id), FILTER_DAY(start_date), FILTER_DAY(end_date), PAGE);
FIELDS(delete_blackout, ID(blackout_id), TOKEN);
FIELDS(metrics, LIST(resource_ids, kTexts, kOptional));
FIELDS(prune, FIELD(older_than_hours, kCount, kOptional), TEXT(erase_customer_email));

template <>
struct Fields<holdfast_migrate_request> {
  static constexpr std::span<const Field> kTable{};
};
template <>
struct Fields<holdfast_verify_request> {
  static constexpr std::span<const Field> kTable{};
};
template <>
struct Fields<holdfast_hold_item> {
  using R = holdfast_hold_item;
  static constexpr Field kTable[] = {ID(resource_id), LIST(dates, kDays, kRequired),
                                     FIELD(quantity, kInteger, kRequired)};
};
template <>
struct Fields<holdfast_options> {
  using R = holdfast_options;
  static constexpr Field kTable[] = {ID(uri),
                                     TEXT(timezone),
                                     DURATION("hold_ttl", hold_ttl_ms),
                                     DURATION("max_hold_lifetime", max_hold_lifetime_ms),
                                     DURATION("lock_timeout", lock_timeout_ms),
                                     DURATION("retry_timeout", retry_timeout_ms),
                                     FIELD(lanes, kCount, kOptional),
                                     FIELD(readers, kCount, kOptional),
                                     FIELD(queue_max, kCount, kOptional)};
};

template <Part... kParts>
inline constexpr Part kAnswer[] = {kParts...};

template <class Request, auto kSubmit, Part... kParts>
constexpr Operation operation(const char* name) {
  static_assert(sizeof(Request) <= kRequestSize);
  return {
      name, sizeof(Request), Fields<Request>::kTable, kAnswer<kParts...>,
      [](holdfast_engine engine, const void* request, std::uint64_t tag, holdfast_error* error) {
        return kSubmit(engine, static_cast<const Request*>(request), tag, error);
      }};
}

#define OPERATION_AS(name, call, ...) \
  operation<holdfast_##call##_request, holdfast_##call##_submit, __VA_ARGS__>(#name)
#define OPERATION(name, ...) OPERATION_AS(name, name, __VA_ARGS__)

using enum Part;

constexpr Operation kOperations[] = {
    OPERATION(create_resource, kResource, kReplayed),
    OPERATION(update_resource, kResource, kReplayed),
    OPERATION(retrieve_resource, kResource),
    OPERATION(list_resources, kResources, kNext),
    OPERATION(delete_resource, kResource, kReplayed),
    OPERATION(restore_resource, kResource, kReplayed),
    OPERATION(initialize_capacity, kCounts, kReplayed),
    OPERATION(adjust_capacity, kCapacities, kReplayed),
    OPERATION(check_availability, kAvailability),
    OPERATION(search_availability, kAvailabilities),
    OPERATION(get_capacity_report, kReport),
    OPERATION(create_hold, kHold, kReplayed),
    OPERATION(create_holds, kHolds, kReplayed, kGroupId),
    OPERATION(extend_hold, kHold, kReplayed),
    OPERATION(extend_holds, kHolds, kReplayed),
    OPERATION(confirm_hold, kAllocation, kReplayed),
    OPERATION(confirm_holds, kAllocations, kReplayed),
    OPERATION(release_hold, kHold, kReplayed),
    OPERATION(release_holds, kHolds, kReplayed),
    OPERATION(retrieve_hold, kHold),
    OPERATION(list_holds, kHolds, kNext),
    OPERATION(cleanup_expired_holds, kCounts),
    OPERATION(cancel_allocation, kAllocations, kReplayed),
    OPERATION(move_hold, kHold, kReplayed),
    OPERATION(move_allocation, kAllocation, kReplayed),
    OPERATION(list_allocations, kAllocations, kNext),
    OPERATION(create_blackout, kBlackout, kHolds, kAllocations, kReplayed),
    OPERATION(list_blackouts, kBlackouts, kNext),
    OPERATION(delete_blackout, kBlackout, kReplayed),
    OPERATION(migrate, kCounts),
    OPERATION(verify, kCounts, kViolations),
    OPERATION(metrics, kMetrics, kReports),
    OPERATION_AS(prometheus, metrics, kPrometheus),
    OPERATION(prune, kCounts),
};

}  // namespace

std::span<const Operation> operations() { return kOperations; }
std::span<const Field> item_fields() { return Fields<holdfast_hold_item>::kTable; }
std::span<const Field> option_fields() { return Fields<holdfast_options>::kTable; }

}  // namespace holdfast::node
