"""The widget that shows a slide with everything that lies over it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QWidget

from ml.geometry import Rect
from ml.slide.look import Look
from ml.slide.shown_slide import shown
from ml.slide.slide import KnownSpacing, Slide
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer, laid
from viewer.canvas.mapped_view import MappedView
from viewer.canvas.scale_bar import magnification_text, paint_scale_bar, scale_bar
from viewer.canvas.slide_layer import SlideLayer
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_loader import TileLoader
from viewer.canvas.visited import Visited

_SURROUND_DARK, _SURROUND_LIGHT = QColor(46, 46, 46), QColor(226, 226, 226)  # neutral: colour is judged here


class SlideView(MappedView):
    """One slide with its layers. `loader` and `cache` are shared by all views.

    Everything is painted into a kept buffer; a pan scrolls it, a tile that arrives repaints its own place.
    """

    def __init__(
        self, title: str, loader: TileLoader, cache: TileCache, parent: QWidget | None = None
    ) -> None:
        super().__init__(loader, cache, parent)
        self._slide_layer: SlideLayer | None = None
        self._shown: Slide | None = None  # the slide in its look
        self._before: Slide | None = None  # the look before, while it stands in
        self._layers: list[Layer] = []
        self._layers_held = False
        self.field_sharp.connect(self._drop_look_before)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self._name(title)

    def set_slide(self, slide: Slide | None, title: str = "") -> None:
        """Show the whole of another slide, or nothing. Layers stay: they are the caller's."""
        self._stop()
        self._loader.wish(self, ())
        self.slide, self._slide_layer, self._bounds, self._asked = slide, None, None, None
        self._shown, self._before = slide, None
        if slide is not None:
            self._read_from(slide)
            self._bounds = slide.info.bounds
            self._visited = Visited(slide.info.size)
        self._name(title or (slide.info.path.name if slide else ""))
        self.set_spacing(slide.info.spacing if slide else None)
        self._show_overview()
        self._buffer.mark_all()
        self.fit()
        self._camera_moved(self._camera)

    def set_look(self, look: Look, plane: int = 0) -> None:
        """Show the slide in other colours, or at another focus."""
        if self.slide is None:
            return
        before, self._shown = self._shown, shown(self.slide.plane(plane), look)  # the loader keeps neither
        self._before = before  # its tiles stand in until those of the new look have come
        self._read_from(self._shown)
        self._asked = None
        self._show_overview()
        self._layer_changed(None)
        self._camera_moved(self._camera)

    def set_spacing(self, spacing: KnownSpacing | None) -> None:
        """Say how large a pixel is (`set_slide` takes what the file says)."""
        self._spacing = spacing
        self.camera_changed.emit(self._camera)
        self.update()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What lies over the slide, the lowest first."""
        return tuple(self._layers)

    def add_layer(self, layer: Layer) -> None:
        """Lay something over everything that is there."""
        self._layers.append(layer)
        layer.changed.connect(self._layer_changed)
        self._layer_changed(None)

    def remove_layer(self, layer: Layer) -> None:
        """Take something off."""
        layer.changed.disconnect(self._layer_changed)
        self._layers.remove(layer)
        self._layer_changed(None)

    def hold_layers(self, hidden: bool) -> None:
        """Hide all layers for a moment, to see the tissue; False shows them again."""
        if hidden != self._layers_held:
            self._layers_held = hidden
            self._layer_changed(None)

    def grab_figure(self) -> QImage:
        """The field as it is with its layers and scale bar, without minimap or tool, in device px."""
        ratio = self.devicePixelRatioF()
        figure = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        figure.setDevicePixelRatio(ratio)
        painter = QPainter(figure)
        painter.setFont(self.font())
        painter.save()
        self._paint_field(painter, self._camera.snapped(ratio))
        painter.restore()
        self._paint_words(painter)
        painter.end()
        return figure

    def paint_tissue(self, painter: QPainter, camera: Camera) -> None:
        """Paint the slide alone, as an upright camera sees it, out of the tiles that are there."""
        if self._slide_layer is not None:
            self._slide_layer.paint(painter, camera)

    # ------------------------------------------------------------------ Qt's events

    def paintEvent(self, _: QPaintEvent) -> None:
        """Bring the buffer up to date, show it, and draw what floats above it."""
        ratio = self.devicePixelRatioF()
        self._buffer.point(self._camera.snapped(ratio), ratio)
        painter = QPainter(self)
        self._buffer.paint(painter, self._paint_field)
        if self._tool is not None:
            painter.save()
            painter.setWorldTransform(laid(self._camera), combine=True)
            self._tool.paint(painter, self._camera.upright())
            painter.restore()
        self._paint_words(painter)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: another surround."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange}:
            self._layer_changed(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space hides the layers while it is held."""
        if event.key() == Qt.Key.Key_Space:
            self.hold_layers(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space was let go."""
        if event.key() != Qt.Key.Key_Space:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat():
            self.hold_layers(False)

    # ------------------------------------------------------------------ inside

    def _read_from(self, slide: Slide) -> None:
        old = self._number if self._before is not None else None
        self._number = self._loader.number(slide)
        pyramid = self._loader.pyramid(self._number)
        stand_in = old if old != self._number else None
        self._slide_layer = SlideLayer(self._number, pyramid, self._cache, stand_in)

    def _paint_field(self, painter: QPainter, camera: Camera) -> None:
        dark = self.palette().color(QPalette.ColorRole.Window).lightness() < 128
        surround = _SURROUND_DARK if dark else _SURROUND_LIGHT
        painter.fillRect(QRectF(0, 0, camera.width, camera.height), surround)
        if self._slide_layer is None:
            return
        painter.setWorldTransform(laid(camera), combine=True)
        camera = camera.upright()
        self._slide_layer.paint(painter, camera)
        for layer in () if self._layers_held else self._layers:
            if layer.visible and layer.opacity > 0:
                painter.save()
                painter.setOpacity(layer.opacity)
                layer.paint(painter, camera)
                painter.restore()

    def _paint_words(self, painter: QPainter) -> None:
        if self.slide is None:
            return
        spacing = self._spacing.spacing if self._spacing else None
        bar = scale_bar(self._camera, spacing) if spacing else None
        text = magnification_text(self._camera, spacing, from_file=self._spacing == self.slide.info.spacing)
        dark = self.palette().color(QPalette.ColorRole.Window).lightness() < 128
        paint_scale_bar(painter, self._camera, bar, text, dark=dark)

    def _drop_look_before(self) -> None:
        self._before = None
        if self._slide_layer is not None:
            self._slide_layer.drop_stand_in()

    def _layer_changed(self, rect: Rect | None) -> None:
        layer = self.sender()
        if rect is None:
            self._buffer.mark_all()
        else:
            self._buffer.mark(rect, layer.bleed if isinstance(layer, Layer) else Layer.bleed)
        self.update()

    def _name(self, title: str) -> None:
        self.setAccessibleName(f"Slide view: {title}" if title else "Slide view: empty")
        self.setAccessibleDescription(
            "Drag to move, turn the wheel to zoom; arrow keys, plus and minus do the same."
        )
