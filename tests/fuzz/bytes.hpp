// What a target is fed, taken apart from the front, and what ends it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

/// The one function of every target. It may be called again and again, and keeps nothing between.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace holdfast::test::fuzz {

/// A broken promise ends the program: for libFuzzer and CTest alike it is a finding.
inline void promise(bool kept, std::string_view what) {
  if (kept) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// After its end come zeros, which every target takes for its most ordinary input.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::string_view text(std::size_t size) {
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::string_view rest() { return text(rest_.size()); }

  template <class Integer>
  Integer number() {
    Integer out{};
    const std::string_view from = text(sizeof out);
    if (!from.empty()) std::memcpy(&out, from.data(), from.size());
    return out;
  }
  std::uint8_t byte() { return number<std::uint8_t>(); }
  /// 0 to n - 1. REQUIRES: 0 < n <= 256.
  std::size_t below(std::size_t n) { return byte() % n; }
  bool flag() { return (byte() & 1U) != 0; }

 private:
  std::string_view rest_;
};

}  // namespace holdfast::test::fuzz
