"""What the engine answers: frozen dataclasses, named and filled as the C ABI has them.

Days are datetime.date, in the resource's own time zone; instants are aware datetimes in UTC.
"""

import datetime
import sys
from dataclasses import dataclass
from typing import (TYPE_CHECKING, Any, Generic, Iterable, Literal, Mapping, Optional, Tuple, Type,
                    TypeVar)

T = TypeVar("T")

HoldStatus = Literal["ACTIVE", "CONFIRMED", "RELEASED", "EXPIRED"]
AllocationStatus = Literal["CONFIRMED", "CANCELLED"]
Unavailable = Literal["INACTIVE", "PAST", "NO_CAPACITY_SET", "BLACKOUT", "SOLD_OUT"]
OnExisting = Literal["keep", "replace"]
IfExpired = Literal["reject", "reclaim"]
OnConflict = Literal["refuse", "keep"]
Json = Any
"""What json.loads gives: dict, list, str, int, float, bool or None."""

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    @dataclass_transform(frozen_default=True)
    def record(cls: Type[T]) -> Type[T]: ...

elif sys.version_info >= (3, 10):
    record = dataclass(frozen=True, slots=True)
else:
    record = dataclass(frozen=True)


# ---- what is in the tables -----------------------------------------------------------------------


@record
class Resource:
    id: str
    type: str
    name: str
    description: str
    metadata: Json
    timezone: str
    is_active: bool
    created_at: datetime.datetime
    updated_at: datetime.datetime
    deleted_at: Optional[datetime.datetime]


@record
class Capacity:
    """The places of one resource on one day."""

    id: str
    resource_id: str
    date: datetime.date
    max_capacity: int
    available_capacity: int


@record
class Hold:
    id: str
    resource_id: str
    dates: Tuple[datetime.date, ...]
    """Ascending."""
    quantity: int
    status: HoldStatus
    expires_at: datetime.datetime
    """The first instant at which it no longer holds."""
    customer_email: str
    holder: str
    idempotency_token: str
    group_id: str
    created_at: datetime.datetime
    updated_at: datetime.datetime


@record
class Allocation:
    """A booking: a hold that an order has confirmed."""

    id: str
    resource_id: str
    hold_id: str
    order_id: str
    line_item_id: str
    dates: Tuple[datetime.date, ...]
    """Ascending."""
    quantity: int
    status: AllocationStatus
    created_at: datetime.datetime
    cancelled_at: Optional[datetime.datetime]


@record
class Blackout:
    id: str
    resource_id: str
    start_date: datetime.date
    end_date: datetime.date
    """Included."""
    reason: str
    created_at: datetime.datetime
    deleted_at: Optional[datetime.datetime]


@record
class HoldItem:
    """One of the things that create_holds is asked for."""

    resource_id: str
    dates: Iterable[datetime.date]
    quantity: int = 1


# ---- answers -------------------------------------------------------------------------------------


@record
class ResourceAnswer:
    resource: Resource
    replayed: bool
    """An earlier request with the same token, or an earlier call, had done it already."""


@record
class HoldAnswer:
    hold: Hold
    replayed: bool


@record
class HoldsAnswer:
    holds: Tuple[Hold, ...]
    """In the request's order."""
    group_id: str
    replayed: bool


@record
class AllocationAnswer:
    allocation: Allocation
    replayed: bool


@record
class AllocationsAnswer:
    allocations: Tuple[Allocation, ...]
    """In the request's order."""
    replayed: bool


@record
class CapacityInitialized:
    days_created: int
    days_changed: int
    replayed: bool


@record
class CapacityAdjusted:
    days: Tuple[Capacity, ...]
    """As they were right after the adjustment."""
    replayed: bool


@record
class BlackoutAnswer:
    blackout: Blackout
    holds: Tuple[Hold, ...]
    """With on_conflict="keep": what stays inside."""
    allocations: Tuple[Allocation, ...]
    """The same."""
    replayed: bool


@record
class Page(Generic[T]):
    items: Tuple[T, ...]
    next: str
    """What to pass as `after` for the next page; empty on the last."""


@record
class AvailabilityDay:
    date: datetime.date
    max_capacity: int
    available_capacity: int
    """The true number, also on a day that cannot be booked."""
    is_available: bool
    reason: Optional[Unavailable]
    """Why not: the first that applies."""


@record
class Availability:
    resource_id: str
    days: Tuple[AvailabilityDay, ...]
    """One for each day of the range."""
    start_dates: Tuple[datetime.date, ...]
    """With consecutive_days: where such a stay can start."""


@record
class SearchAnswer:
    resources: Tuple[Availability, ...]
    """Ascending by resource id."""


@record
class ReportDay:
    date: datetime.date
    max_capacity: int
    available_capacity: int
    held: int
    booked: int
    blackout: bool
    utilisation: float
    """(held + booked) / max_capacity; 0 for a day without places."""


@record
class CapacityReport:
    """The numbers beside `days` are totals over them."""

    resource_id: str
    days: Tuple[ReportDay, ...]
    max_capacity: int
    available_capacity: int
    held: int
    booked: int
    utilisation: float


@record
class Cleanup:
    holds_expired: int


@record
class Migration:
    schema_version: int


@record
class Violation:
    """One thing in the tables that must not be."""

    resource_id: str
    rule: str
    """CONSERVATION, RANGE, ORPHAN, BIJECTION or SHAPE."""
    detail: str


@record
class Verification:
    """What was looked at, and what was wrong with it: nothing, if the tables are sound."""

    violations: Tuple[Violation, ...]
    resources: int
    days: int
    holds: int
    allocations: int


@record
class Pruned:
    holds_removed: int
    tokens_removed: int
    blackouts_removed: int
    emails_erased: int


@record
class Metrics:
    """Counters since the engine was opened, of this process only."""

    holds_requested: int
    holds_created: int
    holds_replayed: int
    holds_confirmed: int
    holds_released: int
    holds_expired: int
    allocations_cancelled: int
    rejections: Mapping[str, int]
    """By code: {"INSUFFICIENT_CAPACITY": 2, ...}."""
    failures: Mapping[str, int]
    """By code: {"BUSY": 0, ...}."""
    hold_to_confirm_mean_s: float
    hold_to_confirm_p95_s: float
    batches: int
    commands: int
    """Decided in those batches."""
    batch_size_max: int
    storage_retries: int
    lock_waits: int
    lock_timeouts: int
    queue_depth: int
    prometheus: str
    """The same in Prometheus' text format."""
    use: Tuple[CapacityReport, ...]
    """The own today of each resource that was asked for."""


# ---- refusals ------------------------------------------------------------------------------------


@record
class DayConflict:
    """One day that stood in the way."""

    resource_id: str
    date: datetime.date
    requested: int
    """Places asked for on that day, all items together."""
    available_capacity: int
    """Places left on that day."""


@record
class Rejection:
    """Why not. Only what the code speaks of is filled; the rest is empty."""

    code: str
    message: str
    """One line of English, without personal data."""
    field: str
    """INVALID_ARGUMENT: which one, `items[2].quantity`."""
    id: str
    """The resource, hold, allocation or blackout it is about."""
    reason: str
    """HOLD_EXPIRED_AND_TAKEN: what a new hold would be refused for."""
    days: Tuple[DayConflict, ...]
    """The days that stood in the way, and what is left on them."""
    holds: Tuple[Hold, ...]
    """BLACKOUT_CONFLICT: the holds inside."""
    allocations: Tuple[Allocation, ...]
    """BLACKOUT_CONFLICT: the allocations inside."""
