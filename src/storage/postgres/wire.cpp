#include "storage/postgres/wire.hpp"

#include <array>
#include <limits>

namespace holdfast::postgres {
namespace {

constexpr std::int64_t kEpochDays = 10957;  // 2000-01-01, where PostgreSQL counts from
constexpr std::int64_t kEpochMicros = kEpochDays * 86'400'000'000;

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::int32_t to_int4(std::string_view bytes) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(from_big_endian(bytes)));
}

std::int64_t to_int8(std::string_view bytes) {
  return static_cast<std::int64_t>(from_big_endian(bytes));
}

// What is in an array whose elements have `size` bytes each.
template <class T, class Convert>
std::vector<T> elements(std::string_view array, std::size_t size, Convert convert) {
  constexpr std::size_t kHeader = 20;  // dimensions, has-null, type, size, lower bound
  constexpr std::size_t kLength = 4;
  std::vector<T> out;
  if (array.size() < kHeader) return out;
  out.reserve((array.size() - kHeader) / (kLength + size));
  for (std::size_t at = kHeader; at + kLength + size <= array.size(); at += kLength + size)
    out.push_back(convert(array.substr(at + kLength, size)));
  return out;
}

std::int32_t pg_day(Date day) {
  return static_cast<std::int32_t>(day.time_since_epoch().count() - kEpochDays);
}

Date from_pg_day(std::int32_t day) { return Date(std::chrono::days(day + kEpochDays)); }

std::int64_t pg_micros(Instant instant) {
  return instant.time_since_epoch().count() - kEpochMicros;
}

}  // namespace

void Params::raw(std::uint64_t value, int bytes) {
  std::array<char, 8> wire{};
  for (int i = bytes - 1; i >= 0; --i, value >>= 8)
    wire[static_cast<std::size_t>(i)] = static_cast<char>(value & 0xFF);
  bytes_.append(wire.data(), static_cast<std::size_t>(bytes));
}

void Params::begin_array(unsigned oid, std::size_t size) {
  raw(size == 0 ? 0 : 1, 4);  // dimensions
  raw(1, 4);                  // may hold NULL
  raw(oid, 4);
  if (size == 0) return;
  raw(size, 4);
  raw(1, 4);  // lower bound
}

void Params::put(std::string_view text) {
  raw(text.size(), 4);
  bytes_.append(text);
}
void Params::put(bool value) {
  raw(1, 4);
  raw(value ? 1 : 0, 1);
}
void Params::put(std::int32_t value) {
  raw(4, 4);
  raw(static_cast<std::uint32_t>(value), 4);
}
void Params::put(std::int64_t value) {
  raw(8, 4);
  raw(static_cast<std::uint64_t>(value), 8);
}
void Params::put(Date day) { put(pg_day(day)); }
void Params::put(Instant instant) { put(pg_micros(instant)); }
void Params::put(std::optional<Instant> instant) {
  if (instant) return put(*instant);
  raw(0xFFFFFFFF, 4);
}

Params& Params::end() {
  ends_.push_back(static_cast<std::int64_t>(bytes_.size()));
  return *this;
}

Params& Params::add(std::string_view text) {
  bytes_.append(text);
  return end();
}
Params& Params::add(std::int32_t value) {
  raw(static_cast<std::uint32_t>(value), 4);
  return end();
}
Params& Params::add(std::int64_t value) {
  raw(static_cast<std::uint64_t>(value), 8);
  return end();
}
Params& Params::add(Date day) { return add(pg_day(day)); }
Params& Params::add(Instant instant) { return add(pg_micros(instant)); }
Params& Params::add(std::optional<Instant> instant) {
  if (instant) return add(*instant);
  ends_.push_back(-1 - static_cast<std::int64_t>(bytes_.size()));
  return *this;
}
Params& Params::add(const std::vector<std::int32_t>& values) {
  return add_each(values, [](std::int32_t v) { return v; });
}
Params& Params::add(const std::vector<std::int64_t>& values) {
  return add_each(values, [](std::int64_t v) { return v; });
}
Params& Params::add(const std::vector<Date>& values) {
  return add_each(values, [](Date v) { return v; });
}

Params::View Params::view() const {
  View out;
  out.values.reserve(ends_.size());
  out.lengths.reserve(ends_.size());
  out.formats.reserve(ends_.size());
  std::int64_t begin = 0;
  for (const std::int64_t mark : ends_) {
    const std::int64_t end = mark < 0 ? -1 - mark : mark;
    out.values.push_back(mark < 0 ? nullptr : bytes_.data() + begin);
    out.lengths.push_back(static_cast<int>(end - begin));
    out.formats.push_back(1);
    begin = end;
  }
  return out;
}

void DaySlices::add(const std::vector<Date>& of_one_row) {
  first.push_back(static_cast<std::int32_t>(days.size() + 1));
  days.insert(days.end(), of_one_row.begin(), of_one_row.end());
  last.push_back(static_cast<std::int32_t>(days.size()));
}

std::string_view Row::next() {
  const int column = column_++;
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::string Row::text() { return std::string(next()); }
std::string_view Row::view() { return next(); }
bool Row::boolean() { return from_big_endian(next()) != 0; }
std::int32_t Row::int4() { return to_int4(next()); }
std::int64_t Row::int8() { return to_int8(next()); }
Date Row::date() { return from_pg_day(int4()); }

// `infinity` is the largest number there is, and nobody could add to it.
Instant Row::instant() {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max() / 2;
  const std::int64_t micros = std::clamp(int8(), -kLargest, kLargest);
  return Instant(std::chrono::microseconds(micros + kEpochMicros));
}

std::optional<Instant> Row::maybe_instant() {
  if (!is_null()) return instant();
  skip();
  return std::nullopt;
}

std::vector<Date> Row::dates() {
  return elements<Date>(next(), 4, [](std::string_view day) { return from_pg_day(to_int4(day)); });
}

std::vector<std::int64_t> Row::int8s() { return elements<std::int64_t>(next(), 8, to_int8); }

}  // namespace holdfast::postgres
