"""A harness that cannot fail proves nothing: what must void a row does, on real databases.

HOLDFAST_BENCH_BUILD=DIR python3 -m unittest discover -s tests/bench/harness -t tests/bench
Without the variable only what needs no program is run.
"""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness import questions, systems, table  # noqa: E402
from harness.cluster import HOST, Cluster, free_port  # noqa: E402
from harness.measure import Bench, Settings, Stock  # noqa: E402
from harness.systems import POSTGRES, ROLLBACK, SQLITE, System, Toolbox  # noqa: E402

BUILD = os.environ.get("HOLDFAST_BENCH_BUILD", "")
STOCK = Stock(resources=5, days=30)


def system(name: str) -> System:
    return next(s for s in POSTGRES + SQLITE if s.name == name)


def row(number: int, speed: float, late: float, void: str | None = None) -> dict:
    return {"round": number, "throughput": speed, "p99_ms": late, "void": void}


class Tables(unittest.TestCase):
    def case(self) -> dict:
        def entry(name: str, rows: list) -> dict:
            return {"name": name, "is_holdfast": name == "ours", "copies": "", "missing": None,
                    "rows": rows}
        return {"key": "1", "title": "t", "references": ["theirs"], "systems": [
            entry("ours", [row(0, 100, 1), row(1, 300, 2), row(2, 900, 9, "a violation")]),
            entry("theirs", [row(0, 10, 10), row(1, 10, 40), row(2, 10, 10)])]}

    def test_a_void_row_is_shown_and_never_counted(self) -> None:
        case = self.case()
        text = table.render(case)
        self.assertIn("VOID ours, round 3: a violation", text)
        self.assertIn("2, 1 void", text)
        self.assertEqual(case["systems"][0]["median"]["throughput"], 200)
        self.assertEqual(case["systems"][0]["range"]["throughput"], [100, 300])

    def test_ratios_pair_the_rounds(self) -> None:
        case = self.case()
        table.render(case)
        self.assertEqual(case["ratios"][0]["throughput"], {"median": 20, "min": 10, "max": 30})
        self.assertAlmostEqual(case["ratios"][0]["p99_ms"]["median"], 0.075)

    def test_the_limit_follows_holdfast_in_every_round(self) -> None:
        for number in range(len(POSTGRES)):
            names = [s.name for s in questions.order_of_round(POSTGRES, number)]
            self.assertEqual(len(names), len(POSTGRES))
            for system in POSTGRES:
                if system.copies:
                    self.assertGreater(names.index(system.name), names.index(system.copies))
        first = {questions.order_of_round(POSTGRES, n)[0].name for n in range(3)}
        self.assertEqual(len(first), 3)


class Windows(unittest.TestCase):
    def test_only_what_ended_in_the_window_counts(self) -> None:
        lines = [["0", "1", "500", "0", str(at), "500"] for at in (100, 101, 102, 103)]
        answer = systems.window_of_log(lines, 1, 2, 8.0)
        self.assertEqual((answer["done"], answer["total_done"], answer["cpu_s"]), (2, 4, 4.0))

    def test_percentiles_are_of_the_samples(self) -> None:
        ordered = [float(i) for i in range(101)]
        self.assertEqual(systems.percentile(ordered, 0.99), 99)
        self.assertEqual(systems.percentile([], 0.5), 0)

    def test_a_program_that_fails_gives_no_row(self) -> None:
        for script in ("import sys; sys.exit('went wrong')", "pass"):
            with self.assertRaises(systems.Failed):
                systems.run_json([sys.executable, "-c", script], 10)


