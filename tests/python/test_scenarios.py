"""Failures of real booking systems, played from Python: on threads, and awaited at once.

Each ends with the books added up: max = free + held + booked on every day, and verify clean.
"""

import asyncio
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import holdfast
import pytest
from conftest import make_shop
from support import (DAY, FIRST, MINUTE, NOON, SEED, WAYS, locked_elsewhere, rounds,
                     run_python)

MICROSECOND = MINUTE / 60_000_000


def outcome(ask):
    """The answer, or the code of its refusal. Anything else is a failure of the test."""
    try:
        return ask()
    except holdfast.BookingRejected as refusal:
        return refusal.code


def at_once(shop, calls):
    """Asks all (operation, arguments) together: on a thread each, or awaited together."""
    if isinstance(shop.booking, WAYS["awaited"]):
        async def one(name, arguments):
            try:
                return await getattr(shop.booking.engine, name)(**arguments)
            except holdfast.BookingRejected as refusal:
                return refusal.code

        async def everyone():
            return await asyncio.gather(*[one(*call) for call in calls])

        return shop.booking.loop.run_until_complete(everyone())
    start = threading.Barrier(len(calls))

    def one(call):
        start.wait()
        return outcome(lambda: getattr(shop.booking, call[0])(**call[1]))

    with ThreadPoolExecutor(len(calls)) as callers:
        return list(callers.map(one, calls))


def books_add_up(booking, resources):
    assert booking.verify().violations == ()
    for resource in resources:
        report = booking.get_capacity_report(
            resource_id=resource, start_date=FIRST, end_date=FIRST + 30 * DAY)
        for day in report.days:
            assert day.max_capacity == day.available_capacity + day.held + day.booked
            assert min(day.available_capacity, day.held, day.booked) >= 0


@pytest.fixture(params=list(WAYS))
def audited(request, uri):
    made = make_shop(request.param, uri)
    yield made
    books_add_up(made.booking, made.resources)
    made.booking.close()


# ---- the last places ----


def test_last_place_stampede_ten_of_twenty_hold_and_ten_are_told_there_is_no_more(audited):
    for _ in range(rounds(8)):
        resource = audited.resource(places=10, days=1)
        wanted = dict(resource_id=resource, dates=[FIRST])
        answers = at_once(audited, [("create_hold", wanted)] * 20)
        assert answers.count("INSUFFICIENT_CAPACITY") == 10
        assert sum(isinstance(answer, holdfast.HoldAnswer) for answer in answers) == 10
        assert audited.left(resource) == 0


CALLERS = """
import datetime, sys, holdfast
uri, resource, day = sys.argv[1], sys.argv[2], datetime.date.fromisoformat(sys.argv[3])
with holdfast.open(uri) as booking:
    sys.stdin.read(1)
    for _ in range(20):
        try:
            print(booking.create_hold(resource_id=resource, dates=[day]).hold.id)
        except holdfast.BookingRejected as refusal:
            print(refusal.code)
"""


def test_last_place_stampede_of_several_processes_sells_no_place_twice(backend, uri):
    if backend == "memory":
        pytest.skip("memory is one process's own")
    with holdfast.open(uri) as booking:
        booking.migrate()
        resource = booking.create_resource(type="T", name="n").resource.id
        booking.initialize_capacity(resource_id=resource, start_date=FIRST, end_date=FIRST,
                                    daily_capacity=30)
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _: run_python("-c", CALLERS, uri, resource, FIRST,
                                                      input="\n"), range(4)))
        assert [process.stderr for process in done] == [""] * 4
        said = [line for process in done for line in process.stdout.splitlines()]
        assert said.count("INSUFFICIENT_CAPACITY") == 50
        assert len({line for line in said if line.startswith("hold_")}) == 30
        books_add_up(booking, [resource])


# ---- expired, not swept ----


@pytest.mark.parametrize("beside, expired", [(-MICROSECOND, False), (0 * MICROSECOND, True),
                                             (MICROSECOND, True)])
def test_expired_not_swept_everything_agrees_on_the_microsecond(audited, beside, expired):
    resource = audited.resource(places=1)
    hold = audited.hold(resource, ttl=MINUTE)
    audited.clock.set(NOON + MINUTE + beside)
    assert audited.left(resource) == (1 if expired else 0)
    seen = audited.booking.retrieve_hold(hold_id=hold.id).hold
    assert seen.status == ("EXPIRED" if expired else "ACTIVE")
    # Confirm and extend each on a hold of their own, since either ends the question.
    other = audited.resource(places=1)
    audited.clock.set(NOON)
    twin = audited.hold(other, ttl=MINUTE)
    audited.clock.set(NOON + MINUTE + beside)
    extend = outcome(lambda: audited.booking.extend_hold(hold_id=hold.id))
    confirm = outcome(lambda: audited.booking.confirm_hold(hold_id=twin.id, order_id="o"))
    assert (extend == "HOLD_EXPIRED") == expired
    assert (confirm == "HOLD_EXPIRED") == expired


def test_expired_not_swept_a_second_customer_holds_and_a_later_sweep_changes_no_answer(audited):
    resource = audited.resource(places=1)
    first = audited.hold(resource, ttl=MINUTE)
    audited.clock.advance(MINUTE)
    second = audited.hold(resource, ttl=60 * MINUTE)

    def visible():
        return (audited.left(resource), audited.booking.list_holds(resource_id=resource).items)

    before = visible()
    audited.booking.cleanup_expired_holds()
    assert visible() == before
    audited.clock.advance(-60 * MINUTE)
    assert audited.booking.retrieve_hold(hold_id=first.id).hold.status == "EXPIRED"
    assert audited.booking.retrieve_hold(hold_id=second.id).hold.status == "ACTIVE"


