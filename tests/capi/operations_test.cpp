// One story through every operation: blocking and by submit and drain, on memory and SQLite, with
// one transcript. transcript.txt is what it must be; HOLDFAST_WRITE_TRANSCRIPT=1 writes it anew.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "harness.hpp"
#include "transcript.hpp"

namespace holdfast::test {
namespace {

class Story {
 public:
  Story(std::string_view uri, bool by_submit)
      : by_submit_(by_submit), clock_(kStart), engine_(options(uri)) {}

  std::string tell() {
    resources();
    capacity();
    holds();
    groups();
    bookings();
    blackouts();
    housekeeping();
    return transcript_.all();
  }

 private:
  static constexpr holdfast_instant kSecond = 1'000'000;

  holdfast_options options(std::string_view uri) {
    auto out = options_for(uri);
    out.hold_ttl_ms = 60'000;
    out.clock_user_data = this;
    out.clock = [](void* self) { return static_cast<Story*>(self)->clock_; };
    return out;
  }

  // Each step a second later, so that lists have one order.
  template <class Request, class Call, class Submit>
  const holdfast_result* step(const std::string& name, Call call, Submit submit,
                              const Request& request) {
    clock_ += kSecond;
    kept_.push_back(by_submit_ ? submitted(submit, request) : ask(call, engine_, request));
    transcript_.add(name, kept_.back().get());
    return kept_.back().get();
  }
#define STEP(name, request) step(#name, holdfast_##name, holdfast_##name##_submit, request)

  template <class Request, class Submit>
  ResultPtr submitted(Submit submit, const Request& request) {
    auto error = no_error();
    if (submit(engine_, &request, ++tag_, &error) != HOLDFAST_STATUS_OK) {
      throw std::runtime_error(describe(error));
    }
    holdfast_completion done{};
    for (std::size_t count = 0; count == 0; std::this_thread::yield()) {
      if (holdfast_drain(engine_, &done, 1, &count, &error) != HOLDFAST_STATUS_OK) {
        throw std::runtime_error(describe(error));
      }
    }
    if (done.error.status != HOLDFAST_STATUS_OK) throw std::runtime_error(describe(done.error));
    if (done.tag != tag_) throw std::runtime_error("another's tag");
    return ResultPtr(done.result);
  }

  std::string create_resource(const char* type, const char* name, const char* token) {
    auto r = sized<holdfast_create_resource_request>();
    r.type = str(type);
    r.name = str(name);
    r.description = HOLDFAST_STR("Wet \xE2\x82\xAC 5");
    r.metadata = HOLDFAST_STR("{\"seats\": 5}");
    r.timezone = HOLDFAST_STR("Australia/Melbourne");
    r.idempotency_token = str(token);
    return text(holdfast_result_resources(STEP(create_resource, r), nullptr)[0].id);
  }

  holdfast_create_hold_request hold_of(const std::string& id, const std::vector<holdfast_date>& on,
                                       std::int32_t quantity, const char* token) {
    auto r = sized<holdfast_create_hold_request>();
    r.resource_id = str(id);
    r.dates = on.data();
    r.dates_count = on.size();
    r.quantity = quantity;
    r.idempotency_token = str(token);
    r.customer_email = HOLDFAST_STR("ann@example.com");
    return r;
  }

