// What a remembered request answered, read back from a row that says anything.
#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/decide.hpp"
#include "core/fingerprint.hpp"
#include "core/ids.hpp"
#include "core/plan.hpp"
#include "fuzz/bytes.hpp"

namespace holdfast::test::fuzz {
namespace {

constexpr const char* kResource = "res_01ARZ3NDEKTSV4RRFFQ69G5FAV";
constexpr Date kDay{std::chrono::days(20'000)};

// The request again, after its first answer was stored as `outcome`.
core::Decision replay(core::Action action, const std::string& key, std::string outcome) {
  core::Command command{.action = std::move(action), .keys = {key}, .ids = {kResource}};
  if (key != kResource) command.keys = {kResource, key};
  command.fingerprint = core::fingerprint(command);
  const std::array<const core::Command*, 1> batch = {&command};
  Snapshot snapshot;
  for (const KeyScope& scope : core::plan(batch).keys) {
    snapshot.keys.push_back({.key = scope.key});
    if (scope.key != key) continue;
    const std::string operation(core::operation_name(command.action));
    snapshot.keys.back().commands.push_back(
        {{operation, "again"}, command.fingerprint, std::move(outcome)});
  }
  return core::decide(batch, std::move(snapshot), {});
}

template <class Answer>
Answer recalled(const core::Decision& decision) {
  promise(decision.changes.empty(), "a replay changes nothing");
  const Value* value = std::get_if<Value>(&decision.verdicts.at(0));
  promise(value != nullptr, "a replay has an answer");
  auto answer = std::get<Answer>(*value);
  promise(answer.replayed, "and says that it is one");
  return answer;
}

void recall(std::size_t which, const std::string& outcome) {
  if (which == 0) {
    InitializeCapacity again{.resource_id = kResource, .start_date = kDay, .end_date = kDay};
    again.idempotency_token = "again";
    recalled<CapacityInitialized>(replay(again, kResource, outcome));
  } else if (which == 1) {
    AdjustCapacity again{.resource_id = kResource, .dates = {kDay}, .delta = 1};
    again.idempotency_token = "again";
    const auto answer = recalled<CapacityAdjusted>(replay(again, kResource, outcome));
    promise(answer.days.size() <= outcome.size(), "no more days than were stored");
  } else if (which == 2) {
    CreateBlackout again{.resource_id = kResource, .start_date = kDay, .end_date = kDay};
    again.idempotency_token = "again";
    const auto answer = recalled<BlackoutAnswer>(replay(again, kResource, outcome));
    promise(answer.blackout.start_date == kDay, "the request says the rest");
  } else {
    CreateResource again{.type = "TOUR", .name = "Reef"};
    again.idempotency_token = "again";
    const auto answer = recalled<ResourceAnswer>(replay(again, core::token_slot("again"), outcome));
    promise(answer.resource.id == outcome, "which resource was made");
  }
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::test::fuzz;
  Bytes bytes(data, size);
  const std::size_t which = bytes.below(4);
  recall(which, std::string(bytes.rest()));
  return 0;
}
