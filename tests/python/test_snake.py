"""Random sequences of every operation, on every backend, against a model in Python.

After each step the answer is the model's, and what readers see of every resource is what the model
has come to. Hypothesis shortens what fails. Again, and then longer:

    HOLDFAST_SEED=N python -m pytest tests/python -k snake
    HOLDFAST_BUDGET=100 python -m pytest tests/python -k snake -s
"""

import datetime
import itertools
import os
import pathlib
import sys
import time

import holdfast
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (Bundle, RuleBasedStateMachine, consumes, initialize, invariant,
                                 multiple, precondition, rule, run_state_machine_as_test)
from snake_model import Model, Refusal
from support import BUDGET, DAY, FIRST, MINUTE, SEED, UTC, psql, rounds

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "trust"))
import figures  # noqa: E402

START = datetime.datetime(2027, 7, 2, 9, 0, 0, 123456, tzinfo=UTC)  # FIRST is yesterday
DAYS = [FIRST + n * DAY for n in range(6)]
NOBODY = 99  # a resource that is not there
NOBODYS_ID = "res_01ARZ3NDEKTSV4RRFFQ69G5FAV"
HOUR = 60 * MINUTE

# How many stories at HOLDFAST_BUDGET=1, of how many steps at most.
STORIES = {"memory": 150, "sqlite": 8, "postgres": 5}
STEPS = 40

resource = st.integers(0, 2)
# Mostly days that can be had: the first is past, the last has no places.
days = st.lists(st.sampled_from(DAYS[1:-1] * 3 + DAYS), min_size=1, max_size=3, unique=True)
span = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(
    lambda ends: (DAYS[min(ends)], DAYS[max(ends)]))
token = st.sampled_from(["", "", "a", "b", "ü" * 100])
holder = st.sampled_from([""] * 6 + ["ann", "bob"])
email = st.sampled_from(["", "ann@example.org", "bob@example.org"])
order = st.sampled_from(["o1", "o2"])
line = st.sampled_from(["", "l1"])
ttl = st.sampled_from([None, MINUTE, MINUTE, 23 * HOUR])
quantity = st.sampled_from([1, 1, 1, 2, 3])


def given_only(**fields):
    """Empty texts and None are fields that were not given."""
    return {name: value for name, value in fields.items() if value not in ("", None)}


