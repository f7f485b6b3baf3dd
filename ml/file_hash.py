"""The sha256 of what a slide or a series is made of: one number for all of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

_CHUNK = 4 << 20  # bytes


def files_of(path: Path) -> list[Path]:
    """The files of a slide that its reader does not name: itself, and the folder beside a MIRAX slide."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    companion = path.with_suffix("")
    beside = sorted(file for file in companion.rglob("*") if file.is_file()) if path.suffix == ".mrxs" else []
    return [path, *beside]


def sha256_of(
    files: Sequence[Path],
    given_up: Callable[[], bool] = lambda: False,
    read: Callable[[int], object] = lambda _: None,
) -> str:
    """64 hexadecimal digits over the files, one after the other in this order; empty when it was given up.

    `read` is told of so many bytes more, again and again. Raises `OSError`.
    """
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                if given_up():
                    return ""
                digest.update(chunk)
                read(len(chunk))
    return digest.hexdigest()
