// Every bound at its limit and one over it, and what is no value at all.
#include <limits>

#include "operations/world.hpp"
#include "support/threads.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

constexpr std::int32_t kMinInt = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMaxInt = std::numeric_limits<std::int32_t>::max();

std::string invalid(const std::string& field) { return "INVALID_ARGUMENT " + field; }

std::vector<Date> run_of(std::size_t count, Date first = day(0)) {
  std::vector<Date> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(first + std::chrono::days(static_cast<int>(i)));
  }
  return out;
}

// Texts that are none: cut short, overlong, a surrogate, beyond Unicode, a NUL.
std::vector<std::string> not_text() {
  return {"\xFF",
          "a\x80",
          "\xC3",
          "\xC0\x80",
          "\xE0\x80\x80",
          "\xED\xA0\x80",
          "\xF4\x90\x80\x80",
          "\xF0\x9F\x98",
          std::string("a\0b", 3),
          std::string(1, '\0')};
}

// Whatever a text field's name, it takes `max` bytes, not one more, and only UTF-8 without NUL.
template <class Call>
void check_text(const std::string& field, std::size_t max, Call call,
                const std::string& at_limit = "ACCEPTED") {
  INFO(field);
  CHECK(verdict(call(std::string(max, 'a'))) == at_limit);
  CHECK(verdict(call(std::string(max + 1, 'a'))) == invalid(field));
  std::string wide;
  while (wide.size() + 2 <= max) wide += "\xC3\xA5";
  CHECK(verdict(call(wide)) == at_limit);
  for (const auto& bad : not_text()) CHECK(verdict(call(bad)) == invalid(field));
}

}  // namespace

TEST_CASE("Texts of a resource keep their bounds") {
  EACH_BACKEND(db);
  World world(db);
  const CreateResource base{.type = "TOUR", .name = "n"};
  const auto with = [&](auto set) {
    return [&world, base, set](const std::string& value) {
      CreateResource request = base;
      set(request, value);
      return world->create_resource(request);
    };
  };
  check_text("name", 255, with([](auto& r, auto& v) { r.name = v; }));
  check_text("description", 8192, with([](auto& r, auto& v) { r.description = v; }));
  check_text("idempotency_token", 255, with([](auto& r, auto& v) { r.idempotency_token = v; }),
             "ACCEPTED");
  const auto type = with([](auto& r, auto& v) { r.type = v; });
  CHECK(verdict(type(std::string(64, 'A'))) == "ACCEPTED");
  CHECK(verdict(type("A_9")) == "ACCEPTED");
  for (const std::string& bad :
       {std::string(65, 'A'), std::string(), std::string("tour"), std::string("9A"),
        std::string("_A"), std::string("A B"), std::string("Å"), std::string("A\0", 2)}) {
    CHECK(verdict(type(bad)) == invalid("type"));
  }
  CHECK(verdict(with([](auto& r, auto& v) { r.name = v; })("")) == invalid("name"));
  const auto zone = with([](auto& r, auto& v) { r.timezone = v; });
  for (const char* bad : {"Mars/Base", "australia/brisbane", "../etc/passwd", "/UTC", "UTC ",
                          "+10:00", "Australia/Brisbane\n"}) {
    CHECK(verdict(zone(bad)) == invalid("timezone"));
  }
  CHECK(verdict(zone(std::string(65, 'A'))) == invalid("timezone"));
  CHECK(verdict(zone(std::string("UTC\0", 4))) == invalid("timezone"));

  const auto id = world.bare();
  CHECK(verdict(world->update_resource({.resource_id = id, .type = "x"})) == invalid("type"));
  CHECK(verdict(world->update_resource({.resource_id = id, .name = ""})) == invalid("name"));
  CHECK(verdict(world->update_resource(
            {.resource_id = id, .description = std::string(8193, 'a')})) == invalid("description"));
  CHECK(verdict(world->update_resource({.resource_id = id, .metadata = "{"})) ==
        invalid("metadata"));
  CHECK(verdict(world->update_resource({.resource_id = id, .timezone = "No/Zone"})) ==
        invalid("timezone"));
  CHECK(verdict(world->update_resource({.resource_id = id, .timezone = ""})) ==
        invalid("timezone"));
}

