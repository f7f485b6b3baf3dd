"""Slides and CT series of cases, and what is kept of them beside annotations and analyses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, cast

import sqlalchemy as sa

from ml.annotation.packing import canonical
from viewer.cases import trail
from viewer.cases.conflict import StateChanged
from viewer.cases.edits import no_item
from viewer.cases.part import Gone, Part
from viewer.cases.tables import cases, items, states, thumbnails
from viewer.cases.values import Item, ItemFacts, Json

_QUIET = {"view", "look", "layers", "window"}  # how one looks is no fact about a case


ANY: Final = object()
"""As the base of a state: whatever was there."""


class ItemPart(Part):
    """The items of the library."""

    def add(self, case_id: int, facts: ItemFacts) -> Item:
        """Put a slide or a series into a case; what is there already (by fingerprint) is given back."""
        with self._database.writing() as connection:
            same = items.c.path == str(facts.path)
            if facts.fingerprint:
                same = items.c.fingerprint == facts.fingerprint
            known = connection.scalar(sa.select(items.c.id).where(items.c.case_id == case_id, same))
            if known is not None:
                return _item(connection, known)
            row = {"kind": facts.kind, "path": str(facts.path), "fingerprint": facts.fingerprint}
            row |= {"name": facts.name, "facts": canonical(facts.facts), "added": trail.now()}
            made = items.insert().values(case_id=case_id, **row, version=0, places=0).returning(items.c.id)
            item_id = connection.execute(made).scalar_one()
            told = {"name": facts.name, "kind": facts.kind, "fingerprint": facts.fingerprint}
            self._tell(connection, "item added", told, case_id, item_id)
            return _item(connection, item_id)

    def items(self, case_id: int) -> tuple[Item, ...]:
        """Those of a case, in the order in which they came."""
        query = sa.select(items).where(items.c.case_id == case_id).order_by(items.c.id)
        with self._database.reading() as connection:
            return tuple(map(_value, connection.execute(query)))

    def item(self, item_id: int) -> Item:
        """One of them. Raises `Problem` when it is not there any more."""
        with self._database.reading() as connection:
            return _item(connection, item_id)

    def item_at(self, path: Path, fingerprint: str) -> Item | None:
        """The item that this file is, wherever it lay before; of several cases, that of the one touched last.

        Without a fingerprint it goes by the path. Another file in a known place is another item: None.
        """
        same = items.c.fingerprint == fingerprint if fingerprint else items.c.path == str(path)
        query = (
            sa.select(items)
            .join(cases, cases.c.id == items.c.case_id)
            .where(same)
            .order_by((items.c.path == str(path)).desc(), cases.c.touched.desc())
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _value(row)

    def moved(self, item: Item, path: Path) -> Item:
        """Note where its file lies now."""
        with self._database.writing() as connection:
            connection.execute(items.update().where(items.c.id == item.id).values(path=str(path)))
            self._tell(connection, "item moved", {"name": item.name}, item.case_id, item.id)
            return _item(connection, item.id)

    def move_item(self, item_id: int, case_id: int) -> Item:
        """Put an item into another case, with all that is kept of it. Both cases tell of it."""
        with self._database.writing() as connection:
            item = _item(connection, item_id)
            name = connection.scalar(sa.select(cases.c.name).where(cases.c.id == case_id))
            was = connection.scalar(sa.select(cases.c.name).where(cases.c.id == item.case_id))
            if name is None:
                raise Gone("The other case is not in the library any more.", "Choose another.", case=case_id)
            if case_id != item.case_id:
                connection.execute(items.update().where(items.c.id == item_id).values(case_id=case_id))
                told = {"name": item.name, "from": str(was), "to": str(name)}
                self._tell(connection, "item to another case", told, item.case_id, item.id)
                self._tell(connection, "item from another case", told, case_id, item.id)
            return _item(connection, item_id)

    def remove_item(self, item_id: int) -> None:
        """Take an item out of its case, with all that is kept of it. Its file stays."""
        with self._database.writing() as connection:
            item = _item(connection, item_id)
            connection.execute(items.delete().where(items.c.id == item_id))
            self._tell(connection, "item removed", {"name": item.name}, item.case_id, item_id)

    def thumbnail(self, item_id: int) -> bytes | None:
        """A small picture as PNG; None where there is none yet."""
        query = sa.select(thumbnails.c.png).where(thumbnails.c.item_id == item_id)
        with self._database.reading() as connection:
            found = connection.scalar(query)
        return None if found is None else bytes(found)

    def set_thumbnail(self, item_id: int, png: bytes) -> None:
        """Keep a small picture."""
        with self._database.writing() as connection:
            _item(connection, item_id)
            connection.execute(thumbnails.delete().where(thumbnails.c.item_id == item_id))
            connection.execute(thumbnails.insert().values(item_id=item_id, png=png))

    def state(self, item_id: int, name: str) -> Json:
        """What is kept under a name ("view", "comment", "bookmarks", …); None where nothing is."""
        query = sa.select(states.c.value).where(states.c.item_id == item_id, states.c.name == name)
        with self._database.reading() as connection:
            found = connection.scalar(query)
        return None if found is None else cast("Json", json.loads(found))

    def set_state(self, item_id: int, name: str, value: Json, base: object = ANY) -> None:
        """Keep something under a name; None forgets it. Raises `StateChanged`.

        `base` is what was there when the person began, for what two may write at once (a comment): when
        something else is there now, nothing is overwritten. Without it the last one counts. How one looks
        ("view", "look", "layers", "window") is not told by the audit trail; all else is.
        """
        with self._database.writing() as connection:
            item = _item(connection, item_id)
            text = canonical(value)
            here = (states.c.item_id == item_id, states.c.name == name)
            there = connection.scalar(sa.select(states.c.value).where(*here))
            if there == text or (there is None and value is None):
                return
            if base is not ANY and (there or "null") != canonical(base):
                raise StateChanged(item_id, name, base, None if there is None else json.loads(there), value)
            connection.execute(states.delete().where(*here))
            if value is not None:
                row = {"item_id": item_id, "name": name, "value": text, "changed": trail.now()}
                connection.execute(states.insert(), row)
            if name not in _QUIET and not name.startswith("undecided "):
                self._tell(connection, "state", {"name": name, "value": value}, item.case_id, item_id)


def _item(connection: sa.Connection, item_id: int) -> Item:
    row = connection.execute(sa.select(items).where(items.c.id == item_id)).one_or_none()
    if row is None:
        raise no_item(item_id)
    return _value(row)


def _value(row: sa.Row[Any]) -> Item:
    facts = json.loads(row.facts)
    return Item(
        row.id,
        row.case_id,
        row.kind,
        Path(row.path),
        row.fingerprint,
        row.name,
        facts,
        row.added,
        row.version,
    )
