"""Statements that are made once: for what happens at every edit, or 300,000 times in one.

SQLAlchemy puts a statement together and looks it up anew each time it is used, which takes longer than SQLite
takes to carry it out. Here it is put together once for each kind of database, and then is text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

_DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": postgresql.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
}


class Prepared:
    """A statement with `bindparam`s. Values are given in the order in which its text names them."""

    def __init__(self, statement: sa.Executable) -> None:
        self._statement = statement
        self._texts: dict[str, str] = {}

    def one(self, connection: sa.Connection, *values: object) -> sa.CursorResult[*tuple[Any, ...]]:
        """Carry it out."""
        return connection.exec_driver_sql(self._text(connection), values)

    def many(self, connection: sa.Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Carry it out for each row of values. Raises `ValueError` where a row changes nothing."""
        if not rows:
            return
        count = connection.exec_driver_sql(self._text(connection), list(rows)).rowcount
        if count not in {len(rows), -1}:
            raise ValueError(f"{len(rows)} rows were to be changed, and {count} were there.")

    def _text(self, connection: sa.Connection) -> str:
        name = connection.dialect.name
        text = self._texts.get(name)
        if text is None:
            compiled = self._statement.compile(dialect=_DIALECTS[name])  # type: ignore[attr-defined]
            text = self._texts[name] = str(compiled)
        return text


def inserted(table: sa.Table) -> Prepared:
    """A row into a table; its values are those of all columns, in their order."""
    return Prepared(table.insert().values({c.name: sa.bindparam(c.name) for c in table.c}))


def given(name: str) -> sa.BindParameter[Any]:
    """A value that is given when the statement is carried out."""
    return sa.bindparam(name)
