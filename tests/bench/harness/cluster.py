"""A PostgreSQL of our own, and what its processes cost."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

# Everything that is not PostgreSQL's default. Durability is.
SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "min_wal_size": "2GB",
    "max_connections": "300",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}
DURABILITY = ("fsync", "full_page_writes", "synchronous_commit", "wal_sync_method", "wal_level")
HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def find_binaries() -> pathlib.Path:
    known = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if known:
        return known[-1].parent
    found = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
    return pathlib.Path(found.stdout.strip())


class Cluster:
    """Started by start(), gone after stop()."""

    def __init__(self, base: pathlib.Path, settings: dict | None = None) -> None:
        self.binaries = find_binaries()
        self.settings = {**SETTINGS, **(settings or {})}
        self.folder = self._make_folder(base)
        self.port = free_port()
        self.pid = 0

    def _make_folder(self, base: pathlib.Path) -> pathlib.Path:
        """One that the server's user can reach: below `base`, unless that is private."""
        base.mkdir(parents=True, exist_ok=True)
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        for parent in (base, pathlib.Path(tempfile.gettempdir())):
            if subprocess.run([*self.as_user, "test", "-x", str(parent)]).returncode == 0:
                break
        folder = pathlib.Path(tempfile.mkdtemp(prefix="postgres-", dir=parent))
        if self.as_user:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
        return folder

    def start(self) -> "Cluster":
        data = str(self.folder / "data")
        self._run([str(self.binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust",
                   "-E", "UTF8", "--locale=C.UTF-8"])
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        self._run([str(self.binaries / "pg_ctl"), "-D", data, "-w", "-t", "60", "-l",
                   str(self.folder / "server.log"), "start", "-o", f"-p {self.port} {options}"])
        self.pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        return self

    def _run(self, command: list) -> None:
        # No pipes: the server would inherit them, and who reads them would wait for its end.
        with open(os.devnull, "w", encoding="ascii") as nowhere:
            subprocess.run([*self.as_user, *command], cwd=self.folder, check=True,
                           stdin=subprocess.DEVNULL, stdout=nowhere, stderr=nowhere)

    def stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGQUIT):
            if not self._is_running():
                break
            os.kill(self.pid, number)
            for _ in range(200):
                if not self._is_running():
                    break
                time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_running(self) -> bool:
        return self.pid != 0 and pathlib.Path(f"/proc/{self.pid}").exists()

    def uri(self, database: str, port: int | None = None) -> str:
        return f"postgres://postgres@{HOST}:{port or self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Its rows, one per line, fields separated by |."""
        done = subprocess.run(
            [str(self.binaries / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", self.uri(database),
             "-c", statement], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def fill_log(self) -> None:
        """A server that has run for a while writes its log into files that it has used before.
        A new one fills each with zeros first, 16 MB of them, and whoever commits then waits."""
        self.sql("DO $$ BEGIN FOR i IN 1..128 LOOP PERFORM pg_logical_emit_message(false, '', ''); "
                 "PERFORM pg_switch_wal(); END LOOP; END $$")
        self.sql("CHECKPOINT")

    def create(self, database: str, template: str | None = None) -> None:
        self.sql(f'CREATE DATABASE "{database}"' +
                 (f' TEMPLATE "{template}"' if template else ""))
        if template:
            # The copy's pages are on disk before anybody is measured.
            self.sql("CHECKPOINT")

    def drop(self, database: str) -> None:
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def cpu_seconds(self) -> float:
        """Of the postmaster, of all its children that run and of all that have ended."""
        ticks = sum(self._times(self.pid, ended=True))
        ticks += sum(sum(self._times(child)) for child in self._children())
        return ticks / os.sysconf("SC_CLK_TCK")

    def _children(self) -> list:
        path = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(child) for child in path.read_text().split()]

    @staticmethod
    def _times(pid: int, ended: bool = False) -> list:
        try:
            text = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return [0]
        # utime, stime, and those of waited-for children; the name before them may hold spaces.
        fields = text[text.rindex(")") + 2:].split()
        return [int(field) for field in fields[11:15 if ended else 13]]

    def wait_until_left(self, database: str, seconds: float = 10) -> None:
        """Until no server process works for that database, so that its CPU is counted whole."""
        mark = f" {database} ".encode()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            titles = []
            for child in self._children():
                try:
                    titles.append(pathlib.Path(f"/proc/{child}/cmdline").read_bytes())
                except OSError:
                    continue
            if not any(mark in title for title in titles):
                return
            time.sleep(0.01)

    def describe(self) -> dict:
        shown = {name: self.sql(f"SHOW {name}") for name in DURABILITY}
        shown.update({name: self.sql(f"SHOW {name}")
                      for name in ("shared_buffers", "max_wal_size", "min_wal_size")})
        return {"version": self.sql("SHOW server_version"), "settings": shown}
