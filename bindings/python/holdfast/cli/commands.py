"""What each command asks and shows. A command gives its exit code."""

import argparse
import datetime
import pathlib
import sys
from typing import Callable, Iterator, List, Sequence, TypeVar

from ..engine import Engine
from ..types import Availability, Hold, Page, Resource
from . import output
from .calendar import calendar, style_for
from .picture import picture
from .progress import Progress

T = TypeVar("T")
Arguments = argparse.Namespace

DONE, FINDING = 0, 1
CLEANUP_STEP = 2000
IDS_AT_ONCE = 1000


def pages(ask: Callable[[str], Page[T]]) -> Iterator[T]:
    after = ""
    while True:
        page = ask(after)
        yield from page.items
        after = page.next
        if not after:
            return


def listed(ask: Callable[[str], Page[T]]) -> List[T]:
    found: List[T] = []
    with Progress("listing") as progress:
        for one in pages(ask):
            found.append(one)
            progress.note = f"{len(found):,}"
    return found


def show(arguments: Arguments, value: object, text: Callable[[], str]) -> None:
    print(output.as_json(value) if arguments.json else text())


def migrate(engine: Engine, arguments: Arguments) -> int:
    with Progress("migrating"):
        done = engine.migrate()
    show(arguments, done, lambda: f"schema version {done.schema_version}")
    return DONE


def verify(engine: Engine, arguments: Arguments) -> int:
    with Progress("verifying"):
        found = engine.verify()

    def text() -> str:
        lines = [f"{v.rule}  {v.resource_id}  {v.detail}" for v in found.violations]
        return "\n".join([*lines, f"{found.resources:,} resources, {found.days:,} days, "
                          f"{found.holds:,} holds, {found.allocations:,} allocations: "
                          f"{len(found.violations):,} violations"])

    show(arguments, found, text)
    return FINDING if found.violations else DONE


def cleanup(engine: Engine, arguments: Arguments) -> int:
    expired, limit = 0, arguments.limit
    with Progress("cleaning up") as progress:
        while limit is None or expired < limit:
            step = CLEANUP_STEP if limit is None else min(CLEANUP_STEP, limit - expired)
            done = engine.cleanup_expired_holds(limit=step).holds_expired
            expired += done
            progress.note = f"{expired:,} holds expired"
            if done < step:
                break
    show(arguments, {"holds_expired": expired}, lambda: f"{expired:,} holds expired")
    return DONE


def resources(engine: Engine, arguments: Arguments) -> int:
    found = listed(lambda after: engine.list_resources(
        type=arguments.type, text=arguments.text, include_deleted=arguments.all,
        limit=1000, after=after))

    def state(resource: Resource) -> str:
        if resource.deleted_at:
            return "deleted"
        return "active" if resource.is_active else "inactive"

    show(arguments, found, lambda: output.table(
        ("id", "type", "state", "timezone", "name"),
        [(r.id, r.type, state(r), r.timezone, r.name) for r in found]))
    return DONE


def find(engine: Engine, name: str) -> Resource:
    """A resource by its id, or by a name that only it has."""
    if name.startswith("res_"):
        return engine.retrieve_resource(resource_id=name).resource
    found = [r for r in pages(lambda after: engine.list_resources(text=name, after=after))
             if r.name == name]
    if not found:
        raise ValueError(f"resource: none is called {name!r}, see `resources`")
    if len(found) > 1:
        raise ValueError(f"resource: {len(found)} are called {name!r}, name one by its id")
    return found[0]


def today_of(engine: Engine, resource: Resource) -> datetime.date:
    """The engine knows what day it is where the resource is."""
    return engine.metrics(resource_ids=[resource.id]).use[0].days[0].date


def range_of(engine: Engine, resource: Resource, arguments: Arguments) -> List[datetime.date]:
    start = arguments.start or today_of(engine, resource)
    return [start, arguments.end or start + datetime.timedelta(days=arguments.days - 1)]


def availability(engine: Engine, arguments: Arguments) -> int:
    if arguments.resources:
        chosen = [find(engine, name) for name in arguments.resources]
    else:
        chosen = listed(lambda after: engine.list_resources(
            type=arguments.type, is_active=True, after=after))
    found: List[Availability] = []
    if chosen:
        start, end = range_of(engine, chosen[0], arguments)
    for at in range(0, len(chosen), IDS_AT_ONCE):
        found += engine.search_availability(
            resource_ids=[resource.id for resource in chosen[at:at + IDS_AT_ONCE]],
            start_date=start, end_date=end, quantity=arguments.quantity,
            consecutive_days=arguments.stay).resources
    names = {resource.id: resource.name for resource in chosen}
    show(arguments, found,
         lambda: "\n\n".join(_availability(one, names[one.resource_id], arguments)
                             for one in found) or "no resources")
    return DONE


def _availability(found: Availability, name: str, arguments: Arguments) -> str:
    lines = [f"{name}  {found.resource_id}", output.table(
        ("day", "", "left", "of", ""),
        [(day.date, f"{day.date:%a}", day.available_capacity, day.max_capacity,
          "yes" if day.is_available else day.reason or "no") for day in found.days])]
    if arguments.stay:
        starts = " ".join(str(day) for day in found.start_dates)
        lines.append(f"a stay of {arguments.stay} days can start on: {starts or 'no day'}")
    return "\n".join(lines)


def report(engine: Engine, arguments: Arguments) -> int:
    resource = find(engine, arguments.resource)
    start, end = range_of(engine, resource, arguments)
    found = engine.get_capacity_report(resource_id=resource.id, start_date=start, end_date=end)
    if arguments.svg:
        pathlib.Path(arguments.svg).write_text(picture(resource.name, found), encoding="utf-8")
    show(arguments, found, lambda: calendar(resource.name, found, style_for(sys.stdout)))
    return DONE


def holds(engine: Engine, arguments: Arguments) -> int:
    resource_id = find(engine, arguments.resource).id if arguments.resource else None
    found = listed(lambda after: engine.list_holds(
        resource_id=resource_id, status=arguments.status, customer_email=arguments.email,
        group_id=arguments.group, limit=1000, after=after))
    show(arguments, found, lambda: output.table(
        ("id", "status", "places", "days", "expires (UTC)"),
        [(h.id, h.status, h.quantity, _days(h), f"{h.expires_at:%Y-%m-%d %H:%M:%S}")
         for h in found]))
    return DONE


def _days(hold: Hold) -> str:
    first, last = hold.dates[0], hold.dates[-1]
    if first == last:
        return str(first)
    whole = (last - first).days + 1 == len(hold.dates)
    return f"{first}..{last}" + ("" if whole else f" ({len(hold.dates)} days)")


def metrics(engine: Engine, arguments: Arguments) -> int:
    names: Sequence[str] = arguments.resources
    found = engine.metrics(resource_ids=[find(engine, name).id for name in names])
    show(arguments, found, lambda: found.prometheus.rstrip("\n"))
    return DONE
