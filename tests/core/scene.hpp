// Chance: a small world with a past, and commands for it.
#pragma once

#include <string>
#include <vector>

#include "core/command.hpp"
#include "core/world.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"

namespace holdfast::test {

inline const core::Policy kPolicy{std::chrono::minutes(30), std::chrono::hours(24)};
/// When the commands of a case are decided.
inline const Instant kNow = at(1'000'000);

/// Keys in order, each once, and the fingerprint: what the engine does with any request.
void finish(core::Command& command);

class Scene {
 public:
  explicit Scene(std::uint64_t number);

  const World& world() const { return world_; }
  /// 1 to 12 of them.
  std::vector<core::Command> batch();

 private:
  void add_resource(int n);
  void add_capacity(WorldKey& rows);
  void add_blackouts(WorldKey& rows);
  void add_hold(WorldKey& rows);
  void add_past();

  core::Command command();
  core::Action action();
  core::Action about_resources();
  core::Action about_capacity();
  core::Action about_holds();
  core::Action about_bookings();
  core::Action about_upkeep();
  /// Fresh ids for what it makes; they may be named by later commands.
  void mint(core::Command& command);

  bool chance(double probability) { return random_.chance(probability); }
  int number(int low, int high) { return static_cast<int>(random_.between(low, high)); }
  const std::string& one_of(const std::vector<std::string>& ids) {
    return ids[random_.below(ids.size())];
  }
  std::vector<std::string> some_of(const std::vector<std::string>& ids);
  std::vector<Date> some_days();
  std::string token(bool needed);
  std::string holder();
  std::chrono::milliseconds ttl();

  Random random_;
  World world_{};
  int last_ = 0;
  std::vector<std::string> resources_{};
  std::vector<std::string> holds_{};
  std::vector<std::string> allocations_{};
  std::vector<std::string> blackouts_{};
  std::vector<core::Command> said_{};
};

}  // namespace holdfast::test
