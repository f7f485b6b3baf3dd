"""Edits of the annotations of one item: state, journal and audit entry change together or not at all."""

from __future__ import annotations

import hashlib
import logging
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.packing import (
    Packed,
    PackedChange,
    annotations_of,
    body_of,
    change_of,
    key_of,
    packed_change,
    unpacked,
)
from ml.annotation.shapes import Annotation
from viewer.cases import trail
from viewer.cases.conflict import Conflict, Disputed
from viewer.cases.database import Damaged
from viewer.cases.part import Gone
from viewer.cases.prepared import Prepared, given, inserted
from viewer.cases.tables import annotation_rows, items, journal
from viewer.cases.values import Drawn, Edit

_log = logging.getLogger(__name__)

_FEW = 500  # annotations that are asked for by name; databases limit how many names a question has
_COLUMNS = (annotation_rows.c.key, annotation_rows.c.facts, annotation_rows.c.shape)
_HERE = annotation_rows.c.item_id == given("here")
_THIS = annotation_rows.c.key == given("this")

_ITEM = Prepared(
    sa.select(items.c.version, items.c.places, items.c.case_id)
    .where(items.c.id == given("id"))
    .with_for_update()
)
_COUNTED = Prepared(
    items.update().values(version=given("v"), places=given("p")).where(items.c.id == given("here"))
)
_KNOWN = Prepared(
    sa.select(journal.c.version).where(journal.c.item_id == given("here"), journal.c.token == given("token"))
)
_JOURNALLED = inserted(journal)
_ALL = Prepared(sa.select(*_COLUMNS).where(_HERE).order_by(annotation_rows.c.place))
_ONE = Prepared(sa.select(*_COLUMNS).where(_HERE, _THIS))
_DRAWN = inserted(annotation_rows)
_DELETED = Prepared(annotation_rows.delete().where(_HERE, _THIS))
_TOLD = Prepared(annotation_rows.update().values(facts=given("f")).where(_HERE, _THIS))
_SHAPED = Prepared(annotation_rows.update().values(facts=given("f"), shape=given("s")).where(_HERE, _THIS))


def commit(
    connection: sa.Connection, item_id: int, change: Change, author: str, base: int | None, token: str
) -> int:
    """Carry out an edit; the item's new version. See `Library.commit`."""
    item = _item(connection, item_id)
    if base != item.version and token:  # else nobody, and not we either, wrote anything since
        known = _KNOWN.one(connection, item_id, token).scalar()
        if known is not None:
            return int(known)
    edit = packed_change(change)
    if base != item.version or len(edit.removed) + len(edit.added) <= _FEW:
        edit = _checked(connection, item_id, item.version, change, edit)
    if not edit.removed and not edit.added:
        return int(item.version)
    version, body, at = item.version + 1, body_of(edit), trail.now()
    _carry_out(connection, item_id, edit, version, item.places)
    _JOURNALLED.one(connection, item_id, version, token or uuid.uuid4().hex, at, author, change.title, body)
    facts = {"version": version, "title": change.title, "sha256": hashlib.sha256(body).hexdigest()}
    counts = {"removed": len(edit.removed), "added": len(edit.added)}
    trail.write(connection, author, "edit", facts | counts, item.case_id, item_id)
    return int(version)


def put(connection: sa.Connection, item_id: int, change: Change) -> None:
    """Carry out an edit on the state alone: for whoever copies rows of a journal."""
    item = _item(connection, item_id)
    _carry_out(connection, item_id, packed_change(change), item.version + 1, item.places)


def state(connection: sa.Connection, item_id: int) -> tuple[Annotation, ...]:
    """All annotations of an item, in the order of a document that went through the same edits.

    Where a bit of a row was flipped on the disk, they are made anew out of the journal. Raises `Damaged`.
    """
    try:
        return annotations_of(_ALL.one(connection, item_id).all())
    except ValueError:
        _log.warning("the annotations of item %d cannot be read: made out of the journal", item_id)
    document = AnnotationDocument()
    try:
        for edit in history(connection, item_id, 0):
            document.apply(edit.change)
    except ValueError as error:
        raise Damaged(
            "The annotations of this slide cannot be read: the case library's file is damaged.",
            "Open a backup of the library.",
            item=item_id,
            reason=str(error),
        ) from error
    return tuple(document)


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
    try:
        return annotations_of(row[:3] for row in rows), rows[-1].place if rows else after
    except ValueError:
        if after:
            raise
        return state(connection, item_id), sys.maxsize >> 1


def count(connection: sa.Connection, item_id: int) -> int:
    """How many annotations an item has."""
    query = sa.select(sa.func.count()).where(annotation_rows.c.item_id == item_id)
    return int(connection.execute(query).scalar_one())


def history(connection: sa.Connection, item_id: int, since: int) -> Iterator[Edit]:
    """The edits after a version, in order."""
    query = (sa.select(journal).where(journal.c.item_id == item_id, journal.c.version > since)).order_by(
        journal.c.version
    )
    with connection.execute(query, execution_options={"yield_per": 10}) as rows:
        for row in rows:
            yield Edit(row.version, row.at, row.author, change_of(row.body, row.title), row.token)


def origins(connection: sa.Connection, item_id: int, wanted: Iterable[str]) -> dict[str, Drawn]:
    """The first edit that added each of these annotations, by id; no more is read than is needed."""
    open_, found = set(wanted), dict[str, Drawn]()
    for edit in history(connection, item_id, 0) if open_ else ():
        for one in edit.change.added:
            if one.id in open_:
                open_.discard(one.id)
                found[one.id] = Drawn(edit.author, edit.at, edit.change.title)
        if not open_:
            break
    return found


def _item(connection: sa.Connection, item_id: int) -> sa.Row[*tuple[Any, ...]]:
    found = _ITEM.one(connection, item_id).one_or_none()
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
    """What the library holds of these annotations, by key."""
    if len(keys) == 1:
        rows = _ONE.one(connection, item_id, keys[0])
    elif len(keys) > 2 * _FEW:
        rows = _ALL.one(connection, item_id)
    else:
        here = annotation_rows.c.item_id == item_id
        rows = connection.execute(sa.select(*_COLUMNS).where(here, annotation_rows.c.key.in_(keys)))
    return {key: Packed(key, facts, bytes(shape)) for key, facts, shape in rows.all()}


def _carry_out(
    connection: sa.Connection, item_id: int, edit: PackedChange, version: int, places: int
) -> None:
    """Write the state: what is replaced keeps its place, what is new comes last."""
    gone, come = edit.removed, edit.added
    _DELETED.many(connection, [(item_id, key) for key in gone if key not in come])
    told: list[tuple[object, ...]] = []
    shaped: list[tuple[object, ...]] = []
    drawn: list[tuple[object, ...]] = []
    for key, facts, shape in come.values():
        before = gone.get(key)
        if before is None:
            places += 1
            drawn.append((item_id, places, key, facts, shape))
        elif before.shape != shape:
            shaped.append((facts, shape, item_id, key))
        elif before.facts != facts:
            told.append((facts, item_id, key))
    _TOLD.many(connection, told)
    _SHAPED.many(connection, shaped)
    _DRAWN.many(connection, drawn)
    _COUNTED.one(connection, version, places, item_id)
