"""A call that is wrong in itself raises TypeError or ValueError that names the field."""

import datetime
import logging
import sqlite3

import holdfast
import pytest
from support import DAY, FIRST, NOON, WAYS

HOLD = dict(resource_id="res_x", dates=[FIRST])
RANGE = dict(resource_id="res_x", start_date=FIRST, end_date=FIRST)

WRONG = [
    ("create_hold", dict(HOLD, quantty=2), TypeError, "quantty"),
    ("create_hold", dict(dates=[FIRST]), TypeError, "resource_id"),
    ("create_hold", dict(HOLD, resource_id=None), TypeError, "resource_id: expected str, got None"),
    ("create_hold", dict(HOLD, resource_id=7), TypeError, "resource_id: expected str, got int"),
    ("create_hold", dict(HOLD, resource_id=b"res_x"), TypeError, "resource_id: expected str"),
    ("create_hold", dict(HOLD, resource_id="a\0b"), ValueError, "resource_id: "),
    ("create_hold", dict(HOLD, holder="\ud800"), ValueError, "holder: "),
    ("create_hold", dict(HOLD, holder="x" * (1 << 20) + "x"), ValueError, "holder: longer"),
    ("create_hold", dict(HOLD, dates=FIRST), TypeError, "dates: expected dates, got date"),
    ("create_hold", dict(HOLD, dates="2027-07-01"), TypeError, "dates: expected dates, got str"),
    ("create_hold", dict(HOLD, dates=[FIRST, "x"]), TypeError, r"dates\[1\]: expected datetime"),
    ("create_hold", dict(HOLD, dates=[NOON]), TypeError, r"dates\[0\]: .* got datetime"),
    ("create_hold", dict(HOLD, dates=[FIRST] * 5000), ValueError, "dates: more than 4,096"),
    ("create_hold", dict(HOLD, quantity="2"), TypeError, "quantity: expected int, got str"),
    ("create_hold", dict(HOLD, quantity=True), TypeError, "quantity: expected int, got bool"),
    ("create_hold", dict(HOLD, quantity=1.0), TypeError, "quantity: expected int, got float"),
    ("create_hold", dict(HOLD, quantity=2**31), ValueError, "quantity: 2147483648 does not fit"),
    ("create_hold", dict(HOLD, quantity=None), TypeError, "quantity: expected int, got None"),
    ("create_hold", dict(HOLD, ttl=30), TypeError, "ttl: expected datetime.timedelta, got int"),
    ("create_hold", dict(HOLD, ttl=datetime.timedelta(0)), ValueError, "ttl: 0 is not a value"),
    ("create_hold", dict(HOLD, ttl=datetime.timedelta(microseconds=1)), ValueError, "ttl: "),
    ("create_holds", dict(items=[{"resource_id": "x"}]), TypeError, r"items\[0\]: expected HoldI"),
    ("create_holds", dict(items=[holdfast.HoldItem("x", [1])]), TypeError,
     r"items\[0\]\.dates\[0\]: expected datetime.date, got int"),
    ("extend_holds", dict(hold_ids="hold_x"), TypeError, "hold_ids: expected a sequence of str"),
    ("extend_holds", dict(hold_ids=["a", 1]), TypeError, r"hold_ids\[1\]: expected str, got int"),
    ("release_hold", dict(hold_id="x", as_host="yes"), TypeError, "as_host: expected bool"),
    ("release_hold", dict(hold_id="x", as_host=1), TypeError, "as_host: expected bool, got int"),
    ("confirm_hold", dict(hold_id="x", order_id="o", if_expired="maybe"), ValueError,
     "if_expired: 'maybe' is none of reject, reclaim"),
    ("create_blackout", dict(RANGE, on_conflict=1), TypeError, "on_conflict: expected str"),
    ("initialize_capacity", dict(RANGE, daily_capacity=1, on_existing="drop"), ValueError,
     "on_existing: 'drop' is none of keep, replace"),
    ("initialize_capacity", dict(RANGE, daily_capacity=1, weekdays=[1, 8]), ValueError,
     r"weekdays\[1\]: 8 is not"),
    ("initialize_capacity", dict(RANGE, daily_capacity=1, weekdays=[]), ValueError, "weekdays: "),
    ("initialize_capacity", dict(RANGE, daily_capacity=1, weekdays="1"), TypeError, "weekdays: "),
    ("check_availability", dict(RANGE, end_date="2027-07-02"), TypeError, "end_date: expected"),
    ("search_availability", dict(start_date=FIRST, end_date=FIRST, resource_ids=[None]), TypeError,
     r"resource_ids\[0\]: "),
    ("search_availability", dict(start_date=FIRST, end_date=FIRST, consecutive_days=0), ValueError,
     "consecutive_days: 0 is not a value"),
    ("list_holds", dict(limit=0), ValueError, "limit: 0 is not a value"),
    ("list_holds", dict(status="active"), ValueError, "status: 'active' is none of ACTIVE"),
    ("move_hold", dict(hold_id="x", dates=[FIRST], quantity=0), ValueError, "quantity: 0 is not"),
    ("cleanup_expired_holds", dict(limit="all"), TypeError, "limit: expected int, got str"),
    ("prune", dict(older_than=datetime.timedelta(minutes=90)), ValueError, "older_than: "),
    ("create_resource", dict(type="T", name="n", metadata={1j}), TypeError, "metadata: "),
    ("create_resource", dict(type="T", name="n", metadata=float("nan")), ValueError, "metadata: "),
    ("create_resource", dict(type="T", name="n", metadata="\ud800"), ValueError, "metadata: "),
    ("create_resource", dict(type="T", name="n", is_active="no"), TypeError, "is_active: "),
    ("migrate", dict(version=2), TypeError, "version"),
]

