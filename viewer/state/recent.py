"""The files that were opened lately, the newest first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from viewer.settings import Settings

_KEPT = 10


class RecentFiles(QObject):
    """A short list of paths that outlives the program. Files that are gone are not shown, but kept."""

    changed = Signal(object)  # tuple[Path, ...]

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def paths(self) -> tuple[Path, ...]:
        """Those that are still there, the newest first."""
        return tuple(path for path in map(Path, self._settings.recent) if path.exists())

    def add(self, path: Path) -> None:
        """Put a file to the front."""
        name = str(path.absolute())
        others = (other for other in self._settings.recent if other != name)
        self._settings.recent = (name, *others)[:_KEPT]
        self.changed.emit(self.paths())

    def clear(self) -> None:
        """Forget them all."""
        self._settings.recent = ()
        self.changed.emit(())
