// The time machine: lives of a shop, one after the other, each from a seed of its own.
//
// A life that goes wrong is lived again by its seed alone: HOLDFAST_SEED=<its seed>.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "support/budget.hpp"
#include "support/figure.hpp"
#include "support/random.hpp"
#include "time_machine/machine.hpp"

namespace holdfast::test::machine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kDeliveriesOfALife = 2000;
constexpr auto kShare = std::chrono::seconds(60);
constexpr std::int64_t kAll = 100'000'000;

struct Until {
  std::chrono::milliseconds time{};
  std::int64_t operations = 0;  ///< 0: the time alone
};

class Run {
 public:
  /// False when something is wrong; it is printed.
  bool live(std::uint64_t seed) {
    const Life life = Machine(seed).live(kDeliveriesOfALife);
    ++lives_;
    operations_ += life.operations;
    commits_ += life.commits;
    faults_ += life.faults;
    marks_.add(life.marks);
    if (life.wrong.empty()) return true;
    std::printf("wrong: %s\nin the life of seed %" PRIu64 ", after %" PRId64
                " operations; replay it alone with HOLDFAST_SEED=%" PRIu64 "\n",
                life.wrong.c_str(), seed, life.operations, seed);
    return false;
  }

  bool every_mark_was_met() const {
    bool all = true;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Mark::kCount); ++i) {
      const auto mark = static_cast<Mark>(i);
      std::printf("%12" PRId64 "  %s\n", marks_.of(mark), name(mark));
      if (marks_.of(mark) != 0) continue;
      std::printf("never met: %s\n", name(mark));
      all = false;
    }
    return all;
  }

  std::int64_t operations() const { return operations_; }

  void report_lives(double seconds) const {
    char told[160];
    std::snprintf(told, sizeof told,
                  "in %" PRId64 " lives, %" PRId64 " commits, %" PRId64
                  " faults, %.0f operations/s, every mark met",
                  lives_, commits_, faults_, static_cast<double>(operations_) / seconds);
    report({.campaign = "the time machine",
            .count = operations_,
            .unit = "checked operations",
            .whole = operations_ >= kAll,
            .text = told});
  }

 private:
  std::int64_t lives_ = 0;
  std::int64_t operations_ = 0;
  std::int64_t commits_ = 0;
  std::int64_t faults_ = 0;
  Marks marks_{};
};

bool one_seed_one_life(std::uint64_t seed) {
  const Life first = Machine(seed).live(kDeliveriesOfALife);
  const Life second = Machine(seed).live(kDeliveriesOfALife);
  const Life other = Machine(seed + 1).live(kDeliveriesOfALife);
  if (first.digest == second.digest && first.digest != other.digest) return true;
  std::printf("seed %" PRIu64 " lives twice differently: %016" PRIx64 " and %016" PRIx64 "\n", seed,
              first.digest, second.digest);
  return false;
}

int run(const Until& until) {
  const std::uint64_t seed = run_seed();
  const auto start = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const double most = std::chrono::duration<double>(until.time).count();
  Run run;
  for (std::uint64_t n = 0;; ++n) {
    if (!run.live(seed + n)) return EXIT_FAILURE;
    const bool enough =
        until.operations > 0 ? run.operations() >= until.operations : seconds() >= most;
    if (enough) break;
  }
  if (!one_seed_one_life(seed)) return EXIT_FAILURE;
  if (!run.every_mark_was_met()) return EXIT_FAILURE;
  run.report_lives(seconds());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace holdfast::test::machine

// trust_time_machine [--operations N]: a minute at HOLDFAST_BUDGET=1, or so many operations.
int main(int argc, char** argv) {
  using namespace holdfast::test;
  machine::Until until{.time = scaled(std::chrono::milliseconds(machine::kShare))};
  if (argc == 3 && std::strcmp(argv[1], "--operations") == 0) {
    until.operations = std::strtoll(argv[2], nullptr, 10);
  }
  return machine::run(until);
}
