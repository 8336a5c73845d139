"""Every operation, once: its name, its keywords and what it answers.

`holdfast.Engine` and `holdfast.aio.AsyncEngine` turn each of these into a method, one that waits
and one that is awaited, so the two cannot differ. A function here only lists its keywords; what
they are called and mean in C is looked up by their names.
"""

import datetime
import functools
import inspect
from typing import TYPE_CHECKING, Any, Callable, Dict, Generic, Iterable, Optional, TypeVar

from . import _convert as to
from . import _ffi
from .types import AllocationStatus, HoldItem, HoldStatus, IfExpired, Json, OnConflict, OnExisting

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")
Arguments = Dict[str, Any]
Dates = Iterable[datetime.date]


class Call(Generic[T]):
    """A request that is ready to be sent, and how to read its answer."""

    __slots__ = ("request", "ask", "submit", "read")

    def __init__(self, request: Any, ask: Any, submit: Any, read: Callable[[int], T]) -> None:
        self.request = request
        self.ask = ask
        self.submit = submit
        self.read = read


def _answering(read: Callable[[int], T]) \
        -> "Callable[[Callable[P, Arguments]], Callable[P, Call[T]]]":
    def declare(arguments: "Callable[P, Arguments]") -> "Callable[P, Call[T]]":
        name = arguments.__name__
        ask, submit = getattr(_ffi.library, name), getattr(_ffi.library, f"{name}_submit")
        parameters = inspect.signature(arguments).parameters.values()
        write = to.Writer(_ffi.OPERATIONS[name],
                          optional=[p.name for p in parameters if p.default is None])

        @functools.wraps(arguments)
        def make(*args: "P.args", **kwargs: "P.kwargs") -> Call[T]:
            return Call(write(arguments(*args, **kwargs)), ask, submit, read)

        return make

    return declare


# ---- resources -----------------------------------------------------------------------------------


@_answering(to.resource_answer)
def create_resource(*, type: str, name: str, description: Optional[str] = None,
                    metadata: Json = None, timezone: Optional[str] = None,
                    is_active: Optional[bool] = None,
                    idempotency_token: Optional[str] = None) -> Arguments:
    """Makes a resource: `type` is VEHICLE, TOUR, ...: upper-case letters, digits and _.

    `timezone` is an IANA name; without it the engine's. `metadata` is any JSON value.
    Refused: IDEMPOTENCY_MISMATCH.
    """
    return locals()


@_answering(to.resource_answer)
def update_resource(*, resource_id: str, type: Optional[str] = None, name: Optional[str] = None,
                    description: Optional[str] = None, metadata: Json = None,
                    timezone: Optional[str] = None, is_active: Optional[bool] = None,
                    idempotency_token: Optional[str] = None) -> Arguments:
    """Changes the fields that are given; None leaves one as it is, "" empties it.

    Refused: IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND.
    """
    return locals()


@_answering(to.resource_answer)
def retrieve_resource(*, resource_id: str) -> Arguments:
    """Finds a deleted one too. Refused: RESOURCE_NOT_FOUND."""
    return locals()


@_answering(to.resources_page)
def list_resources(*, type: Optional[str] = None, is_active: Optional[bool] = None,
                   text: Optional[str] = None, include_deleted: bool = False,
                   limit: Optional[int] = None, after: Optional[str] = None) -> Arguments:
    """A page of at most `limit` (100, at most 1,000) resources, ordered by creation.

    `text` is looked for in name and description. `after` is the last page's `next`.
    """
    return locals()


@_answering(to.resource_answer)
def delete_resource(*, resource_id: str, idempotency_token: Optional[str] = None) -> Arguments:
    """Soft: nothing new can be held, what is booked stays. Again: the same answer.

    Refused: IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND.
    """
    return locals()


@_answering(to.resource_answer)
def restore_resource(*, resource_id: str, idempotency_token: Optional[str] = None) -> Arguments:
    """Takes a delete back. Refused: IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND."""
    return locals()


# ---- capacity ------------------------------------------------------------------------------------


@_answering(to.capacity_initialized)
def initialize_capacity(*, resource_id: str, start_date: datetime.date, end_date: datetime.date,
                        daily_capacity: int, weekdays: Optional[Iterable[int]] = None,
                        on_existing: OnExisting = "keep",
                        idempotency_token: Optional[str] = None) -> Arguments:
    """Sets the places of each day of a range of at most 3,660 days, `end_date` included.

    `weekdays` are ISO, 1 Monday to 7 Sunday; without it every day. Days that have places keep
    them, or with on_existing="replace" get `daily_capacity`.
    Refused: IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, CAPACITY_BELOW_BOOKED (days).
    """
    return locals()


@_answering(to.capacity_adjusted)
def adjust_capacity(*, resource_id: str, dates: Dates, delta: int,
                    idempotency_token: Optional[str] = None) -> Arguments:
    """Adds `delta` places, or takes them away, on each day.

    Refused, and nothing changed: IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, NO_CAPACITY_SET,
    CAPACITY_BELOW_BOOKED (days).
    """
    return locals()


