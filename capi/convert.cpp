#include "convert.hpp"

#include <chrono>
#include <optional>

namespace holdfast::capi {
namespace {

Date date(holdfast_date days) { return Date(std::chrono::days(days)); }

std::int32_t page_limit(std::int32_t limit) { return limit == 0 ? bounds::kPageDefault : limit; }

std::optional<std::int32_t> quantity_or_none(std::int32_t quantity) {
  if (quantity == 0) return std::nullopt;
  return quantity;
}

void set_ms(std::chrono::milliseconds& option, std::int64_t given) {
  if (given != 0) option = std::chrono::milliseconds(given);
}

void set_number(std::int32_t& option, std::int32_t given) {
  if (given != 0) option = given;
}

}  // namespace

EngineOptions convert_options(const holdfast_options& options, Check& check) {
  check.reserved(options.reserved);
  EngineOptions out;
  std::string timezone = check.text("timezone", options.timezone);
  if (!timezone.empty()) out.timezone = std::move(timezone);
  set_ms(out.hold_ttl, options.hold_ttl_ms);
  set_ms(out.max_hold_lifetime, options.max_hold_lifetime_ms);
  set_ms(out.lock_timeout, options.lock_timeout_ms);
  set_ms(out.retry_timeout, options.retry_timeout_ms);
  set_number(out.lanes, options.lanes);
  set_number(out.readers, options.readers);
  set_number(out.queue_max, options.queue_max);
  return out;
}

// ---- resources ----------------------------------------------------------------------------------

CreateResource convert(const holdfast_create_resource_request& r, Check& check) {
  return {.type = check.text("type", r.type),
          .name = check.text("name", r.name),
          .description = check.text("description", r.description),
          .metadata = check.text("metadata", r.metadata),
          .timezone = check.text("timezone", r.timezone),
          .is_active = check.choice("is_active", r.is_active).value_or(true),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

UpdateResource convert(const holdfast_update_resource_request& r, Check& check) {
  return {.resource_id = check.text("resource_id", r.resource_id),
          .type = check.text_or_none("type", r.type),
          .name = check.text_or_none("name", r.name),
          .description = check.text_or_none("description", r.description),
          .metadata = check.text_or_none("metadata", r.metadata),
          .timezone = check.text_or_none("timezone", r.timezone),
          .is_active = check.choice("is_active", r.is_active),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

RetrieveResource convert(const holdfast_retrieve_resource_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.resource_id = check.text("resource_id", r.resource_id)};
}

ListResources convert(const holdfast_list_resources_request& r, Check& check) {
  return {.type = check.text("type", r.type),
          .is_active = check.choice("is_active", r.is_active),
          .text = check.text("text", r.text),
          .include_deleted = check.flag("include_deleted", r.include_deleted),
          .limit = page_limit(r.limit),
          .after = check.text("after", r.after)};
}

DeleteResource convert(const holdfast_delete_resource_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.resource_id = check.text("resource_id", r.resource_id),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

RestoreResource convert(const holdfast_restore_resource_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.resource_id = check.text("resource_id", r.resource_id),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

// ---- capacity and availability ------------------------------------------------------------------

InitializeCapacity convert(const holdfast_initialize_capacity_request& r, Check& check) {
  if (r.weekdays > kEveryDay) check.fail("weekdays", "no such value");
  return {.resource_id = check.text("resource_id", r.resource_id),
          .start_date = date(r.start_date),
          .end_date = date(r.end_date),
          .daily_capacity = r.daily_capacity,
          .weekdays = r.weekdays == 0 ? kEveryDay : static_cast<Weekdays>(r.weekdays),
          .on_existing = check.value("on_existing", r.on_existing, OnExisting::kReplace),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

AdjustCapacity convert(const holdfast_adjust_capacity_request& r, Check& check) {
  return {.resource_id = check.text("resource_id", r.resource_id),
          .dates = check.dates("dates", r.dates, r.dates_count),
          .delta = r.delta,
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

CheckAvailability convert(const holdfast_check_availability_request& r, Check& check) {
  return {.resource_id = check.text("resource_id", r.resource_id),
          .start_date = date(r.start_date),
          .end_date = date(r.end_date),
          .quantity = r.quantity};
}

SearchAvailability convert(const holdfast_search_availability_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.type = check.text("type", r.type),
          .resource_ids = check.texts("resource_ids", r.resource_ids, r.resource_ids_count),
          .start_date = date(r.start_date),
          .end_date = date(r.end_date),
          .quantity = r.quantity,
          .consecutive_days = r.consecutive_days};
}

GetCapacityReport convert(const holdfast_get_capacity_report_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.resource_id = check.text("resource_id", r.resource_id),
          .start_date = date(r.start_date),
          .end_date = date(r.end_date)};
}

// ---- holds --------------------------------------------------------------------------------------

CreateHold convert(const holdfast_create_hold_request& r, Check& check) {
  return {.resource_id = check.text("resource_id", r.resource_id),
          .dates = check.dates("dates", r.dates, r.dates_count),
          .quantity = r.quantity,
          .customer_email = check.text("customer_email", r.customer_email),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token),
          .holder = check.text("holder", r.holder),
          .ttl = check.ttl(r.ttl_ms)};
}

namespace {

// The elements' own struct_size is the distance between them, so that a program built with an
// earlier, shorter struct can send an array.
std::vector<HoldItem> hold_items(const holdfast_hold_item* items, std::size_t count, Check& check) {
  check.elements("items", items, count);
  std::vector<HoldItem> out;
  if (count == 0) return out;
  const std::uint32_t stride = struct_size(items);
  if (stride % alignof(holdfast_hold_item) != 0) check.fail("items[0].struct_size", "not a size");
  const auto* at = reinterpret_cast<const unsigned char*>(items);
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i, at += stride) {
    const auto item = read_struct<holdfast_hold_item>("items", at);
    check.enter_item(static_cast<std::ptrdiff_t>(i));
    if (item.struct_size != stride) check.fail("struct_size", "not the same in all items");
    out.push_back({.resource_id = check.text("resource_id", item.resource_id),
                   .dates = check.dates("dates", item.dates, item.dates_count),
                   .quantity = item.quantity});
  }
  check.leave_items();
  return out;
}

}  // namespace

CreateHolds convert(const holdfast_create_holds_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.items = hold_items(r.items, r.items_count, check),
          .customer_email = check.text("customer_email", r.customer_email),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token),
          .holder = check.text("holder", r.holder),
          .ttl = check.ttl(r.ttl_ms)};
}

ExtendHold convert(const holdfast_extend_hold_request& r, Check& check) {
  return {.hold_id = check.text("hold_id", r.hold_id),
          .ttl = check.ttl(r.ttl_ms),
          .holder = check.text("holder", r.holder),
          .as_host = check.flag("as_host", r.as_host),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

ExtendHolds convert(const holdfast_extend_holds_request& r, Check& check) {
  return {.hold_ids = check.texts("hold_ids", r.hold_ids, r.hold_ids_count),
          .ttl = check.ttl(r.ttl_ms),
          .holder = check.text("holder", r.holder),
          .as_host = check.flag("as_host", r.as_host),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

ConfirmHold convert(const holdfast_confirm_hold_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.hold_id = check.text("hold_id", r.hold_id),
          .order_id = check.text("order_id", r.order_id),
          .line_item_id = check.text("line_item_id", r.line_item_id),
          .if_expired = check.value("if_expired", r.if_expired, IfExpired::kReclaim),
          .holder = check.text("holder", r.holder),
          .as_host = check.flag("as_host", r.as_host),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

ConfirmHolds convert(const holdfast_confirm_holds_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.hold_ids = check.texts("hold_ids", r.hold_ids, r.hold_ids_count),
          .order_id = check.text("order_id", r.order_id),
          .line_item_id = check.text("line_item_id", r.line_item_id),
          .if_expired = check.value("if_expired", r.if_expired, IfExpired::kReclaim),
          .holder = check.text("holder", r.holder),
          .as_host = check.flag("as_host", r.as_host),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

ReleaseHold convert(const holdfast_release_hold_request& r, Check& check) {
  return {.hold_id = check.text("hold_id", r.hold_id),
          .holder = check.text("holder", r.holder),
          .as_host = check.flag("as_host", r.as_host),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

ReleaseHolds convert(const holdfast_release_holds_request& r, Check& check) {
  return {.hold_ids = check.texts("hold_ids", r.hold_ids, r.hold_ids_count),
          .holder = check.text("holder", r.holder),
          .as_host = check.flag("as_host", r.as_host),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

RetrieveHold convert(const holdfast_retrieve_hold_request& r, Check& check) {
  return {.hold_id = check.text("hold_id", r.hold_id),
          .holder = check.text("holder", r.holder),
          .as_host = check.flag("as_host", r.as_host)};
}

ListHolds convert(const holdfast_list_holds_request& r, Check& check) {
  return {.resource_id = check.text("resource_id", r.resource_id),
          .status = check.value_if("status", r.has_status, r.status, HoldStatus::kExpired),
          .customer_email = check.text("customer_email", r.customer_email),
          .group_id = check.text("group_id", r.group_id),
          .limit = page_limit(r.limit),
          .after = check.text("after", r.after)};
}

CleanupExpiredHolds convert(const holdfast_cleanup_expired_holds_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.limit = r.limit == 0 ? bounds::kCleanupMax : r.limit};
}

MoveHold convert(const holdfast_move_hold_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.hold_id = check.text("hold_id", r.hold_id),
          .dates = check.dates("dates", r.dates, r.dates_count),
          .quantity = quantity_or_none(r.quantity),
          .holder = check.text("holder", r.holder),
          .as_host = check.flag("as_host", r.as_host),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

// ---- allocations --------------------------------------------------------------------------------

CancelAllocation convert(const holdfast_cancel_allocation_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.allocation_id = check.text("allocation_id", r.allocation_id),
          .order_id = check.text("order_id", r.order_id),
          .line_item_id = check.text("line_item_id", r.line_item_id),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

MoveAllocation convert(const holdfast_move_allocation_request& r, Check& check) {
  return {.allocation_id = check.text("allocation_id", r.allocation_id),
          .dates = check.dates("dates", r.dates, r.dates_count),
          .quantity = quantity_or_none(r.quantity),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

ListAllocations convert(const holdfast_list_allocations_request& r, Check& check) {
  return {.resource_id = check.text("resource_id", r.resource_id),
          .order_id = check.text("order_id", r.order_id),
          .line_item_id = check.text("line_item_id", r.line_item_id),
          .status = check.value_if("status", r.has_status, r.status, AllocationStatus::kCancelled),
          .start_date = check.date_if("start_date", r.has_start_date, r.start_date),
          .end_date = check.date_if("end_date", r.has_end_date, r.end_date),
          .limit = page_limit(r.limit),
          .after = check.text("after", r.after)};
}

// ---- blackouts ----------------------------------------------------------------------------------

CreateBlackout convert(const holdfast_create_blackout_request& r, Check& check) {
  return {.resource_id = check.text("resource_id", r.resource_id),
          .start_date = date(r.start_date),
          .end_date = date(r.end_date),
          .reason = check.text("reason", r.reason),
          .on_conflict = check.value("on_conflict", r.on_conflict, OnConflict::kKeep),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

ListBlackouts convert(const holdfast_list_blackouts_request& r, Check& check) {
  return {.resource_id = check.text("resource_id", r.resource_id),
          .start_date = check.date_if("start_date", r.has_start_date, r.start_date),
          .end_date = check.date_if("end_date", r.has_end_date, r.end_date),
          .limit = page_limit(r.limit),
          .after = check.text("after", r.after)};
}

DeleteBlackout convert(const holdfast_delete_blackout_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.blackout_id = check.text("blackout_id", r.blackout_id),
          .idempotency_token = check.text("idempotency_token", r.idempotency_token)};
}

// ---- housekeeping -------------------------------------------------------------------------------

Migrate convert(const holdfast_migrate_request& r, Check& check) {
  check.reserved(r.reserved);
  return {};
}

Verify convert(const holdfast_verify_request& r, Check& check) {
  check.reserved(r.reserved);
  return {};
}

GetMetrics convert(const holdfast_metrics_request& r, Check& check) {
  check.reserved(r.reserved);
  return {.resource_ids = check.texts("resource_ids", r.resource_ids, r.resource_ids_count)};
}

Prune convert(const holdfast_prune_request& r, Check& check) {
  Prune out;
  if (r.older_than_hours != 0) out.older_than = std::chrono::hours(r.older_than_hours);
  out.erase_customer_email = check.text("erase_customer_email", r.erase_customer_email);
  return out;
}

}  // namespace holdfast::capi
