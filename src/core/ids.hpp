// The form of every id, and what can be read from it without a database.
//
// `res_` + ULID for a resource; `hold_`, `alloc_`, `blk_` + the resource's ULID + `_` + a ULID for
// what belongs to one. So an id alone says what to lock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/types.hpp"

namespace holdfast::core {

inline constexpr std::size_t kUlidSize = 26;
inline constexpr std::string_view kHoldPrefix = "hold_";
inline constexpr std::string_view kAllocationPrefix = "alloc_";
inline constexpr std::string_view kBlackoutPrefix = "blk_";

bool is_resource_id(std::string_view id);
/// The resource's id that `id` names, or nothing when `id` is not of the form of `prefix`.
std::optional<std::string> resource_of(std::string_view id, std::string_view prefix);
/// The part of a resource's id after `res_`. REQUIRES: is_resource_id(id).
std::string_view ulid_of(std::string_view resource_id);
/// Of a resource and a day; never stored.
std::string capacity_id(std::string_view resource_id, Date day);
/// The key that create_resource locks: no resource has it.
std::string token_slot(std::string_view token);

}  // namespace holdfast::core
