"""What Holdfast is for, in ten steps: a hundred customers want the last sixteen places of a tour.

walkthrough.py [URI]    sqlite:PATH (sqlite:bookings.db when not given), memory:, postgres://...

Ends with 0 only if every step came out as it says. walkthrough.cpp and walkthrough.c are the same.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import List, Optional, Union

import holdfast

PLACES = 16
CUSTOMERS = 100
DAY = timedelta(days=1)


def expect(came_out: bool, what: str) -> None:
    if not came_out:
        print(f"NOT AS EXPECTED: {what}")
        sys.exit(1)


class Shop:
    def __init__(self, engine: holdfast.Engine) -> None:
        self.engine = engine
        self.tour = ""
        self.today = self.month = self.departure = date.min

    def hold_one_place(self, token: str, ttl: Optional[timedelta] = None) -> holdfast.HoldAnswer:
        return self.engine.create_hold(
            resource_id=self.tour, dates=[self.departure], ttl=ttl,
            customer_email=f"{token}@example.com", idempotency_token=token)

    def places_left(self) -> int:
        days = self.engine.check_availability(
            resource_id=self.tour, start_date=self.departure, end_date=self.departure).days
        return days[0].available_capacity


def migrate(shop: Shop) -> None:
    print(f"Holdfast {holdfast.__version__}\n\n1. Migrate the database")
    print(f"   schema version {shop.engine.migrate().schema_version}")


def add_year(shop: Shop, label: str, resource_id: str, places: int, weekdays: List[int]) -> None:
    done = shop.engine.initialize_capacity(
        resource_id=resource_id, start_date=shop.today, end_date=shop.today + 364 * DAY,
        daily_capacity=places, weekdays=weekdays)
    print(f"   {label:<16} {places:2d} a day on {done.days_created} days")


def set_up(shop: Shop) -> None:
    print("\n2. Three resources, and a year of capacity")
    vehicle = shop.engine.create_resource(type="VEHICLE", name="4WD wagon").resource.id
    shop.tour = shop.engine.create_resource(type="TOUR", name="Island day tour").resource.id
    guide = shop.engine.create_resource(type="GUIDE", name="Island guide").resource.id
    # The engine knows what day it is where the resource is; the host's clock and TZ do not matter.
    shop.today = shop.engine.metrics(resource_ids=[shop.tour]).use[0].days[0].date
    shop.month = (shop.today.replace(day=1) + 31 * DAY).replace(day=1)
    shop.departure = shop.month + 14 * DAY
    print(f"   today in Australia/Brisbane is {shop.today}")
    every_day = [1, 2, 3, 4, 5, 6, 7]
    add_year(shop, "4WD wagon", vehicle, 1, every_day)
    add_year(shop, "Island day tour", shop.tour, PLACES, every_day)
    add_year(shop, "Island guide", guide, 1, every_day[1:])


def show_calendar(shop: Shop) -> None:
    print(f"\n3. The tour's calendar for {shop.month:%Y-%m}: "
          "day:places left (--: no boat, a blackout)")
    shop.engine.create_blackout(
        resource_id=shop.tour, start_date=shop.month + 20 * DAY, end_date=shop.month + 21 * DAY,
        reason="the boat is in the dock")
    end = (shop.month + 31 * DAY).replace(day=1) - DAY
    month = shop.engine.check_availability(
        resource_id=shop.tour, start_date=shop.month, end_date=end).days
    print("\n     Mon   Tue   Wed   Thu   Fri   Sat   Sun")
    line = "  " + "      " * shop.month.weekday()
    for day in month:
        left = "--" if day.reason == "BLACKOUT" else f"{day.available_capacity:<2d}"
        line += f" {day.date.day:2d}:{left}"
        if day.date.weekday() == 6 or day.date == end:
            print(line)
            line = "  "
    expect(month[0].date == shop.month, "the calendar starts on the first of the month")
    expect(month[14].date == shop.departure, "and has a row for each of its days")
    expect(shop.places_left() == PLACES, "all places of the day are free")


def rush(shop: Shop) -> List[holdfast.Hold]:
    print(f"\n4. {CUSTOMERS} customers go for the last {PLACES} places on {shop.departure} at once")
    start = threading.Barrier(CUSTOMERS)

    def shop_for_a_place(number: int) -> Union[holdfast.Hold, holdfast.BookingRejected]:
        start.wait()
        try:
            return shop.hold_one_place(f"cart-{number}").hold
        except holdfast.BookingRejected as refusal:
            return refusal

    with ThreadPoolExecutor(CUSTOMERS) as customers:
        answers = list(customers.map(shop_for_a_place, range(CUSTOMERS)))
    held = [answer for answer in answers if isinstance(answer, holdfast.Hold)]
    sold_out = [answer for answer in answers if isinstance(answer, holdfast.BookingRejected)]
    for refusal in sold_out:
        day = refusal.details.days[0]
        expect(refusal.code == "INSUFFICIENT_CAPACITY", "INSUFFICIENT_CAPACITY")
        expect((day.date, day.available_capacity) == (shop.departure, 0), "told the day, 0 left")
    print(f"   {len(held)} hold a place\n   {len(sold_out)} were refused: INSUFFICIENT_CAPACITY, "
          f"{shop.departure} has 0 left")
    expect((len(held), len(sold_out)) == (PLACES, CUSTOMERS - PLACES), "16 hold, 84 are refused")
    return held


def retry_with_token(shop: Shop, held: holdfast.Hold) -> None:
    print("\n5. A customer's request arrives twice (a retry with the same token)")
    again = shop.hold_one_place(held.idempotency_token)
    print(f"   first  {held.id}\n   again  {again.hold.id} "
          f"({'replayed' if again.replayed else 'a second one'})")
    expect(again.replayed and again.hold.id == held.id, "the same hold is answered")


def decide(shop: Shop, held: List[holdfast.Hold]) -> None:
    print("\n6. One pays, one changes their mind, one needs more time")
    booked = shop.engine.confirm_hold(
        hold_id=held[0].id, order_id="order-1001", line_item_id="item-1").allocation
    print(f"   confirmed  {booked.id} for {booked.order_id}")
    expect(booked.hold_id == held[0].id, "the allocation names its hold")
    released = shop.engine.release_hold(hold_id=held[1].id).hold
    print(f"   released   now {released.status}, {shop.places_left()} place is free")
    expect(shop.places_left() == 1, "the released place is free")
    extended = shop.engine.extend_hold(hold_id=held[2].id, ttl=timedelta(hours=2)).hold
    gained = extended.expires_at - held[2].expires_at
    print(f"   extended   by more than {gained // timedelta(hours=1) * 60} minutes")
    expect(timedelta(hours=1) < gained <= timedelta(hours=2),
           "the extended hold ends two hours from now")


def run_out(shop: Shop) -> None:
    print("\n7. The free place is held for two seconds and not paid")
    hesitant = shop.hold_one_place("cart-hesitant", timedelta(seconds=2)).hold
    try:
        shop.hold_one_place("cart-next")
        expect(False, "INSUFFICIENT_CAPACITY")
    except holdfast.BookingRejected as refusal:
        expect(refusal.code == "INSUFFICIENT_CAPACITY", "INSUFFICIENT_CAPACITY")
        print(f"   within the two seconds  the next customer: {refusal.code}")
    time.sleep(2.2)
    print(f"   after them              the next customer: "
          f"{shop.hold_one_place('cart-next').hold.status}")
    try:
        shop.engine.confirm_hold(hold_id=hesitant.id, order_id="order-1002", line_item_id="item-1")
        expect(False, "HOLD_EXPIRED")
    except holdfast.BookingRejected as refusal:
        expect(refusal.code == "HOLD_EXPIRED", "HOLD_EXPIRED")
        print(f"                           the first one pays: {refusal.code}")
    expect(shop.places_left() == 0, "the place is sold again, once")


def refuse_blackout(shop: Shop) -> None:
    print(f"\n8. Bad weather: close {shop.departure}")
    try:
        shop.engine.create_blackout(resource_id=shop.tour, start_date=shop.departure,
                                    end_date=shop.departure, reason="storm warning")
        expect(False, "BLACKOUT_CONFLICT")
    except holdfast.BookingRejected as refusal:
        expect(refusal.code == "BLACKOUT_CONFLICT", "BLACKOUT_CONFLICT")
        inside = refusal.details
    print(f"   {inside.code}: {len(inside.allocations)} booking and {len(inside.holds)} holds "
          "are in the way")
    for allocation in inside.allocations:
        print(f"   {allocation.id} ({allocation.order_id})")
    for hold in inside.holds:
        print(f"   {hold.id}")
    expect(len(inside.allocations) == 1, "the booking is listed")
    expect(len(inside.holds) == PLACES - 1, "and every hold")


def report(shop: Shop) -> None:
    print("\n9. The capacity report")
    days = shop.engine.get_capacity_report(
        resource_id=shop.tour, start_date=shop.departure - DAY,
        end_date=shop.departure + DAY).days
    print(f"   {'day':<10} {'max':>4} {'free':>5} {'held':>5} {'booked':>7} {'used':>5}")
    for day in days:
        print(f"   {day.date} {day.max_capacity:4d} {day.available_capacity:5d} {day.held:5d} "
              f"{day.booked:7d} {100 * day.utilisation:4.0f}%")
    expect((days[1].available_capacity, days[1].held, days[1].booked) == (0, PLACES - 1, 1),
           "15 held, 1 booked, none free")


def audit(shop: Shop) -> None:
    print("\n10. The books")
    violations = shop.engine.verify().violations
    print(f"   verify: {len(violations)} violations")
    expect(not violations, "every day adds up: max = free + held + booked")
    counted = shop.engine.metrics()
    for line in counted.prometheus.splitlines():
        if line.startswith(("holdfast_holds_", "holdfast_rejections_")):
            print(f"   {line}")
    expect(counted.holds_created == 18, "18 holds made")
    expect(counted.rejections["INSUFFICIENT_CAPACITY"] == 85, "85 refused")


def main() -> None:
    uri = sys.argv[1] if len(sys.argv) > 1 else "sqlite:bookings.db"
    try:
        with holdfast.open(uri) as engine:
            shop = Shop(engine)
            migrate(shop)
            set_up(shop)
            show_calendar(shop)
            held = rush(shop)
            retry_with_token(shop, held[0])
            decide(shop, held)
            run_out(shop)
            refuse_blackout(shop)
            report(shop)
            audit(shop)
    except holdfast.HoldfastError as failure:
        print(failure)
        sys.exit(1)
    print("\nEverything came out as stated.")


if __name__ == "__main__":
    main()
