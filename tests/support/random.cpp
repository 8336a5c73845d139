#include "support/random.hpp"

#include <cstdio>
#include <cstdlib>

namespace holdfast::test {

std::uint64_t run_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("HOLDFAST_SEED");
    std::random_device device;
    const std::uint64_t chosen = given != nullptr && *given != '\0'
                                     ? std::strtoull(given, nullptr, 0)
                                     : (std::uint64_t{device()} << 32 | device());
    std::fprintf(stderr, "replay with HOLDFAST_SEED=%llu\n",
                 static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return seed;
}

}  // namespace holdfast::test
