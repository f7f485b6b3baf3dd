"""A slider with the number beside it: drag roughly, type exactly."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QSlider, QWidget

from ml.report.words import SPACE
from viewer.panels.number_field import NumberField
from viewer.panels.pieces import GRID, named


class LabelledSlider(QWidget):
    """A value between two ends. `changed` tells each new value once, dragged or typed."""

    changed = Signal(float)

    def __init__(
        self,
        label: str,
        tip: str,
        ends: tuple[float, float],
        step: float,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._step = step
        self._usual = 0.0
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(round(ends[0] / step), round(ends[1] / step))
        self.slider.setPageStep(max(1, (self.slider.maximum() - self.slider.minimum()) // 10))
        self.number = NumberField(self)
        self.number.setRange(*ends)
        self.number.setSingleStep(step)
        self.number.setDecimals(0 if step >= 1 else 1 if step >= 0.1 else 2)
        self.number.setSuffix(f"{SPACE}{unit}" if unit else "")
        self.number.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setKeyboardTracking(False)  # "0.7" is not first "0"
        self.label = QLabel(label, self)
        self.label.setBuddy(self.slider)
        self.label.setVisible(bool(label))
        for control in (self.slider, self.number):
            named(control, label or tip, tip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self.label)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.number)
        self.slider.valueChanged.connect(self._slid)
        self.number.valueChanged.connect(self._typed)

    @property
    def value(self) -> float:
        """The value, as the number says it."""
        return self.number.value()

    def reset_on_double_click(self, value: float) -> None:
        """A double-click on the slider or its label goes back to a value."""
        self._usual = value
        for widget in (self.slider, self.label):
            widget.installEventFilter(self)
            widget.setToolTip(f"{widget.toolTip()}\nDouble-click: back to {value:g}".strip())

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """The second click of two."""
        if event.type() != QEvent.Type.MouseButtonDblClick:
            return False
        self.number.setValue(self._usual)
        return True

    def set_value(self, value: float) -> None:
        """Show a value without telling it back."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.number.setValue(value)
            self.slider.setValue(round(value / self._step))

    def _slid(self, place: int) -> None:
        with QSignalBlocker(self.number):
            self.number.setValue(place * self._step)
        self.changed.emit(self.value)

    def _typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(value / self._step))
        self.changed.emit(value)
