"""Brings a database to the schema of this program.

The steps are modules that Python imports by name, not files that Alembic searches: so they are found in a
source tree, in an installed package and in a frozen bundle alike, and no alembic.ini is needed. Each runs
with Alembic's operations in a transaction of its own with the note of its number.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from ml.errors import Problem
from viewer.cases.database import Database
from viewer.cases.migrations import versions

_VERSION = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
)


def steps() -> tuple[ModuleType, ...]:
    """All steps in their order. Raises `ValueError` when they form no chain."""
    names = sorted(m.name for m in pkgutil.iter_modules(versions.__path__))
    found = tuple(importlib.import_module(f"{versions.__name__}.{name}") for name in names)
    before = None
    for step in found:
        if step.down_revision != before:
            raise ValueError(f"{step.__name__} does not follow {before}")
        before = step.revision
    return found


def schema_of(database: Database) -> str | None:
    """The number of the schema; None for a database without a library. Raises `Problem`."""
    with database.reading() as connection:
        return _current(connection)


def pending(database: Database) -> tuple[ModuleType, ...]:
    """The steps that are still to be done. Raises `Problem` for the library of a newer program."""
    known = steps()
    current = schema_of(database)
    numbers = [None, *(step.revision for step in known)]
    if current not in numbers:
        raise Problem(
            "This case library was written by a newer version of Parfocal.",
            "Update Parfocal, and open it then.",
            schema=current,
        )
    return known[numbers.index(current) :]


def upgrade(database: Database, until: str | None = None) -> None:
    """Do the steps that are still to be done, up to a number. Raises `Problem`.

    Two programs that begin at once do each step once: the second waits, and looks again.
    """
    for step in pending(database):
        with database.writing() as connection:
            if _current(connection) == step.down_revision:
                _do(connection, step)
        if step.revision == until:
            return


def _do(connection: sa.Connection, step: ModuleType) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        step.upgrade()
    if step.down_revision is None:
        _VERSION.create(connection, checkfirst=True)
        connection.execute(_VERSION.insert().values(version_num=step.revision))
    else:
        connection.execute(_VERSION.update().values(version_num=step.revision))


def _current(connection: sa.Connection) -> str | None:
    current = MigrationContext.configure(connection).get_current_revision()
    return None if current is None else str(current)
