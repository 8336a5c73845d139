"""Every test that tests/security/README.md names is there.

claims.py ROOT
"""

import re
import sys

import tree

PAGE = "tests/security/README.md"
CASE = re.compile(r"""(?:TEST_CASE|\btest)\(\s*["']((?:[^"'\\]|\\.|(?<=\w)'(?=\w))*)""")


def cases(root):
    """Names of test cases, and CTest entries."""
    names = set()
    for path in tree.files(root):
        if path.parts[0] != "tests" or path.suffix not in (".cpp", ".mjs", ".txt"):
            continue
        text = re.sub(r'"\s*\n\s*"', "", tree.read(root, path))
        names |= set(CASE.findall(text))
        names |= {f"house_{name}" for name in re.findall(r"holdfast_add_house_test\((\w+)", text)}
    return names


def findings(root):
    page = tree.read(root, PAGE)
    known = cases(root)
    files = {str(path) for path in tree.files(root)}
    named = re.findall(r'"([^"\n]{12,})"', page)
    if len(named) < 20:
        yield f"{PAGE} names only {len(named)} tests"
    for name in named:
        if name not in known:
            yield f"{PAGE}: there is no test {name!r}"
    for name in re.findall(r"`(house_\w+)`", page):
        if name not in known:
            yield f"{PAGE}: there is no CTest entry {name}"
    for name in re.findall(r"`(tests/[\w/.]+\.\w+)`", page):
        if name not in files:
            yield f"{PAGE}: there is no {name}"


tree.conclude(findings(sys.argv[1]), f"every test that {PAGE} names is there")
