// What a caller must not do is answered with MISUSE and the field's name, and nothing is done.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "harness.hpp"

namespace holdfast::test {
namespace {

template <class Request>
using Call = holdfast_status (*)(holdfast_engine, const Request*, holdfast_result**,
                                 holdfast_error*);
template <class Request>
using Submit = holdfast_status (*)(holdfast_engine, const Request*, std::uint64_t, holdfast_error*);

// Refused in both forms, with `word` in the message.
template <class Request>
void check_refused(holdfast_engine engine, Call<Request> call, Submit<Request> submit,
                   const Request* request, const std::string& word) {
  auto error = no_error();
  auto* result = reinterpret_cast<holdfast_result*>(&error);
  CHECK(call(engine, request, &result, &error) == HOLDFAST_STATUS_MISUSE);
  CHECK(result == nullptr);
  CHECK(error.status == HOLDFAST_STATUS_MISUSE);
  CHECK(error.retry == HOLDFAST_RETRY_NEVER);
  CHECK_THAT(std::string(error.message), Catch::Contains(word));
  error = no_error();
  CHECK(submit(engine, request, 1, &error) == HOLDFAST_STATUS_MISUSE);
  CHECK_THAT(std::string(error.message), Catch::Contains(word));
}

template <class Request>
constexpr bool kMayBeNull = std::is_same_v<Request, holdfast_migrate_request> ||
                            std::is_same_v<Request, holdfast_verify_request> ||
                            std::is_same_v<Request, holdfast_metrics_request> ||
                            std::is_same_v<Request, holdfast_cleanup_expired_holds_request>;

// What holds for every request, whatever is in it.
template <class Request>
void check_envelope(holdfast_engine engine, Call<Request> call, Submit<Request> submit) {
  struct {
    Request request;
    unsigned char more[64];
  } longer{};
  static_assert(offsetof(decltype(longer), more) == sizeof(Request));
  if (!kMayBeNull<Request>) check_refused<Request>(engine, call, submit, nullptr, "request");
  for (const std::uint32_t size :
       {std::uint32_t{0}, std::uint32_t{4}, std::uint32_t{sizeof(Request) - 1}, std::uint32_t{4097},
        std::numeric_limits<std::uint32_t>::max()}) {
    longer.request.struct_size = size;
    check_refused<Request>(engine, call, submit, &longer.request, "struct_size");
  }
  longer.request.struct_size = sizeof longer;
  longer.more[63] = 1;
  check_refused<Request>(engine, call, submit, &longer.request, "struct_size");

  const auto request = sized<Request>();
  CHECK(call(engine, &request, nullptr, nullptr) == HOLDFAST_STATUS_MISUSE);
  holdfast_result* result = nullptr;
  auto error = no_error();
  error.struct_size = sizeof error - 1;
  std::strcpy(error.message, "untouched");
  CHECK(call(engine, &request, &result, &error) == HOLDFAST_STATUS_MISUSE);
  CHECK(submit(engine, &request, 1, &error) == HOLDFAST_STATUS_MISUSE);
  CHECK(std::string(error.message) == "untouched");
  CHECK(call(0, &request, &result, nullptr) == HOLDFAST_STATUS_MISUSE);
  CHECK(submit(0, &request, 1, nullptr) == HOLDFAST_STATUS_MISUSE);
}

TEST_CASE("every operation refuses NULL, wrong sizes and a field it does not know") {
  const OpenEngine engine;
#define CHECK_ENVELOPE(name)                                                                      \
  SECTION(#name) {                                                                                \
    check_envelope<holdfast_##name##_request>(engine, holdfast_##name, holdfast_##name##_submit); \
  }
  HOLDFAST_EACH_OPERATION(CHECK_ENVELOPE)
#undef CHECK_ENVELOPE
}

TEST_CASE("a longer struct with zeros at its end is the same request") {
  const OpenEngine engine;
  const std::string id = make_resource(engine, 3);
  struct {
    holdfast_retrieve_resource_request request;
    unsigned char more[64];
  } longer{};
  longer.request.struct_size = sizeof longer;
  longer.request.resource_id = str(id);
  const ResultPtr result = ask(holdfast_retrieve_resource, engine, longer.request);
  CHECK(holdfast_result_outcome(result.get()) == HOLDFAST_OUTCOME_ACCEPTED);
}

template <class Request, class Change>
void check_field(holdfast_engine engine, Call<Request> call, Submit<Request> submit,
                 const std::string& word, Change change) {
  auto request = sized<Request>();
  change(request);
  INFO(word);
  check_refused<Request>(engine, call, submit, &request, word);
}

#define CHECK_FIELD(name, word, ...)                                                              \
  check_field<holdfast_##name##_request>(engine, holdfast_##name, holdfast_##name##_submit, word, \
                                         [&](holdfast_##name##_request& r) { __VA_ARGS__; })

TEST_CASE("a string that is none is refused by name") {
  const OpenEngine engine;
  const std::string large((std::size_t{1} << 20) + 1, 'x');
  CHECK_FIELD(create_hold, "resource_id", r.resource_id = {nullptr, 3});
  CHECK_FIELD(create_hold, "holder", r.holder = str("\xC0\x80"));
  CHECK_FIELD(create_hold, "idempotency_token", r.idempotency_token = {"a\0b", 3});
  CHECK_FIELD(create_hold, "customer_email", r.customer_email = str(large));
  CHECK_FIELD(create_resource, "metadata", r.metadata = str("{\"a\":\"\xED\xA0\x80\"}"));
  CHECK_FIELD(update_resource, "name", r.name = str("\xFF"));
  CHECK_FIELD(list_holds, "after", r.after = str("\x80"));
  CHECK_FIELD(prune, "erase_customer_email", r.erase_customer_email = {"\0", 1});
}

TEST_CASE("a size that lies is refused before anything is read") {
  const OpenEngine engine;
  const std::size_t huge = std::numeric_limits<std::size_t>::max();
  const holdfast_date one_day = 0;
  const holdfast_str one_id = HOLDFAST_STR("x");
  const auto one_item = sized<holdfast_hold_item>();
  CHECK_FIELD(create_hold, "resource_id", r.resource_id = {"x", huge});
  CHECK_FIELD(create_hold, "dates", r.dates = &one_day; r.dates_count = huge);
  CHECK_FIELD(create_hold, "dates", r.dates_count = 1);
  CHECK_FIELD(move_hold, "dates", r.dates = &one_day; r.dates_count = 4097);
  CHECK_FIELD(move_allocation, "dates", r.dates_count = 2);
  CHECK_FIELD(adjust_capacity, "dates", r.dates = &one_day; r.dates_count = huge / 4);
  CHECK_FIELD(extend_holds, "hold_ids", r.hold_ids = &one_id; r.hold_ids_count = huge);
  CHECK_FIELD(confirm_holds, "hold_ids", r.hold_ids_count = 1);
  CHECK_FIELD(release_holds, "hold_ids", r.hold_ids_count = huge / 16);
  CHECK_FIELD(search_availability, "resource_ids", r.resource_ids = &one_id;
              r.resource_ids_count = huge);
  CHECK_FIELD(metrics, "resource_ids", r.resource_ids_count = 1);
  CHECK_FIELD(create_holds, "items", r.items = &one_item; r.items_count = huge);
  CHECK_FIELD(create_holds, "items", r.items_count = 1);
  holdfast_hold_item unequal[3] = {one_item, one_item, {}};
  unequal[1].struct_size += 8;
  CHECK_FIELD(create_holds, "struct_size", r.items = unequal; r.items_count = 2);
  CHECK_FIELD(update_resource, "name", r.name = {nullptr, 1});
}

TEST_CASE("one string sent many times does not take memory many times") {
  const OpenEngine engine;
  const std::string large(std::size_t{1} << 20, 'x');
  const std::vector<holdfast_str> ids(4096, str(large));
  CHECK_FIELD(metrics, "resource_ids[4]", r.resource_ids = ids.data();
              r.resource_ids_count = ids.size());
  const std::vector<holdfast_date> dates(4096, 0);
  auto item = sized<holdfast_hold_item>();
  item.dates = dates.data();
  item.dates_count = dates.size();
  const std::vector<holdfast_hold_item> items(17, item);
  CHECK_FIELD(create_holds, "items[16].dates", r.items = items.data();
              r.items_count = items.size());
}

TEST_CASE("an element of an array is refused by its number") {
  const OpenEngine engine;
  const holdfast_str ids[] = {HOLDFAST_STR("a"), str("\xFF")};
  CHECK_FIELD(release_holds, "hold_ids[1]", r.hold_ids = ids; r.hold_ids_count = 2);
  holdfast_hold_item items[] = {sized<holdfast_hold_item>(), sized<holdfast_hold_item>()};
  items[1].resource_id = {"\0", 1};
  CHECK_FIELD(create_holds, "items[1].resource_id", r.items = items; r.items_count = 2);
  items[1].struct_size = 0;
  CHECK_FIELD(create_holds, "struct_size", r.items = items; r.items_count = 2);
  items[0].struct_size = sizeof items[0] + 4;
  CHECK_FIELD(create_holds, "struct_size", r.items = items; r.items_count = 2);
}

TEST_CASE("a value that is none is refused by name") {
  const OpenEngine engine;
  for (const std::int32_t odd : {-1, 9, std::numeric_limits<std::int32_t>::min(),
                                 std::numeric_limits<std::int32_t>::max()}) {
    CHECK_FIELD(create_resource, "is_active", r.is_active = odd);
    CHECK_FIELD(list_resources, "include_deleted", r.include_deleted = odd);
    CHECK_FIELD(initialize_capacity, "on_existing", r.on_existing = odd);
    CHECK_FIELD(confirm_hold, "if_expired", r.if_expired = odd);
    CHECK_FIELD(confirm_holds, "as_host", r.as_host = odd);
    CHECK_FIELD(retrieve_hold, "as_host", r.as_host = odd);
    CHECK_FIELD(create_blackout, "on_conflict", r.on_conflict = odd);
    CHECK_FIELD(list_holds, "status", r.has_status = odd);
    CHECK_FIELD(list_holds, "status", r.has_status = 1; r.status = odd);
    CHECK_FIELD(list_allocations, "status", r.has_status = 1; r.status = odd);
    CHECK_FIELD(list_allocations, "start_date", r.has_start_date = odd);
  }
  CHECK_FIELD(initialize_capacity, "weekdays", r.weekdays = 128);
  CHECK_FIELD(migrate, "reserved", r.reserved = 1);
  CHECK_FIELD(confirm_hold, "reserved", r.reserved = 1);
}

TEST_CASE("a filter whose has_ field was forgotten is refused, not dropped") {
  const OpenEngine engine;
  CHECK_FIELD(list_holds, "status", r.status = HOLDFAST_HOLD_EXPIRED);
  CHECK_FIELD(list_allocations, "end_date", r.end_date = 20000);
  CHECK_FIELD(list_blackouts, "start_date", r.start_date = 20000);
}

TEST_CASE("what only the engine's rules forbid is an outcome, not a misuse") {
  const OpenEngine engine;
  const std::string id = make_resource(engine, 3);
  const holdfast_date dates[] = {day("2026-07-01")};
  auto request = sized<holdfast_create_hold_request>();
  request.resource_id = str(id);
  request.dates = dates;
  request.dates_count = 1;
  for (const std::int32_t odd : {0, -1, std::numeric_limits<std::int32_t>::min(),
                                 std::numeric_limits<std::int32_t>::max()}) {
    request.quantity = odd;
    const ResultPtr result = ask(holdfast_create_hold, engine, request);
    CHECK(holdfast_result_outcome(result.get()) == HOLDFAST_OUTCOME_INVALID_ARGUMENT);
    const holdfast_rejection* rejection = holdfast_result_rejection(result.get());
    REQUIRE(rejection != nullptr);
    CHECK(text(rejection->field) == "quantity");
  }
  request.quantity = 1;
  for (const std::int64_t odd : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int64_t>::max()}) {
    request.ttl_ms = odd;
    CHECK(holdfast_result_outcome(ask(holdfast_create_hold, engine, request).get()) ==
          HOLDFAST_OUTCOME_INVALID_ARGUMENT);
  }
  request.ttl_ms = 0;
  for (const holdfast_date odd :
       {std::numeric_limits<holdfast_date>::min(), std::numeric_limits<holdfast_date>::max()}) {
    request.dates = &odd;
    CHECK(holdfast_result_outcome(ask(holdfast_create_hold, engine, request).get()) ==
          HOLDFAST_OUTCOME_INVALID_ARGUMENT);
  }
}

void check_not_opened(const holdfast_options* options, holdfast_status status,
                      const std::string& word) {
  holdfast_engine engine = 77;
  auto error = no_error();
  CHECK(holdfast_open(options, &engine, &error) == status);
  CHECK(engine == 0);
  CHECK(error.status == status);
  CHECK_THAT(std::string(error.message), Catch::Contains(word));
}

TEST_CASE("open refuses what it cannot read") {
  check_not_opened(nullptr, HOLDFAST_STATUS_MISUSE, "options");
  auto options = options_for("memory:");
  CHECK(holdfast_open(&options, nullptr, nullptr) == HOLDFAST_STATUS_MISUSE);
  for (const std::uint32_t size : {0u, 4u, 8u, 119u, 4097u}) {
    options.struct_size = size;
    check_not_opened(&options, HOLDFAST_STATUS_MISUSE, "struct_size");
  }
  options = options_for("memory:");
  options.abi_version = 2;
  check_not_opened(&options, HOLDFAST_STATUS_MISUSE,
                   "abi_version: the caller has 2, the library 1");
  options = options_for("memory:");
  options.uri = {"memory:\0", 8};
  check_not_opened(&options, HOLDFAST_STATUS_MISUSE, "uri");
  options = options_for("memory:");
  options.reserved = 1;
  check_not_opened(&options, HOLDFAST_STATUS_MISUSE, "reserved");
}

TEST_CASE("open says what is wrong with an address or an option") {
  for (const char* uri : {"", "nonsense", "mysql:x", "memory:x"}) {
    const auto options = options_for(uri);
    check_not_opened(&options, HOLDFAST_STATUS_CONFIGURATION, "");
  }
  auto options = options_for("memory:");
  options.lanes = -1;
  check_not_opened(&options, HOLDFAST_STATUS_CONFIGURATION, "lanes");
  options = options_for("memory:");
  options.timezone = HOLDFAST_STR("Nowhere/At_All");
  check_not_opened(&options, HOLDFAST_STATUS_CONFIGURATION, "");
}

TEST_CASE("accessors take NULL and a result that has not what they look for") {
  const OpenEngine engine;
  const ResultPtr other(ask(holdfast_verify, engine, sized<holdfast_verify_request>()));
  for (const holdfast_result* result : {static_cast<const holdfast_result*>(nullptr),
                                        static_cast<const holdfast_result*>(other.get())}) {
    std::size_t count = 77;
    CHECK(holdfast_result_resources(result, &count) == nullptr);
    CHECK(count == 0);
    CHECK(holdfast_result_capacities(result, nullptr) == nullptr);
    CHECK(holdfast_result_holds(result, &count) == nullptr);
    CHECK(holdfast_result_allocations(result, &count) == nullptr);
    CHECK(holdfast_result_blackouts(result, &count) == nullptr);
    CHECK(holdfast_result_availabilities(result, &count) == nullptr);
    CHECK(holdfast_result_reports(result, &count) == nullptr);
    CHECK(holdfast_result_conflicts(result, &count) == nullptr);
    CHECK(holdfast_result_violations(result, &count) == nullptr);
    CHECK(holdfast_result_rejection(result) == nullptr);
    CHECK(holdfast_result_metrics(result) == nullptr);
    CHECK(holdfast_result_prometheus(result).size == 0);
    CHECK(holdfast_result_prometheus(result).data != nullptr);
    CHECK(holdfast_result_group_id(result).data != nullptr);
    CHECK(holdfast_result_next(result).data != nullptr);
    CHECK(holdfast_result_replayed(result) == 0);
  }
  CHECK(holdfast_result_counts(nullptr) == nullptr);
  CHECK(holdfast_result_outcome(nullptr) == -1);
  holdfast_result_free(nullptr);
}

}  // namespace
}  // namespace holdfast::test