class Snake(RuleBasedStateMachine):
    holds = Bundle("holds")
    bookings = Bundle("bookings")
    blackouts = Bundle("blackouts")

    home = None  # an open engine, its clock and how to empty it; set by the test
    steps = 0
    answers = {}

    def __init__(self):
        super().__init__()
        self.booking, self.clock = self.home.fresh()
        self.model = Model(START)
        self.ids, self.names = {}, {}
        self.clock.set(START)

    def teardown(self):
        assert self.booking.verify().violations == ()
        self.home.done()

    # ---- both are asked ----

    def called(self, kind, name, row):
        """The model's `name` is the row that the library calls `row`."""
        assert self.ids.setdefault((kind, name), row) == row
        assert self.names.setdefault((kind, row), name) == name
        return name

    def id(self, kind, name):
        return self.ids[kind, name]

    def resource_id(self, index):
        return self.ids.get(("resource", index), NOBODYS_ID)

    def both(self, model, operation, **arguments):
        """What both answer, or None where both refuse, for the same reason."""
        Snake.steps += 1
        self.model.now = self.clock.now()
        try:
            expected = model()
        except Refusal as refusal:
            expected = refusal
        try:
            answer = getattr(self.booking, operation)(**arguments)
            code = "ACCEPTED"
        except holdfast.BookingRejected as rejected:
            answer, code = rejected.details, rejected.code
        Snake.answers[operation, code] = Snake.answers.get((operation, code), 0) + 1
        if not isinstance(expected, Refusal):
            assert code == "ACCEPTED", (operation, code)
            return expected, answer
        assert code == expected.code, (operation, code, expected.code)
        assert answer.reason == expected.reason
        told = {(self.names.get(("resource", day.resource_id)), day.date, day.requested,
                 day.available_capacity) for day in answer.days}
        assert told == set(expected.days)
        return None

    # ---- resources and places ----

    @initialize(places=st.lists(st.integers(1, 4), min_size=2, max_size=2))
    def open_the_shop(self, places):
        for number in places:
            self.create_resource()
            self.initialize_capacity(len(self.model.resources) - 1, (DAYS[0], DAYS[-2]), number,
                                     False, "")

    @precondition(lambda self: len(self.model.resources) < 3)
    @rule()
    def create_resource(self):
        _, answer = self.both(self.model.create_resource, "create_resource", type="TOUR",
                              name="Reef", timezone="UTC")
        self.called("resource", len(self.model.resources) - 1, answer.resource.id)

    @rule(index=resource, is_active=st.booleans(), token=token)
    def update_resource(self, index, is_active, token):
        if index >= len(self.model.resources):
            return
        done = self.both(
            lambda: self.model.update_resource(index, is_active, token), "update_resource",
            resource_id=self.resource_id(index), is_active=is_active,
            **given_only(idempotency_token=token))
        if done:
            assert done[1].replayed == done[0]

    @rule(index=resource, delete=st.booleans())
    def delete_or_restore(self, index, delete):
        done = self.both(
            lambda: self.model.set_deleted(index, delete),
            "delete_resource" if delete else "restore_resource",
            resource_id=self.resource_id(index))
        if done:
            assert done[1].replayed == done[0]

    @rule(index=resource, span=span, places=st.integers(0, 3), replace=st.booleans(), token=token)
    def initialize_capacity(self, index, span, places, replace, token):
        if index >= len(self.model.resources):
            return
        done = self.both(
            lambda: self.model.initialize(index, *span, places, replace, token),
            "initialize_capacity", resource_id=self.resource_id(index), start_date=span[0],
            end_date=span[1], daily_capacity=places, on_existing="replace" if replace else "keep",
            **given_only(idempotency_token=token))
        if done:
            answer = done[1]
            assert (answer.days_created, answer.days_changed, answer.replayed) == done[0]

    @rule(index=resource, days=days, delta=st.sampled_from([-1, 1]), token=token)
    def adjust_capacity(self, index, days, delta, token):
        if index >= len(self.model.resources):
            return
        done = self.both(
            lambda: self.model.adjust(index, days, delta, token), "adjust_capacity",
            resource_id=self.resource_id(index), dates=days, delta=delta,
            **given_only(idempotency_token=token))
        if done:
            (rows, replayed), answer = done
            assert answer.replayed == replayed
            assert tuple((day.date, day.max_capacity, day.available_capacity)
                         for day in answer.days) == rows

    # ---- holds ----

    @rule(target=holds, index=st.sampled_from([0, 0, 0, 1, 1, 2, NOBODY]), days=days,
          quantity=quantity, token=token, holder=holder, email=email, ttl=ttl)
    def create_hold(self, index, days, quantity, token, holder, email, ttl):
        done = self.both(
            lambda: self.model.create_holds([(index, days, quantity)], token, holder, email, ttl,
                                            is_group=False),
            "create_hold", resource_id=self.resource_id(index), dates=days, quantity=quantity,
            **given_only(idempotency_token=token, holder=holder, customer_email=email, ttl=ttl))
        if not done:
            return multiple()
        (names, replayed), answer = done
        assert answer.replayed == replayed
        return self.called("hold", names[0], answer.hold.id)

    @rule(target=holds, items=st.lists(st.tuples(st.integers(0, 1), days, quantity), min_size=1,
                                       max_size=3), token=token, holder=holder, ttl=ttl)
    def create_holds(self, items, token, holder, ttl):
        wanted = [holdfast.HoldItem(self.resource_id(index), days, number)
                  for index, days, number in items]
        done = self.both(
            lambda: self.model.create_holds(items, token, holder, "", ttl, is_group=True),
            "create_holds", items=wanted,
            **given_only(idempotency_token=token, holder=holder, ttl=ttl))
        if not done:
            return multiple()
        (names, replayed), answer = done
        assert (answer.replayed, len(answer.holds)) == (replayed, len(names))
        return multiple(*[self.called("hold", name, row.id)
                          for name, row in zip(names, answer.holds)])

    def about_holds(self, operation, model, names, **arguments):
        """The singular operation on one hold, or the plural."""
        ids = [self.id("hold", name) for name in names]
        if len(names) == 1:
            return self.both(model, operation, hold_id=ids[0], **arguments)
        return self.both(model, operation + "s", hold_ids=ids, **arguments)

    @rule(names=st.lists(holds, min_size=1, max_size=3, unique=True), ttl=ttl, holder=holder,
          as_host=st.booleans(), token=token)
    def extend(self, names, ttl, holder, as_host, token):
        done = self.about_holds(
            "extend_hold", lambda: self.model.extend(names, ttl, holder, as_host, token), names,
            as_host=as_host, **given_only(ttl=ttl, holder=holder, idempotency_token=token))
        if done:
            assert done[1].replayed == done[0]

    def running(self):
        return [name for name, hold in self.model.holds.items() if self.seen(hold) == "ACTIVE"]

    def over(self):
        return [name for name, hold in self.model.holds.items() if self.seen(hold) == "EXPIRED"]

    # Chance alone seldom gets as far as these two: a hold of the right state, asked for by its
    # own holder, and not beside another that spoils it.
    @precondition(lambda self: self.running())
    @rule(pick=st.integers(0, 9), ttl=ttl)
    def extend_what_is_held(self, pick, ttl):
        names = self.running()
        self.extend([names[pick % len(names)]], ttl, "", True, "")

    @precondition(lambda self: self.over())
    @rule(target=bookings, pick=st.integers(0, 9), order=order)
    def pay_late(self, pick, order):
        names = self.over()
        return self.confirm([names[pick % len(names)]], order, "", True, "", True)

    @rule(target=bookings, names=st.lists(holds, min_size=1, max_size=3, unique=True), order=order,
          line=line, reclaim=st.booleans(), holder=holder, as_host=st.booleans())
    def confirm(self, names, order, line, reclaim, holder, as_host):
        done = self.about_holds(
            "confirm_hold",
            lambda: self.model.confirm(names, order, line, reclaim, holder, as_host), names,
            order_id=order, if_expired="reclaim" if reclaim else "reject", as_host=as_host,
            **given_only(line_item_id=line, holder=holder))
        if not done:
            return multiple()
        (made, replayed), answer = done
        rows = [answer.allocation] if len(names) == 1 else answer.allocations
        assert (answer.replayed, len(rows)) == (replayed, len(made))
        return multiple(*[self.called("booking", name, row.id) for name, row in zip(made, rows)])

    @rule(names=st.lists(holds, min_size=1, max_size=3, unique=True), holder=holder,
          as_host=st.booleans())
    def release(self, names, holder, as_host):
        done = self.about_holds(
            "release_hold", lambda: self.model.release(names, holder, as_host), names,
            as_host=as_host, **given_only(holder=holder))
        if done:
            assert done[1].replayed == done[0]

    @rule(name=holds, days=days, quantity=st.sampled_from([None, 1, 2]), holder=holder,
          as_host=st.booleans(), token=token)
    def move_hold(self, name, days, quantity, holder, as_host, token):
        done = self.both(
            lambda: self.model.move_hold(name, days, quantity, holder, as_host, token),
            "move_hold", hold_id=self.id("hold", name), dates=days, as_host=as_host,
            **given_only(quantity=quantity, holder=holder, idempotency_token=token))
        if done:
            assert done[1].replayed == done[0]

    # ---- bookings and blackouts ----

    @rule(name=bookings, days=days, quantity=st.sampled_from([None, 1, 2]), token=token)
    def move_allocation(self, name, days, quantity, token):
        done = self.both(
            lambda: self.model.move_booking(name, days, quantity, token), "move_allocation",
            allocation_id=self.id("booking", name), dates=days,
            **given_only(quantity=quantity, idempotency_token=token))
        if done:
            assert done[1].replayed == done[0]

    @rule(name=bookings)
    def cancel(self, name):
        replayed, answer = self.both(lambda: self.model.cancel(name), "cancel_allocation",
                                     allocation_id=self.id("booking", name))
        assert answer.replayed == replayed

    @rule(order=order, line=line)
    def cancel_order(self, order, line):
        def cancel():
            names = self.model.of_order(order, line)
            if not names:
                raise Refusal("ALLOCATION_NOT_FOUND")
            return self.model.cancel_all(names), names

        done = self.both(cancel, "cancel_allocation", order_id=order,
                         **given_only(line_item_id=line))
        if done:
            (replayed, names), answer = done
            assert answer.replayed == replayed
            assert {row.id for row in answer.allocations} == \
                {self.id("booking", name) for name in names}

    @rule(target=blackouts, index=resource, span=span, keep=st.booleans(), token=token)
    def create_blackout(self, index, span, keep, token):
        if index >= len(self.model.resources):
            return multiple()
        inside = {}

        def create():
            made = self.model.create_blackout(index, *span, keep, token)
            inside["rows"] = self.model.inside(index, *span)
            return made

        done = self.both(create, "create_blackout", resource_id=self.resource_id(index),
                         start_date=span[0], end_date=span[1],
                         on_conflict="keep" if keep else "refuse",
                         **given_only(idempotency_token=token))
        if not done:
            return multiple()
        (name, replayed), answer = done
        assert answer.replayed == replayed
        held, booked = inside["rows"]
        assert {row.id for row in answer.holds} == {self.id("hold", n) for n in held}
        assert {row.id for row in answer.allocations} == {self.id("booking", n) for n in booked}
        return self.called("blackout", name, answer.blackout.id)

    @rule(name=consumes(blackouts))
    def delete_blackout(self, name):
        done = self.both(lambda: self.model.delete_blackout(name), "delete_blackout",
                         blackout_id=self.id("blackout", name))
        if done:
            assert done[1].replayed == done[0]

    # ---- upkeep and time ----

    @rule()
    def cleanup(self):
        recorded, answer = self.both(self.model.cleanup, "cleanup_expired_holds")
        assert answer.holds_expired == recorded

    @rule(older_than=st.sampled_from([24, 36]), email=email)
    def prune(self, older_than, email):
        removed, answer = self.both(
            lambda: self.model.prune(older_than * HOUR, email), "prune",
            older_than=older_than * HOUR, **given_only(erase_customer_email=email))
        assert (answer.holds_removed, answer.tokens_removed, answer.blackouts_removed,
                answer.emails_erased) == removed

    @rule(by=st.sampled_from([MINUTE, 19 * MINUTE, 31 * MINUTE, 25 * HOUR, -10 * MINUTE]))
    def time_passes(self, by):
        self.clock.advance(by)

    @rule(name=holds)
    def a_hold_runs_out(self, name):
        if name in self.model.holds:
            self.clock.set(self.model.holds[name].expires_at)

    # ---- what readers see ----

    @invariant()
    def readers_see_what_the_model_has_come_to(self):
        self.model.now = self.clock.now()
        for index in range(len(self.model.resources)):
            self.days_are_right(index)
            self.rows_are_right(index)

    def seen(self, hold):
        return "EXPIRED" if self.model.is_due(hold) else hold.status

    def days_are_right(self, index):
        model, id = self.model, self.resource_id(index)
        row = model.resources[index]
        report = self.booking.get_capacity_report(resource_id=id, start_date=DAYS[0],
                                                  end_date=DAYS[-1])
        reasons = [None] * len(DAYS)
        if not row.is_deleted:
            reasons = [day.reason for day in self.booking.check_availability(
                resource_id=id, start_date=DAYS[0], end_date=DAYS[-1]).days]
        for day, reported, reason in itertools.zip_longest(DAYS, report.days, reasons):
            places = row.places.get(day, 0)
            held = sum(h.quantity for h in model.holds.values() if h.resource == index
                       and day in h.days and self.seen(h) == "ACTIVE")
            booked = model.booked(index, day)
            assert (reported.date, reported.max_capacity, reported.held, reported.booked,
                    reported.available_capacity) == \
                (day, places, held, booked, places - held - booked)
            assert row.is_deleted or reason == (
                "INACTIVE" if not row.is_active else "PAST" if day < model.today() else
                "NO_CAPACITY_SET" if not places else
                "BLACKOUT" if model.is_closed(index, day) else
                "SOLD_OUT" if places - held - booked < 1 else None)

    def rows_are_right(self, index):
        model, id = self.model, self.resource_id(index)
        holds = {self.id("hold", n): h for n, h in model.holds.items() if h.resource == index}
        rows = self.booking.list_holds(resource_id=id, limit=1000).items
        assert {row.id for row in rows} == set(holds)
        for row in rows:
            hold = holds[row.id]
            assert (row.status, row.dates, row.quantity, row.expires_at, row.created_at,
                    row.updated_at, row.holder, row.customer_email) == \
                (self.seen(hold), hold.days, hold.quantity, hold.expires_at, hold.created_at,
                 hold.updated_at, hold.holder, hold.email)
            assert not hold.token or row.idempotency_token == hold.token
        bookings = {self.id("booking", n): b for n, b in model.bookings.items()
                    if b.resource == index}
        rows = self.booking.list_allocations(resource_id=id, limit=1000).items
        assert {row.id for row in rows} == set(bookings)
        for row in rows:
            booked = bookings[row.id]
            assert (row.status, row.dates, row.quantity, row.order_id, row.line_item_id,
                    row.hold_id, row.created_at, row.cancelled_at) == \
                (booked.status, booked.days, booked.quantity, booked.order, booked.line,
                 self.id("hold", booked.hold), booked.created_at, booked.cancelled_at)
        closed = {self.id("blackout", n): (b.first, b.last) for n, b in model.blackouts.items()
                  if b.resource == index and b.deleted_at is None}
        rows = self.booking.list_blackouts(resource_id=id, limit=1000).items
        assert {row.id: (row.start_date, row.end_date) for row in rows} == closed


