#include "operations.hpp"

#include <chrono>
#include <cstdio>
#include <thread>

#include "storage/postgres/lock_key.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const std::vector<Date> kDays = {future(0), future(1)};

std::string order_of(const Scene& scene) { return "order-" + scene.token; }

std::vector<Operation> resource_operations() {
  return {
      {"create_resource", Needs::kNothing, true,
       [](const Scene& s) -> Request {
         return CreateResource{
             .type = "TOUR", .name = s.label, .timezone = "UTC", .idempotency_token = s.token};
       }},
      {"update_resource", Needs::kResource, true,
       [](const Scene& s) -> Request {
         return UpdateResource{
             .resource_id = s.resources[0], .description = "new", .idempotency_token = s.token};
       }},
      {"delete_resource", Needs::kResource, true,
       [](const Scene& s) -> Request {
         return DeleteResource{.resource_id = s.resources[0], .idempotency_token = s.token};
       }},
      {"restore_resource", Needs::kDeleted, true,
       [](const Scene& s) -> Request {
         return RestoreResource{.resource_id = s.resources[0], .idempotency_token = s.token};
       }},
      {"initialize_capacity", Needs::kResource, true,
       [](const Scene& s) -> Request {
         return InitializeCapacity{.resource_id = s.resources[0],
                                   .start_date = future(20),
                                   .end_date = future(22),
                                   .daily_capacity = 3,
                                   .idempotency_token = s.token};
       }},
      {"adjust_capacity", Needs::kResource, true,
       [](const Scene& s) -> Request {
         return AdjustCapacity{.resource_id = s.resources[0],
                               .dates = kDays,
                               .delta = 2,
                               .idempotency_token = s.token};
       }},
      {"create_blackout", Needs::kResource, true,
       [](const Scene& s) -> Request {
         return CreateBlackout{.resource_id = s.resources[0],
                               .start_date = future(4),
                               .end_date = future(5),
                               .reason = "paint",
                               .idempotency_token = s.token};
       }},
      {"delete_blackout", Needs::kClosed, true,
       [](const Scene& s) -> Request {
         return DeleteBlackout{.blackout_id = s.blackout, .idempotency_token = s.token};
       }},
  };
}

std::vector<Operation> hold_operations() {
  return {
      {"create_hold", Needs::kResource, true,
       [](const Scene& s) -> Request {
         return CreateHold{
             .resource_id = s.resources[0], .dates = kDays, .idempotency_token = s.token};
       }},
      {"create_holds", Needs::kTwoResources, true,
       [](const Scene& s) -> Request {
         return CreateHolds{.items = {{s.resources[0], kDays}, {s.resources[1], kDays, 2}},
                            .idempotency_token = s.token};
       }},
      {"extend_hold", Needs::kHold, true,
       [](const Scene& s) -> Request {
         return ExtendHold{.hold_id = s.hold, .ttl = 3h, .idempotency_token = s.token};
       }},
      {"release_hold", Needs::kHold, true,
       [](const Scene& s) -> Request {
         return ReleaseHold{.hold_id = s.hold, .idempotency_token = s.token};
       }},
      {"move_hold", Needs::kHold, true,
       [](const Scene& s) -> Request {
         return MoveHold{.hold_id = s.hold,
                         .dates = {future(1), future(2)},
                         .quantity = 2,
                         .idempotency_token = s.token};
       }},
      {"cleanup_expired_holds", Needs::kDueHold, true,
       [](const Scene&) -> Request { return CleanupExpiredHolds{}; }},
      {"confirm_hold", Needs::kHold, true,
       [](const Scene& s) -> Request {
         return ConfirmHold{
             .hold_id = s.hold, .order_id = order_of(s), .idempotency_token = s.token};
       }},
      {"cancel_allocation", Needs::kBooking, true,
       [](const Scene& s) -> Request {
         return CancelAllocation{.allocation_id = s.allocation, .idempotency_token = s.token};
       }},
      {"cancel_allocation by order", Needs::kBooking, true,
       [](const Scene& s) -> Request {
         return CancelAllocation{.order_id = order_of(s), .idempotency_token = s.token};
       }},
      {"move_allocation", Needs::kBooking, true,
       [](const Scene& s) -> Request {
         return MoveAllocation{
             .allocation_id = s.allocation, .dates = {future(3)}, .idempotency_token = s.token};
       }},
  };
}

