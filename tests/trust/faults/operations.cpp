#include "operations.hpp"

#include <chrono>
#include <cstdio>
#include <thread>

#include "storage/postgres/lock_key.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const std::vector<Date> kDays = {future(0), future(1)};

std::string order_of(const Scene& scene) { return "order-" + scene.token; }

std::vector<Operation> resource_operations() {
  return {
      {"create_resource", Needs::kNothing, true,
       [](Engine& e, const Scene& s) {
         return told(e.create_resource(
             {.type = "TOUR", .name = s.label, .timezone = "UTC", .idempotency_token = s.token}));
       }},
      {"update_resource", Needs::kResource, true,
       [](Engine& e, const Scene& s) {
         return told(e.update_resource(
             {.resource_id = s.resources[0], .description = "new", .idempotency_token = s.token}));
       }},
      {"delete_resource", Needs::kResource, true,
       [](Engine& e, const Scene& s) {
         return told(
             e.delete_resource({.resource_id = s.resources[0], .idempotency_token = s.token}));
       }},
      {"restore_resource", Needs::kDeleted, true,
       [](Engine& e, const Scene& s) {
         return told(
             e.restore_resource({.resource_id = s.resources[0], .idempotency_token = s.token}));
       }},
      {"initialize_capacity", Needs::kResource, true,
       [](Engine& e, const Scene& s) {
         return told(e.initialize_capacity({.resource_id = s.resources[0],
                                            .start_date = future(20),
                                            .end_date = future(22),
                                            .daily_capacity = 3,
                                            .idempotency_token = s.token}));
       }},
      {"adjust_capacity", Needs::kResource, true,
       [](Engine& e, const Scene& s) {
         return told(e.adjust_capacity({.resource_id = s.resources[0],
                                        .dates = kDays,
                                        .delta = 2,
                                        .idempotency_token = s.token}));
       }},
      {"create_blackout", Needs::kResource, true,
       [](Engine& e, const Scene& s) {
         return told(e.create_blackout({.resource_id = s.resources[0],
                                        .start_date = future(4),
                                        .end_date = future(5),
                                        .reason = "paint",
                                        .idempotency_token = s.token}));
       }},
      {"delete_blackout", Needs::kClosed, true,
       [](Engine& e, const Scene& s) {
         return told(e.delete_blackout({.blackout_id = s.blackout, .idempotency_token = s.token}));
       }},
  };
}

std::vector<Operation> hold_operations() {
  return {
      {"create_hold", Needs::kResource, true,
       [](Engine& e, const Scene& s) {
         return told(e.create_hold(
             {.resource_id = s.resources[0], .dates = kDays, .idempotency_token = s.token}));
       }},
      {"create_holds", Needs::kTwoResources, true,
       [](Engine& e, const Scene& s) {
         return told(e.create_holds({.items = {{s.resources[0], kDays}, {s.resources[1], kDays, 2}},
                                     .idempotency_token = s.token}));
       }},
      {"extend_hold", Needs::kHold, true,
       [](Engine& e, const Scene& s) {
         return told(e.extend_hold({.hold_id = s.hold, .ttl = 3h, .idempotency_token = s.token}));
       }},
      {"release_hold", Needs::kHold, true,
       [](Engine& e, const Scene& s) {
         return told(e.release_hold({.hold_id = s.hold, .idempotency_token = s.token}));
       }},
      {"move_hold", Needs::kHold, true,
       [](Engine& e, const Scene& s) {
         return told(e.move_hold({.hold_id = s.hold,
                                  .dates = {future(1), future(2)},
                                  .quantity = 2,
                                  .idempotency_token = s.token}));
       }},
      {"cleanup_expired_holds", Needs::kDueHold, true,
       [](Engine& e, const Scene&) { return told(e.cleanup_expired_holds()); }},
      {"confirm_hold", Needs::kHold, true,
       [](Engine& e, const Scene& s) {
         return told(e.confirm_hold(
             {.hold_id = s.hold, .order_id = order_of(s), .idempotency_token = s.token}));
       }},
      {"cancel_allocation", Needs::kBooking, true,
       [](Engine& e, const Scene& s) {
         return told(
             e.cancel_allocation({.allocation_id = s.allocation, .idempotency_token = s.token}));
       }},
      {"cancel_allocation by order", Needs::kBooking, true,
       [](Engine& e, const Scene& s) {
         return told(e.cancel_allocation({.order_id = order_of(s), .idempotency_token = s.token}));
       }},
      {"move_allocation", Needs::kBooking, true,
       [](Engine& e, const Scene& s) {
         return told(e.move_allocation(
             {.allocation_id = s.allocation, .dates = {future(3)}, .idempotency_token = s.token}));
       }},
  };
}