@unittest.skipUnless(BUILD, "HOLDFAST_BENCH_BUILD is not set")
class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.place = tempfile.TemporaryDirectory()
        os.chmod(cls.place.name, 0o755)
        folder = pathlib.Path(cls.place.name)
        cls.cluster = Cluster(folder)
        cls.addClassCleanup(cls.place.cleanup)
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start()
        tools = Toolbox(pathlib.Path(BUILD).resolve(), folder)
        cls.bench = Bench(cls.cluster, tools, folder, Settings(1, 0.2, 0.05, True))

    def measured(self, name: str, workload: str, statement: str | None = None) -> dict:
        self.bench.sabotage = (lambda bench, at: bench.change(at, statement)) if statement else None
        return self.bench.measure(0, system(name), STOCK, workload, 4)

    def test_a_sound_run_is_valid(self) -> None:
        for name in ("holdfast cpp", "holdfast c", "holdfast cpp wal", f"holdfast cpp {ROLLBACK}"):
            for workload in ("spread", "confirm", "release", "check", "search"):
                with self.subTest(name=name, workload=workload):
                    found = self.measured(name, workload)
                    self.assertIsNone(found["void"])
                    self.assertGreater(found["throughput"], 0)
        self.assertIsNone(self.measured("pgbench 20", "spread")["void"])

    def test_a_place_that_went_missing_voids_the_row(self) -> None:
        for name in ("holdfast cpp", "holdfast cpp wal"):
            found = self.measured(
                name, "spread", "UPDATE {schema}resource_capacity SET available_capacity = "
                "available_capacity - 1 WHERE date = (SELECT min(date) FROM "
                "{schema}resource_capacity)")
            self.assertRegex(found["void"], "5 violations")

    def test_an_oversold_day_voids_the_row(self) -> None:
        found = self.measured(
            "holdfast cpp", "hot", "UPDATE {schema}resource_holds SET quantity = quantity + 1")
        self.assertRegex(found["void"], "violations")

    def test_a_hold_that_was_reported_and_is_not_there_voids_the_row(self) -> None:
        lost = ("WITH gone AS (DELETE FROM {schema}resource_holds WHERE id = (SELECT min(id) FROM "
                "{schema}resource_holds) RETURNING resource_id, dates) UPDATE "
                "{schema}resource_capacity c SET available_capacity = available_capacity + 1 "
                "FROM gone WHERE c.resource_id = gone.resource_id AND c.date = ANY (gone.dates)")
        found = self.measured("holdfast cpp", "spread", lost)
        self.assertRegex(found["void"], r"^\d+ ACTIVE holds stored, \d+ reported$")

    def test_a_hold_in_another_state_voids_the_row(self) -> None:
        found = self.measured("holdfast cpp", "release", "UPDATE {schema}resource_holds SET "
                              "status = 'EXPIRED' WHERE id = (SELECT min(id) FROM "
                              "{schema}resource_holds)")
        self.assertRegex(found["void"], "^1 EXPIRED holds stored, 0 reported$")

    def test_the_servers_cpu_counts_processes_that_have_ended(self) -> None:
        before = self.cluster.cpu_seconds()
        self.cluster.sql("SELECT count(md5(i::text)) FROM generate_series(1, 1000000) i")
        self.cluster.wait_until_left("postgres")
        self.assertGreater(self.cluster.cpu_seconds() - before, 0.1)

    def test_the_filled_shop_is_sound_and_as_large_as_asked(self) -> None:
        place = questions.fill(self.bench, "filled", (2_000, 10))
        audit = self.bench.tool("audit", "--uri", place.uri)
        self.assertEqual((audit["violations"], audit["holds"]), (0, 2_000))
        keys = "SELECT count(*) FROM pg_index WHERE indrelid::regclass::text LIKE 'holdfast.%'"
        self.bench._make_template(STOCK, "postgres")
        self.assertEqual(self.cluster.sql(keys, "filled"), self.cluster.sql(keys, STOCK.name))


@unittest.skipUnless(BUILD, "HOLDFAST_BENCH_BUILD is not set")
class Network(unittest.TestCase):
    """The proxy against a server that sends back what it gets."""

    def setUp(self) -> None:
        self.server = socket.create_server((HOST, 0))
        self.addCleanup(self.server.close)
        threading.Thread(target=self.serve, daemon=True).start()
        self.port = free_port()
        program = Toolbox(pathlib.Path(BUILD).resolve(), pathlib.Path(BUILD)).need("bench_latency")
        self.proxy = subprocess.Popen(
            [program, "--listen", str(self.port), "--to", str(self.server.getsockname()[1]),
             "--delay-us", "20000"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.proxy.communicate)
        self.addCleanup(self.proxy.kill)
        self.assertEqual(self.proxy.stdout.readline().strip(), "ready")

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.echo, args=(client,), daemon=True).start()

    @staticmethod
    def echo(client: socket.socket) -> None:
        with client:
            while data := client.recv(65536):
                client.sendall(data)

    def test_each_way_takes_its_time(self) -> None:
        with socket.create_connection((HOST, self.port)) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(3):
                began = time.monotonic()
                client.sendall(b"x")
                self.assertEqual(client.recv(1), b"x")
                took = time.monotonic() - began
                self.assertGreaterEqual(took, 0.040)
                self.assertLess(took, 0.2)

    def test_much_comes_back_whole_and_in_order_and_ends(self) -> None:
        wanted = b"".join(i.to_bytes(4, "big") for i in range(5_000_000 // 4 * 3))
        with socket.create_connection((HOST, self.port)) as client:
            sender = threading.Thread(target=lambda: (client.sendall(wanted),
                                                      client.shutdown(socket.SHUT_WR)))
            sender.start()
            got = bytearray()
            while data := client.recv(1 << 16):
                got += data
            sender.join()
        self.assertEqual(bytes(got), wanted)

    def test_connections_do_not_wait_for_each_other(self) -> None:
        clients = [socket.create_connection((HOST, self.port)) for _ in range(100)]
        began = time.monotonic()
        for number, client in enumerate(clients):
            client.sendall(bytes([number]))
        for number, client in enumerate(clients):
            self.assertEqual(client.recv(1), bytes([number]))
            client.close()
        self.assertLess(time.monotonic() - began, 1)


if __name__ == "__main__":
    unittest.main()
