"""The book of a cohort: one row an item, with its state, figures and reason of failure. Survives a kill."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ml.batch.item import Item, Outcome
from ml.errors import Problem

State = Literal["waiting", "running", "done", "failed"]

MOST_ATTEMPTS = 2
"""What failed is tried once more: a share may have been away for a moment."""

_TABLES = """
CREATE TABLE IF NOT EXISTS item (
    id TEXT PRIMARY KEY, place INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
    series TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, job TEXT NOT NULL,
    stamp TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL DEFAULT '', seconds REAL NOT NULL DEFAULT 0,
    figures TEXT NOT NULL DEFAULT '{}', reason TEXT NOT NULL DEFAULT '', details TEXT NOT NULL DEFAULT '',
    ended REAL NOT NULL DEFAULT 0, broken_off INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0
);
"""
_LATER = ("broken_off", "crashes")  # columns that books of older versions lack
_COLUMNS = (
    "id, kind, name, path, series, state, attempts, job, stamp, sha256, seconds, figures, reason, details, "
    "broken_off, crashes"
)
_MOST_CRASHES = 3  # of the program, while it looked at the same item, before that item is given up
_CRASHED = (
    f"The program crashed {_MOST_CRASHES} times while it looked at this, and was not told to stop. "
    "Started again with --retry, it tries once more."
)
_ANEW = "state='waiting', attempts=0, reason='', details='', broken_off=0, crashes=0"
# S608 below: what is put into a statement is written in this file; every value goes by a question mark.


@dataclass(frozen=True, slots=True)
class Row:
    """One item as it stands in the book.

    `job` says which model and parameters its results are from; `stamp` the sizes and dates of its files when
    they were read, `sha256` what they held. `broken_off`: how often in a row the process ended in the midst
    of it, whatever the cause; `crashes`: how often of that it crashed by itself.
    """

    id: str
    kind: str
    name: str
    path: Path
    series: str
    state: State
    attempts: int
    job: str
    stamp: str
    sha256: str
    seconds: float
    figures: dict[str, object]
    reason: str
    details: str
    broken_off: int
    crashes: int


def rows_of(path: Path) -> tuple[Row, ...]:
    """All of a book, in order, while somebody else may write in it; none where there is no book yet."""
    try:
        base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    except sqlite3.OperationalError:
        return ()
    try:
        return tuple(map(_row, base.execute(f"SELECT {_COLUMNS} FROM item ORDER BY place, name")))  # noqa: S608
    except sqlite3.DatabaseError:  # it is just being begun
        return ()
    finally:
        base.close()


class Ledger:
    """An SQLite file. Every change is on the disk when the call returns. May be used from several threads."""

    def __init__(self, path: Path, crash: str = "") -> None:
        """Opens or begins the book. What was running when a process ended waits again, however often.

        `crash`: what the process said when it crashed by itself; empty where it was killed, or the power
        failed. What was under way at three crashes in a row counts as failed. Raises `Problem`.
        """
        self._lock = threading.Lock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.executescript(_TABLES)
            self._add_columns()
            self._pick_up(crash)
        except sqlite3.DatabaseError as error:
            raise Problem(
                f"{path.name} cannot be read: {error}.",
                "Move it away; the cohort is then looked at anew. Results that are there stay.",
            ) from error

    def _add_columns(self) -> None:
        known = {str(column[1]) for column in self._base.execute("PRAGMA table_info(item)")}
        for name in _LATER:
            if name not in known:
                self._base.execute(f"ALTER TABLE item ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")

    def _pick_up(self, crash: str) -> None:
        """The end of a process is no failure of an item: the attempt does not count."""
        self._base.execute(
            "UPDATE item SET state='waiting', attempts=max(attempts-1, 0), broken_off=broken_off+1, "
            "crashes=crashes+? WHERE state='running'",
            (int(bool(crash)),),
        )
        self._base.execute(
            "UPDATE item SET state='failed', attempts=max(attempts, ?), reason=?, details=? "
            "WHERE state='waiting' AND crashes>=?",
            (MOST_ATTEMPTS, _CRASHED, crash, _MOST_CRASHES),
        )

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def enter(self, items: Iterable[Item], jobs: Mapping[str, str]) -> tuple[Item, ...]:
        """Note these items, in this order, each with its job; gives them by the names that they have here.

        What is known already keeps its state and its name. A new one whose name is taken gets a number.
        """
        noted = []
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            names = dict(self._base.execute("SELECT id, name FROM item").fetchall())
            taken = {name.casefold() for name in names.values()}
            for place, item in enumerate(items):
                named = replace(item, name=names.get(item.id) or _free(item.name, taken))
                taken.add(named.name.casefold())
                noted.append(named)
                self._base.execute(
                    "INSERT INTO item (id, place, kind, name, path, series, state, job) "
                    "VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?) "
                    "ON CONFLICT (id) DO UPDATE SET place=excluded.place",
                    (item.id, place, item.kind, named.name, str(item.path), item.series, jobs[item.id]),
                )
            self._base.execute("COMMIT")
        return tuple(noted)

    def rows(self) -> tuple[Row, ...]:
        """All of them, in order."""
        with self._lock:
            found = self._base.execute(f"SELECT {_COLUMNS} FROM item ORDER BY place, name")  # noqa: S608
            return tuple(_row(values) for values in found)

    def row(self, item_id: str) -> Row:
        """One of them. Raises `KeyError`."""
        with self._lock:
            found = self._base.execute(f"SELECT {_COLUMNS} FROM item WHERE id=?", (item_id,))  # noqa: S608
            values = found.fetchone()
        if values is None:
            raise KeyError(item_id)
        return _row(values)

    def wait(self, item_id: str, job: str) -> None:
        """It is to be done (again): its results are of other files, another model or other wishes."""
        self._set(f"{_ANEW}, job=?", (job,), item_id)

    def begin(self, item_id: str, stamp: str) -> None:
        """Somebody works on it now; `stamp` is that of its files."""
        self._set("state='running', attempts=attempts+1, stamp=?", (stamp,), item_id)

    def restamp(self, item_id: str, stamp: str) -> None:
        """Its files have other dates and hold the same."""
        self._set("stamp=?", (stamp,), item_id)

    def end(self, item_id: str, outcome: Outcome) -> None:
        """What became of it. One that was stopped waits as if it had not begun."""
        if outcome.state == "stopped":
            self._set("state='waiting', attempts=attempts-1", (), item_id)
            return
        values = (
            outcome.state,
            outcome.sha256,
            outcome.seconds,
            json.dumps(outcome.figures, ensure_ascii=False, default=str),
            outcome.reason,
            outcome.details,
            time.time(),
        )
        through = "sha256=?, seconds=?, figures=?, reason=?, details=?, ended=?, broken_off=0, crashes=0"
        self._set(f"state=?, {through}", values, item_id)

    def _set(self, what: str, values: tuple[object, ...], item_id: str) -> None:
        try:
            with self._lock:
                self._base.execute(f"UPDATE item SET {what} WHERE id=?", (*values, item_id))  # noqa: S608
        except sqlite3.OperationalError as error:
            raise Problem(
                f"The cohort's book could not be written: {error}.",
                "Make room on the disk, then start again: what is done stays done.",
            ) from error


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number where another item has it, whatever the case of its letters."""
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _row(values: tuple[object, ...]) -> Row:
    named = dict(zip(_COLUMNS.split(", "), values, strict=True))
    named["path"] = Path(str(named["path"]))
    named["figures"] = json.loads(str(named["figures"]))
    return Row(**named)  # type: ignore[arg-type]  # as the table says
