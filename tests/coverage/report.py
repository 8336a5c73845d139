"""What the suites reach of the library's own code: lines, branches and MC/DC, by room.

report.py ROOT BUILD

Fails below the bounds, and when something is not reached that left.md does not explain, or left.md
explains something that is not in the source any more. What is not reached is listed in
BUILD/left.txt. BUILD was made with HOLDFAST_COVERAGE, and its profiles are in BUILD/profiles.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

# Each room with the least percentage of its lines, branches and conditions (MC/DC); 0 is not asked.
ROOMS = (
    ("src/core", 100, 100, 100),
    ("src/engine", 95, 95, 0),
    ("src/storage/memory", 98, 95, 0),
    ("src/storage/postgres", 97, 95, 0),
    ("src/storage/sqlite", 97, 95, 0),
    ("src/storage", 95, 95, 0),
    ("capi", 98, 95, 0),
)
KINDS = ("lines", "branches", "MC/DC")

# A way that is never taken. `what`: "never true", "never false" or "never run"; `text`: the
# condition, or the first line of what is never run.
Miss = collections.namedtuple("Miss", "path line what text")


class Source:
    """The files of the tree, read once."""

    def __init__(self, root):
        self.root = root
        self.read = {}

    def lines(self, path):
        if path not in self.read:
            self.read[path] = (self.root / path).read_text().splitlines()
        return self.read[path]

    def line(self, path, number):
        return self.lines(path)[number - 1].strip()

    def between(self, path, first, column, last, end):
        lines = list(self.lines(path)[first - 1:last])
        lines[-1] = lines[-1][:end - 1]
        lines[0] = lines[0][column - 1:]
        return " ".join(" ".join(lines).split())


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


def units(source, build):
    """What can be reached: {(room, kind): {Miss: whether it was}}.

    A template is reached where one of its instances is."""
    found = collections.defaultdict(dict)

    def add(path, kind, at, reached):
        room = next((room for room, *_ in ROOMS if path.startswith(room + "/")), None)
        if room:
            of_room = found[room, kind]
            of_room[at] = of_room.get(at, False) or reached

    path = ""
    for entry in export(build, "-format=lcov").splitlines():
        if entry.startswith("SF:"):
            path = entry[3:].removeprefix(f"{source.root}/")
        elif entry.startswith("DA:"):
            line, count = map(int, entry[3:].split(",")[:2])
            add(path, "lines", (path, (line, 0), "run"), count > 0)
    for file in json.loads(export(build, "-format=text", "-skip-functions"))["data"][0]["files"]:
        path = file["filename"].removeprefix(f"{source.root}/")
        for line, column, last, end, when_true, when_false, *_ in file["branches"]:
            place = (line, column, last, end)
            add(path, "branches", (path, place, "true"), when_true > 0)
            add(path, "branches", (path, place, "false"), when_false > 0)
        for line, column, *_, conditions in file["mcdc_records"]:
            for number, shown in enumerate(conditions, 1):
                add(path, "MC/DC", (path, (line, column, number), "decisive"), shown)
    return found


def missed(source, found):
    """Each branch that is never taken, and each piece of code that is never run, by its first line;
    not what follows from a branch of the line before it, nor the branches inside of it."""
    run = {}
    for (_, kind), of in found.items():
        if kind == "lines":
            for (path, (line, _), _), reached in of.items():
                run.setdefault(path, {})[line] = reached
    branches = []
    for (_, kind), of in found.items():
        for (path, place, way), reached in of.items():
            if kind == "branches" and not reached and run[path].get(place[0], True):
                text = source.between(path, *place)
                branches.append(Miss(path, place[0], f"never {way}", text))
    decided = {(miss.path, miss.line) for miss in branches}
    pieces = []
    for path, lines in run.items():
        before = None
        for line in sorted(lines):
            begins = not lines[line] and (before is None or lines[before])
            if begins and (path, before) not in decided and (path, line) not in decided:
                pieces.append(Miss(path, line, "never run", source.line(path, line)))
            before = line
    return sorted(branches + pieces)


def explained(listing):
    """{(path, what, text): how many} of left.md, where each stands below its file's heading as
    "- never true: `condition`: why", or "- never true (2): ..." where it stands twice."""
    entries = collections.Counter()
    path = ""
    for line in listing.read_text().splitlines():
        if line.startswith("## "):
            path = line[3:].strip().strip("`")
        entry = re.match(r"- (never \w+)(?: \((\d+)\))?: `(.+?)`: \S", line)
        if entry:
            entries[path, entry[1], entry[3]] += int(entry[2] or 1)
        elif line.startswith("- "):
            sys.exit(f"{listing}: not understood: {line}")
    return entries


def unexplained(source, misses, entries):
    left = collections.Counter(entries)
    for miss in misses:
        key = (miss.path, miss.what, miss.text)
        if left[key] == 0:
            yield (f"{miss.path}:{miss.line}: {miss.what}: `{miss.text}`: "
                   "reach it by a test, remove it, or explain it in left.md")
        left[key] -= 1
    for path, what, text in entries:
        there = (source.root / path).is_file()
        if not there or text not in " ".join(" ".join(source.lines(path)).split()):
            yield f"left.md: {path} has no `{text}`"


def percent(of):
    return 100.0 * sum(of.values()) / len(of) if of else 100.0


def below_bounds(found):
    print("%-22s" % "" + "".join(f"{kind:>22}" for kind in KINDS))
    for room, *bounds in ROOMS:
        row = f"{room:<22}"
        for kind, bound in zip(KINDS, bounds):
            of = found[room, kind]
            row += f"{sum(of.values()):>8}/{len(of):<5}{percent(of):6.1f} %"
            if percent(of) < bound:
                yield f"{room}: {percent(of):.2f} % of its {kind}, at least {bound}"
        print(row)


def main():
    root, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    merge(build)
    source = Source(root)
    found = units(source, build)
    failures = list(below_bounds(found))
    misses = missed(source, found)
    with (build / "left.txt").open("w") as out:
        for miss in misses:
            out.write(f"{miss.path}:{miss.line}: {miss.what}: `{miss.text}`\n")
    entries = explained(root / "tests/coverage/left.md")
    failures += unexplained(source, misses, entries)
    print("\n".join(failures) or
          f"the bounds are kept, and {len(misses)} that are left are explained in left.md")
    sys.exit(1 if failures else 0)


main()
