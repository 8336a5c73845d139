"""Between Python's values and C's.

Going in, a struct's `Writer` has one function for each field, picked by the field's type. Coming
out, a struct's `Reader` unpacks whole arrays at once, which costs a tenth of asking ctypes field
by field. Both are made from the declarations in `_ffi` when the package is imported.
"""

import array
import ctypes
import datetime
import functools
import json
import struct
from ctypes import c_double, c_int32, c_int64, c_size_t, c_ssize_t, c_uint32, c_void_p, py_object
from ctypes import pythonapi
from typing import Any, Callable, Dict, Generic, Iterable, List, Mapping, Optional, Tuple, Type
from typing import TypeVar

from . import _ffi, types
from ._ffi import library
from .errors import BookingFailed, BookingRejected, Retry

T = TypeVar("T")

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
EPOCH_DAY = EPOCH.toordinal()
MICROSECOND = datetime.timedelta(microseconds=1)
LAST_INSTANT = datetime.datetime.max.replace(tzinfo=datetime.timezone.utc)


def _declared(struct_type: Type[_ffi.CStruct]) -> Dict[str, Any]:
    """Names and types of the fields, without those of a base."""
    return {field[0]: field[1] for field in struct_type._fields_}


# ---- in ------------------------------------------------------------------------------------------


def _wrong(field: str, expected: str, value: object) -> TypeError:
    return TypeError(f"{field}: expected {expected}, got {type(value).__name__}")


def _utf8(field: str, value: Any) -> bytes:
    if not isinstance(value, str):
        raise _wrong(field, "str", value)
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{field}: {error.reason}") from None


def text(field: str, value: Any) -> _ffi.Str:
    data = _utf8(field, value)
    return _ffi.Str(data, len(data))


