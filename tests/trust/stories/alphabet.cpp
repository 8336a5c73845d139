#include "stories/alphabet.hpp"

#include <utility>

#include "core/scene.hpp"
#include "support/rows.hpp"

namespace holdfast::test::stories {
namespace {

using core::Action;
using core::Command;

const std::string kBoat = resource_id(1);
const std::string kGuide = resource_id(2);
const std::string kAda = hold_id(kBoat, 1);
const std::string kBob = hold_id(kBoat, 2);
const std::string kGroupBoat = hold_id(kBoat, 3);
const std::string kGroupGuide = hold_id(kGuide, 4);
const std::string kBooking = allocation_id(kBoat, 1);
const std::string kClosing = blackout_id(kBoat, 1);
const std::string kHer = "ada's cart";

Command command(Action action, std::vector<std::string> ids = {}) {
  Command out{std::move(action)};
  out.ids = std::move(ids);
  finish(out);
  return out;
}

Command hold(const char* token, std::vector<Date> dates, const std::string& id,
             const std::string& holder = {}) {
  return command(
      CreateHolds{
          .items = {{kBoat, std::move(dates), 1}}, .idempotency_token = token, .holder = holder},
      {id});
}

Command group() {
  Command out{CreateHolds{.items = {{kBoat, {day(1)}, 1}, {kGuide, {day(0)}, 2}},
                          .idempotency_token = "group"}};
  out.ids = {kGroupBoat, kGroupGuide};
  out.group_id = group_id(1);
  finish(out);
  return out;
}

Command confirm(std::vector<std::string> holds, const char* order, IfExpired if_expired,
                std::vector<std::string> ids) {
  return command(ConfirmHolds{.hold_ids = std::move(holds),
                              .order_id = order,
                              .if_expired = if_expired,
                              .as_host = true},
                 std::move(ids));
}

Command release(const std::string& id, const std::string& holder) {
  return command(ReleaseHolds{.hold_ids = {id}, .holder = holder});
}

Command adjust(std::int32_t delta, const char* token) {
  return command(AdjustCapacity{
      .resource_id = kBoat, .dates = {day(0)}, .delta = delta, .idempotency_token = token});
}

Command blackout() {
  return command(CreateBlackout{.resource_id = kBoat,
                                .start_date = day(0),
                                .end_date = day(0),
                                .on_conflict = OnConflict::kKeep,
                                .idempotency_token = "closing"},
                 {kClosing});
}

void about_holds(std::vector<Step>& out) {
  const auto ada = hold("ada", {day(0)}, kAda, kHer);
  out.push_back({"Ada holds the boat on day 0", {}, {ada}});
  out.push_back({"Bob holds the boat on days 0 and 1", {}, {hold("bob", {day(0), day(1)}, kBob)}});
  out.push_back({"Ada's token holds another day", {}, {hold("ada", {day(1)}, kAda, kHer)}});
  out.push_back({"a group holds the boat on day 1 and both guides", {}, {group()}});
  out.push_back({"Ada's request comes twice at once", {}, {ada, ada}});
  out.push_back({"Ada releases", {}, {release(kAda, kHer)}});
  out.push_back({"Bob releases", {}, {release(kBob, "")}});
  out.push_back({"a stranger releases Ada's hold", {}, {release(kAda, "a stranger's cart")}});
  out.push_back(
      {"Ada extends",
       {},
       {command(ExtendHolds{.hold_ids = {kAda}, .holder = kHer, .idempotency_token = "longer"})}});
  out.push_back({"Ada moves to day 1",
                 {},
                 {command(MoveHold{.hold_id = kAda,
                                   .dates = {day(1)},
                                   .holder = kHer,
                                   .idempotency_token = "other day"})}});
}

void about_bookings(std::vector<Step>& out) {
  const auto strict = confirm({kAda}, "order 1", IfExpired::kReject, {kBooking});
  const auto reclaim = IfExpired::kReclaim;
  out.push_back({"order 1 confirms Ada", {}, {strict}});
  out.push_back(
      {"order 1 confirms or reclaims Ada", {}, {confirm({kAda}, "order 1", reclaim, {kBooking})}});
  out.push_back(
      {"order 2 confirms Ada", {}, {confirm({kAda}, "order 2", IfExpired::kReject, {kBooking})}});
  out.push_back({"order 1 confirms or reclaims Bob",
                 {},
                 {confirm({kBob}, "order 1", reclaim, {allocation_id(kBoat, 2)})}});
  out.push_back({"order 3 confirms or reclaims the group",
                 {},
                 {confirm({kGroupBoat, kGroupGuide}, "order 3", reclaim,
                          {allocation_id(kBoat, 3), allocation_id(kGuide, 4)})}});
  out.push_back({"order 1 confirms Ada while Bob tries to hold",
                 {},
                 {strict, hold("bob", {day(0), day(1)}, kBob)}});
  out.push_back({"Ada's booking is cancelled", {}, {command(core::CancelAllocations{{kBooking}})}});
  out.push_back(
      {"Ada's booking moves to day 1",
       {},
       {command(MoveAllocation{
           .allocation_id = kBooking, .dates = {day(1)}, .idempotency_token = "booked day"})}});
}

void about_the_shop(std::vector<Step>& out) {
  out.push_back({"the sweep visits the boat", {}, {command(core::ExpireDue{kBoat})}});
  out.push_back({"one more place on day 0", {}, {adjust(1, "more")}});
  out.push_back({"one place less on day 0", {}, {adjust(-1, "less")}});
  out.push_back({"day 0 is closed, bookings stay", {}, {blackout()}});
  out.push_back({"day 0 opens again", {}, {command(DeleteBlackout{.blackout_id = kClosing})}});
  out.push_back({"the boat is taken out of sale",
                 {},
                 {command(UpdateResource{.resource_id = kBoat, .is_active = false})}});
  out.push_back({"the boat is deleted", {}, {command(DeleteResource{.resource_id = kBoat})}});
}

}  // namespace

World opening() {
  World world;
  world.now = kNow;
  const auto open = [&](int n, std::int32_t places, int last) {
    WorldKey& key = world.keys[resource_id(n)];
    key.resource = make_resource(n);
    for (int d = 0; d <= last; ++d) key.capacity[day(d)] = {places, places};
  };
  open(1, 1, 1);
  open(2, 2, 0);
  return world;
}

std::vector<Step> alphabet() {
  std::vector<Step> out;
  out.push_back({"the clock goes on", kTick, {}});
  out.push_back({"the clock steps back", -kTick, {}});
  about_holds(out);
  about_bookings(out);
  about_the_shop(out);
  return out;
}

}  // namespace holdfast::test::stories
