"""The C ABI's surface: holdfast.h, symbols.txt, layout.c, layout.json and the library agree.

surface.py CAPI_FOLDER LIBRARY LAYOUT_PROGRAM            checks
surface.py CAPI_FOLDER LIBRARY LAYOUT_PROGRAM --write    writes symbols.txt and layout.json anew
"""

import json
import pathlib
import re
import subprocess
import sys


def header_surface(header):
    """Functions, {struct: [field]} and constants, as the header declares them."""
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    functions = re.findall(r"\b(holdfast_\w+)\s*\([^()]*\)\s*HOLDFAST_NOEXCEPT;", code)
    structs = {}
    for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", code, flags=re.S):
        fields = [f.strip() for f in body.split(";") if f.strip()]
        structs[name] = [re.search(r"(\w+)(\[\d+\])?$", f).group(1) for f in fields]
    constants = {n: int(v) for n, v in re.findall(r"^#define (HOLDFAST_\w+) (\d+)\b", code, re.M)}
    return sorted(functions), structs, constants


def exported(library):
    """Names of the library's dynamic symbols that it defines, the version node left out."""
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                         capture_output=True, text=True).stdout
    symbols = [line.split()[1:3] for line in out.splitlines()]
    return sorted(name.split("@")[0] for kind, name in symbols if kind != "A")


def holes(layout):
    """Struct bytes that belong to no field; a later field there would read a caller's garbage."""
    for name, struct in layout["structs"].items():
        end = 0
        for field, (offset, size) in struct["fields"].items():
            if offset != end:
                yield f"{name}: a hole before {field}"
            end = offset + size
        if end != struct["size"]:
            yield f"{name}: a hole at its end"


def differences(capi, library, layout):
    functions, structs, constants = header_surface((capi / "include/holdfast.h").read_text())
    golden = (capi / "symbols.txt").read_text().split()
    if functions != golden:
        yield f"holdfast.h and symbols.txt differ: {sorted(set(functions) ^ set(golden))}"
    if exported(library) != golden:
        yield f"{library} and symbols.txt differ: {sorted(set(exported(library)) ^ set(golden))}"
    if {n: list(s["fields"]) for n, s in layout["structs"].items()} != structs:
        yield "holdfast.h and layout.c have other structs or fields"
    if layout["constants"] != constants:
        yield f"holdfast.h and layout.c differ: {set(layout['constants']) ^ set(constants)}"
    if layout != json.loads((capi / "layout.json").read_text()):
        yield "layout.json is not what layout.c prints"
    yield from holes(layout)


def main():
    capi, library = pathlib.Path(sys.argv[1]), sys.argv[2]
    printed = subprocess.run([sys.argv[3]], check=True, capture_output=True, text=True).stdout
    if "--write" in sys.argv:
        functions, _, _ = header_surface((capi / "include/holdfast.h").read_text())
        (capi / "symbols.txt").write_text("\n".join(functions) + "\n")
        (capi / "layout.json").write_text(printed)
    found = list(differences(capi, library, json.loads(printed)))
    print("\n".join(found) or "the surface is as written down")
    sys.exit(1 if found else 0)


main()