  void resources() {
    STEP(migrate, sized<holdfast_migrate_request>());
    tour_ = create_resource("TOUR", "Reef", "t-tour");
    create_resource("TOUR", "Reef", "t-tour");
    guide_ = create_resource("GUIDE", "Kim", "t-guide");
    auto update = sized<holdfast_update_resource_request>();
    update.resource_id = str(tour_);
    update.name = HOLDFAST_STR("Outer reef");
    update.description = {"", 0};
    STEP(update_resource, update);
    auto none = sized<holdfast_retrieve_resource_request>();
    none.resource_id = HOLDFAST_STR("res_00000000000000000000000000");
    STEP(retrieve_resource, none);
    none.resource_id = str(tour_);
    STEP(retrieve_resource, none);
    auto remove = sized<holdfast_delete_resource_request>();
    remove.resource_id = str(guide_);
    STEP(delete_resource, remove);
    auto list = sized<holdfast_list_resources_request>();
    list.text = HOLDFAST_STR("REEF");
    STEP(list_resources, list);
    list = sized<holdfast_list_resources_request>();
    list.include_deleted = 1;
    list.limit = 1;
    const std::string next = text(holdfast_result_next(STEP(list_resources, list)));
    list.after = str(next);
    STEP(list_resources, list);
    auto restore = sized<holdfast_restore_resource_request>();
    restore.resource_id = str(guide_);
    STEP(restore_resource, restore);
  }

  void capacity() {
    auto fill = sized<holdfast_initialize_capacity_request>();
    fill.resource_id = str(tour_);
    fill.start_date = days_[0];
    fill.end_date = days_[0] + 6;
    fill.daily_capacity = 4;
    fill.weekdays = HOLDFAST_MONDAY | HOLDFAST_TUESDAY | HOLDFAST_WEDNESDAY | HOLDFAST_THURSDAY |
                    HOLDFAST_FRIDAY;
    STEP(initialize_capacity, fill);
    fill.resource_id = str(guide_);
    fill.weekdays = 0;
    fill.daily_capacity = 1;
    STEP(initialize_capacity, fill);
    fill.on_existing = HOLDFAST_ON_EXISTING_REPLACE;
    fill.daily_capacity = 2;
    STEP(initialize_capacity, fill);
    auto adjust = sized<holdfast_adjust_capacity_request>();
    adjust.resource_id = str(tour_);
    adjust.dates = days_.data();
    adjust.dates_count = 2;
    adjust.delta = -1;
    STEP(adjust_capacity, adjust);
    adjust.delta = -5;
    STEP(adjust_capacity, adjust);
    auto check = sized<holdfast_check_availability_request>();
    check.resource_id = str(tour_);
    check.start_date = days_[0];
    check.end_date = days_[0] + 6;
    check.quantity = 4;
    STEP(check_availability, check);
    auto search = sized<holdfast_search_availability_request>();
    const holdfast_str ids[] = {str(tour_), str(guide_)};
    search.resource_ids = ids;
    search.resource_ids_count = 2;
    search.start_date = days_[0];
    search.end_date = days_[0] + 3;
    search.quantity = 1;
    search.consecutive_days = 3;
    STEP(search_availability, search);
  }

  void holds() {
    const std::vector<holdfast_date> two{days_[1], days_[0]};
    auto r = hold_of(tour_, two, 2, "t-hold");
    r.holder = HOLDFAST_STR("cart-1");
    const std::string hold = text(holdfast_result_holds(STEP(create_hold, r), nullptr)[0].id);
    STEP(create_hold, r);
    r.quantity = 1;
    STEP(create_hold, r);
    STEP(create_hold, hold_of(tour_, two, 2, "t-none"));
    auto extend = sized<holdfast_extend_hold_request>();
    extend.hold_id = str(hold);
    extend.ttl_ms = 120'000;
    STEP(extend_hold, extend);
    extend.holder = HOLDFAST_STR("cart-1");
    STEP(extend_hold, extend);
    const std::vector<holdfast_date> other{days_[2]};
    auto move = sized<holdfast_move_hold_request>();
    move.hold_id = str(hold);
    move.dates = other.data();
    move.dates_count = other.size();
    move.as_host = 1;
    move.idempotency_token = HOLDFAST_STR("t-move");
    STEP(move_hold, move);
    auto find = sized<holdfast_retrieve_hold_request>();
    find.hold_id = str(hold);
    STEP(retrieve_hold, find);
    find.as_host = 1;
    STEP(retrieve_hold, find);
    auto release = sized<holdfast_release_hold_request>();
    release.hold_id = str(hold);
    release.as_host = 1;
    STEP(release_hold, release);
    STEP(release_hold, release);
  }

