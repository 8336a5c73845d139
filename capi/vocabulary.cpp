// Names, dates, versions; and the proof that the C numbers are the C++ ones.
#include <chrono>
#include <cstring>
#include <string>

#include "check.hpp"
#include "failure.hpp"
#include "holdfast.h"
#include "holdfast/engine.hpp"
#include "holdfast/entities.hpp"
#include "holdfast/error.hpp"
#include "holdfast/operations.hpp"
#include "holdfast/outcome.hpp"
#include "holdfast/types.hpp"
#include "holdfast/version.hpp"

namespace {

using holdfast::AllocationStatus;
using holdfast::HoldStatus;
using holdfast::IfExpired;
using holdfast::LogLevel;
using holdfast::OnConflict;
using holdfast::OnExisting;
using holdfast::Outcome;
using holdfast::Retry;
using holdfast::Status;
using holdfast::Unavailable;

template <class Enum>
constexpr bool same(int number, Enum value) {
  return number == static_cast<int>(value);
}

static_assert(same(HOLDFAST_STATUS_OK, Status::kOk));
static_assert(same(HOLDFAST_STATUS_BUSY, Status::kBusy));
static_assert(same(HOLDFAST_STATUS_UNAVAILABLE, Status::kUnavailable));
static_assert(same(HOLDFAST_STATUS_UNKNOWN, Status::kUnknown));
static_assert(same(HOLDFAST_STATUS_SCHEMA, Status::kSchema));
static_assert(same(HOLDFAST_STATUS_CONFIGURATION, Status::kConfiguration));
static_assert(same(HOLDFAST_STATUS_STORAGE, Status::kStorage));
static_assert(same(HOLDFAST_STATUS_INVARIANT, Status::kInvariant));
static_assert(same(HOLDFAST_STATUS_NO_MEMORY, Status::kNoMemory));
static_assert(same(HOLDFAST_STATUS_MISUSE, Status::kMisuse));
static_assert(same(HOLDFAST_STATUS_CLOSED, Status::kClosed));
static_assert(same(HOLDFAST_STATUS_INTERNAL, Status::kInternal));
static_assert(same(HOLDFAST_RETRY_NEVER, Retry::kNever));
static_assert(same(HOLDFAST_RETRY_SAFE, Retry::kSafe));
static_assert(same(HOLDFAST_RETRY_SAME_TOKEN, Retry::kSameToken));
static_assert(same(HOLDFAST_OUTCOME_ACCEPTED, Outcome::kAccepted));
static_assert(same(HOLDFAST_OUTCOME_INVALID_ARGUMENT, Outcome::kInvalidArgument));
static_assert(same(HOLDFAST_OUTCOME_IDEMPOTENCY_MISMATCH, Outcome::kIdempotencyMismatch));
static_assert(same(HOLDFAST_OUTCOME_RESOURCE_NOT_FOUND, Outcome::kResourceNotFound));
static_assert(same(HOLDFAST_OUTCOME_RESOURCE_INACTIVE, Outcome::kResourceInactive));
static_assert(same(HOLDFAST_OUTCOME_DATE_IN_PAST, Outcome::kDateInPast));
static_assert(same(HOLDFAST_OUTCOME_NO_CAPACITY_SET, Outcome::kNoCapacitySet));
static_assert(same(HOLDFAST_OUTCOME_BLACKOUT, Outcome::kBlackout));
static_assert(same(HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY, Outcome::kInsufficientCapacity));
static_assert(same(HOLDFAST_OUTCOME_HOLD_NOT_FOUND, Outcome::kHoldNotFound));
static_assert(same(HOLDFAST_OUTCOME_HOLD_EXPIRED, Outcome::kHoldExpired));
static_assert(same(HOLDFAST_OUTCOME_HOLD_EXPIRED_AND_TAKEN, Outcome::kHoldExpiredAndTaken));
static_assert(same(HOLDFAST_OUTCOME_HOLD_RELEASED, Outcome::kHoldReleased));
static_assert(same(HOLDFAST_OUTCOME_ALREADY_CONFIRMED, Outcome::kAlreadyConfirmed));
static_assert(same(HOLDFAST_OUTCOME_HOLD_LIFETIME_EXCEEDED, Outcome::kHoldLifetimeExceeded));
static_assert(same(HOLDFAST_OUTCOME_ALLOCATION_NOT_FOUND, Outcome::kAllocationNotFound));
static_assert(same(HOLDFAST_OUTCOME_ALREADY_CANCELLED, Outcome::kAlreadyCancelled));
static_assert(same(HOLDFAST_OUTCOME_CAPACITY_BELOW_BOOKED, Outcome::kCapacityBelowBooked));
static_assert(same(HOLDFAST_OUTCOME_BLACKOUT_NOT_FOUND, Outcome::kBlackoutNotFound));
static_assert(same(HOLDFAST_OUTCOME_BLACKOUT_CONFLICT, Outcome::kBlackoutConflict));
static_assert(same(HOLDFAST_HOLD_ACTIVE, HoldStatus::kActive));
static_assert(same(HOLDFAST_HOLD_CONFIRMED, HoldStatus::kConfirmed));
static_assert(same(HOLDFAST_HOLD_RELEASED, HoldStatus::kReleased));
static_assert(same(HOLDFAST_HOLD_EXPIRED, HoldStatus::kExpired));
static_assert(same(HOLDFAST_ALLOCATION_CONFIRMED, AllocationStatus::kConfirmed));
static_assert(same(HOLDFAST_ALLOCATION_CANCELLED, AllocationStatus::kCancelled));
static_assert(same(HOLDFAST_UNAVAILABLE_NONE, Unavailable::kNone));
static_assert(same(HOLDFAST_UNAVAILABLE_INACTIVE, Unavailable::kInactive));
static_assert(same(HOLDFAST_UNAVAILABLE_PAST, Unavailable::kPast));
static_assert(same(HOLDFAST_UNAVAILABLE_NO_CAPACITY_SET, Unavailable::kNoCapacitySet));
static_assert(same(HOLDFAST_UNAVAILABLE_BLACKOUT, Unavailable::kBlackout));
static_assert(same(HOLDFAST_UNAVAILABLE_SOLD_OUT, Unavailable::kSoldOut));
static_assert(same(HOLDFAST_ON_EXISTING_KEEP, OnExisting::kKeep));
static_assert(same(HOLDFAST_ON_EXISTING_REPLACE, OnExisting::kReplace));
static_assert(same(HOLDFAST_IF_EXPIRED_REJECT, IfExpired::kReject));
static_assert(same(HOLDFAST_IF_EXPIRED_RECLAIM, IfExpired::kReclaim));
static_assert(same(HOLDFAST_ON_CONFLICT_REFUSE, OnConflict::kRefuse));
static_assert(same(HOLDFAST_ON_CONFLICT_KEEP, OnConflict::kKeep));
static_assert(same(HOLDFAST_LOG_DEBUG, LogLevel::kDebug));
static_assert(same(HOLDFAST_LOG_INFO, LogLevel::kInfo));
static_assert(same(HOLDFAST_LOG_WARNING, LogLevel::kWarning));
static_assert(same(HOLDFAST_LOG_ERROR, LogLevel::kError));

static_assert(HOLDFAST_EVERY_DAY == holdfast::kEveryDay);
static_assert(sizeof(holdfast_error) == 256);

// 0001-01-01 and 9999-12-31: what a YYYY-MM-DD can say.
constexpr holdfast_date kFirstDay = -719162;
constexpr holdfast_date kLastDay = 2932896;
constexpr std::size_t kDateBytes = sizeof "YYYY-MM-DD";

}  // namespace

