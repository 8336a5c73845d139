"""The zoo: wrong builds of the library, each of which a test has to catch.

zoo.py files                 the sources that differ in the zoo
zoo.py make ROOT OUT         writes them, with all variants in them, below OUT
zoo.py play BUILD [NAME...]  has every variant (or these) caught; --all also those of the full run
zoo.py table BUILD           the same, all of them, and writes the table into README.md
"""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import figures  # noqa: E402
import variants  # noqa: E402
from seams import Before, Prelude, Sql, Swap  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SWITCH = "::holdfast::zoo::chosen"
# A test that waits for what never comes has not caught it; it has to say so itself.
PATIENCE = 300  # seconds


class Wrong(Exception):
    pass


# ---- the sources -------------------------------------------------------------------------------


def number(name):
    return [v.name for v in variants.ZOO].index(name) + 1


def edits():
    for variant in variants.ZOO:
        for edit in variant.edits:
            yield number(variant.name), edit
    for point in variants.POINTS:
        yield 0, point


def files():
    return sorted({edit.file for _, edit in edits()})


def span(source, edit):
    start = 0
    if edit.after:
        start = source.find(edit.after)
        if start < 0:
            raise Wrong(f"{edit.file}: not there any more: {edit.after!r}")
    at = source.find(edit.text, start)
    if at < 0:
        raise Wrong(f"{edit.file}: not there any more: {edit.text!r}")
    if not edit.after and source.find(edit.text, at + 1) >= 0:
        raise Wrong(f"{edit.file}: more than once: {edit.text!r}")
    return at, at + len(edit.text)


def swapped(text, alternatives):
    """`text`, or what stands in its place in the variant that is chosen."""
    out = text
    is_statement = text.endswith((";", "}"))
    for chosen, wrong in alternatives:
        if is_statement:
            out = f"if ({SWITCH} == {chosen}) {{ {wrong} }} else {{ {out} }}"
        else:
            out = f"({SWITCH} == {chosen} ? ({wrong}) : ({out}))"
    return out


def with_sql(source, chosen, edit):
    """A second constant with the wrong text, and the choice wherever the first is used."""
    found = re.search(rf"constexpr \w+ {edit.constant}\{{.*?\}};", source, re.S)
    if not found or edit.text not in found.group():
        raise Wrong(f"{edit.file}: not there any more: {edit.constant} with {edit.text!r}")
    twin = f"{edit.constant}_{chosen}"
    wrong = found.group().replace(edit.text, edit.wrong).replace(edit.constant, twin, 1)
    use = f"({SWITCH} == {chosen} ? {twin} : {edit.constant})"
    head, tail = source[:found.end()], source[found.end():]
    return head + "\n" + wrong + re.sub(rf"\b{edit.constant}\b", lambda _: use, tail)


def generated(root, file):
    source = (root / file).read_text()
    swaps, inserts, preludes, sql = {}, [], [], []
    for chosen, edit in edits():
        if edit.file != file:
            continue
        if isinstance(edit, Prelude):
            preludes.append(edit.text)
        elif isinstance(edit, Sql):
            sql.append((chosen, edit))
        elif isinstance(edit, Before):
            inserts.append((span(source, edit)[0], edit))
        else:
            swaps.setdefault(span(source, edit), []).append((chosen, edit.wrong))
    taken = sorted(swaps)
    for (_, end), (start, _) in zip(taken, taken[1:]):
        if start < end:
            raise Wrong(f"{file}: two variants overlap at {source[start:start + 40]!r}")
    changes = [(s, e, swapped(source[s:e], alternatives)) for (s, e), alternatives in swaps.items()]
    changes += [(at, at, f'::holdfast::zoo::point("{edit.name}"); ') for at, edit in inserts]
    for start, end, text in sorted(changes, reverse=True):
        source = source[:start] + text + source[end:]
    for chosen, edit in sql:
        source = with_sql(source, chosen, edit)
    for text in preludes:
        at = re.search(r"^namespace (holdfast|postgres|\{)", source, re.M).start()
        source = source[:at] + text + "\n" + source[at:]
    return f'#include "switch.hpp"\n{source}'


