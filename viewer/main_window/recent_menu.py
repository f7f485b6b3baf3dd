"""*Open recent* in the File menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QMenu, QWidget

from viewer.state.recent import RecentFiles


class RecentMenu(QMenu):
    """The files opened lately, the newest first; read anew whenever it is shown."""

    def __init__(self, recent: RecentFiles, choose: Callable[[Path], None], parent: QWidget) -> None:
        super().__init__("Open recent", parent)
        self._recent, self._choose = recent, choose
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List those that are still there."""
        self.clear()
        paths = self._recent.paths()
        for path in paths:
            action = self.addAction(path.name.replace("&", "&&"))
            action.setStatusTip(f"Open {path.name} from {path.parent.name}")
            action.setToolTip(str(path))
            action.triggered.connect(partial(self._open, path))
        if not paths:
            self.addAction("Nothing was opened yet").setEnabled(False)

    def _open(self, path: Path, _: bool = False) -> None:
        self._choose(path)
