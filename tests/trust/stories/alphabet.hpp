// The letters that stories are made of: a small shop and all that may happen to it in one step.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/command.hpp"
#include "core/world.hpp"

namespace holdfast::test::stories {

/// The clock moves by `clock`, or `commands` are decided as one batch.
struct Step {
  std::string name{};
  std::chrono::minutes clock{};
  std::vector<core::Command> commands{};
};

/// A hold lives one tick of the clock, and no extension carries it further than two.
inline constexpr std::chrono::minutes kTick{10};
inline const core::Policy kPolicy{kTick, 2 * kTick};

/// Two resources: a boat with one place on each of two days, a guide with two places on one.
World opening();

std::vector<Step> alphabet();

}  // namespace holdfast::test::stories
