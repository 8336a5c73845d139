"""Databases, engines asked both ways, chance and budgets."""

import asyncio
import datetime
import os
import pathlib
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


def psql(sql):
    subprocess.run(["psql", "-qX", POSTGRES, "-c", sql], check=True, capture_output=True)


class Databases:
    """Fresh ones; what was made is dropped at the end."""

    def __init__(self, folder):
        self._folder = folder
        self._postgres = []

    def fresh(self, backend):
        name = f"holdfast_python_{uuid.uuid4().hex[:12]}"
        if backend == "memory":
            return "memory:"
        if backend == "sqlite":
            return f"sqlite:{self._folder / name}.db"
        psql(f"CREATE DATABASE {name} TEMPLATE template0")
        self._postgres.append(name)
        return f"postgres:{POSTGRES} dbname={name}"

    def drop(self):
        for name in self._postgres:
            psql(f"DROP DATABASE {name} WITH (FORCE)")


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
