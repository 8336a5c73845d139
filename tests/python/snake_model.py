"""Booking as the specification has it, in plain Python: no stored sums, nothing of the library's.

A Refusal is raised where the library says no. Rows have names of the model's own; ids are the
library's affair.
"""

import dataclasses
import datetime
from typing import Dict, List, Optional, Tuple

TTL = datetime.timedelta(minutes=30)
LIFETIME = datetime.timedelta(hours=24)
UTC = datetime.timezone.utc

# A request that may be refused for two reasons is refused for the one that stands first.
PRECEDENCE = ["HOLD_EXPIRED", "HOLD_EXPIRED_AND_TAKEN", "HOLD_RELEASED", "ALREADY_CONFIRMED"]
STATUS_REFUSALS = {"EXPIRED": "HOLD_EXPIRED", "RELEASED": "HOLD_RELEASED",
                   "CONFIRMED": "ALREADY_CONFIRMED"}


class Refusal(Exception):
    def __init__(self, code, days=(), reason=""):
        super().__init__(code, days, reason)
        self.code, self.days, self.reason = code, tuple(days), reason


@dataclasses.dataclass
class Hold:
    resource: int
    days: Tuple[datetime.date, ...]
    quantity: int
    expires_at: datetime.datetime
    created_at: datetime.datetime
    updated_at: datetime.datetime
    holder: str
    token: str
    email: str
    group: int
    request: tuple
    item: int
    status: str = "ACTIVE"


@dataclasses.dataclass
class Booking:
    resource: int
    hold: int
    days: Tuple[datetime.date, ...]
    quantity: int
    order: str
    line: str
    created_at: datetime.datetime
    status: str = "CONFIRMED"
    cancelled_at: Optional[datetime.datetime] = None


@dataclasses.dataclass
class Blackout:
    resource: int
    first: datetime.date
    last: datetime.date
    created_at: datetime.datetime
    deleted_at: Optional[datetime.datetime] = None


@dataclasses.dataclass
class Resource:
    is_active: bool = True
    is_deleted: bool = False
    places: Dict[datetime.date, int] = dataclasses.field(default_factory=dict)
    # (operation, token): what was asked, what was answered, when
    remembered: Dict[tuple, tuple] = dataclasses.field(default_factory=dict)