def make(root, out):
    for file in files():
        path = out / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = generated(root, file)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


# ---- the hunt ----------------------------------------------------------------------------------


@dataclasses.dataclass
class Run:
    passed: bool
    seconds: float
    output: str
    hung: bool = False


def run(build, test, variant):
    environment = dict(os.environ, HOLDFAST_SEED="1", HOLDFAST_ZOO=str(variant), **test.environment)
    environment.pop("HOLDFAST_FIGURES", None)  # what a wrong build comes to is nobody's figure
    began = time.monotonic()
    command = [str(build / "zoo_suites" / f"zoo_{test.suite}"), *test.arguments]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        try:
            code = subprocess.run(command, env=environment, cwd=folder, stdout=out,
                                  stderr=subprocess.STDOUT, timeout=PATIENCE).returncode
        except subprocess.TimeoutExpired:
            code = None
        out.seek(0)
        text = out.read().decode(errors="replace")
    return Run(code == 0, time.monotonic() - began, text, code is None)


def hunt(build, chosen):
    """Catches each of `chosen`; answers the seconds of each, and what went wrong."""
    seconds, wrong = {}, []
    for test in {v.by for v in chosen}:
        sound = run(build, test, 0)
        if not sound.passed:
            wrong.append(f"the build as it is does not pass {test}:\n{sound.output[-3000:]}")
    for variant in chosen:
        caught = run(build, variant.by, number(variant.name))
        seconds[variant.name] = caught.seconds
        if caught.passed or caught.hung:
            how = "hangs" if caught.hung else "survives"
            wrong.append(f"{variant.name} ({variant.what}) {how}: {variant.by}")
        else:
            print(f"{variant.name}: {caught.seconds:.1f} s, {variant.by}", flush=True)
    return seconds, wrong


def table(chosen, seconds):
    lines = ["| variant | what is wrong | caught by | seconds |", "|---|---|---|---|"]
    lines += [f"| `{v.name}` | {v.what} | {v.by} | {seconds[v.name]:.1f} |" for v in chosen]
    return "\n".join(lines)


def write_table(text):
    readme = HERE / "README.md"
    begin, end = "<!-- table -->\n", "<!-- end of table -->"
    head, rest = readme.read_text().split(begin)
    readme.write_text(head + begin + text + "\n" + end + rest.split(end)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["files", "make", "play", "table"])
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_intermixed_args()
    if arguments.command == "files":
        print("\n".join(files()))
        return 0
    if arguments.command == "make":
        make(*map(pathlib.Path, arguments.paths))
        return 0
    build, names = pathlib.Path(arguments.paths[0]).resolve(), arguments.paths[1:]
    is_all = arguments.all or arguments.command == "table"
    chosen = [v for v in variants.ZOO
              if (v.name in names if names else is_all or v.by in variants.QUICK)]
    began = time.monotonic()
    seconds, wrong = hunt(build, chosen)
    for text in wrong:
        print(text)
    if arguments.command == "table" and not wrong:
        write_table(table(chosen, seconds))
    median = sorted(seconds.values())[len(seconds) // 2]
    file = os.environ.get("HOLDFAST_FIGURES")
    if file and not names:
        figures.add(file, "zoo", "", "whole" if is_all else "share", str(len(chosen)),
                    "wrong builds", str(len(wrong)), f"{time.monotonic() - began:.0f}", "1")
    print(f"zoo: {len(chosen) - len(wrong)} of {len(chosen)} wrong builds caught, half of them "
          f"within {median:.1f} s, {time.monotonic() - began:.0f} s in all")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as wrong:
        sys.exit(f"zoo: {wrong}")
