"""Each folder includes only what it may, and no backend knows a rule of the domain.

includes.py ROOT
"""

import re
import sys

import tree

CODE = {".c", ".h", ".cpp", ".hpp"}

# What values in, values out needs: no clock, thread, file, randomness.
PURE = """algorithm array bit cctype charconv chrono compare concepts cstddef cstdint cstring deque
functional initializer_list iterator limits map memory memory_resource new numeric optional set
span stdexcept string string_view tuple type_traits unordered_map unordered_set utility variant
vector""".split()
PUBLIC = PURE
POSIX = ["unistd.h", "sys/random.h", "sys/types.h", "sys/stat.h", "dirent.h", "sys/vfs.h",
         "fcntl.h", "semaphore.h"]
STD = r"[a-z_0-9]+$"
STORAGE = ["holdfast/.*", r"storage/(backends|fair_gate|within)\.hpp"]

# folder: the includes allowed, as patterns of whole names; the longest folder that fits holds.
ALLOWED = {
    "include/holdfast": ["holdfast/.*", *PUBLIC],
    "src/core": ["holdfast/.*", "core/.*", *PURE],
    "src/engine": ["holdfast/.*", "core/.*", "engine/.*", "fmt/format.h", STD, *POSIX],
    "src/engine/zones.cpp": ["holdfast/.*", "engine/.*", "date/.*", STD],
    "src/storage": [*STORAGE, STD],
    "src/storage/memory": [*STORAGE, "storage/memory/.*", STD],
    "src/storage/sqlite": [*STORAGE, "storage/sqlite/.*", "sqlite3.h", "fmt/format.h", STD, *POSIX],
    "src/storage/postgres": [*STORAGE, "storage/postgres/.*", "libpq-fe.h", "fmt/format.h", STD,
                             *POSIX],
    "capi": ["holdfast/.*", "holdfast.h", r"(check|convert|failure|handles|result)\.hpp", STD,
             r"std\w+\.h", "unistd.h"],
    "capi/include": ["stddef.h", "stdint.h"],
    "bindings/node": ["holdfast.h", "node_api.h",
                      r"(answer|engine|mailbox|operations|request)\.hpp", STD],
}


def rule_of(path):
    fitting = [f for f in ALLOWED if str(path) == f or str(path).startswith(f + "/")]
    return max(fitting, key=len, default=None)


def wrong_includes(root, path):
    folder = rule_of(path)
    allowed = [re.compile(pattern + "$") for pattern in ALLOWED[folder]]
    for number, line in enumerate(tree.read(root, path).splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if found and not any(a.match(found.group(1)) for a in allowed):
            yield f"{path}:{number}: {folder} may not include {found.group(1)}"


def outcome_words(root):
    """The outcomes' names, `INSUFFICIENT_CAPACITY`, from where they are declared."""
    header = tree.read(root, "include/holdfast/outcome.hpp")
    body = re.search(r"enum class Outcome[^{]*\{(.*?)\}", header, re.S).group(1)
    names = re.findall(r"\bk([A-Z]\w*) = \d+", body)
    return [re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in names]


def domain_rules(root, path, words):
    """A backend that names an outcome has begun to decide."""
    for number, line in enumerate(tree.read(root, path).splitlines(), 1):
        if re.search(r"\bOutcome\b|\bRejection\b", line) or any(w in line for w in words):
            yield f"{path}:{number}: an outcome in a backend: {line.strip()}"


def findings(root):
    # A word that is also a table or a status there says nothing.
    words = [rf'"{w}"' for w in outcome_words(root)]
    checked = 0
    for path in tree.files(root):
        if path.suffix not in CODE or rule_of(path) is None:
            continue
        checked += 1
        yield from wrong_includes(root, path)
        if str(path).startswith("src/storage/"):
            yield from domain_rules(root, path, words)
    if checked == 0:
        yield "no source file was found"


tree.conclude(findings(sys.argv[1]), "every folder includes only what it may")
