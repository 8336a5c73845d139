"""What the documents say works when pasted, and the walkthrough prints what C and C++ print."""

import os
import pathlib
import re

import holdfast
import pytest
from support import PACKAGE, ROOT, run_python

README = (PACKAGE / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


def test_the_readme_starts_with_ten_lines_that_work_when_pasted():
    assert README.startswith("# Holdfast for Python\n\n```python\n")
    assert len(BLOCKS[0].splitlines()) == 10
    done = run_python("-c", BLOCKS[0])
    assert (done.stdout, done.stderr) == ("CONFIRMED True\n", "")


def test_every_other_snippet_compiles():
    for block in BLOCKS:
        compile(block, "README.md", "exec", flags=0x2000)  # PyCF_ALLOW_TOP_LEVEL_AWAIT


def test_the_readme_names_every_operation_option_and_failure():
    from holdfast import _ffi
    import inspect
    for operation in _ffi.OPERATIONS:
        assert re.search(rf"`{operation}`|`{operation[:-1]}\(s\)`|`{operation}\(s\)`", README), \
            operation
    for option in list(inspect.signature(holdfast.open).parameters)[1:]:
        assert f"| `{option}` |" in README, option


def without_ids(text):
    return re.sub(r"\b(hold|alloc)_[0-9A-Z_]+", r"\1_ID", text)


def test_the_walkthrough_prints_what_the_others_print_and_runs_again(fresh_uri, backend):
    printed = {}
    for _ in range(1 if backend == "memory" else 2):
        done = run_python(ROOT / "examples/walkthrough.py", fresh_uri)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.endswith("Everything came out as stated.\n")
        printed["python"] = without_ids(done.stdout)
    built = pathlib.Path(os.environ.get("HOLDFAST_TEST_EXAMPLES", ROOT / "build/gcc/examples"))
    programs = [built / "walkthrough_c", built / "walkthrough_cpp"]
    if not all(program.exists() for program in programs):
        pytest.skip("the walkthroughs in C and C++ are not built")
    if backend == "memory":
        import subprocess
        for program in programs:
            done = subprocess.run([program, fresh_uri], capture_output=True, text=True)
            assert without_ids(done.stdout) == printed["python"]


def test_the_walkthrough_ends_with_1_without_a_database():
    assert run_python(ROOT / "examples/walkthrough.py", "nowhere:").returncode == 1
