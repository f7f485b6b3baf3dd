"""How long is the line that was drawn? From the answer comes the pixel size."""

from __future__ import annotations

import re

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QWidget

from ml.report.words import SPACE
from viewer.panels.pieces import GRID, Notice, Text, column, named

_LENGTH = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(µm|μm|um|mm|cm)\s*", re.IGNORECASE)
_UM = {"µm": 1.0, "μm": 1.0, "um": 1.0, "mm": 1000.0, "cm": 10_000.0}


class LengthDialog(QDialog):
    """`length_um` holds the answer after *Use this length*."""

    def __init__(self, pixels: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels = pixels
        self.length_um: float | None = None
        self.setWindowTitle("A known length")
        self.setMinimumWidth(90 * GRID)
        self.field = QLineEdit()
        self.field.setPlaceholderText("for example 200 µm or 1 mm")
        named(self.field, "Length of the line", "With its unit: µm, mm or cm")
        self.notice = Notice(parent=self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = self.buttons.addButton("Use this length", QDialogButtonBox.ButtonRole.AcceptRole)
        layout = column(self, margin=4 * GRID, gap=2 * GRID)
        layout.addWidget(
            Text(f"The line is {pixels:,.1f}{SPACE}px long. How long is it really?", parent=self)
        )
        for widget in (self.field, self.notice, self.buttons):
            layout.addWidget(widget)
        self.field.textChanged.connect(self._weigh)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._weigh("")
        self.field.setFocus()

    def _weigh(self, text: str) -> None:
        self.length_um = um_of(text)
        good = self.length_um is not None and 1e-3 <= self.length_um / self._pixels <= 1000
        self.use.setEnabled(good)
        if good and self.length_um is not None:
            self.notice.say(f"Then a pixel is {self.length_um / self._pixels:.4g}{SPACE}µm.", "info")
        elif self.length_um is not None:
            self.notice.say("No microscope has pixels of that size.", "warning")
        else:
            self.notice.say("A number with its unit: µm, mm or cm." if text.strip() else "", "warning")


def um_of(text: str) -> float | None:
    """A length with its unit, in µm; None for anything else, and for 0."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        return None
    return float(found.group(1).replace(",", ".")) * _UM[found.group(2).lower()] or None
