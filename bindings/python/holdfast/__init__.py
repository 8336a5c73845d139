"""Holdfast, the booking engine: places per resource and day, never sold twice.

    import holdfast

    with holdfast.open("sqlite:bookings.db") as booking:
        booking.migrate()

`holdfast.aio` is the same with await, `python -m holdfast` the command line.
"""

from ._ffi import library as _library
from .clock import TestClock
from .engine import Engine, open
from .errors import BookingFailed, BookingRejected, HoldfastError
from .types import (Allocation, AllocationAnswer, AllocationsAnswer, Availability, AvailabilityDay,
                    Blackout, BlackoutAnswer, Capacity, CapacityAdjusted, CapacityInitialized,
                    CapacityReport, Cleanup, DayConflict, Hold, HoldAnswer, HoldItem, HoldsAnswer,
                    Metrics, Migration, Page, Pruned, Rejection, ReportDay, Resource,
                    ResourceAnswer, SearchAnswer, Verification, Violation)

__version__: str = _library.version_string().decode()

__all__ = [
    "Allocation", "AllocationAnswer", "AllocationsAnswer", "Availability", "AvailabilityDay",
    "Blackout", "BlackoutAnswer", "BookingFailed", "BookingRejected", "Capacity",
    "CapacityAdjusted", "CapacityInitialized", "CapacityReport", "Cleanup", "DayConflict",
    "Engine", "Hold", "HoldAnswer", "HoldItem", "HoldfastError", "HoldsAnswer", "Metrics",
    "Migration", "Page", "Pruned", "Rejection", "ReportDay", "Resource", "ResourceAnswer",
    "SearchAnswer", "TestClock", "Verification", "Violation", "open",
]
