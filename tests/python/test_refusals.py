"""Every refusal, with the details that it speaks of, both ways, on every backend."""

import pickle

import holdfast
import pytest
from support import DAY, FIRST, MINUTE

NOBODY = "0" * 26


def refused(ask, **arguments):
    with pytest.raises(holdfast.BookingRejected) as caught:
        ask(**arguments)
    assert caught.value.code == caught.value.details.code
    assert caught.value.details.message and caught.value.code in str(caught.value)
    return caught.value.details


def test_the_text_says_what_the_details_say(memory):
    resource = memory.resource(places=1)
    memory.booking.create_blackout(resource_id=resource, start_date=FIRST + 9 * DAY,
                                   end_date=FIRST + 9 * DAY)

    def text(of, *days, **fields):
        with pytest.raises(holdfast.BookingRejected) as caught:
            memory.hold(of, *days, **fields)
        return str(caught.value)

    assert text(resource, quantity=2).endswith(" (2027-07-01 has 1 left of 2 asked)")
    assert text(resource, *range(5), quantity=2).count(" has 1 left of 2 asked") == 3
    assert text(resource, 9).endswith(" (2027-07-10)")
    assert text(resource, quantity=0).startswith("INVALID_ARGUMENT: quantity: ")
    assert text(f"res_{NOBODY}").endswith(f" (res_{NOBODY})")


def test_invalid_argument_names_the_field(shop):
    resource = shop.resource(places=1)
    details = refused(shop.booking.create_hold, resource_id=resource, dates=[FIRST], quantity=0)
    assert (details.code, details.field) == ("INVALID_ARGUMENT", "quantity")
    items = [holdfast.HoldItem(resource, [FIRST]), holdfast.HoldItem(resource, [FIRST], -1)]
    assert refused(shop.booking.create_holds, items=items).field == "items[1].quantity"


def test_idempotency_mismatch_names_the_resource(shop):
    resource = shop.resource(places=2)
    shop.hold(resource, idempotency_token="t")
    details = refused(shop.hold, resource_id=resource, quantity=2, idempotency_token="t")
    assert (details.code, details.id) == ("IDEMPOTENCY_MISMATCH", resource)


def test_resource_not_found_and_inactive_name_the_resource(shop):
    nobody = f"res_{NOBODY}"
    details = refused(shop.booking.retrieve_resource, resource_id=nobody)
    assert (details.code, details.id) == ("RESOURCE_NOT_FOUND", nobody)
    closed = shop.resource(places=1, is_active=False)
    details = refused(shop.hold, resource_id=closed)
    assert (details.code, details.id) == ("RESOURCE_INACTIVE", closed)


def test_past_days_days_without_places_and_blackouts_are_listed(shop):
    resource = shop.resource(places=1, days=2)
    past = FIRST - 60 * DAY
    details = refused(shop.booking.create_hold, resource_id=resource, dates=[past, FIRST])
    assert (details.code, [day.date for day in details.days]) == ("DATE_IN_PAST", [past])
    details = refused(
        shop.booking.create_hold, resource_id=resource, dates=[FIRST, FIRST + 5 * DAY])
    assert (details.code, [d.date for d in details.days]) == ("NO_CAPACITY_SET", [FIRST + 5 * DAY])
    shop.booking.create_blackout(resource_id=resource, start_date=FIRST, end_date=FIRST)
    details = refused(shop.hold, resource_id=resource)
    assert (details.code, [day.date for day in details.days]) == ("BLACKOUT", [FIRST])


def test_insufficient_capacity_lists_the_days_and_what_is_left(shop):
    resource = shop.resource(places=3)
    shop.hold(resource, 1, quantity=2)
    details = refused(shop.booking.create_hold, resource_id=resource, quantity=2,
                      dates=[FIRST, FIRST + DAY])
    assert (details.code, details.id) == ("INSUFFICIENT_CAPACITY", resource)
    assert details.days == (holdfast.DayConflict(resource, FIRST + DAY, 2, 1),)
    assert (details.holds, details.allocations, details.reason, details.field) == ((), (), "", "")


