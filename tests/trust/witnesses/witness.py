"""The witness in Python: takes steps as lines, answers in the text that step.cpp prints.

witness.py URI

    step 17 1770091506789012 create_hold r1:20490,20491*2 token=t3 ttl=600
    state r1 20488 20494
    violations

Each answer ends with a line of one dot.
"""

import datetime
import sys

import holdfast

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
EPOCH_DAY = datetime.date(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)
OTHER = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def micros(instant):
    return "-" if instant is None else str((instant - EPOCH) // MICROSECOND)


def number(day):
    return (day - EPOCH_DAY).days


def date(text):
    return EPOCH_DAY + datetime.timedelta(int(text))


def listed(days):
    return ",".join(str(number(day)) for day in days)


def given_only(**fields):
    return {name: value for name, value in fields.items() if value not in ("", None)}


class Step:
    """`17 1770091506789012 create_hold r1:20490,20491*2 h3.0 token=t3 as_host`."""

    def __init__(self, line):
        words = line.split(" ")
        self.number, self.now, self.operation = int(words[0]), int(words[1]), words[2]
        self.items, self.rows, self.flags = [], [], set()
        self.fields = {}
        for word in words[3:]:
            name, is_field, value = word.partition("=")
            if is_field:
                self.fields[name] = value
            elif word in ("as_host", "flag"):
                self.flags.add(word)
            elif ":" in word and "*" in word:
                resource, _, rest = word.partition(":")
                days, _, quantity = rest.partition("*")
                days = [date(day) for day in days.split(",") if day]
                self.items.append((resource, days, int(quantity)))
            else:
                self.rows.append(word)

    def __getattr__(self, name):
        return self.fields.get(name, "")

    @property
    def flag(self):
        return "flag" in self.flags

    @property
    def as_host(self):
        return "as_host" in self.flags


class Witness:
    def __init__(self, uri):
        self.clock = holdfast.TestClock(EPOCH)
        self.booking = holdfast.open(uri, clock=self.clock, timezone="UTC")
        self.booking.migrate()
        self.ids, self.names = {}, {}
        self.add("nobody's-resource", f"res_{OTHER}")
        self.add("nobody's-hold", f"hold_{OTHER}_{OTHER}")
        self.add("nobody's-booking", f"alloc_{OTHER}_{OTHER}")
        self.add("nobody's-blackout", f"blk_{OTHER}_{OTHER}")

    def add(self, name, id):
        self.ids[name], self.names[id] = id, name

    def named(self, id, fresh="?"):
        if id and id not in self.names:
            self.add(fresh, id)
        return self.names.get(id, "")

    # ---- what is asked ----

    def carry_out(self, s):
        token = given_only(idempotency_token=s.token)
        whose = {"as_host": s.as_host, **given_only(holder=s.holder)}
        ttl = {"ttl": datetime.timedelta(seconds=int(s.ttl))} if s.ttl else {}
        wanted = int(s.fields.get("number", 0))
        resource, days, quantity = s.items[0] if s.items else ("", [], 0)
        on = {"resource_id": self.ids.get(resource)}
        span = {"start_date": days[0], "end_date": days[-1]} if days else {}
        b = self.booking

        def holds(operation, **arguments):
            ids = [self.ids[name] for name in s.rows]
            if len(ids) == 1:
                return getattr(b, operation)(hold_id=ids[0], **arguments)
            return getattr(b, operation + "s")(hold_ids=ids, **arguments)

        def moved(operation, **row):
            return operation(dates=days, **row, **given_only(quantity=quantity or None), **token)

        return {
            "create_resource": lambda: b.create_resource(
                type="TOUR", name="Tour", **given_only(timezone=s.timezone), **token),
            "update_resource": lambda: b.update_resource(**on, is_active=s.flag, **token),
            "delete_resource": lambda: b.delete_resource(**on),
            "restore_resource": lambda: b.restore_resource(**on),
            "initialize": lambda: b.initialize_capacity(
                **on, **span, daily_capacity=wanted,
                on_existing="replace" if s.flag else "keep", **token),
            "adjust": lambda: b.adjust_capacity(**on, dates=days, delta=wanted, **token),
            "create_hold": lambda: b.create_hold(
                **on, dates=days, quantity=quantity, **ttl, **given_only(holder=s.holder), **token),
            "create_holds": lambda: b.create_holds(
                items=[holdfast.HoldItem(self.ids[r], d, q) for r, d, q in s.items], **ttl,
                **given_only(holder=s.holder), **token),
            "extend_holds": lambda: holds("extend_hold", **ttl, **whose, **token),
            "confirm_holds": lambda: holds(
                "confirm_hold", order_id=s.order, **given_only(line_item_id=s.line),
                if_expired="reclaim" if s.flag else "reject", **whose),
            "release_holds": lambda: holds("release_hold", **whose),
            "move_hold": lambda: moved(b.move_hold, hold_id=self.ids[s.rows[0]], **whose),
            "cancel": lambda: b.cancel_allocation(allocation_id=self.ids[s.rows[0]]),
            "cancel_order": lambda: b.cancel_allocation(
                order_id=s.order, **given_only(line_item_id=s.line)),
            "move_allocation": lambda: moved(
                b.move_allocation, allocation_id=self.ids[s.rows[0]]),
            "create_blackout": lambda: b.create_blackout(
                **on, **span, on_conflict="keep" if s.flag else "refuse", **token),
            "delete_blackout": lambda: b.delete_blackout(blackout_id=self.ids[s.rows[0]]),
            "cleanup": b.cleanup_expired_holds,
            "prune": lambda: b.prune(older_than=datetime.timedelta(hours=wanted)),
        }[s.operation]()

    # ---- what is answered ----

    def hold(self, row, s=None, n=0):
        number = s.number if s else 0
        token = "" if row.idempotency_token.startswith("tok_") else row.idempotency_token
        return (f"hold {self.named(row.id, f'h{number}.{n}')} of {self.named(row.resource_id)} "
                f"{row.status} {listed(row.dates)}*{row.quantity} expires {micros(row.expires_at)} "
                f"made {micros(row.created_at)} changed {micros(row.updated_at)} "
                f"holder <{row.holder}> token <{token}> "
                f"group <{self.named(row.group_id, f'g{number}')}>")

    def allocation(self, row, s=None, n=0):
        number = s.number if s else 0
        return (f"booking {self.named(row.id, f'a{number}.{n}')} of "
                f"{self.named(row.resource_id)} {row.status} hold {self.named(row.hold_id)} "
                f"{listed(row.dates)}*{row.quantity} order <{row.order_id}> "
                f"line <{row.line_item_id}> made {micros(row.created_at)} "
                f"cancelled {micros(row.cancelled_at)}")

    def blackout(self, row, s=None):
        number = s.number if s else 0
        return (f"blackout {self.named(row.id, f'b{number}.0')} of "
                f"{self.named(row.resource_id)} {number_pair(row)} made {micros(row.created_at)} "
                f"deleted {micros(row.deleted_at)}")

    def resource(self, row, s=None):
        made = s.items[0][0] if s and s.items else "?"
        return (f"resource {self.named(row.id, made)} {'active' if row.is_active else 'inactive'} "
                f"changed {micros(row.updated_at)} deleted {micros(row.deleted_at)}")

    def day(self, row, asked):
        return (f"day {self.named(row.resource_id)} {number(row.date)} {asked} "
                f"{row.available_capacity}")

    def answer(self, s):
        self.clock.set(EPOCH + s.now * MICROSECOND)
        try:
            return self.accepted(s, self.carry_out(s))
        except holdfast.BookingRejected as no:
            return self.rejected(s, no.details)

    def rejected(self, s, no):
        head = no.code
        about = self.named(no.id, no.id)
        head += f" about={about}" if about else ""
        head += f" reason={no.reason}" if no.reason else ""
        days = [self.day(row, row.requested) for row in no.days]
        holds = [self.hold(row, s) for row in no.holds]
        bookings = [self.allocation(row, s) for row in no.allocations]
        if no.code == "BLACKOUT_CONFLICT":
            holds, bookings = sorted(holds), sorted(bookings)
        return lines(head, days + holds + bookings)

    def accepted(self, s, a):
        head = "ACCEPTED" + (" again" if getattr(a, "replayed", False) else "")
        counts = [getattr(a, name) for name in (
            "days_created", "days_changed", "holds_expired", "holds_removed", "tokens_removed",
            "blackouts_removed") if hasattr(a, name)]
        head += "".join(f" {count}" for count in counts)
        rows = [self.resource(a.resource, s)] if hasattr(a, "resource") else []
        if s.operation == "adjust":
            rows += [self.day(row, row.max_capacity) for row in a.days]
        found = [a.hold] if hasattr(a, "hold") else getattr(a, "holds", ())
        holds = [self.hold(row, s, n) for n, row in enumerate(found)]
        found = [a.allocation] if hasattr(a, "allocation") else getattr(a, "allocations", ())
        named = [(self.named(row.id, f"a{s.number}.{n}"), self.allocation(row, s, n))
                 for n, row in enumerate(found)]
        # Bookings of one order were made at one instant; they have no order that all share.
        bookings = [text for _, text in (sorted(named) if s.operation == "cancel_order" else named)]
        if hasattr(a, "blackout"):
            rows.append(self.blackout(a.blackout, s))
            holds, bookings = sorted(holds), sorted(bookings)
        return lines(head, rows + holds + bookings)

    def all(self, operation, **arguments):
        after = ""
        while True:
            page = operation(limit=1000, **arguments, **given_only(after=after))
            yield from page.items
            after = page.next
            if not after:
                return

    def state(self, name, first, last):
        on, span = {"resource_id": self.ids[name]}, {"start_date": date(first),
                                                     "end_date": date(last)}
        head = self.resource(self.booking.retrieve_resource(**on).resource)
        report = self.booking.get_capacity_report(**on, **span)
        try:
            checked = self.booking.check_availability(**on, **span, quantity=1).days
            reasons = [day.reason or "" for day in checked]
        except holdfast.BookingRejected:
            reasons = ["DELETED"] * len(report.days)
        days = [f"day {number(d.date)} max {d.max_capacity} available {d.available_capacity} "
                f"held {d.held} booked {d.booked}{' blackout' if d.blackout else ''} {reason}"
                for d, reason in zip(report.days, reasons)]
        holds = sorted(self.hold(row) for row in self.all(self.booking.list_holds, **on))
        bookings = sorted(
            self.allocation(row) for row in self.all(self.booking.list_allocations, **on))
        blackouts = sorted(
            self.blackout(row) for row in self.all(self.booking.list_blackouts, **on))
        return lines(head, days + holds + bookings + blackouts)

    def asked(self, line):
        what, _, rest = line.partition(" ")
        if what == "step":
            return self.answer(Step(rest))
        if what == "state":
            return self.state(*rest.split(" "))
        return str(len(self.booking.verify().violations))


def number_pair(row):
    return listed([row.start_date, row.end_date])


def lines(head, rows):
    return "".join([head, *[f"\n    {row}" for row in rows]])


def main():
    witness = Witness(sys.argv[1])
    for line in sys.stdin:
        try:
            said = witness.asked(line.rstrip("\n"))
        except Exception as failure:  # the one who asks sees that it differs, and how
            said = f"fails: {type(failure).__name__}: {failure}"
        print(said + "\n.", flush=True)
    witness.booking.close()


main()
