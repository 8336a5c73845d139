"""holdfast.h as ctypes: its structs, constants and functions, and the library itself.

A field's type says what it means (a Date, Milliseconds, a Bool, ...), as in the header, and
`_convert` goes by it. The tests compare all of it with capi/layout.json and capi/symbols.txt.
"""

import ctypes
import os
import pathlib
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_double, c_int32, c_int64, c_size_t
from ctypes import c_uint32, c_uint64, c_void_p
from typing import Any, Dict, List, Tuple, Type

ABI_VERSION = 1
STATUS_OK = 0
STATUS_MISUSE = 9
RETRY_NEVER = 0
RETRY_SAFE = 1
RETRY_SAME_TOKEN = 2
OUTCOME_ACCEPTED = 0
LOG_DEBUG = 0
LOG_INFO = 1
LOG_WARNING = 2
LOG_ERROR = 3

# ---- what a number means -------------------------------------------------------------------------


class Bool(c_int32):
    pass


class Choice(c_int32):
    """0 not given, 1 no, 2 yes."""


class Date(c_int32):
    """Days since 1970-01-01."""


class Instant(c_int64):
    """Microseconds since 1970-01-01T00:00:00Z."""


class Milliseconds(c_int64):
    pass


class Hours(c_int32):
    pass


class Weekdays(c_uint32):
    """1 Monday, 2 Tuesday, 4 Wednesday, ... or-ed."""


class Word(c_int32):
    """A number that Python says as a word: its place in `words`."""

    words: Tuple[str, ...] = ()


class HoldStatus(Word):
    words = ("ACTIVE", "CONFIRMED", "RELEASED", "EXPIRED")


class AllocationStatus(Word):
    words = ("CONFIRMED", "CANCELLED")


class OnExisting(Word):
    words = ("keep", "replace")


class IfExpired(Word):
    words = ("reject", "reclaim")


class OnConflict(Word):
    words = ("refuse", "keep")


class Unavailable(c_int32):
    pass


class Outcome(c_int32):
    pass


# ---- structs -------------------------------------------------------------------------------------


class CStruct(ctypes.Structure):
    """The base of all; `CreateHoldRequest` is holdfast_create_hold_request."""


def _fields(**types: Any) -> List[Tuple[str, Any]]:
    return list(types.items())


class Str(CStruct):
    _fields_ = _fields(data=c_char_p, size=c_size_t)


class Json(Str):
    """JSON text."""


class Error(CStruct):
    _fields_ = _fields(
        struct_size=c_uint32, status=c_int32, retry=c_int32, sqlstate=c_char * 8,
        idempotency_token=c_char * 64, message=c_char * 172)


LogFn = CFUNCTYPE(None, c_void_p, c_int32, Str)
WakeupFn = CFUNCTYPE(None, c_void_p)
ClockFn = CFUNCTYPE(c_int64, c_void_p)


class Request(CStruct):
    """What a caller fills."""

    _fields_ = _fields(struct_size=c_uint32)


class Options(Request):
    _fields_ = _fields(
        abi_version=c_uint32, uri=Str, timezone=Str, hold_ttl_ms=Milliseconds,
        max_hold_lifetime_ms=Milliseconds, lock_timeout_ms=Milliseconds,
        retry_timeout_ms=Milliseconds, lanes=c_int32, readers=c_int32, queue_max=c_int32,
        reserved=c_uint32, log=LogFn, log_user_data=c_void_p, clock=ClockFn,
        clock_user_data=c_void_p)


class Completion(CStruct):
    _fields_ = _fields(tag=c_uint64, result=c_void_p, error=Error)


class CreateResourceRequest(Request):
    _fields_ = _fields(
        is_active=Choice, type=Str, name=Str, description=Str, metadata=Json, timezone=Str,
        idempotency_token=Str)


class UpdateResourceRequest(Request):
    _fields_ = _fields(
        is_active=Choice, resource_id=Str, type=Str, name=Str, description=Str, metadata=Json,
        timezone=Str, idempotency_token=Str)


