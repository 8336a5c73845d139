// README.md holds the wall as a table. `test_shame "[write]"` brings it up to date.
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "wall.hpp"

namespace holdfast::test {
namespace {

constexpr auto kTableBegins = "| project |";

std::string readme() {
  std::ifstream file(SHAME_README);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string readme_with_table() {
  const std::string old = readme();
  return old.substr(0, old.find(kTableBegins)) + table() + "\n";
}

TEST_CASE("the table in the README is the wall", "[table]") {
  REQUIRE(readme().find(kTableBegins) != std::string::npos);
  CHECK(readme() == readme_with_table());
}

TEST_CASE("write the table into the README", "[.][write]") {
  const std::string text = readme_with_table();
  std::ofstream(SHAME_README) << text;
  CHECK(readme() == text);
}

TEST_CASE("each bug is on the wall once, and so is its link", "[table]") {
  std::map<std::string, int> times;
  for (const Bug& bug : wall()) {
    ++times[bug.project + " " + bug.ref];
    CHECK(bug.link.rfind("https://", 0) == 0);
    CHECK(bug.happened.find('|') == std::string::npos);
    CHECK(bug.answer.find('|') == std::string::npos);
  }
  for (const auto& [bug, n] : times) {
    INFO(bug);
    CHECK(n == 1);
  }
}

TEST_CASE("no project whose bugs taught something is left out", "[table]") {
  std::set<std::string> projects;
  for (const Bug& bug : wall()) projects.insert(bug.project);
  for (const std::string project : {"ACIDRain", "cal.com", "Easy!Appointments", "LibreBooking",
                                    "Medusa", "pretix", "Saleor", "Spree"}) {
    INFO(project);
    CHECK(projects.count(project) == 1);
  }
  CHECK(wall().size() >= 30);
}

}  // namespace
}  // namespace holdfast::test
