"""Waits for files that have gone away, and says when they are back. Idle while nothing is missing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.canvas.reachable import State
from viewer.canvas.tile_loader import TileLoader
from viewer.work.background import Background

_EVERY_MS = 1500


class Watching(QObject):
    """Looks for missing files every moment, in a thread of its own: a dead share may not answer at all."""

    back = Signal(object)  # Path
    replaced = Signal(object)  # Path: another file lies in its place

    def __init__(self, loader: TileLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._thread = Background("missing files", self)
        self._missing: set[Path] = set()
        self._told: set[Path] = set()  # those that were said to be replaced
        self._asking = False
        self._clock = QTimer(self)
        self._clock.setInterval(_EVERY_MS)
        self._clock.timeout.connect(self.look)
        loader.file_gone.connect(lambda path, _: self.watch(path))

    def watch(self, path: Path) -> None:
        """A file is gone: look for it until it is back or given up."""
        self._missing.add(path)
        self._clock.start()

    def give_up(self, path: Path) -> None:
        """Its slide is closed."""
        self._missing.discard(path)
        self._told.discard(path)
        if not self._missing:
            self._clock.stop()

    def look(self) -> None:
        """Look now, in the thread; never twice at once."""
        if self._asking or not self._missing:
            return
        self._asking = True
        paths = tuple(self._missing)
        self._thread.submit(
            lambda: {path: self._loader.state(path) for path in paths}, self._tell, self._forget
        )

    def close(self) -> None:
        """Look no more."""
        self._clock.stop()
        self._thread.close()

    def _tell(self, states: dict[Path, State]) -> None:
        self._asking = False
        for path, state in states.items():
            if path not in self._missing:
                continue
            if state == "here":
                self.give_up(path)
                self._loader.retry(path)
                self.back.emit(path)
            elif state == "other" and path not in self._told:
                self._told.add(path)
                self.replaced.emit(path)

    def _forget(self, _: BaseException) -> None:
        self._asking = False