@pytest.mark.parametrize("way", WAYS)
def test_expired_not_swept_a_confirm_that_waits_for_the_lock_past_the_instant_is_too_late(
        way, backend, uri):
    if backend == "memory":
        pytest.skip("memory is one process's own")
    shop = make_shop(way, uri, lock_timeout=MINUTE)
    resource = shop.resource(places=1)
    late = shop.hold(resource, ttl=MINUTE)
    calls = [("confirm_hold", dict(hold_id=late.id, order_id="o")),
             ("create_hold", dict(resource_id=resource, dates=[FIRST]))]
    begun = threading.Event()

    def stand_in_the_way():
        with locked_elsewhere(uri, resource):
            begun.set()
            time.sleep(0.2)
            shop.clock.advance(MINUTE)

    other = threading.Thread(target=stand_in_the_way)
    other.start()
    begun.wait()
    confirmed, taken = at_once(shop, calls)
    other.join()
    assert confirmed == "HOLD_EXPIRED" and isinstance(taken, holdfast.HoldAnswer)
    books_add_up(shop.booking, [resource])
    shop.booking.close()


# ---- late payment ----


def test_late_payment_for_a_place_that_was_sold_again_is_expired_and_taken(audited):
    resource = audited.resource(places=1)
    late = audited.hold(resource, ttl=MINUTE)
    audited.clock.advance(MINUTE)
    other = audited.hold(resource)
    booked = audited.booking.confirm_hold(hold_id=other.id, order_id="B").allocation
    pay = dict(hold_id=late.id, order_id="A", if_expired="reclaim")
    assert outcome(lambda: audited.booking.confirm_hold(**pay)) == "HOLD_EXPIRED_AND_TAKEN"
    assert outcome(lambda: audited.booking.release_hold(hold_id=late.id)) == "HOLD_EXPIRED"
    assert audited.booking.list_allocations(resource_id=resource).items == (booked,)


def test_late_payment_for_a_place_that_is_still_free_books_it_once(audited):
    resource = audited.resource(places=1)
    late = audited.hold(resource, ttl=MINUTE)
    audited.clock.advance(MINUTE)
    pay = dict(hold_id=late.id, order_id="A", if_expired="reclaim")
    first = audited.booking.confirm_hold(**pay)
    again = audited.booking.confirm_hold(**pay)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.allocation == again.allocation
    assert audited.left(resource) == 0


# ---- two confirms race ----


def test_two_confirms_race_one_allocation_and_another_order_is_told(audited):
    for _ in range(rounds(6)):
        resource = audited.resource(places=1, days=1)
        hold = audited.hold(resource)
        calls = [("confirm_hold", dict(hold_id=hold.id, order_id=order)) for order in "OOP"]
        chance = random.Random(SEED)
        chance.shuffle(calls)
        answers = at_once(audited, calls)
        booked = audited.booking.list_allocations(resource_id=resource).items
        assert len(booked) == 1
        winner = booked[0].order_id
        for (_, arguments), answer in zip(calls, answers):
            if arguments["order_id"] == winner:
                assert answer.allocation == booked[0]
            else:
                assert answer == "ALREADY_CONFIRMED"
        if winner == "O":
            replays = [a.replayed for a in answers if isinstance(a, holdfast.AllocationAnswer)]
            assert sorted(replays) == [False, True]


# ---- the token matrix ----


def test_token_matrix_many_at_once_make_one_hold(audited):
    resource = audited.resource(places=50, days=1)
    wanted = dict(resource_id=resource, dates=[FIRST], idempotency_token="t")
    answers = at_once(audited, [("create_hold", wanted)] * 20)
    assert len({answer.hold.id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 19
    assert audited.left(resource) == 49


def test_token_matrix_another_quantity_is_a_mismatch_and_another_resource_is_not(audited):
    one, two = audited.resource(places=5), audited.resource(places=5)
    audited.hold(one, idempotency_token="t")
    again = dict(dates=[FIRST], quantity=2, idempotency_token="t")
    assert outcome(lambda: audited.booking.create_hold(resource_id=one, **again)) \
        == "IDEMPOTENCY_MISMATCH"
    assert not audited.booking.create_hold(resource_id=two, **again).replayed


def test_token_matrix_a_refused_attempt_keeps_no_token(audited):
    resource = audited.resource(places=1)
    blocking = audited.hold(resource)
    wanted = dict(resource_id=resource, dates=[FIRST], idempotency_token="t")
    assert outcome(lambda: audited.booking.create_hold(**wanted)) == "INSUFFICIENT_CAPACITY"
    audited.booking.release_hold(hold_id=blocking.id)
    assert not audited.booking.create_hold(**wanted).replayed


def test_token_matrix_a_replay_after_expiry_brings_the_expired_hold_and_makes_none(audited):
    resource = audited.resource(places=2)
    hold = audited.hold(resource, ttl=MINUTE, idempotency_token="t")
    audited.clock.advance(MINUTE)
    again = audited.booking.create_hold(resource_id=resource, dates=[FIRST], ttl=MINUTE,
                                        idempotency_token="t")
    assert again.replayed and (again.hold.id, again.hold.status) == (hold.id, "EXPIRED")
    assert len(audited.booking.list_holds(resource_id=resource).items) == 1


def test_token_matrix_a_confirm_repeated_after_the_deadline_is_a_replay(audited):
    resource = audited.resource(places=1)
    hold = audited.hold(resource, ttl=MINUTE)
    first = audited.booking.confirm_hold(hold_id=hold.id, order_id="o")
    audited.clock.advance(60 * MINUTE)
    again = audited.booking.confirm_hold(hold_id=hold.id, order_id="o")
    assert again.replayed and again.allocation == first.allocation
