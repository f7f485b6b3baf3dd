"""Cases: the list, one of them, and what a person says about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import sqlalchemy as sa

from ml.errors import Problem
from viewer.cases import trail
from viewer.cases.part import Gone, Part
from viewer.cases.tables import cases, items, tags, thumbnails
from viewer.cases.values import STATUSES, Case, CaseRow, Sort, Status

_FIELDS = {"name", "status", "comment", "tags"}
_SORTS: dict[str, Any] = {
    "changed": cases.c.touched.desc(),  # the count of the audit trail, not the clock
    "created": cases.c.id.desc(),
    "name": sa.func.lower(cases.c.name),
    "status": sa.case(*((cases.c.status == status, n) for n, status in enumerate(STATUSES))),
}


class CaseChanged(Problem):
    """Somebody else changed what is said about a case. `theirs` is how it is now, `base` how it was known."""

    def __init__(self, base: Case, theirs: Case) -> None:
        super().__init__(
            f"Somebody else changed the case “{theirs.name}” meanwhile.",
            "Look at what it says now, and change it again where that is still right.",
            case=theirs.id,
        )
        self.base, self.theirs = base, theirs


class CasePart(Part):
    """The cases of the library."""

    def cases(
        self, search: str = "", status: Status | None = None, tag: str | None = None, sort: Sort = "changed"
    ) -> tuple[CaseRow, ...]:
        """The list. Every word of `search` is looked for in name, comment, tags and names of items."""
        query = sa.select(
            cases,
            sa.select(sa.func.count()).where(items.c.case_id == cases.c.id).scalar_subquery().label("held"),
            sa.select(sa.func.min(items.c.id))
            .where(items.c.case_id == cases.c.id, items.c.id.in_(sa.select(thumbnails.c.item_id)))
            .scalar_subquery()
            .label("thumbnail"),
        ).order_by(_SORTS[sort], cases.c.id.desc())
        for word in search.split():
            query = query.where(_holds(word))
        if status is not None:
            query = query.where(cases.c.status == status)
        if tag is not None:
            query = query.where(cases.c.id.in_(sa.select(tags.c.case_id).where(tags.c.tag == tag)))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            tagged = _tags(connection)
        return tuple(
            CaseRow(r.id, r.name, r.status, tagged.get(r.id, ()), r.comment, r.changed, r.held, r.thumbnail)
            for r in rows
        )

    def tags(self) -> tuple[str, ...]:
        """All tags that any case has, in alphabetical order."""
        with self._database.reading() as connection:
            return tuple(connection.scalars(sa.select(tags.c.tag).distinct().order_by(tags.c.tag)))

    def new_case(self, name: str) -> Case:
        """An empty case, new."""
        with self._database.writing() as connection:
            at = trail.now()
            row = {"name": name, "status": "new", "comment": "", "created": at, "changed": at}
            made = connection.execute(
                cases.insert().values(**row, touched=0, version=1).returning(cases.c.id)
            )
            case_id = made.scalar_one()
            self._tell(connection, "case created", {"name": name}, case_id)
            return _case(connection, case_id)

    def case(self, case_id: int) -> Case:
        """One case. Raises `Problem` when it is not there any more."""
        with self._database.reading() as connection:
            return _case(connection, case_id)

    def change_case(self, case: Case, **fields: object) -> Case:
        """Say something else about a case: `name`, `status`, `comment`, `tags`. Raises `CaseChanged`.

        `case` is how it was known. Where somebody else changed it meanwhile, what both left alone or changed
        alike stays as it is, and only what both changed differently is told.
        """
        if unknown := fields.keys() - _FIELDS:
            raise ValueError(f"A case has no {', '.join(sorted(unknown))}.")
        if "tags" in fields:
            fields["tags"] = tuple(sorted({str(tag) for tag in cast("Iterable[object]", fields["tags"])}))
        if fields.get("status", "new") not in STATUSES:
            raise ValueError(f"“{fields['status']}” is no status of a case.")
        with self._database.writing() as connection:
            there = _case(connection, case.id)
            new = {name: value for name, value in fields.items() if getattr(there, name) != value}
            if there.version != case.version and any(getattr(there, n) != getattr(case, n) for n in new):
                raise CaseChanged(case, there)
            if not new:
                return there
            columns = {name: value for name, value in new.items() if name != "tags"}
            row = cases.update().where(cases.c.id == case.id)
            connection.execute(row.values(**columns, version=there.version + 1))
            if "tags" in new:
                _set_tags(connection, case.id, cast("tuple[str, ...]", new["tags"]))
            told = {
                name: list(value) if isinstance(value, tuple) else str(value) for name, value in new.items()
            }
            self._tell(connection, "case changed", told, case.id)
            return _case(connection, case.id)

    def delete_case(self, case_id: int) -> None:
        """Delete a case with all that is kept of its items. Files stay; so does the audit trail."""
        with self._database.writing() as connection:
            case = _case(connection, case_id)
            held = connection.scalars(sa.select(items.c.name).where(items.c.case_id == case_id)).all()
            connection.execute(cases.delete().where(cases.c.id == case_id))
            self._tell(connection, "case deleted", {"name": case.name, "items": list(held)}, case_id)


def _holds(word: str) -> sa.ColumnElement[bool]:
    def like(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        return column.icontains(word, autoescape=True)

    tagged = sa.select(tags.c.case_id).where(like(tags.c.tag))
    held = sa.select(items.c.case_id).where(like(items.c.name))
    return sa.or_(like(cases.c.name), like(cases.c.comment), cases.c.id.in_(tagged), cases.c.id.in_(held))


def _tags(connection: sa.Connection) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for case_id, tag in connection.execute(sa.select(tags).order_by(tags.c.tag)):
        found[case_id] = (*found.get(case_id, ()), tag)
    return found


def _set_tags(connection: sa.Connection, case_id: int, wanted: tuple[str, ...]) -> None:
    connection.execute(tags.delete().where(tags.c.case_id == case_id))
    if wanted:
        connection.execute(tags.insert(), [{"case_id": case_id, "tag": tag} for tag in wanted])


def _case(connection: sa.Connection, case_id: int) -> Case:
    row = connection.execute(sa.select(cases).where(cases.c.id == case_id)).one_or_none()
    if row is None:
        raise Gone(
            "This case is not in the library any more: somebody deleted it.", "Choose another.", case=case_id
        )
    query = sa.select(tags.c.tag).where(tags.c.case_id == case_id).order_by(tags.c.tag)
    held = tuple(sorted(connection.scalars(query)))
    return Case(row.id, row.name, row.status, held, row.comment, row.created, row.changed, row.version)
