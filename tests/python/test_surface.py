"""What the package declares is what the C ABI is; both engines have the same methods."""

import ctypes
import inspect
import json
import re
import subprocess
import sys

import holdfast
import pytest
from holdfast import _convert, _ffi, _operations, aio, types
from support import PACKAGE, ROOT

LAYOUT = json.loads((ROOT / "capi/layout.json").read_text())
SYMBOLS = (ROOT / "capi/symbols.txt").read_text().split()


def c_name(python_name):
    return "holdfast" + re.sub("[A-Z]", lambda letter: "_" + letter.group().lower(), python_name)


def structs(base=_ffi.CStruct):
    for struct in base.__subclasses__():
        yield from structs(struct)
        if struct not in (_ffi.Request, _ffi.Json):
            yield struct


def fields(struct):
    for base in reversed(struct.__mro__):
        for name, *_ in base.__dict__.get("_fields_", ()):
            place = getattr(struct, name)
            yield name, [place.offset, place.size]


def test_every_struct_is_laid_out_as_in_c():
    declared = {c_name(s.__name__): {"size": ctypes.sizeof(s), "fields": dict(fields(s))}
                for s in structs()}
    assert declared == LAYOUT["structs"]


def test_every_exported_function_is_declared_and_no_other():
    declared = [f"holdfast_{name}" for name in (*_ffi.WAITING, *_ffi.LOOKING)]
    assert sorted(declared) == SYMBOLS


def test_every_declared_function_has_its_types_set():
    for name, (restype, argtypes) in {**_ffi.WAITING, **_ffi.LOOKING}.items():
        function = getattr(_ffi.library, name)
        assert (function.restype, tuple(function.argtypes)) == (restype, argtypes)


def test_prototypes_are_those_of_the_header():
    """Return and parameter kinds, read from holdfast.h."""
    code = re.sub(r"/\*.*?\*/", "", (ROOT / "capi/include/holdfast.h").read_text(), flags=re.S)
    found = re.findall(r"HOLDFAST_API\s+(?:HOLDFAST_MUST_USE\s+)?([\w\s*]+?)\b(holdfast_\w+)\s*"
                       r"\(([^()]*)\)\s*HOLDFAST_NOEXCEPT;", code)
    kinds = {"holdfast_engine": 8, "uint64_t": 8, "size_t": 8, "int32_t": 4, "uint32_t": 4,
             "holdfast_status": 4, "holdfast_retry": 4, "holdfast_outcome": 4,
             "holdfast_hold_status": 4, "holdfast_allocation_status": 4, "holdfast_bool": 4,
             "holdfast_unavailable": 4, "holdfast_date": 4, "holdfast_str": 16,
             "holdfast_wakeup_fn": 8, "void": 0}

    def size(text):
        if "*" in text:
            return 8
        words = [w for w in text.replace("const", "").split() if w in kinds]
        return kinds[words[0]]

    def declared(c_type):
        return 0 if c_type is None else ctypes.sizeof(c_type)

    assert len(found) == len(SYMBOLS)
    prototypes = {**_ffi.WAITING, **_ffi.LOOKING}
    for restype, name, parameters in found:
        ours = prototypes[name[len("holdfast_"):]]
        theirs = [] if parameters == "void" else parameters.split(",")
        assert declared(ours[0]) == size(restype), name
        assert [declared(a) for a in ours[1]] == [size(p) for p in theirs], name


def test_constants_and_words_have_their_numbers():
    for name, value in LAYOUT["constants"].items():
        ours = getattr(_ffi, name[len("HOLDFAST_"):], value)
        assert ours == value, name
    for kind, prefix in ((_ffi.HoldStatus, "HOLD"), (_ffi.AllocationStatus, "ALLOCATION"),
                         (_ffi.OnExisting, "ON_EXISTING"), (_ffi.IfExpired, "IF_EXPIRED"),
                         (_ffi.OnConflict, "ON_CONFLICT")):
        numbers = {n: v for n, v in LAYOUT["constants"].items()
                   if n.startswith(f"HOLDFAST_{prefix}_")}
        assert {f"HOLDFAST_{prefix}_{word.upper()}": at
                for at, word in enumerate(kind.words)} == numbers


def test_every_field_of_every_answer_reaches_python():
    housekeeping = re.compile(r"reserved|has_\w+|\w+_count")
    for reader in (v for v in vars(_convert).values() if isinstance(v, _convert.Reader)):
        if reader.into is object:
            continue
        wanted = {n for n, _ in fields(reader.type) if not housekeeping.fullmatch(n)}
        assert set(reader.into.__dataclass_fields__) == wanted, reader.type
    counted = [types.CapacityInitialized, types.Cleanup, types.Migration, types.Verification,
               types.Pruned]
    of_counts = {name for into in counted for name in into.__dataclass_fields__}
    assert {name for name, _ in fields(_ffi.Counts)} <= of_counts
    of_metrics = {n for n, _ in fields(_ffi.MetricsValues) if not n.endswith("_count")}
    assert of_metrics <= set(types.Metrics.__dataclass_fields__)


@pytest.mark.parametrize("operation", list(_ffi.OPERATIONS))
def test_both_engines_have_the_operation_with_the_same_keywords(operation):
    waiting = inspect.signature(getattr(holdfast.Engine, operation))
    awaited = inspect.signature(getattr(aio.AsyncEngine, operation))
    once = inspect.signature(getattr(_operations, operation))
    assert waiting == awaited
    for engine in (holdfast.Engine, aio.AsyncEngine):
        assert getattr(engine, operation).__wrapped__ is getattr(_operations, operation)
    assert list(waiting.parameters.values())[1:] == list(once.parameters.values())
    assert inspect.iscoroutinefunction(getattr(aio.AsyncEngine, operation))
    assert getattr(holdfast.Engine, operation).__doc__
    units = {"ttl_ms": "ttl", "older_than_hours": "older_than"}
    request = {units.get(n, n) for n, _ in fields(_ffi.OPERATIONS[operation])
               if n not in ("struct_size", "reserved") and not n.startswith("has_")
               and not n.endswith("_count")}
    assert set(once.parameters) == request


def test_both_open_with_the_same_options():
    assert inspect.signature(holdfast.open) == inspect.signature(aio.open)
    ours = set(inspect.signature(holdfast.open).parameters)
    theirs = {n[:-3] if n.endswith("_ms") else n for n, _ in fields(_ffi.Options)}
    assert ours - {"logger"} == theirs - {
        "struct_size", "abi_version", "reserved", "log", "log_user_data", "clock_user_data"}


def test_mypy_finds_nothing_in_the_package_and_the_example(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / "build/python/mypy"),
         str(PACKAGE / "holdfast"), str(ROOT / "examples/walkthrough.py")],
        cwd=PACKAGE, capture_output=True, text=True, env={"MYPYPATH": str(PACKAGE)})
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_sees_every_keyword_of_both_engines(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import holdfast\nfrom holdfast import aio\n"
                     "async def f(e: holdfast.Engine, a: aio.AsyncEngine) -> str:\n"
                     "    e.create_hold(resource_id=1, dates=[])\n"
                     "    await a.create_hold(resource_id='r', dates=[], quantty=1)\n"
                     "    return (await a.create_hold(resource_id='r', dates=[])).hold.quantity\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / "build/python/mypy"),
         str(wrong)], cwd=PACKAGE, capture_output=True, text=True,
        env={"MYPYPATH": str(PACKAGE)})
    for text in ('wrong.py:4: error: Argument "resource_id"', 'wrong.py:5: error: Unexpected',
                 'wrong.py:6: error: Incompatible return'):
        assert text in done.stdout
