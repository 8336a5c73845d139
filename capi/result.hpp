// An answer, laid out as the C structs that the accessors hand out.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string>

#include "holdfast.h"
#include "holdfast/operations.hpp"
#include "holdfast/outcome.hpp"

namespace holdfast::capi {

/// An array in the result's arena.
template <class T>
struct List {
  const T* data = nullptr;
  std::size_t count = 0;
};

}  // namespace holdfast::capi

/// Owns the C++ answer; the C structs point into it and into the arena, so it never moves.
struct holdfast_result {
  explicit holdfast_result(holdfast::Answer<holdfast::Value> from);
  holdfast_result(const holdfast_result&) = delete;
  holdfast_result& operator=(const holdfast_result&) = delete;

  holdfast_outcome outcome = HOLDFAST_OUTCOME_ACCEPTED;
  holdfast_bool replayed = 0;
  holdfast_str group_id{"", 0};
  holdfast_str next{"", 0};
  holdfast::capi::List<holdfast_resource> resources{};
  holdfast::capi::List<holdfast_capacity> capacities{};
  holdfast::capi::List<holdfast_hold> holds{};
  holdfast::capi::List<holdfast_allocation> allocations{};
  holdfast::capi::List<holdfast_blackout> blackouts{};
  holdfast::capi::List<holdfast_availability> availabilities{};
  holdfast::capi::List<holdfast_report> reports{};
  holdfast::capi::List<holdfast_day_conflict> conflicts{};
  holdfast::capi::List<holdfast_violation> violations{};
  holdfast::capi::List<holdfast_rejection> rejection{};     // one or none
  holdfast::capi::List<holdfast_counts> counts{};           // one or none
  holdfast::capi::List<holdfast_metrics_values> metrics{};  // one or none
  std::string prometheus{};

  holdfast::Answer<holdfast::Value> answer;
  // Large enough for one hold or allocation of some days, which is what most answers are.
  alignas(std::max_align_t) std::byte start[512];
  std::pmr::monotonic_buffer_resource arena{start, sizeof start};
};
