// What readers see of a resource's days, and what the audit finds wrong with its rows.
#include <functional>

#include "core/availability.hpp"
#include "support/catch.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const std::string kResource = resource_id(1);

// Days 0 to 6; today is day 1; day 4 has no row.
KeySnapshot calendar() {
  KeySnapshot key;
  key.key = kResource;
  key.resource = make_resource(1);
  key.today = day(1);
  key.capacity = {{day(0), 5, 5, 0, 0}, {day(1), 5, 3, 1, 0}, {day(2), 5, 0, 2, 2},
                  {day(3), 0, 0, 0, 0}, {day(5), 5, 5, 0, 0}, {day(6), 5, 1, 0, 0}};
  return key;
}

Unavailable reason_on(const KeySnapshot& key, int offset, int quantity = 1) {
  const auto answer = core::availability(key, {day(offset), day(offset)}, quantity, 0);
  REQUIRE(answer.days.size() == 1);
  CHECK(answer.days[0].is_available == (answer.days[0].reason == Unavailable::kNone));
  return answer.days[0].reason;
}

std::vector<Date> starts_of(const std::vector<bool>& free, std::int32_t length) {
  KeySnapshot key;
  key.key = kResource;
  key.resource = make_resource(1);
  key.today = day(0);
  for (std::size_t i = 0; i < free.size(); ++i) {
    key.capacity.push_back({day(static_cast<int>(i)), 1, free[i] ? 1 : 0});
  }
  const auto last = static_cast<int>(free.size()) - 1;
  return core::availability(key, {day(0), day(last)}, 1, length).start_dates;
}

}  // namespace

TEST_CASE("a day cannot be booked for the first reason that applies") {
  KeySnapshot key = calendar();
  CHECK(reason_on(key, 0) == Unavailable::kPast);
  CHECK(reason_on(key, 1) == Unavailable::kNone);
  CHECK(reason_on(key, 1, 4) == Unavailable::kSoldOut);
  CHECK(reason_on(key, 3) == Unavailable::kNoCapacitySet);
  CHECK(reason_on(key, 4) == Unavailable::kNoCapacitySet);
  CHECK(reason_on(key, 6, 2) == Unavailable::kSoldOut);
  key.blackouts = {make_blackout(kResource, 1, day(0), day(6))};
  CHECK(reason_on(key, 0) == Unavailable::kPast);
  CHECK(reason_on(key, 3) == Unavailable::kNoCapacitySet);
  CHECK(reason_on(key, 5) == Unavailable::kBlackout);
  CHECK(reason_on(key, 6, 2) == Unavailable::kBlackout);
  key.resource->is_active = false;
  for (int i = 0; i <= 6; ++i) CHECK(reason_on(key, i) == Unavailable::kInactive);
}

TEST_CASE("a blackout covers both its ends, and none once it is deleted") {
  KeySnapshot key = calendar();
  key.blackouts = {make_blackout(kResource, 1, day(5), day(5))};
  CHECK(reason_on(key, 5) == Unavailable::kBlackout);
  CHECK(reason_on(key, 6) == Unavailable::kNone);
  key.blackouts[0].deleted_at = at(1);
  CHECK(reason_on(key, 5) == Unavailable::kNone);
}

TEST_CASE("places of due holds are free to readers") {
  const KeySnapshot key = calendar();
  CHECK(reason_on(key, 2, 2) == Unavailable::kNone);
  CHECK(reason_on(key, 2, 3) == Unavailable::kSoldOut);
  const auto answer = core::availability(key, {day(0), day(6)}, 1, 0);
  REQUIRE(answer.days.size() == 7);
  CHECK(answer.resource_id == kResource);
  CHECK(answer.days[0].available_capacity == 5);  // the true number, though the day is past
  CHECK(answer.days[2].available_capacity == 2);
  CHECK(answer.days[4].max_capacity == 0);
  CHECK(answer.days[6].date == day(6));
  CHECK(answer.start_dates.empty());
}

TEST_CASE("a stay starts where all of its days are free") {
  const std::vector<bool> free = {true, true, false, true, true, true, false};
  CHECK(starts_of(free, 1) == std::vector<Date>{day(0), day(1), day(3), day(4), day(5)});
  CHECK(starts_of(free, 2) == std::vector<Date>{day(0), day(3), day(4)});
  CHECK(starts_of(free, 3) == std::vector<Date>{day(3)});
  CHECK(starts_of(free, 4).empty());
  CHECK(starts_of({true, true}, 2) == std::vector<Date>{day(0)});
  CHECK(starts_of({true, true}, 3).empty());
}

