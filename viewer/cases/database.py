"""The database under the library: connections, transactions, and what its errors mean to a person."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from ml.errors import Problem

PATIENCE = 5.0  # seconds that a transaction waits for another one's end
_CACHE_KIB = 65_536
_LOG_BYTES = 64 << 20  # that the log keeps after a large edit
_WRITES = "library_writes"
_TURN = 0x50617266  # the lock of a server that every writer takes first: one after the other, as in a file
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"}
_CLOSED = {"SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"}
_BROKEN = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}


class NotNow(Problem):
    """It could not be written now, and may be later: somebody else writes, the disk is full, no network."""


class Damaged(Problem):
    """The file is not what was written into it."""


class Database:
    """An engine with our rules. `file` is None for a server."""

    def __init__(self, url: sa.URL) -> None:
        """Does not connect yet. Raises `Problem` for an address that no database stands for."""
        self.file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        try:
            self.engine = _engine(url)
        except (NoSuchModuleError, ImportError, sa.exc.ArgumentError) as error:
            raise unknown(url.drivername) from error
        self._writer = self.engine.execution_options(**{_WRITES: True})

    @property
    def is_server(self) -> bool:
        """Whether it lies on a server, which others use too, and not in a file."""
        return self.file is None

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of everything. Raises `Problem`."""
        with self._telling(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that takes effect as a whole when the block ends, or not at all. Raises `Problem`."""
        with self._telling(), self._writer.begin() as connection:
            if self.is_server:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
            yield connection

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError):
            raise  # a mistake of ours
        except DBAPIError as error:
            raise problem_of(error, self.file) from error
        except SQLAlchemyError as error:
            if isinstance(error, sa.exc.TimeoutError):
                raise _busy() from error
            raise


def url_of(where: Path | str) -> sa.URL:
    """The address of a file, or the one that this text is. Raises `Problem` for a text that is none."""
    if isinstance(where, Path) or "://" not in where:
        return sa.URL.create("sqlite+pysqlite", database=str(Path(where).absolute()))
    try:
        url = sa.make_url(where)
    except sa.exc.ArgumentError as error:
        raise unknown(where.partition("://")[0]) from error
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def unknown(kind: str) -> Problem:
    """What to tell a person about an address that means nothing to us. Names no host and no secret."""
    return Problem(
        f"“{kind}” is no kind of database that Parfocal knows.",
        "Give an address that begins with postgresql://, or a file.",
        kind=kind,
    )


def problem_of(error: DBAPIError, file: Path | None) -> Problem:
    """What an error of the database means to a person."""
    origin = error.orig
    facts = {"reason": str(origin).strip(), "kind": type(origin).__name__}
    if isinstance(origin, sqlite3.Error):
        return _of_file(getattr(origin, "sqlite_errorname", "") or "", file, facts)
    state = str(getattr(origin, "sqlstate", None) or "")
    if state == "55P03":  # waited for a lock for too long
        return _busy(**facts)
    if state == "53100":
        return _full(**facts)
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or error.connection_invalidated:
        return NotNow(
            "The case library's server does not answer.",
            "Check the network. What is not saved yet waits, and is saved when the server is back.",
            **facts,
        )
    return Problem("The case library's server refused.", "Ask those who run it.", **facts)


def _of_file(name: str, file: Path | None, facts: dict[str, str]) -> Problem:
    kind = "_".join(name.split("_")[:2])
    facts = facts | {"file": file.name if file else "", "code": name}
    if kind in _BUSY:
        return _busy(**facts)
    if kind == "SQLITE_FULL" or name in {"SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE"}:
        return _full(**facts)
    if kind in _CLOSED:
        return Problem(
            "The case library cannot be written: its folder or file is read-only, or not there any more.",
            "Give yourself the right to write there, or choose another place in Settings.",
            **facts,
        )
    if kind in _BROKEN or not name:  # without a code: text that is none
        return Damaged(
            "The case library's file is damaged.",
            "Start Parfocal anew: it then opens the last good backup and adds what came after.",
            **facts,
        )
    if kind == "SQLITE_IOERR":
        return NotNow(
            "The disk of the case library does not answer.", "Check the disk or the share.", **facts
        )
    return Problem("The case library refused.", "Copy the details, and ask for help.", **facts)


def _busy(**facts: str) -> NotNow:
    return NotNow(
        "Another program writes to the case library.",
        "Nothing needs to be done: what is not saved yet waits, and is saved after it.",
        **facts,
    )


def _full(**facts: str) -> NotNow:
    return NotNow(
        "The case library cannot be written: the disk is full.",
        "Make room on it. What is not saved yet waits, and is saved then.",
        **facts,
    )


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        # a connection that broke while nobody looked is noticed before it is used
        options = f"-c lock_timeout={int(PATIENCE * 1000)}"
        return sa.create_engine(
            url, pool_pre_ping=True, connect_args={"options": options, "connect_timeout": 5}
        )
    engine = sa.create_engine(url, connect_args={"timeout": PATIENCE, "check_same_thread": False})
    sa.event.listen(engine, "connect", _prepared)
    sa.event.listen(engine, "begin", _begun)
    return engine


def _prepared(connection: sqlite3.Connection, _: object) -> None:
    """WAL: readers never wait for a writer. FULL: "saved" is on the disk itself.

    In WAL mode `synchronous = NORMAL` does not wait for the disk at the end of a transaction: a power cut
    would take back edits that the window had called saved. FULL waits, once an edit; on macOS only with
    `fullfsync`, as its usual fsync does not reach the disk.
    """
    connection.isolation_level = None  # transactions begin where we say, not where the module guesses
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    cursor.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
    cursor.close()


def _begun(connection: sa.Connection) -> None:
    """A writer takes its turn at once: one that read first and then waits would find its reading outdated."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
