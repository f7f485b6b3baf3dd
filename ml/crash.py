"""What is left of a run of the program that ended unexpectedly: a report that names nobody.

While a run lives, two small files stand in the log folder: what it did last, and the place where the system's
own crash handler writes. A run that ends as it should takes them away. The next one finds what is left.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import platform
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from ml import __version__, paths
from ml.libraries import versions_of
from ml.traces import name_of, native_trace, trace_of

Kind = Literal["native", "python", "gone"]
"""A crash outside Python; an error that nobody caught; killed, or a power cut."""

_IN_WORDS = {"native": "crash", "python": "error", "gone": "killed or power cut"}
_KEPT = 20  # reports
_COMMANDS = 20  # of those that were run last
_REPEATS = 20  # different faults of one run that are written down
_LIBRARIES = (
    *("PySide6-Essentials", "torch", "numpy", "tifffile", "imagecodecs", "openslide-python"),
    *("openslide-bin", "pydicom", "SQLAlchemy"),
)
_FOOT = "Left out: messages of errors, names of files and folders, titles, and everything that was typed."


@dataclass(frozen=True)
class CrashReport:
    """One report, as a person reads it."""

    file: Path
    text: str

    @property
    def at(self) -> datetime:
        """When it was written."""
        when = re.match(r"crash-(\d{8}-\d{6})", self.file.name)
        return datetime.strptime(when[1], "%Y%m%d-%H%M%S") if when else datetime.min

    @property
    def in_words(self) -> str:
        """What happened, in a word or two: "crash", "error", "killed or power cut"."""
        return _IN_WORDS.get(self.file.stem.rpartition("-")[2], "report")


def reports() -> tuple[CrashReport, ...]:
    """All that are kept, the newest first."""
    found = []
    for file in sorted(_folder().glob("crash-*.txt"), reverse=True):
        with contextlib.suppress(OSError):
            found.append(CrashReport(file, file.read_text(encoding="utf-8", errors="replace")))
    return tuple(found)


def left_behind() -> tuple[CrashReport, ...]:
    """A report of each run that never ended as it should; each is told once."""
    return tuple(
        report for file in sorted(_runs().glob("*.run")) if (report := _of_the_dead(file)) is not None
    )


class Recorder:
    """Of one run. Used as a block: an error that leaves it is reported, an end without one leaves nothing.

    Nothing in here raises: a full disk must not be the reason why somebody's window closes.
    """

    def __init__(self) -> None:
        self._stem = f"{os.getpid()}-{time.time_ns()}"
        self._facts: dict[str, object] = {
            "pid": os.getpid(),
            "started": time.time(),
            "version": __version__,
            "commands": [],
            "open": {},
            "report": "",
        }
        self._commands: list[str] = []
        self._known: set[tuple[str, ...]] = set()
        with contextlib.suppress(OSError):
            self._native = self._file(".native").open("w", encoding="utf-8")
            faulthandler.enable(self._native, all_threads=True)
        self._note()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, SystemExit | KeyboardInterrupt):
            self.close()
        elif (report := self.fault(error, "at the start or the end")) is not None:
            self._facts["report"] = report.file.name
            self._note()

    def ran(self, command_id: str) -> None:
        """A command is about to run."""
        self._commands = [*self._commands, command_id][-_COMMANDS:]
        self._note()

    def holds(self, counts: Mapping[str, int]) -> None:
        """What is open now: how many of what."""
        self._facts["open"] = dict(counts)
        self._note()

    def fault(self, error: BaseException, where: str = "") -> CrashReport | None:
        """Report an error that nobody caught; None for one that this run has reported already."""
        return self.report(f"An error that nobody caught: {name_of(error)}", trace_of(error), where)

    def report(self, what: str, trace: tuple[str, ...], where: str = "") -> CrashReport | None:
        """Write a report of this run; `what`, `trace` and `where` hold no values."""
        if trace in self._known or len(self._known) >= _REPEATS:
            return None
        self._known.add(trace)
        return _written("python", what + (f" ({where})" if where else ""), trace, self._now())

    def close(self) -> None:
        """The run ends as it should."""
        if hasattr(self, "_native"):
            faulthandler.disable()
            self._native.close()
        for ending in (".native", ".run"):
            with contextlib.suppress(OSError):
                self._file(ending).unlink(missing_ok=True)

    def _now(self) -> dict[str, object]:
        return self._facts | {"commands": self._commands}

    def _note(self) -> None:
        with contextlib.suppress(OSError):
            self._file(".run").write_text(json.dumps(self._now()), encoding="ascii")

    def _file(self, ending: str) -> Path:
        return _runs() / f"{self._stem}{ending}"


def _folder() -> Path:
    return _made("crashes")


def _runs() -> Path:
    return _made("runs")


def _made(name: str) -> Path:
    folder = paths.logs() / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _of_the_dead(file: Path) -> CrashReport | None:
    """The report of a run, and its files gone; None while it lives, or where another window was faster."""
    facts = _facts_of(file)
    if _lives(file, facts):
        return None
    taken = file.with_suffix(".taken")
    try:
        file.rename(taken)
    except OSError:
        return None
    native = file.with_suffix(".native")
    text = ""
    with contextlib.suppress(OSError):
        text = native.read_text(encoding="utf-8", errors="replace")
    report = _told_already(facts) or _of_the_end(text, facts)
    for one in (taken, native):
        with contextlib.suppress(OSError):
            one.unlink(missing_ok=True)
    return report


def _of_the_end(native: str, facts: Mapping[str, object]) -> CrashReport | None:
    trace = native_trace(native)
    if trace:
        head = trace[0].partition(": ")[2] or "no name"
        return _written("native", f"A crash outside Python: {head}", trace, facts)
    return _written("gone", "Ended without closing: killed, or the power went", (), facts)


def _told_already(facts: Mapping[str, object]) -> CrashReport | None:
    """The report of the error that ended the run, where that was written by itself."""
    name = str(facts.get("report", ""))
    return next((one for one in reports() if one.file.name == name), None) if name else None


def _facts_of(file: Path) -> dict[str, object]:
    try:
        facts = json.loads(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _lives(file: Path, facts: Mapping[str, object]) -> bool:
    """Whether the process goes on. A number may have been given to another one, which began later."""
    import psutil

    pid = int(file.stem.partition("-")[0]) if re.match(r"\d+-", file.stem) else 0
    if pid == os.getpid():
        return True
    started = facts.get("started")
    try:
        since = started if isinstance(started, float) else file.stat().st_mtime
        return bool(psutil.Process(pid).create_time() <= since + 1)
    except (psutil.Error, OSError, OverflowError):
        return False


def _written(
    kind: Kind, what: str, trace: tuple[str, ...], facts: Mapping[str, object]
) -> CrashReport | None:
    text = "\n".join(_lines(what, trace, facts)) + "\n"
    now = datetime.now()
    file = _folder() / f"crash-{now:%Y%m%d-%H%M%S-%f}-{kind}.txt"
    try:
        file.write_text(text, encoding="utf-8")
        for old in sorted(_folder().glob("crash-*.txt"), reverse=True)[_KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return CrashReport(file, text)


def _lines(what: str, trace: tuple[str, ...], facts: Mapping[str, object]) -> list[str]:
    """What stands in a report."""
    started = facts.get("started")
    since = f"{datetime.fromtimestamp(started):%Y-%m-%d %H:%M:%S}" if isinstance(started, float) else "–"
    counts, commands = facts.get("open"), facts.get("commands")
    held = [f"{_plain(name)}: {_plain(n)}" for name, n in counts.items()] if isinstance(counts, dict) else []
    ran = [_plain(name) for name in commands] if isinstance(commands, list) else []
    return [
        what,
        "",
        f"Parfocal: {_plain(facts.get('version', '–'))}",
        f"Python: {platform.python_version()}{', bundled' if getattr(sys, 'frozen', False) else ''}",
        f"System: {platform.system()} {platform.release()}, {platform.machine()}",
        f"Libraries: {', '.join(library_versions())}",
        f"Started: {since}",
        f"Reported: {datetime.now():%Y-%m-%d %H:%M:%S}",
        f"Open: {', '.join(held) or 'nothing'}",
        f"Last commands: {', '.join(ran) or 'none'}",
        "",
        *(trace or ("There is no trace: the system leaves none.",)),
        "",
        _FOOT,
    ]


def library_versions() -> list[str]:
    """Of what most numbers and most crashes depend on; nothing is loaded for it."""
    return [f"{name} {version}" for name, version in versions_of(_LIBRARIES).items()]


def _plain(word: object) -> str:
    """A word of our own lists, and no other: whatever else a damaged note holds is left out."""
    return str(word) if re.fullmatch(r"[\w.+\- ]{1,40}", str(word)) else "…"
