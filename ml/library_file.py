"""The case library's file: whether it still is what was written into it, and where its backups lie."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

_HEAD = b"SQLite format 3\0"
_FORMATS = {1, 2}  # with a rollback journal, with a write-ahead log
_ELSEWHERE = {  # errors that say nothing about the file
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_PROTOCOL,
}

NEWEST_SCHEMA = "0001"
"""The number of the tables that this program makes (its last migration)."""

UNREADABLE = (sqlite3.Error, UnicodeDecodeError, OverflowError)
"""What reading a damaged file may raise: even SQLite's words about it may hold pieces of it."""


def reader_of(file: Path) -> contextlib.closing[sqlite3.Connection]:
    """A connection that only reads. It is closed at the end of the block."""
    return _decoding(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None))


def _decoding(connection: sqlite3.Connection) -> contextlib.closing[sqlite3.Connection]:
    """A connection to whatever there is: text that is none does not end the reading."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return contextlib.closing(connection)


def is_database(file: Path) -> bool:
    """Whether it begins as SQLite's files do. Raises `OSError`."""
    with file.open("rb") as raw:
        return raw.read(len(_HEAD)) == _HEAD


def is_foreign(file: Path) -> bool:
    """Whether it is a database, and another program's. It is only read. Raises `OSError`."""
    if not is_database(file):
        return False
    try:
        with reader_of(file) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    except UNREADABLE:
        return False
    return bool(tables) and "alembic_version" not in tables


def flaw_of(file: Path) -> str:
    """What is wrong with the file, in the database's words; empty when it is sound.

    Every page is looked at (SQLite's quick_check): about a second for each GB. A file that is locked, or may
    not be read, is not damaged: whoever opens it is told. Raises `OSError`.
    """
    if not is_database(file):
        return "it does not begin as a database does"
    with file.open("rb") as raw:
        if not set(raw.read(20)[18:]) <= _FORMATS:
            return "its format is none that is known"
    try:
        # not only to read: after a power cut SQLite first puts the write-ahead log in order
        with _decoding(sqlite3.connect(file, isolation_level=None)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
    except UnicodeDecodeError:
        return "its tables have names that are none"
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        is_io = code & 0xFF == sqlite3.SQLITE_IOERR and code != sqlite3.SQLITE_IOERR_SHORT_READ
        return "" if is_io or code & 0xFF in _ELSEWHERE else str(error)
    return "" if found == ["ok"] else "; ".join(map(str, found))


def schema_of(file: Path) -> str:
    """The number of its tables; empty where that cannot be read. It is only read."""
    with contextlib.suppress(*UNREADABLE), reader_of(file) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else ""
    return ""


def folder_of(file: Path) -> Path:
    """Where the backups of a library lie: "library-backups" beside "library.sqlite"."""
    return file.with_name(f"{file.stem}-backups")


def backups_of(file: Path) -> tuple[Path, ...]:
    """All backups, the newest first: by the number in their names, whatever clocks say."""
    folder = folder_of(file)
    found = (
        [path for path in folder.glob(f"{file.stem}-*.sqlite") if number_of(path)] if folder.is_dir() else []
    )
    return tuple(sorted(found, key=number_of, reverse=True))


def newest_sound(file: Path) -> Path | None:
    """The newest backup that is not damaged itself; None where there is none."""
    for path in backups_of(file):
        with contextlib.suppress(OSError):
            if not flaw_of(path):
                return path
    return None


def number_of(path: Path) -> int:
    """The number in the name of a backup; 0 for another file."""
    found = re.search(r"-(\d{6,})(-before-\w+)?\.sqlite$", path.name)
    return int(found[1]) if found else 0
