"""The shared library is built so that a mistake in it is hard to use: what the ELF file says.

hardening.py LIBRARY BUILD_FOLDER
"""

import json
import pathlib
import re
import subprocess
import sys

import tree

# Where the compiler puts them: the library's own objects, not the tests'.
OURS = re.compile(r"CMakeFiles/holdfast_(core|storage|engine|capi)\.dir/")


def readelf(library, *options):
    return subprocess.run(["readelf", "--wide", *options, library], check=True,
                          capture_output=True, text=True).stdout


def flags_missing(folder):
    """FORTIFY_SOURCE leaves a mark only where it found something to check, so its flag is looked
    for where CMake writes down the commands."""
    written = pathlib.Path(folder) / "compile_commands.json"
    if not written.exists():
        return
    commands = json.loads(written.read_text())
    ours = [c["command"] for c in commands if OURS.search(c["command"])]
    if not ours:
        yield "no object of the library was compiled"
    for flag in ("-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-fvisibility=hidden"):
        without = [command.split()[-1] for command in ours if flag not in command]
        if without:
            yield f"{flag} is missing for {without[0]} and {len(without) - 1} more"


def segments(library):
    text = readelf(library, "--segments")
    if "GNU_RELRO" not in text:
        yield "no RELRO: the linker's tables stay writable"
    stack = re.search(r"GNU_STACK.*?(R\S*)\s+0x", text)
    if stack is None or "E" in stack.group(1):
        yield "the stack is executable"
    if re.search(r"LOAD.* RWE ", text):
        yield "a segment is both writable and executable"


def dynamic(library):
    text = readelf(library, "--dynamic")
    if "BIND_NOW" not in text:
        yield "symbols are bound late, so RELRO does not cover them"
    for word in ("TEXTREL", "RPATH", "RUNPATH"):
        if word in text:
            yield f"{word}: the library may be loaded from, or patched where, it should not"


def entries(library):
    """Each exported function begins with a landing pad. The library's own CET mark is dropped by
    the linker where, as in Debian 12, the C library's start files have none."""
    functions = set()
    for line in readelf(library, "--dyn-syms").splitlines():
        found = re.match(r"\s*\d+: [0-9a-f]+\s+\d+ FUNC\s+GLOBAL DEFAULT\s+\d+ (\w+)", line)
        if found:
            functions.add(found.group(1))
    if not functions:
        yield "no function is exported"
    for name in sorted(functions):
        if not name.startswith("holdfast_"):
            yield f"{name} is exported"
    text = subprocess.run(
        ["objdump", "--disassemble", "--no-show-raw-insn", "--section=.text", library], check=True,
        capture_output=True, text=True).stdout
    first = dict(re.findall(r"<(holdfast_\w+)(?:@@\w+)?>:\n\s*[0-9a-f]+:\s+(\w+)", text))
    for name in sorted(functions):
        if first.get(name) != "endbr64":
            yield f"{name} begins with {first.get(name)}, not with endbr64"


def protector(library):
    if "__stack_chk_fail" not in readelf(library, "--dyn-syms"):
        yield "no function guards its stack"


def main():
    library, folder = sys.argv[1:3]
    checks = [flags_missing(folder), segments(library), dynamic(library), protector(library)]
    if "x86-64" in readelf(library, "--file-header").lower():
        checks.append(entries(library))
    tree.conclude((finding for check in checks for finding in check),
                  "RELRO, now, NX, stack protector, FORTIFY_SOURCE, CET entries, hidden symbols")


main()