class RetrieveResourceRequest(Request):
    _fields_ = _fields(reserved=c_uint32, resource_id=Str)


class ListResourcesRequest(Request):
    _fields_ = _fields(
        limit=c_int32, is_active=Choice, include_deleted=Bool, type=Str, text=Str, after=Str)


class DeleteResourceRequest(Request):
    _fields_ = _fields(reserved=c_uint32, resource_id=Str, idempotency_token=Str)


class RestoreResourceRequest(Request):
    _fields_ = _fields(reserved=c_uint32, resource_id=Str, idempotency_token=Str)


class InitializeCapacityRequest(Request):
    _fields_ = _fields(
        daily_capacity=c_int32, start_date=Date, end_date=Date, weekdays=Weekdays,
        on_existing=OnExisting, resource_id=Str, idempotency_token=Str)


class AdjustCapacityRequest(Request):
    _fields_ = _fields(
        delta=c_int32, resource_id=Str, dates=POINTER(Date), dates_count=c_size_t,
        idempotency_token=Str)


class CheckAvailabilityRequest(Request):
    _fields_ = _fields(quantity=c_int32, start_date=Date, end_date=Date, resource_id=Str)


class SearchAvailabilityRequest(Request):
    _fields_ = _fields(
        quantity=c_int32, start_date=Date, end_date=Date, consecutive_days=c_int32,
        reserved=c_uint32, type=Str, resource_ids=POINTER(Str), resource_ids_count=c_size_t)


class GetCapacityReportRequest(Request):
    _fields_ = _fields(reserved=c_uint32, start_date=Date, end_date=Date, resource_id=Str)


class CreateHoldRequest(Request):
    _fields_ = _fields(
        quantity=c_int32, ttl_ms=Milliseconds, resource_id=Str, dates=POINTER(Date),
        dates_count=c_size_t, customer_email=Str, idempotency_token=Str, holder=Str)


class HoldItem(Request):
    _fields_ = _fields(
        quantity=c_int32, resource_id=Str, dates=POINTER(Date), dates_count=c_size_t)


class CreateHoldsRequest(Request):
    _fields_ = _fields(
        reserved=c_uint32, ttl_ms=Milliseconds, items=POINTER(HoldItem), items_count=c_size_t,
        customer_email=Str, idempotency_token=Str, holder=Str)


class ExtendHoldRequest(Request):
    _fields_ = _fields(
        as_host=Bool, ttl_ms=Milliseconds, hold_id=Str, holder=Str, idempotency_token=Str)


class ExtendHoldsRequest(Request):
    _fields_ = _fields(
        as_host=Bool, ttl_ms=Milliseconds, hold_ids=POINTER(Str), hold_ids_count=c_size_t,
        holder=Str, idempotency_token=Str)


class ConfirmHoldRequest(Request):
    _fields_ = _fields(
        if_expired=IfExpired, as_host=Bool, reserved=c_uint32, hold_id=Str, order_id=Str,
        line_item_id=Str, holder=Str, idempotency_token=Str)


class ConfirmHoldsRequest(Request):
    _fields_ = _fields(
        if_expired=IfExpired, as_host=Bool, reserved=c_uint32, hold_ids=POINTER(Str),
        hold_ids_count=c_size_t, order_id=Str, line_item_id=Str, holder=Str,
        idempotency_token=Str)


class ReleaseHoldRequest(Request):
    _fields_ = _fields(as_host=Bool, hold_id=Str, holder=Str, idempotency_token=Str)


class ReleaseHoldsRequest(Request):
    _fields_ = _fields(
        as_host=Bool, hold_ids=POINTER(Str), hold_ids_count=c_size_t, holder=Str,
        idempotency_token=Str)


class RetrieveHoldRequest(Request):
    _fields_ = _fields(as_host=Bool, hold_id=Str, holder=Str)