TEST_CASE("Metadata is one JSON value that every database can keep") {
  EACH_BACKEND(db);
  World world(db);
  const auto with = [&](std::string metadata) {
    return world->create_resource({.type = "TOUR", .name = "n", .metadata = std::move(metadata)});
  };
  for (const std::string& good :
       {std::string("{}"), std::string("[]"), std::string("null"), std::string("\"x\""),
        std::string(" -0.5e-3 "),
        std::string(R"({"a":{"b":[1,true,false,null,"\u00e5\ud83d\ude00"]}})"),
        std::string(64, '[') + std::string(64, ']'), "\"" + std::string(65534, 'x') + "\"",
        "0." + std::string(10000, '1'), std::string("1e999"), std::string("1e-999"),
        std::string(R"({"a":1,"a":2})"), std::string("\"\x7F\"")}) {
    INFO(good.substr(0, 40) << " of " << good.size());
    const auto reply = with(good);
    CHECK(verdict(reply) == "ACCEPTED");
    if (verdict(reply) != "ACCEPTED") continue;
    CHECK(verdict(world->retrieve_resource({reply->value().resource.id})) == "ACCEPTED");
  }
  for (const std::string& bad : {std::string("{"),
                                 std::string("{}x"),
                                 std::string("{'a':1}"),
                                 std::string("[1,]"),
                                 std::string("01"),
                                 std::string("1."),
                                 std::string(".5"),
                                 std::string("+1"),
                                 std::string("NaN"),
                                 std::string("\"\\u0000\""),
                                 std::string("\"\\ud800\""),
                                 std::string("\"\\udc00x\""),
                                 std::string("\"\n\""),
                                 std::string("\"\\x\""),
                                 std::string(" "),
                                 std::string("{\"a\"}"),
                                 std::string("[1 2]"),
                                 std::string("1e1000"),
                                 std::string(66, '[') + std::string(66, ']'),
                                 std::string("\"a\0\"", 4),
                                 "\"" + std::string(65535, 'x') + "\"",
                                 std::string("\"\xFF\"")}) {
    INFO(bad.substr(0, 40) << " of " << bad.size());
    CHECK(verdict(with(bad)) == invalid("metadata"));
  }
  // As many decimals as there is room for: refused or kept, never a failure of the database.
  for (const std::size_t decimals : {std::size_t{16383}, std::size_t{16384}, std::size_t{65000}}) {
    INFO(decimals);
    CHECK(with("0." + std::string(decimals, '1')).ok());
    CHECK(with(std::string(decimals, '1')).ok());
    CHECK(with("0." + std::string(decimals, '1') + "e-999").ok());
  }
}

TEST_CASE("Dates per item, and days that are none") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  accepted(world->initialize_capacity(
      {.resource_id = id, .start_date = day(0), .end_date = day(400), .daily_capacity = 100}));
  const auto create = [&](std::vector<Date> dates) {
    return verdict(world->create_hold({.resource_id = id, .dates = std::move(dates)}));
  };
  CHECK(create(run_of(366)) == "ACCEPTED");
  CHECK(create(run_of(367)) == invalid("dates"));
  CHECK(create({}) == invalid("dates"));
  CHECK(create({day(1), day(0), day(1)}) == invalid("dates"));
  CHECK(create({on("1900-01-01")}) == "DATE_IN_PAST");
  CHECK(create({on("1899-12-31")}) == invalid("dates"));
  CHECK(create({on("9999-12-31")}) == "NO_CAPACITY_SET");
  CHECK(create({on("9999-12-31") + std::chrono::days(1)}) == invalid("dates"));
  CHECK(create({Date(std::chrono::days(kMaxInt))}) == invalid("dates"));
  CHECK(create({Date(std::chrono::days(kMinInt))}) == invalid("dates"));

  const auto hold = world.hold(id, {day(0)});
  const auto booked = world.book(id, {day(0)}, 1, "o");
  CHECK(verdict(world->move_hold({.hold_id = hold.id, .dates = run_of(367)})) == invalid("dates"));
  CHECK(verdict(world->move_hold({.hold_id = hold.id, .dates = {}})) == invalid("dates"));
  CHECK(verdict(world->move_hold({.hold_id = hold.id, .dates = run_of(366)})) == "ACCEPTED");
  CHECK(verdict(world->move_allocation({.allocation_id = booked.id, .dates = run_of(367)})) ==
        invalid("dates"));
  CHECK(verdict(world->move_allocation({.allocation_id = booked.id, .dates = {day(1), day(1)}})) ==
        invalid("dates"));
  CHECK(verdict(world->move_allocation({.allocation_id = booked.id, .dates = run_of(366)})) ==
        "ACCEPTED");
  CHECK(verdict(world->adjust_capacity({.resource_id = id, .dates = run_of(367), .delta = 1})) ==
        invalid("dates"));
  CHECK(verdict(world->adjust_capacity({.resource_id = id, .dates = {}, .delta = 1})) ==
        invalid("dates"));
  CHECK(verdict(world->adjust_capacity(
            {.resource_id = id, .dates = {day(0), day(0)}, .delta = 1})) == invalid("dates"));
  CHECK(verdict(world->adjust_capacity({.resource_id = id, .dates = run_of(366), .delta = 1})) ==
        "ACCEPTED");
}

