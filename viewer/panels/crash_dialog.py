"""What was noted when Parfocal ended unexpectedly, or something failed that nobody had thought of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QWidget

from ml.crash import CrashReport
from viewer.panels.papers_view import PapersView, flat
from viewer.panels.pieces import GRID, Text, column, named

_SAYS = (
    "The newest is on top. A report says where in the program something failed, and holds no name of a file, "
    "folder, patient or case. It lies on this computer only."
)
_NONE = "There is no report: Parfocal has always ended as it should."


class CrashDialog(QDialog):
    """To be read and copied. Giving them to somebody is what the support file is for."""

    support_wished = Signal()

    def __init__(self, reports: Sequence[CrashReport], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Crash reports")
        self.view = PapersView("Crash reports", parent=self)
        self.view.set_papers([(_title(report), report.text) for report in reports])
        self.copy_button = QPushButton("Copy", self)
        self.support_button = QPushButton("Save a support file…", self)
        named(self.copy_button, "Copy the report", "Copy the text of the chosen report")
        named(self.support_button, "Save a support file", "Put reports, logs and findings into one file")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        for button in (self.copy_button, self.support_button):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        layout = column(self, margin=4 * GRID, gap=3 * GRID)
        layout.addWidget(flat(Text(_SAYS if reports else _NONE, parent=self)))
        layout.addWidget(self.view, 1)
        if not reports:
            layout.addStretch(1)  # or the sentence would hang in the middle
        layout.addWidget(buttons)
        self.resize(200 * GRID, 130 * GRID)
        self.view.setVisible(bool(reports))
        self.copy_button.setEnabled(bool(reports))
        self.copy_button.clicked.connect(self._copy)
        self.support_button.clicked.connect(self.support_wished)
        buttons.rejected.connect(self.reject)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.view.text.toPlainText())
        self.copy_button.setText("Copied")


def _title(report: CrashReport) -> str:
    """ "26 Nov 2026, 11:42 · crash"."""
    return f"{report.at:%Y-%m-%d %H:%M:%S} · {report.in_words}"
