"""Holdfast through its Python binding: a thread for each caller, all on one engine."""

import datetime
import functools
import os
import sys

from common import HoldRequest, Refusal, arguments, measure

args = arguments(package="", library="")
os.environ["HOLDFAST_LIBRARY"] = args.library
sys.path.insert(0, args.package)

import holdfast  # noqa: E402

# The callers' calendar is text; a program of the shop's own would have days at hand.
day = functools.lru_cache(maxsize=None)(datetime.date.fromisoformat)


class Shop:
    def __init__(self, booking: holdfast.Engine) -> None:
        self.booking = booking

    def create_hold(self, request: HoldRequest) -> str:
        try:
            return self.booking.create_hold(
                resource_id=request.resource, dates=[day(each) for each in request.dates],
                quantity=request.quantity, customer_email=request.email,
                idempotency_token=request.token).hold.id
        except holdfast.BookingRejected as refused:
            raise Refusal(refused.code) from None

    def confirm_hold(self, hold_id: str, holder: str, order_id: str, line_id: str) -> str:
        return self.booking.confirm_hold(hold_id=hold_id, order_id=order_id,
                                         line_item_id=line_id).allocation.id

    def release_hold(self, hold_id: str, holder: str) -> None:
        self.booking.release_hold(hold_id=hold_id)


measure(Shop(holdfast.open(args.uri)), args, {"holdfast": holdfast.__version__})
