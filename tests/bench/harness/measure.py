"""One measured row: a database of its own, the run, the audit."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import time
from typing import Callable

from . import systems
from .cluster import Cluster, free_port
from .systems import ROLLBACK, Failed, System, Toolbox

READS = ("check", "search")
ENDS_AS = {"confirm": "CONFIRMED", "release": "RELEASED"}


@dataclasses.dataclass
class Settings:
    rounds: int
    seconds: float
    warmup: float
    smoke: bool


@dataclasses.dataclass(frozen=True)
class Stock:
    """What bench_shop makes; a template for each."""
    resources: int = 200
    days: int = 365
    capacity: int = 1_000_000
    initialize: int = 1
    due: int = 0  # holds that `bench_shop expired` adds
    due_on: int = 0  # to the first so many resources, which are not booked; 0: to all

    @property
    def name(self) -> str:
        return "_".join(map(str, ("t", *dataclasses.astuple(self))))


@dataclasses.dataclass
class Place:
    """A database that one run has to itself, and its shop's file."""
    uri: str
    shop_file: pathlib.Path
    database: str  # the name in PostgreSQL, the path of a SQLite file
    is_postgres: bool


# Set by a test that wants to see an audit fail: called between a run and its audit.
Sabotage = Callable[["Bench", Place], None]


