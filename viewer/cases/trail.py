"""The audit trail: who did what when, each entry hashed over the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ml.annotation.packing import canonical
from viewer.cases.prepared import Prepared, given, inserted
from viewer.cases.tables import audit, cases, chain, journal
from viewer.cases.values import AuditEntry, Json, Said

FIRST = "0" * 64  # what stands before the first entry
_FIELDS = ("seq", "at", "author", "case_id", "item_id", "kind", "facts", "before")

_LITTLE = {"yield_per": 100}  # rows in memory at a time

_LAST = Prepared(sa.select(chain.c.seq, chain.c.hash))
_MOVED = Prepared(chain.update().values(seq=given("seq"), hash=given("hash")))
_ADDED = inserted(audit)
_TOUCHED = Prepared(
    cases.update().values(changed=given("at"), touched=given("seq")).where(cases.c.id == given("id"))
)


def now() -> str:
    """ISO 8601 in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def hash_of(entry: Mapping[str, object]) -> str:
    """sha256, hexadecimal, over the canonical JSON of all fields but the hash; `facts` is JSON text."""
    return hashlib.sha256(canonical({name: entry[name] for name in _FIELDS}).encode("ascii")).hexdigest()


def write(
    connection: sa.Connection,
    author: str,
    kind: str,
    facts: Mapping[str, Json],
    case_id: int | None = None,
    item_id: int | None = None,
) -> int:
    """Add an entry in the transaction of what it tells of; its number."""
    seq, before = _LAST.one(connection).one()
    seq += 1
    said = (seq, now(), author, case_id, item_id, kind, canonical(facts), before)
    digest = hash_of(dict(zip(_FIELDS, said, strict=True)))
    _ADDED.one(connection, *said, digest)
    _MOVED.one(connection, seq, digest)
    if case_id is not None:
        _TOUCHED.one(connection, said[1], seq, case_id)
    return int(seq)


def entries(connection: sa.Connection, case_id: int | None = None) -> Iterable[AuditEntry]:
    """All entries, or those of one case, the oldest first."""
    query = sa.select(audit).order_by(audit.c.seq)
    if case_id is not None:
        query = query.where(audit.c.case_id == case_id)
    with connection.execute(query, execution_options=_LITTLE) as rows:
        for row in rows:
            yield entry_of(row)


def last_said(connection: sa.Connection, name: str, case_id: int | None, item_id: int | None) -> Said | None:
    """The newest entry that tells of a state of an item, or of a field of a case."""
    of_item = item_id is not None
    here = audit.c.item_id == item_id if of_item else audit.c.case_id == case_id
    query = (
        sa.select(audit)
        .where(here, audit.c.kind == ("state" if of_item else "case changed"))
        .order_by(audit.c.seq.desc())
    )
    with connection.execute(query, execution_options=_LITTLE) as rows:
        for row in rows:
            facts = json.loads(row.facts)
            if facts.get("name") == name if of_item else name in facts:
                return Said(row.author, row.at)
    return None


def entry_of(row: sa.Row[Any]) -> AuditEntry:
    """A row as a value."""
    said = dict(row._mapping)
    return AuditEntry(**said | {"facts": json.loads(said["facts"])})


def first_broken(connection: sa.Connection) -> AuditEntry | None:
    """The first entry that is not what was written, or does not follow the one before it; None if all do.

    An entry of an edit also vouches for its row of the journal. When entries are missing at the end, the last
    one that is there is named; an entry of another hash is named itself.
    """
    expected, before, found = 1, FIRST, None
    bodies = _journal_hashes(connection)
    query = sa.select(audit).order_by(audit.c.seq)
    with connection.execute(query, execution_options=_LITTLE) as rows:
        for row in rows:
            follows = row.seq == expected and row.before == before
            if not follows or hash_of(dict(row._mapping)) != row.hash or not _vouches(row, bodies):
                return entry_of(row)
            expected, before, found = row.seq + 1, row.hash, row
    end = connection.execute(sa.select(chain.c.seq, chain.c.hash)).one()
    if (end.seq, end.hash) != (expected - 1, before):
        return entry_of(found) if found is not None else AuditEntry(0, "", "", None, None, "", {}, FIRST, "")
    return None


def _journal_hashes(connection: sa.Connection) -> dict[tuple[int, int], str]:
    query = sa.select(journal.c.item_id, journal.c.version, journal.c.body)
    with connection.execute(query, execution_options=_LITTLE) as rows:
        return {(item_id, version): hashlib.sha256(body).hexdigest() for item_id, version, body in rows}


def _vouches(row: sa.Row[Any], bodies: Mapping[tuple[int, int], str]) -> bool:
    """Whether the edit that an entry tells of is in the journal as it was written."""
    if row.kind != "edit":
        return True
    facts = json.loads(row.facts)
    body = bodies.get((row.item_id, facts["version"]))
    return body is None or body == facts["sha256"]  # None: the item was deleted with its journal
