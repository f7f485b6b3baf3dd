"""Opening a library: looked through, mended where it must be, brought up to date, backed up."""

from __future__ import annotations

import contextlib
import re
import shutil
from datetime import datetime
from pathlib import Path

from ml.errors import Problem
from ml.library_file import backups_of, flaw_of, is_database, is_foreign, newest_sound
from ml.report.atomic import cannot_write, whole_file
from viewer.cases import backups
from viewer.cases.backups import BackupRule
from viewer.cases.database import Database, url_of
from viewer.cases.migrations.upgrade import pending, upgrade
from viewer.cases.salvage import Salvaged, salvage

_BESIDE = ("", "-wal", "-shm")  # what SQLite keeps beside a file


def opened(where: Path | str, rule: BackupRule, author: str) -> tuple[Database, tuple[str, ...]]:
    """The database, and sentences about what was done so that it could be opened. Raises `Problem`."""
    database = Database(url_of(where))
    said: tuple[str, ...] = ()
    with contextlib.ExitStack() as otherwise:
        otherwise.callback(database.close)
        if database.file is None:
            upgrade(database)
        else:
            said = _file(database, database.file, rule, author)
        otherwise.pop_all()
    return database, said


def _file(database: Database, file: Path, rule: BackupRule, author: str) -> tuple[str, ...]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        there = file.exists() and file.stat().st_size > 0
        flaw = flaw_of(file) if there else ""
        if there and not backups_of(file) and (is_foreign(file) or not is_database(file)):
            raise _no_library(file)
        if flaw or (not there and newest_sound(file) is not None):
            return _restored(database, file, flaw, author)
    except OSError as error:
        raise cannot_write(file.name, error) from error
    if there and (steps := pending(database)):
        backups.take(file, rule, f"before-{steps[0].revision}")
    upgrade(database)
    if backups.is_due(file, rule):
        backups.take(file, rule)
    return _older_than_backup(file)


def _restored(database: Database, file: Path, flaw: str, author: str) -> tuple[str, ...]:
    """Open the last good backup in the place of a file that is damaged or gone."""
    aside = _set_aside(file)
    backup = newest_sound(file)
    if backup is not None:
        with whole_file(file) as part:
            shutil.copyfile(backup, part)
    upgrade(database)
    found = Salvaged()
    if aside is not None:
        facts = {"backup": backup.name if backup else "", "damaged": aside.name, "flaw": flaw}
        found = salvage(aside, database, author, facts)
    return _in_words(aside, backup, found)


def _set_aside(file: Path) -> Path | None:
    """Give the damaged file another name, so that it can be looked into; None where there is no file."""
    if not file.exists():
        return None
    pattern = re.compile(rf"{re.escape(file.stem)}-damaged-(\d+)\.sqlite")
    numbers = [int(found[1]) for path in file.parent.iterdir() if (found := pattern.fullmatch(path.name))]
    aside = file.with_name(f"{file.stem}-damaged-{max(numbers, default=0) + 1}.sqlite")
    for ending in _BESIDE:
        beside = file.with_name(file.name + ending)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + ending))
    return aside


def _in_words(aside: Path | None, backup: Path | None, found: Salvaged) -> tuple[str, ...]:
    what = "was not there" if aside is None else "was damaged"
    said = [f"The case library's file {what}."]
    if backup is not None:
        when = datetime.fromtimestamp(backup.stat().st_mtime).strftime("%d %B %Y, %H:%M")
        said.append(f"The backup of {when} was opened.")
    else:
        said.append("There was no good backup; a new library was begun.")
    if aside is not None:
        count = found.edits + found.others
        said.append(
            f"{count:,} later changes were read from the damaged file and are there again."
            if count
            else "Nothing newer could be read from the damaged file."
        )
        if found.lost:
            said.append(f"{found.lost:,} edits of annotations could not be read.")
        said.append(f"The damaged file is kept as “{aside.name}”.")
    return tuple(said)


def _older_than_backup(file: Path) -> tuple[str, ...]:
    """A word where a backup knows more than the library: somebody put an old file in its place."""
    newest = next(iter(backups_of(file)), None)
    if newest is None or backups.last_entry(newest) <= backups.last_entry(file):
        return ()
    return (f"The case library is older than its backup “{newest.name}”: newer changes are in that one.",)


def _no_library(file: Path) -> Problem:
    """Somebody else's file is left alone."""
    return Problem(
        f"“{file.name}” is no case library of Parfocal.",
        "Choose another file, or a new name.",
        file=file.name,
    )


def require_file(database: Database) -> Path:
    """The file of a library; raises `Problem` for a server, whose backups are not ours."""
    if database.file is None:
        raise Problem(
            "This case library lies on a server.",
            "It is backed up by those who run the server.",
            kind="server",
        )
    return database.file
