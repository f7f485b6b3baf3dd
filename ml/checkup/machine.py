"""The computer itself: system, memory, disk, folders, clock, keyring."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ml import __version__, paths
from ml.checkup.finding import Finding
from ml.crash import library_versions
from ml.library_file import backups_of
from ml.memory import memory as memory_there_is
from ml.safe_keyring import keyrings
from ml.traces import name_of

_LEAST_GB = 8.0  # of memory: below, large models and whole slides get tight
_LEAST_FREE_GB = 0.5  # of memory, now
_LEAST_DISK_GB = 2.0
_AHEAD_S = 3600.0  # so far a file may lie in the future: shares have clocks of their own
_NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC).timestamp()  # no version of this program is older


def computer() -> Finding:
    """System, Python and the libraries."""
    bundled = " in one bundle" if getattr(sys, "frozen", False) else ""
    words = (
        f"Parfocal {__version__}{bundled}, {platform.system()} {platform.release()} on {platform.machine()}, "
        f"Python {platform.python_version()}; {', '.join(library_versions())}"
    )
    return Finding("Computer", "good", words)


def memory() -> Finding:
    """How much there is, and how much of it is free; in a container, of what that may have."""
    there = memory_there_is()
    whole, free = there.whole / 2**30, there.free / 2**30
    words = f"{whole:.1f} GB, {free:.1f} GB of them free; {os.cpu_count()} processor cores"
    do = "Close other programs"
    if there.limited:
        words += "; the computer has more, a container or a job of a scheduler may take no more than this"
        do = "Give the container or job more memory"
    if free < _LEAST_FREE_GB:
        means = "The system may end Parfocal while it analyzes."
        return Finding("Memory", "bad", words, means, f"{do}.")
    if whole < _LEAST_GB:
        means = "Large models and whole slides get slow."
        return Finding("Memory", "look", words, means, f"{do} before an analysis.")
    return Finding("Memory", "good", words)


def disk() -> Finding:
    """Room where the person's data lie."""
    free = shutil.disk_usage(paths.data()).free / 2**30
    words = f"{free:.0f} GB free where cases, models and samples are kept"
    if free >= _LEAST_DISK_GB:
        return Finding("Disk", "good", words)
    return Finding("Disk", "bad", words, "What you draw may not be saved.", "Make room: at least 2 GB.")


def folders() -> Iterator[Finding]:
    """A file is made, read and taken away in every folder that Parfocal writes to."""
    temporary = Path(tempfile.gettempdir())
    for name, folder_of, loss in (
        ("Cases and models", paths.data, "Nothing that you draw can be saved."),
        ("Cache", paths.cache, "Samples and previews cannot be made."),
        ("Settings", paths.config, "Your settings are forgotten when the window closes."),
        ("Log files", paths.logs, "Nobody can say later what went wrong."),
        ("Passing files", lambda: temporary, "Slides without a pyramid and reports cannot be prepared."),
    ):
        what = f"Folder: {name}"
        try:
            folder = folder_of()
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".parfocal-check-") as file:
                file.write(b"Parfocal")
                file.flush()
        except OSError as error:
            do = "Have whoever runs this computer give you the right to write there, or set PARFOCAL_HOME."
            yield Finding(what, "bad", f"cannot be written to ({name_of(error)})", loss, do)
        else:
            yield Finding(what, "good", f"can be written to ({_whereabouts(folder)})")


def _whereabouts(folder: Path) -> str:
    """Roughly where, and no name: folders of a home, of a share may be those of persons."""
    return "in your home folder, ~" if folder.is_relative_to(Path.home()) else "outside your home folder"


def clock(library: Path | None = None) -> Finding:
    """Against files that were written before: no server is asked."""
    now = time.time()
    known = [
        file.stat().st_mtime
        for file in (*paths.logs().glob("window.log*"), *(backups_of(library) if library else ()))
    ]
    words = f"{datetime.now().astimezone():%Y-%m-%d %H:%M, UTC%z}"
    means = "Times in the history of cases and in reports are wrong."
    do = "Have the system set its clock by the network."
    if now < _NOT_BEFORE:
        return Finding("Clock", "bad", f"{words}: before this program was made", means, do)
    if known and max(known) > now + _AHEAD_S:
        return Finding("Clock", "bad", f"{words}: earlier than files that are there already", means, do)
    return Finding("Clock", "good", words)


def keyring() -> Finding:
    """Whether passwords of archives can be kept."""
    safe, some_are_not = keyrings()
    if safe:
        return Finding("Keyring", "good", "keeps passwords of picture archives")
    words = "keeps secrets in a plain file, and is not used" if some_are_not else "none is set up"
    means = "A password of a picture archive has to be typed each time; all else works."
    do = "On Linux: install and unlock GNOME Keyring or KWallet. Needed for archives with a sign-in only."
    return Finding("Keyring", "look", words, means, do)
