"""Asks in which format annotations shall be written, and which of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QRadioButton,
    QWidget,
)

from ml.report.words import count
from viewer.panels.pieces import GRID, Text, column, named


class ExportAnnotationsDialog(QDialog):
    """`format_id` and `only_selected` hold the answer after it was accepted."""

    def __init__(
        self,
        formats: Sequence[tuple[str, str, str]],
        drawn: int,
        selected: int,
        parent: QWidget | None = None,
    ) -> None:
        """`formats` are id, title, and what a person should know of each."""
        super().__init__(parent)
        self.setWindowTitle("Export annotations")
        self._formats = tuple(formats)
        self.choice = QComboBox()
        self.choice.addItems([title for _, title, _ in formats])
        named(self.choice, "Format", "In which format the file is written")
        self.about = Text(quiet=True)
        self.all = QRadioButton(f"All {count(drawn, 'annotation')}")
        self.selected = QRadioButton(f"The {count(selected, 'selected one')}")
        self.all.setChecked(selected == 0)
        self.selected.setChecked(selected > 0)
        self.selected.setEnabled(selected > 0)
        form = QFormLayout()
        form.setHorizontalSpacing(3 * GRID)
        form.addRow("Format", self.choice)
        form.addRow("", self.about)
        form.addRow("Which", self.selected)
        form.addRow("", self.all)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        go_on = buttons.addButton("Choose file…", QDialogButtonBox.ButtonRole.AcceptRole)
        go_on.setDefault(True)
        layout = column(self, margin=4 * GRID, gap=3 * GRID)
        layout.addLayout(form)
        layout.addWidget(buttons)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.choice.currentIndexChanged.connect(self._explain)
        self.setMinimumWidth(110 * GRID)
        self._explain(0)

    @property
    def format_id(self) -> str:
        """The format chosen."""
        return self._formats[self.choice.currentIndex()][0]

    @property
    def only_selected(self) -> bool:
        """Whether only what is selected is wanted."""
        return self.selected.isChecked()

    def _explain(self, number: int) -> None:
        self.about.setText(self._formats[number][2])
