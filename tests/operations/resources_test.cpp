// create, update, retrieve, list, delete and restore a resource.
#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

CreateResource full_request() {
  return {.type = "DIVE_BOAT2",
          .name = "Mörk Ö",
          .description = "two\nlines",
          .metadata = R"({"flag":true,"seats":[1,2.5,null]})",
          .timezone = "Pacific/Auckland",
          .is_active = false,
          .idempotency_token = "make-1"};
}

}  // namespace

TEST_CASE("Every field of a resource goes in and comes out") {
  EACH_BACKEND(db);
  World world(db);
  const auto made = accepted(world->create_resource(full_request()));
  CHECK_FALSE(made.replayed);
  const Resource& resource = made.resource;
  CHECK(resource.id.substr(0, 4) == "res_");
  CHECK(resource.id.size() == 30);
  CHECK(resource.type == "DIVE_BOAT2");
  CHECK(resource.name == "Mörk Ö");
  CHECK(resource.description == "two\nlines");
  CHECK(resource.timezone == "Pacific/Auckland");
  CHECK_FALSE(resource.is_active);
  CHECK(resource.created_at == world.clock().now());
  CHECK(resource.updated_at == world.clock().now());
  CHECK_FALSE(resource.deleted_at.has_value());
  const auto again = accepted(world->retrieve_resource({.resource_id = resource.id})).resource;
  CHECK(again.metadata.find("\"seats\"") != std::string::npos);
  CHECK(again.metadata.find("2.5") != std::string::npos);
  CHECK(again.metadata.find("null") != std::string::npos);
  CHECK(text(again) == text(resource));
}

TEST_CASE("A resource that names little gets the engine's zone, empty metadata and is active") {
  EACH_BACKEND(db);
  World world(db, {.timezone = "Europe/Oslo"});
  const auto made = accepted(world->create_resource({.type = "GUIDE", .name = "Kari"})).resource;
  CHECK(made.timezone == "Europe/Oslo");
  CHECK(made.metadata == "{}");
  CHECK(made.description.empty());
  CHECK(made.is_active);
}

TEST_CASE("An update changes the fields that are given and no other") {
  EACH_BACKEND(db);
  World world(db);
  const auto before = accepted(world->create_resource(full_request())).resource;
  struct Change {
    const char* what;
    UpdateResource request;
    std::function<void(Resource&)> expected;
  };
  const std::vector<Change> changes = {
      {"type", {.resource_id = {}, .type = "TOUR"}, [](Resource& r) { r.type = "TOUR"; }},
      {"name", {.resource_id = {}, .name = "New"}, [](Resource& r) { r.name = "New"; }},
      {"description",
       {.resource_id = {}, .description = ""},
       [](Resource& r) { r.description = ""; }},
      {"metadata", {.resource_id = {}, .metadata = "[7]"}, [](Resource& r) { r.metadata = "[7]"; }},
      {"no metadata", {.resource_id = {}, .metadata = ""}, [](Resource& r) { r.metadata = "{}"; }},
      {"timezone", {.resource_id = {}, .timezone = "UTC"}, [](Resource& r) { r.timezone = "UTC"; }},
      {"is_active",
       {.resource_id = {}, .is_active = true},
       [](Resource& r) { r.is_active = true; }},
  };
  Resource expected = before;
  for (const Change& change : changes) {
    INFO(change.what);
    world.clock().advance(std::chrono::seconds(1));
    UpdateResource request = change.request;
    request.resource_id = before.id;
    const auto answer = accepted(world->update_resource(request));
    change.expected(expected);
    expected.updated_at = world.clock().now();
    CHECK_FALSE(answer.replayed);
    CHECK(text(answer.resource) == text(expected));
    CHECK(text(accepted(world->retrieve_resource({before.id})).resource) == text(expected));
  }
}

TEST_CASE("A deleted resource is kept, found by id, and comes back with restore") {
  EACH_BACKEND(db);
  World world(db);
  const std::string id = world.tour();
  world.clock().advance(std::chrono::seconds(5));
  const auto gone = accepted(world->delete_resource({.resource_id = id}));
  CHECK_FALSE(gone.replayed);
  CHECK(gone.resource.deleted_at == world.clock().now());
  CHECK(gone.resource.updated_at == world.clock().now());

  world.clock().advance(std::chrono::seconds(5));
  const auto again = accepted(world->delete_resource({.resource_id = id}));
  CHECK(again.replayed);
  CHECK(text(again.resource) == text(gone.resource));
  CHECK(text(accepted(world->retrieve_resource({id})).resource) == text(gone.resource));
  CHECK(outcome(world->update_resource({.resource_id = id, .name = "x"})) == "RESOURCE_NOT_FOUND");
  CHECK(outcome(world->check_availability(
            {.resource_id = id, .start_date = day(0), .end_date = day(0)})) ==
        "RESOURCE_NOT_FOUND");

  const auto back = accepted(world->restore_resource({.resource_id = id}));
  CHECK_FALSE(back.replayed);
  CHECK_FALSE(back.resource.deleted_at.has_value());
  CHECK(accepted(world->restore_resource({.resource_id = id})).replayed);
  CHECK(world.available(id, day(0)) == 10);
}

