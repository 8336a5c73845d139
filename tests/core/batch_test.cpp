// A batch is decided exactly as its commands would be one by one, and as well when their tokens are
// trusted; the plan loads enough for it, and what it writes keeps every rule of the tables.
#include <algorithm>
#include <array>
#include <map>
#include <set>

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

std::string listed(const std::vector<Violation>& violations) {
  std::string out;
  for (const auto& v : violations) out += v.rule + " " + v.resource_id + ": " + v.detail + "\n";
  return out;
}

std::string differing(const std::vector<Verdict>& batch, const std::vector<Verdict>& serial) {
  std::string out;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (same(batch[i], serial[i])) continue;
    out += "command " + std::to_string(i) + "\n  in the batch: " + describe(batch[i]) +
           "\n  one by one:   " + describe(serial[i]) + "\n";
  }
  return out;
}

// What is wrong with a batch on a world; empty when nothing is.
std::string wrong(const World& world, const std::vector<Command>& commands,
                  std::vector<Verdict>* verdicts = nullptr) {
  try {
    World serial = world;
    std::vector<Verdict> one_by_one;
    for (const auto& command : commands) {
      one_by_one.push_back(run_all(serial, {command}, kPolicy)[0]);
      if (const auto found = violations(serial); !found.empty()) {
        return "one by one, after " + std::to_string(one_by_one.size()) + ":\n" + listed(found);
      }
    }
    World together = world;
    auto batch = run_all(together, commands, kPolicy);
    if (const auto found = violations(together); !found.empty()) return listed(found);
    if (auto text = differing(batch, one_by_one); !text.empty()) return text;
    if (!same(together, serial)) {
      return "worlds differ; batch:\n" + describe(together) + "one by one:\n" + describe(serial);
    }
    World trusting = world;
    const auto trusted = run_all(trusting, commands, kPolicy, core::Tokens::kTrust);
    if (auto text = differing(trusted, batch); !text.empty()) return "tokens trusted: " + text;
    if (!same(trusting, together)) {
      return "worlds differ; tokens trusted:\n" + describe(trusting) + "loaded:\n" +
             describe(together);
    }
    if (verdicts != nullptr) *verdicts = std::move(batch);
    return "";
  } catch (const std::logic_error& error) {
    return error.what();
  }
}

// The fewest commands of it that are still decided wrongly.
std::vector<Command> shrunk(const World& world, std::vector<Command> commands) {
  for (std::size_t i = commands.size(); i-- > 0;) {
    auto fewer = commands;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (!wrong(world, fewer).empty()) commands = std::move(fewer);
  }
  return commands;
}

std::string report(std::uint64_t number, const World& world, const std::vector<Command>& all) {
  const auto commands = shrunk(world, all);
  std::string out = "case " + std::to_string(number) + ": " + wrong(world, commands) + "\n";
  for (const auto& command : commands) {
    out += std::string(core::operation_name(command.action)) + " " + describe(command) + "\n";
  }
  return out + describe(world);
}

// A property that met only refusals would prove nothing.
class Met {
 public:
  void add(const std::vector<Command>& commands, const std::vector<Verdict>& verdicts) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (const auto* rejection = std::get_if<Rejection>(&verdicts[i])) {
        outcomes_.insert(rejection->outcome);
        continue;
      }
      ++accepted_[commands[i].action.index()];
      const auto replayed = [](const auto& answer) {
        if constexpr (requires { answer.replayed; }) return answer.replayed;
        return false;
      };
      if (std::visit(replayed, std::get<Value>(verdicts[i]))) {
        ++replayed_[commands[i].action.index()];
      }
    }
  }

  void check() const {
    for (std::size_t i = 0; i < std::variant_size_v<core::Action>; ++i) {
      INFO("action " << i);
      CHECK(accepted_[i] >= 100);
      const bool replays = i < 15;  // the rest are upkeep, whose answers say nothing of it
      if (replays) CHECK(replayed_[i] >= 10);
    }
    for (int i = 2; i <= 19; ++i) {
      INFO(name(static_cast<Outcome>(i)));
      CHECK(outcomes_.count(static_cast<Outcome>(i)) == 1);
    }
  }

 private:
  std::array<int, std::variant_size_v<core::Action>> accepted_{};
  std::array<int, std::variant_size_v<core::Action>> replayed_{};
  std::set<Outcome> outcomes_{};
};

}  // namespace

TEST_CASE("a batch is decided as its commands one by one, and as if its tokens were known",
          "[property]") {
  const int cases = scaled(100'000);
  run_seed();
  Met met;
  for (int i = 1; i <= cases; ++i) {
    const auto number = static_cast<std::uint64_t>(i);
    Scene scene(number);
    const std::vector<Command> commands = scene.batch();
    std::vector<Verdict> verdicts;
    if (!wrong(scene.world(), commands, &verdicts).empty()) {
      FAIL(report(number, scene.world(), commands));
    }
    met.add(commands, verdicts);
  }
  if (cases >= 100'000) met.check();
  WARN(cases << " cases");
}

}  // namespace holdfast::test