std::vector<Operation> reads() {
  return {
      {"retrieve_resource", Needs::kResource, false,
       [](const Scene& s) -> Request { return RetrieveResource{.resource_id = s.resources[0]}; }},
      {"check_availability", Needs::kHold, false,
       [](const Scene& s) -> Request {
         return CheckAvailability{
             .resource_id = s.resources[0], .start_date = future(0), .end_date = future(3)};
       }},
      {"search_availability", Needs::kHold, false,
       [](const Scene& s) -> Request {
         return SearchAvailability{
             .resource_ids = s.resources, .start_date = future(0), .end_date = future(3)};
       }},
      {"get_capacity_report", Needs::kHold, false,
       [](const Scene& s) -> Request {
         return GetCapacityReport{
             .resource_id = s.resources[0], .start_date = future(0), .end_date = future(3)};
       }},
      {"retrieve_hold", Needs::kHold, false,
       [](const Scene& s) -> Request { return RetrieveHold{.hold_id = s.hold}; }},
      {"list_holds", Needs::kHold, false,
       [](const Scene& s) -> Request { return ListHolds{.resource_id = s.resources[0]}; }},
      {"list_allocations", Needs::kBooking, false,
       [](const Scene& s) -> Request { return ListAllocations{.resource_id = s.resources[0]}; }},
      {"list_blackouts", Needs::kClosed, false,
       [](const Scene& s) -> Request { return ListBlackouts{.resource_id = s.resources[0]}; }},
  };
}

std::string quoted_list(const std::vector<std::string>& ids) {
  std::string out;
  for (const auto& id : ids) out += (out.empty() ? "'" : ",'") + id + "'";
  return "ARRAY[" + out + "]::text[]";
}

// Rows as text, in the scene's order; what is random or a time is left out, but for what
// extend_hold changes.
constexpr const char* kTables = R"(
PREPARE tables_of_scene (text, text[]) AS SELECT concat_ws(' / ',
  (SELECT count(*) FROM holdfast.resources WHERE name = $1),
  (SELECT string_agg(r.description || ' ' || (r.deleted_at IS NOT NULL), ','
                     ORDER BY array_position($2, r.id))
     FROM holdfast.resources r WHERE r.id = ANY ($2)),
  (SELECT string_agg(c.date || ' ' || c.max_capacity || ' ' || c.available_capacity, ','
                     ORDER BY array_position($2, c.resource_id), c.date)
     FROM holdfast.resource_capacity c WHERE c.resource_id = ANY ($2)),
  (SELECT string_agg(h.status || h.dates::text || h.quantity ||
                     (h.expires_at > h.created_at + interval '2 hours'), ','
                     ORDER BY array_position($2, h.resource_id))
     FROM holdfast.resource_holds h WHERE h.resource_id = ANY ($2)),
  (SELECT string_agg(a.status || a.dates::text || a.quantity, ',')
     FROM holdfast.resource_allocations a WHERE a.resource_id = ANY ($2)),
  (SELECT string_agg(b.start_date || ' ' || b.end_date || (b.deleted_at IS NOT NULL), ',')
     FROM holdfast.resource_blackouts b WHERE b.resource_id = ANY ($2))))";

std::string in_words(const std::vector<Date>& dates, std::int32_t quantity) {
  std::string out = " " + std::to_string(quantity) + " on";
  for (const Date date : dates) out += " " + to_string(date);
  return out;
}

}  // namespace

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> out = resource_operations();
    for (const auto& more : {hold_operations(), reads()})
      out.insert(out.end(), more.begin(), more.end());
    return out;
  }();
  return all;
}

