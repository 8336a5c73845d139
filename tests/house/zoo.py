"""No wrong build and no point to die at is in a library: they are in tests/trust/zoo only.

zoo.py ZOO LIBRARY...   ZOO: the folder of variants.py
"""

import pathlib
import sys

import tree

sys.path.insert(0, sys.argv[1])
import variants  # noqa: E402


def traces():
    """Bytes that stand in every build of the zoo: its symbols, its variables, its points."""
    return [b"holdfast3zoo", b"HOLDFAST_ZOO", *(point.name.encode() for point in variants.POINTS)]


def findings(libraries):
    for library in libraries:
        content = pathlib.Path(library).read_bytes()
        yield from (f"{library}: {trace.decode()}" for trace in traces() if trace in content)


tree.conclude(findings(sys.argv[2:]), "no trace of the zoo in the libraries")