TEST_CASE("a report counts due holds as free, and adds up") {
  KeySnapshot key = calendar();
  key.blackouts = {make_blackout(kResource, 1, day(2), day(3))};
  const CapacityReport report = core::report(key, {day(1), day(4)});
  REQUIRE(report.days.size() == 4);
  CHECK(report.days[0].held == 1);
  CHECK(report.days[0].booked == 1);
  CHECK_FALSE(report.days[0].blackout);
  CHECK(report.days[1].available_capacity == 2);
  CHECK(report.days[1].held == 2);
  CHECK(report.days[1].booked == 1);
  CHECK(report.days[1].blackout);
  CHECK(report.days[3].max_capacity == 0);
  CHECK(report.max_capacity == 10);
  CHECK(report.available_capacity == 5);
  CHECK(report.held == 3);
  CHECK(report.booked == 2);
  CHECK(utilisation(report) == Approx(0.5));
  CHECK(utilisation(report.days[1]) == Approx(0.6));
  CHECK(utilisation(report.days[3]) == 0.0);
  CHECK(utilisation(CapacityReport{}) == 0.0);
}

TEST_CASE("a due ACTIVE hold is seen EXPIRED, from the very instant") {
  const Hold hold = make_hold(kResource, 1, days(1, 1), at(100)).hold;
  CHECK(core::as_seen(hold, at(100) - 1us).status == HoldStatus::kActive);
  CHECK(core::as_seen(hold, at(100)).status == HoldStatus::kExpired);
  CHECK(core::as_seen(hold, at(100) + 1us).status == HoldStatus::kExpired);
  for (const auto status : {HoldStatus::kConfirmed, HoldStatus::kReleased, HoldStatus::kExpired}) {
    Hold ended = hold;
    ended.status = status;
    CHECK(core::as_seen(ended, at(101)).status == status);
  }
}

namespace {

// One ACTIVE hold of a place, one CONFIRMED with its allocation, one whose allocation is CANCELLED.
KeySnapshot sound() {
  KeySnapshot key;
  key.key = kResource;
  key.resource = make_resource(1);
  key.capacity = {{day(1), 4, 2}, {day(2), 4, 3}, {day(3), 4, 4}};
  key.holds = {make_hold(kResource, 1, days(1, 2), at(100)),
               make_hold(kResource, 2, days(1, 1), at(100)),
               make_hold(kResource, 3, days(1, 3), at(100))};
  key.holds[1].hold.status = HoldStatus::kConfirmed;
  key.holds[2].hold.status = HoldStatus::kConfirmed;
  key.allocations = {make_allocation(kResource, 2, days(1, 1)),
                     make_allocation(kResource, 3, days(1, 3))};
  key.allocations[1].status = AllocationStatus::kCancelled;
  key.allocations[1].cancelled_at = at(50);
  return key;
}

std::vector<std::string> rules(const KeySnapshot& key) {
  VerifyAnswer answer;
  core::audit(key, answer);
  std::vector<std::string> out;
  for (const auto& violation : answer.violations) {
    CHECK(violation.resource_id == key.key);
    CHECK_FALSE(violation.detail.empty());
    out.push_back(violation.rule);
  }
  return out;
}

bool finds(const std::string& rule, const std::function<void(KeySnapshot&)>& spoil) {
  KeySnapshot key = sound();
  spoil(key);
  const auto found = rules(key);
  return std::find(found.begin(), found.end(), rule) != found.end();
}

}  // namespace

TEST_CASE("the audit finds nothing wrong with sound rows, and counts them") {
  VerifyAnswer answer;
  core::audit(sound(), answer);
  CHECK(answer.violations.empty());
  CHECK(answer.resources == 1);
  CHECK(answer.days == 3);
  CHECK(answer.holds == 3);
  CHECK(answer.allocations == 1);
  KeySnapshot slot;
  slot.key = "token:abc";
  CHECK(rules(slot).empty());
}