TEST_CASE("Ranges end where they say") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  using Call = std::function<std::string(Date, Date)>;
  struct Ranged {
    const char* what;
    int max;
    Call call;
  };
  const std::vector<Ranged> all = {
      {"check_availability", 366,
       [&](Date a, Date b) {
         return verdict(
             world->check_availability({.resource_id = id, .start_date = a, .end_date = b}));
       }},
      {"search_availability", 366,
       [&](Date a, Date b) {
         return verdict(
             world->search_availability({.resource_ids = {id}, .start_date = a, .end_date = b}));
       }},
      {"get_capacity_report", 366,
       [&](Date a, Date b) {
         return verdict(
             world->get_capacity_report({.resource_id = id, .start_date = a, .end_date = b}));
       }},
      {"initialize_capacity", 3660,
       [&](Date a, Date b) {
         return verdict(world->initialize_capacity(
             {.resource_id = id, .start_date = a, .end_date = b, .daily_capacity = 1}));
       }},
      {"create_blackout", 3660,
       [&](Date a, Date b) {
         return verdict(
             world->create_blackout({.resource_id = id, .start_date = a, .end_date = b}));
       }},
  };
  for (const auto& [what, max, call] : all) {
    INFO(what);
    CHECK(call(day(0), day(max - 1)) == "ACCEPTED");
    CHECK(call(day(0), day(max)) == invalid("end_date"));
    CHECK(call(day(1), day(0)) == invalid("end_date"));
    CHECK(call(on("1900-01-01"), on("1900-01-01")) == "ACCEPTED");
    CHECK(call(on("1899-12-31"), on("1900-01-01")) == invalid("start_date"));
    CHECK(call(on("9999-12-31"), on("9999-12-31")) == "ACCEPTED");
    CHECK(call(on("9999-12-31"), on("9999-12-31") + std::chrono::days(1)) == invalid("end_date"));
    CHECK(call(Date(std::chrono::days(kMinInt)), Date(std::chrono::days(kMaxInt))) ==
          invalid("start_date"));
  }
  const auto lists = [&](std::optional<Date> a, std::optional<Date> b) {
    const auto one = verdict(world->list_allocations({.start_date = a, .end_date = b}));
    CHECK(verdict(world->list_blackouts({.start_date = a, .end_date = b})) == one);
    return one;
  };
  CHECK(lists(day(0), std::nullopt) == invalid("end_date"));
  CHECK(lists(std::nullopt, day(0)) == invalid("end_date"));
  CHECK(lists(day(1), day(0)) == invalid("end_date"));
  CHECK(lists(on("1900-01-01"), on("9999-12-31")) == "ACCEPTED");
  CHECK(lists(on("1899-12-31"), day(0)) == invalid("start_date"));
}