@_answering(to.availability)
def check_availability(*, resource_id: str, start_date: datetime.date, end_date: datetime.date,
                       quantity: int = 1) -> Arguments:
    """Whether `quantity` places are free on each day of a range of at most 366 days.

    Refused: RESOURCE_NOT_FOUND.
    """
    return locals()


@_answering(to.search_answer)
def search_availability(*, start_date: datetime.date, end_date: datetime.date, quantity: int = 1,
                        type: Optional[str] = None, resource_ids: Optional[Iterable[str]] = None,
                        consecutive_days: Optional[int] = None) -> Arguments:
    """Many resources at one consistent moment: those named, or all active ones of `type`.

    With `consecutive_days`, also the days on which a stay of that many days can start. Ids that
    do not exist are left out.
    """
    return locals()


@_answering(to.report)
def get_capacity_report(*, resource_id: str, start_date: datetime.date,
                        end_date: datetime.date) -> Arguments:
    """Places, held, booked and free of each day of a range of at most 366 days, and totals.

    Refused: RESOURCE_NOT_FOUND.
    """
    return locals()


# ---- holds ---------------------------------------------------------------------------------------


@_answering(to.hold_answer)
def create_hold(*, resource_id: str, dates: Dates, quantity: int = 1,
                ttl: Optional[datetime.timedelta] = None, customer_email: Optional[str] = None,
                holder: Optional[str] = None, idempotency_token: Optional[str] = None) -> Arguments:
    """Keeps `quantity` places on each of `dates` for `ttl`, else for the engine's hold_ttl.

    The same request with the same `idempotency_token` is carried out once and answered again.
    Refused: IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, RESOURCE_INACTIVE, DATE_IN_PAST,
    NO_CAPACITY_SET, BLACKOUT, INSUFFICIENT_CAPACITY (days, with what is left).
    """
    return locals()


@_answering(to.holds_answer)
def create_holds(*, items: Iterable[HoldItem], ttl: Optional[datetime.timedelta] = None,
                 customer_email: Optional[str] = None, holder: Optional[str] = None,
                 idempotency_token: Optional[str] = None) -> Arguments:
    """All of 1 to 64 items or none; a day that stands in several is summed before it is checked.

    Refused like create_hold.
    """
    return locals()


@_answering(to.hold_answer)
def extend_hold(*, hold_id: str, ttl: Optional[datetime.timedelta] = None,
                holder: Optional[str] = None, as_host: bool = False,
                idempotency_token: Optional[str] = None) -> Arguments:
    """Sets expires_at to now + `ttl`, never earlier than it was.

    `holder` is the one that the hold was made with; or the host acts for itself, `as_host`.
    Refused: IDEMPOTENCY_MISMATCH, HOLD_NOT_FOUND, HOLD_EXPIRED, HOLD_RELEASED,
    ALREADY_CONFIRMED, HOLD_LIFETIME_EXCEEDED.
    """
    return locals()


@_answering(to.holds_answer)
def extend_holds(*, hold_ids: Iterable[str], ttl: Optional[datetime.timedelta] = None,
                 holder: Optional[str] = None, as_host: bool = False,
                 idempotency_token: Optional[str] = None) -> Arguments:
    """extend_hold for all of 1 to 64 holds or none."""
    return locals()


@_answering(to.allocation_answer)
def confirm_hold(*, hold_id: str, order_id: str, line_item_id: Optional[str] = None,
                 if_expired: IfExpired = "reject", holder: Optional[str] = None,
                 as_host: bool = False, idempotency_token: Optional[str] = None) -> Arguments:
    """Makes a hold a booking; the same order again: the same allocation.

    With if_expired="reclaim" an expired hold is booked if its places are still free.
    Refused: HOLD_NOT_FOUND, HOLD_EXPIRED, HOLD_EXPIRED_AND_TAKEN (reason), HOLD_RELEASED,
    ALREADY_CONFIRMED.
    """
    return locals()


@_answering(to.allocations_answer)
def confirm_holds(*, hold_ids: Iterable[str], order_id: str, line_item_id: Optional[str] = None,
                  if_expired: IfExpired = "reject", holder: Optional[str] = None,
                  as_host: bool = False, idempotency_token: Optional[str] = None) -> Arguments:
    """confirm_hold for all of 1 to 64 holds or none."""
    return locals()


@_answering(to.hold_answer)
def release_hold(*, hold_id: str, holder: Optional[str] = None, as_host: bool = False,
                 idempotency_token: Optional[str] = None) -> Arguments:
    """Gives the places back; again: the same answer.

    Refused: HOLD_NOT_FOUND, HOLD_EXPIRED, ALREADY_CONFIRMED.
    """
    return locals()


@_answering(to.holds_answer)
def release_holds(*, hold_ids: Iterable[str], holder: Optional[str] = None, as_host: bool = False,
                  idempotency_token: Optional[str] = None) -> Arguments:
    """release_hold for all of 1 to 64 holds or none."""
    return locals()


