"""Makes what is in a bundle smaller without leaving anything out that is called."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

_LARGE = 1_000_000  # bytes of a JSON file that is worth the trouble


def strip(folder: Path) -> int:
    """Take the tables for debuggers out of all libraries of a folder; return the bytes saved. Linux.

    A library that would not load afterwards stays as it is: `strip` misplaces the segments of some that
    auditwheel has patched (NumPy's OpenBLAS).
    """
    saved = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or not _is_library(path):
            continue
        made = path.with_name(f"{path.name}.stripped")
        command = ["strip", "--strip-unneeded", "-o", str(made), str(path)]
        done = subprocess.run(command, capture_output=True, check=False)
        less = path.stat().st_size - made.stat().st_size if made.exists() else 0
        if done.returncode == 0 and less > 0 and is_sound(made):
            shutil.copymode(path, made)
            made.replace(path)  # never written in place: it may be a link to the installed one
            saved += less
        made.unlink(missing_ok=True)
    return saved


def is_sound(library: Path) -> bool:
    """Whether the loader can map it: each segment lies in the file as it will lie in memory, page by page."""
    command = ["readelf", "-lW", str(library)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    segments = [line.split() for line in told.splitlines() if line.split()[:1] == ["LOAD"]]
    return bool(segments) and all(
        (int(segment[1], 16) - int(segment[2], 16)) % int(segment[-1], 16) == 0 for segment in segments
    )


def compact(folder: Path) -> int:
    """Write large JSON files without the spaces that only people read; return the bytes saved."""
    saved = 0
    for path in folder.rglob("*.json"):
        before = path.stat().st_size
        if before < _LARGE:
            continue
        short = json.dumps(json.loads(path.read_text(encoding="utf-8")), separators=(",", ":"))
        made = path.with_suffix(".compact")
        made.write_text(short, encoding="utf-8")
        made.replace(path)
        saved += before - path.stat().st_size
    return saved


def _is_library(path: Path) -> bool:
    if not re.search(r"\.so(\.|$)", path.name):
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
