"""What the suites reach of the library's own code: lines, branches and MC/DC, by room.

report.py ROOT BUILD

Fails below the bounds. What is not reached is listed in BUILD/left.txt; where the bound is 100 it
is shown. BUILD was made with HOLDFAST_COVERAGE, and its profiles are in BUILD/profiles.
"""

import collections
import json
import pathlib
import subprocess
import sys

# Each room with the least percentage of its lines, branches and conditions (MC/DC); 0 is not asked.
ROOMS = (
    ("src/core", 100, 100, 100),
    ("src/engine", 94, 90, 0),
    ("src/storage/memory", 98, 93, 0),
    ("src/storage/postgres", 97, 88, 0),
    ("src/storage/sqlite", 97, 85, 0),
    ("src/storage", 95, 95, 0),
    ("capi", 98, 92, 0),
)
KINDS = ("lines", "branches", "MC/DC")


def export(build, *options):
    return subprocess.run(
        ["llvm-cov-19", "export", *options, f"-instr-profile={build}/all.profdata",
         f"{build}/libholdfast.so"], check=True, capture_output=True, text=True).stdout


def merge(build):
    profiles = sorted(map(str, (build / "profiles").glob("*.profraw")))
    if not profiles:
        sys.exit(f"no profile below {build}/profiles: run the tests first")
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", "-o", str(build / "all.profdata"),
                    *profiles], check=True)


def units(root, build):
    """What can be reached: {(room, kind): {(path, line, what): whether it was}}.

    A template is reached where one of its instances is."""
    found = collections.defaultdict(dict)

    def add(path, kind, line, what, reached):
        room = next((room for room, *_ in ROOMS if path.startswith(room + "/")), None)
        if room:
            of_room = found[room, kind]
            of_room[path, line, what] = of_room.get((path, line, what), False) or reached

    path = ""
    for entry in export(build, "-format=lcov").splitlines():
        if entry.startswith("SF:"):
            path = entry[3:].removeprefix(f"{root}/")
        elif entry.startswith("DA:"):
            line, count = entry[3:].split(",")[:2]
            add(path, "lines", int(line), "the line", int(count) > 0)
    for file in json.loads(export(build, "-format=text", "-skip-functions"))["data"][0]["files"]:
        path = file["filename"].removeprefix(f"{root}/")
        for line, column, _, _, when_true, when_false, *_ in file["branches"]:
            add(path, "branches", line, f"column {column} true", when_true > 0)
            add(path, "branches", line, f"column {column} false", when_false > 0)
        for line, column, *_, conditions in file["mcdc_records"]:
            for number, shown in enumerate(conditions, 1):
                add(path, "MC/DC", line, f"column {column} condition {number}", shown)
    return found


def missed(found):
    """What was not reached, and not only because its line was not."""
    lines = {(path, line) for (_, k), of in found.items() if k == "lines"
             for (path, line, _), reached in of.items() if not reached}
    for (room, k), of in sorted(found.items()):
        for (path, line, what), reached in sorted(of.items()):
            if not reached and (k == "lines" or (path, line) not in lines):
                yield room, k, path, line, what


def percent(of):
    return 100.0 * sum(of.values()) / len(of) if of else 100.0


def main():
    root, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    merge(build)
    found = units(root, build)
    failures = []
    print("%-22s" % "" + "".join(f"{kind:>22}" for kind in KINDS))
    for room, *bounds in ROOMS:
        row = f"{room:<22}"
        for kind, bound in zip(KINDS, bounds):
            of = found[room, kind]
            row += f"{sum(of.values()):>8}/{len(of):<5}{percent(of):6.1f} %"
            if percent(of) < bound:
                failures.append(f"{room}: {percent(of):.2f} % of its {kind}, at least {bound}")
        print(row)
    bound = {(room, kind): least for room, *bounds in ROOMS for kind, least in zip(KINDS, bounds)}
    left = build / "left.txt"
    with left.open("w") as out:
        for room, kind, path, line, what in missed(found):
            source = (root / path).read_text().splitlines()[line - 1].strip()
            out.write(f"{path}:{line}: {what} is never met: {source}\n")
            if bound[room, kind] == 100:
                failures.append(f"{path}:{line}: {what} is never met: {source}")
    print("\n".join(failures) or f"the bounds are kept; what is left: {left}")
    sys.exit(1 if failures else 0)


main()
