"""The channels of a fluorescence slide: on or off, colour, range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QColorDialog, QPushButton, QToolButton, QWidget

from ml.slide.look import ChannelLook, Look
from ml.slide.slide import Channel
from viewer.panels.pieces import GRID, Heading, column, named, row
from viewer.panels.range_slider import RangeSlider

_BINS = 64
# Okabe and Ito's, which colour-blind people tell apart, and the usual ones of fluorescence.
_SAFE = (
    *((0, 114, 178), (86, 180, 233), (0, 158, 115), (240, 228, 66), (230, 159, 0), (213, 94, 0)),
    *((204, 121, 167), (255, 255, 255), (0, 255, 255), (255, 0, 255)),
)


class ChannelRow(QWidget):
    """One channel. Alt+click on its box shows it alone."""

    changed = Signal(object)  # ChannelLook
    alone_wished = Signal()
    auto_wished = Signal()

    def __init__(self, channel: Channel, look: ChannelLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = look
        self.box = _Box(channel.name)
        named(self.box, channel.name, f"Show or hide {channel.name}; Alt+click shows it alone")
        self.swatch = QToolButton()
        named(self.swatch, f"Colour of {channel.name}", "Choose another colour")
        self.auto = QPushButton("Auto")
        named(self.auto, f"Auto-contrast of {channel.name}", "The range that shows most of the signal")
        self.range = RangeSlider(channel.name)
        layout = column(self, gap=GRID)
        line = row(self.swatch, self.box, self.auto)
        line.setStretch(1, 1)
        layout.addLayout(line)
        layout.addWidget(self.range)
        self.box.toggled.connect(lambda shown: self._tell(replace(self.look, shown=shown)))
        self.box.alone_wished.connect(self.alone_wished)
        self.swatch.clicked.connect(self._choose)
        self.auto.clicked.connect(self.auto_wished)
        self.range.changed.connect(lambda low, high: self._tell(replace(self.look, low=low, high=high)))
        self.show_look(look)

    def show_look(self, look: ChannelLook) -> None:
        """Show what is set, without telling it back."""
        self.look = look
        self.box.blockSignals(True)
        self.box.setChecked(look.shown)
        self.box.blockSignals(False)
        color = QColor(*look.color)
        self.swatch.setStyleSheet(
            f"background: {color.name()}; border: 1px solid palette(mid); min-width: 16px; min-height: 16px"
        )
        self.range.set_range(look.low, look.high, color)

    def show_samples(self, samples: NDArray[np.generic]) -> None:
        """The histogram of the channel's samples."""
        ends = (float(samples.min(initial=0)), float(samples.max(initial=1)))
        counts, _ = np.histogram(samples, bins=_BINS, range=(ends[0], max(ends[1], ends[0] + 1)))
        self.range.set_histogram(counts.astype(np.float64), ends)

    def _choose(self) -> None:
        for place, rgb in enumerate(_SAFE):
            QColorDialog.setCustomColor(place, QColor(*rgb))
        color = QColorDialog.getColor(QColor(*self.look.color), self, "Colour of the channel")
        if color.isValid():
            self._tell(replace(self.look, color=(color.red(), color.green(), color.blue())))

    def _tell(self, look: ChannelLook) -> None:
        self.show_look(look)
        self.changed.emit(look)


class ChannelsBox(QWidget):
    """All channels of a slide. `changed` tells a look that differs in its channels alone."""

    changed = Signal(object)  # tuple[ChannelLook, ...]
    auto_wished = Signal(int)  # number of the channel; -1: all

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ChannelRow] = []
        self._column = column(self, gap=2 * GRID)
        self._column.addWidget(Heading("Channels"))
        self.auto = QPushButton("Auto-contrast all")
        named(self.auto, "Auto-contrast of all channels", "The ranges that show most of each signal")
        self._column.addWidget(self.auto, 0, Qt.AlignmentFlag.AlignLeft)
        self.auto.clicked.connect(lambda: self.auto_wished.emit(-1))
        self.hide()

    def set_channels(self, channels: tuple[Channel, ...], look: Look) -> None:
        """Show those of another slide."""
        for line in self.rows:
            self._column.removeWidget(line)
            line.deleteLater()
        looks = look.channels or tuple(map(ChannelLook.of, channels))
        self.rows = [ChannelRow(*both, self) for both in zip(channels, looks, strict=True)]
        for number, line in enumerate(self.rows):
            self._column.insertWidget(number + 1, line)
            line.changed.connect(self._tell)
            line.alone_wished.connect(lambda n=number: self._show_alone(n))
            line.auto_wished.connect(lambda n=number: self.auto_wished.emit(n))
        self.setVisible(bool(channels))

    def show_look(self, channels: tuple[Channel, ...], look: Look) -> None:
        """Show what is set."""
        looks = look.channels or tuple(map(ChannelLook.of, channels))
        for line, its in zip(self.rows, looks, strict=True):
            line.show_look(its)

    def looks(self) -> tuple[ChannelLook, ...]:
        """All rows as they stand."""
        return tuple(line.look for line in self.rows)

    def _show_alone(self, number: int) -> None:
        """Only this one; if it is alone already, all of them."""
        alone = [line.look.shown for line in self.rows] == [n == number for n in range(len(self.rows))]
        for n, line in enumerate(self.rows):
            line.show_look(replace(line.look, shown=alone or n == number))
        self._tell()

    def _tell(self, _: object = None) -> None:
        self.changed.emit(self.looks())


class _Box(QCheckBox):
    """Says when it was clicked with Alt."""

    alone_wished = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Alt is for showing alone."""
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.alone_wished.emit()
        else:
            super().mousePressEvent(event)
