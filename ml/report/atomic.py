"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from ml.errors import Problem

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_MARK = ".parfocal-"  # before the name of a file that is not whole yet
_DEAD_S = 24 * 3600  # a part that nobody touched for so long was left behind
_STILL_S = 900  # and one of the same name as is being written now, for so long
_CLEARED: set[Path] = set()  # folders that this program has looked through
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path beside the wished one to write to; it takes the wished name when the block ends well.

    An existing file of that name stays as it is until then, and for good when anything goes wrong.
    Raises `Problem` (which file, what to try) when the disk does not let us.
    """
    part = path.with_name(f"{_MARK}{path.stem}-{uuid.uuid4().hex[:8]}{path.suffix}")
    _clear(path)
    try:
        yield part
        _settle(part)
        part.replace(path)
    except OSError as error:
        raise cannot_write(path.name, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """Give a folder beside the wished one to write into; it takes the wished name when the block ends well.

    One that is there already must be empty; with `replace` it makes way, and stays as it is when anything
    goes wrong. Raises `Problem` when the disk does not let us.
    """
    part, old = (folder.with_name(f"{_MARK}{folder.name}-{uuid.uuid4().hex[:8]}.part") for _ in range(2))
    _clear(folder)
    try:
        part.mkdir(parents=True)
        yield part
        if replace and folder.exists():
            folder.replace(old)
        elif folder.is_dir():
            folder.rmdir()
        part.replace(folder)
    except OSError as error:
        raise cannot_write(folder.name, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Take away what a killed program left of folders in here; for whoever alone writes into it."""
    for left in folder.glob(f"{_MARK}*.part"):
        shutil.rmtree(left, ignore_errors=True)


def _clear(path: Path) -> None:
    """Remove what killed programs left in a folder, the first time that this program writes there.

    What is a day old goes, and after a quarter of an hour what has this very name. A part that is still being
    written is younger than that: nobody's work is touched.
    """
    if path.parent in _CLEARED:
        return
    _CLEARED.add(path.parent)
    same = re.compile(rf"{re.escape(_MARK + path.stem)}-[0-9a-f]{{8}}{re.escape(path.suffix)}")
    now = time.time()
    with contextlib.suppress(OSError):
        for one in path.parent.iterdir():
            if not one.name.startswith(_MARK):
                continue
            age = now - _touched(one)
            if one.is_dir():
                if age > _DEAD_S:
                    shutil.rmtree(one, ignore_errors=True)
            elif age > _DEAD_S or (age > _STILL_S and same.fullmatch(one.name)):
                one.unlink(missing_ok=True)


def _touched(path: Path) -> float:
    """When a file, or anything in a folder, was last written to."""
    inside = path.rglob("*") if path.is_dir() else ()
    times: list[float] = [one.stat().st_mtime for one in (path, *inside)]
    return max(times)


def _settle(part: Path) -> None:
    """Have the disk itself hold it: a power cut may come between the name and the bytes."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def cannot_write(name: str, error: OSError) -> Problem:
    """What to tell a person when a file cannot be written. Names the file, not its folder."""
    facts = {"file": name, "reason": error.strerror or type(error).__name__}
    if error.errno in _FULL:
        return Problem(
            f"“{name}” could not be written: the disk is full.",
            "Make room on it, or choose a folder on another disk.",
            **facts,
        )
    if error.errno in _CLOSED:
        return Problem(
            f"“{name}” could not be written: the folder or the file is read-only, or another program has it "
            "open.",
            "Close the file in other programs, or choose a folder of your own.",
            **facts,
        )
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return Problem(
            f"“{name}” could not be written: its folder is not there any more.",
            "Choose another folder.",
            **facts,
        )
    return Problem(
        f"“{name}” could not be written: {facts['reason']}.", "Try again, or choose another folder.", **facts
    )


def require_free(folder: Path, *, overwrite: bool) -> None:
    """Raise `Problem` where results cannot go, or lie already: to be asked before the work, not after."""
    if folder.exists() and not folder.is_dir():
        raise Problem(f"{folder.name} is a file, not a folder.", "Give another folder with --out.")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise Problem(
            f"The folder {folder.name} is not empty.",
            "Give another folder with --out, or let files be replaced with --overwrite.",
        )
