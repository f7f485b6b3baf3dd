"""The case library: one file on this computer, or a department's server."""

from __future__ import annotations

import getpass
import platform
from pathlib import Path

from ml import paths
from viewer.cases.analysis_part import AnalysisPart
from viewer.cases.audit_part import AuditPart
from viewer.cases.backups import BackupRule, take
from viewer.cases.case_part import CasePart
from viewer.cases.database import Database
from viewer.cases.edit_part import EditPart
from viewer.cases.item_part import ItemPart
from viewer.cases.opening import opened, require_file

_USUAL = BackupRule()


class Library(CasePart, ItemPart, EditPart, AnalysisPart, AuditPart):
    """Everything that is kept, in parts that each stand in a file of their own.

    A method that changes anything returns when it is on the disk; all may be called from any thread. What a
    person does in the window goes through a `Writer`, so that no gesture waits for the disk.
    """

    def __init__(
        self, database: Database, author: str, rule: BackupRule = _USUAL, restored: tuple[str, ...] = ()
    ) -> None:
        """Takes a database that is up to date: see `open`."""
        super().__init__(database, author)
        self._rule = rule
        self.restored = restored
        """What a person should know about how it was opened: which backup, what came back. Usually empty."""

    @classmethod
    def open(
        cls, where: Path | str | None = None, author: str | None = None, rule: BackupRule = _USUAL
    ) -> Library:
        """Open a library, or make it: a file, the address of a server (postgresql://…), or the usual file.

        A file is looked through: when it is damaged it is set aside, the last good backup is opened, what
        came after is read from the damaged file as far as possible, and `restored` says so. A backup is taken
        before a change of the tables, and by `rule`. `author` is who is at work; without one, who is logged
        in, and where. It may take seconds, so it is no work for the window's thread. Raises `Problem`.
        """
        who = author or whoever()
        place = paths.data() / "library.sqlite" if where is None else where
        database, restored = opened(place, rule, who)
        return cls(database, who, rule, restored)

    @property
    def file(self) -> Path | None:
        """Its file; None for one on a server."""
        return self._database.file

    def backup(self) -> Path:
        """Take a backup now; its file. Raises `Problem`, also for a library on a server."""
        return take(require_file(self._database), self._rule)

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
