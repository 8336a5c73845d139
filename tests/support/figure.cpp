#include "support/figure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <mutex>

#include "support/budget.hpp"
#include "support/random.hpp"

namespace holdfast::test {
namespace {

using Clock = std::chrono::steady_clock;

const auto begun = Clock::now();

class Figures {
 public:
  Figures() = default;
  Figures(const Figures&) = delete;
  Figures& operator=(const Figures&) = delete;
  ~Figures() { std::fputs(text_.c_str(), stdout); }

  void add(const Figure& figure) {
    const std::scoped_lock guard(mutex_);
    text_ += figure.campaign + ": " + (figure.part.empty() ? "" : figure.part + ": ") +
             std::to_string(figure.count) + " " + figure.unit +
             (figure.text.empty() ? "" : ", " + figure.text) + "; wrong " +
             std::to_string(figure.wrong) + "\n";
    write(figure);
    last_ = Clock::now();
  }

 private:
  void write(const Figure& figure) const {
    const char* path = std::getenv("HOLDFAST_FIGURES");
    if (path == nullptr || *path == '\0') return;
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    char date[16];
    std::strftime(date, sizeof date, "%F", ::gmtime_r(&now, &utc));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - last_);
    std::ofstream(path, std::ios::app)
        << date << '\t' << figure.campaign << '\t' << figure.part << '\t'
        << (figure.whole ? "whole" : "share") << '\t' << figure.count << '\t' << figure.unit << '\t'
        << figure.wrong << '\t' << seconds.count() << '\t' << run_seed() << '\n';
  }

  std::mutex mutex_{};
  std::string text_{};
  Clock::time_point last_ = begun;
};

}  // namespace

void report(const Figure& figure) {
  static Figures all;
  all.add(figure);
}

bool plays_whole() { return budget() >= kWhole; }

int stride(double at_one) {
  return plays_whole() ? 1 : std::max(1, static_cast<int>(std::lround(at_one / budget())));
}

}  // namespace holdfast::test
