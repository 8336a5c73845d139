"""Each campaign has its row in tests/README.md, and nothing was wrong in it.

campaigns.py ROOT
"""

import pathlib
import re
import sys

import tree

sys.path.insert(0, str(pathlib.Path(sys.argv[1]) / "tests/trust"))
import figures  # noqa: E402

PAGE = "tests/README.md"
TABLE = "tests/trust/figures.py"


def findings(root):
    rows = figures.rows_of(tree.read(root, PAGE))
    if list(rows) != list(figures.CAMPAIGNS):
        yield f"{PAGE}: the rows are not those of {TABLE}: {', '.join(rows)}"
    for name, line in rows.items():
        if line.split("|")[4].strip() not in ("0", ""):
            yield f"{PAGE}: {name} has found something wrong"
    sources = "\n".join(tree.read(root, path) for path in tree.files(root)
                        if path.parts[0] == "tests" and str(path) not in (PAGE, TABLE))
    for name in figures.CAMPAIGNS:
        if not re.search(rf'"{name}"|\bfigure {name} ', sources):
            yield f"no test reports {name}"
    for name in sorted(set(re.findall(r'\.campaign = "([a-z ]+)"', sources))):
        if name not in figures.CAMPAIGNS:
            yield f"{TABLE} does not know {name}, which a test reports"


tree.conclude(findings(sys.argv[1]), f"each campaign has its row in {PAGE}, with nothing wrong")
