// What each operation answers to a hold in each state, before, at and after the instant it ends.
#include <sstream>

#include "core/fields.hpp"
#include "core/scene.hpp"
#include "core/world.hpp"
#include "support/catch.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using core::Command;

// status, operation, the look at the clock, the outcome and the status it leaves; for a hold of one
// of one place. `full`: somebody else has the place that the hold gave up.
constexpr const char* kTable = R"(
ACTIVE    extend          before  ACCEPTED                ACTIVE
ACTIVE    extend          at      HOLD_EXPIRED            EXPIRED
ACTIVE    extend          after   HOLD_EXPIRED            EXPIRED
ACTIVE    release         before  ACCEPTED                RELEASED
ACTIVE    release         at      HOLD_EXPIRED            EXPIRED
ACTIVE    release         after   HOLD_EXPIRED            EXPIRED
ACTIVE    confirm         before  ACCEPTED                CONFIRMED
ACTIVE    confirm         at      HOLD_EXPIRED            EXPIRED
ACTIVE    confirm         after   HOLD_EXPIRED            EXPIRED
ACTIVE    confirm-other   before  ACCEPTED                CONFIRMED
ACTIVE    confirm-other   at      HOLD_EXPIRED            EXPIRED
ACTIVE    confirm-other   after   HOLD_EXPIRED            EXPIRED
ACTIVE    reclaim         before  ACCEPTED                CONFIRMED
ACTIVE    reclaim         at      ACCEPTED                CONFIRMED
ACTIVE    reclaim         after   ACCEPTED                CONFIRMED
ACTIVE    move            before  ACCEPTED                ACTIVE
ACTIVE    move            at      HOLD_EXPIRED            EXPIRED
ACTIVE    move            after   HOLD_EXPIRED            EXPIRED
CONFIRMED extend          before  ALREADY_CONFIRMED       CONFIRMED
CONFIRMED extend          at      ALREADY_CONFIRMED       CONFIRMED
CONFIRMED extend          after   ALREADY_CONFIRMED       CONFIRMED
CONFIRMED release         before  ALREADY_CONFIRMED       CONFIRMED
CONFIRMED release         at      ALREADY_CONFIRMED       CONFIRMED
CONFIRMED release         after   ALREADY_CONFIRMED       CONFIRMED
CONFIRMED confirm         before  replayed                CONFIRMED
CONFIRMED confirm         at      replayed                CONFIRMED
CONFIRMED confirm         after   replayed                CONFIRMED
CONFIRMED confirm-other   before  ALREADY_CONFIRMED       CONFIRMED
CONFIRMED confirm-other   at      ALREADY_CONFIRMED       CONFIRMED
CONFIRMED confirm-other   after   ALREADY_CONFIRMED       CONFIRMED
CONFIRMED reclaim         before  replayed                CONFIRMED
CONFIRMED reclaim         at      replayed                CONFIRMED
CONFIRMED reclaim         after   replayed                CONFIRMED
CONFIRMED move            before  ALREADY_CONFIRMED       CONFIRMED
CONFIRMED move            at      ALREADY_CONFIRMED       CONFIRMED
CONFIRMED move            after   ALREADY_CONFIRMED       CONFIRMED
RELEASED  extend          before  HOLD_RELEASED           RELEASED
RELEASED  extend          at      HOLD_RELEASED           RELEASED
RELEASED  extend          after   HOLD_RELEASED           RELEASED
RELEASED  release         before  replayed                RELEASED
RELEASED  release         at      replayed                RELEASED
RELEASED  release         after   replayed                RELEASED
RELEASED  confirm         before  HOLD_RELEASED           RELEASED
RELEASED  confirm         at      HOLD_RELEASED           RELEASED
RELEASED  confirm         after   HOLD_RELEASED           RELEASED
RELEASED  confirm-other   before  HOLD_RELEASED           RELEASED
RELEASED  confirm-other   at      HOLD_RELEASED           RELEASED
RELEASED  confirm-other   after   HOLD_RELEASED           RELEASED
RELEASED  reclaim         before  HOLD_RELEASED           RELEASED
RELEASED  reclaim         at      HOLD_RELEASED           RELEASED
RELEASED  reclaim         after   HOLD_RELEASED           RELEASED
RELEASED  move            before  HOLD_RELEASED           RELEASED
RELEASED  move            at      HOLD_RELEASED           RELEASED
RELEASED  move            after   HOLD_RELEASED           RELEASED
EXPIRED   extend          before  HOLD_EXPIRED            EXPIRED
EXPIRED   extend          at      HOLD_EXPIRED            EXPIRED
EXPIRED   extend          after   HOLD_EXPIRED            EXPIRED
EXPIRED   release         before  HOLD_EXPIRED            EXPIRED
EXPIRED   release         at      HOLD_EXPIRED            EXPIRED
EXPIRED   release         after   HOLD_EXPIRED            EXPIRED
EXPIRED   confirm         before  HOLD_EXPIRED            EXPIRED
EXPIRED   confirm         at      HOLD_EXPIRED            EXPIRED
EXPIRED   confirm         after   HOLD_EXPIRED            EXPIRED
EXPIRED   confirm-other   before  HOLD_EXPIRED            EXPIRED
EXPIRED   confirm-other   at      HOLD_EXPIRED            EXPIRED
EXPIRED   confirm-other   after   HOLD_EXPIRED            EXPIRED
EXPIRED   reclaim         before  ACCEPTED                CONFIRMED
EXPIRED   reclaim         at      ACCEPTED                CONFIRMED
EXPIRED   reclaim         after   ACCEPTED                CONFIRMED
EXPIRED   reclaim-full    before  HOLD_EXPIRED_AND_TAKEN  EXPIRED
EXPIRED   reclaim-full    at      HOLD_EXPIRED_AND_TAKEN  EXPIRED
EXPIRED   reclaim-full    after   HOLD_EXPIRED_AND_TAKEN  EXPIRED
EXPIRED   move            before  HOLD_EXPIRED            EXPIRED
EXPIRED   move            at      HOLD_EXPIRED            EXPIRED
EXPIRED   move            after   HOLD_EXPIRED            EXPIRED
)";

