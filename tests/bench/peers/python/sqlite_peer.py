"""The standard library's sqlite3: one IMMEDIATE transaction per hold, synchronous=FULL.

`--connections one`: a connection that the threads share under a lock. `--connections each`: one
for each thread, and SQLite's own file lock between them; whoever finds it taken sleeps and asks
again, which wastes the time in between and is unfair.
"""

import datetime
import re
import sqlite3
import sys
import threading
import time
import zoneinfo
from collections.abc import Callable
from typing import Any

from common import (TTL_MINUTES, HoldRequest, Refusal, arguments, fingerprint, id_for, measure,
                    resource_of)

TTL_US = TTL_MINUTES * 60_000_000
DUE_MAX = 100
BUSY_SECONDS = 30.0

REPLAY = """SELECT id, fingerprint FROM resource_holds
WHERE resource_id = ? AND idempotency_token = ? ORDER BY item_no LIMIT 1"""
RESOURCE = "SELECT timezone, is_active, deleted_at FROM resources WHERE id = ?"
DUE = f"""SELECT id, dates, quantity FROM resource_holds
INDEXED BY resource_holds_by_expiry
WHERE resource_id = ? AND status = 'ACTIVE' AND is_overdue = 0 AND expires_at <= ?
ORDER BY expires_at LIMIT {DUE_MAX}"""
DAYS = """SELECT date, max_capacity, available_capacity FROM resource_capacity
WHERE resource_id = ? AND date BETWEEN ? AND ? ORDER BY date"""
BLACKOUTS = """SELECT start_date, end_date FROM resource_blackouts
WHERE resource_id = ? AND deleted_at IS NULL AND end_date >= ? AND start_date <= ?"""
TAKE = """UPDATE resource_capacity SET available_capacity = available_capacity - ?
WHERE resource_id = ? AND date = ? AND available_capacity >= ?"""
GIVE = """UPDATE resource_capacity SET available_capacity = available_capacity + ?
WHERE resource_id = ? AND date = ?"""
INSERT_HOLD = """INSERT INTO resource_holds (resource_id, id, dates, quantity, customer_email,
  holder, idempotency_token, item_no, fingerprint, status, expires_at, group_id, created_at,
  updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 'ACTIVE', ?, '', ?, ?)"""
HOLD = """SELECT dates, quantity, status, expires_at FROM resource_holds
WHERE resource_id = ? AND substr(id, -26) = substr(?, -26) AND holder = ?"""
SET_STATUS = """UPDATE resource_holds SET status = ?, updated_at = ?
WHERE resource_id = ? AND substr(id, -26) = substr(?, -26) AND status = 'ACTIVE'"""
ALLOCATION = """SELECT id, order_id, line_item_id FROM resource_allocations
WHERE resource_id = ? AND substr(hold_id, -26) = substr(?, -26)"""
INSERT_ALLOCATION = """INSERT INTO resource_allocations (resource_id, id, hold_id, order_id,
  line_item_id, dates, quantity, status, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 'CONFIRMED', ?)"""


def microseconds() -> int:
    return time.time_ns() // 1000


def today_in(timezone: str, now: int) -> str:
    zone = zoneinfo.ZoneInfo(timezone)
    return datetime.datetime.fromtimestamp(now / 1e6, zone).date().isoformat()


def connect(uri: str) -> sqlite3.Connection:
    """`sqlite:PATH?journal=wal`, as Holdfast takes it."""
    match = re.fullmatch(r"sqlite:([^?]+)(?:\?journal=(wal|persist))?", uri)
    if match is None:
        sys.exit(f"not an address of SQLite: {uri}")
    connection = sqlite3.connect(match[1], timeout=BUSY_SECONDS, isolation_level=None,
                                 check_same_thread=False)
    wanted = match[2] or "wal"
    (found,) = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
    if found != wanted:
        sys.exit(f"journal_mode is {found}, not {wanted}")
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY",
                   "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def expire_due(db: sqlite3.Connection, resource: str, now: int) -> int:
    due = db.execute(DUE, (resource, now)).fetchall()
    for hold_id, dates, quantity in due:
        db.execute(SET_STATUS, ("EXPIRED", now, resource, hold_id))
        for date in dates.split(","):
            db.execute(GIVE, (quantity, resource, date))
    return len(due)


def refusal_of(db: sqlite3.Connection, request: HoldRequest, now: int) -> str | None:
    resource, dates, first, last = (request.resource, request.dates, request.dates[0],
                                    request.dates[-1])
    found = db.execute(RESOURCE, (resource,)).fetchone()
    if found is None or found[2] is not None:
        return "RESOURCE_NOT_FOUND"
    if not found[1]:
        return "RESOURCE_INACTIVE"
    if first < today_in(found[0], now):
        return "DATE_IN_PAST"
    known = {row[0]: row for row in db.execute(DAYS, (resource, first, last))}
    if any(date not in known or known[date][1] == 0 for date in dates):
        return "NO_CAPACITY_SET"
    for start, end in db.execute(BLACKOUTS, (resource, first, last)).fetchall():
        if any(start <= date <= end for date in dates):
            return "BLACKOUT"
    if any(known[date][2] < request.quantity for date in dates):
        return "INSUFFICIENT_CAPACITY"
    return None


