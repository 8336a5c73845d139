// The engine's two ties to the outside world, cut: its ids come from the life's seed, and waiting
// between two tries takes no time. The linker takes these instead of the library's and libc's.
#include <ctime>

#include "engine/ids.hpp"
#include "time_machine/dice.hpp"

namespace holdfast::test::machine {
namespace {

Dice& ids() {
  static Dice dice(0);
  return dice;
}

}  // namespace

void seed_ids(std::uint64_t seed) { ids() = Dice(seed); }

}  // namespace holdfast::test::machine

namespace holdfast::engine {

std::string mint(std::string_view prefix, std::string_view of) {
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string id(prefix);
  id.append(of);
  if (!of.empty()) id.push_back('_');
  id.append(10, '0');
  test::machine::Dice& dice = test::machine::ids();
  std::uint64_t bits = dice.bits();
  for (int i = 0; i < 16; ++i, bits >>= 5) {
    if (i == 8) bits = dice.bits();
    id.push_back(kAlphabet[bits & 31]);
  }
  return id;
}

}  // namespace holdfast::engine

extern "C" int nanosleep(const timespec*, timespec*) { return 0; }
