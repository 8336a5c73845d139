// Texts of a customer's that look like SQL, a format, a path or a terminal's command are texts.
#include <array>

#include "shop.hpp"

namespace holdfast::test {
namespace {

constexpr std::array<const char*, 10> kHostile = {
    "'; DROP TABLE holdfast.resource_holds; --",
    "x' OR '1'='1",
    "\"; DELETE FROM resource_holds; --",
    "$1::text) OR TRUE --",
    "?4' OR ?4 = '",
    "\\'; SELECT pg_sleep(10); --",
    "%s%n%x {} {0}",
    "../../etc/passwd",
    "\x1b]0;owned\x07 \x1b[2J",
    "\xef\xbc\x87 OR 1=1 \xe2\x80\xae",
};

}  // namespace

TEST_CASE("Hostile texts come back as they were, find only themselves and change nothing else") {
  EACH_BACKEND(db);
  const auto engine = migrated(db.uri());
  const std::string bystander = add_resource(*engine, 50);
  const Hold untouched = hold(*engine, bystander);
  for (const std::string text : kHostile) {
    INFO("text: " << text);
    const auto resource = accepted(engine->create_resource({.type = "TOUR",
                                                            .name = text,
                                                            .description = text,
                                                            .timezone = "UTC",
                                                            .idempotency_token = text}))
                              .resource;
    CHECK(resource.name == text);
    CHECK(resource.description == text);
    (void)accepted(engine->initialize_capacity({.resource_id = resource.id,
                                                .start_date = future(0),
                                                .end_date = future(9),
                                                .daily_capacity = 5,
                                                .idempotency_token = text}));
    CreateHold request = hold_request(resource.id, 0, text);
    request.customer_email = text;
    request.holder = text;
    const Hold made = accepted(engine->create_hold(request)).hold;
    CHECK(made.customer_email == text);
    CHECK(made.holder == text);
    CHECK(accepted(engine->create_hold(request)).replayed);
    const auto found = accepted(engine->list_holds({.customer_email = text})).items;
    REQUIRE(found.size() == 1);
    CHECK(found[0].id == made.id);
    CHECK(accepted(engine->list_resources({.text = text})).items.size() == 1);
    const auto booked = accepted(engine->confirm_hold(
        {.hold_id = made.id, .order_id = text, .line_item_id = text, .holder = text}));
    CHECK(booked.allocation.order_id == text);
    CHECK(
        accepted(engine->list_allocations({.order_id = text, .line_item_id = text})).items.size() ==
        1);
    const auto closed = accepted(engine->create_blackout({.resource_id = resource.id,
                                                          .start_date = future(5),
                                                          .end_date = future(6),
                                                          .reason = text}));
    CHECK(closed.blackout.reason == text);
    CHECK(accepted(engine->cancel_allocation({.order_id = text})).allocations.size() == 1);
    CHECK(accepted(engine->prune({.erase_customer_email = text})).emails_erased == 1);
    for (const std::string& id : {text, "hold_" + text, made.id + text}) {
      CHECK(must(engine->retrieve_hold({.hold_id = id, .as_host = true})).outcome() !=
            Outcome::kAccepted);
    }
  }
  CHECK(accepted(engine->retrieve_hold({.hold_id = untouched.id})).hold.status ==
        HoldStatus::kActive);
  CHECK(available(*engine, bystander) == 49);
  CHECK(unsound(*engine).empty());
}

}  // namespace holdfast::test