class Model:
    def __init__(self, now):
        self.now = now
        self.resources: List[Resource] = []
        self.holds: Dict[int, Hold] = {}
        self.bookings: Dict[int, Booking] = {}
        self.blackouts: Dict[int, Blackout] = {}
        self.names = 0
        self.homes: Dict[int, int] = {}  # the resource of every hold there ever was
        self.resource_tokens: List[datetime.datetime] = []

    # ---- what is true now ----

    def today(self):
        return self.now.astimezone(UTC).date()

    def is_due(self, hold):
        return hold.status == "ACTIVE" and self.now >= hold.expires_at

    def held(self, resource, day):
        return sum(h.quantity for h in self.holds.values()
                   if h.resource == resource and h.status == "ACTIVE" and day in h.days)

    def booked(self, resource, day):
        return sum(b.quantity for b in self.bookings.values()
                   if b.resource == resource and b.status == "CONFIRMED" and day in b.days)

    def available(self, resource, day):
        places = self.resources[resource].places.get(day)
        return 0 if places is None \
            else places - self.held(resource, day) - self.booked(resource, day)

    def is_closed(self, resource, day):
        return any(b.resource == resource and b.deleted_at is None and b.first <= day <= b.last
                   for b in self.blackouts.values())

    def record_due(self, *resources):
        """What is found due under a lock is EXPIRED from then on, whatever the clock does."""
        count = 0
        for hold in self.holds.values():
            if hold.resource in resources and self.is_due(hold):
                hold.status, hold.updated_at = "EXPIRED", self.now
                count += 1
        return count

    def name(self):
        self.names += 1
        return self.names

    def of_resource(self, index):
        if index >= len(self.resources):
            raise Refusal("RESOURCE_NOT_FOUND")
        return self.resources[index]

    def living(self, index):
        resource = self.of_resource(index)
        if resource.is_deleted:
            raise Refusal("RESOURCE_NOT_FOUND")
        return resource

    def refuse(self, wanted):
        """The one check of whatever takes places; `wanted` is {(resource, day): quantity}."""
        for index in sorted({index for index, _ in wanted}):
            self.living(index)
        if not all(self.resources[index].is_active for index, _ in wanted):
            raise Refusal("RESOURCE_INACTIVE")
        stands = [
            ("DATE_IN_PAST", lambda r, day, _: day < self.today()),
            ("NO_CAPACITY_SET", lambda r, day, _: not self.resources[r].places.get(day)),
            ("BLACKOUT", lambda r, day, _: self.is_closed(r, day)),
            ("INSUFFICIENT_CAPACITY", lambda r, day, want: self.available(r, day) < want),
        ]
        for code, in_the_way in stands:
            days = [(r, day, want, self.available(r, day))
                    for (r, day), want in sorted(wanted.items()) if in_the_way(r, day, want)]
            if days:
                raise Refusal(code, days)

    # ---- tokens ----

    def replay(self, operation, token, resources, request):
        """What the same request was answered, or None; with another request, a refusal."""
        for index in sorted(resources):
            known = self.resources[index].remembered.get((operation, token)) if token else None
            if known is None:
                continue
            if known[0] != request:
                raise Refusal("IDEMPOTENCY_MISMATCH")
            return known[1]
        return None

    def remember(self, operation, token, resources, request, answer, always=True):
        # What makes or adds something is remembered under a token of the engine's own.
        if not token and not always:
            return
        for index in resources:
            key = (operation, token or f"own {self.name()}")
            self.resources[index].remembered[key] = (request, answer, self.now)

    # ---- resources and places ----

    def create_resource(self):
        self.resources.append(Resource())
        self.resource_tokens.append(self.now)

    def update_resource(self, index, is_active, token):
        self.record_due(index)
        known = self.replay("update", token, [index], is_active)
        if known is not None:
            return True
        self.living(index).is_active = is_active
        self.remember("update", token, [index], is_active, True, always=False)
        return False

    def set_deleted(self, index, deleted):
        self.record_due(index)
        resource = self.of_resource(index)
        replayed = resource.is_deleted == deleted
        resource.is_deleted = deleted
        return replayed

    def initialize(self, index, first, last, places, replace, token):
        self.record_due(index)
        request = (first, last, places, replace)
        known = self.replay("initialize", token, [index], request)
        if known is not None:
            return (*known, True)
        resource = self.living(index)
        days = [first + datetime.timedelta(n) for n in range((last - first).days + 1)]
        below = [(index, day, places, self.available(index, day)) for day in days
                 if replace and day in resource.places
                 and self.held(index, day) + self.booked(index, day) > places]
        if below:
            raise Refusal("CAPACITY_BELOW_BOOKED", below)
        created = [day for day in days if day not in resource.places]
        changed = [day for day in days
                   if replace and resource.places.get(day, places) != places]
        resource.places.update({day: places for day in created + changed})
        answer = (len(created), len(changed))
        self.remember("initialize", token, [index], request, answer)
        return (*answer, False)

    def adjust(self, index, days, delta, token):
        self.record_due(index)
        days = tuple(sorted(days))
        known = self.replay("adjust", token, [index], (days, delta))
        if known is not None:
            return known, True
        resource = self.living(index)
        unset = [(index, day, 0, 0) for day in days if day not in resource.places]
        if unset:
            raise Refusal("NO_CAPACITY_SET", unset)
        taken = {day: self.held(index, day) + self.booked(index, day) for day in days}
        below = [(index, day, resource.places[day] + delta, self.available(index, day))
                 for day in days if resource.places[day] + delta < taken[day]]
        if below:
            raise Refusal("CAPACITY_BELOW_BOOKED", below)
        for day in days:
            resource.places[day] += delta
        answer = tuple((day, resource.places[day], self.available(index, day)) for day in days)
        self.remember("adjust", token, [index], (days, delta), answer)
        return answer, False

    # ---- holds ----

    def create_holds(self, items, token, holder, email, ttl, is_group):
        """`items`: (resource, days, quantity). Returns the holds' names and `replayed`."""
        items = tuple((index, tuple(sorted(days)), quantity) for index, days, quantity in items)
        self.record_due(*{index for index, _, _ in items})
        request = (is_group, items, holder, ttl)
        known = {}
        for name, hold in self.holds.items():
            if not token or hold.token != token or hold.resource not in {i[0] for i in items}:
                continue
            if hold.request != request:
                raise Refusal("IDEMPOTENCY_MISMATCH")
            known[hold.item] = name
        if known:
            return [known[item] for item in sorted(known)], True
        wanted = {}
        for index, days, quantity in items:
            for day in days:
                wanted[index, day] = wanted.get((index, day), 0) + quantity
        self.refuse(wanted)
        group = self.name() if is_group else 0
        made = []
        for number, (index, days, quantity) in enumerate(items):
            made.append(self.name())
            self.holds[made[-1]] = Hold(
                resource=index, days=days, quantity=quantity, expires_at=self.now + (ttl or TTL),
                created_at=self.now, updated_at=self.now, holder=holder, token=token, email=email,
                group=group, request=request, item=number)
            self.homes[made[-1]] = index
        return made, False

    def holds_of(self, names, holder, as_host):
        """A hold of somebody else is no hold."""
        self.record_due(*{self.homes[name] for name in names})
        for name in names:
            if name not in self.holds or not (as_host or self.holds[name].holder == holder):
                raise Refusal("HOLD_NOT_FOUND")
        return [self.holds[name] for name in names]

    @staticmethod
    def first(codes):
        if codes:
            raise Refusal(min(codes, key=PRECEDENCE.index))

    def extend(self, names, ttl, holder, as_host, token):
        request = (tuple(names), ttl, holder, as_host)
        resources = {self.homes[name] for name in names}
        self.record_due(*resources)
        known = self.replay("extend", token, resources, request)
        holds = self.holds_of(names, holder, as_host)
        if known is not None:
            return True
        self.first([STATUS_REFUSALS[h.status] for h in holds if h.status != "ACTIVE"])
        end = self.now + (ttl or TTL)
        if any(end > hold.created_at + LIFETIME for hold in holds):
            raise Refusal("HOLD_LIFETIME_EXCEEDED")
        for hold in holds:
            hold.expires_at, hold.updated_at = max(hold.expires_at, end), self.now
        self.remember("extend", token, resources, request, True, always=False)
        return False

    def release(self, names, holder, as_host):
        holds = self.holds_of(names, holder, as_host)
        self.first([STATUS_REFUSALS[h.status] for h in holds
                    if h.status not in ("ACTIVE", "RELEASED")])
        active = [hold for hold in holds if hold.status == "ACTIVE"]
        for hold in active:
            hold.status, hold.updated_at = "RELEASED", self.now
        return not active

    def booking_of(self, name):
        return next(b for b, row in self.bookings.items() if row.hold == name)

    def confirm(self, names, order, line, reclaim, holder, as_host):
        """Returns the bookings' names and `replayed`."""
        holds = self.holds_of(names, holder, as_host)
        codes, back, reason = [], {}, None
        for name, hold in zip(names, holds):
            if hold.status == "CONFIRMED":
                booking = self.bookings[self.booking_of(name)]
                if (booking.order, booking.line) != (order, line):
                    codes.append("ALREADY_CONFIRMED")
            elif hold.status == "EXPIRED" and reclaim:
                for day in hold.days:
                    back[hold.resource, day] = back.get((hold.resource, day), 0) + hold.quantity
            elif hold.status != "ACTIVE":
                codes.append(STATUS_REFUSALS[hold.status])
        try:
            if back:
                self.refuse(back)
        except Refusal as taken:
            codes.append("HOLD_EXPIRED_AND_TAKEN")
            reason = taken
        if codes:
            code = min(codes, key=PRECEDENCE.index)
            if code == "HOLD_EXPIRED_AND_TAKEN":
                raise Refusal(code, reason.days, reason.code)
            raise Refusal(code)
        replayed, made = True, []
        for name, hold in zip(names, holds):
            if hold.status != "CONFIRMED":
                replayed = False
                hold.status, hold.updated_at = "CONFIRMED", self.now
                self.bookings[self.name()] = Booking(
                    resource=hold.resource, hold=name, days=hold.days, quantity=hold.quantity,
                    order=order, line=line, created_at=self.now)
            made.append(self.booking_of(name))
        return made, replayed

    # ---- moves and cancels ----

    def added(self, row, days, quantity):
        """What a move adds to the places that the row has already."""
        more = {(row.resource, day): quantity - (row.quantity if day in row.days else 0)
                for day in days}
        return {key: want for key, want in more.items() if want > 0}

    def move_hold(self, name, days, quantity, holder, as_host, token):
        days = tuple(sorted(days))
        request = (name, days, quantity, holder, as_host)
        resources = {self.homes[name]}
        self.record_due(*resources)
        known = self.replay("move hold", token, resources, request)
        hold = self.holds_of([name], holder, as_host)[0]
        if known is not None:
            return True
        self.refuse(self.added(hold, days, quantity or hold.quantity))
        self.first([STATUS_REFUSALS[hold.status]] if hold.status != "ACTIVE" else [])
        hold.days, hold.quantity, hold.updated_at = days, quantity or hold.quantity, self.now
        self.remember("move hold", token, resources, request, True)
        return False

    def move_booking(self, name, days, quantity, token):
        days = tuple(sorted(days))
        request = (name, days, quantity)
        row = self.bookings[name]
        self.record_due(row.resource)
        if self.replay("move booking", token, [row.resource], request) is not None:
            return True
        self.refuse(self.added(row, days, quantity or row.quantity))
        if row.status == "CANCELLED":
            raise Refusal("ALREADY_CANCELLED")
        row.days, row.quantity = days, quantity or row.quantity
        self.remember("move booking", token, [row.resource], request, True)
        return False

    def cancel(self, name):
        self.record_due(self.bookings[name].resource)
        return self.cancel_all([name])

    def cancel_all(self, names):
        """`replayed`: there was nothing left to cancel, and nothing was locked for it."""
        active = [name for name in names if self.bookings[name].status == "CONFIRMED"]
        self.record_due(*{self.bookings[name].resource for name in active})
        for name in active:
            self.bookings[name].status = "CANCELLED"
            self.bookings[name].cancelled_at = self.now
        return not active

    def of_order(self, order, line):
        return [name for name, row in self.bookings.items()
                if row.order == order and (not line or row.line == line)]

    # ---- blackouts ----

    def inside(self, index, first, last):
        def hit(row):
            return row.resource == index and any(first <= day <= last for day in row.days)
        return ([n for n, h in self.holds.items() if h.status == "ACTIVE" and hit(h)],
                [n for n, b in self.bookings.items() if b.status == "CONFIRMED" and hit(b)])

    def create_blackout(self, index, first, last, keep, token):
        """Returns the blackout's name and `replayed`."""
        self.record_due(index)
        request = (first, last, keep)
        known = self.replay("blackout", token, [index], request)
        if known is not None:
            return known, True
        self.living(index)
        if not keep and any(self.inside(index, first, last)):
            raise Refusal("BLACKOUT_CONFLICT")
        name = self.name()
        self.blackouts[name] = Blackout(index, first, last, self.now)
        self.remember("blackout", token, [index], request, name)
        return name, False

    def delete_blackout(self, name):
        if name not in self.blackouts:
            raise Refusal("BLACKOUT_NOT_FOUND")
        row = self.blackouts[name]
        self.record_due(row.resource)
        replayed = row.deleted_at is not None
        row.deleted_at = row.deleted_at or self.now
        return replayed

    # ---- upkeep ----

    def cleanup(self):
        return self.record_due(*range(len(self.resources)))

    def prune(self, older_than, email):
        erased = [hold for hold in self.holds.values() if email and hold.email == email]
        self.record_due(*{hold.resource for hold in erased})
        for hold in erased:
            hold.email = ""
        self.cleanup()
        before = self.now - older_than
        holds = [name for name, hold in self.holds.items()
                 if hold.status in ("RELEASED", "EXPIRED") and hold.updated_at < before]
        blackouts = [name for name, row in self.blackouts.items()
                     if row.deleted_at and row.deleted_at < before]
        tokens = 0
        for resource in self.resources:
            old = [key for key, value in resource.remembered.items() if value[2] < before]
            tokens += len(old)
            for key in old:
                del resource.remembered[key]
        kept = [at for at in self.resource_tokens if at >= before]
        tokens += len(self.resource_tokens) - len(kept)
        self.resource_tokens = kept
        for name in holds:
            del self.holds[name]
        for name in blackouts:
            del self.blackouts[name]
        return len(holds), tokens, len(blackouts), len(erased)
