#include "core/validate.hpp"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "core/cursor.hpp"

namespace holdfast::core {
namespace {

// Collects the first thing that is wrong; the rest of the checks then do nothing.
class Check {
 public:
  explicit Check(const Policy& policy) : policy_(policy) {}

  const Policy& policy() const { return policy_; }
  std::optional<Rejection> result() { return std::move(rejection_); }

  void that(bool holds, std::string_view field, std::string_view message) {
    if (!holds && !rejection_) rejection_ = invalid(std::string(field), std::string(message));
  }
  /// `message` is a function: nearly always there is nothing to say.
  template <std::invocable Message>
  void that(bool holds, std::string_view field, Message message) {
    if (!holds) that(false, field, message());
  }
  void text(std::string_view value, std::size_t max, std::string_view field) {
    that(value.size() <= max, field,
         [max] { return "longer than " + std::to_string(max) + " bytes"; });
    that(is_text(value), field, "not UTF-8, or holds a NUL");
  }
  void required(std::string_view value, std::size_t max, std::string_view field) {
    that(!value.empty(), field, "missing");
    text(value, max, field);
  }
  void id(std::string_view value, std::string_view field) {
    required(value, bounds::kIdBytes, field);
  }
  void ids(const std::vector<std::string>& values, std::size_t max, std::string_view field) {
    that(values.size() <= max, field, [max] { return "more than " + std::to_string(max); });
    for (const auto& value : values) id(value, field);
    that(!has_twice(values), field, "the same id twice");
  }
  void token(std::string_view value) { text(value, bounds::kTokenBytes, "idempotency_token"); }
  void holder(std::string_view value) { text(value, bounds::kHolderBytes, "holder"); }
  void number(std::int64_t value, std::int64_t min, std::int64_t max, std::string_view field) {
    that(min <= value && value <= max, field, [min, max] {
      return "not within " + std::to_string(min) + " and " + std::to_string(max);
    });
  }
  void quantity(std::int64_t value, std::string_view field = "quantity") {
    number(value, bounds::kQuantityMin, bounds::kQuantityMax, field);
  }
  void date(Date value, std::string_view field) {
    that(bounds::kDateMin <= value && value <= bounds::kDateMax, field,
         "not within 1900-01-01 and 9999-12-31");
  }
  void dates(const std::vector<Date>& values, std::string_view field = "dates") {
    that(!values.empty(), field, "missing");
    that(values.size() <= bounds::kDatesPerItem, field,
         [] { return "more than " + std::to_string(bounds::kDatesPerItem) + " days"; });
    for (const Date value : values) date(value, field);
    that(!has_twice(values), field, "the same day twice");
  }
  void range(Date start, Date end, std::int64_t max_days) {
    date(start, "start_date");
    date(end, "end_date");
    that(start <= end, "end_date", "before start_date");
    that(DateRange{start, end}.size() <= max_days, "end_date", [max_days] {
      return "more than " + std::to_string(max_days) + " days after start_date, both included";
    });
  }
  void ttl(const std::optional<std::chrono::milliseconds>& value, std::chrono::milliseconds max) {
    if (value) number(value->count(), bounds::kTtlMin.count(), max.count(), "ttl");
  }
  void page(std::int32_t limit, std::string_view after) {
    number(limit, 1, bounds::kPageMax, "limit");
    that(after.empty() || parse_cursor(after).has_value(), "after", "not a page's `next`");
  }
  template <class E>
  void one_of(E value, std::int32_t max, std::string_view field) {
    number(static_cast<std::int32_t>(value), 0, max, field);
  }

  // A copy is sorted only when a plain look at neighbours cannot tell.
  template <class T>
  static bool has_twice(const std::vector<T>& values) {
    const auto ascending = std::adjacent_find(values.begin(), values.end(),
                                              [](const T& a, const T& b) { return !(a < b); });
    if (ascending == values.end()) return false;
    std::vector<T> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  }

 private:
  const Policy& policy_;
  std::optional<Rejection> rejection_;
};

bool is_type(std::string_view text) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return !text.empty() && upper(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return upper(c) || (c >= '0' && c <= '9') || c == '_';
  });
}

void check_type(Check& c, std::string_view type) {
  c.required(type, bounds::kTypeBytes, "type");
  c.that(is_type(type), "type", "not upper-case letters, digits and _, a letter first");
}

void check_metadata(Check& c, std::string_view metadata) {
  c.text(metadata, bounds::kMetadataBytes, "metadata");
  c.that(metadata.empty() || is_json(metadata), "metadata", "not a JSON value");
}

void check(Check& c, const CreateResource& r) {
  check_type(c, r.type);
  c.required(r.name, bounds::kNameBytes, "name");
  c.text(r.description, bounds::kDescriptionBytes, "description");
  check_metadata(c, r.metadata);
  c.text(r.timezone, bounds::kTimezoneBytes, "timezone");
  c.token(r.idempotency_token);
}

