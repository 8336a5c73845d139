// What every program of the benchmark shares: arguments, the shop's file, chance, clocks, one line
// of JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "holdfast/types.hpp"

namespace holdfast::bench {

using Clock = std::chrono::steady_clock;

/// Writes `message` to stderr and ends the process with 2.
[[noreturn]] void die(const std::string& message);

/// `--name value` pairs.
class Arguments {
 public:
  Arguments(int argc, char** argv, int first);
  bool has(const std::string& name) const { return values_.count(name) != 0; }
  std::string text(const std::string& name) const;
  std::string text(const std::string& name, const std::string& fallback) const;
  std::int64_t number(const std::string& name, std::int64_t fallback) const;
  double real(const std::string& name, double fallback) const;

 private:
  std::map<std::string, std::string> values_;
};

/// What there is to book; made by bench_shop and bench_fill, read by every runner.
struct Shop {
  std::vector<std::string> resources;
  Date first_day{};
  int days = 0;
  int capacity = 0;
  int stay = 3;
};
Shop read_shop(const std::string& file);
void write_shop(const std::string& file, const Shop& shop);

/// Today in UTC, and the first day that is bookable in every zone.
Date today();
inline Date first_bookable_day() { return today() + std::chrono::days(7); }

/// splitmix64: every caller has its own, so that a seed replays the same choices.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  /// `size` characters of a ULID's alphabet.
  std::string letters(std::size_t size);

 private:
  std::uint64_t state_;
};
/// From the system: what must never repeat, whatever the seed.
std::uint64_t system_entropy();

/// A ULID of that millisecond.
std::string ulid(std::int64_t unix_ms, Random& random);

/// User and system CPU of this process so far.
double cpu_seconds();
std::int64_t max_rss_kib();
/// Now; from the kernel's own account.
std::int64_t rss_kib();

/// One JSON object on one line.
class JsonLine {
 public:
  JsonLine& raw(std::string_view name, std::string_view value);
  JsonLine& text(std::string_view name, std::string_view value);
  JsonLine& real(std::string_view name, double value);
  template <class T>
  JsonLine& number(std::string_view name, T value) requires std::is_integral_v<T> {
    return raw(name, std::to_string(value));
  }
  std::string str() const { return out_ + "}"; }
  void print() const;

 private:
  std::string out_ = "{";
};

}  // namespace holdfast::bench
