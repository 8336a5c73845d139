// What the engine keeps: resources, their capacity by day, holds, allocations, blackouts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/types.hpp"

namespace holdfast {

/// Something that is booked by the day. `type` is VEHICLE, TOUR, GUIDE or any other upper-case
/// word.
struct Resource {
  std::string id{};  ///< `res_` and a ULID
  std::string type{};
  std::string name{};
  std::string description{};
  std::string
      metadata{};  ///< one JSON value; spacing and key order may differ from what was stored
  std::string timezone{};  ///< an IANA name; its days are this zone's calendar days
  bool is_active = true;
  Instant created_at{};
  Instant updated_at{};
  std::optional<Instant> deleted_at{};
};

/// The places of one resource on one day.
struct ResourceCapacity {
  std::string id{};  ///< `cap_`, the resource's ULID, `_`, the day as YYYYMMDD
  std::string resource_id{};
  Date date{};
  std::int32_t max_capacity = 0;
  std::int32_t available_capacity = 0;
};

/// Values are part of the ABI.
enum class HoldStatus : std::int32_t { kActive = 0, kConfirmed = 1, kReleased = 2, kExpired = 3 };

/// Places kept for one customer until `expires_at` (that instant not included).
struct Hold {
  std::string id{};  ///< `hold_`, the resource's ULID, `_`, a ULID
  std::string resource_id{};
  std::vector<Date> dates{};  ///< ascending, each once
  std::int32_t quantity = 0;  ///< places on each of the days
  std::string customer_email{};
  std::string holder{};  ///< whoever may touch it; empty: anyone who knows the id
  std::string idempotency_token{};
  HoldStatus status = HoldStatus::kActive;
  Instant expires_at{};
  std::string group_id{};  ///< `grp_` and a ULID when made by create_holds, else empty
  Instant created_at{};
  Instant updated_at{};
};

/// Values are part of the ABI.
enum class AllocationStatus : std::int32_t { kConfirmed = 0, kCancelled = 1 };

/// A confirmed booking: what a hold becomes when it is paid.
struct Allocation {
  std::string id{};  ///< `alloc_`, the resource's ULID, `_`, a ULID
  std::string resource_id{};
  std::string hold_id{};
  std::string order_id{};
  std::string line_item_id{};
  std::vector<Date> dates{};
  std::int32_t quantity = 0;
  AllocationStatus status = AllocationStatus::kConfirmed;
  Instant created_at{};
  std::optional<Instant> cancelled_at{};
};

/// Days on which nothing new can be held.
struct Blackout {
  std::string id{};  ///< `blk_`, the resource's ULID, `_`, a ULID
  std::string resource_id{};
  Date start_date{};
  Date end_date{};  ///< included
  std::string reason{};
  Instant created_at{};
  /// Set once it is deleted; kept until prune, so that deleting it again has the same answer.
  std::optional<Instant> deleted_at{};
};

/// `ACTIVE`, `CONFIRMED`, ...: the names that every layer and both databases use.
const char* name(HoldStatus status);
const char* name(AllocationStatus status);
std::optional<HoldStatus> parse_hold_status(std::string_view text);
std::optional<AllocationStatus> parse_allocation_status(std::string_view text);

}  // namespace holdfast
