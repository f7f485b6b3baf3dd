"""The case library: where it lies, whether its file is sound, its tables, its backups."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from ml import paths
from ml.checkup.finding import Finding
from ml.checkup.settings_file import read_settings
from ml.library_file import NEWEST_SCHEMA, backups_of, flaw_of, newest_sound, schema_of
from ml.report.words import SPACE, count

_OLD_S = 7 * 86_400.0  # one is taken a day, when the window is used
_WHAT, _BACKUP = "Case library", "Backup of cases"


def library_address() -> str:
    """Of the case library, as the settings say; empty: this computer's own file."""
    return read_settings().get("cases/library", "")


def file_of(address: str) -> Path | None:
    """The file of a library; None for a server."""
    if not address:
        return paths.data() / "library.sqlite"
    return None if "://" in address else Path(address)


def library(address: str) -> Iterator[Finding]:
    """Nothing of what is in it is read, nothing is changed."""
    file = file_of(address)
    if file is None:
        words = "a department's, on a server"
        yield Finding(_WHAT, "good", words, "Those who run the server look after it and back it up.")
        return
    if not file.exists():
        if backups_of(file):
            means = "Cases are read from the newest good backup at the next start."
            yield Finding(_WHAT, "bad", "its file is gone", means, "Start Parfocal, and look at your cases.")
        else:
            yield Finding(_WHAT, "good", "none yet; it is made when the window first opens")
        return
    yield _file(file)
    yield _backup(file)


def _file(file: Path) -> Finding:
    try:
        flawed, size = bool(flaw_of(file)), file.stat().st_size / 1e6
    except OSError as error:
        means = "Cases cannot be opened."
        return Finding(_WHAT, "bad", f"cannot be read ({type(error).__name__})", means, _ASK)
    if flawed:
        means = (
            "At the next start the newest good backup is opened, and what is newer is read out of this file."
        )
        return Finding(_WHAT, "bad", "its file is damaged", means, "Close Parfocal and start it again.")
    schema = schema_of(file)
    words = f"sound ({size:,.1f}{SPACE}MB, every page was looked at), tables of version {schema or 'unknown'}"
    if not schema or schema > NEWEST_SCHEMA:
        means = "It was written by a newer version of Parfocal, or is none of its libraries."
        return Finding(_WHAT, "bad", words, means, "Update Parfocal.")
    if schema < NEWEST_SCHEMA:
        means = "They are brought up to date at the next start, after a backup."
        return Finding(_WHAT, "look", words, means)
    return Finding(_WHAT, "good", words)


def _backup(file: Path) -> Finding:
    found = backups_of(file)
    do = "Case ▸ Back up now… writes one where you say."
    if not found:
        return Finding(_BACKUP, "look", "none yet", "A damaged library could not be brought back.", do)
    days = (time.time() - found[0].stat().st_mtime) / 86_400
    words = f"{count(len(found), 'backup')}, the newest {_age(days)}"
    if newest_sound(file) is None:
        return Finding(_BACKUP, "bad", f"{words}; none of them is sound", "They cannot be opened.", do)
    if days * 86_400 > _OLD_S:
        return Finding(_BACKUP, "look", words, "Changes since then are in the library's file only.", do)
    return Finding(_BACKUP, "good", words)


def _age(days: float) -> str:
    if days < 0:
        return "from the future: the clock was set back"
    if days < 1 / 24:
        return "less than an hour old"
    return f"{days * 24:.0f} hours old" if days < 2 else f"{days:.0f} days old"


_ASK = "Ask whoever runs this computer for the right to read it."
