"""The measured systems: how each is started, and what is missing when it cannot be."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

BENCH = pathlib.Path(__file__).resolve().parent.parent
SOURCE = BENCH.parent.parent
# The engine's name for its journal that is not WAL.
ROLLBACK = "persist"


@dataclasses.dataclass(frozen=True)
class System:
    name: str
    database: str  # postgres or sqlite
    kind: str  # holdfast, node, python, limit or pgbench
    program: str
    arguments: tuple = ()
    journal: str = ""
    callers: int = 0  # 0: as the question says
    copies: str = ""  # a limit: whose batches' size it takes
    is_binding: bool = False

    @property
    def is_holdfast(self) -> bool:
        return self.kind == "holdfast" or self.is_binding


def _holdfast(api: str, database: str, journal: str = "") -> System:
    name = f"holdfast {api}" + (f" {journal}" if journal else "")
    return System(name, database, "holdfast", "bench_holdfast", ("--api", api), journal)


def _binding(language: str, database: str, journal: str = "") -> System:
    name = f"holdfast {language}" + (f" {journal}" if journal else "")
    program = {"node": "holdfast.mjs", "python": "holdfast_peer.py"}[language]
    return System(name, database, language, program, (), journal, is_binding=True)


def _limit(api: str, database: str, journal: str = "") -> System:
    name = api + (f" {journal}" if journal else "")
    return System(f"limit of {name}", database, "limit", "bench_limit", (), journal,
                  copies=f"holdfast {name}")


POSTGRES = [
    _holdfast("cpp", "postgres"),
    _holdfast("c", "postgres"),
    _binding("node", "postgres"),
    _binding("python", "postgres"),
    System("node pg transaction", "postgres", "node", "pg.mjs", ("--system", "transaction")),
    System("node pg function", "postgres", "node", "pg.mjs", ("--system", "function")),
    System("python psycopg", "postgres", "python", "psycopg_peer.py"),
    _limit("cpp", "postgres"),
    _limit("c", "postgres"),
    System("pgbench 20", "postgres", "pgbench", "pgbench", callers=20),
    System("pgbench 100", "postgres", "pgbench", "pgbench", callers=100),
]
SQLITE = [
    _holdfast("cpp", "sqlite", "wal"),
    _holdfast("cpp", "sqlite", ROLLBACK),
    _holdfast("c", "sqlite", "wal"),
    _holdfast("c", "sqlite", ROLLBACK),
    _binding("node", "sqlite", "wal"),
    _binding("python", "sqlite", "wal"),
    System("better-sqlite3 wal", "sqlite", "node", "sqlite.mjs", journal="wal"),
    System("python sqlite3 wal", "sqlite", "python", "sqlite_peer.py", journal="wal"),
    _limit("cpp", "sqlite", "wal"),
    _limit("cpp", "sqlite", ROLLBACK),
    _limit("c", "sqlite", "wal"),
    _limit("c", "sqlite", ROLLBACK),
]
# What only a booking can be measured with.
HOLDS_ONLY = ("limit", "pgbench")


class Failed(Exception):
    """A run that gave no answer."""


class Toolbox:
    """Where the programs are; installs what is not built by CMake."""

    def __init__(self, build: pathlib.Path, installed: pathlib.Path) -> None:
        self.build = build
        self.installed = installed
        self.peers = installed / "peers"
        # What `stage_node` of tests/run has put beside the build of the same name.
        self.node_package = build.parent / "node" / build.name / "package"
        self.python_library = build / "libholdfast.so"

    def program(self, name: str) -> pathlib.Path | None:
        for folder in ("tests/bench", "bench", "."):
            path = self.build / folder / name
            if os.access(path, os.X_OK) and path.is_file():
                return path
        return None

    def need(self, name: str) -> str:
        path = self.program(name)
        if path is None:
            raise SystemExit(f"{name} is not built in {self.build}")
        return str(path)

    def place_peers(self) -> None:
        """Beside their modules, which are never installed into the tree."""
        if (BENCH / "peers").exists():
            shutil.copytree(BENCH / "peers", self.peers, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("node_modules", "__pycache__"))

    def install(self) -> None:
        self.place_peers()
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=self.peers / "node",
                       check=True)
        venv = self.installed / "venv"
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "python"), "-m", "pip", "install", "-q", "-r",
                        str(self.peers / "python" / "requirements.txt")], check=True)

    def python(self) -> str:
        path = self.installed / "venv" / "bin" / "python"
        return str(path) if path.exists() else sys.executable

    def missing(self, system: System) -> str | None:
        """Why the system cannot be measured here."""
        if system.kind in ("holdfast", "limit"):
            return None if self.program(system.program) else "not built"
        if system.kind == "pgbench":
            return None
        needed = self.node_package if system.kind == "node" else self.python_library
        if system.is_binding and not needed.exists():
            return "not built"
        if not (self.peers / system.kind / system.program).exists():
            return "not built"
        if system.kind == "node":
            has_modules = (self.peers / "node" / "node_modules").exists()
            return None if has_modules and shutil.which("node") else "not installed"
        if system.database == "sqlite" or system.is_binding:
            return None
        tried = subprocess.run([self.python(), "-c", "import psycopg"], capture_output=True)
        return None if tried.returncode == 0 else "not installed"

    def command(self, system: System) -> list:
        if system.kind in ("holdfast", "limit"):
            return [self.need(system.program), *system.arguments]
        interpreter = "node" if system.kind == "node" else self.python()
        return [interpreter, str(self.peers / system.kind / system.program), *system.arguments,
                *self.binding(system)]

    def binding(self, system: System) -> list:
        if not system.is_binding:
            return []
        if system.kind == "node":
            return ["--package", str(self.node_package.resolve())]
        return ["--package", str(SOURCE / "bindings" / "python"),
                "--library", str(self.python_library.resolve())]


def run_json(command: list, timeout: float) -> dict:
    """The last line that a program prints, as JSON."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"no answer in {timeout:.0f} s") from late
    return parse_answer(done.returncode, done.stdout, done.stderr)


