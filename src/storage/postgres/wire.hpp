// PostgreSQL's binary formats: parameters out, columns in. Binary, because it is exact to the
// microsecond and does not depend on DateStyle, TimeZone or a quoting rule.
#pragma once

#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/types.hpp"

namespace holdfast::postgres {

/// The element of an array parameter for the row at hand, whose number is u.n. An array that is
/// unnested costs a store of its own in the server, so only what differs from row to row is. See
/// Params::add_column.
#define HOLDFAST_COLUMN(parameter) "coalesce((" parameter ")[u.n], (" parameter ")[1])"

/// The parameters $1, $2, ... of one statement, in order. Statements cast each one to its type.
class Params {
 public:
  Params& add(std::string_view text);
  Params& add(std::int32_t value);
  Params& add(std::int64_t value);
  Params& add(Date day);
  Params& add(Instant instant);
  Params& add(std::optional<Instant> instant);
  Params& add(const std::vector<std::int32_t>& values);
  Params& add(const std::vector<std::int64_t>& values);
  Params& add(const std::vector<Date>& values);

  /// One array with `value(row)` of each row: text, bool, numbers, days, instants (also optional).
  template <class Rows, class Value>
  Params& add_each(const Rows& rows, Value value) {
    using Element = std::decay_t<decltype(value(*rows.begin()))>;
    begin_array(static_cast<Element*>(nullptr), rows.size());
    for (const auto& row : rows) put(value(row));
    return end();
  }

  /// The same for a column that is often alike in all rows: then it is sent once.
  /// The statement says HOLDFAST_COLUMN where it wants the value.
  template <class Rows, class Value>
  Params& add_column(const Rows& rows, Value value) {
    const auto other = std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
      return value(row) != value(*rows.begin());
    });
    return add_each(std::span(rows.begin(), other == rows.end() ? rows.begin() + 1 : rows.end()),
                    value);
  }

  int size() const { return static_cast<int>(ends_.size()); }
  /// Pointers into this object; valid until it changes.
  struct View {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  View view() const;

 private:
  void raw(std::uint64_t value, int bytes);
  void begin_array(unsigned oid, std::size_t size);
  void begin_array(const std::string*, std::size_t size) { begin_array(25, size); }
  void begin_array(const std::string_view*, std::size_t size) { begin_array(25, size); }
  void begin_array(const bool*, std::size_t size) { begin_array(16, size); }
  void begin_array(const std::int32_t*, std::size_t size) { begin_array(23, size); }
  void begin_array(const std::int64_t*, std::size_t size) { begin_array(20, size); }
  void begin_array(const Date*, std::size_t size) { begin_array(1082, size); }
  void begin_array(const Instant*, std::size_t size) { begin_array(1184, size); }
  void begin_array(const std::optional<Instant>*, std::size_t size) { begin_array(1184, size); }

  // Elements: their length, then their bytes.
  void put(std::string_view text);
  void put(bool value);
  void put(std::int32_t value);
  void put(std::int64_t value);
  void put(Date day);
  void put(Instant instant);
  void put(std::optional<Instant> instant);
  Params& end();

  std::string bytes_;
  std::vector<std::int64_t> ends_;  ///< of each parameter in bytes_; -1 - end for NULL
};

/// The days of many rows as one array, and the 1-based bounds of each row's slice of it.
struct DaySlices {
  std::vector<Date> days;
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> last;
  void add(const std::vector<Date>& of_one_row);
};

/// Reads one row of a binary result, column by column from the left.
class Row {
 public:
  Row(const PGresult* result, int row) : result_(result), row_(row) {}
  bool is_null() const { return PQgetisnull(result_, row_, column_) != 0; }
  void skip(int columns = 1) { column_ += columns; }
  std::string text();
  std::string_view view();
  bool boolean();
  std::int32_t int4();
  std::int64_t int8();
  Date date();
  Instant instant();
  std::optional<Instant> maybe_instant();
  std::vector<Date> dates();
  std::vector<std::int64_t> int8s();

 private:
  std::string_view next();
  const PGresult* result_;
  int row_;
  int column_ = 0;
};

}  // namespace holdfast::postgres
