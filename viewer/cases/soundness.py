"""Whether a file still is the library that was written into it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

_HEAD = b"SQLite format 3\0"
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_IOERR = 10  # SQLite's primary code; short reads of a file that was cut off come as one


def reader_of(file: Path) -> contextlib.closing[sqlite3.Connection]:
    """A connection that only reads. It is closed at the end of the block."""
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
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
    except sqlite3.Error:
        return False
    return bool(tables) and "alembic_version" not in tables


def flaw_of(file: Path) -> str:
    """What is wrong with the file, in the database's words; empty when it is sound.

    Every page is looked at (SQLite's quick_check): about a second for each GB. A file that is locked, or may
    not be read, is not damaged: whoever opens it is told. Raises `OSError`.
    """
    if not is_database(file):
        return "it does not begin as a database does"
    try:
        # not only to read: after a power cut SQLite first puts the write-ahead log in order
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        is_broken = code & 0xFF in _BROKEN or code in {_IOERR, sqlite3.SQLITE_IOERR_SHORT_READ}
        return str(error) if is_broken else ""
    return "" if found == ["ok"] else "; ".join(map(str, found))