class Bench:
    def __init__(self, cluster: Cluster, tools: Toolbox, work: pathlib.Path,
                 settings: Settings) -> None:
        self.cluster = cluster
        self.tools = tools
        self.work = work
        self.settings = settings
        self.sabotage: Sabotage | None = None
        self._numbers = itertools.count(1)
        self._began = time.monotonic()
        self._templates: set = set()

    def note(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:6.1f}] {text}", file=sys.stderr, flush=True)

    def say(self, case: dict, name: str, row: dict) -> None:
        told = f"VOID: {row['void']}" if row.get("void") else \
            f"{row['throughput']:,.0f} per s, p99 {row.get('p99_ms') or 0:.2f} ms"
        self.note(f"{case['key']}, round {row['round'] + 1}, {name}: {told}")

    # ---- databases ---------------------------------------------------------------------------

    def shop_file(self, stock: Stock, database: str) -> pathlib.Path:
        return self.work / f"{stock.name}_{database}.json"

    @staticmethod
    def write_shop(path: pathlib.Path, shop: dict) -> None:
        path.write_text(json.dumps(shop))

    def shop(self, place: Place) -> dict:
        return json.loads(place.shop_file.read_text())

    def _make_template(self, stock: Stock, database: str) -> None:
        if (stock, database) in self._templates:
            return
        uri = self.cluster.uri(stock.name)
        if database == "postgres":
            self.cluster.create(stock.name)
        else:
            uri = f"sqlite:{self.work / stock.name}.db?journal={ROLLBACK}"
        self._fill_template(stock, uri, self.shop_file(stock, database))
        if database == "postgres":
            self.cluster.sql("VACUUM ANALYZE", stock.name)
        self._templates.add((stock, database))

    def _fill_template(self, stock: Stock, uri: str, shop_file: pathlib.Path) -> None:
        self.tool("setup", "--uri", uri, "--resources", stock.resources, "--days", stock.days,
                  "--capacity", stock.capacity, "--initialize", stock.initialize, "--shop",
                  shop_file)
        if stock.due:
            self.tool("expired", "--uri", uri, "--shop", shop_file, "--count", stock.due,
                      "--first", stock.due_on or stock.resources)
        if stock.due_on:
            shop = json.loads(shop_file.read_text())
            self.write_shop(shop_file, {**shop, "resources": shop["resources"][stock.due_on:]})

    def take(self, stock: Stock, system: System) -> Place:
        self._make_template(stock, system.database)
        name = f"row_{next(self._numbers)}"
        shop_file = self.shop_file(stock, system.database)
        if system.database == "postgres":
            self.cluster.create(name, stock.name)
            return Place(self.cluster.uri(name), shop_file, name, True)
        path = self.work / f"{name}.db"
        shutil.copyfile(self.work / f"{stock.name}.db", path)
        # As with PostgreSQL's checkpoint: nobody pays for the copy.
        with open(path, "rb+") as copy:
            os.fsync(copy.fileno())
        return Place(f"sqlite:{path}?journal={system.journal}", shop_file, str(path), False)

    def give_back(self, place: Place) -> None:
        if place.is_postgres:
            self.cluster.drop(place.database)
            return
        for suffix in ("", "-wal", "-shm", "-journal"):
            pathlib.Path(place.database + suffix).unlink(missing_ok=True)

    def change(self, place: Place, statement: str) -> None:
        """Runs one statement past every system; {schema} is where its tables are."""
        if place.is_postgres:
            self.cluster.sql(statement.format(schema="holdfast."), place.database)
            return
        connection = sqlite3.connect(place.database)
        with connection:
            connection.execute(statement.format(schema=""))
        connection.close()

    def limit_first_day(self, place: Place, capacity: int) -> None:
        shop = self.shop(place)
        self.change(place, "UPDATE {schema}resource_capacity SET " +
                    f"max_capacity = {capacity}, available_capacity = {capacity} WHERE "
                    f"resource_id = '{shop['resources'][0]}' AND date = '{shop['first_day']}'")

    def tool(self, *arguments: object) -> dict:
        command = [self.tools.need("bench_shop"), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"bench_shop {arguments[0]}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    # ---- one run -----------------------------------------------------------------------------

    def seed(self) -> int:
        return next(self._numbers)

    def command(self, system: System, place: Place, workload: str, callers: int,
                uri: str | None = None, extra: tuple = ()) -> list:
        return [*self.tools.command(system), "--uri", uri or place.uri, "--shop",
                str(place.shop_file), "--workload", workload, "--callers", str(callers),
                "--seconds", str(self.settings.seconds), "--warmup", str(self.settings.warmup),
                "--seed", str(self.seed()), *map(str, extra)]

    def answer(self, system: System, place: Place, workload: str, callers: int,
               uri: str | None = None, extra: tuple = ()) -> dict:
        if system.kind == "pgbench":
            return systems.run_pgbench(
                str(self.cluster.binaries / "pgbench"), place.uri, self.shop(place), workload,
                callers, self.settings.seconds, self.settings.warmup)
        timeout = 60 + 20 * (self.settings.seconds + self.settings.warmup)
        return systems.run_json(self.command(system, place, workload, callers, uri, extra),
                                timeout)

    def metered(self, place: Place, run: Callable[[], object]) -> tuple:
        """What `run` gives, and the CPU seconds that the server spent for it."""
        before = self.cluster.cpu_seconds()
        given = run()
        if not place.is_postgres:
            return given, None
        self.cluster.wait_until_left(place.database)
        return given, self.cluster.cpu_seconds() - before

    # ---- audit -------------------------------------------------------------------------------

    def audit(self, place: Place) -> dict:
        if self.sabotage:
            self.sabotage(self, place)
        return self.tool("audit", "--uri", place.uri)

    @staticmethod
    def fault(audit: dict, wanted: dict) -> str | None:
        """Why the row is void: a violation, or other rows than were reported."""
        if audit["violations"]:
            return f"{audit['violations']} violations"
        for status in sorted({*wanted, *audit["by_status"]}):
            stored, said = audit["by_status"].get(status, 0), wanted.get(status, 0)
            if stored != said:
                return f"{stored} {status} holds stored, {said} reported"
        return None

    # ---- rows --------------------------------------------------------------------------------

    def row(self, number: int, answer: dict, server: float | None) -> dict:
        answers = answer["done"] + answer.get("refused", 0)
        total = answer.get("total_done", 0) + answer.get("total_refused",
                                                         answer.get("refused", 0))
        row = {"round": number, "throughput": answers / answer["seconds"],
               "client_cpu": answer["cpu_s"] / answers * 1000 if answers else None,
               "server_cpu": server / total * 1000 if server is not None and total else None,
               "refused_share": answer.get("refused", 0) / answers if answers else None,
               "answer": answer}
        for name in ("p50", "p95", "p99", "max"):
            if f"{name}_us" in answer:
                row[f"{name}_ms"] = answer[f"{name}_us"] / 1000 if answers else None
        if answer.get("failed"):
            row["void"] = f"{answer['failed']} failed: {answer.get('complaint', '')}"
        elif answers == 0:
            row["void"] = "nothing was answered in time"
        return row

    def measure(self, number: int, system: System, stock: Stock, workload: str, callers: int,
                extra: tuple = (), capacity: int = 0) -> dict:
        """A row of the common kind: one system, one workload, its own database, audited."""
        place = self.take(stock, system)
        try:
            if capacity:
                self.limit_first_day(place, capacity)
            answer, server = self.metered(place, lambda: self.answer(
                system, place, workload, system.callers or callers, None, extra))
            row = self.row(number, answer, server)
            total = 0 if workload in READS else answer["total_done"]
            wanted = {ENDS_AS.get(workload, "ACTIVE"): total}
            row["void"] = row.get("void") or self.fault(self.audit(place), wanted)
        except Failed as failure:
            row = {"round": number, "void": str(failure)}
        finally:
            self.give_back(place)
        return row

    # ---- a network ---------------------------------------------------------------------------

    def proxy(self, delay_us: int) -> tuple:
        port = free_port()
        process = subprocess.Popen(
            [self.tools.need("bench_latency"), "--listen", str(port), "--to",
             str(self.cluster.port), "--delay-us", str(delay_us)],
            stdout=subprocess.PIPE, text=True)
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            raise Failed("bench_latency does not start")
        return process, port
