// More holds are due than one transaction records.
#include "core/fields.hpp"
#include "core/scene.hpp"
#include "core/world.hpp"
#include "support/budget.hpp"
#include "support/catch.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using core::Command;
using core::Verdict;

// Two resources, each sold out on three days by holds of one place, all of them due.
World sold_out_by_due_holds(Random& random) {
  World world;
  world.now = kNow;
  for (int n = 1; n <= 2; ++n) {
    Resource resource = make_resource(n);
    WorldKey& rows = world.keys[resource.id];
    const auto count = static_cast<std::int32_t>(random.between(90, 320));
    for (int i = 1; i <= count; ++i) {
      StoredHold stored = make_hold(resource.id, i, days(1, 3), kNow - std::chrono::seconds(i % 7));
      stored.hold.created_at = kNow - 1h;
      rows.holds[stored.hold.id] = std::move(stored);
    }
    for (const Date date : days(1, 3)) rows.capacity[date] = {count, 0};
    rows.resource = std::move(resource);
  }
  return world;
}

Command taking(Random& random, int n) {
  CreateHolds r;
  for (int i = 1; i <= 2; ++i) {
    if (i == 1 || random.chance(0.3)) {
      const int which = static_cast<int>(random.between(1, 2));
      r.items.push_back(
          {resource_id(which), days(1, 3), static_cast<std::int32_t>(random.between(1, 60))});
    }
  }
  r.idempotency_token = "new-" + std::to_string(n);
  Command command{r};
  for (const auto& item : r.items) {
    command.ids.push_back(hold_id(item.resource_id, 1000 + 2 * n));
    if (command.ids.size() == 2) command.ids.back() = hold_id(item.resource_id, 1001 + 2 * n);
  }
  if (r.items.size() > 1) command.group_id = group_id(n);
  return command;
}

Command any(Random& random, int n) {
  const std::string resource = resource_id(static_cast<int>(random.between(1, 2)));
  const std::string old = hold_id(resource, static_cast<int>(random.between(1, 330)));
  Command command;
  switch (random.below(7)) {
    case 0: {
      ConfirmHolds r;
      r.hold_ids = {old};
      r.order_id = "order";
      r.if_expired = IfExpired::kReclaim;
      command.action = r;
      command.ids = {allocation_id(resource, n)};
      break;
    }
    case 1:
      // adjust_capacity answers with the recorded places, and how many are is not what is promised.
      command.action = InitializeCapacity{resource,
                                          day(1),
                                          day(2),
                                          static_cast<std::int32_t>(random.between(1, 200)),
                                          kEveryDay,
                                          OnExisting::kReplace,
                                          "replace-" + std::to_string(n)};
      break;
    case 2:
      command.action = ReleaseHolds{{old}, {}, true, {}};
      break;
    case 3:
      command.action = core::ExpireDue{resource};
      break;
    default:
      command = taking(random, n);
  }
  finish(command);
  return command;
}

void sweep(World& world) {
  for (int n = 1; n <= 2; ++n) {
    Command command{core::ExpireDue{resource_id(n)}};
    finish(command);
    for (int i = 0; i < 5; ++i) run_all(world, {command}, kPolicy);
  }
}

}  // namespace

TEST_CASE("with many holds due, no place is refused that is free", "[property]") {
  const int cases = scaled(150);
  run_seed();
  int deferring = 0;
  for (int i = 0; i < cases; ++i) {
    INFO("case " << i);
    Random random(1'000'000'000 + static_cast<std::uint64_t>(i));
    const World world = sold_out_by_due_holds(random);
    std::vector<Command> commands;
    for (int n = 1; n <= 12; ++n) commands.push_back(any(random, n));

    World together = world;
    const auto batch = run_all(together, commands, kPolicy);
    REQUIRE(violations(together).empty());
    World serial = world;
    World once = world;
    for (std::size_t n = 0; n < commands.size(); ++n) {
      const auto one = run_all(serial, {commands[n]}, kPolicy);
      REQUIRE(violations(serial).empty());
      if (std::holds_alternative<core::ExpireDue>(commands[n].action)) continue;
      INFO(describe(commands[n]) << "\n" << describe(batch[n]) << "\n" << describe(one[0]));
      REQUIRE(same(batch[n], one[0]));
    }
    std::vector<const Command*> all;
    for (const auto& command : commands) all.push_back(&command);
    for (const auto& verdict : run(once, all, kPolicy).verdicts) {
      deferring += std::holds_alternative<core::Deferred>(verdict) ? 1 : 0;
    }

    sweep(together);
    sweep(serial);
    REQUIRE(same(together, serial));
  }
  CHECK(deferring > 0);
}

TEST_CASE("one transaction records at most a hundred due holds of a key") {
  Random random(7);
  World world = sold_out_by_due_holds(random);
  Command sweep_one{core::ExpireDue{resource_id(1)}};
  finish(sweep_one);
  const std::size_t all = world.keys[resource_id(1)].holds.size();
  std::size_t recorded = 0;
  while (recorded < all) {
    const auto decision = run(world, {&sweep_one}, kPolicy);
    const auto expected = std::min<std::size_t>(kDuePerKey, all - recorded);
    REQUIRE(decision.changes.status_changes.size() == expected);
    REQUIRE(std::get<CleanupAnswer>(std::get<Value>(decision.verdicts[0])).expired ==
            static_cast<std::int64_t>(expected));
    recorded += expected;
  }
  CHECK(violations(world).empty());
}

}  // namespace holdfast::test
