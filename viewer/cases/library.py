"""The case library: one file on this computer, or a department's server."""

from __future__ import annotations

import getpass
import platform
from pathlib import Path

from ml import paths
from viewer.cases.analysis_part import AnalysisPart
from viewer.cases.audit_part import AuditPart
from viewer.cases.case_part import CasePart
from viewer.cases.database import Database, url_of
from viewer.cases.edit_part import EditPart
from viewer.cases.item_part import ItemPart
from viewer.cases.migrations.upgrade import upgrade


class Library(CasePart, ItemPart, EditPart, AnalysisPart, AuditPart):
    """Everything that is kept, in parts that each stand in a file of their own.

    A method that changes anything returns when it is on the disk; all may be called from any thread. What a
    person does in the window goes through a `Writer`, so that no gesture waits for the disk.
    """

    restored: tuple[str, ...] = ()
    """What a person should know about how it was opened: which backup, what came back. Empty: all is well."""

    @classmethod
    def open(cls, where: Path | str | None = None, author: str | None = None) -> Library:
        """Open a library, or make it: a file, the address of a server (postgresql://…), or the usual file.

        `author` is who is at work; without one, who is logged in, and where. Raises `Problem`.
        """
        database = Database(url_of(paths.data() / "library.sqlite" if where is None else where))
        try:
            upgrade(database)
        except BaseException:
            database.close()
            raise
        return cls(database, author or whoever())

    def close(self) -> None:
        """Let the database go."""
        self._database.close()


def whoever() -> str:
    """Who is logged in, and where: "name@computer"."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a service without a name
        name = "unknown"
    return f"{name}@{platform.node() or 'unknown'}"
