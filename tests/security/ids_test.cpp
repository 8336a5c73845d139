// Ids that name a hold, a booking or a resource cannot be guessed from others.
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "engine/ids.hpp"
#include "shop.hpp"
#include "support/clock.hpp"

namespace {

std::atomic<std::size_t> bytes_drawn{0};

}  // namespace

// The program's own comes before the C library's, so what the library draws can be counted.
extern "C" ssize_t getrandom(void* buffer, std::size_t size, unsigned flags) {
  bytes_drawn += size;
  return ::syscall(SYS_getrandom, buffer, size, flags);
}

namespace holdfast::test {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kRandomDigits = 16;  // of 5 bits: the last of an id

std::string_view random_part(std::string_view id) { return id.substr(id.size() - kRandomDigits); }

unsigned digit(std::string_view id, std::size_t at) {
  return static_cast<unsigned>(kAlphabet.find(random_part(id)[at]));
}

}  // namespace

TEST_CASE("Every id takes 80 fresh bits from the kernel's generator") {
  for (const char* prefix : {"res_", "hold_", "alloc_", "blk_", "grp_", "tok_"}) {
    const std::size_t before = bytes_drawn;
    const std::string id = engine::mint(prefix);
    CHECK(bytes_drawn - before == 10);
    CHECK(id.size() == std::string_view(prefix).size() + 26);
  }
}

TEST_CASE("No id follows from the one before it, also within one millisecond") {
  constexpr std::size_t kIds = 20'000;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kIds; ++i) ids.push_back(engine::mint(""));
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == kIds);

  std::array<std::size_t, 80> ones{};
  std::array<std::size_t, kRandomDigits> repeats{};
  std::size_t rising = 0;
  for (std::size_t i = 0; i < kIds; ++i) {
    for (std::size_t at = 0; at < kRandomDigits; ++at) {
      for (unsigned bit = 0; bit < 5; ++bit) ones[at * 5 + bit] += digit(ids[i], at) >> bit & 1U;
      if (i > 0 && digit(ids[i], at) == digit(ids[i - 1], at)) ++repeats[at];
    }
    if (i > 0 && random_part(ids[i]) > random_part(ids[i - 1])) ++rising;
  }
  // Six standard deviations: one false alarm in ten million runs.
  const auto within = [](std::size_t count, double chance) {
    const double spread = std::sqrt(kIds * chance * (1 - chance));
    return std::abs(static_cast<double>(count) - kIds * chance) < 6 * spread;
  };
  for (const std::size_t count : ones) CHECK(within(count, 0.5));
  for (const std::size_t count : repeats) CHECK(within(count, 1.0 / 32));
  // What is incremented rises nearly always, what is random half of the time (runs of three share a
  // number, so the spread is a little less than that of a coin).
  CHECK(within(rising, 0.5));
}

TEST_CASE("A hold's id tells its resource, and nothing that leads to the next hold's") {
  EACH_BACKEND(db);
  const auto engine = migrated(db.uri());
  const std::string resource = add_resource(*engine, 100);
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const Hold made = hold(*engine, resource);
    CHECK(contains(made.id, resource.substr(4)));
    seen.insert(std::string(random_part(made.id)));
  }
  CHECK(seen.size() == 50);
}

}  // namespace holdfast::test