TEST_CASE("the audit finds each kind of violation") {
  CHECK(finds("CONSERVATION", [](auto& k) { k.capacity[0].available_capacity = 3; }));
  CHECK(finds("CONSERVATION", [](auto& k) { k.capacity[0].available_capacity = 1; }));
  CHECK(finds("CONSERVATION", [](auto& k) { k.capacity[2].max_capacity = 5; }));
  CHECK(finds("CONSERVATION", [](auto& k) {
    k.capacity.pop_back();
    k.capacity.pop_back();
  }));
  CHECK(finds("CONSERVATION", [](auto& k) { k.holds[0].hold.quantity = 2; }));
  CHECK(finds("CONSERVATION", [](auto& k) { k.allocations[0].dates = days(2, 2); }));
  CHECK(finds("RANGE", [](auto& k) { k.capacity[2] = {day(3), 4, 5}; }));
  CHECK(finds("RANGE", [](auto& k) { k.capacity[2] = {day(3), 4, -1}; }));
  CHECK(finds("ORPHAN", [](auto& k) { k.resource.reset(); }));
  CHECK(finds("ORPHAN", [](auto& k) { k = KeySnapshot{.key = kResource}; }));
  CHECK(finds("ORPHAN", [](auto& k) {
    k.key = "token:abc";
    k.resource.reset();
  }));
  CHECK(finds("BIJECTION", [](auto& k) { k.holds[1].hold.status = HoldStatus::kActive; }));
  CHECK(finds("BIJECTION", [](auto& k) { k.holds.erase(k.holds.begin() + 1); }));
  CHECK(finds("BIJECTION", [](auto& k) { k.allocations.pop_back(); }));
  CHECK(finds("BIJECTION", [](auto& k) {
    Allocation twice = k.allocations[0];
    twice.id = allocation_id(kResource, 9);
    k.allocations.push_back(twice);
    k.capacity[0].available_capacity = 1;
  }));
  CHECK(finds("SHAPE", [](auto& k) { k.holds[0].hold.id = hold_id(resource_id(2), 1); }));
  CHECK(finds("SHAPE", [](auto& k) { k.allocations[0].id = "alloc_"; }));
  CHECK(finds("SHAPE", [](auto& k) { k.holds[0].hold.dates.clear(); }));
  CHECK(finds("SHAPE", [](auto& k) { k.holds[0].hold.dates = {day(2), day(1)}; }));
  CHECK(finds("SHAPE", [](auto& k) { k.holds[0].hold.dates = {day(1), day(1)}; }));
  CHECK(finds("SHAPE", [](auto& k) { k.holds[0].hold.quantity = 0; }));
}

TEST_CASE("rows of any kind need a resource") {
  const auto slot_with = [](const std::function<void(KeySnapshot&)>& add) {
    KeySnapshot key;
    key.key = "token:abc";
    add(key);
    const auto found = rules(key);
    return std::find(found.begin(), found.end(), "ORPHAN") != found.end();
  };
  CHECK_FALSE(slot_with([](auto&) {}));
  CHECK(slot_with([](auto& k) { k.capacity = {{day(1), 1, 1}}; }));
  CHECK(slot_with([](auto& k) { k.holds = {make_hold(kResource, 1, days(1, 1), at(100))}; }));
  CHECK(slot_with([](auto& k) { k.allocations = {make_allocation(kResource, 1, days(1, 1))}; }));
  CHECK(slot_with([](auto& k) { k.blackouts = {make_blackout(kResource, 1, day(1), day(1))}; }));
}

TEST_CASE("an ended hold takes no places and needs no allocation") {
  for (const HoldStatus ended : {HoldStatus::kReleased, HoldStatus::kExpired}) {
    KeySnapshot key = sound();
    key.holds.push_back(make_hold(kResource, 4, days(1, 3), at(100)));
    key.holds.back().hold.status = ended;
    VerifyAnswer answer;
    core::audit(key, answer);
    CHECK(answer.violations.empty());
    CHECK(answer.holds == 3);
  }
}

TEST_CASE("the audit stops at a thousand violations") {
  KeySnapshot key;
  key.key = kResource;
  key.resource = make_resource(1);
  for (int i = 0; i < 1500; ++i) key.capacity.push_back({day(i), 1, 0});
  VerifyAnswer answer;
  core::audit(key, answer);
  CHECK(answer.violations.size() == 1000);
  CHECK(answer.days == 1500);
}

}  // namespace holdfast::test