TEST_CASE("Numbers keep their bounds") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  const auto initialize = [&](std::int32_t capacity) {
    return verdict(world->initialize_capacity({.resource_id = id,
                                               .start_date = day(0),
                                               .end_date = day(0),
                                               .daily_capacity = capacity,
                                               .on_existing = OnExisting::kReplace}));
  };
  CHECK(initialize(0) == "ACCEPTED");
  CHECK(initialize(1'000'000) == "ACCEPTED");
  for (const auto bad : {-1, 1'000'001, kMinInt, kMaxInt}) {
    CHECK(initialize(bad) == invalid("daily_capacity"));
  }
  const Hold small = world.hold(id, {day(0)}, 1);
  accepted(world->release_hold({.hold_id = small.id}));
  const Hold all = world.hold(id, {day(0)}, 1'000'000);
  CHECK(world.available(id, day(0)) == 0);
  const auto booked = accepted(world->confirm_hold({.hold_id = all.id, .order_id = "o"}));
  accepted(world->cancel_allocation({.allocation_id = booked.allocation.id}));
  const Hold hold = world.hold(id, {day(0)}, 1);
  const auto kept = world.book(id, {day(0)}, 1, "p");
  for (const auto bad : {0, -1, 1'000'001, kMinInt, kMaxInt}) {
    INFO(bad);
    CHECK(verdict(world->create_hold({.resource_id = id, .dates = {day(0)}, .quantity = bad})) ==
          invalid("quantity"));
    CHECK(verdict(world->create_holds({.items = {{id, {day(0)}, 1}, {id, {day(0)}, bad}}})) ==
          invalid("items[1].quantity"));
    CHECK(verdict(world->move_hold({.hold_id = hold.id, .dates = {day(0)}, .quantity = bad})) ==
          invalid("quantity"));
    CHECK(verdict(world->move_allocation(
              {.allocation_id = kept.id, .dates = {day(0)}, .quantity = bad})) ==
          invalid("quantity"));
    CHECK(verdict(world->check_availability(
              {.resource_id = id, .start_date = day(0), .end_date = day(0), .quantity = bad})) ==
          invalid("quantity"));
    CHECK(verdict(world->search_availability(
              {.type = "TOUR", .start_date = day(0), .end_date = day(0), .quantity = bad})) ==
          invalid("quantity"));
  }
  CHECK(
      verdict(world->check_availability(
          {.resource_id = id, .start_date = day(0), .end_date = day(0), .quantity = 1'000'000})) ==
      "ACCEPTED");
  // Sums beyond 32 bits are none here: 64 items of a million places are refused, not wrapped.
  CreateHolds many{};
  for (int i = 0; i < 64; ++i) many.items.push_back({id, {day(0)}, 1'000'000});
  const auto no = refused(world->create_holds(many));
  CHECK(no.outcome == Outcome::kInsufficientCapacity);
  CHECK(no.days.at(0).requested == 64'000'000);
  CHECK(no.days.at(0).available_capacity == 999'998);

  for (const auto bad : {0, 1'000'001, -1'000'001, kMinInt, kMaxInt}) {
    CHECK(verdict(world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = bad})) ==
          invalid("delta"));
  }
  CHECK(verdict(
            world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = -1'000'000})) ==
        "CAPACITY_BELOW_BOOKED");
  for (const unsigned bad : {0U, 128U, 255U}) {
    CHECK(verdict(world->initialize_capacity({.resource_id = id,
                                              .start_date = day(0),
                                              .end_date = day(0),
                                              .weekdays = static_cast<Weekdays>(bad)})) ==
          invalid("weekdays"));
  }
  const auto search = [&](std::int32_t consecutive) {
    return verdict(world->search_availability({.type = "TOUR",
                                               .start_date = day(0),
                                               .end_date = day(0),
                                               .consecutive_days = consecutive}));
  };
  CHECK(search(366) == "ACCEPTED");
  for (const auto bad : {-1, 367, kMinInt, kMaxInt})
    CHECK(search(bad) == invalid("consecutive_days"));
}

TEST_CASE("Enumerators that are none are refused by name") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const Hold hold = world.hold(id, {day(0)});
  for (const int bad : {-1, 2, 77}) {
    CHECK(verdict(world->initialize_capacity({.resource_id = id,
                                              .start_date = day(0),
                                              .end_date = day(0),
                                              .on_existing = static_cast<OnExisting>(bad)})) ==
          invalid("on_existing"));
    CHECK(verdict(world->confirm_hold(
              {.hold_id = hold.id, .order_id = "o", .if_expired = static_cast<IfExpired>(bad)})) ==
          invalid("if_expired"));
    CHECK(verdict(world->create_blackout({.resource_id = id,
                                          .start_date = day(0),
                                          .end_date = day(0),
                                          .on_conflict = static_cast<OnConflict>(bad)})) ==
          invalid("on_conflict"));
    CHECK(verdict(world->list_allocations({.status = static_cast<AllocationStatus>(bad)})) ==
          invalid("status"));
  }
  for (const int bad : {-1, 4}) {
    CHECK(verdict(world->list_holds({.status = static_cast<HoldStatus>(bad)})) ==
          invalid("status"));
  }
}