class ListHoldsRequest(Request):
    _fields_ = _fields(
        limit=c_int32, has_status=Bool, status=HoldStatus, resource_id=Str, customer_email=Str,
        group_id=Str, after=Str)


class CleanupExpiredHoldsRequest(Request):
    _fields_ = _fields(reserved=c_uint32, limit=c_int64)


class CancelAllocationRequest(Request):
    _fields_ = _fields(
        reserved=c_uint32, allocation_id=Str, order_id=Str, line_item_id=Str,
        idempotency_token=Str)


class MoveHoldRequest(Request):
    _fields_ = _fields(
        quantity=c_int32, as_host=Bool, reserved=c_uint32, hold_id=Str, dates=POINTER(Date),
        dates_count=c_size_t, holder=Str, idempotency_token=Str)


class MoveAllocationRequest(Request):
    _fields_ = _fields(
        quantity=c_int32, allocation_id=Str, dates=POINTER(Date), dates_count=c_size_t,
        idempotency_token=Str)


class ListAllocationsRequest(Request):
    _fields_ = _fields(
        limit=c_int32, has_status=Bool, status=AllocationStatus, has_start_date=Bool,
        has_end_date=Bool, start_date=Date, end_date=Date, resource_id=Str, order_id=Str,
        line_item_id=Str, after=Str)


class CreateBlackoutRequest(Request):
    _fields_ = _fields(
        on_conflict=OnConflict, start_date=Date, end_date=Date, resource_id=Str, reason=Str,
        idempotency_token=Str)


class ListBlackoutsRequest(Request):
    _fields_ = _fields(
        limit=c_int32, has_start_date=Bool, has_end_date=Bool, start_date=Date, end_date=Date,
        resource_id=Str, after=Str)


class DeleteBlackoutRequest(Request):
    _fields_ = _fields(reserved=c_uint32, blackout_id=Str, idempotency_token=Str)


class MigrateRequest(Request):
    _fields_ = _fields(reserved=c_uint32)


class VerifyRequest(Request):
    _fields_ = _fields(reserved=c_uint32)


class MetricsRequest(Request):
    _fields_ = _fields(
        reserved=c_uint32, resource_ids=POINTER(Str), resource_ids_count=c_size_t)


class PruneRequest(Request):
    _fields_ = _fields(older_than_hours=Hours, erase_customer_email=Str)


class Resource(CStruct):
    _fields_ = _fields(
        id=Str, type=Str, name=Str, description=Str, metadata=Json, timezone=Str,
        created_at=Instant, updated_at=Instant, deleted_at=Instant, has_deleted_at=Bool,
        is_active=Bool)


class Capacity(CStruct):
    _fields_ = _fields(
        id=Str, resource_id=Str, date=Date, max_capacity=c_int32, available_capacity=c_int32,
        reserved=c_uint32)


class Hold(CStruct):
    _fields_ = _fields(
        id=Str, resource_id=Str, dates=POINTER(Date), dates_count=c_size_t, customer_email=Str,
        holder=Str, idempotency_token=Str, group_id=Str, expires_at=Instant, created_at=Instant,
        updated_at=Instant, quantity=c_int32, status=HoldStatus)


class Allocation(CStruct):
    _fields_ = _fields(
        id=Str, resource_id=Str, hold_id=Str, order_id=Str, line_item_id=Str,
        dates=POINTER(Date), dates_count=c_size_t, created_at=Instant, cancelled_at=Instant,
        quantity=c_int32, status=AllocationStatus, has_cancelled_at=Bool, reserved=c_uint32)


class Blackout(CStruct):
    _fields_ = _fields(
        id=Str, resource_id=Str, reason=Str, created_at=Instant, deleted_at=Instant,
        start_date=Date, end_date=Date, has_deleted_at=Bool, reserved=c_uint32)


class AvailabilityDay(CStruct):
    _fields_ = _fields(
        date=Date, max_capacity=c_int32, available_capacity=c_int32, is_available=Bool,
        reason=Unavailable)


