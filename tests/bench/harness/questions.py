"""The questions that the benchmark answers, each with its own table or tables."""

from __future__ import annotations

import dataclasses
import statistics
import subprocess
from typing import Callable

from . import systems, table
from .measure import Bench, Place, Stock
from .systems import HOLDS_ONLY, POSTGRES, ROLLBACK, SQLITE, Failed, System

TRANSACTION, FUNCTION = "node pg transaction", "node pg function"
PG_REFERENCES = (TRANSACTION, FUNCTION, *(s.name for s in POSTGRES if s.copies))
SQLITE_REFERENCES = ("better-sqlite3 wal", *(s.name for s in SQLITE if s.copies))
LATENCIES = (("p50_ms", "p50 ms"), ("p95_ms", "p95 ms"), ("p99_ms", "p99 ms"))

Measure = Callable[[int, System], dict]


def new_case(bench: Bench, key: str, title: str, chosen: list, references: tuple = (),
             columns: tuple = ()) -> dict:
    case = {"key": key, "title": title, "references": list(references), "systems": []}
    if columns:
        case["columns"] = [list(column) for column in columns]
    for system in chosen:
        case["systems"].append({
            "name": system.name, "is_holdfast": system.is_holdfast, "copies": system.copies,
            "missing": bench.tools.missing(system), "rows": []})
    return case


def order_of_round(chosen: list, number: int) -> list:
    """Rotated, but the limit comes after Holdfast, whose batches it copies."""
    shift = number % len(chosen)
    order = chosen[shift:] + chosen[:shift]
    return [s for s in order if s.kind != "limit"] + [s for s in order if s.kind == "limit"]


def interleave(bench: Bench, case: dict, chosen: list, measure: Measure) -> dict:
    by_name = {system["name"]: system for system in case["systems"]}
    for number in range(bench.settings.rounds):
        for system in order_of_round(chosen, number):
            entry = by_name[system.name]
            if not entry["missing"]:
                row = measure(number, system)
                entry["rows"].append(row)
                bench.say(case, system.name, row)
    return case


class Batches:
    """What Holdfast's batches held in this round, for the limit."""

    def __init__(self) -> None:
        self.mean: dict = {}

    def note(self, system: System, row: dict) -> None:
        mean = row.get("answer", {}).get("batch_mean")
        if system.is_holdfast and mean:
            self.mean[system.name] = mean

    def flags(self, system: System) -> tuple:
        if system.kind != "limit":
            return ()
        mean = self.mean.get(system.copies, 1)
        lanes = 2 if system.database == "postgres" else 1
        return ("--batch", max(1, round(mean)), "--lanes", lanes)


def common(bench: Bench, key: str, title: str, chosen: list, stock: Stock, workload: str,
           callers: int, references: tuple) -> dict:
    """One system after the other on a fresh copy of the same shop."""
    case = new_case(bench, key, title, chosen, references)
    batches = Batches()

    def measure(number: int, system: System) -> dict:
        row = bench.measure(number, system, stock, workload, callers, batches.flags(system))
        batches.note(system, row)
        return row

    return interleave(bench, case, chosen, measure)


def stock_of(bench: Bench, resources: int = 200, **rest: int) -> Stock:
    if not bench.settings.smoke:
        return Stock(resources=resources, **rest)
    return Stock(resources=min(resources, 20), days=60, **rest)


def fitting(chosen: list, workload: str, pgbench: tuple = ()) -> list:
    """Without those that cannot be asked this."""
    books = workload in ("spread", "hot")
    reads = workload in ("check", "search")
    return [s for s in chosen if
            (s.kind not in HOLDS_ONLY or books) and (s.kind != "pgbench" or s.callers in pgbench)
            and not (reads and (s.kind == "python" or s.name == FUNCTION))]