TEST_CASE("Items and ids per request") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(1000);
  CreateHolds items{};
  CHECK(verdict(world->create_holds(items)) == invalid("items"));
  for (int i = 0; i < 64; ++i) items.items.push_back({id, {day(0)}, 1});
  const auto ids = ids_of(accepted(world->create_holds(items)).holds);
  items.items.push_back({id, {day(0)}, 1});
  CHECK(verdict(world->create_holds(items)) == invalid("items"));
  for (const auto& [bad, field] :
       {std::pair{HoldItem{"", {day(0)}, 1}, "items[1].resource_id"},
        {HoldItem{std::string(65, 'a'), {day(0)}, 1}, "items[1].resource_id"},
        {HoldItem{id, {}, 1}, "items[1].dates"},
        {HoldItem{id, {day(0), day(0)}, 1}, "items[1].dates"}}) {
    CHECK(verdict(world->create_holds({.items = {{id, {day(0)}, 1}, bad}})) == invalid(field));
  }

  auto many = ids;
  many.push_back(world.hold(id, {day(0)}).id);
  const std::vector<std::string> none;
  const std::vector<std::string> twice = {ids[0], ids[1], ids[0]};
  const std::vector<std::string> blank = {ids[0], ""};
  for (const auto& bad : {many, none, twice, blank}) {
    CHECK(verdict(world->extend_holds({.hold_ids = bad})) == invalid("hold_ids"));
    CHECK(verdict(world->confirm_holds({.hold_ids = bad, .order_id = "o"})) == invalid("hold_ids"));
    CHECK(verdict(world->release_holds({.hold_ids = bad})) == invalid("hold_ids"));
  }
  CHECK(verdict(world->extend_holds({.hold_ids = ids})) == "ACCEPTED");
  CHECK(verdict(world->confirm_holds({.hold_ids = ids, .order_id = "o"})) == "ACCEPTED");
  CHECK(verdict(world->release_holds({.hold_ids = ids})) == "ALREADY_CONFIRMED");

  std::vector<std::string> resources = {id};
  for (int i = 1; i < 1000; ++i) resources.push_back(resource_id(i));
  SearchAvailability search{.resource_ids = resources, .start_date = day(0), .end_date = day(0)};
  CHECK(accepted(world->search_availability(search)).resources.size() == 1);
  CHECK(accepted(world->metrics({.resource_ids = resources})).use.size() == 1);
  resources.push_back(resource_id(1000));
  search.resource_ids = resources;
  CHECK(verdict(world->search_availability(search)) == invalid("resource_ids"));
  CHECK(verdict(world->metrics({.resource_ids = resources})) == invalid("resource_ids"));
  search.resource_ids = {id, id};
  CHECK(verdict(world->search_availability(search)) == invalid("resource_ids"));
  CHECK(verdict(world->metrics({.resource_ids = {id, id}})) == invalid("resource_ids"));
  search.resource_ids = {id};
  search.type = "TOUR";
  CHECK(verdict(world->search_availability(search)) == invalid("resource_ids"));
  search.resource_ids.clear();
  search.type.clear();
  CHECK(verdict(world->search_availability(search)) == invalid("resource_ids"));
}

TEST_CASE("A search by type is over a thousand resources at most") {
  EACH_BACKEND(db);
  World world(db);
  static_assert(bounds::kResourcesPerSearch == 1000);
  in_threads(20, [&](int) {
    for (int i = 0; i < 50; ++i) accepted(world->create_resource({.type = "BOAT", .name = "n"}));
  });
  const SearchAvailability search{.type = "BOAT", .start_date = day(0), .end_date = day(0)};
  CHECK(accepted(world->search_availability(search)).resources.size() == 1000);
  accepted(world->create_resource({.type = "BOAT", .name = "n"}));
  CHECK(verdict(world->search_availability(search)) == invalid("type"));
}

