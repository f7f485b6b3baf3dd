"""What is open, written down while it is: after a kill or a power cut it can be opened again."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from PySide6.QtCore import QLockFile

from ml import paths

_log = logging.getLogger("parfocal.open")


@dataclass(frozen=True)
class OpenItem:
    """A file or a folder, and of a folder which series."""

    path: str
    name: str
    series: str = ""


@dataclass(frozen=True)
class LeftOpen:
    """What a window that never closed had open."""

    items: tuple[OpenItem, ...]
    reopening: bool  # it ended while it opened again what another had left


class LastOpen:
    """One window's note, and a lock that tells others whether this window still lives."""

    def __init__(self) -> None:
        folder = paths.data() / "open"
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{uuid.uuid4().hex}.json"
        self._lock = QLockFile(str(self._file.with_suffix(".lock")))
        self._lock.setStaleLockTime(0)  # never by age: a program may run for weeks
        self._lock.tryLock(0)
        self._items: tuple[OpenItem, ...] = ()
        self._reopening = False

    def left_behind(self) -> LeftOpen:
        """What windows that never closed had open, told once."""
        items: dict[OpenItem, None] = {}
        reopening = False
        for file in sorted(self._file.parent.glob("*.json")):
            lock = QLockFile(str(file.with_suffix(".lock")))
            lock.setStaleLockTime(0)
            if file == self._file or not lock.tryLock(0):
                continue
            try:
                document = json.loads(file.read_text(encoding="utf-8"))
                items |= dict.fromkeys(OpenItem(**raw) for raw in document["items"])
                reopening = reopening or bool(document["reopening"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning("A note of what was open cannot be read: %s", error)
            file.unlink(missing_ok=True)
            lock.unlock()
        return LeftOpen(tuple(items), reopening)

    def note(self, items: Iterable[OpenItem], *, reopening: bool = False) -> None:
        """Write down what is open now, whole or not at all."""
        self._items, self._reopening = tuple(items), reopening
        part = self._file.with_suffix(".part")
        document = {"items": [asdict(item) for item in self._items], "reopening": reopening}
        try:
            part.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
            part.replace(self._file)
        except OSError:
            _log.exception("What is open could not be noted")

    def forget(self) -> None:
        """The window closes as it should."""
        try:
            self._file.unlink(missing_ok=True)
            self._file.with_suffix(".part").unlink(missing_ok=True)
        except OSError:
            _log.exception("The note of what is open could not be removed")
        self._lock.unlock()
