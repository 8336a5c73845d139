// Witnesses in other languages: child processes that speak lines.
#pragma once

#include <memory>
#include <vector>

#include "witnesses/step.hpp"

namespace holdfast::test::witnesses {

/// Node where HOLDFAST_NODE_PACKAGE is set, Python where HOLDFAST_LIBRARY is; both in memory.
std::vector<std::unique_ptr<Witness>> open_foreign_witnesses();

}  // namespace holdfast::test::witnesses
