// Asks through the C++ interface.
#include <chrono>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "corpus/fields.hpp"
#include "corpus/host.hpp"
#include "holdfast/engine.hpp"

namespace holdfast::test {
namespace {

// ---- requests -----------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(const Json& with) : fields_(with) {}
  void finish() const { fields_.finish(); }

  Reader& operator()(const char* name, std::string& out) {
    if (const auto* text = fields_.get<std::string>(name)) out = *text;
    return *this;
  }
  Reader& operator()(const char* name, bool& out) {
    if (const auto* flag = fields_.get<bool>(name)) out = *flag;
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
  Reader& operator()(const char* name, Date& out) {
    if (const auto* text = fields_.get<std::string>(name)) out = date(name, *text);
    return *this;
  }
  template <class T>
  Reader& operator()(const char* name, std::optional<T>& out) {
    if (!fields_.is_given(name)) return *this;
    return (*this)(name, out.emplace());
  }
  Reader& operator()(const char* name, std::optional<std::chrono::milliseconds>& out) {
    if (const auto* ms = fields_.get<std::int64_t>(name)) out = std::chrono::milliseconds(*ms);
    return *this;
  }
  Reader& operator()(const char* name, std::chrono::hours& out) {
    if (const auto* hours = fields_.get<std::int64_t>(name)) out = std::chrono::hours(*hours);
    return *this;
  }
  Reader& operator()(const char* name, std::vector<std::string>& out) {
    out = fields_.each(name, [](const std::string& text) { return text; });
    return *this;
  }
  Reader& operator()(const char* name, std::vector<Date>& out) {
    out = fields_.each(name, [name](const std::string& text) { return date(name, text); });
    return *this;
  }
  template <class Enum>
  requires std::is_enum_v<Enum> Reader& operator()(const char* name, Enum& out,
                                                   std::initializer_list<std::string_view> names) {
    if (const int value = fields_.one_of(name, names); value >= 0) out = static_cast<Enum>(value);
    return *this;
  }
  template <class Enum>
  Reader& operator()(const char* name, std::optional<Enum>& out,
                     std::initializer_list<std::string_view> names) {
    if (const int value = fields_.one_of(name, names); value >= 0) out = static_cast<Enum>(value);
    return *this;
  }
  Reader& metadata(std::string& out) {
    out = fields_.json("metadata");
    return *this;
  }
  Reader& metadata(std::optional<std::string>& out) {
    if (fields_.is_given("metadata")) out = fields_.json("metadata");
    return *this;
  }
  Reader& weekdays(Weekdays& out) {
    if (const std::uint8_t bits = fields_.weekdays("weekdays"); bits != 0) out = bits;
    return *this;
  }
  Reader& items(std::vector<HoldItem>& out);

 private:
  static Date date(const char* name, const std::string& text) {
    const auto day = parse_date(text);
    if (!day) throw Misuse{name};
    return *day;
  }
  Fields fields_;
};

void read(Reader& f, CreateResource& r) {
  f("type", r.type)("name", r.name)("description", r.description)("timezone", r.timezone);
  f("is_active", r.is_active)("idempotency_token", r.idempotency_token).metadata(r.metadata);
}
void read(Reader& f, UpdateResource& r) {
  f("resource_id", r.resource_id)("type", r.type)("name", r.name)("description", r.description);
  f("timezone", r.timezone)("is_active", r.is_active)("idempotency_token", r.idempotency_token);
  f.metadata(r.metadata);
}
void read(Reader& f, RetrieveResource& r) { f("resource_id", r.resource_id); }
void read(Reader& f, ListResources& r) {
  f("type", r.type)("is_active", r.is_active)("text", r.text);
  f("include_deleted", r.include_deleted)("limit", r.limit)("after", r.after);
}
void read(Reader& f, DeleteResource& r) {
  f("resource_id", r.resource_id)("idempotency_token", r.idempotency_token);
}
void read(Reader& f, RestoreResource& r) {
  f("resource_id", r.resource_id)("idempotency_token", r.idempotency_token);
}
void read(Reader& f, InitializeCapacity& r) {
  f("resource_id", r.resource_id)("start_date", r.start_date)("end_date", r.end_date);
  f("daily_capacity", r.daily_capacity)("on_existing", r.on_existing, {"keep", "replace"});
  f("idempotency_token", r.idempotency_token).weekdays(r.weekdays);
}
void read(Reader& f, AdjustCapacity& r) {
  f("resource_id", r.resource_id)("dates", r.dates)("delta", r.delta);
  f("idempotency_token", r.idempotency_token);
}
void read(Reader& f, CheckAvailability& r) {
  f("resource_id", r.resource_id)("start_date", r.start_date)("end_date", r.end_date);
  f("quantity", r.quantity);
}
void read(Reader& f, SearchAvailability& r) {
  f("type", r.type)("resource_ids", r.resource_ids)("start_date", r.start_date);
  f("end_date", r.end_date)("quantity", r.quantity)("consecutive_days", r.consecutive_days);
}
void read(Reader& f, GetCapacityReport& r) {
  f("resource_id", r.resource_id)("start_date", r.start_date)("end_date", r.end_date);
}
void read(Reader& f, CreateHold& r) {
  f("resource_id", r.resource_id)("dates", r.dates)("quantity", r.quantity)("holder", r.holder);
  f("customer_email", r.customer_email)("idempotency_token", r.idempotency_token)("ttl_ms", r.ttl);
}
void read(Reader& f, HoldItem& r) {
  f("resource_id", r.resource_id)("dates", r.dates)("quantity", r.quantity);
}
void read(Reader& f, CreateHolds& r) {
  f("customer_email", r.customer_email)("idempotency_token", r.idempotency_token);
  f("holder", r.holder)("ttl_ms", r.ttl).items(r.items);
}
template <class R>
void read_touch(Reader& f, R& r) {
  f("holder", r.holder)("as_host", r.as_host)("idempotency_token", r.idempotency_token);
}
void read(Reader& f, ExtendHold& r) { read_touch(f("hold_id", r.hold_id)("ttl_ms", r.ttl), r); }
void read(Reader& f, ExtendHolds& r) { read_touch(f("hold_ids", r.hold_ids)("ttl_ms", r.ttl), r); }
template <class R>
void read_confirm(Reader& f, R& r) {
  f("order_id", r.order_id)("line_item_id", r.line_item_id);
  read_touch(f("if_expired", r.if_expired, {"reject", "reclaim"}), r);
}
void read(Reader& f, ConfirmHold& r) { read_confirm(f("hold_id", r.hold_id), r); }
void read(Reader& f, ConfirmHolds& r) { read_confirm(f("hold_ids", r.hold_ids), r); }
void read(Reader& f, ReleaseHold& r) { read_touch(f("hold_id", r.hold_id), r); }
void read(Reader& f, ReleaseHolds& r) { read_touch(f("hold_ids", r.hold_ids), r); }
void read(Reader& f, RetrieveHold& r) {
  f("hold_id", r.hold_id)("holder", r.holder)("as_host", r.as_host);
}
void read(Reader& f, ListHolds& r) {
  f("resource_id", r.resource_id)("customer_email", r.customer_email)("group_id", r.group_id);
  f("status", r.status, {"ACTIVE", "CONFIRMED", "RELEASED", "EXPIRED"});
  f("limit", r.limit)("after", r.after);
}
void read(Reader& f, CleanupExpiredHolds& r) { f("limit", r.limit); }
void read(Reader& f, CancelAllocation& r) {
  f("allocation_id", r.allocation_id)("order_id", r.order_id)("line_item_id", r.line_item_id);
  f("idempotency_token", r.idempotency_token);
}
void read(Reader& f, MoveHold& r) {
  read_touch(f("hold_id", r.hold_id)("dates", r.dates)("quantity", r.quantity), r);
}
void read(Reader& f, MoveAllocation& r) {
  f("allocation_id", r.allocation_id)("dates", r.dates)("quantity", r.quantity);
  f("idempotency_token", r.idempotency_token);
}
void read(Reader& f, ListAllocations& r) {
  f("resource_id", r.resource_id)("order_id", r.order_id)("line_item_id", r.line_item_id);
  f("status", r.status, {"CONFIRMED", "CANCELLED"})("start_date", r.start_date);
  f("end_date", r.end_date)("limit", r.limit)("after", r.after);
}
void read(Reader& f, CreateBlackout& r) {
  f("resource_id", r.resource_id)("start_date", r.start_date)("end_date", r.end_date);
  f("reason", r.reason)("on_conflict", r.on_conflict, {"refuse", "keep"});
  f("idempotency_token", r.idempotency_token);
}
void read(Reader& f, ListBlackouts& r) {
  f("resource_id", r.resource_id)("start_date", r.start_date)("end_date", r.end_date);
  f("limit", r.limit)("after", r.after);
}
void read(Reader& f, DeleteBlackout& r) {
  f("blackout_id", r.blackout_id)("idempotency_token", r.idempotency_token);
}
void read(Reader& f, GetMetrics& r) { f("resource_ids", r.resource_ids); }
void read(Reader& f, Prune& r) {
  f("older_than_hours", r.older_than)("erase_customer_email", r.erase_customer_email);
}

template <class R>
R request(const Json& with) {
  R out{};
  Reader reader(with);
  read(reader, out);
  reader.finish();
  return out;
}

Reader& Reader::items(std::vector<HoldItem>& out) {
  if (const auto* array = fields_.get<Json::Array>("items")) {
    for (const Json& item : *array) out.push_back(request<HoldItem>(item));
  }
  return *this;
}

// ---- answers ------------------------------------------------------------------------------------

Json when(Instant at) { return instant_text(at.time_since_epoch().count()); }
Json when(const std::optional<Instant>& at) { return at ? when(*at) : Json(); }

Json lay(Date day) { return to_string(day); }
Json lay(const Resource&);
Json lay(const ResourceCapacity&);
Json lay(const Hold&);
Json lay(const Allocation&);
Json lay(const Blackout&);
Json lay(const AvailabilityDay&);
Json lay(const Availability&);
Json lay(const ReportDay&);
Json lay(const DayConflict&);
Json lay(const Violation&);
Json lay(const ResourceUse&);

template <class T>
Json lay(const std::vector<T>& rows) {
  Json::Array out;
  for (const T& row : rows) out.push_back(lay(row));
  return out;
}

Json lay(const Resource& v) {
  return Json::Object{{"id", v.id},
                      {"type", v.type},
                      {"name", v.name},
                      {"description", text_or_null(v.description)},
                      {"metadata", Json::parse(v.metadata)},
                      {"timezone", v.timezone},
                      {"is_active", v.is_active},
                      {"created_at", when(v.created_at)},
                      {"updated_at", when(v.updated_at)},
                      {"deleted_at", when(v.deleted_at)}};
}
Json lay(const ResourceCapacity& v) {
  return Json::Object{{"id", v.id},
                      {"resource_id", v.resource_id},
                      {"date", lay(v.date)},
                      {"max_capacity", v.max_capacity},
                      {"available_capacity", v.available_capacity}};
}
Json lay(const Hold& v) {
  return Json::Object{{"id", v.id},
                      {"resource_id", v.resource_id},
                      {"dates", lay(v.dates)},
                      {"quantity", v.quantity},
                      {"customer_email", text_or_null(v.customer_email)},
                      {"holder", text_or_null(v.holder)},
                      {"idempotency_token", text_or_null(v.idempotency_token)},
                      {"status", name(v.status)},
                      {"expires_at", when(v.expires_at)},
                      {"group_id", text_or_null(v.group_id)},
                      {"created_at", when(v.created_at)},
                      {"updated_at", when(v.updated_at)}};
}
Json lay(const Allocation& v) {
  return Json::Object{{"id", v.id},
                      {"resource_id", v.resource_id},
                      {"hold_id", v.hold_id},
                      {"order_id", v.order_id},
                      {"line_item_id", text_or_null(v.line_item_id)},
                      {"dates", lay(v.dates)},
                      {"quantity", v.quantity},
                      {"status", name(v.status)},
                      {"created_at", when(v.created_at)},
                      {"cancelled_at", when(v.cancelled_at)}};
}
Json lay(const Blackout& v) {
  return Json::Object{{"id", v.id},
                      {"resource_id", v.resource_id},
                      {"start_date", lay(v.start_date)},
                      {"end_date", lay(v.end_date)},
                      {"reason", text_or_null(v.reason)},
                      {"created_at", when(v.created_at)},
                      {"deleted_at", when(v.deleted_at)}};
}
Json lay(const AvailabilityDay& v) {
  return Json::Object{{"date", lay(v.date)},
                      {"max_capacity", v.max_capacity},
                      {"available_capacity", v.available_capacity},
                      {"is_available", v.is_available},
                      {"reason", text_or_null(name(v.reason))}};
}
Json lay(const Availability& v) {
  return Json::Object{
      {"resource_id", v.resource_id}, {"days", lay(v.days)}, {"start_dates", lay(v.start_dates)}};
}
Json lay(const ReportDay& v) {
  return Json::Object{{"date", lay(v.date)},
                      {"max_capacity", v.max_capacity},
                      {"available_capacity", v.available_capacity},
                      {"held", v.held},
                      {"booked", v.booked},
                      {"blackout", v.blackout},
                      {"utilisation", utilisation(v)}};
}
Json lay(const CapacityReport& v) {
  return Json::Object{{"resource_id", v.resource_id},
                      {"days", lay(v.days)},
                      {"max_capacity", v.max_capacity},
                      {"available_capacity", v.available_capacity},
                      {"held", v.held},
                      {"booked", v.booked},
                      {"utilisation", utilisation(v)}};
}
Json lay(const ResourceUse& v) { return lay(v.today); }
Json lay(const DayConflict& v) {
  return Json::Object{{"resource_id", v.resource_id},
                      {"date", lay(v.date)},
                      {"requested", v.requested},
                      {"available_capacity", v.available_capacity}};
}
Json lay(const Violation& v) {
  return Json::Object{{"resource_id", v.resource_id}, {"rule", v.rule}, {"detail", v.detail}};
}

Json lay(const ResourceAnswer& v) {
  return Json::Object{{"resource", lay(v.resource)}, {"replayed", v.replayed}};
}
template <class T>
Json lay(const Page<T>& v) {
  return Json::Object{{"items", lay(v.items)}, {"next", text_or_null(v.next)}};
}
Json lay(const CapacityInitialized& v) {
  return Json::Object{
      {"days_created", v.days_created}, {"days_changed", v.days_changed}, {"replayed", v.replayed}};
}
Json lay(const CapacityAdjusted& v) {
  return Json::Object{{"days", lay(v.days)}, {"replayed", v.replayed}};
}
Json lay(const SearchAnswer& v) { return Json::Object{{"resources", lay(v.resources)}}; }
Json lay(const HoldAnswer& v) {
  return Json::Object{{"hold", lay(v.hold)}, {"replayed", v.replayed}};
}
Json lay(const HoldsAnswer& v) {
  return Json::Object{
      {"holds", lay(v.holds)}, {"group_id", text_or_null(v.group_id)}, {"replayed", v.replayed}};
}
Json lay(const AllocationAnswer& v) {
  return Json::Object{{"allocation", lay(v.allocation)}, {"replayed", v.replayed}};
}
Json lay(const AllocationsAnswer& v) {
  return Json::Object{{"allocations", lay(v.allocations)}, {"replayed", v.replayed}};
}
Json lay(const CleanupAnswer& v) { return Json::Object{{"holds_expired", v.expired}}; }
Json lay(const BlackoutAnswer& v) {
  return Json::Object{{"blackout", lay(v.blackout)},
                      {"holds", lay(v.holds)},
                      {"allocations", lay(v.allocations)},
                      {"replayed", v.replayed}};
}
Json lay(const MigrateAnswer& v) { return Json::Object{{"schema_version", v.schema_version}}; }
Json lay(const VerifyAnswer& v) {
  return Json::Object{{"resources", v.resources},
                      {"days", v.days},
                      {"holds", v.holds},
                      {"allocations", v.allocations},
                      {"violations", lay(v.violations)}};
}
template <class Enum>
Json lay(const std::map<Enum, std::int64_t>& counters) {
  Json::Object out;
  for (const auto& [value, count] : counters) {
    if (count > 0) out[name(value)] = count;
  }
  return out;
}
Json lay(const MetricsAnswer& v) {
  return Json::Object{{"holds_requested", v.holds_requested},
                      {"holds_created", v.holds_created},
                      {"holds_replayed", v.holds_replayed},
                      {"holds_confirmed", v.holds_confirmed},
                      {"holds_released", v.holds_released},
                      {"holds_expired", v.holds_expired},
                      {"allocations_cancelled", v.allocations_cancelled},
                      {"rejections", lay(v.rejections)},
                      {"failures", lay(v.failures)},
                      {"hold_to_confirm_mean_s", v.hold_to_confirm_mean_s},
                      {"hold_to_confirm_p95_s", v.hold_to_confirm_p95_s},
                      {"use", lay(v.use)}};
}
Json lay(const PruneAnswer& v) {
  return Json::Object{{"holds_removed", v.holds_removed},
                      {"tokens_removed", v.tokens_removed},
                      {"blackouts_removed", v.blackouts_removed},
                      {"emails_erased", v.emails_erased}};
}

Json refused(const Rejection& v) {
  return Json::Object{
      {"rejected",
       Json::Object{{"code", name(v.outcome)},
                    {"reason", v.reason == Outcome::kAccepted ? Json() : Json(name(v.reason))},
                    {"field", text_or_null(v.field)},
                    {"id", text_or_null(v.id)},
                    {"days", lay(v.days)},
                    {"holds", lay(v.holds)},
                    {"allocations", lay(v.allocations)}}}};
}

template <class T>
Json told(const Reply<T>& reply) {
  if (reply.ok()) return reply->accepted() ? lay(reply->value()) : refused(reply->rejection());
  return Json::Object{{"failed", Json::Object{{"code", name(reply.error().status)},
                                              {"retry", name(reply.error().retry)}}}};
}

// ---- asking -------------------------------------------------------------------------------------

template <class T, class R>
Json asked(Engine& engine, Reply<T> (Engine::*operation)(R), const Json& with) {
  return told((engine.*operation)(request<R>(with)));
}
template <class T>
Json asked(Engine& engine, Reply<T> (Engine::*operation)(), const Json& with) {
  Fields(with).finish();
  return told((engine.*operation)());
}
template <auto Operation>
Json asked(Engine& engine, const Json& with) {
  return asked(engine, Operation, with);
}

// The answer without a member that says nothing here: C++ has one type for several operations.
Json without(Json answer, std::initializer_list<const char*> names) {
  for (const char* name : names) answer.get_if<Json::Object>()->erase(name);
  return answer;
}
template <auto Operation>
Json retrieved(Engine& engine, const Json& with) {
  return without(asked<Operation>(engine, with), {"replayed"});
}
template <auto Operation>
Json touched(Engine& engine, const Json& with) {
  return without(asked<Operation>(engine, with), {"group_id"});
}
template <auto Operation>
Json deleted(Engine& engine, const Json& with) {
  return without(asked<Operation>(engine, with), {"holds", "allocations"});
}

const std::map<std::string, Json (*)(Engine&, const Json&)> kOperations = {
    {"create_resource", asked<&Engine::create_resource>},
    {"update_resource", asked<&Engine::update_resource>},
    {"retrieve_resource", retrieved<&Engine::retrieve_resource>},
    {"list_resources", asked<&Engine::list_resources>},
    {"delete_resource", asked<&Engine::delete_resource>},
    {"restore_resource", asked<&Engine::restore_resource>},
    {"initialize_capacity", asked<&Engine::initialize_capacity>},
    {"adjust_capacity", asked<&Engine::adjust_capacity>},
    {"check_availability", asked<&Engine::check_availability>},
    {"search_availability", asked<&Engine::search_availability>},
    {"get_capacity_report", asked<&Engine::get_capacity_report>},
    {"create_hold", asked<&Engine::create_hold>},
    {"create_holds", asked<&Engine::create_holds>},
    {"extend_hold", asked<&Engine::extend_hold>},
    {"extend_holds", touched<&Engine::extend_holds>},
    {"confirm_hold", asked<&Engine::confirm_hold>},
    {"confirm_holds", asked<&Engine::confirm_holds>},
    {"release_hold", asked<&Engine::release_hold>},
    {"release_holds", touched<&Engine::release_holds>},
    {"retrieve_hold", retrieved<&Engine::retrieve_hold>},
    {"list_holds", asked<&Engine::list_holds>},
    {"cleanup_expired_holds", asked<&Engine::cleanup_expired_holds>},
    {"cancel_allocation", asked<&Engine::cancel_allocation>},
    {"move_hold", asked<&Engine::move_hold>},
    {"move_allocation", asked<&Engine::move_allocation>},
    {"list_allocations", asked<&Engine::list_allocations>},
    {"create_blackout", asked<&Engine::create_blackout>},
    {"list_blackouts", asked<&Engine::list_blackouts>},
    {"delete_blackout", deleted<&Engine::delete_blackout>},
    {"migrate", asked<&Engine::migrate>},
    {"verify", asked<&Engine::verify>},
    {"metrics", asked<&Engine::metrics>},
    {"prune", asked<&Engine::prune>}};

class CppHost final : public Host {
 public:
  CppHost(const std::string& uri, const std::atomic<std::int64_t>& now_us) {
    EngineOptions options;
    options.clock = [&now_us] { return Instant(std::chrono::microseconds(now_us.load())); };
    auto opened = Engine::open(uri, std::move(options));
    if (!opened.ok()) throw std::runtime_error(opened.error().message);
    engine_ = std::move(*opened);
    if (const auto done = engine_->migrate(); !done.ok()) {
      throw std::runtime_error(done.error().message);
    }
  }

  Json ask(const std::string& operation, const Json& with) override {
    try {
      return kOperations.at(operation)(*engine_, with);
    } catch (const Misuse& misuse) {
      return Json::Object{{"misuse", misuse.field}};
    }
  }

 private:
  std::unique_ptr<Engine> engine_{};
};

}  // namespace

std::vector<std::string> ways() { return {"blocking"}; }

std::unique_ptr<Host> open_host(const std::string& uri, const std::string&,
                                const std::atomic<std::int64_t>& now_us) {
  return std::make_unique<CppHost>(uri, now_us);
}

std::vector<std::string> operations() {
  std::vector<std::string> out;
  for (const auto& [name, ask] : kOperations) out.push_back(name);
  return out;
}

std::vector<std::string> refusals() {
  std::vector<std::string> out;
  for (int value = 1; value <= static_cast<int>(Outcome::kBlackoutConflict); ++value) {
    out.push_back(name(static_cast<Outcome>(value)));
  }
  return out;
}

}  // namespace holdfast::test
