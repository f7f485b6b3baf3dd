"""Asks how far a simpler line may be off, and says what that takes away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QWidget

from ml.annotation.edits import loss_of, simplified
from ml.annotation.shapes import Annotation
from ml.errors import Problem
from ml.report.words import percent
from viewer.panels.pieces import GRID, Text, column, named

_START_UM, _START_PX = 1.0, 2.0
_WAIT_MS = 150
_SAMPLE = 200  # of many: enough to say how much is lost


class SimplifyDialog(QDialog):
    """`tolerance` is the answer in level-0 px."""

    def __init__(
        self, annotations: Sequence[Annotation], um_per_px: float | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Simplify")
        self._annotations = annotations[:: max(1, len(annotations) // _SAMPLE)]
        self._scale = um_per_px or 1.0
        self.field = QDoubleSpinBox()
        self.field.setRange(0.05, 1000)
        self.field.setDecimals(2)
        self.field.setSuffix(" µm" if um_per_px else " px")
        self.field.setValue(_START_UM if um_per_px else _START_PX)
        named(self.field, "Tolerance", "How far the simpler line may be off the old one at most")
        self.loss = Text()
        form = QFormLayout()
        form.setHorizontalSpacing(3 * GRID)
        form.addRow("Off by at most", self.field)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        layout = column(self, margin=4 * GRID, gap=3 * GRID)
        layout.addLayout(form)
        layout.addWidget(self.loss)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(80 * GRID)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_WAIT_MS)
        self._soon.timeout.connect(self.tell)
        self.field.valueChanged.connect(lambda _: self._soon.start())
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(lambda _: self._soon.stop())
        self.tell()

    @property
    def tolerance(self) -> float:
        """Level-0 px."""
        return self.field.value() / self._scale

    def tell(self) -> None:
        """Say what would be lost."""
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        try:
            loss = loss_of(simplified(self._annotations, self.tolerance))
        except Problem as problem:
            self.loss.setText(str(problem))
            ok.setEnabled(False)
            return
        ok.setEnabled(True)
        self.loss.setText(
            f"{loss.before:,} corners become {loss.after:,}; {percent(loss.area)} of the area changes sides."
        )