  void groups() {
    holdfast_hold_item items[] = {sized<holdfast_hold_item>(), sized<holdfast_hold_item>()};
    items[0].resource_id = str(tour_);
    items[0].dates = days_.data();
    items[0].dates_count = 3;
    items[0].quantity = 1;
    items[1] = items[0];
    items[1].resource_id = str(guide_);
    items[1].dates_count = 1;
    auto create = sized<holdfast_create_holds_request>();
    create.items = items;
    create.items_count = 2;
    create.idempotency_token = HOLDFAST_STR("t-group");
    create.ttl_ms = 300'000;
    const holdfast_result* group = STEP(create_holds, create);
    const holdfast_hold* made = holdfast_result_holds(group, nullptr);
    const holdfast_str ids[] = {made[0].id, made[1].id};
    auto extend = sized<holdfast_extend_holds_request>();
    extend.hold_ids = ids;
    extend.hold_ids_count = 2;
    extend.ttl_ms = 600'000;
    STEP(extend_holds, extend);
    auto list = sized<holdfast_list_holds_request>();
    list.group_id = holdfast_result_group_id(group);
    list.resource_id = str(guide_);
    list.has_status = 1;
    list.status = HOLDFAST_HOLD_ACTIVE;
    STEP(list_holds, list);
    list.status = HOLDFAST_HOLD_RELEASED;
    STEP(list_holds, list);
    auto confirm = sized<holdfast_confirm_holds_request>();
    confirm.hold_ids = ids;
    confirm.hold_ids_count = 2;
    confirm.order_id = HOLDFAST_STR("order-1");
    confirm.line_item_id = HOLDFAST_STR("line-1");
    STEP(confirm_holds, confirm);
    STEP(confirm_holds, confirm);
    auto release = sized<holdfast_release_holds_request>();
    release.hold_ids = ids;
    release.hold_ids_count = 2;
    STEP(release_holds, release);
    items[0].quantity = 1000;
    create.idempotency_token = HOLDFAST_STR("t-large");
    STEP(create_holds, create);
  }

  void bookings() {
    const std::vector<holdfast_date> on{days_[4]};
    const std::vector<holdfast_date> to{days_[3], days_[4]};
    const holdfast_result* held = STEP(create_hold, hold_of(tour_, on, 2, "t-book"));
    const std::string hold = text(holdfast_result_holds(held, nullptr)[0].id);
    auto confirm = sized<holdfast_confirm_hold_request>();
    confirm.hold_id = str(hold);
    confirm.order_id = HOLDFAST_STR("order-2");
    confirm.line_item_id = HOLDFAST_STR("line-2");
    const holdfast_result* booked = STEP(confirm_hold, confirm);
    const std::string allocation = text(holdfast_result_allocations(booked, nullptr)[0].id);
    confirm.order_id = HOLDFAST_STR("order-3");
    STEP(confirm_hold, confirm);
    auto move = sized<holdfast_move_allocation_request>();
    move.allocation_id = str(allocation);
    move.dates = to.data();
    move.dates_count = to.size();
    move.quantity = 3;
    move.idempotency_token = HOLDFAST_STR("t-rebook");
    STEP(move_allocation, move);
    auto list = sized<holdfast_list_allocations_request>();
    list.resource_id = str(tour_);
    list.has_start_date = 1;
    list.has_end_date = 1;
    list.start_date = days_[4];
    list.end_date = days_[6];
    list.has_status = 1;
    STEP(list_allocations, list);
    auto report = sized<holdfast_get_capacity_report_request>();
    report.resource_id = str(tour_);
    report.start_date = days_[0];
    report.end_date = days_[4];
    STEP(get_capacity_report, report);
    auto cancel = sized<holdfast_cancel_allocation_request>();
    cancel.order_id = HOLDFAST_STR("order-2");
    STEP(cancel_allocation, cancel);
    cancel = sized<holdfast_cancel_allocation_request>();
    cancel.allocation_id = str(allocation);
    STEP(cancel_allocation, cancel);
    STEP(move_allocation, move);
  }

