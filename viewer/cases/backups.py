"""Copies of the library's file: taken while it is in use, kept beside it, the oldest let go."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from ml.errors import Problem
from ml.library_file import UNREADABLE, backups_of, flaw_of, folder_of, number_of, reader_of
from ml.report.atomic import whole_file

_DAY = 86_400.0
_MIGRATIONS_KEPT = 3


@dataclass(frozen=True)
class BackupRule:
    """How often a backup is taken, and how many are kept; those before a change of the tables count extra."""

    every: float = _DAY  # seconds
    keep: int = 10


def is_due(file: Path, rule: BackupRule) -> bool:
    """Whether the last backup is older than it may be, or from the future: then a clock was set back."""
    newest = next(iter(backups_of(file)), None)
    return newest is None or not 0 <= time.time() - newest.stat().st_mtime <= rule.every


def take(file: Path, rule: BackupRule, why: str = "") -> Path:
    """Copy the library as it is now, while others may go on writing; the new file.

    It is checked before it takes its name. `why` ("before-0002") stands in the name of one that does not
    count among the usual ones. Raises `Problem` when it cannot be written or is not sound.
    """
    folder = folder_of(file)
    known = backups_of(file)
    number = number_of(known[0]) + 1 if known else 1
    path = folder / f"{file.stem}-{number:06d}{f'-{why}' if why else ''}.sqlite"
    try:
        folder.mkdir(exist_ok=True)
        with whole_file(path) as part:
            _copy(file, part)
            if flaw := flaw_of(part):
                raise _failed(flaw)
    except sqlite3.Error as error:
        raise _failed(str(error)) from error
    except OSError as error:
        raise _failed(error.strerror or str(error)) from error
    _let_go(file, rule)
    return path


def last_entry(file: Path) -> int:
    """How far the audit trail of a library goes; 0 when that cannot be read."""
    with contextlib.suppress(*UNREADABLE), reader_of(file) as connection:
        row = connection.execute("SELECT seq FROM chain").fetchone()
        return row[0] if row and isinstance(row[0], int) else 0
    return 0


def _copy(file: Path, part: Path) -> None:
    with reader_of(file) as source, contextlib.closing(sqlite3.connect(part)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it


def _let_go(file: Path, rule: BackupRule) -> None:
    usual = [path for path in backups_of(file) if "-before-" not in path.name]
    special = [path for path in backups_of(file) if "-before-" in path.name]
    for path in (*usual[max(rule.keep, 1) :], *special[_MIGRATIONS_KEPT:]):
        with contextlib.suppress(OSError):
            path.unlink()


def _failed(reason: str) -> Problem:
    return Problem(
        "The case library could not be backed up.",
        "Make room on the disk, and see that its folder may be written.",
        reason=reason,
    )
