"""What is raised when there is no answer, or when the answer is no."""

from typing import Literal

from .types import Rejection

DAYS_SHOWN = 3
Retry = Literal["never", "safe", "same-token"]


class HoldfastError(Exception):
    """The base of the two below."""

    code: str


class BookingRejected(HoldfastError):
    """The engine said no; asking again changes nothing until the books have changed.

    `code` is INSUFFICIENT_CAPACITY and so on, `details` what the refusal speaks of.
    """

    def __init__(self, details: Rejection) -> None:
        super().__init__(details)
        self.code = details.code
        self.details = details

    def __str__(self) -> str:
        """What is wrong, with which field, or what stood in the way."""
        about = self.details
        parts = [self.code, about.field, about.message, about.reason]
        is_sold_out = (about.reason or self.code) == "INSUFFICIENT_CAPACITY"
        days = [f"{day.date} has {day.available_capacity} left of {day.requested} asked"
                if is_sold_out else f"{day.date}" for day in about.days[:DAYS_SHOWN]]
        if len(about.days) > DAYS_SHOWN:
            days.append("...")
        where = ", ".join(days) or about.id
        return ": ".join(filter(None, parts)) + (f" ({where})" if where else "")


class BookingFailed(HoldfastError):
    """The question was not answered.

    `code` is BUSY, UNAVAILABLE, SCHEMA and so on. `retry` says what may be done:

    - "never": nothing happened, and the same call fails again;
    - "safe": nothing happened, try again;
    - "same-token": it may have happened, repeat with `idempotency_token`.
    """

    def __init__(self, code: str, message: str, retry: Retry, idempotency_token: str = "",
                 sqlstate: str = "") -> None:
        super().__init__(code, message, retry, idempotency_token, sqlstate)
        self.code = code
        self.message = message
        self.retry: Retry = retry
        self.idempotency_token = idempotency_token
        self.sqlstate = sqlstate

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
