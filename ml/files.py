"""What a slide or a series consists of on the disk: its files, their dates, what they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

_CHUNK = 4 << 20


def files_of(path: Path) -> list[Path]:
    """All files that belong to a path: of a folder all in it, by name; of MIRAX the folder beside it too."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    companion = path.with_suffix("")
    beside = sorted(file for file in companion.rglob("*") if file.is_file()) if path.suffix == ".mrxs" else []
    return [path, *beside]


def stamp_of(files: Iterable[Path]) -> str:
    """Sizes and dates of files, hashed; the same where nobody has written to them. Raises `OSError`."""
    digest = hashlib.sha256()
    for file in files:
        seen = file.stat()
        digest.update(f"{file.name}\0{seen.st_size}\0{seen.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def sha256_of(
    files: Iterable[Path],
    stop_wished: Callable[[], bool] = lambda: False,
    read: Callable[[int], object] = lambda _: None,
) -> str:
    """The hash of what files hold, one after the other; 64 hexadecimal digits, empty when a stop is wished.

    `read` is told of so many bytes more, again and again. Raises `OSError`.
    """
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                if stop_wished():
                    return ""
                digest.update(chunk)
                read(len(chunk))
    return digest.hexdigest()