Scene prepare(Engine& engine, Needs needs, int number) {
  char digits[16];
  // Of one length, so that every scene of an operation takes the same number of bytes.
  std::snprintf(digits, sizeof digits, "%08d", number);
  Scene scene{.label = std::string("scene-") + digits, .token = std::string("token-") + digits};
  if (needs == Needs::kNothing) return scene;
  scene.resources.push_back(add_resource(engine, 5));
  const std::string& resource = scene.resources.front();
  if (needs == Needs::kTwoResources) scene.resources.push_back(add_resource(engine, 5));
  if (needs == Needs::kDeleted) (void)accepted(engine.delete_resource({.resource_id = resource}));
  if (needs == Needs::kHold || needs == Needs::kBooking) {
    scene.hold = accepted(engine.create_hold({.resource_id = resource, .dates = kDays})).hold.id;
  }
  if (needs == Needs::kDueHold) {
    scene.hold =
        accepted(engine.create_hold({.resource_id = resource, .dates = kDays, .ttl = 1ms})).hold.id;
    std::this_thread::sleep_for(2ms);
  }
  if (needs == Needs::kBooking) {
    scene.allocation =
        accepted(engine.confirm_hold({.hold_id = scene.hold, .order_id = order_of(scene)}))
            .allocation.id;
  }
  if (needs == Needs::kClosed) {
    scene.blackout =
        accepted(engine.create_blackout(
                     {.resource_id = resource, .start_date = future(4), .end_date = future(5)}))
            .blackout.id;
  }
  return scene;
}

std::string contradiction(const Operation& operation, const Trial& trial,
                          const std::string& after) {
  const Told& first = trial.first;
  const bool is_done = trial.between == after;
  std::string wrong;
  if (trial.between != trial.before && !is_done) wrong = "half of it is in the tables";
  if (first.done && !is_done) wrong = "told done, and it is not";
  if (operation.writes && first.retry == Retry::kSafe && is_done) wrong = "told SAFE, but done";
  if (!first.done && first.retry == Retry::kNever) wrong = "told for good: " + first.text;
  if (!operation.writes && first.retry == Retry::kSameToken) wrong = "a read in doubt";
  if (!trial.second.done) wrong = "the second try: " + trial.second.text;
  if (trial.end != after) wrong = "another end: " + trial.end;
  return wrong;
}

std::string rows(Storage& storage, const Scene& scene) {
  const ListPage named =
      must(storage.list({.what = ResourceQuery{.text = scene.label}, .limit = 10}));
  std::string out =
      std::to_string(std::get<std::vector<Resource>>(named.rows).size()) + " of that name";
  for (const auto& id : scene.resources) {
    const KeySnapshot key = load_unlocked(storage, {.key = id, .everything = true});
    out += "\n" + key.resource->description + (key.resource->deleted_at ? " deleted" : "");
    for (const auto& c : key.capacity)
      out += "\n" + to_string(c.date) + " " + std::to_string(c.max_capacity) + " " +
             std::to_string(c.available_capacity);
    for (const auto& [hold, item_no, fingerprint] : key.holds)
      out += std::string("\n") + name(hold.status) + in_words(hold.dates, hold.quantity) +
             (hold.expires_at > hold.created_at + 2h ? " long" : "");
    for (const auto& a : key.allocations)
      out += std::string("\n") + name(a.status) + in_words(a.dates, a.quantity);
    for (const auto& b : key.blackouts)
      out += "\n" + to_string(b.start_date) + " " + to_string(b.end_date) +
             (b.deleted_at ? " deleted" : "");
  }
  return out;
}

SceneTables::SceneTables(Sql& sql) : sql_(sql) { sql_.run(kTables); }

std::string SceneTables::of(const Scene& scene) {
  std::string keys = std::to_string(postgres::lock_key("token:" + scene.token));
  for (const auto& id : scene.resources) keys += "," + std::to_string(postgres::lock_key(id));
  sql_.run("SELECT pg_advisory_xact_lock(k) FROM unnest(ARRAY[" + keys + "]::int8[]) k");
  return sql_.value("EXECUTE tables_of_scene ('" + scene.label + "', " +
                    quoted_list(scene.resources) + ")");
}

}  // namespace holdfast::test
