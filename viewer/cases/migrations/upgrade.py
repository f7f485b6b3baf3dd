"""Brings a database to the schema of this program.

The steps are modules that Python imports by name, not files that Alembic searches: so they are found in a
source tree, in an installed package and in a frozen bundle alike, and no alembic.ini is needed. Each runs
with Alembic's operations in a transaction of its own with the note of its number. Alembic is loaded only when
there is a step to do.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from ml.errors import Problem
from viewer.cases.database import Database
from viewer.cases.migrations import versions

_VERSION = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
)


@dataclass(frozen=True)
class Step:
    """One change of the tables: "0002" is made by the module `s0002_what_it_is_for`."""

    revision: str
    down_revision: str | None  # the one before
    upgrade: Callable[[], None]


def steps() -> tuple[Step, ...]:
    """All steps in their order."""
    names = sorted(module.name for module in pkgutil.iter_modules(versions.__path__))
    numbers = [name[1:5] for name in names]
    before = [None, *numbers]
    return tuple(map(_step, names, numbers, before))


def _step(name: str, number: str, before: str | None) -> Step:
    def upgrade() -> None:
        module = importlib.import_module(f"{versions.__name__}.{name}")
        if (module.revision, module.down_revision) != (number, before):
            raise ValueError(f"{name} is not the step from {before} to {number}.")
        module.upgrade()

    return Step(number, before, upgrade)


def schema_of(database: Database) -> str | None:
    """The number of the schema; None for a database without a library. Raises `Problem`."""
    with database.reading() as connection:
        return _current(connection)


def pending(database: Database) -> tuple[Step, ...]:
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


def _do(connection: sa.Connection, step: Step) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with Operations.context(MigrationContext.configure(connection)):
        step.upgrade()
    if step.down_revision is None:
        _VERSION.create(connection, checkfirst=True)
        connection.execute(_VERSION.insert().values(version_num=step.revision))
    else:
        connection.execute(_VERSION.update().values(version_num=step.revision))


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(sa.select(_VERSION.c.version_num))
