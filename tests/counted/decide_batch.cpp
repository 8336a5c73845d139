// Plans and decides one full batch again and again: what callgrind counts the instructions of.
// Prints how many commands that were.
#include <cstdio>
#include <cstring>

#include "batch.hpp"

int main(int argc, char** argv) {
  using namespace holdfast;
  const bool hot = argc > 1 && std::strcmp(argv[1], "hot") == 0;
  constexpr std::size_t kRounds = 20;
  const counted::Batch batch(
      kKeysPerTransaction, hot ? counted::Over::kOneResource : counted::Over::kResourcesOfTheirOwn);
  std::size_t written = 0;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const Scope scope = batch.plan();
    written += batch.decide(counted::snapshot(scope)).changes.hold_inserts.size();
  }
  std::printf("%zu\n", written);
  return written == kRounds * batch.size() ? 0 : 1;
}