@_answering(to.hold_answer)
def retrieve_hold(*, hold_id: str, holder: Optional[str] = None,
                  as_host: bool = False) -> Arguments:
    """The hold as it is now: a due one is EXPIRED. Refused: HOLD_NOT_FOUND."""
    return locals()


@_answering(to.holds_page)
def list_holds(*, resource_id: Optional[str] = None, status: Optional[HoldStatus] = None,
               customer_email: Optional[str] = None, group_id: Optional[str] = None,
               limit: Optional[int] = None, after: Optional[str] = None) -> Arguments:
    """A page of at most `limit` (100, at most 1,000) holds, ordered by creation."""
    return locals()


@_answering(to.cleanup)
def cleanup_expired_holds(*, limit: Optional[int] = None) -> Arguments:
    """Records due holds as EXPIRED, in batches, until `limit` is reached.

    Safe from many hosts at once; never needed for correctness.
    """
    return locals()


@_answering(to.hold_answer)
def move_hold(*, hold_id: str, dates: Dates, quantity: Optional[int] = None,
              holder: Optional[str] = None, as_host: bool = False,
              idempotency_token: Optional[str] = None) -> Arguments:
    """Other days or another quantity on the same resource, in one step; refused, nothing changes.

    Refused like create_hold for what it adds, and like extend_hold.
    """
    return locals()


# ---- allocations ---------------------------------------------------------------------------------


@_answering(to.allocations_answer)
def cancel_allocation(*, allocation_id: Optional[str] = None, order_id: Optional[str] = None,
                      line_item_id: Optional[str] = None,
                      idempotency_token: Optional[str] = None) -> Arguments:
    """By allocation, or by order (and line item): every CONFIRMED one of it. Again: the same.

    Refused: ALLOCATION_NOT_FOUND.
    """
    return locals()


@_answering(to.allocation_answer)
def move_allocation(*, allocation_id: str, dates: Dates, quantity: Optional[int] = None,
                    idempotency_token: Optional[str] = None) -> Arguments:
    """move_hold for a booking.

    Refused like create_hold for what it adds; ALLOCATION_NOT_FOUND, ALREADY_CANCELLED.
    """
    return locals()


@_answering(to.allocations_page)
def list_allocations(*, resource_id: Optional[str] = None, order_id: Optional[str] = None,
                     line_item_id: Optional[str] = None, status: Optional[AllocationStatus] = None,
                     start_date: Optional[datetime.date] = None,
                     end_date: Optional[datetime.date] = None, limit: Optional[int] = None,
                     after: Optional[str] = None) -> Arguments:
    """A page of at most `limit` (100, at most 1,000) allocations, ordered by creation.

    With `start_date` and `end_date`: those with a day in the range.
    """
    return locals()


# ---- blackouts -----------------------------------------------------------------------------------


@_answering(to.blackout_answer)
def create_blackout(*, resource_id: str, start_date: datetime.date, end_date: datetime.date,
                    reason: Optional[str] = None, on_conflict: OnConflict = "refuse",
                    idempotency_token: Optional[str] = None) -> Arguments:
    """Nothing new can be held on these days, at most 3,660, `end_date` included.

    With on_conflict="keep" what is held or booked inside stays, and the answer lists it.
    Refused: IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, BLACKOUT_CONFLICT (holds, allocations).
    """
    return locals()


@_answering(to.blackouts_page)
def list_blackouts(*, resource_id: Optional[str] = None,
                   start_date: Optional[datetime.date] = None,
                   end_date: Optional[datetime.date] = None, limit: Optional[int] = None,
                   after: Optional[str] = None) -> Arguments:
    """A page of at most `limit` (100, at most 1,000) blackouts, ordered by creation.

    With `start_date` and `end_date`: those that touch the range.
    """
    return locals()


@_answering(to.blackout_answer)
def delete_blackout(*, blackout_id: str, idempotency_token: Optional[str] = None) -> Arguments:
    """Again: the same answer. Refused: BLACKOUT_NOT_FOUND."""
    return locals()


# ---- upkeep --------------------------------------------------------------------------------------


@_answering(to.migration)
def migrate() -> Arguments:
    """Brings the schema to this library's version; safe when several hosts start at once."""
    return locals()


@_answering(to.verification)
def verify() -> Arguments:
    """Recomputes every sum and reference from the rows."""
    return locals()


@_answering(to.metrics)
def metrics(*, resource_ids: Optional[Iterable[str]] = None) -> Arguments:
    """Counters since the engine was opened, and today's use of at most 1,000 resources."""
    return locals()


@_answering(to.pruned)
def prune(*, older_than: Optional[datetime.timedelta] = None,
          erase_customer_email: Optional[str] = None) -> Arguments:
    """Removes what has ended: RELEASED and EXPIRED holds, deleted blackouts, remembered tokens.

    `older_than` is whole hours since the last change, at least 24; 30 days without it. The address
    `erase_customer_email` is taken off every hold, whatever its age.
    """
    return locals()
