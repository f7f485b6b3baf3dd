"""A widget that paints one plane with what lies over it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from viewer.canvas.camera import Limits
from viewer.canvas.hands import HandledView
from viewer.canvas.layer import Layer, laid, to_widget_rect
from viewer.ct.corner_words import paint_words
from viewer.ct.gray import image_of, table
from viewer.ct.look import CtLook
from viewer.ct.plane import Shown
from viewer.ct.plane_layer import PlaneLayer

_GREATEST = 80.0  # widget px per mm
_MARGIN = 4.0  # widget px left around a plane that is fitted


class PlaneView(HandledView):
    """The plane through its window, its layers, the tool, and what is written in the corners."""

    probed = Signal()  # another plane has come under the cursor

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Shown | None = None
        self.look = CtLook()
        self.words: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # left and right at the top
        self.oriented = True  # whether letters mean something
        self.sized = True  # whether mm do
        self._image: QImage | None = None
        self._layers: list[Layer] = []
        self._layers_held = False
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 120)
        self.setAccessibleName(name)

    def show_plane(self, shown: Shown | None) -> None:
        """Show another plane where the last one was; one of another size is fitted anew."""
        before, self.shown, self._image = self.shown, shown, None
        for layer in self._layers:
            if isinstance(layer, PlaneLayer):
                layer.show(shown)
        self._bounds = None if shown is None else shown.bounds
        if shown is not None and (before is None or before.bounds != shown.bounds):
            self.fit()
        if self.cursor_point is not None:
            self.probed.emit()
        self.update()

    def set_look(self, look: CtLook) -> None:
        """Show it through another window."""
        if look != self.look:
            self.look, self._image = look, None
            self.update()

    def set_words(self, left: tuple[str, ...], right: tuple[str, ...]) -> None:
        """Say this in the upper corners, line by line."""
        if (left, right) != self.words:
            self.words = (left, right)
            self.update()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What lies over the plane, the lowest first."""
        return tuple(self._layers)

    def set_layers(self, layers: Iterable[Layer]) -> None:
        """Lay these over the plane, the lowest first, and nothing else."""
        for layer in self._layers:
            layer.changed.disconnect(self._layer_changed)
        self._layers = list(layers)
        for layer in self._layers:
            layer.changed.connect(self._layer_changed)
            if isinstance(layer, PlaneLayer):
                layer.show(self.shown)
        self.update()

    def hold_layers(self, hidden: bool) -> None:
        """Hide all layers for a moment."""
        self._layers_held = hidden
        self.update()

    def fit(self) -> None:
        """Show the whole plane, as large as it goes."""
        self._stop()
        if self._bounds is not None:
            self._look(self._camera.fitted(self._bounds, _MARGIN))
        self._shows_all = True

    def grab_figure(self) -> QImage:
        """The field as it is with all that is written on it, in device px."""
        ratio = self.devicePixelRatioF()
        figure = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        figure.setDevicePixelRatio(ratio)
        painter = QPainter(figure)
        painter.setFont(self.font())
        self._paint_all(painter)
        painter.end()
        return figure

    # ------------------------------------------------------------------ Qt's events

    def paintEvent(self, _: QPaintEvent) -> None:
        """The plane, what lies over it, the tool, the words."""
        painter = QPainter(self)
        self._paint_all(painter, with_tool=True)
        painter.end()

    # ------------------------------------------------------------------ inside

    def _limits(self) -> Limits:
        if self._bounds is None:
            return Limits(1e-6, _GREATEST)
        whole = self._camera.fitted(self._bounds, _MARGIN)
        return Limits(whole.scale / 4, max(_GREATEST, whole.scale))

    def _paint_all(self, painter: QPainter, *, with_tool: bool = False) -> None:
        camera = self._camera
        painter.fillRect(QRectF(0, 0, camera.width, camera.height), QColor(0, 0, 0))
        if self.shown is None:
            return
        upright = camera.upright()
        painter.save()
        painter.setWorldTransform(laid(camera), combine=True)
        if self.shown.problem is None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=self.look.smooth)
            painter.drawImage(to_widget_rect(upright, self.shown.bounds), self._picture(self.shown))
        for layer in () if self._layers_held else self._layers:
            if layer.visible and layer.opacity > 0:
                painter.save()
                painter.setOpacity(layer.opacity)
                layer.paint(painter, upright)
                painter.restore()
        if with_tool and self._tool is not None:
            self._tool.paint(painter, upright)
        painter.restore()
        paint_words(painter, self)

    def _picture(self, shown: Shown) -> QImage:
        if self._image is None:
            colors = table(self.look.window, self.look.inverted, shown.scale, shown.offset)
            self._image = image_of(shown.values, colors)
        return self._image

    def _layer_changed(self, _: object) -> None:
        self.update()