def decide_hold(db: sqlite3.Connection, request: HoldRequest, print_: str) -> tuple[str, str]:
    """The hold's id, or why there is none: one of the two is empty."""
    resource, dates, quantity, email, holder, token = request
    seen = db.execute(REPLAY, (resource, token)).fetchone()
    if seen is not None:
        return (seen[0], "") if seen[1] == print_ else ("", "IDEMPOTENCY_MISMATCH")
    now = microseconds()
    # Again while places are short: more holds may be due than one round records.
    while True:
        more = expire_due(db, resource, now) == DUE_MAX
        refused = refusal_of(db, request, now)
        if not (more and refused == "INSUFFICIENT_CAPACITY"):
            break
    if refused is not None:
        return "", refused
    for date in dates:
        if db.execute(TAKE, (quantity, resource, date, quantity)).rowcount != 1:
            raise RuntimeError("a day lost its places inside the transaction")
    hold_id = id_for("hold", resource)
    db.execute(INSERT_HOLD, (resource, hold_id, ",".join(dates), quantity, email, holder, token,
                             print_, now + TTL_US, now, now))
    return hold_id, ""


def active_hold(db: sqlite3.Connection, resource: str, hold_id: str, holder: str,
                now: int) -> tuple[Any, str]:
    """The hold, and why it cannot be ended any more or ""."""
    hold = db.execute(HOLD, (resource, hold_id, holder)).fetchone()
    if hold is None:
        return None, "HOLD_NOT_FOUND"
    if hold[2] == "CONFIRMED":
        return hold, "ALREADY_CONFIRMED"
    if hold[2] == "RELEASED":
        return hold, "HOLD_RELEASED"
    return hold, "HOLD_EXPIRED" if hold[2] == "EXPIRED" or hold[3] <= now else ""


def decide_confirm(db: sqlite3.Connection, hold_id: str, holder: str, order_id: str,
                   line_id: str) -> tuple[str, str]:
    resource, now = resource_of(hold_id), microseconds()
    hold, refused = active_hold(db, resource, hold_id, holder, now)
    if refused == "ALREADY_CONFIRMED":
        known = db.execute(ALLOCATION, (resource, hold_id)).fetchone()
        is_same = known is not None and known[1:] == (order_id, line_id)
        return (known[0], "") if is_same else ("", refused)
    if refused:
        return "", refused
    allocation_id = id_for("alloc", resource)
    db.execute(SET_STATUS, ("CONFIRMED", now, resource, hold_id))
    db.execute(INSERT_ALLOCATION, (resource, allocation_id, hold_id, order_id, line_id, hold[0],
                                   hold[1], now))
    return allocation_id, ""


def decide_release(db: sqlite3.Connection, hold_id: str, holder: str) -> tuple[str, str]:
    resource, now = resource_of(hold_id), microseconds()
    hold, refused = active_hold(db, resource, hold_id, holder, now)
    if refused == "HOLD_RELEASED":
        return hold_id, ""
    if refused:
        return "", refused
    db.execute(SET_STATUS, ("RELEASED", now, resource, hold_id))
    for date in hold[0].split(","):
        db.execute(GIVE, (hold[1], resource, date))
    return hold_id, ""


def transact(db: sqlite3.Connection, decide: Callable[..., tuple[str, str]], *values: Any) -> str:
    """A refusal commits too: it has at most recorded expiries."""
    db.execute("BEGIN IMMEDIATE")
    try:
        answer, refused = decide(db, *values)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    if refused:
        raise Refusal(refused)
    return answer


class OneConnection:
    def __init__(self, uri: str) -> None:
        self.db = connect(uri)
        self.lock = threading.Lock()

    def run(self, decide: Callable[..., tuple[str, str]], *values: Any) -> str:
        with self.lock:
            return transact(self.db, decide, *values)


class EachConnection:
    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.local = threading.local()

    def run(self, decide: Callable[..., tuple[str, str]], *values: Any) -> str:
        if not hasattr(self.local, "db"):
            self.local.db = connect(self.uri)
        return transact(self.local.db, decide, *values)


class SqliteShop:
    def __init__(self, connections: OneConnection | EachConnection) -> None:
        self.connections = connections

    def create_hold(self, request: HoldRequest) -> str:
        return self.connections.run(decide_hold, request, fingerprint(request))

    def confirm_hold(self, hold_id: str, holder: str, order_id: str, line_id: str) -> str:
        return self.connections.run(decide_confirm, hold_id, holder, order_id, line_id)

    def release_hold(self, hold_id: str, holder: str) -> None:
        self.connections.run(decide_release, hold_id, holder)


def main() -> None:
    args = arguments(connections="one")
    kind = {"one": OneConnection, "each": EachConnection}[args.connections]
    measure(SqliteShop(kind(args.uri)), args, {"sqlite": sqlite3.sqlite_version})


main()
