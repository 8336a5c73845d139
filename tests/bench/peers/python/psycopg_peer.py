"""psycopg 3, a pool of 20, one transaction per hold; the statements are those of the Node shop."""

import pathlib
import random
import time
from collections.abc import Callable
from typing import Any

import psycopg
import psycopg_pool

from common import (TTL_MINUTES, HoldRequest, Refusal, arguments, fingerprint, id_for, measure,
                    resource_of)

ATTEMPTS = 20
# UniqueViolation: the one that was faster with the same token is found by the next attempt.
RETRIED = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected,
           psycopg.errors.UniqueViolation)
# The planner takes every list of days for a long one, finds the plan for the very values cheaper,
# and would plan each hold anew.
OPTIONS = "-c plan_cache_mode=force_generic_plan"

SQL_FILES = pathlib.Path(__file__).parent.parent / "sql"


def sql(name: str) -> str:
    return (SQL_FILES / f"{name}.sql").read_text(encoding="utf-8")


LOCK_DAYS, LOOK, EXPIRE_DUE = sql("lock_days"), sql("look"), sql("expire_due")
TAKE, CONFIRM, RELEASE, STATE = sql("take"), sql("confirm"), sql("release"), sql("state")

Connection = psycopg.Connection[Any]


def refusal_of(found: Any, days: int) -> str:
    if found is None or found.is_deleted:
        return "RESOURCE_NOT_FOUND"
    if not found.is_active:
        return "RESOURCE_INACTIVE"
    if found.is_past:
        return "DATE_IN_PAST"
    if found.days_set < days:
        return "NO_CAPACITY_SET"
    if found.is_blackout:
        return "BLACKOUT"
    return "INSUFFICIENT_CAPACITY" if found.days_short > 0 else ""


def why_ended(status: str) -> str:
    ended = {"CONFIRMED": "ALREADY_CONFIRMED", "RELEASED": "HOLD_RELEASED"}
    return ended.get(status, "HOLD_EXPIRED")


def decide_hold(cursor: Any, request: HoldRequest, print_: str) -> tuple[str, str]:
    """Under the locks: the hold's id, or why there is none; one of the two is empty."""
    resource, dates, quantity, email, holder, token = request
    days = "{" + ",".join(dates) + "}"
    cursor.execute(LOCK_DAYS, (resource, days))
    look = (resource, days, quantity, token)
    found = cursor.execute(LOOK, look).fetchone()
    if found is not None and found.replay_id is not None:
        is_same = found.replay_print == print_
        return (found.replay_id, "") if is_same else ("", "IDEMPOTENCY_MISMATCH")
    first = True
    while found is not None and found.has_due and (first or found.days_short > 0):
        cursor.execute(EXPIRE_DUE, (resource,))
        found = cursor.execute(LOOK, look).fetchone()
        first = False
    refused = refusal_of(found, len(dates))
    if refused:
        return "", refused
    hold_id = id_for("hold", resource)
    cursor.execute(TAKE, (resource, days, quantity, hold_id, email, holder, token, print_,
                          TTL_MINUTES))
    if cursor.rowcount != 1:
        raise RuntimeError("a day lost its places under the lock")
    return hold_id, ""


class PsycopgShop:
    def __init__(self, uri: str, size: int) -> None:
        # prepare_threshold 0: every statement is prepared the first time a connection runs it.
        settings = {"autocommit": True, "prepare_threshold": 0, "options": OPTIONS,
                    "cursor_factory": psycopg.RawCursor,
                    "row_factory": psycopg.rows.namedtuple_row}
        self.pool = psycopg_pool.ConnectionPool(uri, min_size=size, max_size=size, kwargs=settings,
                                                timeout=60.0, open=True)
        self.pool.wait()

    def retrying(self, attempt: Callable[[Connection], Any]) -> Any:
        for tries in range(1, ATTEMPTS + 1):
            try:
                with self.pool.connection() as connection:
                    return attempt(connection)
            except RETRIED:
                if tries == ATTEMPTS:
                    raise
                time.sleep(random.random() * tries * 0.002)

    def create_hold(self, request: HoldRequest) -> str:
        print_ = fingerprint(request)

        def attempt(connection: Connection) -> tuple[str, str]:
            # A refusal commits too: it has at most recorded expiries.
            with connection.transaction():
                return decide_hold(connection.cursor(), request, print_)

        hold_id, refused = self.retrying(attempt)
        if refused:
            raise Refusal(refused)
        return hold_id

    def confirm_hold(self, hold_id: str, holder: str, order_id: str, line_id: str) -> str:
        resource = resource_of(hold_id)
        allocation_id = id_for("alloc", resource)
        values = (resource, hold_id, holder, allocation_id, order_id, line_id)
        if self.ended(CONFIRM, values):
            return allocation_id
        found = self.state(values[:3])
        if found.status == "CONFIRMED" and found[2:] == (order_id, line_id):
            return found.allocation_id
        raise Refusal(why_ended(found.status))

    def release_hold(self, hold_id: str, holder: str) -> None:
        values = (resource_of(hold_id), hold_id, holder)
        if self.ended(RELEASE, values):
            return
        status = self.state(values).status
        if status != "RELEASED":
            raise Refusal(why_ended(status))

    def ended(self, statement: str, values: tuple[str, ...]) -> bool:
        """One guarded statement is the whole transaction; only if it found nothing we ask why."""
        return self.retrying(lambda db: db.execute(statement, values).rowcount) > 0

    def state(self, values: tuple[str, ...]) -> Any:
        found = self.retrying(lambda db: db.execute(STATE, values).fetchone())
        if found is None:
            raise Refusal("HOLD_NOT_FOUND")
        return found


def main() -> None:
    args = arguments(pool=20)
    shop = PsycopgShop(args.uri, args.pool)
    with shop.pool.connection() as connection:
        server = connection.info.server_version
    measure(shop, args, {"psycopg": psycopg.__version__, "psycopg_pool": psycopg_pool.__version__,
                         "implementation": psycopg.pq.__impl__, "server": str(server)})


main()
