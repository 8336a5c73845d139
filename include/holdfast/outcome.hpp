// The engine's answer: yes, with a value, or no, with a reason. Neither is an error.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/entities.hpp"
#include "holdfast/error.hpp"
#include "holdfast/types.hpp"

namespace holdfast {

/// In order of precedence: a request that can be refused for two reasons gets the one that stands
/// first. Values are part of the ABI: never renumbered, never reused.
enum class Outcome : std::int32_t {
  kAccepted = 0,
  kInvalidArgument = 1,
  kIdempotencyMismatch = 2,
  kResourceNotFound = 3,
  kResourceInactive = 4,
  kDateInPast = 5,
  kNoCapacitySet = 6,
  kBlackout = 7,
  kInsufficientCapacity = 8,
  kHoldNotFound = 9,
  kHoldExpired = 10,
  kHoldExpiredAndTaken = 11,
  kHoldReleased = 12,
  kAlreadyConfirmed = 13,
  kHoldLifetimeExceeded = 14,
  kAllocationNotFound = 15,
  kAlreadyCancelled = 16,
  kCapacityBelowBooked = 17,
  kBlackoutNotFound = 18,
  kBlackoutConflict = 19,
};

/// One day that stood in the way.
struct DayConflict {
  std::string resource_id{};
  Date date{};
  std::int32_t requested = 0;           ///< places asked for on that day, all items together
  std::int32_t available_capacity = 0;  ///< places left on that day
};

/// Why not. Only the fields that the outcome speaks of are filled.
struct Rejection {
  Outcome outcome = Outcome::kInvalidArgument;
  std::string field{};    ///< INVALID_ARGUMENT: the request's field, `items[2].quantity`
  std::string message{};  ///< one line of English, no personal data
  std::string id{};       ///< the resource, hold, allocation or blackout it is about
  std::vector<DayConflict> days{};
  std::vector<Hold> holds{};              ///< BLACKOUT_CONFLICT: the holds inside
  std::vector<Allocation> allocations{};  ///< BLACKOUT_CONFLICT: the allocations inside
  /// HOLD_EXPIRED_AND_TAKEN: what a new hold would have been refused for.
  Outcome reason = Outcome::kAccepted;
};

/// The engine's answer to a question: a value, or a Rejection.
template <class T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Answer(Rejection rejection) : state_(std::in_place_index<1>, std::move(rejection)) {}

  bool accepted() const { return state_.index() == 0; }
  Outcome outcome() const { return accepted() ? Outcome::kAccepted : rejection().outcome; }
  /// REQUIRES: accepted().
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// REQUIRES: !accepted().
  Rejection& rejection() { return std::get<1>(state_); }
  const Rejection& rejection() const { return std::get<1>(state_); }

 private:
  std::variant<T, Rejection> state_;
};

/// Was the question answered, and what is the answer.
template <class T>
using Reply = Result<Answer<T>>;

/// `INSUFFICIENT_CAPACITY` and so on; "UNKNOWN_OUTCOME" for a value of a newer version.
const char* name(Outcome outcome);

}  // namespace holdfast
