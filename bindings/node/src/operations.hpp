// What crosses: the fields of each request, and the parts of each answer, as tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "holdfast.h"

namespace holdfast::node {

/// How a value of JavaScript becomes a field of a request.
enum class Kind : std::uint8_t {
  kText,
  kJson,      ///< text on this side
  kInteger,   ///< 32 bits
  kCount,     ///< 32 bits, where the C ABI reads 0 as "not given"
  kLong,      ///< 64 bits, the same
  kFlag,      ///< holdfast_bool
  kChoice,    ///< holdfast_choice
  kWeekdays,  ///< a mask on this side, ISO numbers on the other
  kName,      ///< one of a list of names
  kDay,       ///< YYYY-MM-DD
  kDays,      ///< one text on the other side, with commas
  kTexts,
  kItems,
};

/// The name of each value, then one that starts with UNKNOWN_.
using NameOf = const char* (*)(std::int32_t);

inline constexpr std::size_t kNone = SIZE_MAX;

struct Field {
  const char* name;  ///< as the C ABI writes it
  Kind kind;
  bool required;
  std::size_t offset;
  std::size_t beside = kNone;  ///< where the number of elements stands, or the has_ flag
  NameOf names = nullptr;
};

/// What an answer consists of, in the order in which lib/answers.js takes it. The singular is the
/// first of its list.
enum class Part : std::uint8_t {
  kResource,
  kResources,
  kCapacities,
  kHold,
  kHolds,
  kAllocation,
  kAllocations,
  kBlackout,
  kBlackouts,
  kAvailability,
  kAvailabilities,
  kReport,
  kReports,
  kViolations,
  kCounts,
  kMetrics,
  kPrometheus,
  kReplayed,
  kGroupId,
  kNext,
};

using Submit = holdfast_status (*)(holdfast_engine engine, const void* request, std::uint64_t tag,
                                   holdfast_error* error);

struct Operation {
  const char* name;
  std::uint32_t size;  ///< of its request
  std::span<const Field> fields;
  std::span<const Part> parts;
  Submit submit;
};

/// Every operation; a tag names one by its place here.
std::span<const Operation> operations();
/// The fields of an element of create_holds' items.
std::span<const Field> item_fields();
/// Those of holdfast_options that are values; the callbacks are engine.cpp's.
std::span<const Field> option_fields();

/// Room for any request.
inline constexpr std::size_t kRequestSize = 192;

}  // namespace holdfast::node
