"""Under the picture: which slice, and slices that run by themselves."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QToolButton, QWidget

from ml.report.words import SPACE
from viewer.ct.cine import SPEEDS, Cine
from viewer.ct.reading import Reading
from viewer.panels.number_field import WholeField
from viewer.panels.pieces import GRID, column, named, row
from viewer.panels.slice_curves import SliceCurves
from viewer.panels.slice_slider import SliceSlider
from viewer.theme.icons import icon


class SliceBar(QWidget):
    """Follows one reading."""

    def __init__(self, reading: Reading, cine: Cine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading, self._cine = reading, cine
        self.play = QToolButton(self)
        self.play.setAutoRaise(True)
        self.play.setIconSize(QSize(16, 16))
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed = WholeField(self)
        self.speed.setRange(*SPEEDS)
        self.speed.setSuffix(f"{SPACE}/s")
        self.speed.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.speed.setKeyboardTracking(False)
        self.speed.setAlignment(Qt.AlignmentFlag.AlignRight)
        named(self.speed, "Speed", "How many slices run past in a second")
        self.slider = SliceSlider(reading.count, self)
        self.number = QLabel(self)
        self.number.setAccessibleName("Slice number")
        widest = f"{reading.count:,} / {reading.count:,}"
        self.number.setMinimumWidth(self.fontMetrics().horizontalAdvance(widest))
        line = row(self.play, self.speed, self.slider, self.number)
        line.setStretch(2, 1)
        line.setContentsMargins(GRID, 0, 2 * GRID, 0)
        self.curves = SliceCurves(self.slider, self)
        whole = column(self, gap=0)
        whole.addLayout(line)
        whole.addWidget(self.curves)
        for widget in (self.play, self.speed):
            widget.setEnabled(reading.count > 1)
        self._follow(reading, cine)

    def _follow(self, reading: Reading, cine: Cine) -> None:
        self.curves.go_wished.connect(reading.go)
        self.slider.valueChanged.connect(reading.go)
        self.play.clicked.connect(cine.toggle)
        self.speed.valueChanged.connect(cine.set_speed)
        reading.place_changed.connect(self._show)
        cine.changed.connect(self._show_cine)
        reading.opened.arrived.connect(self._show_there)
        reading.opened.marks_changed.connect(self._show_marks)
        reading.opened.measurements.changed.connect(self._show_marks)
        self._show()
        self._show_cine()
        self._show_marks()
        self._show_there()

    def close_links(self) -> None:
        """Follow the series no more."""
        opened = self._reading.opened
        self.curves.set_findings(None)
        opened.arrived.disconnect(self._show_there)
        opened.marks_changed.disconnect(self._show_marks)
        opened.measurements.changed.disconnect(self._show_marks)

    def _show(self) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._reading.slice_)
        self.curves.update()  # the slider, held silent, does not tell them
        self.number.setText(f"{self._reading.slice_ + 1:,} / {self._reading.count:,}")

    def _show_cine(self) -> None:
        running = self._cine.running
        self.play.setIcon(icon("pause" if running else "play"))
        named(self.play, "Pause" if running else "Play", "Let the slices run by themselves, or stop them (C)")
        with QSignalBlocker(self.speed):
            self.speed.setValue(self._cine.speed)

    def _show_marks(self) -> None:
        opened = self._reading.opened
        measured = {m.slice_ for m in opened.measurements.items if m.slice_ is not None}
        self.slider.set_marks(opened.marks, tuple(sorted(measured)))

    def _show_there(self, _: int = 0) -> None:
        self.slider.set_there(self._reading.opened.volume.arrived)
