"""What the eye would have to check: lengths, left-over marks, words, the fixed top level.

style.py ROOT
"""

import re
import sys

import tree

CODE = {".c", ".h", ".cpp", ".hpp"}
TEXT = CODE | {".py", ".cmake", ".txt", ".in", ".json", ".md", ".js", ".mjs", ".ts", ".mts", ".tsx",
               ".css", ".toml", ".sql", ""}
LINE_MAX = 100
FUNCTION_LINES_MAX = 70
# A test may be a table of cases.
TEST_LINES_MAX = 120

# Long because they are tables, not because they do much.
TABLES = {"capi/layout.c"}
# What a fuzzer has come upon, byte for byte.
CORPUS = "tests/fuzz/corpus"
# Printed by programs, not written by hand.
GENERATED = {"capi/layout.json", "tests/bench/peers/node/package-lock.json",
             "tests/node/package-lock.json"}

TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "vcpkg.json", "CHANGELOG.md", "LICENSE", "README.md",
    "include", "src", "capi", "bindings", "tests", "examples", "cmake",
}

FORBIDDEN = [re.compile(pattern, re.I if fold else 0) for pattern, fold in (
    # left-over marks
    (r"\b(TODO|FIXME|XXX|HACK)\b", False),
    (r"\bnot (yet )?implemented\b", True),
    # how the project came to be is no part of it
    (r"\b(claude|anthropic|openai|chatgpt|copilot|llms?)\b", True),
    (r"\b(ai|coding) agents?\b", True),
    (r"\bissue #?\d+\b", True),
    (r"\.\./shared\b", False),
    (r"(?<![\w.])/work/", False),
    # words that claim without saying anything
    (r"\bblazing(ly)?\b", True),
    (r"\bseamless(ly)?\b", True),
    (r"\beffortless(ly)?\b", True),
    (r"\b(cutting[- ]edge|state[- ]of[- ]the[- ]art|game[- ]chang\w+)\b", True),
    (r"\b(world[- ]class|enterprise[- ]grade|battle[- ]tested|production[- ]ready)\b", True),
)]

# What ends a function's head. Blocks of if, for and while end alike, and are shorter than theirs.
FUNCTION = re.compile(r"\)( const| noexcept| override| final| mutable| &| -> [^=]+| : .+)* \{$")


def long_lines(path, lines):
    if path.suffix == ".md" or str(path) in GENERATED or str(path) == "LICENSE":
        return
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            yield f"{path}:{number}: {len(line)} characters, at most {LINE_MAX}"


def first_line(lines, last):
    """Where the statement begins that ends on line `last` with `{`."""
    depth = 0
    for at in range(last, -1, -1):
        depth += lines[at].count(")") - lines[at].count("(")
        goes_on = at > 0 and lines[at - 1].rstrip().endswith((",", "&&", "||", "="))
        if depth <= 0 and not goes_on and not lines[at].lstrip().startswith((":", "&&", "||")):
            return at
    return last


def long_functions(path, lines):
    """Relies on clang-format: a block closes with `}` at the indent of its statement."""
    if path.suffix not in CODE or str(path) in TABLES:
        return
    most = TEST_LINES_MAX if path.parts[0] == "tests" else FUNCTION_LINES_MAX
    for last, line in enumerate(lines):
        if not line.rstrip().endswith("{"):
            continue
        start = first_line(lines, last)
        text = " ".join(part.strip() for part in lines[start:last + 1])
        if text.startswith("{") or text.count("(") != text.count(")"):
            continue
        if not FUNCTION.search(text):
            continue
        closing = lines[start][:len(lines[start]) - len(lines[start].lstrip())] + "}"
        if not any(later.startswith(closing) for later in lines[start:start + most]):
            yield f"{path}:{start + 1}: more than {most} lines: {text[:60]}"


def forbidden_words(path, lines):
    if str(path) == "tests/house/style.py":
        return
    for number, line in enumerate(lines, 1):
        for pattern in FORBIDDEN:
            if pattern.search(line):
                yield f"{path}:{number}: not here: {pattern.search(line).group(0)}"


def strangers(paths):
    tops = {path.parts[0] for path in paths}
    for name in sorted(tops - TOP_LEVEL):
        if not name.startswith("."):
            yield f"{name}: the top level is fixed, see tests/house/style.py"


def findings(root):
    paths = tree.files(root)
    yield from strangers(paths)
    for path in paths:
        if path.suffix not in TEXT or path.is_relative_to(CORPUS):
            continue
        lines = tree.read(root, path).splitlines()
        yield from long_lines(path, lines)
        yield from long_functions(path, lines)
        yield from forbidden_words(path, lines)


tree.conclude(findings(sys.argv[1]), "lengths, marks, words and the top level are as agreed")
