// Every operation: what it takes (a struct named after it) and what it answers.
//
// Strings are UTF-8 without NUL. An empty optional string means "not given". Refusals come in the
// order of precedence of Outcome; each request lists the ones of its own beside INVALID_ARGUMENT.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/entities.hpp"
#include "holdfast/outcome.hpp"
#include "holdfast/types.hpp"

namespace holdfast {

/// Every bound of the interface, in one place. Each is the largest (or smallest) value allowed.
namespace bounds {
inline constexpr std::size_t kDatesPerItem = 366;
inline constexpr std::int64_t kRangeDays = 366;
inline constexpr std::int64_t kInitializeDays = 3660;
inline constexpr std::int64_t kBlackoutDays = 3660;
inline constexpr std::int32_t kQuantityMin = 1;
inline constexpr std::int32_t kQuantityMax = 1'000'000;
inline constexpr std::int32_t kCapacityMax = 1'000'000;
inline constexpr std::size_t kItemsPerRequest = 64;
inline constexpr std::size_t kIdsPerRequest = 64;
inline constexpr std::size_t kResourcesPerSearch = 1000;
inline constexpr std::int32_t kPageMax = 1000;
inline constexpr std::int32_t kPageDefault = 100;
inline constexpr std::size_t kTypeBytes = 64;
inline constexpr std::size_t kNameBytes = 255;
inline constexpr std::size_t kDescriptionBytes = 8192;
inline constexpr std::size_t kMetadataBytes = 65536;
inline constexpr std::size_t kMetadataDepth = 64;
inline constexpr std::size_t kTimezoneBytes = 64;
inline constexpr std::size_t kEmailBytes = 320;
inline constexpr std::size_t kHolderBytes = 255;
inline constexpr std::size_t kTokenBytes = 255;
inline constexpr std::size_t kOrderBytes = 255;
inline constexpr std::size_t kReasonBytes = 1024;
inline constexpr std::size_t kSearchTextBytes = 255;
inline constexpr std::size_t kIdBytes = 64;
inline constexpr std::chrono::milliseconds kTtlMin{1};
inline constexpr std::chrono::milliseconds kTtlMax{std::chrono::hours{24 * 31}};
inline constexpr std::chrono::hours kPruneAgeMin{24};
inline constexpr std::chrono::hours kPruneAgeMax{24 * 36600};
inline constexpr std::int64_t kCleanupMax = 1'000'000'000;
/// Days lie between these two, both included.
inline constexpr Date kDateMin{std::chrono::days{-25567}};   // 1900-01-01
inline constexpr Date kDateMax{std::chrono::days{2932896}};  // 9999-12-31
}  // namespace bounds

// ---- answers ------------------------------------------------------------------------------------

struct ResourceAnswer {
  Resource resource;
  bool replayed = false;
};

struct HoldAnswer {
  Hold hold;
  bool replayed = false;  ///< an earlier request with this token made it; it is shown as it is now
};

struct HoldsAnswer {
  std::vector<Hold> holds;  ///< in the request's order
  std::string group_id{};
  bool replayed = false;
};

struct AllocationAnswer {
  Allocation allocation;
  bool replayed = false;
};

struct AllocationsAnswer {
  std::vector<Allocation> allocations;  ///< in the request's order
  bool replayed = false;
};

struct CapacityInitialized {
  std::int64_t days_created = 0;
  std::int64_t days_changed = 0;
  bool replayed = false;
};

struct CapacityAdjusted {
  std::vector<ResourceCapacity> days;  ///< as they were right after the adjustment, ascending
  bool replayed = false;
};

/// Why a day cannot be booked; the first that applies, in this order. Values are part of the ABI.
enum class Unavailable : std::int32_t {
  kNone = 0,
  kInactive = 1,
  kPast = 2,
  kNoCapacitySet = 3,
  kBlackout = 4,
  kSoldOut = 5,
};
/// `NO_CAPACITY_SET` and so on; "" for kNone.
const char* name(Unavailable reason);

struct AvailabilityDay {
  Date date{};
  std::int32_t max_capacity = 0;
  std::int32_t available_capacity = 0;  ///< the true number, also on a day that cannot be booked
  bool is_available = false;            ///< `quantity` places can be held on that day
  Unavailable reason = Unavailable::kNone;
};

struct Availability {
  std::string resource_id;
  std::vector<AvailabilityDay> days;  ///< one for each day of the range
  /// With consecutive_days: the days on which a stay of that many days can start within the range.
  std::vector<Date> start_dates;
};

struct SearchAnswer {
  std::vector<Availability> resources;  ///< ascending by resource id
};

struct ReportDay {
  Date date{};
  std::int32_t max_capacity = 0;
  std::int32_t available_capacity = 0;
  std::int32_t held = 0;
  std::int32_t booked = 0;
  bool blackout = false;
};

struct CapacityReport {
  std::string resource_id;
  std::vector<ReportDay> days;
  std::int64_t max_capacity = 0;  ///< totals over the days
  std::int64_t available_capacity = 0;
  std::int64_t held = 0;
  std::int64_t booked = 0;
};

/// (held + booked) / max_capacity, 0 for a day without places.
double utilisation(const ReportDay& day);
double utilisation(const CapacityReport& report);

struct CleanupAnswer {
  std::int64_t expired = 0;  ///< holds recorded EXPIRED by this call
};

struct BlackoutAnswer {
  Blackout blackout;
  std::vector<Hold> holds;              ///< with on_conflict keep: what stays inside
  std::vector<Allocation> allocations;  ///< the same
  bool replayed = false;
};

template <class T>
struct Page {
  std::vector<T> items;
  std::string next;  ///< pass as `after` for the next page; empty on the last
};

struct MigrateAnswer {
  std::int32_t schema_version = 0;
};

struct PruneAnswer {
  std::int64_t holds_removed = 0;
  std::int64_t tokens_removed = 0;
  std::int64_t blackouts_removed = 0;
  std::int64_t emails_erased = 0;
};

/// One thing in the tables that must not be.
struct Violation {
  std::string resource_id;
  std::string rule;    ///< CONSERVATION, RANGE, ORPHAN, BIJECTION or SHAPE
  std::string detail;  ///< one line, ids and numbers only
};

struct VerifyAnswer {
  std::int64_t resources = 0;
  std::int64_t days = 0;
  std::int64_t holds = 0;
  std::int64_t allocations = 0;
  std::vector<Violation> violations;  ///< at most 1,000; empty: the tables are sound
};

struct ResourceUse {
  std::string resource_id;
  CapacityReport today;  ///< one day: the resource's own today
};

/// Counters since the engine was opened; this process only.
struct MetricsAnswer {
  std::int64_t holds_requested = 0;  ///< items asked for
  std::int64_t holds_created = 0;
  std::int64_t holds_replayed = 0;
  std::int64_t holds_confirmed = 0;
  std::int64_t holds_released = 0;
  std::int64_t holds_expired = 0;  ///< recorded EXPIRED by this process
  std::int64_t allocations_cancelled = 0;
  std::map<Outcome, std::int64_t> rejections;
  std::map<Status, std::int64_t> failures;
  double hold_to_confirm_mean_s = 0;
  double hold_to_confirm_p95_s = 0;  ///< upper edge of the histogram's bucket
  std::int64_t batches = 0;
  std::int64_t commands = 0;  ///< decided in those batches
  std::int64_t batch_size_max = 0;
  std::int64_t storage_retries = 0;
  std::int64_t lock_waits = 0;  ///< transactions that found a key locked by another process
  std::int64_t lock_timeouts = 0;
  std::int64_t queue_depth = 0;  ///< commands waiting now
  std::vector<ResourceUse> use;  ///< of the resources asked for
};

/// The same in Prometheus' text format, each name starting `holdfast_`.
std::string prometheus(const MetricsAnswer& metrics);

// ---- requests -----------------------------------------------------------------------------------

/// Makes a resource. The token's scope is this operation.
struct CreateResource {
  using Value = ResourceAnswer;
  std::string type;  ///< upper-case letters, digits and _, a letter first
  std::string name;
  std::string description{};
  std::string metadata{};  ///< JSON text; empty: {}
  std::string timezone{};  ///< empty: the engine's default
  bool is_active = true;
  std::string idempotency_token{};
};

/// Changes the fields that are given. RESOURCE_NOT_FOUND, also when deleted.
struct UpdateResource {
  using Value = ResourceAnswer;
  std::string resource_id;
  std::optional<std::string> type{};
  std::optional<std::string> name{};
  std::optional<std::string> description{};
  std::optional<std::string> metadata{};
  std::optional<std::string> timezone{};
  std::optional<bool> is_active{};
  std::string idempotency_token{};
};

/// Finds a deleted one too (deleted_at is set). RESOURCE_NOT_FOUND.
struct RetrieveResource {
  using Value = ResourceAnswer;
  std::string resource_id;
};

struct ListResources {
  using Value = Page<Resource>;
  std::string type{};
  std::optional<bool> is_active{};
  std::string text{};  ///< found in name or description, ASCII letters in either case
  bool include_deleted = false;
  std::int32_t limit = bounds::kPageDefault;
  std::string after{};
};

/// Soft: nothing new can be held, what is booked stays. Again: the same answer.
struct DeleteResource {
  using Value = ResourceAnswer;
  std::string resource_id;
  std::string idempotency_token{};
};

struct RestoreResource {
  using Value = ResourceAnswer;
  std::string resource_id;
  std::string idempotency_token{};
};

/// Values are part of the ABI.
enum class OnExisting : std::int32_t { kKeep = 0, kReplace = 1 };

/// Sets the places of each day of the range that falls on one of `weekdays`. With replace, days
/// that have places get `daily_capacity`: CAPACITY_BELOW_BOOKED when more is taken. At most 3,660
/// days.
struct InitializeCapacity {
  using Value = CapacityInitialized;
  std::string resource_id;
  Date start_date{};
  Date end_date{};
  std::int32_t daily_capacity = 0;  ///< 0 to 1,000,000
  Weekdays weekdays = kEveryDay;
  OnExisting on_existing = OnExisting::kKeep;
  std::string idempotency_token{};
};

/// Adds `delta` places (negative: takes away) on each day. NO_CAPACITY_SET, CAPACITY_BELOW_BOOKED.
struct AdjustCapacity {
  using Value = CapacityAdjusted;
  std::string resource_id;
  std::vector<Date> dates;
  std::int32_t delta = 0;
  std::string idempotency_token{};
};

/// RESOURCE_NOT_FOUND.
struct CheckAvailability {
  using Value = Availability;
  std::string resource_id;
  Date start_date{};
  Date end_date{};  ///< at most 366 days
  std::int32_t quantity = 1;
};

/// Many resources at one consistent moment: those of `resource_ids`, or all active ones of `type`.
/// Ids that do not exist are left out.
struct SearchAvailability {
  using Value = SearchAnswer;
  std::string type{};
  std::vector<std::string> resource_ids{};  ///< at most 1,000
  Date start_date{};
  Date end_date{};
  std::int32_t quantity = 1;
  std::int32_t consecutive_days = 0;  ///< 0: no start_dates are wanted; at most 366
};

struct GetCapacityReport {
  using Value = CapacityReport;
  std::string resource_id;
  Date start_date{};
  Date end_date{};
};

/// Keeps places on each of `dates` for `ttl`. IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND,
/// RESOURCE_INACTIVE, DATE_IN_PAST, NO_CAPACITY_SET, BLACKOUT, INSUFFICIENT_CAPACITY.
struct CreateHold {
  using Value = HoldAnswer;
  std::string resource_id;
  std::vector<Date> dates;  ///< 1 to 366, any order, none twice
  std::int32_t quantity = 1;
  std::string customer_email{};
  std::string idempotency_token{};  ///< empty: the engine makes one
  std::string holder{};
  std::optional<std::chrono::milliseconds> ttl{};  ///< none: the engine's hold_ttl
};

struct HoldItem {
  std::string resource_id;
  std::vector<Date> dates;
  std::int32_t quantity = 1;
};

/// All items or none, under one group_id. A day that stands in several items is summed before it is
/// checked. Refused like create_hold.
struct CreateHolds {
  using Value = HoldsAnswer;
  std::vector<HoldItem> items;  ///< 1 to 64
  std::string customer_email{};
  std::string idempotency_token{};
  std::string holder{};
  std::optional<std::chrono::milliseconds> ttl{};
};

/// Sets expires_at to now + ttl, never earlier than it was; all or none. HOLD_NOT_FOUND,
/// HOLD_EXPIRED, HOLD_RELEASED, ALREADY_CONFIRMED, HOLD_LIFETIME_EXCEEDED.
struct ExtendHolds {
  using Value = HoldsAnswer;
  std::vector<std::string> hold_ids;  ///< 1 to 64, none twice
  std::optional<std::chrono::milliseconds> ttl{};
  std::string holder{};
  bool as_host = false;  ///< the host acts for itself: `holder` is not asked for
  std::string idempotency_token{};
};

struct ExtendHold {
  using Value = HoldAnswer;
  std::string hold_id;
  std::optional<std::chrono::milliseconds> ttl{};
  std::string holder{};
  bool as_host = false;
  std::string idempotency_token{};
};

/// Values are part of the ABI.
enum class IfExpired : std::int32_t { kReject = 0, kReclaim = 1 };

/// Makes holds bookings; all or none. The same order again: the same allocations. HOLD_NOT_FOUND,
/// HOLD_EXPIRED (with reclaim HOLD_EXPIRED_AND_TAKEN), HOLD_RELEASED, ALREADY_CONFIRMED.
struct ConfirmHolds {
  using Value = AllocationsAnswer;
  std::vector<std::string> hold_ids;  ///< 1 to 64, none twice
  std::string order_id;
  std::string line_item_id{};
  IfExpired if_expired = IfExpired::kReject;
  std::string holder{};
  bool as_host = false;
  std::string idempotency_token{};  ///< taken and checked; a confirm is its own record
};

struct ConfirmHold {
  using Value = AllocationAnswer;
  std::string hold_id;
  std::string order_id;
  std::string line_item_id{};
  IfExpired if_expired = IfExpired::kReject;
  std::string holder{};
  bool as_host = false;
  std::string idempotency_token{};
};

/// Gives the places back; again: the same answer. HOLD_NOT_FOUND, HOLD_EXPIRED, ALREADY_CONFIRMED.
struct ReleaseHolds {
  using Value = HoldsAnswer;
  std::vector<std::string> hold_ids;  ///< 1 to 64, none twice
  std::string holder{};
  bool as_host = false;
  std::string idempotency_token{};  ///< taken and checked; a release is its own record
};

struct ReleaseHold {
  using Value = HoldAnswer;
  std::string hold_id;
  std::string holder{};
  bool as_host = false;
  std::string idempotency_token{};
};

/// HOLD_NOT_FOUND.
struct RetrieveHold {
  using Value = HoldAnswer;
  std::string hold_id;
  std::string holder{};
  bool as_host = false;
};

struct ListHolds {
  using Value = Page<Hold>;
  std::string resource_id{};
  std::optional<HoldStatus> status{};  ///< as readers see it: a due ACTIVE hold is EXPIRED
  std::string customer_email{};
  std::string group_id{};
  std::int32_t limit = bounds::kPageDefault;
  std::string after{};
};

/// Records due holds as EXPIRED, in batches; stops after the batch that reaches `limit`. Safe to
/// run from many hosts at once, and never needed for correctness.
struct CleanupExpiredHolds {
  using Value = CleanupAnswer;
  std::int64_t limit = bounds::kCleanupMax;
};

/// By id, or by order (and line item): every CONFIRMED one of it. Again: the same answer.
/// ALLOCATION_NOT_FOUND.
struct CancelAllocation {
  using Value = AllocationsAnswer;
  std::string allocation_id{};
  std::string order_id{};
  std::string line_item_id{};       ///< with order_id only; empty: all of the order
  std::string idempotency_token{};  ///< taken and checked; a cancel is its own record
};

/// Other days or another quantity on the same resource, in one step; the hold's own places do not
/// stand in its way. Refused like create_hold for what it adds, and like extend_hold; then the
/// original is untouched. expires_at stays.
struct MoveHold {
  using Value = HoldAnswer;
  std::string hold_id;
  std::vector<Date> dates;
  std::optional<std::int32_t> quantity{};  ///< none: as it was
  std::string holder{};
  bool as_host = false;
  std::string idempotency_token{};
};

/// The same for a booking. ALLOCATION_NOT_FOUND, ALREADY_CANCELLED.
struct MoveAllocation {
  using Value = AllocationAnswer;
  std::string allocation_id;
  std::vector<Date> dates;
  std::optional<std::int32_t> quantity{};
  std::string idempotency_token{};
};

struct ListAllocations {
  using Value = Page<Allocation>;
  std::string resource_id{};
  std::string order_id{};
  std::string line_item_id{};
  std::optional<AllocationStatus> status{};
  std::optional<Date> start_date{};  ///< with end_date: those with a day in the range
  std::optional<Date> end_date{};
  std::int32_t limit = bounds::kPageDefault;
  std::string after{};
};

/// Values are part of the ABI.
enum class OnConflict : std::int32_t { kRefuse = 0, kKeep = 1 };

/// Nothing new can be held on these days. RESOURCE_NOT_FOUND, BLACKOUT_CONFLICT (with refuse: lists
/// every ACTIVE hold and CONFIRMED allocation inside). At most 3,660 days.
struct CreateBlackout {
  using Value = BlackoutAnswer;
  std::string resource_id;
  Date start_date{};
  Date end_date{};
  std::string reason{};
  OnConflict on_conflict = OnConflict::kRefuse;
  std::string idempotency_token{};
};

struct ListBlackouts {
  using Value = Page<Blackout>;
  std::string resource_id{};
  std::optional<Date> start_date{};  ///< with end_date: those that touch the range
  std::optional<Date> end_date{};
  std::int32_t limit = bounds::kPageDefault;
  std::string after{};
};

/// Again: the same answer. BLACKOUT_NOT_FOUND.
struct DeleteBlackout {
  using Value = BlackoutAnswer;
  std::string blackout_id;
  std::string idempotency_token{};
};

/// Brings the schema to this library's version. Safe when several hosts start at once.
struct Migrate {
  using Value = MigrateAnswer;
};

/// Recomputes conservation, ranges and references from the rows, resource by resource.
struct Verify {
  using Value = VerifyAnswer;
};

struct GetMetrics {
  using Value = MetricsAnswer;
  std::vector<std::string> resource_ids{};  ///< whose capacity in use is wanted; at most 1,000
};

/// Removes RELEASED and EXPIRED holds, deleted blackouts and remembered tokens that have not
/// changed for `older_than`; never a CONFIRMED hold or its token. A hold also stays as long as one
/// does that the same request has made after it on the same resource, so that its token is known
/// whole. With `erase_customer_email`, that address is taken off every hold, whatever its age.
struct Prune {
  using Value = PruneAnswer;
  std::chrono::hours older_than{24 * 30};  ///< at least 24 h
  std::string erase_customer_email{};
};

/// Any of the above, for submit.
using Request =
    std::variant<CreateResource, UpdateResource, RetrieveResource, ListResources, DeleteResource,
                 RestoreResource, InitializeCapacity, AdjustCapacity, CheckAvailability,
                 SearchAvailability, GetCapacityReport, CreateHold, CreateHolds, ExtendHold,
                 ExtendHolds, ConfirmHold, ConfirmHolds, ReleaseHold, ReleaseHolds, RetrieveHold,
                 ListHolds, CleanupExpiredHolds, CancelAllocation, MoveHold, MoveAllocation,
                 ListAllocations, CreateBlackout, ListBlackouts, DeleteBlackout, Migrate, Verify,
                 GetMetrics, Prune>;

/// The value of any of the above.
using Value = std::variant<ResourceAnswer, Page<Resource>, CapacityInitialized, CapacityAdjusted,
                           Availability, SearchAnswer, CapacityReport, HoldAnswer, HoldsAnswer,
                           AllocationAnswer, AllocationsAnswer, Page<Hold>, CleanupAnswer,
                           Page<Allocation>, BlackoutAnswer, Page<Blackout>, MigrateAnswer,
                           VerifyAnswer, MetricsAnswer, PruneAnswer>;

}  // namespace holdfast
