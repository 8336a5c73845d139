"""A wheel, made and installed where there is no compiler, in every Python that is there."""

import os
import pathlib
import subprocess
import sys
import zipfile

import pytest
from support import PACKAGE, ROOT, run_python

BUILT_FROM_SOURCE = os.environ.get("HOLDFAST_TEST_WHEEL", "")
NEWER_THAN_3_8 = {"3.9", "3.10", "3.11", "3.12", "3.13", "3.14"}


def pythons():
    """This one, and those of a pyenv, one for each version."""
    found = {"%d.%d" % sys.version_info[:2]: sys.executable}
    for path in sorted(pathlib.Path.home().glob(".pyenv/versions/*/bin/python3")):
        version = ".".join(path.parts[-3].split(".")[:2])
        if version in NEWER_THAN_3_8:
            found.setdefault(version, str(path))
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """HOLDFAST_TEST_WHEEL, or one made around the library that is tested."""
    if BUILT_FROM_SOURCE:
        return pathlib.Path(BUILT_FROM_SOURCE)
    folder = tmp_path_factory.mktemp("wheel")
    done = run_python(
        "-m", "build", "--wheel", "--no-isolation", PACKAGE, "-o", folder,
        "-C", f"build-dir={folder / 'build'}",
        "-C", f"cmake.define.HOLDFAST_PYTHON_LIBRARY={os.environ['HOLDFAST_LIBRARY']}")
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_serves_every_python_and_holds_library_types_and_licence(wheel):
    assert wheel.name.startswith("holdfast-0.1.0-py3-none-linux_")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("holdfast/libholdfast.so", "holdfast/py.typed", "holdfast/__main__.py",
                 "holdfast/cli/__init__.py", "holdfast-0.1.0.dist-info/licenses/LICENSE"):
        assert name in names
    assert not [name for name in names if name.startswith(("tests", "build", "include"))]


@pytest.mark.parametrize("version, python", pythons().items())
def test_the_wheel_installs_into_an_empty_venv_without_a_compiler(wheel, version, python,
                                                                  tmp_path):
    empty = tmp_path / "venv"
    assert run_python("-m", "venv", "--without-pip", empty, python=python).returncode == 0
    inside = str(empty / "bin" / "python")
    alone = {"PATH": str(empty / "bin"), "CC": "/bin/false", "CXX": "/bin/false", "PYTHONPATH": "",
             "HOLDFAST_LIBRARY": "", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = run_python("-m", "pip", "--python", inside, "install", "--no-index", "--no-deps", wheel,
                      env={**alone, "PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stdout + done.stderr
    ten_lines = (PACKAGE / "README.md").read_text(encoding="utf-8").split("```")[1][7:]
    done = run_python("-W", "error", "-c", ten_lines, python=inside, env=alone, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("CONFIRMED True\n", "")
    done = run_python(ROOT / "examples/walkthrough.py", "memory:", python=inside, env=alone)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run([empty / "bin" / "holdfast", "migrate", "-u", "memory:"],
                          capture_output=True, text=True, env=alone)
    assert done.stdout == "schema version 1\n"


def test_without_a_library_the_import_says_what_to_do(tmp_path):
    done = run_python("-c", "import holdfast", env={"HOLDFAST_LIBRARY": ""})
    assert "install the package with pip" in done.stderr
    done = run_python("-c", "import holdfast", env={"HOLDFAST_LIBRARY": str(tmp_path)})
    assert "ImportError: cannot load" in done.stderr
