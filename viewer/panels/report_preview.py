"""The finished report before it is handed on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QLabel, QPushButton, QWidget

from viewer.panels.pdf_view import PageView, PdfView
from viewer.panels.pieces import GRID, Notice, column, named, row
from viewer.panels.quantities import with_unit


class ReportPreview(QDialog):
    """Pages as wide as the window, zoomed by Ctrl+wheel or + and -. Saving a copy is the window's work."""

    save_wished = Signal(object)  # Path: where to

    def __init__(self, pdf_path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Report: {pdf_path.name}")
        self._path = pdf_path
        self.notice = Notice(parent=self)
        self.view = PdfView(self)
        self.zoom_text = QLabel(self)
        self._lay_out()
        self.view.zoomed.connect(lambda zoom: self.zoom_text.setText(with_unit(f"{zoom * 100:.0f}", "%")))
        self.view.failed.connect(lambda why: self.notice.say(why, "refusal"))
        self.view.show_pdf(pdf_path)
        self.finished.connect(lambda _: self.view.close_pdf())
        self.resize(200 * GRID, 220 * GRID)

    @property
    def pages(self) -> list[PageView]:
        """One a page, once the file has been opened."""
        return self.view.pages

    def _lay_out(self) -> None:
        view = self.view
        self.smaller_button = _button("−", "Smaller", "Show the pages smaller (-)", view.zoom_out)
        self.larger_button = _button("+", "Larger", "Show the pages larger (+)", view.zoom_in)
        self.fit_button = _button("Fit width", "Fit width", "As wide as the window (F)", view.fit_width)
        self.save_button = _button("Save a copy…", "Save a copy", "Save the report elsewhere", self.ask_where)
        self.folder_button = _button(
            "Open folder", "Open folder", "Show the folder that the report lies in", self.open_folder
        )
        self.save_button.setDefault(True)
        for button in (self.smaller_button, self.larger_button, self.fit_button, self.folder_button):
            button.setAutoDefault(False)
        keys = {"+": view.zoom_in, "=": view.zoom_in, "-": view.zoom_out, "F": view.fit_width}
        for key, action in keys.items():
            QShortcut(QKeySequence(key), self, action)
        above = row(self.smaller_button, self.zoom_text, self.larger_button, self.fit_button)
        above.addStretch(1)
        below = row(self.folder_button)
        below.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        below.addWidget(self.save_button)
        below.addWidget(close)
        layout = column(self, margin=3 * GRID)
        layout.addLayout(above)
        layout.addWidget(self.notice)
        layout.addWidget(view, 1)
        layout.addLayout(below)

    def ask_where(self) -> None:
        """Ask where the copy shall go."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Save a copy", self._path.name, "PDF (*.pdf)")
        if chosen:
            self.save_wished.emit(Path(chosen))

    def open_folder(self) -> None:
        """Show the report's folder in the system's file window."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path.parent)))


def _button(text: str, name: str, tip: str, action: object) -> QPushButton:
    button = QPushButton(text)
    named(button, name, tip)
    button.clicked.connect(lambda _=False: action())  # type: ignore[operator]
    return button
