"""The project's own files, and how a check reports."""

import pathlib
import subprocess
import sys

NOT_OURS = {".git", "build", "node_modules", "__pycache__", ".cache"}


def files(root):
    """Paths relative to `root`: what git tracks or would, or every file where git knows nothing."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.splitlines()
    else:
        base = pathlib.Path(root)
        names = [str(p.relative_to(base)) for p in base.rglob("*") if p.is_file()]
    paths = sorted({pathlib.PurePosixPath(name) for name in names})
    return [p for p in paths
            if not NOT_OURS & set(p.parts) and (pathlib.Path(root) / p).is_file()]


def read(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8", errors="replace")


def conclude(findings, rule):
    """Prints each finding and ends the process: with 1 if there is one."""
    findings = list(findings)
    print("\n".join(findings) if findings else f"holds: {rule}")
    sys.exit(1 if findings else 0)
