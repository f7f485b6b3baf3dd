"""A command of `parfocal-ml` in a process of its own, followed by the events that it writes into a file.

The process belongs to nobody: the window that started it may be closed, and another one follows it again by
the file `process.json` in its folder. A crash there leaves the window alive.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QObject, QTimer, Signal

from ml import paths

EVENTS, ERRORS, PROCESS = "events.jsonl", "errors.txt", "process.json"

_EVERY_MS = 200
_started: dict[int, subprocess.Popen[bytes]] = {}  # by this window: the system asks that their end is heard
_BEHIND = psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else 10
_SESSION_BEHIND = 5  # a third of the share of the window: with less it starves beside other programs
_TAIL = 4000  # characters of what a process that broke off has said


class Child(QObject):
    """At most one process at a time, in one folder. Everything it tells arrives in the window's thread."""

    told = Signal(object)  # dict: one event
    ended = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._process: psutil.Process | None = None
        self._read = 0  # bytes of the events that were told
        self._rest = b""
        self._waits: bool | None = None  # what was asked of it here; a busy system does so a little later
        self._clock = QTimer(self)
        self._clock.setInterval(_EVERY_MS)
        self._clock.timeout.connect(self.look)

    @property
    def running(self) -> bool:
        """Whether a process works, or is paused."""
        return self._process is not None

    @property
    def paused(self) -> bool:
        """Whether it was told to wait, here or by a window that was closed since."""
        if self._process is None or self._waits is not None:
            return self._process is not None and bool(self._waits)
        try:
            return bool(self._process.status() == psutil.STATUS_STOPPED)
        except psutil.Error:
            return False

    def start(self, words: Sequence[str], *, anew: bool = True) -> None:
        """Run `parfocal-ml WORDS --json`. With `anew` false its events follow those that are there.

        Raises `Problem` where it cannot be started, or the folder not be written to.
        """
        if self.running:
            return
        from ml.report.atomic import cannot_write

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / EVENTS).open("wb" if anew else "ab") as file:
                file.write(json.dumps({"event": "begun", "at": time.time()}).encode() + b"\n")
            if anew:
                self._read, self._rest = 0, b""
            pid = self._launched(words)
            self._process, self._waits = psutil.Process(pid), None
            _put_behind(self._process)
            facts = {"pid": pid, "created": self._process.create_time()}
            (self.folder / PROCESS).write_text(json.dumps(facts), encoding="utf-8")
        except OSError as error:
            raise cannot_write(self.folder.name, error) from error
        except psutil.NoSuchProcess:
            self._process = None  # it ended at once: its events say why
        self._clock.start()

    def follow(self) -> bool:
        """Tell all that was written before, and go on with a process that still works; whether one does."""
        self._process, self._waits = _living(self.folder), None
        if self._process is not None:
            self._clock.start()
        self._tell()
        return self.running

    def pause(self) -> None:
        """Have it wait; it keeps its memory."""
        self._waits = True
        self._do("suspend")

    def go_on(self) -> None:
        """Let it work again."""
        self._waits = False
        self._do("resume")

    def stop(self) -> None:
        """Wish that it ends soon, keeping what is there. On Windows it is ended: it can be gone on with."""
        if self._process is None:
            return
        self.go_on()
        with contextlib.suppress(psutil.Error, OSError):
            if os.name == "nt":
                self._process.terminate()
            else:
                self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once and wait until it is gone."""
        if self._process is not None:
            with contextlib.suppress(psutil.Error):
                self._process.kill()
                own = _started.pop(self._process.pid, None)
                own.wait(10) if own is not None else self._process.wait(10)
            self._clock.stop()
            self._process = None

    def memory(self) -> int:
        """Bytes that it has; 0 while there is none."""
        try:
            return 0 if self._process is None else int(self._process.memory_info().rss)
        except psutil.Error:
            return 0

    def last_words(self) -> str:
        """The end of what it said to nobody: the trace of a crash."""
        try:
            return (self.folder / ERRORS).read_text(encoding="utf-8", errors="replace")[-_TAIL:]
        except OSError:
            return ""

    def close(self) -> None:
        """Follow it no more; it works on."""
        self._clock.stop()
        self._process = None

    def look(self) -> None:
        """Tell what was written since the last time, and whether it has ended."""
        alive = self._process is not None and _is_alive(self._process)
        self._tell()
        if not alive:
            self._process = None
            self._clock.stop()
            self.ended.emit()

    def _tell(self) -> None:
        try:
            with (self.folder / EVENTS).open("rb") as file:
                file.seek(self._read)
                content = file.read()
        except OSError:
            return
        self._read += len(content)
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            event = _event(line)
            if event is not None:
                self.told.emit(event)

    def _launched(self, words: Sequence[str]) -> int:
        command = command_line()
        group: dict[str, Any] = {"start_new_session": True}  # Ctrl-C in a terminal is for the window alone
        if os.name == "nt":
            group = {"creationflags": 0x00000200 | 0x08000000}  # a group of its own, no console
        with (self.folder / EVENTS).open("ab") as events, (self.folder / ERRORS).open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [*command, *words, "--json"],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=events,
                stderr=errors,
                env=_environment(),
                **group,
            )
        _started[process.pid] = process
        return process.pid

    def _do(self, what: str) -> None:
        if self._process is not None:
            with contextlib.suppress(psutil.Error):
                getattr(self._process, what)()


def command_line() -> tuple[str, ...]:
    """How `parfocal-ml` is called: by the Python that runs this, or by the program beside a frozen one."""
    if getattr(sys, "frozen", False):
        ending = ".exe" if os.name == "nt" else ""
        return (str(Path(sys.executable).with_name(f"parfocal-ml{ending}")),)
    return sys.executable, "-m", "ml"


def _put_behind(process: psutil.Process) -> None:
    """It takes what the window leaves, which then does not wait for it. Threads and children inherit it.

    Linux shares out the processors among sessions first, and it has one of its own: that must stand back too.
    """
    with contextlib.suppress(psutil.AccessDenied):  # it stands further back already
        process.nice(_BEHIND)
    with contextlib.suppress(OSError):  # not Linux, or a kernel that shares by process alone
        Path(f"/proc/{process.pid}/autogroup").write_text(str(_SESSION_BEHIND), encoding="ascii")


def _environment() -> dict[str, str]:
    """That of this process, with the place of `ml`: the working directory is another one."""
    home = str(Path(paths.__file__).resolve().parent.parent)
    before = os.environ.get("PYTHONPATH", "")
    place = os.pathsep.join(part for part in (home, before) if part)
    return os.environ | {"PYTHONPATH": place, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _living(folder: Path) -> psutil.Process | None:
    """The process that the folder names, if it is still the same one."""
    try:
        facts: Mapping[str, Any] = json.loads((folder / PROCESS).read_text(encoding="utf-8"))
        process = psutil.Process(int(facts["pid"]))
        same = abs(process.create_time() - float(facts["created"])) < 1
        return process if same and _is_alive(process) else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None


def _is_alive(process: psutil.Process) -> bool:
    own = _started.get(process.pid)
    if own is not None and own.poll() is not None:
        del _started[process.pid]
        return False
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _event(line: bytes) -> dict[str, Any] | None:
    """A line as an event; what is none (a library that prints) is passed over."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "event" in found else None