namespace capi = holdfast::capi;

const char* holdfast_status_name(holdfast_status status) noexcept {
  return holdfast::name(static_cast<Status>(status));
}

const char* holdfast_retry_name(holdfast_retry retry) noexcept {
  return holdfast::name(static_cast<Retry>(retry));
}

const char* holdfast_outcome_name(holdfast_outcome outcome) noexcept {
  return holdfast::name(static_cast<Outcome>(outcome));
}

const char* holdfast_hold_status_name(holdfast_hold_status status) noexcept {
  return holdfast::name(static_cast<HoldStatus>(status));
}

const char* holdfast_allocation_status_name(holdfast_allocation_status status) noexcept {
  return holdfast::name(static_cast<AllocationStatus>(status));
}

const char* holdfast_unavailable_name(holdfast_unavailable reason) noexcept {
  return holdfast::name(static_cast<Unavailable>(reason));
}

uint32_t holdfast_abi_version(void) noexcept { return HOLDFAST_ABI_VERSION; }

const char* holdfast_version_string(void) noexcept { return HOLDFAST_VERSION; }

holdfast_status holdfast_parse_date(holdfast_str text, holdfast_date* date_out,
                                    holdfast_error* error) noexcept {
  return capi::guarded(error, [&]() -> holdfast::Result<void> {
    if (date_out == nullptr) throw capi::Misuse{"date_out: NULL"};
    if (text.data == nullptr) throw capi::Misuse{"text: NULL"};
    const auto date = holdfast::parse_date({text.data, text.size});
    if (!date) throw capi::Misuse{"text: not a day as YYYY-MM-DD"};
    *date_out = static_cast<holdfast_date>(date->time_since_epoch().count());
    return {};
  });
}

holdfast_status holdfast_format_date(holdfast_date date, char* text_out, size_t text_size,
                                     holdfast_error* error) noexcept {
  return capi::guarded(error, [&]() -> holdfast::Result<void> {
    if (text_out == nullptr) throw capi::Misuse{"text_out: NULL"};
    if (text_size < kDateBytes) throw capi::Misuse{"text_size: less than 11"};
    if (date < kFirstDay || date > kLastDay) throw capi::Misuse{"date: not in years 1 to 9999"};
    const std::string text = holdfast::to_string(holdfast::Date(std::chrono::days(date)));
    std::memcpy(text_out, text.c_str(), kDateBytes);
    return {};
  });
}
