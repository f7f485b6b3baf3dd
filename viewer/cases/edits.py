"""Edits of the annotations of one item: state, journal and audit entry change together or not at all."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation
from viewer.cases import trail
from viewer.cases.conflict import Conflict, Disputed
from viewer.cases.packing import (
    Packed,
    PackedChange,
    annotations_of,
    body_of,
    change_of,
    key_of,
    packed_change,
    unpacked,
)
from viewer.cases.part import Gone
from viewer.cases.tables import annotation_rows, items, journal
from viewer.cases.values import Edit

_FEW = 500  # annotations that are asked for by name; databases limit how many names a question has
_COLUMNS = (annotation_rows.c.key, annotation_rows.c.facts, annotation_rows.c.shape)


def commit(
    connection: sa.Connection, item_id: int, change: Change, author: str, base: int | None, token: str
) -> int:
    """Carry out an edit; the item's new version. See `Library.commit`."""
    item = _item(connection, item_id)
    known = token and connection.scalar(
        sa.select(journal.c.version).where(journal.c.item_id == item_id, journal.c.token == token)
    )
    if known:
        return int(known)
    edit = packed_change(change)
    if base != item.version or len(edit.removed) + len(edit.added) <= _FEW:
        edit = _checked(connection, item_id, item.version, change, edit)
    if not edit.removed and not edit.added:
        return int(item.version)
    version, body = item.version + 1, body_of(edit)
    _carry_out(connection, item_id, edit, item.places)
    row = {"item_id": item_id, "version": version, "token": token or uuid.uuid4().hex, "at": trail.now()}
    connection.execute(journal.insert(), row | {"author": author, "title": change.title, "body": body})
    facts = {"version": version, "title": change.title, "sha256": hashlib.sha256(body).hexdigest()}
    counts = {"removed": len(edit.removed), "added": len(edit.added)}
    trail.write(connection, author, "edit", facts | counts, item.case_id, item_id)
    return int(version)


def put(connection: sa.Connection, item_id: int, change: Change) -> None:
    """Carry out an edit on the state alone: for whoever copies rows of a journal."""
    edit = packed_change(change)
    _carry_out(connection, item_id, edit, _item(connection, item_id).places)


def state(connection: sa.Connection, item_id: int) -> tuple[Annotation, ...]:
    """All annotations of an item, in the order of a document that went through the same edits."""
    rows = connection.execute(
        sa.select(*_COLUMNS).where(annotation_rows.c.item_id == item_id).order_by(annotation_rows.c.place)
    )
    return annotations_of(rows)


def chunk(
    connection: sa.Connection, item_id: int, after: int, count: int
) -> tuple[tuple[Annotation, ...], int]:
    """So many annotations behind a place, and the place of the last of them."""
    query = (
        sa.select(*_COLUMNS, annotation_rows.c.place)
        .where(annotation_rows.c.item_id == item_id, annotation_rows.c.place > after)
        .order_by(annotation_rows.c.place)
        .limit(count)
    )
    rows = connection.execute(query).all()
    return annotations_of(row[:3] for row in rows), rows[-1].place if rows else after


def history(connection: sa.Connection, item_id: int, since: int) -> Iterator[Edit]:
    """The edits after a version, in order."""
    query = (sa.select(journal).where(journal.c.item_id == item_id, journal.c.version > since)).order_by(
        journal.c.version
    )
    for row in connection.execution_options(yield_per=100).execute(query):
        yield Edit(row.version, row.at, row.author, change_of(row.body, row.title), row.token)


def _item(connection: sa.Connection, item_id: int) -> sa.Row[Any, Any, Any]:
    query = sa.select(items.c.version, items.c.places, items.c.case_id).where(items.c.id == item_id)
    found = connection.execute(query.with_for_update()).one_or_none()
    if found is None:
        raise no_item(item_id)
    return found


def no_item(item_id: int) -> Gone:
    """What to tell a person when an item is not in the library any more."""
    return Gone(
        "This slide or series is not in the case library any more: somebody removed it from its case.",
        "Add it to a case again.",
        item=item_id,
    )


def _checked(
    connection: sa.Connection, item_id: int, version: int, change: Change, edit: PackedChange
) -> PackedChange:
    """The edit without what others did exactly so before. Raises `Conflict` where they did it otherwise."""
    stored = _stored(connection, item_id, (*edit.removed, *edit.added))
    before = {key_of(a.id): a for a in change.removed}
    after = {key_of(a.id): a for a in change.added}
    disputed, done = [], set()
    for key in dict.fromkeys((*edit.removed, *edit.added)):
        theirs, expected = stored.get(key), edit.removed.get(key)
        if theirs == expected:
            continue
        there = None if theirs is None else unpacked(*theirs)
        base, mine = before.get(key), after.get(key)
        if there == base:
            continue
        if there == mine:
            done.add(key)
        else:
            disputed.append(Disputed((base or mine or there).id, base, there, mine))  # type: ignore[union-attr]
    if disputed:
        raise Conflict(item_id, version, change, tuple(disputed))
    if not done:
        return edit
    removed = {key: one for key, one in edit.removed.items() if key not in done}
    return PackedChange(removed, {key: one for key, one in edit.added.items() if key not in done})


def _stored(connection: sa.Connection, item_id: int, keys: Sequence[str]) -> dict[str, Packed]:
    query = sa.select(*_COLUMNS).where(annotation_rows.c.item_id == item_id)
    if len(keys) <= 2 * _FEW:
        query = query.where(annotation_rows.c.key.in_(keys))
    return {row.key: Packed(row.key, row.facts, row.shape) for row in connection.execute(query)}


def _carry_out(connection: sa.Connection, item_id: int, edit: PackedChange, places: int) -> None:
    """Write the state: what is replaced keeps its place, what is new comes last."""
    here = annotation_rows.c.item_id == item_id
    this: sa.BindParameter[str] = sa.bindparam("this")
    gone = [{"this": key} for key in edit.removed if key not in edit.added]
    new = [one for key, one in edit.added.items() if key not in edit.removed]
    kept = [(edit.removed[key], one) for key, one in edit.added.items() if key in edit.removed]
    told = [
        {"this": k, "f": a.facts} for (k, facts, shape), a in kept if shape == a.shape and facts != a.facts
    ]
    drawn = [{"this": k, "f": a.facts, "s": a.shape} for (k, _, shape), a in kept if shape != a.shape]
    row = annotation_rows.update().where(here, annotation_rows.c.key == this)
    _for_all(connection, annotation_rows.delete().where(here, annotation_rows.c.key == this), gone)
    _for_all(connection, row.values(facts=sa.bindparam("f")), told)
    _for_all(connection, row.values(facts=sa.bindparam("f"), shape=sa.bindparam("s")), drawn)
    if new:
        rows = [
            {"item_id": item_id, "place": place, "key": one.key, "facts": one.facts, "shape": one.shape}
            for place, one in enumerate(new, start=places + 1)
        ]
        connection.execute(annotation_rows.insert(), rows)
    changed = items.update().where(items.c.id == item_id)
    connection.execute(changed.values(version=items.c.version + 1, places=places + len(new)))


def _for_all(
    connection: sa.Connection, statement: sa.Delete | sa.Update, rows: Sequence[Mapping[str, object]]
) -> None:
    if rows and (count := connection.execute(statement, rows).rowcount) not in {len(rows), -1}:
        raise ValueError(f"The edit names {len(rows)} annotations, and {count} of them are in the library.")
