"""The history of a case: shown, checked, and written into a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from ml.report.atomic import whole_file
from ml.report.words import count
from viewer.cases.values import AuditEntry, Case
from viewer.main_window.casework import Casework
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.panels.history_dialog import HistoryDialog

if TYPE_CHECKING:
    from viewer.cases.library import Library

_Told = tuple[tuple[AuditEntry, ...], dict[int, str], AuditEntry | None]


class CaseHistory(QObject):
    """Read in the background; the dialog is there at once."""

    refused = Signal(object)  # Problem
    told = Signal(str)

    def __init__(self, parts: Parts, frame: Frame, casework: Casework) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._casework = parts, frame, casework
        self.dialog: HistoryDialog | None = None

    def show(self, case: Case | None) -> None:
        """Show what was done with a case."""
        if case is None:
            return
        self.close()
        dialog = self.dialog = HistoryDialog(case.name, self._frame)
        dialog.export_wished.connect(partial(self.ask_where, case))
        dialog.finished.connect(self.close)
        dialog.open()

        def read(library: Library) -> _Told:
            names = {item.id: item.name for item in library.items(case.id)}
            return library.audit(case.id), names, library.check_audit()

        self._parts.keeping.ask(read, partial(self._fill, dialog), self.refused.emit)

    def ask_where(self, case: Case) -> None:
        """Ask for a file, and write the history there."""
        start = Path(self._parts.settings.last_folder or Path.home()) / f"{case.name} history.jsonl"
        name, _ = QFileDialog.getSaveFileName(
            self._frame, "Export the history", str(start), "JSON lines (*.jsonl)"
        )
        if name:
            self.export(case, Path(name))

    def export(self, case: Case, path: Path) -> None:
        """Write the history into a file, whole or not at all."""

        def write(library: Library) -> int:
            with whole_file(path) as part:
                return library.export_audit(part, case.id)

        def tell(entries: int) -> None:
            self.told.emit(f"{count(entries, 'entry', 'entries')} written to {path.name}.")

        self._parts.keeping.ask(write, tell, self.refused.emit)

    def close(self, _: object = None) -> None:
        """Let the dialog go."""
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.close()
            dialog.deleteLater()

    def _fill(self, dialog: HistoryDialog, told: _Told) -> None:
        if dialog is self.dialog:
            dialog.show_entries(*told)
