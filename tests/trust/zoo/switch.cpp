#include "switch.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace holdfast::zoo {
namespace {

struct Points {
  std::mutex mutex{};
  std::map<std::string, int> passed{};
  std::string deadly{};
  int visits_left = 0;
};

Points& points() {
  static Points all;
  return all;
}

int number() {
  const char* text = std::getenv("HOLDFAST_ZOO");
  return text == nullptr ? 0 : std::atoi(text);
}

}  // namespace

const int chosen = number();

void point(const char* name) {
  Points& all = points();
  const std::scoped_lock guard(all.mutex);
  ++all.passed[name];
  if (all.deadly == name && --all.visits_left == 0) ::kill(::getpid(), SIGKILL);
}

std::map<std::string, int> passed() {
  Points& all = points();
  const std::scoped_lock guard(all.mutex);
  return std::exchange(all.passed, {});
}

void die_at(const std::string& point, int visit) {
  Points& all = points();
  const std::scoped_lock guard(all.mutex);
  all.deadly = point;
  all.visits_left = visit;
}

}  // namespace holdfast::zoo