OPTIONS = [
    (dict(hold_tll=DAY), TypeError, "hold_tll"),
    (dict(hold_ttl=30), TypeError, "hold_ttl: expected datetime.timedelta"),
    (dict(lanes=0), ValueError, "lanes: 0 is not a value"),
    (dict(lanes="2"), TypeError, "lanes: expected int"),
    (dict(logger=print), TypeError, "logger: expected Logger"),
    (dict(clock=NOON), TypeError, "clock: expected TestClock"),
    (dict(timezone=10), TypeError, "timezone: expected str"),
]


@pytest.fixture(scope="module", params=list(WAYS))
def booking(request):
    made = WAYS[request.param]("memory:")
    made.migrate()
    yield made
    made.close()


@pytest.mark.parametrize("operation, arguments, error, text", WRONG,
                         ids=[f"{w[0]}-{w[3][:24]}-{at}" for at, w in enumerate(WRONG)])
def test_a_wrong_argument_is_named(booking, operation, arguments, error, text):
    with pytest.raises(error, match=text):
        getattr(booking, operation)(**arguments)


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("options, error, text", OPTIONS)
def test_a_wrong_option_is_named(way, options, error, text):
    with pytest.raises(error, match=text):
        WAYS[way]("memory:", **options)


def test_positional_arguments_are_not_taken(booking):
    with pytest.raises(TypeError):
        holdfast.open("memory:", "Europe/Paris")


def test_a_test_clock_takes_aware_instants_only():
    with pytest.raises(ValueError, match="now: "):
        holdfast.TestClock(datetime.datetime(2027, 7, 1))
    with pytest.raises(TypeError, match="now: "):
        holdfast.TestClock(FIRST)
    clock = holdfast.TestClock(NOON)
    with pytest.raises(TypeError, match="by: "):
        clock.advance(60)
    clock.advance(DAY)
    assert clock.now() == NOON + DAY


def test_a_log_handler_that_calls_the_engine_is_told_so(tmp_path):
    opened, said = [], []

    class Handler(logging.Handler):
        def emit(self, record):
            try:
                for engine in opened:
                    engine.metrics()
            except RuntimeError as error:
                said.append(str(error))

    logger = logging.Logger("holdfast")
    logger.addHandler(Handler())
    with holdfast.open(f"sqlite:{tmp_path / 'b.db'}", logger=logger, lock_timeout=DAY / 864_000,
                       retry_timeout=DAY / 432_000) as booking:
        opened.append(booking)
        booking.migrate()
        other = sqlite3.connect(tmp_path / "b.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(holdfast.BookingFailed):
            booking.create_resource(type="T", name="n")
        other.close()
    assert said and all("callback" in text for text in said)
