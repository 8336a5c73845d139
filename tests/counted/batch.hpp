// Batches of holds, as the engine would plan and decide them, always the same ones.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/command.hpp"
#include "core/decide.hpp"
#include "core/fingerprint.hpp"
#include "core/plan.hpp"

namespace holdfast::counted {

enum class Over { kResourcesOfTheirOwn, kOneResource };

inline constexpr std::chrono::days kDay{1};
inline constexpr Date kToday{std::chrono::days(57'000)};

inline std::string numbered(const std::string& prefix, std::size_t number) {
  const std::string digits = std::to_string(number);
  return prefix + std::string(26 - digits.size(), '0') + digits;
}

inline std::string resource_id(std::size_t number) { return numbered("res_", number); }

/// The three days of every hold.
inline std::vector<Date> days() { return {kToday + kDay, kToday + 2 * kDay, kToday + 3 * kDay}; }

inline Resource resource(const std::string& id) {
  Resource out;
  out.id = id;
  out.type = "TOUR";
  out.name = "A tour";
  out.metadata = "{}";
  out.timezone = "Australia/Brisbane";
  out.is_active = true;
  return out;
}

/// `size` three-day holds. No two rounds share a token or an id.
class Batch {
 public:
  Batch(std::size_t size, Over over, std::size_t round = 0) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t number = round * size + i;
      const std::string key = resource_id(over == Over::kOneResource ? 0 : i);
      CreateHolds request;
      request.items.push_back({key, days(), 1});
      request.customer_email = "guest@example.com";
      request.idempotency_token = numbered("tok_", number);
      core::Command command{std::move(request)};
      command.keys.push_back(key);
      command.ids.push_back(numbered("hold_" + key.substr(4) + "_", number));
      command.fingerprint = core::fingerprint(command);
      commands_.push_back(std::move(command));
    }
    for (const auto& command : commands_) pointers_.push_back(&command);
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  std::size_t size() const { return commands_.size(); }
  Scope plan() const { return core::plan(pointers_, kTokens); }
  core::Decision decide(Snapshot snapshot) const {
    return core::decide(pointers_, std::move(snapshot), policy_, kTokens);
  }

 private:
  static constexpr auto kTokens = core::Tokens::kTrust;  // as where all are new
  const core::Policy policy_{std::chrono::minutes(30), std::chrono::hours(24)};
  std::vector<core::Command> commands_{};
  std::vector<const core::Command*> pointers_{};
};

/// What a database would answer that has enough places everywhere.
inline Snapshot snapshot(const Scope& scope) {
  Snapshot out;
  out.now = Instant(kToday.time_since_epoch());
  for (const KeyScope& key : scope.keys) {
    KeySnapshot found;
    found.key = key.key;
    found.today = kToday;
    found.resource = resource(key.key);
    for (const Date date : key.dates) found.capacity.push_back({date, 1'000'000, 1'000'000});
    out.keys.push_back(std::move(found));
  }
  return out;
}

}  // namespace holdfast::counted