  void blackouts() {
    auto create = sized<holdfast_create_blackout_request>();
    create.resource_id = str(tour_);
    create.start_date = days_[2];
    create.end_date = days_[3];
    create.reason = HOLDFAST_STR("cyclone");
    STEP(create_blackout, create);
    create.on_conflict = HOLDFAST_ON_CONFLICT_KEEP;
    const holdfast_result* made = STEP(create_blackout, create);
    const std::string blackout = text(holdfast_result_blackouts(made, nullptr)[0].id);
    STEP(create_hold, hold_of(tour_, {days_[3]}, 1, "t-storm"));
    auto list = sized<holdfast_list_blackouts_request>();
    list.resource_id = str(tour_);
    list.has_start_date = 1;
    list.has_end_date = 1;
    list.start_date = days_[3];
    list.end_date = days_[5];
    STEP(list_blackouts, list);
    auto remove = sized<holdfast_delete_blackout_request>();
    remove.blackout_id = str(blackout);
    STEP(delete_blackout, remove);
    STEP(delete_blackout, remove);
  }

  void housekeeping() {
    const std::vector<holdfast_date> on{days_[0]};
    const holdfast_result* held = STEP(create_hold, hold_of(guide_, on, 1, "t-late"));
    const std::string late = text(holdfast_result_holds(held, nullptr)[0].id);
    clock_ += 61 * kSecond;
    STEP(cleanup_expired_holds, sized<holdfast_cleanup_expired_holds_request>());
    STEP(create_hold, hold_of(guide_, on, 1, "t-taken"));
    auto confirm = sized<holdfast_confirm_hold_request>();
    confirm.hold_id = str(late);
    confirm.order_id = HOLDFAST_STR("order-4");
    STEP(confirm_hold, confirm);
    confirm.if_expired = HOLDFAST_IF_EXPIRED_RECLAIM;
    STEP(confirm_hold, confirm);
    auto prune = sized<holdfast_prune_request>();
    prune.older_than_hours = 48;
    prune.erase_customer_email = HOLDFAST_STR("ann@example.com");
    STEP(prune, prune);
    prune.older_than_hours = 1;
    STEP(prune, prune);
    STEP(verify, sized<holdfast_verify_request>());
    const holdfast_str ids[] = {str(guide_)};
    auto metrics = sized<holdfast_metrics_request>();
    metrics.resource_ids = ids;
    metrics.resource_ids_count = 1;
    STEP(metrics, metrics);
  }

  bool by_submit_;
  holdfast_instant clock_;
  OpenEngine engine_;
  Transcript transcript_;
  std::vector<ResultPtr> kept_;
  std::uint64_t tag_ = 0;
  std::string tour_;
  std::string guide_;
  // Monday to Sunday.
  const std::vector<holdfast_date> days_ = {day("2026-07-06"), day("2026-07-07"), day("2026-07-08"),
                                            day("2026-07-09"), day("2026-07-10"), day("2026-07-11"),
                                            day("2026-07-12")};
};

std::string read_file(const char* path) {
  std::ifstream file(path);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

TEST_CASE("one story through every operation has one transcript") {
  const Folder folder;
  const bool by_submit = GENERATE(false, true);
  const std::string uri = GENERATE(as<std::string>(), "memory:", "sqlite:");
  INFO(uri << (by_submit ? " by submit" : " blocking"));
  const std::string told =
      Story(uri == "sqlite:" ? uri + folder.path() + "/a.db" : uri, by_submit).tell();
  if (std::getenv("HOLDFAST_WRITE_TRANSCRIPT") != nullptr && uri == "memory:" && !by_submit) {
    std::ofstream(HOLDFAST_TRANSCRIPT) << told;
  }
  CHECK(told == read_file(HOLDFAST_TRANSCRIPT));
}

}  // namespace
}  // namespace holdfast::test
