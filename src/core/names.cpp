// The spelling of every enumerator that leaves the engine.
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "core/validate.hpp"
#include "holdfast/entities.hpp"
#include "holdfast/error.hpp"
#include "holdfast/operations.hpp"
#include "holdfast/outcome.hpp"

namespace holdfast {
namespace {

constexpr std::array kOutcomes = {"ACCEPTED",
                                  "INVALID_ARGUMENT",
                                  "IDEMPOTENCY_MISMATCH",
                                  "RESOURCE_NOT_FOUND",
                                  "RESOURCE_INACTIVE",
                                  "DATE_IN_PAST",
                                  "NO_CAPACITY_SET",
                                  "BLACKOUT",
                                  "INSUFFICIENT_CAPACITY",
                                  "HOLD_NOT_FOUND",
                                  "HOLD_EXPIRED",
                                  "HOLD_EXPIRED_AND_TAKEN",
                                  "HOLD_RELEASED",
                                  "ALREADY_CONFIRMED",
                                  "HOLD_LIFETIME_EXCEEDED",
                                  "ALLOCATION_NOT_FOUND",
                                  "ALREADY_CANCELLED",
                                  "CAPACITY_BELOW_BOOKED",
                                  "BLACKOUT_NOT_FOUND",
                                  "BLACKOUT_CONFLICT"};
constexpr std::array kStatuses = {"OK",        "BUSY",          "UNAVAILABLE", "UNKNOWN",
                                  "SCHEMA",    "CONFIGURATION", "STORAGE",     "INVARIANT",
                                  "NO_MEMORY", "MISUSE",        "CLOSED",      "INTERNAL"};
constexpr std::array kRetries = {"NEVER", "SAFE", "SAME_TOKEN"};
constexpr std::array kHoldStatuses = {"ACTIVE", "CONFIRMED", "RELEASED", "EXPIRED"};
constexpr std::array kAllocationStatuses = {"CONFIRMED", "CANCELLED"};
constexpr std::array kReasons = {"", "INACTIVE", "PAST", "NO_CAPACITY_SET", "BLACKOUT", "SOLD_OUT"};

template <std::size_t N, class E>
const char* look_up(const std::array<const char*, N>& names, E value, const char* otherwise) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : otherwise;
}

template <class E, std::size_t N>
std::optional<E> find(const std::array<const char*, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (text == names[i]) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace

const char* name(Outcome outcome) { return look_up(kOutcomes, outcome, "UNKNOWN_OUTCOME"); }
const char* name(Status status) { return look_up(kStatuses, status, "UNKNOWN_STATUS"); }
const char* name(Retry retry) { return look_up(kRetries, retry, "UNKNOWN_RETRY"); }
const char* name(HoldStatus status) { return look_up(kHoldStatuses, status, "UNKNOWN_STATUS"); }
const char* name(AllocationStatus status) {
  return look_up(kAllocationStatuses, status, "UNKNOWN_STATUS");
}
const char* name(Unavailable reason) { return look_up(kReasons, reason, "UNKNOWN_REASON"); }

std::optional<HoldStatus> parse_hold_status(std::string_view text) {
  return find<HoldStatus>(kHoldStatuses, text);
}
std::optional<AllocationStatus> parse_allocation_status(std::string_view text) {
  return find<AllocationStatus>(kAllocationStatuses, text);
}

}  // namespace holdfast

namespace holdfast::core {

const char* explanation(Outcome outcome) {
  constexpr std::array kExplanations = {
      "accepted",
      "a field of the request is not valid",
      "the token was used for another request",
      "there is no such resource",
      "the resource is not active",
      "a day lies before the resource's today",
      "no capacity is set on a day",
      "a day is blacked out",
      "not enough places are left on a day",
      "there is no such hold",
      "the hold has expired",
      "the hold has expired and its places cannot be had again",
      "the hold was released",
      "the hold is already confirmed",
      "the hold would outlive its longest lifetime",
      "there is no such allocation",
      "the allocation is already cancelled",
      "more is held and booked than the new capacity",
      "there is no such blackout",
      "holds or allocations lie inside the blackout",
  };
  static_assert(kExplanations.size() == kOutcomes.size());
  return look_up(kExplanations, outcome, "refused");
}

}  // namespace holdfast::core
