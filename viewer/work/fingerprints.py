"""What tells a slide or a series from everything else, wherever it lies."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ml.volume.series import Series, find_series
from viewer.cases.values import Item

_PART = 1 << 16  # bytes at the beginning, in the middle and at the end of a file: a slide may be 20 GB


def fingerprint_of_file(path: Path) -> str:
    """Of a slide's file: its size and parts of it; of a folder, of all files in it. Raises `OSError`."""
    digest = hashlib.sha256()
    for file in sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]:
        size = file.stat().st_size
        digest.update(size.to_bytes(8, "little"))
        with file.open("rb") as stream:
            for start in (0, size // 2, max(0, size - _PART)):
                stream.seek(start)
                digest.update(stream.read(_PART))
    return digest.hexdigest()


def fingerprint_of_series(series: Series) -> str:
    """Of a series: the identities of its slices, which no copy changes."""
    digest = hashlib.sha256(series.key.encode())
    for slice_ in series.slices:
        digest.update(f"{slice_.uid} {slice_.frame}\n".encode())
    return digest.hexdigest()


def fingerprint_of(item: Item, path: Path) -> str:
    """Of what lies there, taken as the item's kind; of several series the item's. Raises `OSError`."""
    if item.kind == "slide":
        return fingerprint_of_file(path)
    if path.is_dir():
        for series in find_series(path).series:
            found = fingerprint_of_series(series)
            if found == item.fingerprint:
                return found
    return ""
