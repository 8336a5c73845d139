#include "support/spawn.hpp"

#include <algorithm>

extern char** environ;

namespace holdfast::test {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const std::vector<std::string>& over) {
  std::vector<std::string> out = over;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string given = *entry;
    const std::string name = given.substr(0, given.find('=') + 1);
    const bool replaced =
        std::any_of(over.begin(), over.end(), [&](const auto& o) { return o.starts_with(name); });
    if (!replaced) out.push_back(given);
  }
  return out;
}

}  // namespace holdfast::test
