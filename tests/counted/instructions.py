"""Instructions per command that the core runs through, counted by callgrind.

instructions.py PROGRAM BOUNDS

Fails without valgrind, unless HOLDFAST_COUNTED_WITHOUT_VALGRIND is set: then it ends with 77.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77


def bounds(path: str) -> dict[str, tuple[float, float]]:
    """Of each name, the figure and the most it may become."""
    out = {}
    for line in Path(path).read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            name, figure, room = words[0], float(words[1]), float(words[2])
            out[name] = (figure, figure * (1 + room / 100))
    return out


def count(program: str, function: str, way: str) -> float:
    """Instructions in `holdfast::core::FUNCTION` and all it calls, per command."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--toggle-collect=holdfast::core::{function}(*",
             f"--callgrind-out-file={folder}/out", program, way],
            capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not collected:
        sys.exit(f"{function} {way}: {run.stdout}{run.stderr}")
    return int(collected.group(1)) / int(run.stdout)


def main(program: str, table: str) -> int:
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: instructions are not counted")
        return SKIPPED if os.environ.get("HOLDFAST_COUNTED_WITHOUT_VALGRIND") else 1
    limits = bounds(table)
    wrong = 0
    for function in ("plan", "decide"):
        for way in ("spread", "hot"):
            name = f"core.{function}.instructions.{way}"
            figure, most = limits[name]
            counted = count(program, function, way)
            print(f"{name:40} {counted:10.2f}   figure {figure:10.2f}   at most {most:10.2f}")
            # A pattern that matches nothing counts nothing.
            if not 0 < counted <= most:
                print(f"  {name}: {counted:.0f} is not within its bound")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