def both(bench: Bench, number: str, title: str, workload: str, callers: int,
         pgbench: tuple = (), stock: Stock | None = None) -> list:
    stock = stock or stock_of(bench)
    return [
        common(bench, f"{number} PostgreSQL", title, fitting(POSTGRES, workload, pgbench), stock,
               workload, callers, PG_REFERENCES),
        common(bench, f"{number} SQLite", title, fitting(SQLITE, workload), stock, workload,
               callers, SQLITE_REFERENCES)]


# ---- the questions -------------------------------------------------------------------------------

def spread_100(bench: Bench) -> list:
    return both(bench, "1", "100 callers, 3-day holds over 200 resources and a year", "spread",
                100, (20, 100))


def hot(bench: Bench) -> list:
    cases = both(bench, "2a", "100 callers, all on one resource and day, none refused", "hot",
                 100, (20, 100))
    title = "the same with capacity for a tenth of what each system sold (2a); refusals count"
    for enough, chosen in zip(list(cases), (POSTGRES, SQLITE)):
        chosen = [s for s in fitting(chosen, "hot") if s.kind not in HOLDS_ONLY]
        sold = {system["name"]: [row["answer"]["total_done"]
                                 for row in table.valid(system["rows"])]
                for system in enough["systems"]}
        key = enough["key"].replace("2a", "2b")
        case = new_case(bench, key, title, chosen, PG_REFERENCES[:2] + SQLITE_REFERENCES[:1],
                        (*table.COLUMNS, ("refused_share", "refused share")))

        def measure(number: int, system: System, sold: dict = sold) -> dict:
            counts = sold[system.name]
            if not counts:
                return {"round": number, "void": "nothing valid was sold in 2a"}
            capacity = max(1, int(statistics.median(counts) / 10))
            # No warm-up, or it would see the sale and the window only refusals.
            return bench.measure(number, system, stock_of(bench), "hot", 100, ("--warmup", 0),
                                 capacity)

        cases.append(interleave(bench, case, chosen, measure))
    return cases


def one_caller(bench: Bench) -> list:
    return both(bench, "3", "one caller, one at a time", "spread", 1)


def callers_1000(bench: Bench) -> list:
    return both(bench, "4", "1,000 callers", "spread", 1000)


def confirm_release(bench: Bench) -> list:
    return (both(bench, "5a", "hold + confirm, 100 callers", "confirm", 100) +
            both(bench, "5b", "hold + release, 100 callers", "release", 100))


def availability(bench: Bench) -> list:
    return (both(bench, "6a", "check_availability of 30 days, 100 callers", "check", 100) +
            [case for key, callers in (("6b", 4), ("6c", 20)) for case in both(
                bench, key, f"search_availability of 500 resources x 30 days, {callers} callers; "
                "the shop's programs ask 500 times", "search", callers, (), stock_of(bench, 500))])


def holdfasts(*databases: str) -> list:
    return [s for s in POSTGRES + SQLITE
            if s.database in databases and s.arguments[:2] == ("--api", "cpp")]


def named(chosen: list) -> list:
    """Told apart where both databases stand in one table."""
    return [dataclasses.replace(s, name=f"{s.name} {s.database}") for s in chosen]


def cleanup(bench: Bench) -> list:
    count = 500 if bench.settings.smoke else 100_000
    resources = stock_of(bench).resources
    same = stock_of(bench, due=count)
    other = dataclasses.replace(same, resources=2 * resources, due_on=resources)
    title = f"cleanup of {count:,} holds that are due at one instant, beside 100 callers who book "
    return [cleanup_case(bench, "7a", title + "the same resources", same),
            cleanup_case(bench, "7b", title + "other resources", other)]


