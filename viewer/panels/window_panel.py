"""How a series is shown: its window, by presets or by hand, and how thick its planes are."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QPushButton, QWidget

from ml.ct_about import NamedWindow
from ml.volume.window import Window
from viewer.ct.look import PRESETS
from viewer.ct.reading import Reading, Slab, SlabKind
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, Heading, Page, Text, clear, column, named

_KINDS: tuple[tuple[SlabKind, str], ...] = (
    ("max", "Brightest (MIP)"),
    ("mean", "Mean"),
    ("min", "Darkest (MinIP)"),
)
_QUIET = "Or drag with the right button: right is wider, up is higher."


class WindowPanel(QWidget):
    """Follows the reading that is looked at."""

    save_wished = Signal()
    forget_wished = Signal(object)  # NamedWindow

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading: Reading | None = None
        self._links = Links()
        self._saved: tuple[NamedWindow, ...] = ()
        self.presets: dict[str, QPushButton] = {}
        self.own, self.saved = QGridLayout(), QGridLayout()
        self.own_heading, self.saved_heading = Heading("Of the file"), Heading("Saved")
        self.width_ = LabelledSlider("Width", "From black to white, in HU", (1, 4000), 1, "HU")
        self.level = LabelledSlider("Level", "The middle of the window, in HU", (-1024, 3071), 1, "HU")
        self.inverted = QCheckBox("Inverted")
        named(self.inverted, "Inverted", "Black becomes white (I)")
        self.smooth = QCheckBox("Smooth pixels")
        named(self.smooth, "Smooth pixels", "Interpolate between pixels, or show each as it is (Shift+I)")
        self.save = QPushButton("Save this window…")
        named(self.save, "Save this window", "Keep it under a name, for every series")
        self.slab = LabelledSlider("Thickness", "Of the planes; 0: one voxel", (0, 50), 1, "mm")
        self.kind = QComboBox()
        named(self.kind, "What of the thickness is shown", "Brightest, mean or darkest value in the slab")
        for kind, words in _KINDS:
            self.kind.addItem(words, kind)
        self.slab_heading = Heading("Slab")
        self.slab_note = Text("Measured values are those of the slab, not of a slice.", quiet=True)
        self._lay_out()
        self._connect()
        self.set_reading(None)

    def set_reading(self, reading: Reading | None) -> None:
        """Follow another view."""
        self._links.drop()
        self._reading = reading
        if reading is None:
            return
        self._fill(self.own, reading.opened.windows)
        self.own_heading.setVisible(bool(reading.opened.windows))
        for signal in (reading.look_changed, reading.slab_changed, reading.planes_changed):
            self._links.follow(signal, self._show)
        self._show()

    def set_saved(self, saved: tuple[NamedWindow, ...]) -> None:
        """Offer these windows that the person has kept."""
        self._saved = saved
        self._fill(self.saved, saved, forget=True)
        self.saved_heading.setVisible(bool(saved))

    def _show(self) -> None:
        reading = self._reading
        if reading is None:
            return
        look = reading.look
        self.width_.set_value(look.window.width)
        self.level.set_value(look.window.level)
        for box, value in ((self.inverted, look.inverted), (self.smooth, look.smooth)):
            with QSignalBlocker(box):
                box.setChecked(value)
        for key, _, window in PRESETS:
            self.presets[key].setChecked(window == look.window)
        for widget in (self.slab_heading, self.slab, self.kind):
            widget.setVisible(reading.three)
        self.slab.set_value(reading.slab.thickness)
        self.slab_note.setVisible(reading.three and reading.slab.thickness > 0)
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(self.kind.findData(reading.slab.kind))

    def _fill(self, grid: QGridLayout, windows: tuple[NamedWindow, ...], *, forget: bool = False) -> None:
        clear(grid)
        for place, named_window in enumerate(windows):
            button = QPushButton(_in_words(named_window.name, named_window.window))
            named(button, button.text(), f"Show it at {button.text()}")
            button.clicked.connect(partial(self._choose, named_window.window))
            grid.addWidget(button, place, 0)
            if forget:
                away = QPushButton("×")
                away.setFixedWidth(7 * GRID)
                named(away, f"Forget {named_window.name}", "Keep this window no longer")
                away.clicked.connect(partial(self.forget_wished.emit, named_window))
                grid.addWidget(away, place, 1)
            grid.setColumnStretch(0, 1)

    def _choose(self, window: Window, _: bool = False) -> None:
        if self._reading is not None:
            self._reading.set_window(window)
            self._show()

    def _lay_out(self) -> None:
        page = Page(self)
        grid = QGridLayout()
        grid.setSpacing(GRID)
        for place, (key, name, window) in enumerate(PRESETS):
            button = QPushButton(f"{place + 1}  {_in_words(name, window)}")
            button.setCheckable(True)
            named(button, f"{name} window", f"Width {window.width:g}, level {window.level:g} ({place + 1})")
            button.clicked.connect(partial(self._choose, window))
            self.presets[key] = button
            grid.addWidget(button, place, 0)
        page.column.addWidget(Heading("Window"))
        page.column.addLayout(grid)
        for slider in (self.width_, self.level):
            slider.label.setMinimumWidth(48)
            page.column.addWidget(slider)
        page.column.addWidget(Text(_QUIET, quiet=True))
        for heading, layout in ((self.own_heading, self.own), (self.saved_heading, self.saved)):
            page.column.addWidget(heading)
            page.column.addLayout(layout)
        for widget in (self.save, self.inverted, self.smooth, self.slab_heading, self.slab, self.kind):
            page.column.addWidget(widget)
        page.column.addWidget(self.slab_note)
        page.column.addStretch(1)
        column(self, gap=0).addWidget(page)

    def _connect(self) -> None:
        self.width_.changed.connect(lambda value: self._change(width=value))
        self.level.changed.connect(lambda value: self._change(level=value))
        self.inverted.toggled.connect(lambda _: self._set_boxes())
        self.smooth.toggled.connect(lambda _: self._set_boxes())
        self.save.clicked.connect(self.save_wished)
        self.slab.changed.connect(lambda _: self._change_slab())
        self.kind.currentIndexChanged.connect(lambda _: self._change_slab())

    def _change(self, **changes: float) -> None:
        if self._reading is not None:
            self._reading.set_window(replace(self._reading.look.window, **changes))

    def _set_boxes(self) -> None:
        if self._reading is not None:
            inverted, smooth = self.inverted.isChecked(), self.smooth.isChecked()
            self._reading.set_look(replace(self._reading.look, inverted=inverted, smooth=smooth))

    def _change_slab(self) -> None:
        if self._reading is not None:
            self._reading.set_slab(Slab(self.slab.value, self.kind.currentData()))


def _in_words(name: str, window: Window) -> str:
    return f"{name} {window.width:g}/{window.level:g}"
