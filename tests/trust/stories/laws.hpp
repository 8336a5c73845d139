// What must hold after every step of every story.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/world.hpp"
#include "stories/alphabet.hpp"

namespace holdfast::test::stories {

/// The rows, and what was answered the first time to each token: all that laws look at, and all
/// that decides what may come next.
struct Moment {
  World world{};
  std::map<std::string, std::string> told{};
};

/// Carries the step out. Throws Broken, with the law's name first, when one does not hold.
std::vector<core::Verdict> take(Moment& moment, const Step& step);

/// Equal for moments that have equal futures. All rows go in but their updated_at, which no step of
/// the alphabet reads.
std::uint64_t digest(const Moment& moment);

}  // namespace holdfast::test::stories
