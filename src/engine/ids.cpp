#include "engine/ids.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace holdfast::engine {
namespace {

std::array<std::uint8_t, 10> random_bytes() {
  std::array<std::uint8_t, 10> bytes{};
  while (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return bytes;
}

}  // namespace

std::string mint(std::string_view prefix, std::string_view of) {
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  std::string id;
  id.reserve(prefix.size() + of.size() + 27);
  id.append(prefix).append(of);
  if (!of.empty()) id.push_back('_');
  for (int shift = 45; shift >= 0; shift -= 5) {
    id.push_back(kAlphabet[static_cast<std::uint64_t>(time) >> shift & 31]);
  }
  std::uint32_t bits = 0;
  int have = 0;
  for (const std::uint8_t byte : random_bytes()) {
    bits = bits << 8 | byte;
    have += 8;
    while (have >= 5) {
      have -= 5;
      id.push_back(kAlphabet[bits >> have & 31]);
    }
  }
  return id;
}

}  // namespace holdfast::engine