# ---- where the stories are told ------------------------------------------------------------------


class Fresh:
    """A database for each story."""

    def __init__(self, uri):
        self._uri = uri

    def fresh(self):
        self._clock = holdfast.TestClock(START)
        self._booking = holdfast.open(self._uri(), clock=self._clock, retry_timeout=MINUTE / 60_000)
        self._booking.migrate()
        return self._booking, self._clock

    def done(self):
        self._booking.close()

    close = done


class Emptied:
    """One PostgreSQL database, whose tables are emptied after each story."""

    def __init__(self, uri):
        self._clock = holdfast.TestClock(START)
        self._booking = holdfast.open(uri, clock=self._clock, retry_timeout=MINUTE / 60_000)
        self._booking.migrate()
        self._conninfo = uri.split(":", 1)[1]

    def fresh(self):
        return self._booking, self._clock

    def done(self):
        # Not TRUNCATE, which syncs every file of every table.
        tables = ["resources", "resource_capacity", "resource_holds", "resource_allocations",
                  "resource_blackouts", "commands"]
        psql(self._conninfo, "; ".join(f"DELETE FROM holdfast.{table}" for table in tables))

    def close(self):
        self._booking.close()


def test_snake_charmer(backend, databases):
    Snake.home = Emptied(databases.fresh(backend)) if backend == "postgres" \
        else Fresh(lambda: databases.fresh(backend))
    Snake.steps, Snake.answers = 0, {}
    stories = rounds(STORIES[backend])
    began = time.monotonic()
    told = seed(SEED)(Snake)
    try:
        run_state_machine_as_test(told, settings=settings(
            max_examples=stories, stateful_step_count=STEPS, deadline=None, database=None,
            print_blob=False, phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck)))
    finally:
        print(f"\nsnake charmer: {backend}: {Snake.steps} operations in {stories} stories, "
              f"{len(Snake.answers)} different answers, seed {SEED}")
        Snake.home.close()
    if "HOLDFAST_FIGURES" in os.environ:
        figures.add(os.environ["HOLDFAST_FIGURES"], "snake charmer", backend,
                    "whole" if BUDGET >= 20 else "share", str(Snake.steps), "operations", "0",
                    f"{time.monotonic() - began:.0f}", str(SEED))
    if stories >= 2000:
        accepted = {operation for operation, code in Snake.answers if code == "ACCEPTED"}
        assert len(accepted) >= 20, accepted
