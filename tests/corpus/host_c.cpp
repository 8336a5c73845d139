// Asks through the C ABI: of the library, this file knows holdfast.h alone.
#include <deque>
#include <stdexcept>
#include <thread>
#include <utility>

#include "corpus/fields.hpp"
#include "corpus/host.hpp"
#include "holdfast.h"

namespace holdfast::test {
namespace {

template <class Struct>
Struct sized() {
  Struct out{};
  out.struct_size = sizeof(Struct);
  return out;
}

struct FreeResult {
  void operator()(holdfast_result* result) const { holdfast_result_free(result); }
};
using ResultPtr = std::unique_ptr<holdfast_result, FreeResult>;

// ---- requests -----------------------------------------------------------------------------------

// What a request's pointers point to lives as long as its Reader.
class Reader {
 public:
  explicit Reader(const Json& with) : fields_(with) {}
  void finish() const { fields_.finish(); }

  Reader& operator()(const char* name, holdfast_str& out) {
    if (const auto* text = fields_.get<std::string>(name)) out = {text->data(), text->size()};
    return *this;
  }
  template <std::integral T>
  Reader& operator()(const char* name, T& out) {
    if (const auto* number = fields_.get<std::int64_t>(name)) {
      if (!std::in_range<T>(*number)) throw Misuse{name};
      out = static_cast<T>(*number);
    }
    return *this;
  }
  Reader& flag(const char* name, holdfast_bool& out) {
    if (const auto* flag = fields_.get<bool>(name)) out = *flag ? 1 : 0;
    return *this;
  }
  Reader& choice(const char* name, holdfast_choice& out) {
    if (const auto* flag = fields_.get<bool>(name)) out = *flag ? HOLDFAST_YES : HOLDFAST_NO;
    return *this;
  }
  Reader& one_of(const char* name, std::int32_t& out,
                 std::initializer_list<std::string_view> names) {
    if (const int value = fields_.one_of(name, names); value >= 0) out = value;
    return *this;
  }
  Reader& one_of(const char* name, holdfast_bool& given, std::int32_t& out,
                 std::initializer_list<std::string_view> names) {
    given = fields_.is_given(name) ? 1 : 0;
    return one_of(name, out, names);
  }
  Reader& day(const char* name, holdfast_date& out) {
    if (const auto* text = fields_.get<std::string>(name)) out = parsed(name, *text);
    return *this;
  }
  Reader& day(const char* name, holdfast_bool& given, holdfast_date& out) {
    given = fields_.is_given(name) ? 1 : 0;
    return day(name, out);
  }
  Reader& operator()(const char* name, const holdfast_date*& out, std::size_t& count) {
    const auto& days = days_.emplace_back(
        fields_.each(name, [name](const std::string& text) { return parsed(name, text); }));
    out = days.data();
    count = days.size();
    return *this;
  }
  Reader& operator()(const char* name, const holdfast_str*& out, std::size_t& count) {
    const auto& texts = texts_.emplace_back(fields_.each(name, [](const std::string& text) {
      return holdfast_str{text.data(), text.size()};
    }));
    out = texts.data();
    count = texts.size();
    return *this;
  }
  Reader& metadata(holdfast_str& out) {
    if (!fields_.is_given("metadata")) return *this;
    const std::string& text = json_.emplace_back(fields_.json("metadata"));
    out = {text.data(), text.size()};
    return *this;
  }
  Reader& weekdays(std::uint32_t& out) {
    out = fields_.weekdays("weekdays");
    return *this;
  }
  Reader& items(const holdfast_hold_item*& out, std::size_t& count);

