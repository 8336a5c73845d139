// initialize and adjust; availability, search and the report.
#include <cmath>

#include "operations/world.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

InitializeCapacity initialize(const std::string& id, int first, int last, std::int32_t capacity) {
  return {.resource_id = id,
          .start_date = day(first),
          .end_date = day(last),
          .daily_capacity = capacity};
}

// `2027-03-01 10/7 -` : max, available, reason.
std::vector<std::string> lines(const Availability& availability) {
  std::vector<std::string> out;
  for (const auto& d : availability.days) {
    out.push_back(to_string(d.date) + " " + std::to_string(d.max_capacity) + "/" +
                  std::to_string(d.available_capacity) + " " +
                  (d.is_available ? "yes" : name(d.reason)));
    CHECK(d.is_available == (d.reason == Unavailable::kNone));
  }
  return out;
}

}  // namespace

TEST_CASE("Initialize sets the days of a range, and keep leaves the ones that are there") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  auto answer = accepted(world->initialize_capacity(initialize(id, 0, 2, 5)));
  CHECK(answer.days_created == 3);
  CHECK(answer.days_changed == 0);
  CHECK_FALSE(answer.replayed);
  answer = accepted(world->initialize_capacity(initialize(id, 1, 4, 9)));
  CHECK(answer.days_created == 2);
  CHECK(answer.days_changed == 0);
  const auto days = accepted(world->check_availability(
      {.resource_id = id, .start_date = day(-1), .end_date = day(5), .quantity = 6}));
  CHECK(days.resource_id == id);
  CHECK(lines(days) ==
        std::vector<std::string>{"2027-02-28 0/0 NO_CAPACITY_SET", "2027-03-01 5/5 SOLD_OUT",
                                 "2027-03-02 5/5 SOLD_OUT", "2027-03-03 5/5 SOLD_OUT",
                                 "2027-03-04 9/9 yes", "2027-03-05 9/9 yes",
                                 "2027-03-06 0/0 NO_CAPACITY_SET"});
}

TEST_CASE("Initialize with replace changes the days and keeps what is taken") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  accepted(world->initialize_capacity(initialize(id, 0, 3, 5)));
  world.hold(id, {day(1)}, 2);
  world.book(id, {day(1), day(2)}, 1, "order");
  auto request = initialize(id, 0, 4, 3);
  request.on_existing = OnExisting::kReplace;
  const auto answer = accepted(world->initialize_capacity(request));
  CHECK(answer.days_created == 1);
  CHECK(answer.days_changed == 4);
  CHECK(world.available(id, day(0)) == 3);
  CHECK(world.available(id, day(1)) == 0);
  CHECK(world.available(id, day(2)) == 2);
  CHECK(world.available(id, day(4)) == 3);
  CHECK(accepted(world->initialize_capacity(request)).days_changed == 0);

  request.daily_capacity = 2;
  const auto below = refused(world->initialize_capacity(request));
  CHECK(below.outcome == Outcome::kCapacityBelowBooked);
  CHECK(below.id == id);
  CHECK(days_of(below) == std::vector<std::string>{"2027-03-02 2/0"});
  CHECK(world.available(id, day(0)) == 3);
}

TEST_CASE("Initialize touches only the weekdays named, Monday first") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  REQUIRE(iso_weekday(day(0)) == 1);
  auto request = initialize(id, 0, 13, 4);
  request.weekdays = 0b1100000;
  CHECK(accepted(world->initialize_capacity(request)).days_created == 4);
  for (int i = 0; i < 14; ++i) {
    INFO("day " << i);
    CHECK(world.available(id, day(i)) == (i % 7 >= 5 ? 4 : 0));
  }
  request.weekdays = 0b0000001;
  CHECK(accepted(world->initialize_capacity(request)).days_created == 2);
  CHECK(world.available(id, day(7)) == 4);
  auto none = initialize(id, 1, 2, 4);
  none.weekdays = 0b0000001;
  CHECK(accepted(world->initialize_capacity(none)).days_created == 0);
}

TEST_CASE("Initialize with zero places sets a day that has none") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.bare();
  CHECK(accepted(world->initialize_capacity(initialize(id, 0, 0, 0))).days_created == 1);
  CHECK(world.reason(id, day(0)) == Unavailable::kNoCapacitySet);
  CHECK(outcome(world->create_hold({.resource_id = id, .dates = {day(0)}})) == "NO_CAPACITY_SET");
}

