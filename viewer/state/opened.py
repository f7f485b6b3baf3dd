"""What lies on the table, whatever it is: a slide, or a series of CT."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack


class Opened(QObject):
    """The contract of everything that is open: it has a name and edits, and is let go once."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path  # the file or the folder that the person pointed at
        self.undo = QUndoStack(self)

    @property
    def title(self) -> str:
        """What to call it, without folders."""
        return self.path.name

    def settle(self) -> None:
        """Have every edit that is under way be there. Nothing, unless a subclass has such."""

    def let_go(self) -> None:
        """Close its files. Nothing is read from it afterwards."""