def _json(field: str, value: Any) -> _ffi.Json:
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, RecursionError) as error:
        raise TypeError(f"{field}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None
    data = _utf8(field, written)
    return _ffi.Json(data, len(data))


def _integer(bits: int, field: str, value: Any) -> int:
    if type(value) is not int:
        raise _wrong(field, "int", value)
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ValueError(f"{field}: {value} does not fit into {bits} bits")
    return value


def _boolean(field: str, value: Any) -> int:
    if type(value) is not bool:
        raise _wrong(field, "bool", value)
    return int(value)


def _choice(field: str, value: Any) -> int:
    return 1 + _boolean(field, value)


def _day(field: str, value: Any) -> int:
    if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
        raise _wrong(field, "datetime.date", value)
    return value.toordinal() - EPOCH_DAY


def _units(unit: datetime.timedelta, bits: int, field: str, value: Any) -> int:
    if not isinstance(value, datetime.timedelta):
        raise _wrong(field, "datetime.timedelta", value)
    whole, rest = divmod(value, unit)
    if rest:
        raise ValueError(f"{field}: {value} is not a whole number of times {unit}")
    return _integer(bits, field, whole)


def _weekdays(field: str, value: Any) -> int:
    days = _elements(field, value, "ISO weekdays, 1 to 7")
    if not days:
        raise ValueError(f"{field}: no weekday; leave it out for every day")
    bits = 0
    for at, day in enumerate(days):
        if not 1 <= _integer(32, f"{field}[{at}]", day) <= 7:
            raise ValueError(f"{field}[{at}]: {day} is not an ISO weekday, 1 to 7")
        bits |= 1 << (day - 1)
    return bits


def _word(words: Tuple[str, ...], field: str, value: Any) -> int:
    if not isinstance(value, str):
        raise _wrong(field, "str", value)
    if value not in words:
        raise ValueError(f"{field}: {value!r} is none of {', '.join(words)}")
    return words.index(value)


def _elements(field: str, value: Any, what: str) -> Tuple[Any, ...]:
    if type(value) in (list, tuple):
        return tuple(value)
    if isinstance(value, (str, bytes)):
        raise _wrong(field, what, value)
    try:
        elements = iter(value)
    except TypeError:
        raise _wrong(field, what, value) from None
    return tuple(elements)


def _dates(field: str, value: Any) -> Any:
    values = _elements(field, value, "dates")
    days = []
    for at, day in enumerate(values):
        if type(day) is not datetime.date:
            _day(f"{field}[{at}]", day)
        days.append(day.toordinal() - EPOCH_DAY)
    return (_ffi.Date * len(days))(*days)


def _texts(field: str, value: Any) -> Any:
    values = _elements(field, value, "a sequence of str")
    return (_ffi.Str * len(values))(*[text(f"{field}[{at}]", v) for at, v in enumerate(values)])


def _items(field: str, value: Any) -> Any:
    made = []
    for at, item in enumerate(_elements(field, value, "HoldItems")):
        if not isinstance(item, types.HoldItem):
            raise _wrong(f"{field}[{at}]", "HoldItem", item)
        values = {name: getattr(item, name) for name in _item_writer.names}
        made.append(_item_writer(values, f"{field}[{at}]."))
    return (_ffi.HoldItem * len(made))(*made)


Write = Callable[[str, Any], Any]

WRITERS: Dict[Any, Write] = {
    _ffi.Str: text,
    _ffi.Json: _json,
    c_int32: functools.partial(_integer, 32),
    c_int64: functools.partial(_integer, 64),
    _ffi.Bool: _boolean,
    _ffi.Choice: _choice,
    _ffi.Date: _day,
    _ffi.Milliseconds: functools.partial(_units, datetime.timedelta(milliseconds=1), 64),
    _ffi.Hours: functools.partial(_units, datetime.timedelta(hours=1), 32),
    _ffi.Weekdays: _weekdays,
    ctypes.POINTER(_ffi.Date): _dates,
    ctypes.POINTER(_ffi.Str): _texts,
    ctypes.POINTER(_ffi.HoldItem): _items,
}
UNITS = {_ffi.Milliseconds: "_ms", _ffi.Hours: "_hours"}


class Writer:
    """Makes a request struct of keyword arguments.

    A field is `optional` when None stands for "not given". C says that with a 0, so that a 0 which
    Python gives would be taken for it, and is turned down.
    """

    def __init__(self, struct_type: Type[_ffi.Request], optional: Iterable[str] = ()) -> None:
        self._type = struct_type
        self._size = ctypes.sizeof(struct_type)
        self._fields: List[Tuple[str, str, Write, str, str, bool, bool]] = []
        declared = _declared(struct_type)
        for c_name, c_type in declared.items():
            write = WRITERS.get(c_type)
            if issubclass(c_type, _ffi.Word):
                write = functools.partial(_word, c_type.words)
            if write is None or c_name.startswith("has_"):
                continue
            unit = UNITS.get(c_type, "")
            name = c_name[:len(c_name) - len(unit)]
            has, count = f"has_{name}", f"{name}_count"
            zero_is_none = name in optional and c_type not in _MAY_BE_ZERO and has not in declared
            self._fields.append((name, c_name, write, has if has in declared else "",
                                 count if count in declared else "", name in optional,
                                 zero_is_none))
        self.names = tuple(field[0] for field in self._fields)

    def __call__(self, values: Mapping[str, Any], prefix: str = "") -> Any:
        request = self._type(self._size)
        for name, c_name, write, has, count, may_be_none, zero_is_none in self._fields:
            value = values[name]
            if value is None and may_be_none:
                continue
            written = write(prefix + name, value)
            if zero_is_none and not written:
                raise ValueError(f"{prefix}{name}: 0 is not a value; leave it out for the default")
            setattr(request, c_name, written)
            if has:
                setattr(request, has, 1)
            if count:
                setattr(request, count, len(written))
        return request


_MAY_BE_ZERO = {_ffi.Str, _ffi.Json, _ffi.Choice, ctypes.POINTER(_ffi.Str),
                ctypes.POINTER(_ffi.Date)}
_item_writer = Writer(_ffi.HoldItem)

# ---- out -----------------------------------------------------------------------------------------

CODES: Dict[Any, str] = {
    c_int32: "i", c_uint32: "I", c_int64: "q", c_double: "d",
    c_size_t: "Q" if ctypes.sizeof(c_size_t) == 8 else "I",
    _ffi.Bool: "i", _ffi.Date: "i", _ffi.Instant: "q", _ffi.Outcome: "i", _ffi.Unavailable: "i",
    _ffi.HoldStatus: "i", _ffi.AllocationStatus: "i",
}
ADDRESS = CODES[c_size_t]
STR = struct.Struct("=" + ADDRESS * 2)

Row = Tuple[Any, ...]


# What string_at does, and its decode, for less.
_copied = ctypes.PYFUNCTYPE(py_object, c_void_p, c_ssize_t)
_bytes = _copied(("PyBytes_FromStringAndSize", pythonapi))
_decoded = _copied(("PyUnicode_FromStringAndSize", pythonapi))


def text_at(address: int, size: int) -> str:
    return _decoded(address, size) if size else ""


def _name(function: Any) -> Callable[[int], str]:
    return functools.lru_cache(maxsize=None)(lambda number: function(number).decode())


outcome_name = _name(library.outcome_name)
status_name = _name(library.status_name)
hold_status_name = _name(library.hold_status_name)
allocation_status_name = _name(library.allocation_status_name)
unavailable_name = _name(library.unavailable_name)


def instant(microseconds: int) -> datetime.datetime:
    try:
        return EPOCH + datetime.timedelta(0, 0, microseconds)
    except OverflowError:
        return LAST_INSTANT


def json_value(written: str) -> types.Json:
    try:
        return json.loads(written)
    except ValueError:  # an integer with more digits than Python reads
        return json.loads(written, parse_int=float)


def days_at(address: int, count: int) -> Tuple[datetime.date, ...]:
    if not count:
        return ()
    return tuple(map(day, array.array("i", _bytes(address, 4 * count))))


@functools.lru_cache(maxsize=4096)
def day(days: int) -> datetime.date:
    return datetime.date.fromordinal(days + EPOCH_DAY)


def maybe(given: int, microseconds: int) -> Optional[datetime.datetime]:
    return instant(microseconds) if given else None


def reason(number: int) -> Optional[str]:
    return unavailable_name(number) or None


# How a field of a type is read from an unpacked row; {at} is its place in it.
EXPRESSIONS: Dict[Any, str] = {
    _ffi.Str: "_decoded(row[{at}], row[{at} + 1]) if row[{at} + 1] else ''",
    _ffi.Json: "json_value(text_at(row[{at}], row[{at} + 1]))",
    _ffi.Instant: "instant(row[{at}])",
    _ffi.Date: "day(row[{at}])",
    _ffi.Bool: "row[{at}] != 0",
    _ffi.Unavailable: "reason(row[{at}])",
    _ffi.HoldStatus: "hold_status_name(row[{at}])",
    _ffi.AllocationStatus: "allocation_status_name(row[{at}])",
    ctypes.POINTER(_ffi.Date): "days_at(row[{at}], row[{at} + 1])",
    ctypes.POINTER(_ffi.AvailabilityDay): "AVAILABILITY_DAY.at(row[{at}], row[{at} + 1])",
    ctypes.POINTER(_ffi.ReportDay): "REPORT_DAY.at(row[{at}], row[{at} + 1])",
}


class Reader(Generic[T]):
    """Makes dataclasses of an array of C structs.

    The fields' expressions are put together into one function, as dataclasses do with __init__: a
    call for each field would cost as much as the rest.
    """

    def __init__(self, struct_type: Type[_ffi.CStruct], into: Type[T]) -> None:
        self.type = struct_type
        self.into = into
        self._places: Dict[str, Tuple[int, Any]] = {}
        codes = ""
        for name, c_type in _declared(struct_type).items():
            self._places[name] = (len(codes), c_type)
            codes += ADDRESS * 2 if issubclass(c_type, _ffi.Str) else CODES.get(c_type, ADDRESS)
        self._format = struct.Struct("=" + codes)
        fields = [self._expression(name) for name in getattr(into, "__dataclass_fields__", {})]
        make = f"lambda row: into({', '.join(fields)})"
        self._make: Callable[[Row], T] = eval(make, {**globals(), "into": into})

    def _expression(self, name: str) -> str:
        at, c_type = self._places[name]
        has = self._places.get(f"has_{name}")
        if has:
            return f"maybe(row[{has[0]}], row[{at}])"
        return EXPRESSIONS.get(c_type, "row[{at}]").format(at=at)

    def at(self, address: int, count: int = 1) -> Tuple[T, ...]:
        if not count:
            return ()
        raw = _bytes(address, self._format.size * count)
        return tuple(map(self._make, self._format.iter_unpack(raw)))

    def raw(self, address: int) -> Dict[str, Any]:
        """One struct's plain numbers and addresses, by the C names."""
        row = self._format.unpack(_bytes(address, self._format.size))
        return {name: row[at] for name, (at, _) in self._places.items()}


AVAILABILITY_DAY = Reader(_ffi.AvailabilityDay, types.AvailabilityDay)
REPORT_DAY = Reader(_ffi.ReportDay, types.ReportDay)
RESOURCE = Reader(_ffi.Resource, types.Resource)
CAPACITY = Reader(_ffi.Capacity, types.Capacity)
HOLD = Reader(_ffi.Hold, types.Hold)
ALLOCATION = Reader(_ffi.Allocation, types.Allocation)
BLACKOUT = Reader(_ffi.Blackout, types.Blackout)
AVAILABILITY = Reader(_ffi.Availability, types.Availability)
REPORT = Reader(_ffi.Report, types.CapacityReport)
DAY_CONFLICT = Reader(_ffi.DayConflict, types.DayConflict)
VIOLATION = Reader(_ffi.Violation, types.Violation)
COUNTS: Reader[Any] = Reader(_ffi.Counts, object)
METRICS: Reader[Any] = Reader(_ffi.MetricsValues, object)


# ---- answers: what a result holds ----------------------------------------------------------------


def _all(accessor: Any, reader: Reader[T]) -> Callable[[int], Tuple[T, ...]]:
    def read(result: int) -> Tuple[T, ...]:
        count = c_size_t()
        address = accessor(result, count)
        return reader.at(address, count.value) if address else ()
    return read


def _str(value: _ffi.Str) -> str:
    return text_at(*STR.unpack(value))


resources = _all(library.result_resources, RESOURCE)
capacities = _all(library.result_capacities, CAPACITY)
holds = _all(library.result_holds, HOLD)
allocations = _all(library.result_allocations, ALLOCATION)
blackouts = _all(library.result_blackouts, BLACKOUT)
availabilities = _all(library.result_availabilities, AVAILABILITY)
reports = _all(library.result_reports, REPORT)
conflicts = _all(library.result_conflicts, DAY_CONFLICT)
violations = _all(library.result_violations, VIOLATION)


def replayed(result: int) -> bool:
    return bool(library.result_replayed(result))


def next_page(result: int) -> str:
    return _str(library.result_next(result))


def resource_answer(result: int) -> types.ResourceAnswer:
    return types.ResourceAnswer(resources(result)[0], replayed(result))


def resources_page(result: int) -> types.Page[types.Resource]:
    return types.Page(resources(result), next_page(result))


def capacity_initialized(result: int) -> types.CapacityInitialized:
    return counted(types.CapacityInitialized, result, replayed=replayed(result))


def capacity_adjusted(result: int) -> types.CapacityAdjusted:
    return types.CapacityAdjusted(capacities(result), replayed(result))


def availability(result: int) -> types.Availability:
    return availabilities(result)[0]


def search_answer(result: int) -> types.SearchAnswer:
    return types.SearchAnswer(availabilities(result))


def report(result: int) -> types.CapacityReport:
    return reports(result)[0]


def hold_answer(result: int) -> types.HoldAnswer:
    return types.HoldAnswer(holds(result)[0], replayed(result))


def holds_answer(result: int) -> types.HoldsAnswer:
    return types.HoldsAnswer(holds(result), _str(library.result_group_id(result)),
                             replayed(result))


def holds_page(result: int) -> types.Page[types.Hold]:
    return types.Page(holds(result), next_page(result))


def allocation_answer(result: int) -> types.AllocationAnswer:
    return types.AllocationAnswer(allocations(result)[0], replayed(result))


def allocations_answer(result: int) -> types.AllocationsAnswer:
    return types.AllocationsAnswer(allocations(result), replayed(result))


def allocations_page(result: int) -> types.Page[types.Allocation]:
    return types.Page(allocations(result), next_page(result))


def blackout_answer(result: int) -> types.BlackoutAnswer:
    return types.BlackoutAnswer(blackouts(result)[0], holds(result), allocations(result),
                                replayed(result))


def blackouts_page(result: int) -> types.Page[types.Blackout]:
    return types.Page(blackouts(result), next_page(result))


def counted(into: Callable[..., T], result: int, **others: Any) -> T:
    """Fills what the dataclass has of the counts."""
    counts = COUNTS.raw(library.result_counts(result))
    wanted = getattr(into, "__dataclass_fields__")
    return into(**{name: n for name, n in counts.items() if name in wanted}, **others)


def cleanup(result: int) -> types.Cleanup:
    return counted(types.Cleanup, result)


def migration(result: int) -> types.Migration:
    return counted(types.Migration, result)


def verification(result: int) -> types.Verification:
    return counted(types.Verification, result, violations=violations(result))


def pruned(result: int) -> types.Pruned:
    return counted(types.Pruned, result)


def _by_name(name: Callable[[int], str], address: int, count: int) -> Dict[str, int]:
    numbers = struct.unpack(f"={count}q", _bytes(address, 8 * count)) if count else ()
    return {name(at): number for at, number in enumerate(numbers) if at > 0}


def metrics(result: int) -> types.Metrics:
    values = METRICS.raw(library.result_metrics(result))
    rejections = _by_name(outcome_name, values.pop("rejections"), values.pop("rejections_count"))
    failures = _by_name(status_name, values.pop("failures"), values.pop("failures_count"))
    return types.Metrics(
        **values, rejections=rejections, failures=failures, use=reports(result),
        prometheus=_str(library.result_prometheus(result)))


# ---- refusals and failures -----------------------------------------------------------------------

RETRIES: Dict[int, Retry] = {
    _ffi.RETRY_NEVER: "never", _ffi.RETRY_SAFE: "safe", _ffi.RETRY_SAME_TOKEN: "same-token"}
REJECTION: Reader[Any] = Reader(_ffi.Rejection, object)


def _rejected(result: int) -> BookingRejected:
    address = library.result_rejection(result)
    found = _ffi.Rejection.from_address(address)
    return BookingRejected(types.Rejection(
        code=outcome_name(found.outcome.value), message=_str(found.message),
        field=_str(found.field), id=_str(found.id),
        reason=outcome_name(found.reason.value) if found.reason.value else "",
        days=conflicts(result), holds=holds(result), allocations=allocations(result)))


def answer(result: int, read: Callable[[int], T]) -> T:
    """What the result says, or its refusal raised. Frees it."""
    try:
        if library.result_outcome(result) != _ffi.OUTCOME_ACCEPTED:
            raise _rejected(result)
        return read(result)
    finally:
        library.result_free(result)


def failure(error: _ffi.Error, request: Optional[_ffi.Request] = None) -> Exception:
    """The exception that a failed call is reported with."""
    message: str = error.message.decode(errors="replace")
    if error.status == _ffi.STATUS_MISUSE:
        return RuntimeError(message) if message.startswith("engine:") else ValueError(message)
    retry = RETRIES.get(error.retry, "never")
    token: str = error.idempotency_token.decode()
    own = getattr(request, "idempotency_token", None)
    if retry == "same-token" and not token and own is not None:
        token = _str(own)  # a token of the caller's own, too long for the struct
    return BookingFailed(status_name(error.status), message, retry, token,
                         error.sqlstate.decode())