def cleanup_case(bench: Bench, key: str, title: str, stock: Stock) -> dict:
    chosen = named(holdfasts("postgres", "sqlite"))
    columns = (("cleanup_s", "sweep s"), ("recorded", "expired"), ("p99_ms", "p99 alone ms"),
               ("during_p99_ms", "p99 during ms"), ("factor", "factor"),
               ("throughput", "alone per s"), ("during_per_s", "during per s"))
    case = new_case(bench, key, title, chosen, (), columns)
    return interleave(bench, case, chosen, lambda number, system:
                      cleanup_row(bench, number, system, stock))


def cleanup_row(bench: Bench, number: int, system: System, stock: Stock) -> dict:
    place = bench.take(stock, system)
    try:
        # Time for the start, and for the statement that sets the instant.
        wait = bench.settings.warmup + bench.settings.seconds + 1 + stock.due / 20_000
        due = bench.tool("due", "--uri", place.uri, "--in", wait)["due_at_us"]
        answer, server = bench.metered(place, lambda: bench.answer(
            system, place, "cleanup", 100, None, ("--due-at", due)))
        row = bench.row(number, answer, server)
        row.update(cleanup_s=answer["cleanup_s"], recorded=answer["expired"],
                   during_p99_ms=answer["during_p99_us"] / 1000,
                   during_per_s=answer["during_done"] / answer["cleanup_s"])
        row["factor"] = row["during_p99_ms"] / row["p99_ms"] if row.get("p99_ms") else None
        wanted = {"ACTIVE": answer["total_done"], "EXPIRED": stock.due}
        row["void"] = row.get("void") or bench.fault(bench.audit(place), wanted)
    except Failed as failure:
        row = {"round": number, "void": str(failure)}
    finally:
        bench.give_back(place)
    return row


def initialize(bench: Bench) -> list:
    resources = 20 if bench.settings.smoke else 1000
    stock = Stock(resources=resources, days=365, initialize=0)
    chosen = named(holdfasts("postgres", "sqlite"))
    columns = (("seconds", "seconds"), ("throughput", "days per s"), *LATENCIES,
               ("client_cpu", "client CPU s/1000 days"), ("server_cpu", "server CPU s/1000 days"))
    case = new_case(bench, "8", f"initialize_capacity of {resources:,} resources x 365 days, "
                    "100 callers", chosen, (), columns)

    def measure(number: int, system: System) -> dict:
        place = bench.take(stock, system)
        try:
            answer, server = bench.metered(
                place, lambda: bench.answer(system, place, "initialize", 100))
            row = bench.row(number, answer, server)
            days = answer["days_created"]
            row.update(seconds=answer["seconds"], throughput=answer["days_per_s"],
                       client_cpu=answer["cpu_s"] / days * 1000,
                       server_cpu=None if server is None else server / days * 1000)
            audit = bench.audit(place)
            row["void"] = row.get("void") or bench.fault(audit, {})
            if days != resources * 365 or audit["days"] != days:
                row["void"] = f"{days} days said, {audit['days']} stored"
        except Failed as failure:
            row = {"round": number, "void": str(failure)}
        finally:
            bench.give_back(place)
        return row

    return [interleave(bench, case, chosen, measure)]


def together(answers: list) -> dict:
    """Several processes' answers as one."""
    total = {name: sum(answer[name] for answer in answers)
             for name in ("done", "refused", "failed", "cpu_s", "total_done", "total_refused")}
    total["seconds"] = max(answer["seconds"] for answer in answers)
    for name in ("p50_us", "p95_us", "p99_us", "max_us"):
        total[name] = max(answer[name] for answer in answers)
    means = [answer["batch_mean"] for answer in answers if answer["batch_mean"]]
    total["batch_mean"] = statistics.mean(means) if means else None
    total["complaint"] = next((a["complaint"] for a in answers if "complaint" in a), "")
    return total