TEST_CASE("Texts and ids of every other request keep their bounds") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(1000);
  const std::string token = "idempotency_token";
  check_text("customer_email", 320, [&](const std::string& v) {
    return world->create_hold({.resource_id = id, .dates = {day(0)}, .customer_email = v});
  });
  check_text("holder", 255, [&](const std::string& v) {
    return world->create_hold({.resource_id = id, .dates = {day(0)}, .holder = v});
  });
  check_text(token, 255, [&](const std::string& v) {
    return world->create_hold({.resource_id = id, .dates = {day(0)}, .idempotency_token = v});
  });
  check_text("reason", 1024, [&](const std::string& v) {
    return world->create_blackout(
        {.resource_id = id, .start_date = day(9), .end_date = day(9), .reason = v});
  });
  check_text("order_id", 255, [&](const std::string& v) {
    return world->confirm_hold({.hold_id = world.hold(id, {day(0)}).id, .order_id = v});
  });
  check_text("line_item_id", 255, [&](const std::string& v) {
    return world->confirm_hold(
        {.hold_id = world.hold(id, {day(0)}).id, .order_id = "o", .line_item_id = v});
  });
  check_text("erase_customer_email", 320, [&](const std::string& v) {
    return world->prune({.older_than = std::chrono::hours(24), .erase_customer_email = v});
  });
  check_text("text", 255, [&](const std::string& v) { return world->list_resources({.text = v}); });
  check_text("type", 64, [&](const std::string& v) { return world->list_resources({.type = v}); });
  check_text("customer_email", 320,
             [&](const std::string& v) { return world->list_holds({.customer_email = v}); });
  check_text("group_id", 64,
             [&](const std::string& v) { return world->list_holds({.group_id = v}); });
  check_text("order_id", 255,
             [&](const std::string& v) { return world->list_allocations({.order_id = v}); });
  check_text("line_item_id", 255,
             [&](const std::string& v) { return world->list_allocations({.line_item_id = v}); });
  check_text(
      "order_id", 255,
      [&](const std::string& v) { return world->cancel_allocation({.order_id = v + ""}); },
      "ACCEPTED");
  check_text("resource_id", 64,
             [&](const std::string& v) { return world->list_holds({.resource_id = v}); });
  check_text(
      "resource_id", 64, [&](const std::string& v) { return world->retrieve_resource({v}); },
      "RESOURCE_NOT_FOUND");
  check_text(
      "hold_id", 64, [&](const std::string& v) { return world->retrieve_hold({.hold_id = v}); },
      "HOLD_NOT_FOUND");
  check_text(
      "hold_ids", 64, [&](const std::string& v) { return world->release_holds({.hold_ids = {v}}); },
      "HOLD_NOT_FOUND");
  check_text(
      "allocation_id", 64,
      [&](const std::string& v) { return world->cancel_allocation({.allocation_id = v}); },
      "ALLOCATION_NOT_FOUND");
  check_text(
      "blackout_id", 64,
      [&](const std::string& v) { return world->delete_blackout({.blackout_id = v}); },
      "BLACKOUT_NOT_FOUND");
  CHECK(verdict(world->retrieve_resource({""})) == invalid("resource_id"));
  CHECK(verdict(world->retrieve_hold({.hold_id = ""})) == invalid("hold_id"));
  CHECK(verdict(world->confirm_hold({.hold_id = Nobody().hold, .order_id = ""})) ==
        invalid("order_id"));
  CHECK(verdict(world->delete_blackout({.blackout_id = ""})) == invalid("blackout_id"));
  CHECK(verdict(world->cancel_allocation({})) == invalid("allocation_id"));
  CHECK(verdict(world->cancel_allocation({.allocation_id = "a", .order_id = "o"})) ==
        invalid("allocation_id"));
  CHECK(verdict(world->cancel_allocation({.allocation_id = "a", .line_item_id = "l"})) ==
        invalid("line_item_id"));
  CHECK(verdict(world->list_resources({.text = "'; DROP TABLE resources; --"})) == "ACCEPTED");
}

TEST_CASE("Every operation that takes a token bounds it") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour();
  const Nobody nobody;
  for (const auto& token : {std::string(256, 't'), std::string("\xFF"), std::string("a\0", 2)}) {
    const auto bad = invalid("idempotency_token");
    const Date d = day(0);
    CHECK(verdict(world->update_resource({.resource_id = id, .idempotency_token = token})) == bad);
    CHECK(verdict(world->delete_resource({id, token})) == bad);
    CHECK(verdict(world->restore_resource({id, token})) == bad);
    CHECK(verdict(world->initialize_capacity(
              {.resource_id = id, .start_date = d, .end_date = d, .idempotency_token = token})) ==
          bad);
    CHECK(verdict(world->adjust_capacity(
              {.resource_id = id, .dates = {d}, .delta = 1, .idempotency_token = token})) == bad);
    CHECK(verdict(world->create_holds({.items = {{id, {d}, 1}}, .idempotency_token = token})) ==
          bad);
    CHECK(verdict(world->extend_hold({.hold_id = nobody.hold, .idempotency_token = token})) == bad);
    CHECK(verdict(world->confirm_hold(
              {.hold_id = nobody.hold, .order_id = "o", .idempotency_token = token})) == bad);
    CHECK(verdict(world->release_hold({.hold_id = nobody.hold, .idempotency_token = token})) ==
          bad);
    CHECK(verdict(world->move_hold(
              {.hold_id = nobody.hold, .dates = {d}, .idempotency_token = token})) == bad);
    CHECK(verdict(world->move_allocation(
              {.allocation_id = nobody.allocation, .dates = {d}, .idempotency_token = token})) ==
          bad);
    CHECK(verdict(world->cancel_allocation(
              {.allocation_id = nobody.allocation, .idempotency_token = token})) == bad);
    CHECK(verdict(world->create_blackout(
              {.resource_id = id, .start_date = d, .end_date = d, .idempotency_token = token})) ==
          bad);
    CHECK(verdict(world->delete_blackout(
              {.blackout_id = nobody.blackout, .idempotency_token = token})) == bad);
  }
}

