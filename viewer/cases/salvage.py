"""What can still be read out of a damaged library, put into the backup that is opened instead of it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ml.annotation.packing import change_of
from ml.library_file import UNREADABLE, reader_of
from viewer.cases import edits, trail
from viewer.cases.database import Database
from viewer.cases.tables import (
    analyses,
    audit,
    cases,
    chain,
    items,
    journal,
    metadata,
    states,
    tags,
    thumbnails,
    verdicts,
)

_Row = dict[str, Any]
_JSON = {"facts", "value", "summary"}  # columns of all tables
_DELETED = {"case deleted": (cases, "case_id"), "item removed": (items, "item_id")}


@dataclass(frozen=True)
class Salvaged:
    """What came back, and what did not."""

    edits: int = 0  # of annotations
    others: int = 0  # entries of the trail about anything else
    lost: int = 0  # edits that the trail tells of, and that cannot be read


def salvage(damaged: Path, database: Database, author: str, facts: Mapping[str, str]) -> Salvaged:
    """Bring all that is newer than the backup and can be read, and tell the audit trail so.

    The trail comes first, as far as its hashes hold. A row of the journal counts when it is the one that the
    trail vouches for, or, where the trail cannot be read, when it is an edit that fits.
    """
    source = _Source(damaged)
    with database.writing() as connection:
        seq, before = connection.execute(sa.select(chain.c.seq, chain.c.hash)).one()
        told = list(_following(source.rows("audit", "seq", seq), seq, before))
        _copy_rows(source, connection)
        vouched = {(e["item_id"], v["version"]): v["sha256"] for e, v in _of_edits(told)}
        back = _replay(source, connection, vouched)
        _append(connection, told)
        _count_on(connection, vouched)
        lost = _lost(told, back.keys())
        for (item_id, version), said in back.items():
            if (item_id, version) not in vouched:
                case_id = connection.scalar(sa.select(items.c.case_id).where(items.c.id == item_id))
                trail.write(connection, author, "edit", said | {"version": version}, case_id, item_id)
        _delete(connection, told)
        found = Salvaged(len(back), len(told) - len(vouched), lost)
        trail.write(connection, author, "restored", {**facts, "edits": found.edits, "lost": lost})
    return found


class _Source:
    """Reads a damaged file as far as it goes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def rows(self, table: str, key: str = "rowid", after: int = -1, where: str = "TRUE") -> Iterator[_Row]:
        """Rows behind a key, in its order, until one cannot be read. All names are of our own tables."""
        try:
            with reader_of(self._file) as connection:
                connection.row_factory = sqlite3.Row
                query = f"SELECT * FROM {table} WHERE {where} AND {key} > ? ORDER BY {key}"  # noqa: S608
                for row in connection.execute(query, (after,)):
                    if not _is_whole(metadata.tables[table], row):
                        return
                    yield dict(row)
        except UNREADABLE:
            return


def _is_whole(table: sa.Table, row: sqlite3.Row) -> bool:
    """Whether every value is of its column's type, and JSON is JSON: a flipped bit makes anything of it."""
    for name in set(row.keys()) & set(table.c.keys()):
        column, value = table.c[name], row[name]
        if not (isinstance(value, column.type.python_type) or (value is None and column.nullable)):
            return False
        if name in _JSON and not _is_json(value):
            return False
    return True


def _is_json(text: object) -> bool:
    try:
        json.loads(str(text))
    except ValueError:
        return False
    return True


def _following(rows: Iterator[_Row], seq: int, before: str) -> Iterator[_Row]:
    """Entries as long as each follows the one before it and is as it was written."""
    for row in rows:
        if row["seq"] != seq + 1 or row["before"] != before or trail.hash_of(row) != row["hash"]:
            return
        yield row
        seq, before = row["seq"], row["hash"]


def _of_edits(told: list[_Row]) -> list[tuple[_Row, Any]]:
    return [(entry, json.loads(entry["facts"])) for entry in told if entry["kind"] == "edit"]


def _lost(told: list[_Row], back: Collection[tuple[int, int]]) -> int:
    """How many edits did not come back, of items that were not deleted afterwards."""
    deleted = [(e["kind"], e["case_id"], e["item_id"]) for e in told if e["kind"] in _DELETED]
    cases_gone = {case_id for kind, case_id, _ in deleted if kind == "case deleted"}
    items_gone = {item_id for kind, _, item_id in deleted if kind == "item removed"}
    return sum(
        (entry["item_id"], said["version"]) not in back
        for entry, said in _of_edits(told)
        if entry["case_id"] not in cases_gone and entry["item_id"] not in items_gone
    )


def _copy_rows(source: _Source, connection: sa.Connection) -> None:
    """Rows that are simply the last state of something; items keep the count of what the backup holds."""
    for table in (cases, tags, items, thumbnails, states, analyses, verdicts):
        for row in source.rows(table.name):
            keys = [column.name for column in table.primary_key]
            here = sa.and_(*(table.c[key] == row[key] for key in keys))
            new = {name: value for name, value in row.items() if name in table.c}
            is_there = connection.scalar(sa.select(sa.literal(1)).where(sa.exists().where(here)))
            if table is items:
                new |= {} if is_there else {"version": 0, "places": 0}
                new = {k: v for k, v in new.items() if not is_there or k not in {"version", "places"}}
            statement = table.update().where(here) if is_there else table.insert()
            try:
                with connection.begin_nested():
                    connection.execute(statement.values(**new))
            except sa.exc.StatementError:  # what it belongs to could not be read
                continue


def _replay(
    source: _Source, connection: sa.Connection, vouched: Mapping[tuple[int, int], str]
) -> dict[tuple[int, int], dict[str, Any]]:
    """Edits that follow what the backup holds, carried out; what the trail says of each."""
    versions = {row.id: row.version for row in connection.execute(sa.select(items.c.id, items.c.version))}
    back: dict[tuple[int, int], dict[str, Any]] = {}
    for item_id, version in versions.items():
        expected = version + 1
        for row in source.rows("journal", "version", version, f"item_id = {int(item_id)}"):
            sha256 = hashlib.sha256(row["body"]).hexdigest()
            place = (item_id, expected)
            if row["version"] != expected or vouched.get(place, sha256) != sha256:
                break
            try:
                change = change_of(row["body"], row["title"])
                with connection.begin_nested():
                    edits.put(connection, item_id, change)
                    connection.execute(journal.insert().values(row))
            except (ValueError, sa.exc.StatementError):
                break
            counts = {"removed": len(change.removed), "added": len(change.added)}
            back[place] = {"title": row["title"], "sha256": sha256, **counts}
            expected += 1
    return back


def _count_on(connection: sa.Connection, vouched: Iterable[tuple[int, int]]) -> None:
    """The number of an edit that the trail tells of is never given to another, also when it is lost."""
    for item_id, version in vouched:
        here = (items.c.id == item_id, items.c.version < version)
        connection.execute(items.update().where(*here).values(version=version))


def _append(connection: sa.Connection, told: list[_Row]) -> None:
    if told:
        connection.execute(audit.insert(), told)
        connection.execute(chain.update().values(seq=told[-1]["seq"], hash=told[-1]["hash"]))


def _delete(connection: sa.Connection, told: list[_Row]) -> None:
    """What was deleted after the backup is not brought back by it."""
    for entry in told:
        if entry["kind"] in _DELETED:
            table, column = _DELETED[entry["kind"]]
            connection.execute(table.delete().where(table.c.id == entry[column]))