const std::string kResource = resource_id(1);
const std::string kHold = hold_id(kResource, 1);

World world_of(HoldStatus status, const std::string& clock, bool full) {
  World world;
  world.now = kNow;
  WorldKey& rows = world.keys[kResource];
  rows.resource = make_resource(1);
  const Instant expires_at = clock == "before" ? kNow + 1us : clock == "at" ? kNow : kNow - 1us;
  StoredHold stored = make_hold(kResource, 1, days(1, 1), expires_at);
  stored.hold.created_at = kNow - 1h;
  stored.hold.status = status;
  rows.holds[kHold] = stored;
  const bool takes = status == HoldStatus::kActive || status == HoldStatus::kConfirmed;
  rows.capacity[day(1)] = {1, takes || full ? 0 : 1};
  rows.capacity[day(2)] = {1, 1};
  if (status == HoldStatus::kConfirmed) {
    const Allocation allocation = make_allocation(kResource, 1, days(1, 1));
    rows.allocations[allocation.id] = allocation;
  }
  if (full) {
    StoredHold other = make_hold(kResource, 2, days(1, 1), kNow + 1h);
    rows.holds[other.hold.id] = other;
  }
  return world;
}

Command command_of(const std::string& operation) {
  Command command;
  if (operation == "extend") {
    command.action = ExtendHolds{{kHold}, {}, {}, false, {}};
  } else if (operation == "release") {
    command.action = ReleaseHolds{{kHold}, {}, false, {}};
  } else if (operation == "move") {
    command.action = MoveHold{kHold, days(2, 2), {}, {}, false, "move"};
  } else {
    ConfirmHolds r;
    r.hold_ids = {kHold};
    r.order_id = operation == "confirm-other" ? "another" : "order-1";
    r.line_item_id = "line-1";
    const bool reclaim = operation.find("reclaim") == 0;
    r.if_expired = reclaim ? IfExpired::kReclaim : IfExpired::kReject;
    command.action = r;
    command.ids = {allocation_id(kResource, 9)};
  }
  finish(command);
  return command;
}

std::string outcome_of(const core::Verdict& verdict) {
  if (const auto* rejection = std::get_if<Rejection>(&verdict)) return name(rejection->outcome);
  const bool replayed = std::visit(
      [](const auto& answer) {
        if constexpr (requires { answer.replayed; }) return answer.replayed;
        return false;
      },
      std::get<Value>(verdict));
  return replayed ? "replayed" : "ACCEPTED";
}

}  // namespace

TEST_CASE("the life of a hold: every state, operation and look at the clock") {
  std::istringstream table(kTable);
  std::string status, operation, clock, outcome, left;
  int rows = 0;
  while (table >> status >> operation >> clock >> outcome >> left) {
    INFO(status << " " << operation << " " << clock);
    World world = world_of(parse_hold_status(status).value(), clock, operation == "reclaim-full");
    REQUIRE(violations(world).empty());
    const auto verdicts = run_all(world, {command_of(operation)}, kPolicy);
    CHECK(outcome_of(verdicts[0]) == outcome);
    CHECK(std::string(name(world.keys[kResource].holds[kHold].hold.status)) == left);
    CHECK(violations(world).empty());
    ++rows;
  }
  CHECK(rows == 4 * 6 * 3 + 3);
}

TEST_CASE("an update that is asked for again is a replay, also once the resource is deleted") {
  World world = world_of(HoldStatus::kActive, "before", false);
  UpdateResource r;
  r.resource_id = kResource;
  r.name = "Renamed";
  r.idempotency_token = "update";
  Command update{r};
  finish(update);
  Command remove{DeleteResource{kResource, {}}};
  finish(remove);
  const auto verdicts = run_all(world, {update, remove, update}, kPolicy);
  CHECK(outcome_of(verdicts[0]) == "ACCEPTED");
  CHECK(outcome_of(verdicts[2]) == "replayed");
}

}  // namespace holdfast::test
