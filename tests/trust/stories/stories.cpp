// Every short story: all that can happen to a small shop in so many steps, and after each step
// every law.
//
// Two stories that lead to equal moments go on alike, since a moment is all that a decision and a
// law can look at; so each moment is told on from once, by the shortest story that leads to it. The
// stories of n steps are all told before any of n + 1: what is found first cannot be made shorter.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/fields.hpp"
#include "stories/laws.hpp"
#include "support/budget.hpp"
#include "support/figure.hpp"

namespace holdfast::test::stories {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kDepthPromised = 7;
constexpr auto kShare = std::chrono::seconds(20);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Stories {
 public:
  Stories() : alphabet_(alphabet()) {
    Moment first{.world = opening()};
    seen_.insert(digest(first));
    told_.push_back({0, 0});
    path_.push_back(std::move(first));
  }

  /// All stories of one step more. False when a law is broken; the story is printed.
  bool deepen() {
    const std::size_t begin = level_;
    level_ = told_.size();
    ++depth_;
    for (std::size_t at = begin; at < level_; ++at) {
      for (std::size_t step = 0; step < alphabet_.size(); ++step) {
        if (!tell(at, step)) return false;
      }
    }
    return true;
  }

  int depth() const { return depth_; }
  std::size_t moments() const { return told_.size(); }
  std::size_t steps() const { return steps_; }
  std::int64_t count() const {
    std::int64_t out = 1;
    for (int i = 0; i < depth_; ++i) out *= static_cast<std::int64_t>(alphabet_.size());
    return out;
  }
  std::size_t letters() const { return alphabet_.size(); }

 private:
  struct Told {
    std::uint32_t before;
    std::uint8_t step;
  };

  std::vector<std::size_t> story_of(std::size_t at) const {
    std::vector<std::size_t> out;
    for (; at != 0; at = told_[at].before) out.insert(out.begin(), told_[at].step);
    return out;
  }

  // The moment that a story leads to. Neighbours have most of their story in common.
  const Moment& moment_of(std::size_t at) {
    const auto story = story_of(at);
    std::size_t same = 0;
    while (same < story.size() && same < steps_of_path_.size() &&
           story[same] == steps_of_path_[same]) {
      ++same;
    }
    path_.resize(same + 1);
    steps_of_path_.resize(same);
    for (std::size_t i = same; i < story.size(); ++i) {
      path_.push_back(path_.back());
      take(path_.back(), alphabet_[story[i]]);
      steps_of_path_.push_back(story[i]);
    }
    return path_.back();
  }

  bool tell(std::size_t at, std::size_t step) {
    Moment next = moment_of(at);
    ++steps_;
    try {
      take(next, alphabet_[step]);
    } catch (const std::exception& broken) {
      auto story = story_of(at);
      story.push_back(step);
      print(story, broken.what());
      return false;
    }
    if (seen_.insert(digest(next)).second) {
      told_.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint8_t>(step)});
    }
    return true;
  }

  void print(const std::vector<std::size_t>& story, const char* law) const {
    std::printf("a story of %zu steps, and there is no shorter one:\n", story.size());
    Moment moment{.world = opening()};
    for (std::size_t i = 0; i < story.size(); ++i) {
      const Step& step = alphabet_[story[i]];
      std::printf("%3zu. %s\n", i + 1, step.name.c_str());
      try {
        for (const auto& verdict : take(moment, step)) {
          std::printf("       %s\n", describe(verdict).c_str());
        }
      } catch (const std::exception&) {
        std::printf("     breaks: %s\n", law);
      }
    }
    std::printf("the rows then:\n%s", describe(moment.world).c_str());
  }

  const std::vector<Step> alphabet_;
  std::vector<Told> told_{};  ///< each moment once: the moment before it, and the step from there
  std::unordered_set<std::uint64_t> seen_{};
  std::vector<Moment> path_{};
  std::vector<std::size_t> steps_of_path_{};
  std::size_t level_ = 0;
  std::size_t steps_ = 0;
  int depth_ = 0;
};

int tell_all() {
  const auto share = scaled(std::chrono::milliseconds(kShare));
  const auto start = Clock::now();
  Stories stories;
  for (double last = 0, before = 0;;) {
    const auto began = Clock::now();
    if (!stories.deepen()) return EXIT_FAILURE;
    last = seconds_since(began);
    std::printf("depth %d: %zu moments, %zu steps, %.1f s\n", stories.depth(), stories.moments(),
                stories.steps(), seconds_since(start));
    std::fflush(stdout);
    const double growth = before > 0 ? last / before : 4;
    before = last;
    const double next = seconds_since(start) + last * growth;
    if (stories.depth() >= kDepthPromised && next > std::chrono::duration<double>(share).count()) {
      break;
    }
  }
  char told[96];
  std::snprintf(told, sizeof told, "of %d steps, %zu letters: %zu moments, %zu steps",
                stories.depth(), stories.letters(), stories.moments(), stories.steps());
  report({.campaign = "every short story",
          .count = stories.count(),
          .unit = "stories",
          .whole = true,
          .text = told});
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace holdfast::test::stories

int main() { return holdfast::test::stories::tell_all(); }