def test_a_hold_of_another_holder_is_not_found(shop):
    resource = shop.resource(places=1)
    hold = shop.hold(resource, holder="cart")
    details = refused(shop.booking.release_hold, hold_id=hold.id, holder="thief")
    assert (details.code, details.id) == ("HOLD_NOT_FOUND", hold.id)


def test_expired_and_taken_says_why_it_cannot_be_reclaimed(shop):
    resource = shop.resource(places=1)
    late = shop.hold(resource, ttl=MINUTE)
    shop.clock.advance(MINUTE)
    details = refused(shop.booking.extend_hold, hold_id=late.id)
    assert (details.code, details.id) == ("HOLD_EXPIRED", late.id)
    shop.hold(resource)
    details = refused(shop.booking.confirm_hold, hold_id=late.id, order_id="o",
                      if_expired="reclaim")
    assert (details.code, details.reason) == ("HOLD_EXPIRED_AND_TAKEN", "INSUFFICIENT_CAPACITY")
    assert [(day.date, day.available_capacity) for day in details.days] == [(FIRST, 0)]


def test_released_confirmed_and_over_extended_holds_say_so(shop):
    resource = shop.resource(places=9)
    released, confirmed, kept = [shop.hold(resource) for _ in range(3)]
    shop.booking.release_hold(hold_id=released.id)
    shop.booking.confirm_hold(hold_id=confirmed.id, order_id="o")
    extend = shop.booking.extend_hold
    assert refused(extend, hold_id=released.id).code == "HOLD_RELEASED"
    assert refused(extend, hold_id=confirmed.id).code == "ALREADY_CONFIRMED"
    details = refused(extend, hold_id=kept.id, ttl=25 * 60 * MINUTE)
    assert (details.code, details.id) == ("HOLD_LIFETIME_EXCEEDED", kept.id)


def test_bookings_that_are_not_there_or_cancelled_say_so(shop):
    resource = shop.resource(places=1)
    nobody = f"alloc_{resource[4:]}_{NOBODY}"
    details = refused(shop.booking.cancel_allocation, allocation_id=nobody)
    assert (details.code, details.id) == ("ALLOCATION_NOT_FOUND", nobody)
    booked = shop.booking.confirm_hold(hold_id=shop.hold(resource).id, order_id="o").allocation
    shop.booking.cancel_allocation(allocation_id=booked.id)
    details = refused(shop.booking.move_allocation, allocation_id=booked.id, dates=[FIRST + DAY])
    assert (details.code, details.id) == ("ALREADY_CANCELLED", booked.id)


def test_capacity_below_what_is_booked_lists_the_days(shop):
    resource = shop.resource(places=3)
    shop.hold(resource, quantity=2)
    details = refused(shop.booking.adjust_capacity, resource_id=resource, delta=-2,
                      dates=[FIRST, FIRST + DAY])
    assert details.code == "CAPACITY_BELOW_BOOKED"
    assert [(day.date, day.available_capacity) for day in details.days] == [(FIRST, 1)]


def test_a_blackout_lists_the_holds_and_bookings_in_its_way(shop):
    resource = shop.resource(places=2)
    hold = shop.hold(resource)
    booked = shop.booking.confirm_hold(hold_id=shop.hold(resource).id, order_id="o").allocation
    details = refused(shop.booking.create_blackout, resource_id=resource, start_date=FIRST,
                      end_date=FIRST)
    assert details.code == "BLACKOUT_CONFLICT"
    assert (details.holds, details.allocations) == ((hold,), (booked,))
    nobody = f"blk_{resource[4:]}_{NOBODY}"
    details = refused(shop.booking.delete_blackout, blackout_id=nobody)
    assert (details.code, details.id) == ("BLACKOUT_NOT_FOUND", nobody)


def test_a_refusal_travels_between_processes(memory):
    details = refused(memory.hold, resource_id=memory.resource(places=0))
    copy = pickle.loads(pickle.dumps(holdfast.BookingRejected(details)))
    assert copy.details == details
