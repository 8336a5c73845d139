// Answers on their way out: results of the C ABI into values of JavaScript.
#pragma once

#include <node_api.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "holdfast.h"
#include "operations.hpp"

namespace holdfast::node {

/// Functions of lib/answers.js: each makes one object from its fields, in the order of the C
/// struct. An object literal there costs a tenth of one that is put together from here.
enum class Maker : std::uint8_t {
  kResource,
  kCapacity,
  kHold,
  kAllocation,
  kBlackout,
  kAvailability,
  kReport,
  kReportDay,
  kConflict,
  kViolation,
  kCounts,
  kMetrics,
};
inline constexpr std::array kMakerNames = {"resource", "capacity",     "hold",   "allocation",
                                           "blackout", "availability", "report", "reportDay",
                                           "conflict", "violation",    "counts", "metrics"};

/// The makers, as long-lived references.
using Makers = std::array<napi_ref, kMakerNames.size()>;

/// Makes values of one environment, on its thread, within one handle scope: what every answer needs
/// it fetches once. Once a call into JavaScript has failed (the environment is ending) everything
/// it makes is empty, and `ok` says so.
class AnswerWriter {
 public:
  AnswerWriter(napi_env env, const Makers& makers) : env_(env), makers_(makers) {}

  bool ok() const { return ok_; }

  napi_value number(double value);
  napi_value integer(std::int32_t value);
  napi_value boolean(bool value);
  napi_value text(holdfast_str value);
  napi_value ascii(const char* value);
  napi_value undefined();
  napi_value part(Part part, const holdfast_result* result);
  napi_value holds(const holdfast_result* result);
  napi_value allocations(const holdfast_result* result);
  napi_value conflicts(const holdfast_result* result);

 private:
  napi_value write(const holdfast_resource& from);
  napi_value write(const holdfast_capacity& from);
  napi_value write(const holdfast_hold& from);
  napi_value write(const holdfast_allocation& from);
  napi_value write(const holdfast_blackout& from);
  napi_value write(const holdfast_availability& from);
  napi_value write(const holdfast_report& from);
  napi_value write(const holdfast_report_day& from);
  napi_value write(const holdfast_day_conflict& from);
  napi_value write(const holdfast_violation& from);
  napi_value write(const holdfast_counts& from);
  napi_value write(const holdfast_metrics_values& from);
  napi_value write(std::int64_t from) { return number(static_cast<double>(from)); }

  napi_value make(Maker maker, std::initializer_list<napi_value> fields);
  napi_value day(holdfast_date value);
  /// As one text; lib/answers.js takes it apart, which costs less than making an array from here.
  napi_value days(const holdfast_date* values, std::size_t count);
  /// An Int32Array with four numbers for each day: a search has thousands, too many for a call into
  /// JavaScript each.
  napi_value numbers(const holdfast_availability_day* from, std::size_t count);
  napi_value instant(holdfast_instant value) { return number(static_cast<double>(value)); }
  napi_value array(std::size_t count);
  void set(napi_value array, std::size_t index, napi_value value);
  template <class T>
  napi_value list(const T* from, std::size_t count);
  template <class T>
  napi_value list(const T* (*get)(const holdfast_result*, std::size_t*) noexcept,
                  const holdfast_result* result);
  template <class T>
  napi_value one(const T* from);
  template <class T>
  napi_value first(const T* (*get)(const holdfast_result*, std::size_t*) noexcept,
                   const holdfast_result* result);
  void check(napi_status status) { ok_ = ok_ && status == napi_ok; }
  napi_value keep(napi_value& place, napi_value made) {
    if (depth_ == 0) place = made;
    return made;
  }

  napi_env env_;
  const Makers& makers_;
  std::array<napi_value, kMakerNames.size()> functions_{};
  napi_value undefined_ = nullptr;
  napi_value empty_ = nullptr;
  std::size_t depth_ = 0;  ///< of scopes of its own: what is made in one ends with it
  bool ok_ = true;
};

}  // namespace holdfast::node
