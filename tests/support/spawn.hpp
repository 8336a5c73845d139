// What starting a process takes: argument vectors and an environment.
#pragma once

#include <string>
#include <vector>

namespace holdfast::test {

/// As exec wants them; valid as long as `strings` is unchanged.
std::vector<char*> pointers(std::vector<std::string>& strings);

/// This process's environment with the `NAME=value` entries of `over` in place of its own.
std::vector<std::string> environment_with(const std::vector<std::string>& over);

}  // namespace holdfast::test