TEST_CASE("Adjust adds and takes away on each day, in the past too") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(10);
  world.hold(id, {day(1)}, 4);
  const auto answer =
      accepted(world->adjust_capacity({.resource_id = id, .dates = {day(1), day(0)}, .delta = -6}));
  REQUIRE(answer.days.size() == 2);
  CHECK_FALSE(answer.replayed);
  CHECK(answer.days[0].date == day(0));
  CHECK(answer.days[0].max_capacity == 4);
  CHECK(answer.days[0].available_capacity == 4);
  CHECK(answer.days[0].resource_id == id);
  CHECK(answer.days[0].id == "cap_" + id.substr(4) + "_20270301");
  CHECK(answer.days[1].date == day(1));
  CHECK(answer.days[1].max_capacity == 4);
  CHECK(answer.days[1].available_capacity == 0);

  const Date past = today() - std::chrono::days(400);
  accepted(world->initialize_capacity(
      {.resource_id = id, .start_date = past, .end_date = past, .daily_capacity = 1}));
  CHECK(accepted(world->adjust_capacity({.resource_id = id, .dates = {past}, .delta = 2}))
            .days.at(0)
            .max_capacity == 3);
}

TEST_CASE("Adjust that cannot be done on one day is done on none") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(10);
  world.hold(id, {day(1)}, 4);
  world.book(id, {day(2)}, 8, "order");
  const auto below = refused(
      world->adjust_capacity({.resource_id = id, .dates = {day(2), day(0), day(1)}, .delta = -7}));
  CHECK(below.outcome == Outcome::kCapacityBelowBooked);
  CHECK(below.id == id);
  CHECK(days_of(below) == std::vector<std::string>{"2027-03-02 3/6", "2027-03-03 3/2"});
  const auto unset = refused(
      world->adjust_capacity({.resource_id = id, .dates = {day(0), day(31), day(40)}, .delta = 1}));
  CHECK(unset.outcome == Outcome::kNoCapacitySet);
  CHECK(unset.days.size() == 2);
  CHECK(unset.days.at(0).date == day(31));
  CHECK(verdict(world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = 999'991})) ==
        "INVALID_ARGUMENT delta");
  CHECK(outcome(world->adjust_capacity({.resource_id = id, .dates = {day(3)}, .delta = -11})) ==
        "CAPACITY_BELOW_BOOKED");
  CHECK(world.available(id, day(0)) == 10);
  CHECK(accepted(world->adjust_capacity({.resource_id = id, .dates = {day(0)}, .delta = 999'990}))
            .days.at(0)
            .max_capacity == 1'000'000);
}

TEST_CASE("Reasons a day is unavailable come in their documented order") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(3);
  const Date past = today() - std::chrono::days(1);
  // A day in the past, without capacity, inside a blackout and (quantity) sold out.
  world.blackout(id, past, day(2));
  world.hold(id, {day(5)}, 3);
  CHECK(world.reason(id, past, 9) == Unavailable::kPast);
  CHECK(world.reason(id, today(), 9) == Unavailable::kNoCapacitySet);
  CHECK(world.reason(id, day(2), 9) == Unavailable::kBlackout);
  CHECK(world.reason(id, day(3), 9) == Unavailable::kSoldOut);
  CHECK(world.reason(id, day(5), 1) == Unavailable::kSoldOut);
  CHECK(world.reason(id, day(3), 3) == Unavailable::kNone);
  world.deactivate(id);
  for (const Date date : {past, today(), day(2), day(3)}) {
    CHECK(world.reason(id, date, 9) == Unavailable::kInactive);
  }
  // The true number stands there whatever the reason.
  CHECK(world.available(id, day(2)) == 3);
}

TEST_CASE("Today is the resource's own") {
  EACH_BACKEND(db);
  World world(db);
  // 2026-02-03T04:05Z is still the 2nd in Honolulu and the 3rd in Kiritimati.
  const auto at_zone = [&](const char* zone) {
    const auto id = world.bare({.type = "TOUR", .name = "n", .timezone = zone});
    accepted(world->initialize_capacity({.resource_id = id,
                                         .start_date = on("2026-02-01"),
                                         .end_date = on("2026-02-04"),
                                         .daily_capacity = 1}));
    return id;
  };
  const auto west = at_zone("Pacific/Honolulu");
  const auto east = at_zone("Pacific/Kiritimati");
  CHECK(world.reason(west, on("2026-02-01")) == Unavailable::kPast);
  CHECK(world.reason(west, on("2026-02-02")) == Unavailable::kNone);
  CHECK(world.reason(east, on("2026-02-02")) == Unavailable::kPast);
  CHECK(world.reason(east, on("2026-02-03")) == Unavailable::kNone);
  CHECK(outcome(world->create_hold({.resource_id = east, .dates = {on("2026-02-02")}})) ==
        "DATE_IN_PAST");
  CHECK(outcome(world->create_hold({.resource_id = west, .dates = {on("2026-02-02")}})) ==
        "ACCEPTED");
  // 10:00Z is midnight in Honolulu.
  world.clock().set(Instant(std::chrono::sys_days(std::chrono::year(2026) / 2 / 3)) +
                    std::chrono::hours(10) - std::chrono::microseconds(1));
  CHECK(world.reason(west, on("2026-02-02")) == Unavailable::kNone);
  world.clock().advance(std::chrono::microseconds(1));
  CHECK(world.reason(west, on("2026-02-02")) == Unavailable::kPast);
}

TEST_CASE("Search by type finds the active ones, ascending by id, with the days a stay can start") {
  EACH_BACKEND(db);
  World world(db);
  const auto first = world.tour(2);
  const auto second = world.tour(2);
  const auto idle = world.tour(2);
  const auto gone = world.tour(2);
  const auto other = world.bare({.type = "VEHICLE", .name = "Bus"});
  world.deactivate(idle);
  world.remove(gone);
  world.hold(first, {day(2)}, 1);
  world.blackout(second, day(5), day(5));

  SearchAvailability request{.type = "TOUR",
                             .start_date = day(0),
                             .end_date = day(6),
                             .quantity = 2,
                             .consecutive_days = 3};
  const auto found = accepted(world->search_availability(request)).resources;
  REQUIRE(found.size() == 2);
  CHECK(found[0].resource_id < found[1].resource_id);
  const auto& of_first = found[0].resource_id == first ? found[0] : found[1];
  const auto& of_second = found[0].resource_id == first ? found[1] : found[0];
  CHECK(of_second.resource_id == second);
  CHECK(of_first.days.size() == 7);
  CHECK(of_first.days[2].reason == Unavailable::kSoldOut);
  CHECK(of_first.start_dates == std::vector<Date>{day(3), day(4)});
  CHECK(of_second.start_dates == std::vector<Date>{day(0), day(1), day(2)});
  request.consecutive_days = 0;
  CHECK(accepted(world->search_availability(request)).resources.at(0).start_dates.empty());
  request.consecutive_days = 8;
  CHECK(accepted(world->search_availability(request)).resources.at(0).start_dates.empty());
  request.consecutive_days = 7;
  request.quantity = 1;
  for (const auto& one : accepted(world->search_availability(request)).resources) {
    const bool whole_week = one.resource_id == first;
    CHECK(one.start_dates == (whole_week ? std::vector<Date>{day(0)} : std::vector<Date>{}));
  }

  SearchAvailability by_ids{.resource_ids = {other, idle, gone, first, Nobody().resource, "junk"},
                            .start_date = day(0),
                            .end_date = day(0)};
  const auto named = accepted(world->search_availability(by_ids)).resources;
  REQUIRE(named.size() == 3);
  for (const auto& one : named) {
    const auto reason = one.days.at(0).reason;
    if (one.resource_id == idle) CHECK(reason == Unavailable::kInactive);
    if (one.resource_id == other) CHECK(reason == Unavailable::kNoCapacitySet);
    if (one.resource_id == first) CHECK(reason == Unavailable::kNone);
    CHECK(one.resource_id != gone);
  }
  CHECK(accepted(
            world->search_availability({.type = "NONE", .start_date = day(0), .end_date = day(0)}))
            .resources.empty());
  CHECK(accepted(world->search_availability(
                     {.resource_ids = {"junk"}, .start_date = day(0), .end_date = day(0)}))
            .resources.empty());
}

TEST_CASE("The report counts held, booked and free places by day and in total") {
  EACH_BACKEND(db);
  World world(db);
  const auto id = world.tour(10);
  world.hold(id, {day(0), day(1)}, 3);
  world.book(id, {day(1)}, 4, "order");
  const auto cancelled = world.book(id, {day(2)}, 5, "gone");
  accepted(world->cancel_allocation({.allocation_id = cancelled.id}));
  world.short_hold(id, {day(2)}, std::chrono::seconds(1), 6);
  world.blackout(id, day(2), day(2));
  world.clock().advance(std::chrono::seconds(1));
  const auto report = accepted(
      world->get_capacity_report({.resource_id = id, .start_date = day(0), .end_date = day(31)}));
  CHECK(report.resource_id == id);
  REQUIRE(report.days.size() == 32);
  const auto line = [&](std::size_t i) {
    const ReportDay& d = report.days[i];
    return to_string(d.date) + " " + std::to_string(d.max_capacity) + " " +
           std::to_string(d.available_capacity) + " " + std::to_string(d.held) + " " +
           std::to_string(d.booked) + (d.blackout ? " blackout" : "");
  };
  CHECK(line(0) == "2027-03-01 10 7 3 0");
  CHECK(line(1) == "2027-03-02 10 3 3 4");
  CHECK(line(2) == "2027-03-03 10 10 0 0 blackout");
  CHECK(line(31) == "2027-04-01 0 0 0 0");
  CHECK(report.max_capacity == 310);
  CHECK(report.available_capacity == 300);
  CHECK(report.held == 6);
  CHECK(report.booked == 4);
  CHECK(std::abs(utilisation(report.days[1]) - 0.7) < 1e-9);
  CHECK(std::abs(utilisation(report) - 10.0 / 310) < 1e-9);
  CHECK(utilisation(report.days[31]) == 0.0);

  // What is booked on a deleted resource can still be seen.
  world.remove(id);
  CHECK(accepted(world->get_capacity_report(
                     {.resource_id = id, .start_date = day(1), .end_date = day(1)}))
            .booked == 4);
}
