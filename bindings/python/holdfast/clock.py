"""A clock for tests."""

import datetime

from ._convert import EPOCH, MICROSECOND


class TestClock:
    """A clock that stands still until it is told otherwise; for an engine's `clock` option.

    Threads: any, also while engines run on it.
    """

    __test__ = False  # not a test case, whatever pytest makes of its name

    def __init__(self, now: datetime.datetime) -> None:
        self.set(now)

    def set(self, now: datetime.datetime) -> None:
        """`now` must be aware."""
        if not isinstance(now, datetime.datetime):
            raise TypeError(f"now: expected datetime.datetime, got {type(now).__name__}")
        if now.utcoffset() is None:
            raise ValueError("now: a datetime without a time zone is no instant")
        self.microseconds = (now - EPOCH) // MICROSECOND

    def advance(self, by: datetime.timedelta) -> None:
        """A negative `by` turns the clock back."""
        if not isinstance(by, datetime.timedelta):
            raise TypeError(f"by: expected datetime.timedelta, got {type(by).__name__}")
        self.microseconds += by // MICROSECOND

    def now(self) -> datetime.datetime:
        return EPOCH + self.microseconds * MICROSECOND