class Availability(CStruct):
    _fields_ = _fields(
        resource_id=Str, days=POINTER(AvailabilityDay), days_count=c_size_t,
        start_dates=POINTER(Date), start_dates_count=c_size_t)


class ReportDay(CStruct):
    _fields_ = _fields(
        date=Date, max_capacity=c_int32, available_capacity=c_int32, held=c_int32,
        booked=c_int32, blackout=Bool, utilisation=c_double)


class Report(CStruct):
    _fields_ = _fields(
        resource_id=Str, days=POINTER(ReportDay), days_count=c_size_t, max_capacity=c_int64,
        available_capacity=c_int64, held=c_int64, booked=c_int64, utilisation=c_double)


class Rejection(CStruct):
    _fields_ = _fields(outcome=Outcome, reason=Outcome, field=Str, message=Str, id=Str)


class DayConflict(CStruct):
    _fields_ = _fields(
        resource_id=Str, date=Date, requested=c_int32, available_capacity=c_int32,
        reserved=c_uint32)


class Violation(CStruct):
    _fields_ = _fields(resource_id=Str, rule=Str, detail=Str)


class Counts(CStruct):
    _fields_ = _fields(
        days_created=c_int64, days_changed=c_int64, holds_expired=c_int64, holds_removed=c_int64,
        tokens_removed=c_int64, blackouts_removed=c_int64, emails_erased=c_int64,
        schema_version=c_int64, resources=c_int64, days=c_int64, holds=c_int64,
        allocations=c_int64)


class MetricsValues(CStruct):
    _fields_ = _fields(
        holds_requested=c_int64, holds_created=c_int64, holds_replayed=c_int64,
        holds_confirmed=c_int64, holds_released=c_int64, holds_expired=c_int64,
        allocations_cancelled=c_int64, rejections=POINTER(c_int64), rejections_count=c_size_t,
        failures=POINTER(c_int64), failures_count=c_size_t, hold_to_confirm_mean_s=c_double,
        hold_to_confirm_p95_s=c_double, batches=c_int64, commands=c_int64,
        batch_size_max=c_int64, storage_retries=c_int64, lock_waits=c_int64,
        lock_timeouts=c_int64, queue_depth=c_int64)


# ---- functions -----------------------------------------------------------------------------------

# Each is exported twice: holdfast_X and holdfast_X_submit.
OPERATIONS: Dict[str, Type[Request]] = {
    "create_resource": CreateResourceRequest,
    "update_resource": UpdateResourceRequest,
    "retrieve_resource": RetrieveResourceRequest,
    "list_resources": ListResourcesRequest,
    "delete_resource": DeleteResourceRequest,
    "restore_resource": RestoreResourceRequest,
    "initialize_capacity": InitializeCapacityRequest,
    "adjust_capacity": AdjustCapacityRequest,
    "check_availability": CheckAvailabilityRequest,
    "search_availability": SearchAvailabilityRequest,
    "get_capacity_report": GetCapacityReportRequest,
    "create_hold": CreateHoldRequest,
    "create_holds": CreateHoldsRequest,
    "extend_hold": ExtendHoldRequest,
    "extend_holds": ExtendHoldsRequest,
    "confirm_hold": ConfirmHoldRequest,
    "confirm_holds": ConfirmHoldsRequest,
    "release_hold": ReleaseHoldRequest,
    "release_holds": ReleaseHoldsRequest,
    "retrieve_hold": RetrieveHoldRequest,
    "list_holds": ListHoldsRequest,
    "cleanup_expired_holds": CleanupExpiredHoldsRequest,
    "cancel_allocation": CancelAllocationRequest,
    "move_hold": MoveHoldRequest,
    "move_allocation": MoveAllocationRequest,
    "list_allocations": ListAllocationsRequest,
    "create_blackout": CreateBlackoutRequest,
    "list_blackouts": ListBlackoutsRequest,
    "delete_blackout": DeleteBlackoutRequest,
    "migrate": MigrateRequest,
    "verify": VerifyRequest,
    "metrics": MetricsRequest,
    "prune": PruneRequest,
}