TEST_CASE("A resource that does not exist, or an id that is none, is RESOURCE_NOT_FOUND") {
  EACH_BACKEND(db);
  World world(db);
  const Nobody nobody;
  for (const std::string& id : {nobody.resource, std::string("res_short"), std::string("x"),
                                std::string("RES_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
                                std::string("res_81ARZ3NDEKTSV4RRFFQ69G5FAV"),
                                std::string("res_01arz3ndektsv4rrffq69g5fav"), nobody.hold}) {
    INFO(id);
    const std::string expected = "RESOURCE_NOT_FOUND";
    CHECK(outcome(world->retrieve_resource({id})) == expected);
    CHECK(refused(world->retrieve_resource({id})).id == id);
    CHECK(outcome(world->update_resource({.resource_id = id, .name = "x"})) == expected);
    CHECK(outcome(world->delete_resource({.resource_id = id})) == expected);
    CHECK(outcome(world->restore_resource({.resource_id = id})) == expected);
    CHECK(
        outcome(world->initialize_capacity(
            {.resource_id = id, .start_date = day(0), .end_date = day(1), .daily_capacity = 1})) ==
        expected);
    CHECK(outcome(world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = 1})) ==
          expected);
    CHECK(outcome(world->check_availability(
              {.resource_id = id, .start_date = day(0), .end_date = day(0)})) == expected);
    CHECK(outcome(world->get_capacity_report(
              {.resource_id = id, .start_date = day(0), .end_date = day(0)})) == expected);
    CHECK(outcome(world->create_hold({.resource_id = id, .dates = {day(0)}})) == expected);
    CHECK(outcome(world->create_holds({.items = {{id, {day(0)}, 1}}})) == expected);
    CHECK(outcome(world->create_blackout(
              {.resource_id = id, .start_date = day(0), .end_date = day(0)})) == expected);
  }
  // Filters name nothing, so they find nothing.
  CHECK(accepted(world->list_holds({.resource_id = nobody.resource})).items.empty());
  CHECK(accepted(world->list_allocations({.resource_id = "x"})).items.empty());
  CHECK(accepted(world->list_blackouts({.resource_id = "x"})).items.empty());
}

TEST_CASE("Resources are listed by type, activity, text and deletion, oldest first") {
  EACH_BACKEND(db);
  World world(db);
  const auto make = [&](const char* type, const char* name, const char* description, bool active) {
    world.clock().advance(std::chrono::seconds(1));
    return accepted(
               world->create_resource(
                   {.type = type, .name = name, .description = description, .is_active = active}))
        .resource.id;
  };
  const auto reef = make("TOUR", "Reef 100%", "by boat", true);
  const auto bus = make("VEHICLE", "Bus", "to the REEF", true);
  const auto idle = make("TOUR", "Cave_walk", "", false);
  const auto gone = make("TOUR", "Gone", "", true);
  world.remove(gone);

  const auto found = [&](ListResources request) {
    auto page = accepted(world->list_resources(std::move(request)));
    CHECK(page.next.empty());
    return ids_of(page.items);
  };
  using Ids = std::vector<std::string>;
  CHECK(found({}) == Ids{reef, bus, idle});
  CHECK(found({.include_deleted = true}) == Ids{reef, bus, idle, gone});
  CHECK(found({.type = "TOUR"}) == Ids{reef, idle});
  CHECK(found({.type = "tour"}).empty());
  CHECK(found({.is_active = true}) == Ids{reef, bus});
  CHECK(found({.is_active = false}) == Ids{idle});
  CHECK(found({.text = "reef"}) == Ids{reef, bus});
  CHECK(found({.text = "%"}) == Ids{reef});
  CHECK(found({.text = "_"}) == Ids{idle});
  CHECK(found({.text = "\\"}).empty());
  CHECK(found({.type = "TOUR", .is_active = true, .text = "BOAT"}) == Ids{reef});
}
