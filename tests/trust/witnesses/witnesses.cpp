// Three witnesses, and more: one stream of operations through a model written from the
// specification and through the engine on every backend and by every way in. After each operation
// all give the same answer and have come to the same.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/budget.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/figure.hpp"
#include "witnesses/engine_witness.hpp"
#include "witnesses/foreign_witness.hpp"
#include "witnesses/model.hpp"
#include "witnesses/stream.hpp"

namespace holdfast::test::witnesses {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kShare = std::chrono::seconds(30);
constexpr int kStepsOfAChapter = 250;

class Trial {
 public:
  Trial() {
    auto model = std::make_unique<Model>();
    model_ = model.get();
    witnesses_.push_back(std::move(model));
    for (const auto& backend : backends()) {
      databases_.push_back(std::make_unique<Database>(backend));
      witnesses_.push_back(
          open_engine_witness(backend.name, databases_.back()->uri(), clock_.function()));
      if (backend.name != "sqlite") continue;
      databases_.push_back(std::make_unique<Database>(backend));
      witnesses_.push_back(open_capi_witness(databases_.back()->uri(), now_));
    }
    for (auto& witness : open_foreign_witnesses()) witnesses_.push_back(std::move(witness));
  }

  /// False when two differ; it is printed.
  bool chapter() {
    stream_.begin_chapter();
    for (int i = 0; i < kStepsOfAChapter; ++i) {
      if (!step()) return false;
    }
    for (const auto& witness : witnesses_) {
      if (witness->violations() == 0) continue;
      std::printf("%s: verify finds something after step %d\n", witness->name().c_str(), steps_);
      return false;
    }
    return true;
  }

  int steps() const { return steps_; }
  std::size_t count() const { return witnesses_.size(); }
  std::string names() const {
    std::string out;
    for (const auto& witness : witnesses_) out += (out.empty() ? "" : ", ") + witness->name();
    return out;
  }

 private:
  bool step() {
    const Step step = stream_.next();
    clock_.set(step.now);
    ++steps_;
    // Ids are ordered by the millisecond in which they are made.
    if (step.operation == Operation::kCreateResource) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    story_.push_back(text(step));
    const std::string first = ask(*model_, step);
    stream_.heard(model_->last_answer());
    for (const auto& witness : witnesses_) {
      if (witness.get() == model_) continue;
      const std::string said = ask(*witness, step);
      const std::string expected =
          witness->shows_milliseconds() ? cut_to_milliseconds(first) : first;
      if (said == expected) continue;
      print(*witness, expected, said);
      return false;
    }
    return true;
  }

  // A witness that fails says so, and differs by it.
  std::string ask(Witness& witness, const Step& step) {
    try {
      std::string said = witness.said(step);
      for (const auto& resource : stream_.resources()) {
        said += "\n  " + witness.shown(resource, stream_.first_day(), stream_.last_day());
      }
      return said;
    } catch (const std::exception& failure) {
      return std::string("fails: ") + failure.what();
    }
  }

  static std::vector<std::string> lines(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  static void print_lines(const char* title, const std::string& of, const std::string& without) {
    const auto others = lines(without);
    std::printf("%s:\n", title);
    for (const auto& line : lines(of)) {
      const bool alone = std::find(others.begin(), others.end(), line) == others.end();
      if (alone) std::printf("  %s\n", line.c_str());
    }
  }

  void print(const Witness& witness, const std::string& first, const std::string& said) const {
    const std::size_t shown = std::min<std::size_t>(story_.size(), 12);
    std::printf("the last %zu of %d steps:\n", shown, steps_);
    for (std::size_t i = story_.size() - shown; i < story_.size(); ++i) {
      std::printf("  %s\n", story_[i].c_str());
    }
    print_lines("the model alone says", first, said);
    print_lines((witness.name() + " alone says").c_str(), said, first);
  }

  TestClock clock_{};
  const std::function<Instant()> now_ = clock_.function();
  std::vector<std::unique_ptr<Database>> databases_{};
  std::vector<std::unique_ptr<Witness>> witnesses_{};
  Model* model_ = nullptr;  ///< the first of them
  Stream stream_{};
  std::vector<std::string> story_{};
  int steps_ = 0;
};

int run() {
  const double share =
      std::chrono::duration<double>(scaled(std::chrono::milliseconds(kShare))).count();
  const auto start = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  Trial trial;
  do {
    if (!trial.chapter()) return EXIT_FAILURE;
  } while (seconds() < share);
  report({.campaign = "three witnesses",
          .count = trial.steps(),
          .unit = "operations",
          .whole = plays_whole(),
          .text = "by " + std::to_string(trial.count()) + " witnesses (" + trial.names() + ")"});
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace holdfast::test::witnesses

int main() {
  try {
    return holdfast::test::witnesses::run();
  } catch (const std::exception& failure) {
    std::printf("%s\n", failure.what());
    return EXIT_FAILURE;
  }
}
