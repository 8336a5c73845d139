#include "support.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

namespace holdfast::bench {
namespace {

constexpr std::string_view kUlidAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

rusage usage() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used;
}

// The text after `"key":`, spaces skipped.
std::size_t value_of(const std::string& json, const std::string& key) {
  const std::size_t at = json.find('"' + key + '"');
  if (at == std::string::npos) die("the shop's file has no " + key);
  return json.find_first_not_of(": \n\t", at + key.size() + 2);
}

int number_of(const std::string& json, const std::string& key) {
  return std::atoi(json.c_str() + value_of(json, key));
}

}  // namespace

void die(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(2);
}

Arguments::Arguments(int argc, char** argv, int first) {
  for (int i = first; i < argc; i += 2) {
    const std::string name = argv[i];
    if (!name.starts_with("--") || i + 1 == argc) die("odd argument: " + name);
    values_[name.substr(2)] = argv[i + 1];
  }
}

std::string Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) die("missing: --" + name);
  return found->second;
}

std::string Arguments::text(const std::string& name, const std::string& fallback) const {
  return has(name) ? text(name) : fallback;
}

std::int64_t Arguments::number(const std::string& name, std::int64_t fallback) const {
  return has(name) ? std::atoll(text(name).c_str()) : fallback;
}

double Arguments::real(const std::string& name, double fallback) const {
  return has(name) ? std::atof(text(name).c_str()) : fallback;
}

Shop read_shop(const std::string& file) {
  std::ifstream in(file);
  const std::string json((std::istreambuf_iterator<char>(in)), {});
  Shop shop;
  const std::size_t end = json.find(']', value_of(json, "resources"));
  for (std::size_t at = value_of(json, "resources"); at < end;) {
    const std::size_t open = json.find('"', at);
    if (open >= end) break;
    const std::size_t close = json.find('"', open + 1);
    shop.resources.push_back(json.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  const auto day = parse_date(std::string_view(json).substr(value_of(json, "first_day") + 1, 10));
  if (!day || shop.resources.empty()) die("not a shop's file: " + file);
  shop.first_day = *day;
  shop.days = number_of(json, "days");
  shop.capacity = number_of(json, "capacity");
  shop.stay = number_of(json, "stay");
  return shop;
}

void write_shop(const std::string& file, const Shop& shop) {
  std::string ids;
  for (const auto& id : shop.resources) ids += (ids.empty() ? "\"" : ", \"") + id + '"';
  JsonLine json;
  json.raw("resources", "[" + ids + "]").text("first_day", to_string(shop.first_day));
  json.number("days", shop.days).number("capacity", shop.capacity).number("stay", shop.stay);
  std::ofstream out(file);
  out << json.str() << '\n';
  if (!out.flush()) die("cannot write " + file);
}

Date today() {
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return Date(days.time_since_epoch());
}

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

std::string Random::letters(std::size_t size) {
  std::string out(size, '0');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < size; ++i, bits >>= 5) {
    if (i % 12 == 0) bits = next();
    out[i] = kUlidAlphabet[bits & 31];
  }
  return out;
}

std::uint64_t system_entropy() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::string ulid(std::int64_t unix_ms, Random& random) {
  std::string out(10, '0');
  for (std::size_t i = 10; i-- > 0; unix_ms >>= 5) {
    out[i] = kUlidAlphabet[static_cast<std::size_t>(unix_ms & 31)];
  }
  return out + random.letters(16);
}

double cpu_seconds() {
  const rusage used = usage();
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::int64_t max_rss_kib() { return usage().ru_maxrss; }

std::int64_t rss_kib() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) return std::atoll(line.c_str() + 6);
  }
  return 0;
}

JsonLine& JsonLine::raw(std::string_view name, std::string_view value) {
  if (out_.size() > 1) out_ += ", ";
  out_.append("\"").append(name).append("\": ").append(value);
  return *this;
}

// What the benchmark writes needs no escapes but these.
JsonLine& JsonLine::text(std::string_view name, std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c < ' ' && c >= 0 ? ' ' : c;
  }
  return raw(name, quoted + "\"");
}

JsonLine& JsonLine::real(std::string_view name, double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6g", value);
  return raw(name, digits);
}

void JsonLine::print() const {
  std::printf("%s\n", str().c_str());
  std::fflush(stdout);
}

}  // namespace holdfast::bench