std::vector<Operation> reads() {
  return {
      {"retrieve_resource", Needs::kResource, false,
       [](Engine& e, const Scene& s) {
         return told(e.retrieve_resource({.resource_id = s.resources[0]}));
       }},
      {"check_availability", Needs::kHold, false,
       [](Engine& e, const Scene& s) {
         return told(e.check_availability(
             {.resource_id = s.resources[0], .start_date = future(0), .end_date = future(3)}));
       }},
      {"search_availability", Needs::kHold, false,
       [](Engine& e, const Scene& s) {
         return told(e.search_availability(
             {.resource_ids = s.resources, .start_date = future(0), .end_date = future(3)}));
       }},
      {"get_capacity_report", Needs::kHold, false,
       [](Engine& e, const Scene& s) {
         return told(e.get_capacity_report(
             {.resource_id = s.resources[0], .start_date = future(0), .end_date = future(3)}));
       }},
      {"retrieve_hold", Needs::kHold, false,
       [](Engine& e, const Scene& s) { return told(e.retrieve_hold({.hold_id = s.hold})); }},
      {"list_holds", Needs::kHold, false,
       [](Engine& e, const Scene& s) {
         return told(e.list_holds({.resource_id = s.resources[0]}));
       }},
      {"list_allocations", Needs::kBooking, false,
       [](Engine& e, const Scene& s) {
         return told(e.list_allocations({.resource_id = s.resources[0]}));
       }},
      {"list_blackouts", Needs::kClosed, false,
       [](Engine& e, const Scene& s) {
         return told(e.list_blackouts({.resource_id = s.resources[0]}));
       }},
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
SELECT concat_ws(' / ',
  (SELECT count(*) FROM holdfast.resources WHERE name = '$LABEL'),
  (SELECT string_agg(r.description || ' ' || (r.deleted_at IS NOT NULL), ','
                     ORDER BY array_position($IDS, r.id))
     FROM holdfast.resources r WHERE r.id = ANY ($IDS)),
  (SELECT string_agg(c.date || ' ' || c.max_capacity || ' ' || c.available_capacity, ','
                     ORDER BY array_position($IDS, c.resource_id), c.date)
     FROM holdfast.resource_capacity c WHERE c.resource_id = ANY ($IDS)),
  (SELECT string_agg(h.status || h.dates::text || h.quantity ||
                     (h.expires_at > h.created_at + interval '2 hours'), ','
                     ORDER BY array_position($IDS, h.resource_id))
     FROM holdfast.resource_holds h WHERE h.resource_id = ANY ($IDS)),
  (SELECT string_agg(a.status || a.dates::text || a.quantity, ',')
     FROM holdfast.resource_allocations a WHERE a.resource_id = ANY ($IDS)),
  (SELECT string_agg(b.start_date || ' ' || b.end_date || (b.deleted_at IS NOT NULL), ',')
     FROM holdfast.resource_blackouts b WHERE b.resource_id = ANY ($IDS))))";

std::string filled(std::string text, const std::string& mark, const std::string& value) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
  return text;
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

std::string tables(Sql& sql, const Scene& scene) {
  std::string keys = std::to_string(postgres::lock_key("token:" + scene.token));
  for (const auto& id : scene.resources) keys += "," + std::to_string(postgres::lock_key(id));
  sql.run("SELECT pg_advisory_xact_lock(k) FROM unnest(ARRAY[" + keys + "]::int8[]) k");
  return sql.value(
      filled(filled(kTables, "$LABEL", scene.label), "$IDS", quoted_list(scene.resources)));
}

}  // namespace holdfast::test