 private:
  static holdfast_date parsed(const char* name, const std::string& text) {
    holdfast_date out = 0;
    if (holdfast_parse_date({text.data(), text.size()}, &out, nullptr) != HOLDFAST_STATUS_OK) {
      throw Misuse{name};
    }
    return out;
  }
  Fields fields_;
  std::deque<std::vector<holdfast_date>> days_{};
  std::deque<std::vector<holdfast_str>> texts_{};
  std::deque<std::string> json_{};
  std::deque<Reader> item_readers_{};
  std::vector<holdfast_hold_item> items_{};
};

void read(Reader& f, holdfast_create_resource_request& r) {
  f("type", r.type)("name", r.name)("description", r.description)("timezone", r.timezone);
  f("idempotency_token", r.idempotency_token).choice("is_active", r.is_active);
  f.metadata(r.metadata);
}
void read(Reader& f, holdfast_update_resource_request& r) {
  f("resource_id", r.resource_id)("type", r.type)("name", r.name)("description", r.description);
  f("timezone", r.timezone)("idempotency_token", r.idempotency_token);
  f.choice("is_active", r.is_active).metadata(r.metadata);
}
void read(Reader& f, holdfast_retrieve_resource_request& r) { f("resource_id", r.resource_id); }
void read(Reader& f, holdfast_list_resources_request& r) {
  f("type", r.type)("text", r.text)("limit", r.limit)("after", r.after);
  f.choice("is_active", r.is_active).flag("include_deleted", r.include_deleted);
}
void read(Reader& f, holdfast_delete_resource_request& r) {
  f("resource_id", r.resource_id)("idempotency_token", r.idempotency_token);
}
void read(Reader& f, holdfast_restore_resource_request& r) {
  f("resource_id", r.resource_id)("idempotency_token", r.idempotency_token);
}
void read(Reader& f, holdfast_initialize_capacity_request& r) {
  f("resource_id", r.resource_id)("daily_capacity", r.daily_capacity).weekdays(r.weekdays);
  f("idempotency_token", r.idempotency_token).day("start_date", r.start_date);
  f.day("end_date", r.end_date).one_of("on_existing", r.on_existing, {"keep", "replace"});
}
void read(Reader& f, holdfast_adjust_capacity_request& r) {
  f("resource_id", r.resource_id)("dates", r.dates, r.dates_count)("delta", r.delta);
  f("idempotency_token", r.idempotency_token);
}
template <class R>
void read_range(Reader& f, R& r) {
  f.day("start_date", r.start_date).day("end_date", r.end_date);
}
void read(Reader& f, holdfast_check_availability_request& r) {
  read_range(f("resource_id", r.resource_id)("quantity", r.quantity), r);
}
void read(Reader& f, holdfast_search_availability_request& r) {
  f("type", r.type)("resource_ids", r.resource_ids, r.resource_ids_count);
  read_range(f("quantity", r.quantity)("consecutive_days", r.consecutive_days), r);
}
void read(Reader& f, holdfast_get_capacity_report_request& r) {
  read_range(f("resource_id", r.resource_id), r);
}
void read(Reader& f, holdfast_create_hold_request& r) {
  f("resource_id", r.resource_id)("dates", r.dates, r.dates_count)("quantity", r.quantity);
  f("customer_email", r.customer_email)("idempotency_token", r.idempotency_token);
  f("holder", r.holder)("ttl_ms", r.ttl_ms);
}
void read(Reader& f, holdfast_hold_item& r) {
  f("resource_id", r.resource_id)("dates", r.dates, r.dates_count)("quantity", r.quantity);
}
void read(Reader& f, holdfast_create_holds_request& r) {
  f("customer_email", r.customer_email)("idempotency_token", r.idempotency_token);
  f("holder", r.holder)("ttl_ms", r.ttl_ms).items(r.items, r.items_count);
}
template <class R>
void read_touch(Reader& f, R& r) {
  f("holder", r.holder)("idempotency_token", r.idempotency_token).flag("as_host", r.as_host);
}
void read(Reader& f, holdfast_extend_hold_request& r) {
  read_touch(f("hold_id", r.hold_id)("ttl_ms", r.ttl_ms), r);
}
void read(Reader& f, holdfast_extend_holds_request& r) {
  read_touch(f("hold_ids", r.hold_ids, r.hold_ids_count)("ttl_ms", r.ttl_ms), r);
}
template <class R>
void read_confirm(Reader& f, R& r) {
  f("order_id", r.order_id)("line_item_id", r.line_item_id);
  read_touch(f.one_of("if_expired", r.if_expired, {"reject", "reclaim"}), r);
}
void read(Reader& f, holdfast_confirm_hold_request& r) { read_confirm(f("hold_id", r.hold_id), r); }
void read(Reader& f, holdfast_confirm_holds_request& r) {
  read_confirm(f("hold_ids", r.hold_ids, r.hold_ids_count), r);
}
void read(Reader& f, holdfast_release_hold_request& r) { read_touch(f("hold_id", r.hold_id), r); }
void read(Reader& f, holdfast_release_holds_request& r) {
  read_touch(f("hold_ids", r.hold_ids, r.hold_ids_count), r);
}
void read(Reader& f, holdfast_retrieve_hold_request& r) {
  f("hold_id", r.hold_id)("holder", r.holder).flag("as_host", r.as_host);
}
void read(Reader& f, holdfast_list_holds_request& r) {
  f("resource_id", r.resource_id)("customer_email", r.customer_email)("group_id", r.group_id);
  f.one_of("status", r.has_status, r.status, {"ACTIVE", "CONFIRMED", "RELEASED", "EXPIRED"});
  f("limit", r.limit)("after", r.after);
}
void read(Reader& f, holdfast_cleanup_expired_holds_request& r) { f("limit", r.limit); }
void read(Reader& f, holdfast_cancel_allocation_request& r) {
  f("allocation_id", r.allocation_id)("order_id", r.order_id)("line_item_id", r.line_item_id);
  f("idempotency_token", r.idempotency_token);
}
void read(Reader& f, holdfast_move_hold_request& r) {
  f("hold_id", r.hold_id)("dates", r.dates, r.dates_count)("quantity", r.quantity);
  read_touch(f, r);
}
void read(Reader& f, holdfast_move_allocation_request& r) {
  f("allocation_id", r.allocation_id)("dates", r.dates, r.dates_count)("quantity", r.quantity);
  f("idempotency_token", r.idempotency_token);
}
template <class R>
void read_page(Reader& f, R& r) {
  f("resource_id", r.resource_id)("limit", r.limit)("after", r.after);
  f.day("start_date", r.has_start_date, r.start_date);
  f.day("end_date", r.has_end_date, r.end_date);
}
void read(Reader& f, holdfast_list_allocations_request& r) {
  f("order_id", r.order_id)("line_item_id", r.line_item_id);
  read_page(f.one_of("status", r.has_status, r.status, {"CONFIRMED", "CANCELLED"}), r);
}
void read(Reader& f, holdfast_create_blackout_request& r) {
  f("resource_id", r.resource_id)("reason", r.reason)("idempotency_token", r.idempotency_token);
  read_range(f.one_of("on_conflict", r.on_conflict, {"refuse", "keep"}), r);
}
void read(Reader& f, holdfast_list_blackouts_request& r) { read_page(f, r); }
void read(Reader& f, holdfast_delete_blackout_request& r) {
  f("blackout_id", r.blackout_id)("idempotency_token", r.idempotency_token);
}
void read(Reader&, holdfast_migrate_request&) {}
void read(Reader&, holdfast_verify_request&) {}
void read(Reader& f, holdfast_metrics_request& r) {
  f("resource_ids", r.resource_ids, r.resource_ids_count);
}
void read(Reader& f, holdfast_prune_request& r) {
  f("older_than_hours", r.older_than_hours)("erase_customer_email", r.erase_customer_email);
}

Reader& Reader::items(const holdfast_hold_item*& out, std::size_t& count) {
  if (const auto* array = fields_.get<Json::Array>("items")) {
    for (const Json& item : *array) {
      items_.push_back(sized<holdfast_hold_item>());
      read(item_readers_.emplace_back(item), items_.back());
      item_readers_.back().finish();
    }
  }
  out = items_.data();
  count = items_.size();
  return *this;
}

// ---- answers ------------------------------------------------------------------------------------

Json word(holdfast_str text) { return std::string(text.data, text.size); }
Json word_or_null(holdfast_str text) { return text_or_null({text.data, text.size}); }
Json yes(holdfast_bool flag) { return flag != 0; }
Json when(holdfast_instant at) { return instant_text(at); }
Json when(holdfast_bool given, holdfast_instant at) { return given != 0 ? when(at) : Json(); }

Json lay(holdfast_date day) {
  char text[11];
  if (holdfast_format_date(day, text, sizeof text, nullptr) != HOLDFAST_STATUS_OK) {
    throw std::runtime_error("a day that cannot be written");
  }
  return text;
}
Json lay(const holdfast_availability_day&);
Json lay(const holdfast_report_day&);
Json lay(const holdfast_resource&);
Json lay(const holdfast_capacity&);
Json lay(const holdfast_hold&);
Json lay(const holdfast_allocation&);
Json lay(const holdfast_blackout&);
Json lay(const holdfast_availability&);
Json lay(const holdfast_report&);
Json lay(const holdfast_day_conflict&);
Json lay(const holdfast_violation&);

template <class C>
Json rows(const C* first, std::size_t count) {
  Json::Array out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(lay(first[i]));
  return out;
}

Json lay(const holdfast_resource& v) {
  return Json::Object{{"id", word(v.id)},
                      {"type", word(v.type)},
                      {"name", word(v.name)},
                      {"description", word_or_null(v.description)},
                      {"metadata", Json::parse({v.metadata.data, v.metadata.size})},
                      {"timezone", word(v.timezone)},
                      {"is_active", yes(v.is_active)},
                      {"created_at", when(v.created_at)},
                      {"updated_at", when(v.updated_at)},
                      {"deleted_at", when(v.has_deleted_at, v.deleted_at)}};
}
Json lay(const holdfast_capacity& v) {
  return Json::Object{{"id", word(v.id)},
                      {"resource_id", word(v.resource_id)},
                      {"date", lay(v.date)},
                      {"max_capacity", v.max_capacity},
                      {"available_capacity", v.available_capacity}};
}
Json lay(const holdfast_hold& v) {
  return Json::Object{{"id", word(v.id)},
                      {"resource_id", word(v.resource_id)},
                      {"dates", rows(v.dates, v.dates_count)},
                      {"quantity", v.quantity},
                      {"customer_email", word_or_null(v.customer_email)},
                      {"holder", word_or_null(v.holder)},
                      {"idempotency_token", word_or_null(v.idempotency_token)},
                      {"status", holdfast_hold_status_name(v.status)},
                      {"expires_at", when(v.expires_at)},
                      {"group_id", word_or_null(v.group_id)},
                      {"created_at", when(v.created_at)},
                      {"updated_at", when(v.updated_at)}};
}
Json lay(const holdfast_allocation& v) {
  return Json::Object{{"id", word(v.id)},
                      {"resource_id", word(v.resource_id)},
                      {"hold_id", word(v.hold_id)},
                      {"order_id", word(v.order_id)},
                      {"line_item_id", word_or_null(v.line_item_id)},
                      {"dates", rows(v.dates, v.dates_count)},
                      {"quantity", v.quantity},
                      {"status", holdfast_allocation_status_name(v.status)},
                      {"created_at", when(v.created_at)},
                      {"cancelled_at", when(v.has_cancelled_at, v.cancelled_at)}};
}
Json lay(const holdfast_blackout& v) {
  return Json::Object{{"id", word(v.id)},
                      {"resource_id", word(v.resource_id)},
                      {"start_date", lay(v.start_date)},
                      {"end_date", lay(v.end_date)},
                      {"reason", word_or_null(v.reason)},
                      {"created_at", when(v.created_at)},
                      {"deleted_at", when(v.has_deleted_at, v.deleted_at)}};
}
Json lay(const holdfast_availability_day& v) {
  return Json::Object{{"date", lay(v.date)},
                      {"max_capacity", v.max_capacity},
                      {"available_capacity", v.available_capacity},
                      {"is_available", yes(v.is_available)},
                      {"reason", text_or_null(holdfast_unavailable_name(v.reason))}};
}
Json lay(const holdfast_availability& v) {
  return Json::Object{{"resource_id", word(v.resource_id)},
                      {"days", rows(v.days, v.days_count)},
                      {"start_dates", rows(v.start_dates, v.start_dates_count)}};
}
Json lay(const holdfast_report_day& v) {
  return Json::Object{{"date", lay(v.date)},
                      {"max_capacity", v.max_capacity},
                      {"available_capacity", v.available_capacity},
                      {"held", v.held},
                      {"booked", v.booked},
                      {"blackout", yes(v.blackout)},
                      {"utilisation", v.utilisation}};
}
Json lay(const holdfast_report& v) {
  return Json::Object{{"resource_id", word(v.resource_id)},
                      {"days", rows(v.days, v.days_count)},
                      {"max_capacity", v.max_capacity},
                      {"available_capacity", v.available_capacity},
                      {"held", v.held},
                      {"booked", v.booked},
                      {"utilisation", v.utilisation}};
}
Json lay(const holdfast_day_conflict& v) {
  return Json::Object{{"resource_id", word(v.resource_id)},
                      {"date", lay(v.date)},
                      {"requested", v.requested},
                      {"available_capacity", v.available_capacity}};
}
Json lay(const holdfast_violation& v) {
  return Json::Object{
      {"resource_id", word(v.resource_id)}, {"rule", word(v.rule)}, {"detail", word(v.detail)}};
}

// All of an accessor's elements, or its only one.
template <class C>
Json all(const holdfast_result* result, const C* (*accessor)(const holdfast_result*, size_t*)) {
  std::size_t count = 0;
  const C* first = accessor(result, &count);
  return rows(first, count);
}
template <class C>
Json only(const holdfast_result* result, const C* (*accessor)(const holdfast_result*, size_t*)) {
  std::size_t count = 0;
  const C* first = accessor(result, &count);
  if (count != 1) throw std::runtime_error(std::to_string(count) + " elements, not one");
  return lay(*first);
}
Json replayed(const holdfast_result* r) { return yes(holdfast_result_replayed(r)); }

Json resource(const holdfast_result* r) {
  return Json::Object{{"resource", only(r, holdfast_result_resources)}, {"replayed", replayed(r)}};
}
Json found_resource(const holdfast_result* r) {
  return Json::Object{{"resource", only(r, holdfast_result_resources)}};
}
template <auto Accessor>
Json page(const holdfast_result* r) {
  return Json::Object{{"items", all(r, Accessor)}, {"next", word_or_null(holdfast_result_next(r))}};
}
Json initialized(const holdfast_result* r) {
  const holdfast_counts& counts = *holdfast_result_counts(r);
  return Json::Object{{"days_created", counts.days_created},
                      {"days_changed", counts.days_changed},
                      {"replayed", replayed(r)}};
}
Json adjusted(const holdfast_result* r) {
  return Json::Object{{"days", all(r, holdfast_result_capacities)}, {"replayed", replayed(r)}};
}
Json availability(const holdfast_result* r) { return only(r, holdfast_result_availabilities); }
Json searched(const holdfast_result* r) {
  return Json::Object{{"resources", all(r, holdfast_result_availabilities)}};
}
Json report(const holdfast_result* r) { return only(r, holdfast_result_reports); }
Json hold(const holdfast_result* r) {
  return Json::Object{{"hold", only(r, holdfast_result_holds)}, {"replayed", replayed(r)}};
}
Json found_hold(const holdfast_result* r) {
  return Json::Object{{"hold", only(r, holdfast_result_holds)}};
}
Json holds(const holdfast_result* r) {
  return Json::Object{{"holds", all(r, holdfast_result_holds)}, {"replayed", replayed(r)}};
}
Json group(const holdfast_result* r) {
  return Json::Object{{"holds", all(r, holdfast_result_holds)},
                      {"group_id", word_or_null(holdfast_result_group_id(r))},
                      {"replayed", replayed(r)}};
}
Json allocation(const holdfast_result* r) {
  return Json::Object{{"allocation", only(r, holdfast_result_allocations)},
                      {"replayed", replayed(r)}};
}
Json allocations(const holdfast_result* r) {
  return Json::Object{{"allocations", all(r, holdfast_result_allocations)},
                      {"replayed", replayed(r)}};
}
Json cleaned(const holdfast_result* r) {
  return Json::Object{{"holds_expired", holdfast_result_counts(r)->holds_expired}};
}
Json blackout(const holdfast_result* r) {
  return Json::Object{{"blackout", only(r, holdfast_result_blackouts)},
                      {"holds", all(r, holdfast_result_holds)},
                      {"allocations", all(r, holdfast_result_allocations)},
                      {"replayed", replayed(r)}};
}
Json deleted_blackout(const holdfast_result* r) {
  return Json::Object{{"blackout", only(r, holdfast_result_blackouts)}, {"replayed", replayed(r)}};
}
Json migrated(const holdfast_result* r) {
  return Json::Object{{"schema_version", holdfast_result_counts(r)->schema_version}};
}
Json verified(const holdfast_result* r) {
  const holdfast_counts& counts = *holdfast_result_counts(r);
  return Json::Object{{"resources", counts.resources},
                      {"days", counts.days},
                      {"holds", counts.holds},
                      {"allocations", counts.allocations},
                      {"violations", all(r, holdfast_result_violations)}};
}
Json counters(const std::int64_t* first, std::size_t count, const char* (*name)(std::int32_t)) {
  Json::Object out;
  for (std::size_t i = 0; i < count; ++i) {
    if (first[i] > 0) out[name(static_cast<std::int32_t>(i))] = first[i];
  }
  return out;
}
Json metrics(const holdfast_result* r) {
  const holdfast_metrics_values& v = *holdfast_result_metrics(r);
  return Json::Object{
      {"holds_requested", v.holds_requested},
      {"holds_created", v.holds_created},
      {"holds_replayed", v.holds_replayed},
      {"holds_confirmed", v.holds_confirmed},
      {"holds_released", v.holds_released},
      {"holds_expired", v.holds_expired},
      {"allocations_cancelled", v.allocations_cancelled},
      {"rejections", counters(v.rejections, v.rejections_count, holdfast_outcome_name)},
      {"failures", counters(v.failures, v.failures_count, holdfast_status_name)},
      {"hold_to_confirm_mean_s", v.hold_to_confirm_mean_s},
      {"hold_to_confirm_p95_s", v.hold_to_confirm_p95_s},
      {"use", all(r, holdfast_result_reports)}};
}
Json pruned(const holdfast_result* r) {
  const holdfast_counts& counts = *holdfast_result_counts(r);
  return Json::Object{{"holds_removed", counts.holds_removed},
                      {"tokens_removed", counts.tokens_removed},
                      {"blackouts_removed", counts.blackouts_removed},
                      {"emails_erased", counts.emails_erased}};
}

Json refused(const holdfast_result* r) {
  const holdfast_rejection& why = *holdfast_result_rejection(r);
  const bool has_reason = why.reason != HOLDFAST_OUTCOME_ACCEPTED;
  return Json::Object{
      {"rejected",
       Json::Object{{"code", holdfast_outcome_name(why.outcome)},
                    {"reason", has_reason ? Json(holdfast_outcome_name(why.reason)) : Json()},
                    {"field", word_or_null(why.field)},
                    {"id", word_or_null(why.id)},
                    {"days", all(r, holdfast_result_conflicts)},
                    {"holds", all(r, holdfast_result_holds)},
                    {"allocations", all(r, holdfast_result_allocations)}}}};
}

Json failed(const holdfast_error& error) {
  if (error.status == HOLDFAST_STATUS_MISUSE) {
    const std::string message = error.message;
    return Json::Object{{"misuse", message.substr(0, message.find(':'))}};
  }
  return Json::Object{{"failed", Json::Object{{"code", holdfast_status_name(error.status)},
                                              {"retry", holdfast_retry_name(error.retry)}}}};
}

// ---- asking -------------------------------------------------------------------------------------

struct Asked {
  ResultPtr result{};
  holdfast_error error = sized<holdfast_error>();
};

template <class Request>
using Call = holdfast_status (*)(holdfast_engine, const Request*, holdfast_result**,
                                 holdfast_error*);
template <class Request>
using Submit = holdfast_status (*)(holdfast_engine, const Request*, std::uint64_t, holdfast_error*);

template <class Request>
Asked blocking(holdfast_engine engine, Call<Request> call, const Request& request) {
  Asked out;
  holdfast_result* result = nullptr;
  if (call(engine, &request, &result, &out.error) == HOLDFAST_STATUS_OK) out.result.reset(result);
  return out;
}

template <class Request>
Asked submitted(holdfast_engine engine, Submit<Request> submit, const Request& request) {
  constexpr std::uint64_t kTag = 7;
  Asked out;
  if (submit(engine, &request, kTag, &out.error) != HOLDFAST_STATUS_OK) return out;
  holdfast_completion done{};
  for (std::size_t count = 0; count == 0; std::this_thread::yield()) {
    if (holdfast_drain(engine, &done, 1, &count, &out.error) != HOLDFAST_STATUS_OK) return out;
  }
  if (done.tag != kTag) throw std::runtime_error("another's tag");
  out.error = done.error;
  out.result.reset(done.result);
  return out;
}

struct Operation {
  Asked (*ask)(holdfast_engine, bool by_submit, const Json& with);
  Json (*lay)(const holdfast_result*);
};

template <class Request, Call<Request> call, Submit<Request> submit>
Asked asked(holdfast_engine engine, bool by_submit, const Json& with) {
  Request request = sized<Request>();
  Reader reader(with);
  read(reader, request);
  reader.finish();
  return by_submit ? submitted(engine, submit, request) : blocking(engine, call, request);
}

#define OPERATION(name, lay)                                                                    \
  {                                                                                             \
#name, { asked<holdfast_##name##_request, holdfast_##name, holdfast_##name##_submit>, lay } \
  }

const std::map<std::string, Operation> kOperations = {
    OPERATION(create_resource, resource),
    OPERATION(update_resource, resource),
    OPERATION(retrieve_resource, found_resource),
    OPERATION(list_resources, page<holdfast_result_resources>),
    OPERATION(delete_resource, resource),
    OPERATION(restore_resource, resource),
    OPERATION(initialize_capacity, initialized),
    OPERATION(adjust_capacity, adjusted),
    OPERATION(check_availability, availability),
    OPERATION(search_availability, searched),
    OPERATION(get_capacity_report, report),
    OPERATION(create_hold, hold),
    OPERATION(create_holds, group),
    OPERATION(extend_hold, hold),
    OPERATION(extend_holds, holds),
    OPERATION(confirm_hold, allocation),
    OPERATION(confirm_holds, allocations),
    OPERATION(release_hold, hold),
    OPERATION(release_holds, holds),
    OPERATION(retrieve_hold, found_hold),
    OPERATION(list_holds, page<holdfast_result_holds>),
    OPERATION(cleanup_expired_holds, cleaned),
    OPERATION(cancel_allocation, allocations),
    OPERATION(move_hold, hold),
    OPERATION(move_allocation, allocation),
    OPERATION(list_allocations, page<holdfast_result_allocations>),
    OPERATION(create_blackout, blackout),
    OPERATION(list_blackouts, page<holdfast_result_blackouts>),
    OPERATION(delete_blackout, deleted_blackout),
    OPERATION(migrate, migrated),
    OPERATION(verify, verified),
    OPERATION(metrics, metrics),
    OPERATION(prune, pruned)};

class CHost final : public Host {
 public:
  CHost(const std::string& uri, bool by_submit, const std::atomic<std::int64_t>& now_us)
      : by_submit_(by_submit) {
    auto options = sized<holdfast_options>();
    options.abi_version = HOLDFAST_ABI_VERSION;
    options.uri = {uri.data(), uri.size()};
    options.clock_user_data = const_cast<std::atomic<std::int64_t>*>(&now_us);
    options.clock = [](void* now) -> holdfast_instant {
      return static_cast<const std::atomic<std::int64_t>*>(now)->load();
    };
    auto error = sized<holdfast_error>();
    holdfast_result* schema = nullptr;
    if (holdfast_open(&options, &engine_, &error) != HOLDFAST_STATUS_OK ||
        holdfast_migrate(engine_, nullptr, &schema, &error) != HOLDFAST_STATUS_OK) {
      holdfast_close(engine_, nullptr);
      throw std::runtime_error(error.message);
    }
    holdfast_result_free(schema);
  }
  ~CHost() override { holdfast_close(engine_, nullptr); }