void check(Check& c, const UpdateResource& r) {
  c.id(r.resource_id, "resource_id");
  if (r.type) check_type(c, *r.type);
  if (r.name) c.required(*r.name, bounds::kNameBytes, "name");
  if (r.description) c.text(*r.description, bounds::kDescriptionBytes, "description");
  if (r.metadata) check_metadata(c, *r.metadata);
  if (r.timezone) c.required(*r.timezone, bounds::kTimezoneBytes, "timezone");
  c.token(r.idempotency_token);
}

void check(Check& c, const RetrieveResource& r) { c.id(r.resource_id, "resource_id"); }

void check(Check& c, const ListResources& r) {
  c.text(r.type, bounds::kTypeBytes, "type");
  c.text(r.text, bounds::kSearchTextBytes, "text");
  c.page(r.limit, r.after);
}

template <class R>
void check_resource_state(Check& c, const R& r) {
  c.id(r.resource_id, "resource_id");
  c.token(r.idempotency_token);
}
void check(Check& c, const DeleteResource& r) { check_resource_state(c, r); }
void check(Check& c, const RestoreResource& r) { check_resource_state(c, r); }

void check(Check& c, const InitializeCapacity& r) {
  c.id(r.resource_id, "resource_id");
  c.range(r.start_date, r.end_date, bounds::kInitializeDays);
  c.number(r.daily_capacity, 0, bounds::kCapacityMax, "daily_capacity");
  c.number(r.weekdays, 1, kEveryDay, "weekdays");
  c.one_of(r.on_existing, 1, "on_existing");
  c.token(r.idempotency_token);
}

void check(Check& c, const AdjustCapacity& r) {
  c.id(r.resource_id, "resource_id");
  c.dates(r.dates);
  c.number(r.delta, -bounds::kCapacityMax, bounds::kCapacityMax, "delta");
  c.that(r.delta != 0, "delta", "zero");
  c.token(r.idempotency_token);
}

void check(Check& c, const CheckAvailability& r) {
  c.id(r.resource_id, "resource_id");
  c.range(r.start_date, r.end_date, bounds::kRangeDays);
  c.quantity(r.quantity);
}

void check(Check& c, const SearchAvailability& r) {
  c.text(r.type, bounds::kTypeBytes, "type");
  c.that(r.type.empty() != r.resource_ids.empty(), "resource_ids",
         "give either type or resource_ids");
  c.ids(r.resource_ids, bounds::kResourcesPerSearch, "resource_ids");
  c.range(r.start_date, r.end_date, bounds::kRangeDays);
  c.quantity(r.quantity);
  c.number(r.consecutive_days, 0, bounds::kRangeDays, "consecutive_days");
}

void check(Check& c, const GetCapacityReport& r) {
  c.id(r.resource_id, "resource_id");
  c.range(r.start_date, r.end_date, bounds::kRangeDays);
}

template <class R>
void check_new_hold(Check& c, const R& r) {
  c.text(r.customer_email, bounds::kEmailBytes, "customer_email");
  c.token(r.idempotency_token);
  c.holder(r.holder);
  c.ttl(r.ttl, std::min(bounds::kTtlMax, c.policy().max_hold_lifetime));
}

void check(Check& c, const CreateHold& r) {
  c.id(r.resource_id, "resource_id");
  c.dates(r.dates);
  c.quantity(r.quantity);
  check_new_hold(c, r);
}

void check(Check& c, const CreateHolds& r) {
  c.that(!r.items.empty(), "items", "missing");
  c.that(r.items.size() <= bounds::kItemsPerRequest, "items",
         [] { return "more than " + std::to_string(bounds::kItemsPerRequest); });
  for (std::size_t i = 0; i < std::min(r.items.size(), bounds::kItemsPerRequest); ++i) {
    const std::string at = "items[" + std::to_string(i) + "].";
    c.id(r.items[i].resource_id, at + "resource_id");
    c.dates(r.items[i].dates, at + "dates");
    c.quantity(r.items[i].quantity, at + "quantity");
  }
  check_new_hold(c, r);
}

void check_hold_ids(Check& c, const std::vector<std::string>& ids) {
  c.that(!ids.empty(), "hold_ids", "missing");
  c.ids(ids, bounds::kIdsPerRequest, "hold_ids");
}

template <class R>
void check_touch(Check& c, const R& r) {
  c.holder(r.holder);
  c.token(r.idempotency_token);
}

void check(Check& c, const ExtendHold& r) {
  c.id(r.hold_id, "hold_id");
  c.ttl(r.ttl, bounds::kTtlMax);
  check_touch(c, r);
}
void check(Check& c, const ExtendHolds& r) {
  check_hold_ids(c, r.hold_ids);
  c.ttl(r.ttl, bounds::kTtlMax);
  check_touch(c, r);
}

