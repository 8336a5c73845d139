"""Rows become medians, ranges and ratios; as text and as JSON."""

from __future__ import annotations

import json
import pathlib
import statistics

COLUMNS = (("throughput", "per s"), ("p50_ms", "p50 ms"), ("p95_ms", "p95 ms"),
           ("p99_ms", "p99 ms"), ("client_cpu", "client CPU s/1000"),
           ("server_cpu", "server CPU s/1000"))


def number(value: float | None) -> str:
    if value is None:
        return "-"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 1 else f"{value:.3f}"


def median(rows: list, name: str) -> float | None:
    values = [row[name] for row in rows if row.get(name) is not None]
    return statistics.median(values) if values else None


def valid(rows: list) -> list:
    return [row for row in rows if not row.get("void")]


def spread(rows: list, name: str) -> str:
    values = [row[name] for row in rows if row.get(name) is not None]
    if not values:
        return "-"
    middle = number(statistics.median(values))
    return middle if len(values) == 1 else \
        f"{middle} [{number(min(values))}-{number(max(values))}]"


def align(lines: list) -> list:
    """The first column to the left, the others to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join(text.ljust(width) if i == 0 else text.rjust(width)
                      for i, (text, width) in enumerate(zip(line, widths))).rstrip()
            for line in lines]


def summarize(case: dict, columns: tuple) -> None:
    """Adds to each system of the case its medians and ranges."""
    for system in case["systems"]:
        good = valid(system["rows"])
        system["void"] = len(system["rows"]) - len(good)
        system["median"] = {name: median(good, name) for name, _ in columns}
        system["range"] = {
            name: [min(values), max(values)] for name, _ in columns
            for values in [[r[name] for r in good if r.get(name) is not None]] if values}


def pairs(first: dict, second: dict, name: str) -> list:
    """The ratio in each round in which both were measured."""
    others = {row["round"]: row for row in valid(second["rows"])}
    return [row[name] / others[row["round"]][name] for row in valid(first["rows"])
            if row["round"] in others and others[row["round"]].get(name) and row.get(name)]


def ratios(case: dict) -> list:
    """Each Holdfast system over each reference: throughput, and the share of its p99."""
    found = []
    by_name = {system["name"]: system for system in case["systems"]}
    for system in case["systems"]:
        for name in case.get("references", ()):
            reference = by_name.get(name)
            if not system["is_holdfast"] or reference is None or reference is system:
                continue
            if reference.get("copies", "") not in ("", system["name"]):
                continue
            entry = {"system": system["name"], "reference": name}
            for key in ("throughput", "p99_ms"):
                values = pairs(system, reference, key)
                if values:
                    entry[key] = {"median": statistics.median(values), "min": min(values),
                                  "max": max(values)}
            if "throughput" in entry:
                found.append(entry)
    return found


def ratio_text(entry: dict) -> list:
    speed, late = entry["throughput"], entry.get("p99_ms")
    return [f"{entry['system']} / {entry['reference']}",
            f"{number(speed['median'])}x [{number(speed['min'])}-{number(speed['max'])}]",
            f"p99 {number(late['median'])}x [{number(late['min'])}-{number(late['max'])}]"
            if late else "-"]


def render(case: dict, columns: tuple = COLUMNS) -> str:
    columns = tuple(case.get("columns") or columns)
    summarize(case, columns)
    case["ratios"] = ratios(case)
    lines = [["system", *(title for _, title in columns), "rows"]]
    notes = []
    for system in case["systems"]:
        if system.get("missing"):
            lines.append([system["name"], system["missing"], *[""] * len(columns)])
            continue
        good = valid(system["rows"])
        count = f"{len(good)}" + (f", {system['void']} void" if system["void"] else "")
        lines.append([system["name"], *(spread(good, name) for name, _ in columns), count])
        notes += [f"VOID {system['name']}, round {row['round'] + 1}: {row['void']}"
                  for row in system["rows"] if row.get("void")]
    text = [f"{case['key']}. {case['title']}", *align(lines)]
    if case["ratios"]:
        text += ["", *align([ratio_text(entry) for entry in case["ratios"]])]
    return "\n".join(text + ([""] + notes if notes else [])) + "\n"


def heading(facts: dict) -> str:
    lines = [f"{facts['date']}, {facts['cores']} cores, {facts['processor']}, {facts['kernel']}"]
    lines.append(", ".join(f"{name} {version}" for name, version in facts["versions"].items()))
    settings = facts["postgres_settings"]
    lines.append("PostgreSQL: " + ", ".join(f"{k}={v}" for k, v in settings.items()))
    lines.append("SQLite: " + facts["sqlite_settings"])
    lines.append(f"{facts['rounds']} rounds, interleaved, of {facts['seconds']} s after "
                 f"{facts['warmup']} s; median [least-most]; percentiles are medians of the "
                 "rounds' percentiles.")
    lines.append("Client CPU is the host process in the measured window per 1,000 answers; server "
                 "CPU is all of the server's processes over the whole run, per 1,000 answers.")
    return "\n".join(lines) + "\n"


def write(folder: pathlib.Path, facts: dict, cases: list, texts: list) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.txt").write_text("\n".join([heading(facts), *texts]))
    with open(folder / "bench.json", "w", encoding="utf-8") as out:
        json.dump({"facts": facts, "cases": cases}, out, indent=1)
        out.write("\n")
