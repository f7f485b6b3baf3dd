"""What a figure shows, how large it is, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QWidget,
)

from ml.errors import Problem
from ml.geometry import Size
from ml.report.words import SPACE
from viewer.panels.pieces import GRID, Notice, column, named

_FILTER = "PNG (*.png);;TIFF with its pixel size (*.tif)"


@dataclass(frozen=True)
class FigureWish:
    """What the person chose. `um_per_px` and `width` (px) are of the figure; neither: as on the screen."""

    part: str
    um_per_px: float | None
    width: int | None
    overlays: bool
    bar: bool
    legend: bool


class FigureDialog(QDialog):
    """`size_of` says how many px a wish comes to, or raises a `Problem` that is shown at once."""

    def __init__(
        self,
        parts: Mapping[str, str],
        size_of: Callable[[FigureWish], Size],
        *,
        um_known: bool,
        start: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._size_of, self._start = size_of, start
        self.path: Path | None = None
        self.setWindowTitle("Export figure")
        self.setMinimumWidth(110 * GRID)
        self.part = QComboBox()
        for key, title in parts.items():
            self.part.addItem(title, key)
        named(self.part, "What the figure shows", "The field in view, the selected annotation, or all")
        self.um = QLineEdit()
        self.um.setPlaceholderText("as on the screen" if um_known else "not known for this slide")
        self.um.setEnabled(um_known)
        named(self.um, "µm in a pixel of the figure", "For example 0.5; empty: as on the screen")
        self.pixels = QLineEdit()
        self.pixels.setPlaceholderText("as on the screen")
        named(self.pixels, "Width of the figure in pixels", "For example 4000; empty: as on the screen")
        self.overlays, self.bar, self.legend = (
            QCheckBox(text)
            for text in ("Annotations, heatmap and boxes", "Scale bar", "Legend of the colours")
        )
        for box in (self.overlays, self.bar, self.legend):
            box.setChecked(True)
        self.notice = Notice(parent=self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = self.buttons.addButton("Save as…", QDialogButtonBox.ButtonRole.AcceptRole)
        self._lay_out()
        self._connect()
        self._weigh()

    @property
    def wish(self) -> FigureWish:
        """What is chosen now. Raises `Problem` where the number is none."""
        text = self.um.text().strip().replace(",", ".")
        try:
            um = float(text) if text else None
        except ValueError:
            raise Problem("The µm per pixel are not a number.", "Type a number such as 0.5.") from None
        if um is not None and not 1e-3 < um < 1e4:
            raise Problem("That is not a size of a pixel.", "Type µm per pixel, such as 0.5.")
        digits = self.pixels.text().strip().replace(",", "")
        if digits and not (digits.isascii() and digits.isdigit() and len(digits) < 9 and int(digits)):
            raise Problem("The width is not a number of pixels.", "Type a whole number such as 4000.")
        overlays = self.overlays.isChecked()
        legend = overlays and self.legend.isChecked()
        width = int(digits) if digits else None
        return FigureWish(self.part.currentData(), um, width, overlays, self.bar.isChecked(), legend)

    def accept(self) -> None:
        """Ask for the file; without one, stay."""
        name, chosen = QFileDialog.getSaveFileName(self, "Export figure", str(self._start), _FILTER)
        if name:
            path = Path(name)
            if path.suffix.lower() not in {".png", ".tif", ".tiff"}:
                path = path.with_name(path.name + (".tif" if "TIFF" in chosen else ".png"))
            self.path = path
            super().accept()

    def _connect(self) -> None:
        self.part.currentIndexChanged.connect(self._weigh)
        self.um.textEdited.connect(lambda _: self.pixels.clear())  # one of the two says how large
        self.pixels.textEdited.connect(lambda _: self.um.clear())
        self.um.textChanged.connect(self._weigh)
        self.pixels.textChanged.connect(self._weigh)
        self.overlays.toggled.connect(self.legend.setEnabled)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        layout = column(self, margin=4 * GRID, gap=2 * GRID)
        form = QFormLayout()
        form.addRow("&Part", self.part)
        form.addRow("µm &in a pixel", self.um)
        form.addRow("or &width in pixels", self.pixels)
        layout.addLayout(form)
        for widget in (self.overlays, self.bar, self.legend, self.notice, self.buttons):
            layout.addWidget(widget)

    def _weigh(self) -> None:
        """Say how large it becomes, or why it cannot be."""
        try:
            size = self._size_of(self.wish)
        except Problem as problem:
            self.notice.say(str(problem), "warning")
            self.save.setEnabled(False)
            return
        mb = size.area * 3 / 1e6
        amount = f"{mb:,.0f}{SPACE}MB" if mb >= 1 else f"{mb * 1000:,.0f}{SPACE}kB"
        words = f"{size.width:,} × {size.height:,}{SPACE}px, {amount} before it is compressed"
        self.notice.say(words, "info" if mb < 2000 else "warning")
        self.save.setEnabled(True)
