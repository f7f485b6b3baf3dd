"""The head of a report: title, hospital, logo, author, and the template's own fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFormLayout, QLabel, QLineEdit, QPushButton, QWidget

from ml.draft.draft import Header
from ml.errors import Problem
from viewer.panels.pieces import GRID, Page, column, named, row
from viewer.panels.report_figures import Kept
from viewer.panels.report_form import FormView, asked

_LINES = (
    ("title", "Title", "Stands on top of the first page"),
    ("hospital", "Hospital", "Kept for the next report"),
    ("author", "Author", "Who writes it; kept for the next report"),
)


class HeadView(QWidget):
    """Hospital, logo and author are the same in the next report."""

    changed = Signal(object, str)  # Header, the place that was typed in
    answered = Signal(str, object)  # name of a field, Value
    logo_wished = Signal()

    def __init__(self, kept: Kept, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = kept
        self._header = Header()
        self.form: FormView | None = None
        self.page = Page(self)
        column(self).addWidget(self.page)
        self.lines = {name: QLineEdit(self) for name, _, _ in _LINES}
        above = QFormLayout()
        above.setVerticalSpacing(2 * GRID)
        above.setHorizontalSpacing(3 * GRID)
        for name, title, tip in _LINES:
            named(self.lines[name], title, tip)
            label = asked(title)
            label.setBuddy(self.lines[name])
            above.addRow(label, self.lines[name])
            self.lines[name].textEdited.connect(lambda text, name=name: self._type(name, text))
        self.logo = QLabel(self)
        self.choose = QPushButton("Choose…", self)
        named(self.choose, "Choose the logo", "A PNG or JPEG file; kept for the next report")
        self.drop = QPushButton("None", self)
        named(self.drop, "No logo", "Leave the logo out")
        line = row(self.logo, self.choose, self.drop)
        line.addStretch(1)
        above.addRow(asked("Logo"), line)
        self.page.column.addLayout(above)
        self._place = QWidget(self)
        column(self._place)
        self.page.column.addWidget(self._place)
        self.page.column.addStretch(1)
        self.choose.clicked.connect(self.logo_wished)
        self.drop.clicked.connect(lambda _=False: self.changed.emit(replace(self._header, logo=""), ""))

    def show_header(self, header: Header) -> None:
        """Show a header; its fields are laid out anew where they are others."""
        if self.form is None or header.fields != self._header.fields:
            self._lay_form(header)
        if header.logo != self._header.logo or self.logo.text():
            self._show_logo(header.logo)
        self.logo.setVisible(bool(header.logo))  # an empty place would push the button out of line
        self._header = header
        for name, line in self.lines.items():
            if line.text() != getattr(header, name):
                line.setText(getattr(header, name))
        self.drop.setVisible(bool(header.logo))
        assert self.form is not None
        self.form.show_values(header.values)

    def _lay_form(self, header: Header) -> None:
        layout = self._place.layout()
        assert layout is not None
        if self.form is not None:
            layout.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        self.form = FormView(header.fields, self)
        self.form.answered.connect(self.answered)
        layout.addWidget(self.form)

    def _show_logo(self, sha256: str) -> None:
        picture = QPixmap()
        if sha256:
            try:
                picture.loadFromData(self._kept(sha256))
            except Problem:
                self.logo.setText("(gone)")
                return
            mode = Qt.TransformationMode.SmoothTransformation
            picture = picture.scaledToHeight(10 * GRID, mode)
        self.logo.setText("")
        self.logo.setPixmap(picture)

    def _type(self, name: str, text: str) -> None:
        changes: dict[str, Any] = {name: text}
        self._header = replace(self._header, **changes)
        self.changed.emit(self._header, name)
