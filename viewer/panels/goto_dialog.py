"""Where to? A magnification, a place, or both, in one line."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QWidget

from ml.errors import Problem
from viewer.panels.pieces import GRID, Notice, Text, column, named

_HINT = "×20 · 0.5 µm/px · 50 % · 12000, 8000 · 3.2 mm, 1.1 mm ×10"


class GotoDialog(QDialog):
    """Closes when `go` took what was typed; says what is expected when it did not."""

    def __init__(self, go: Callable[[str], None], text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._go = go
        self.setWindowTitle("Go to")
        self.setMinimumWidth(105 * GRID)
        self.field = QLineEdit(text)
        self.field.selectAll()
        named(self.field, "Magnification or place", "For example ×20, or 3.2 mm, 1.1 mm")
        self.notice = Notice(parent=self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        button = self.buttons.addButton("Go", QDialogButtonBox.ButtonRole.AcceptRole)
        named(button, "Go", "Go there")
        layout = column(self, margin=4 * GRID, gap=2 * GRID)
        layout.addWidget(Text("Magnification or place", parent=self))
        for widget in (self.field, Text(_HINT, quiet=True, parent=self), self.notice, self.buttons):
            layout.addWidget(widget)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.field.textEdited.connect(lambda _: self.notice.say(""))
        self.field.setFocus()

    def accept(self) -> None:
        """Go, or say why not and stay."""
        try:
            self._go(self.field.text())
        except Problem as problem:
            self.notice.say(str(problem), "warning")
            self.field.setFocus()
        else:
            super().accept()
