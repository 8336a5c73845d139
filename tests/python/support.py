"""Databases, engines asked both ways, chance and budgets."""

import asyncio
import contextlib
import datetime
import os
import pathlib
import sqlite3
import subprocess
import sys
import uuid

import holdfast
from holdfast import aio

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "bindings" / "python"
POSTGRES = os.environ.get("HOLDFAST_TEST_POSTGRES", "")
BUDGET = float(os.environ.get("HOLDFAST_BUDGET", "1"))
SEED = int(os.environ.get("HOLDFAST_SEED", "0")) or int.from_bytes(os.urandom(4), "little")
UTC = datetime.timezone.utc
NOON = datetime.datetime(2027, 6, 1, 2, 0, tzinfo=UTC)  # noon in Brisbane
MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)
FIRST = datetime.date(2027, 7, 1)


def rounds(count):
    return max(1, int(count * BUDGET))


def backends():
    named = os.environ.get("HOLDFAST_TEST_BACKENDS", "memory,sqlite,postgres").split(",")
    return [name for name in named if name != "postgres" or POSTGRES]


def psql(conninfo, *statements):
    words = [word for sql in statements for word in ("-c", sql)]
    subprocess.run(["psql", "-qX", conninfo, *words], check=True, capture_output=True)


class Databases:
    """Empty ones; what was made is dropped at the end.

    Making and dropping one on a server takes longer than emptying one, so they are used again.
    """

    def __init__(self, folder):
        self._folder = folder
        self._made = []
        self._free = []

    def fresh(self, backend):
        if backend == "memory":
            return "memory:"
        name = f"holdfast_python_{uuid.uuid4().hex[:12]}"
        if backend == "sqlite":
            return f"sqlite:{self._folder / name}.db"
        if self._free:
            conninfo = self._free.pop()
            psql(conninfo, "SET client_min_messages TO warning",
                 "DROP SCHEMA IF EXISTS holdfast CASCADE")
        else:
            psql(POSTGRES, f"CREATE DATABASE {name} TEMPLATE template0")
            self._made.append(name)
            conninfo = f"{POSTGRES} dbname={name}"
        return f"postgres:{conninfo}"

    def give_back(self, uri):
        backend, conninfo = uri.split(":", 1)
        if backend == "postgres":
            self._free.append(conninfo)

    def drop(self):
        if self._made:
            psql(POSTGRES, *[f"DROP DATABASE {name} WITH (FORCE)" for name in self._made])


def lock_key(resource_id):
    """What the engine locks for a resource on PostgreSQL: src/storage/README.md."""
    found = 0xcbf29ce484222325
    for byte in resource_id.encode():
        found = (found ^ byte) * 0x100000001b3 % 2**64
    return 0x4846 << 48 | found % 2**48


@contextlib.contextmanager
def locked_elsewhere(uri, resource_id):
    """Keeps a resource locked as another program would."""
    backend, database = uri.split(":", 1)
    if backend == "sqlite":
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with subprocess.Popen(["psql", "-qXAt", database], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as other:
        other.stdin.write(f"BEGIN;\nSELECT pg_advisory_xact_lock({lock_key(resource_id)});\n"
                          "\\echo locked\n")
        other.stdin.flush()
        while other.stdout.readline() != "locked\n":
            pass
        yield


class Blocking:
    """Asks with holdfast.open(...)."""

    def __init__(self, uri, **options):
        self.engine = holdfast.open(uri, **options)

    def __getattr__(self, name):
        return getattr(self.engine, name)


class Awaited:
    """Asks with holdfast.aio.open(...), on a loop of its own."""

    def __init__(self, uri, **options):
        self.loop = asyncio.new_event_loop()
        self.engine = self.loop.run_until_complete(self._open(uri, options))

    @staticmethod
    async def _open(uri, options):
        return await aio.open(uri, **options)

    def __getattr__(self, name):
        def ask(**arguments):
            return self.loop.run_until_complete(getattr(self.engine, name)(**arguments))
        return ask

    def close(self):
        self.loop.run_until_complete(self.engine.close())
        self.loop.close()


WAYS = {"blocking": Blocking, "awaited": Awaited}


class Shop:
    """An engine with a clock that stands, and resources made in a line."""

    def __init__(self, booking, clock):
        self.booking = booking
        self.clock = clock
        self.resources = []

    def resource(self, places=None, days=10, **fields):
        made = self.booking.create_resource(**{"type": "TOUR", "name": "Reef", **fields}).resource
        self.resources.append(made.id)
        if places is not None:
            self.booking.initialize_capacity(
                resource_id=made.id, start_date=FIRST, end_date=FIRST + (days - 1) * DAY,
                daily_capacity=places)
        return made.id

    def hold(self, resource_id, *days, **fields):
        dates = [FIRST + day * DAY for day in days or (0,)]
        return self.booking.create_hold(resource_id=resource_id, dates=dates, **fields).hold

    def left(self, resource_id, day=0):
        date = FIRST + day * DAY
        return self.booking.check_availability(
            resource_id=resource_id, start_date=date, end_date=date).days[0].available_capacity


def run_python(*arguments, env=None, python=sys.executable, **options):
    """Another process; its output as text."""
    return subprocess.run([python, "-B", *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, **(env or {})}, timeout=300, **options)