def parse_answer(status: int, out: str, err: str) -> dict:
    if status != 0 or not out.strip():
        last = err.strip().splitlines()[-1:] or [f"exit status {status}"]
        raise Failed(last[0])
    answer = json.loads(out.strip().splitlines()[-1])
    if answer.get("failed"):
        answer["complaint"] = " / ".join(err.strip().splitlines()[:2])
    return answer


def run_together(commands: list, timeout: float) -> list:
    """Several programs at once, each with its answer."""
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for command in commands]
    answers = []
    try:
        for process in running:
            out, err = process.communicate(timeout=timeout)
            answers.append(parse_answer(process.returncode, out, err))
    except subprocess.TimeoutExpired as late:
        raise Failed(f"no answer in {timeout:.0f} s") from late
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.communicate()
    return answers


# ---- pgbench -------------------------------------------------------------------------------------

# One text for all resources: each connection prepares it once.
HOLD_SQL = """\\set resource random(1, {resources})
\\set day random(0, {last})
BEGIN;
UPDATE holdfast.resource_capacity SET available_capacity = available_capacity - 1
  WHERE resource_id = ({ids})[(:resource)::int] AND date = date '{first}' + (:day)::int;
INSERT INTO holdfast.resource_holds (resource_id, id, dates, quantity, customer_email, holder,
  idempotency_token, item_no, fingerprint, status, expires_at, group_id, created_at, updated_at)
  SELECT r, 'hold_' || substr(r, 5) || '_0' || upper(left(u, 25)),
    ARRAY[date '{first}' + (:day)::int], 1, 'guest@example.com', '', 'tok_' || left(u, 24), 0, u,
    'ACTIVE', now() + interval '30 minutes', '', now(), now()
  FROM (SELECT ({ids})[(:resource)::int] AS r,
    replace(gen_random_uuid()::text, '-', '') AS u) AS fresh;
COMMIT;
"""


def pgbench_script(shop: dict, workload: str) -> str:
    """The minimal transaction: one place of one day and one hold, nothing looked at."""
    resources = shop["resources"][:1] if workload == "hot" else shop["resources"]
    return HOLD_SQL.format(
        resources=len(resources), last=0 if workload == "hot" else shop["days"] - 1,
        ids="ARRAY[" + ",".join(f"'{one}'" for one in resources) + "]", first=shop["first_day"])


def percentile(ordered: list, share: float) -> float:
    return ordered[int(share * (len(ordered) - 1) + 0.5)] if ordered else 0.0


def run_pgbench(pgbench: str, uri: str, shop: dict, workload: str, callers: int,
                seconds: float, warmup: float) -> dict:
    """pgbench counts whole seconds: it runs long enough, and the window is cut from its log."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        command = [pgbench, "-n", "-M", "prepared", "-c", str(callers), "-j", "2", "-T",
                   str(max(1, int(seconds + warmup + 0.999))), "-l", "--log-prefix",
                   str(folder / "log"), "--random-seed", str(random.randrange(1 << 30))]
        script = folder / "hold.sql"
        script.write_text(pgbench_script(shop, workload))
        before = os.times()
        done = subprocess.run([*command, "-f", str(script), uri], capture_output=True, text=True)
        after = os.times()
        if done.returncode != 0:
            raise Failed(done.stderr.strip().splitlines()[-1])
        lines = [line.split() for path in folder.glob("log.*")
                 for line in path.read_text().splitlines()]
    cpu = (after.children_user - before.children_user +
           after.children_system - before.children_system)
    return window_of_log(lines, warmup, seconds, cpu)


def window_of_log(lines: list, warmup: float, seconds: float, cpu: float) -> dict:
    """What ended in the window, which begins a warm-up after the first transaction did."""
    latencies = []
    begin = warmup + min((int(line[4]) + (int(line[5]) - float(line[2])) / 1e6 for line in lines),
                         default=0)
    for line in lines:
        ended = int(line[4]) + int(line[5]) / 1e6
        if begin <= ended < begin + seconds:
            latencies.append(float(line[2]))
    latencies.sort()
    share = len(latencies) / len(lines) if lines else 0
    return {"done": len(latencies), "refused": 0, "failed": 0, "seconds": seconds,
            "p50_us": percentile(latencies, 0.50), "p95_us": percentile(latencies, 0.95),
            "p99_us": percentile(latencies, 0.99), "max_us": latencies[-1] if latencies else 0,
            "cpu_s": cpu * share, "total_done": len(lines), "batch_mean": None}