  Json ask(const std::string& name, const Json& with) override {
    const Operation& operation = kOperations.at(name);
    try {
      const Asked asked = operation.ask(engine_, by_submit_, with);
      const holdfast_result* result = asked.result.get();
      if (result == nullptr) return failed(asked.error);
      const bool accepted = holdfast_result_outcome(result) == HOLDFAST_OUTCOME_ACCEPTED;
      return accepted ? operation.lay(result) : refused(result);
    } catch (const Misuse& misuse) {
      return Json::Object{{"misuse", misuse.field}};
    }
  }

 private:
  const bool by_submit_;
  holdfast_engine engine_ = 0;
};

}  // namespace

std::vector<std::string> ways() { return {"blocking", "submit"}; }

std::unique_ptr<Host> open_host(const std::string& uri, const std::string& way,
                                const std::atomic<std::int64_t>& now_us) {
  return std::make_unique<CHost>(uri, way == "submit", now_us);
}

std::vector<std::string> operations() {
  std::vector<std::string> out;
  for (const auto& [name, operation] : kOperations) out.push_back(name);
  return out;
}

std::vector<std::string> refusals() {
  std::vector<std::string> out;
  for (holdfast_outcome value = 1; value <= HOLDFAST_OUTCOME_BLACKOUT_CONFLICT; ++value) {
    out.push_back(holdfast_outcome_name(value));
  }
  return out;
}

}  // namespace holdfast::test
