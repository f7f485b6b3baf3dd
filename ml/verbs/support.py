"""A support file: what helps somebody else to find out what is wrong here, and nothing that names anybody.

Nothing is sent: it is a zip of texts, to be read before it is given to anyone.
"""

from __future__ import annotations

import getpass
import platform
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ml import paths
from ml.checkup.finding import Finding
from ml.checkup.settings_file import settings_in_words
from ml.crash import reports
from ml.errors import Problem
from ml.report.atomic import whole_file
from ml.verbs.doctor import as_text, findings

_LOG = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [\w.]+: |  (\(another file\)|[\w./<> -]+):\d+ in |  raised "
)
_SHORTEST = 3  # a shorter name would be found within words
_LINES = 20_000  # of one log file

_READ_ME = """This file was made by Parfocal on {now}, because somebody asked for it. Nothing was sent.

It holds texts only. Read them before you give the file to anyone; leave out what you do not want to give.

computer.txt   what this computer has, and what was found wanting
settings.txt   settings; paths, names and addresses only as "set"
log/           what went wrong and where in the program, without the names and texts that were in it
crashes/       runs of the program that ended unexpectedly, or errors that nobody caught

Left out: pictures, names of files and folders, patients, cases, annotations, comments, passwords, the name of
this computer and of its user.
"""


@dataclass(frozen=True)
class Paper:
    """One text of the support file."""

    name: str  # within the zip: "log/window.log"
    text: str


def collected(address: str | None = None, found: Iterable[Finding] | None = None) -> tuple[Paper, ...]:
    """All that may go into it. `found`: the findings of a check that was made just now; else one is made."""
    scrub = _scrubber()
    return tuple(Paper(paper.name, scrub(paper.text)) for paper in _papers(address, found))


def _papers(address: str | None, found: Iterable[Finding] | None) -> Iterator[Paper]:
    yield Paper("README.txt", _READ_ME.format(now=f"{datetime.now():%Y-%m-%d %H:%M}"))
    yield Paper("computer.txt", as_text(findings(address) if found is None else found))
    yield Paper("settings.txt", "\n".join(settings_in_words()) + "\n")
    for file in sorted(paths.logs().glob("window.log*")):
        yield Paper(f"log/{_log_name(file)}", _log_text(file))
    for report in reports():
        yield Paper(f"crashes/{report.file.name}", report.text)


def write(papers: Iterable[Paper], out: Path, *, overwrite: bool = False) -> None:
    """Put these into a zip, whole or not at all. Raises `Problem`."""
    if out.exists() and not overwrite:
        raise Problem(f"“{out.name}” is there already.", "Choose another name, or let it be replaced.")
    with whole_file(out) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for paper in papers:
            archive.writestr(paper.name, paper.text)


def _log_name(file: Path) -> str:
    """With an ending that every computer opens: "window.1.log"."""
    number = re.fullmatch(r"window\.log\.(\d+)", file.name)
    return f"window.{number[1]}.log" if number else "window.log"


def _log_text(file: Path) -> str:
    """Its lines, of those forms only that the program itself writes: nobody else's line gets through."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES:]
    except OSError:
        return ""
    return "".join(f"{line}\n" for line in lines if _LOG.match(line))


def _scrubber() -> Callable[[str], str]:
    """Takes out who is signed in and what this computer is called, should they stand anywhere after all."""
    names = {_user(), platform.node(), platform.node().partition(".")[0], Path.home().name}
    words = sorted((re.escape(name) for name in names if len(name) >= _SHORTEST), key=len, reverse=True)
    if not words:
        return lambda text: text
    known = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)
    return lambda text: known.sub("[removed]", text)


def _user() -> str:
    """Who is signed in; empty where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