template <class R>
void check_confirm(Check& c, const R& r) {
  c.required(r.order_id, bounds::kOrderBytes, "order_id");
  c.text(r.line_item_id, bounds::kOrderBytes, "line_item_id");
  c.one_of(r.if_expired, 1, "if_expired");
  check_touch(c, r);
}
void check(Check& c, const ConfirmHold& r) {
  c.id(r.hold_id, "hold_id");
  check_confirm(c, r);
}
void check(Check& c, const ConfirmHolds& r) {
  check_hold_ids(c, r.hold_ids);
  check_confirm(c, r);
}

void check(Check& c, const ReleaseHold& r) {
  c.id(r.hold_id, "hold_id");
  check_touch(c, r);
}
void check(Check& c, const ReleaseHolds& r) {
  check_hold_ids(c, r.hold_ids);
  check_touch(c, r);
}

void check(Check& c, const RetrieveHold& r) {
  c.id(r.hold_id, "hold_id");
  c.holder(r.holder);
}

void check(Check& c, const ListHolds& r) {
  c.text(r.resource_id, bounds::kIdBytes, "resource_id");
  if (r.status) c.one_of(*r.status, 3, "status");
  c.text(r.customer_email, bounds::kEmailBytes, "customer_email");
  c.text(r.group_id, bounds::kIdBytes, "group_id");
  c.page(r.limit, r.after);
}

void check(Check& c, const CleanupExpiredHolds& r) {
  c.number(r.limit, 1, bounds::kCleanupMax, "limit");
}

void check(Check& c, const CancelAllocation& r) {
  c.that(r.allocation_id.empty() != r.order_id.empty(), "allocation_id",
         "give either allocation_id or order_id");
  c.text(r.allocation_id, bounds::kIdBytes, "allocation_id");
  c.text(r.order_id, bounds::kOrderBytes, "order_id");
  c.text(r.line_item_id, bounds::kOrderBytes, "line_item_id");
  c.that(r.line_item_id.empty() || !r.order_id.empty(), "line_item_id", "goes with order_id only");
  c.token(r.idempotency_token);
}

void check(Check& c, const MoveHold& r) {
  c.id(r.hold_id, "hold_id");
  c.dates(r.dates);
  if (r.quantity) c.quantity(*r.quantity);
  check_touch(c, r);
}

void check(Check& c, const MoveAllocation& r) {
  c.id(r.allocation_id, "allocation_id");
  c.dates(r.dates);
  if (r.quantity) c.quantity(*r.quantity);
  c.token(r.idempotency_token);
}

void check_range_filter(Check& c, const std::optional<Date>& start,
                        const std::optional<Date>& end) {
  c.that(start.has_value() == end.has_value(), "end_date", "start_date and end_date go together");
  if (!start || !end) return;
  c.date(*start, "start_date");
  c.date(*end, "end_date");
  c.that(*start <= *end, "end_date", "before start_date");
}

void check(Check& c, const ListAllocations& r) {
  c.text(r.resource_id, bounds::kIdBytes, "resource_id");
  c.text(r.order_id, bounds::kOrderBytes, "order_id");
  c.text(r.line_item_id, bounds::kOrderBytes, "line_item_id");
  if (r.status) c.one_of(*r.status, 1, "status");
  check_range_filter(c, r.start_date, r.end_date);
  c.page(r.limit, r.after);
}

void check(Check& c, const CreateBlackout& r) {
  c.id(r.resource_id, "resource_id");
  c.range(r.start_date, r.end_date, bounds::kBlackoutDays);
  c.text(r.reason, bounds::kReasonBytes, "reason");
  c.one_of(r.on_conflict, 1, "on_conflict");
  c.token(r.idempotency_token);
}

void check(Check& c, const ListBlackouts& r) {
  c.text(r.resource_id, bounds::kIdBytes, "resource_id");
  check_range_filter(c, r.start_date, r.end_date);
  c.page(r.limit, r.after);
}

void check(Check& c, const DeleteBlackout& r) {
  c.id(r.blackout_id, "blackout_id");
  c.token(r.idempotency_token);
}

void check(Check&, const Migrate&) {}
void check(Check&, const Verify&) {}

void check(Check& c, const GetMetrics& r) {
  c.ids(r.resource_ids, bounds::kResourcesPerSearch, "resource_ids");
}

void check(Check& c, const Prune& r) {
  c.number(r.older_than.count(), bounds::kPruneAgeMin.count(), bounds::kPruneAgeMax.count(),
           "older_than");
  c.text(r.erase_customer_email, bounds::kEmailBytes, "erase_customer_email");
}

}  // namespace

Rejection invalid(std::string field, std::string message) {
  Rejection rejection;
  rejection.outcome = Outcome::kInvalidArgument;
  rejection.field = std::move(field);
  rejection.message = std::move(message);
  return rejection;
}

std::optional<Rejection> validate(const Request& request, const Policy& policy) {
  Check c(policy);
  std::visit([&c](const auto& r) { check(c, r); }, request);
  return c.result();
}

}  // namespace holdfast::core
