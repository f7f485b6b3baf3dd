"""One layer: shown or not, and how opaque."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from viewer.canvas.layer import Layer
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.links import Links
from viewer.panels.pieces import named, row


class LayerRow(QWidget):
    """A tick and an opacity. Follows the layer when a key shows or hides it."""

    def __init__(self, title: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: Layer | None = None
        self._links = Links()
        self.shown = QCheckBox(title, self)
        named(self.shown, f"Show {title}", f"Show or hide: {title} ({key})")
        self.shown.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.opacity = LabelledSlider("", f"How opaque: {title}", (0, 100), 1, "%", self)
        for control in (self.opacity.slider, self.opacity.number):
            control.setAccessibleName(f"Opacity of {title}")
        line = row(self.shown)
        line.addWidget(self.opacity, 1)
        self.setLayout(line)
        self.shown.toggled.connect(self._show)
        self.opacity.changed.connect(self._fade)
        self.set_layer(None)

    def set_layer(self, layer: Layer | None) -> None:
        """Control another layer, or none."""
        self._links.drop()
        self._layer = layer
        self.setEnabled(layer is not None)
        if layer is not None:
            self._links.follow(layer.changed, self._follow)
        self._follow()

    def align(self, width: int) -> None:
        """Make the title this wide, so that sliders of several rows begin at one place."""
        self.shown.setFixedWidth(width)

    def _follow(self, _: object = None) -> None:
        layer = self._layer
        shown = layer is not None and layer.visible
        if shown != self.shown.isChecked():
            with QSignalBlocker(self.shown):
                self.shown.setChecked(shown)
        wanted = round(layer.opacity * 100) if layer is not None else 100
        if wanted != round(self.opacity.value):
            self.opacity.set_value(wanted)

    def _show(self, shown: bool) -> None:
        if self._layer is not None:
            self._layer.set_visible(shown)

    def _fade(self, percent: float) -> None:
        if self._layer is not None:
            self._layer.set_opacity(percent / 100)


def align_titles(rows: tuple[LayerRow, ...]) -> None:
    """Let the sliders of these rows begin at one place."""
    widest = max(row.shown.sizeHint().width() for row in rows)
    for one in rows:
        one.align(widest)