def processes(bench: Bench) -> list:
    system = holdfasts("postgres")[0]
    counts = (1, 2) if bench.settings.smoke else (1, 2, 4, 8)
    chosen = [dataclasses.replace(system, name=f"{count} processes" if count > 1 else "1 process",
                                  callers=count) for count in counts]
    case = new_case(bench, "9", "several host processes on one PostgreSQL, 100 callers in each, "
                    "as question 1; a percentile is that of the slowest process", chosen,
                    ("1 process",))
    stock = stock_of(bench)

    def measure(number: int, several: System) -> dict:
        place = bench.take(stock, several)
        try:
            commands = [bench.command(system, place, "spread", 100)
                        for _ in range(several.callers)]
            answers, server = bench.metered(
                place, lambda: systems.run_together(commands, 120))
            row = bench.row(number, together(answers), server)
            wanted = {"ACTIVE": row["answer"]["total_done"]}
            row["void"] = row.get("void") or bench.fault(bench.audit(place), wanted)
        except Failed as failure:
            row = {"round": number, "void": str(failure)}
        finally:
            bench.give_back(place)
        return row

    return [interleave(bench, case, chosen, measure)]


def growth(bench: Bench) -> list:
    """In place, because tables of this size are not copied for each row: the audit of a round
    counts what its runs have added."""
    small, large = ((1_000, 20), (5_000, 100)) if bench.settings.smoke else \
        ((10_000, 200), (10_000_000, 20_000))
    booked = small[1]
    databases = {"grown_small": small, "grown_large": large}
    shapes = (("grown_small", f"{small[0]:,} holds, {small[1]} resources", "all"),
              ("grown_large", f"{large[0]:,} holds, {large[1]:,} resources, {booked} booked",
               str(booked)),
              ("grown_large", f"{large[0]:,} holds, {large[1]:,} resources, all booked", "all"))
    places = {}
    for database, size in databases.items():
        places[database] = fill(bench, database, size)
    chosen = []
    shape_of = {}
    for base in (s for s in POSTGRES if s.name in ("holdfast cpp", FUNCTION)):
        for database, text, which in shapes:
            chosen.append(dataclasses.replace(base, name=f"{base.name}: {text}"))
            shape_of[chosen[-1].name] = (database, which)
    case = new_case(bench, "10", "growth: question 1 in tables with a past, PostgreSQL", chosen,
                    (chosen[0].name,), (*table.COLUMNS, ("cost", "CPU s/1000, both")))
    baseline = {database: bench.audit(place) for database, place in places.items()}
    for number in range(bench.settings.rounds):
        added: dict = {database: [] for database in places}
        for system in order_of_round(chosen, number):
            entry = next(e for e in case["systems"] if e["name"] == system.name)
            if entry["missing"]:
                continue
            database, which = shape_of[system.name]
            row = grown_row(bench, number, system, places[database], which)
            entry["rows"].append(row)
            added[database].append(row)
            bench.say(case, system.name, row)
        for database, rows in added.items():
            judge(bench, places[database], baseline, database, rows)
    for place in places.values():
        bench.give_back(place)
    return [case]


def grown_row(bench: Bench, number: int, system: System, place: Place, which: str) -> dict:
    shop_file = place.shop_file.with_name(f"{place.database}_{which}.json")
    there = dataclasses.replace(place, shop_file=shop_file)
    try:
        answer, server = bench.metered(there, lambda: bench.answer(system, there, "spread", 100))
        row = bench.row(number, answer, server)
        if row["client_cpu"] is not None and row["server_cpu"] is not None:
            row["cost"] = row["client_cpu"] + row["server_cpu"]
        return row
    except Failed as failure:
        return {"round": number, "void": str(failure)}


def judge(bench: Bench, place: Place, baseline: dict, database: str, rows: list) -> None:
    """One audit for all of the round's runs on that database: a fault voids them all."""
    audit = bench.audit(place)
    wanted = dict(baseline[database]["by_status"])
    wanted["ACTIVE"] = wanted.get("ACTIVE", 0) + sum(
        row["answer"]["total_done"] for row in rows if "answer" in row)
    fault = bench.fault(audit, wanted)
    baseline[database] = audit
    for row in rows:
        row["void"] = row.get("void") or fault


