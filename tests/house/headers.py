"""Every public header compiles alone: holdfast.h as C99, C11 and C++20, the others as C++20.

headers.py ROOT GENERATED_INCLUDE_FOLDER
"""

import pathlib
import shutil
import subprocess
import sys

import tree

COMPILERS = [("gcc", "g++"), ("clang-14", "clang++-14")]
C_OPTIONS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]
CXX_OPTIONS = [*C_OPTIONS, "-Wshadow", "-Wconversion", "-Wnon-virtual-dtor"]


def compile_alone(compiler, options, header, folders):
    command = [compiler, *options, *(f"-I{folder}" for folder in folders), "-"]
    source = f"#include <{header}>\n#include <{header}>\nint main(void) {{ return 0; }}\n"
    done = subprocess.run(command, input=source, capture_output=True, text=True)
    if done.returncode != 0:
        yield f"{' '.join(command)}\n  {header} alone: {done.stderr.strip()}"


def findings(root, generated):
    root = pathlib.Path(root)
    present = [(c, cxx) for c, cxx in COMPILERS if shutil.which(c) and shutil.which(cxx)]
    if not present:
        yield "no compiler was found"
    headers = sorted(p.relative_to(root / "include") for p in root.glob("include/holdfast/*.hpp"))
    if not headers:
        yield "no public header was found"
    for c, cxx in present:
        folders = [root / "capi/include"]
        for options in (["-x", "c", "-std=c99"], ["-x", "c", "-std=c11"]):
            yield from compile_alone(c, options + C_OPTIONS, "holdfast.h", folders)
        as_cxx = ["-x", "c++", "-std=c++20"]
        yield from compile_alone(cxx, as_cxx + C_OPTIONS, "holdfast.h", folders)
        for header in [*headers, "holdfast/version.hpp"]:
            yield from compile_alone(cxx, as_cxx + CXX_OPTIONS, header,
                                     [root / "include", generated])


tree.conclude(findings(*sys.argv[1:3]), "every public header compiles alone")