Prototype = Tuple[Any, Tuple[Any, ...]]

# What may wait, or be waited for by a thread that needs the interpreter: called without the GIL.
WAITING: Dict[str, Prototype] = {
    "open": (c_int32, (POINTER(Options), POINTER(c_uint64), POINTER(Error))),
    "stop": (c_int32, (c_uint64, POINTER(Error))),
    "close": (c_int32, (c_uint64, POINTER(Error))),
    "set_wakeup": (c_int32, (c_uint64, WakeupFn, c_void_p, POINTER(Error))),
    "drain": (c_int32, (c_uint64, POINTER(Completion), c_size_t, POINTER(c_size_t),
                        POINTER(Error))),
}
for _name, _request in OPERATIONS.items():
    WAITING[_name] = (
        c_int32, (c_uint64, POINTER(_request), POINTER(c_void_p), POINTER(Error)))
    WAITING[_name + "_submit"] = (
        c_int32, (c_uint64, POINTER(_request), c_uint64, POINTER(Error)))

# What only looks: called with the GIL, since letting it go would cost more than the call.
LOOKING: Dict[str, Prototype] = {
    "status_name": (c_char_p, (c_int32,)),
    "retry_name": (c_char_p, (c_int32,)),
    "outcome_name": (c_char_p, (c_int32,)),
    "hold_status_name": (c_char_p, (c_int32,)),
    "allocation_status_name": (c_char_p, (c_int32,)),
    "unavailable_name": (c_char_p, (c_int32,)),
    "abi_version": (c_uint32, ()),
    "version_string": (c_char_p, ()),
    "parse_date": (c_int32, (Str, POINTER(Date), POINTER(Error))),
    "format_date": (c_int32, (Date, c_char_p, c_size_t, POINTER(Error))),
    "result_free": (None, (c_void_p,)),
    "result_outcome": (c_int32, (c_void_p,)),
    "result_rejection": (c_void_p, (c_void_p,)),
    "result_replayed": (c_int32, (c_void_p,)),
    "result_group_id": (Str, (c_void_p,)),
    "result_next": (Str, (c_void_p,)),
    "result_resources": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_capacities": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_holds": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_allocations": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_blackouts": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_availabilities": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_reports": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_conflicts": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_violations": (c_void_p, (c_void_p, POINTER(c_size_t))),
    "result_counts": (c_void_p, (c_void_p,)),
    "result_metrics": (c_void_p, (c_void_p,)),
    "result_prometheus": (Str, (c_void_p,)),
}


# ---- the library ---------------------------------------------------------------------------------


def _path() -> str:
    packaged = pathlib.Path(__file__).with_name("libholdfast.so")
    if packaged.exists():
        return str(packaged)
    named = os.environ.get("HOLDFAST_LIBRARY")
    if named:
        return named
    raise ImportError(
        f"no {packaged}, and HOLDFAST_LIBRARY names no other: install the package with pip")


class Library:
    """The functions, without their prefix: `library.create_hold` is holdfast_create_hold."""

    def __init__(self, path: str) -> None:
        try:
            waiting, looking = ctypes.CDLL(path), ctypes.PyDLL(path)
        except OSError as error:
            raise ImportError(f"cannot load {path}: {error}") from None
        for functions, prototypes in ((waiting, WAITING), (looking, LOOKING)):
            for name, (restype, argtypes) in prototypes.items():
                function = getattr(functions, "holdfast_" + name)
                function.restype, function.argtypes = restype, argtypes
                setattr(self, name, function)
        found = self.abi_version()
        if found != ABI_VERSION:
            raise ImportError(f"{path} has ABI version {found}, this package needs {ABI_VERSION}")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"holdfast_{name} is not declared")


library = Library(_path())