def fill(bench: Bench, database: str, size: tuple) -> Place:
    holds, resources = size
    bench.cluster.create(database)
    place = Place(bench.cluster.uri(database), bench.work / f"{database}_all.json", database, True)
    command = [bench.tools.need("bench_fill"), "--uri", place.uri, "--shop",
               str(place.shop_file), "--resources", str(resources), "--holds", str(holds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(done.stderr.strip())
    bench.note(f"{database}: {done.stderr.strip().splitlines()[-1]}")
    shop = bench.shop(place)
    for which in (20, 200):
        part = {**shop, "resources": shop["resources"][:which]}
        bench.write_shop(bench.work / f"{database}_{which}.json", part)
    return place


def memory(bench: Bench) -> list:
    holds = 1_000 if bench.settings.smoke else 1_000_000
    columns = (("rest_mib", "at rest MiB"), ("tenth_mib", f"after {holds // 10:,} MiB"),
               ("last_mib", f"after {holds:,} MiB"), ("busy_mib", "most MiB"),
               ("after_mib", "at rest again MiB"), ("throughput", "per s"))
    chosen = named([s for s in POSTGRES + SQLITE
                    if s.kind == "holdfast" and s.journal != ROLLBACK])
    case = new_case(bench, "11", f"memory of the host process with 1,000 callers, {holds:,} holds",
                    chosen, (), columns)
    stock = stock_of(bench)

    def measure(number: int, system: System) -> dict:
        place = bench.take(stock, system)
        try:
            command = bench.command(system, place, "memory", 1000, None, ("--holds", holds))
            answer, server = bench.metered(place, lambda: systems.run_json(command, 1200))
            row = bench.row(number, answer, server)
            for name in ("rest", "tenth", "last", "busy", "after"):
                row[f"{name}_mib"] = answer[f"rss_{name}_kib"] / 1024
            wanted = {"ACTIVE": answer["total_done"]}
            row["void"] = row.get("void") or bench.fault(bench.audit(place), wanted)
        except Failed as failure:
            row = {"round": number, "void": str(failure)}
        finally:
            bench.give_back(place)
        return row

    return [interleave(bench, case, chosen, measure)]


def network(bench: Bench) -> list:
    """Beside the questions: the database at half a millisecond's distance."""
    cases = []
    chosen = [s for s in POSTGRES if s.name in ("holdfast cpp", "holdfast c", TRANSACTION,
                                                FUNCTION)]
    for callers in (1, 10) if bench.settings.smoke else (1, 10, 100, 1000):
        case = new_case(bench, f"network, {callers:,}", f"{callers:,} callers as question 1, "
                        "PostgreSQL at 0.5 ms round trip", chosen, PG_REFERENCES[:2])
        cases.append(interleave(bench, case, chosen, lambda number, system, callers=callers:
                                distant_row(bench, number, system, callers)))
    return cases


def distant_row(bench: Bench, number: int, system: System, callers: int) -> dict:
    place = bench.take(stock_of(bench), system)
    process, port = bench.proxy(250)
    try:
        uri = bench.cluster.uri(place.database, port)
        answer, server = bench.metered(
            place, lambda: bench.answer(system, place, "spread", callers, uri))
        row = bench.row(number, answer, server)
        wanted = {"ACTIVE": answer["total_done"]}
        row["void"] = row.get("void") or bench.fault(bench.audit(place), wanted)
    except Failed as failure:
        row = {"round": number, "void": str(failure)}
    finally:
        process.kill()
        process.communicate()
        bench.give_back(place)
    return row


QUESTIONS = {"1": spread_100, "2": hot, "3": one_caller, "4": callers_1000, "5": confirm_release,
             "6": availability, "7": cleanup, "8": initialize, "9": processes, "10": growth,
             "11": memory, "network": network}