TEST_CASE("ttl, pages, cleanup and prune keep their bounds") {
  EACH_BACKEND(db);
  using std::chrono::milliseconds;
  World world(db, {.max_hold_lifetime = std::chrono::hours(24 * 60)});
  const auto id = world.tour(1000);
  const auto create = [&](milliseconds ttl) {
    return verdict(world->create_hold({.resource_id = id, .dates = {day(0)}, .ttl = ttl}));
  };
  const Hold hold = world.hold(id, {day(0)});
  const auto extend = [&](milliseconds ttl) {
    return verdict(world->extend_hold({.hold_id = hold.id, .ttl = ttl}));
  };
  const milliseconds most = std::chrono::hours(24 * 31);
  for (const auto& call : {std::function(create), std::function(extend)}) {
    CHECK(call(milliseconds(1)) == "ACCEPTED");
    CHECK(call(most) == "ACCEPTED");
    for (const auto bad : {milliseconds(0), milliseconds(-1), most + milliseconds(1),
                           milliseconds::max(), milliseconds::min()}) {
      CHECK(call(bad) == invalid("ttl"));
    }
  }
  CHECK(verdict(world->create_holds(
            {.items = {{id, {day(0)}, 1}}, .ttl = most + milliseconds(1)})) == invalid("ttl"));

  const auto lists = [&](std::int32_t limit) {
    const auto one = verdict(world->list_resources({.limit = limit}));
    CHECK(verdict(world->list_holds({.limit = limit})) == one);
    CHECK(verdict(world->list_allocations({.limit = limit})) == one);
    CHECK(verdict(world->list_blackouts({.limit = limit})) == one);
    return one;
  };
  CHECK(lists(1) == "ACCEPTED");
  CHECK(lists(1000) == "ACCEPTED");
  for (const auto bad : {0, -1, 1001, kMinInt, kMaxInt}) CHECK(lists(bad) == invalid("limit"));

  const auto cleanup = [&](std::int64_t limit) {
    return verdict(world->cleanup_expired_holds({.limit = limit}));
  };
  CHECK(cleanup(1) == "ACCEPTED");
  CHECK(cleanup(1'000'000'000) == "ACCEPTED");
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'000'000'001},
                                 std::numeric_limits<std::int64_t>::max()}) {
    CHECK(cleanup(bad) == invalid("limit"));
  }
  using std::chrono::hours;
  const auto prune = [&](hours age) { return verdict(world->prune({.older_than = age})); };
  CHECK(prune(hours(24)) == "ACCEPTED");
  CHECK(prune(hours(24 * 36600)) == "ACCEPTED");
  for (const auto bad : {hours(23), hours(0), hours(-24), hours(24 * 36600 + 1), hours::max()}) {
    CHECK(prune(bad) == invalid("older_than"));
  }
}

TEST_CASE("A hold may not be asked to live longer than holds may") {
  EACH_BACKEND(db);
  World world(db, {.max_hold_lifetime = std::chrono::minutes(45)});
  const auto id = world.tour();
  const auto create = [&](std::chrono::milliseconds ttl) {
    return verdict(world->create_hold({.resource_id = id, .dates = {day(0)}, .ttl = ttl}));
  };
  CHECK(create(std::chrono::minutes(45)) == "ACCEPTED");
  CHECK(create(std::chrono::minutes(45) + std::chrono::milliseconds(1)) == invalid("ttl"));
}
