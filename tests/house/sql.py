"""No value ever becomes part of an SQL text: it goes to the database as a parameter.

sql.py ROOT
"""

import re
import sys

import tree

# The only places that hand a text to a driver.
DRIVERS = {
    "src/storage/postgres/connection.cpp": {"PQsendPrepare", "PQsendQueryParams",
                                            "PQsendQueryPrepared"},
    "src/storage/sqlite/connection.cpp": {"sqlite3_prepare_v3", "sqlite3_exec"},
}
CALL = re.compile(r"\b(PQ(?:exec\w*|send\w*|prepare|escape\w*|put\w*)"
                  r"|sqlite3_(?:exec|prepare\w*|get_table|v?m?s?n?printf|str_append\w*))\s*\(")
# Texts that are put together at run time, and what stands in them beside literals.
BUILDERS = {
    # Which filters there are, each with the number of its parameter.
    "src/storage/postgres/list.cpp":
        r"\)$|q\.|next\(|param\(|text\(|std::to_string\(params_\.size\(\)\)"
        r"|std::string\((columns|table|column|type)\)"
        r"|(first|last|from|now|key|text|created_at|rows|table|out|condition|where_)\b",
    # PRAGMA takes no parameters; these are numbers of the library's own.
    "src/storage/sqlite/schema.cpp": r"std::to_string\((kApplicationId|version)\b",
}
WORD = r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|VALUES|PRAGMA|SET|LIMIT|BETWEEN|AND|UNION)\b"
# A literal with SQL in it, and what is glued to either side of it.
GLUED_AFTER = re.compile(r'"((?:[^"\\]|\\.)*)"\s*\+\s*(?!")([^;]*?)(?=\s*\+|;|$)')
GLUED_BEFORE = re.compile(r'([\w.:()>\-*\[\]]+)\s*\+\s*"((?:[^"\\]|\\.)*)"')


def code_of(text):
    return re.sub(r"//[^\n]*", "", text)


def calls(path, text):
    allowed = DRIVERS.get(str(path), set())
    for name in CALL.findall(text):
        if name not in allowed:
            yield f"{path}: {name} takes SQL past the one place for it"


def glued(path, text):
    allowed = re.compile(BUILDERS.get(str(path), r"(?!)"))
    found = [(sql, value) for sql, value in GLUED_AFTER.findall(text)]
    found += [(sql, value) for value, sql in GLUED_BEFORE.findall(text)]
    for sql, value in found:
        if re.search(WORD, sql) and not allowed.match(value.strip()):
            yield f"{path}: {value.strip()!r} is glued to {sql!r}"


def formatted(path, text):
    for sql in re.findall(r'format\w*\(\s*"((?:[^"\\]|\\.)*)"', text):
        if re.search(WORD, sql):
            yield f"{path}: SQL is formatted: {sql!r}"


def findings(root):
    checked = 0
    for path in tree.files(root):
        in_library = path.parts[0] in ("src", "capi", "bindings")
        if not in_library or path.suffix not in (".cpp", ".hpp", ".c", ".h"):
            continue
        checked += 1
        text = code_of(tree.read(root, path))
        yield from calls(path, text)
        yield from glued(path, text)
        yield from formatted(path, text)
    if checked == 0:
        yield "no source file was found"


tree.conclude(findings(sys.argv[1]), "every value goes to the database as a parameter")
