"""One thing painted over another: the contract of a layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QPainter, QTransform

from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera


class Layer(QObject):
    """Something that can be painted over a slide, shown or hidden, more or less opaque.

    `changed` says which part of the slide looks different now: a `Rect` in level-0 px, or None for all.
    What a layer paints around its things at a size of the screen (pens, handles, tags) is its `bleed`.
    """

    changed = Signal(object)  # Rect | None
    bleed: float = 3.0  # widget px around a changed Rect that look different too

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._visible = True
        self._opacity = 1.0

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        return self._visible

    def set_visible(self, visible: bool) -> None:
        """Show or hide it."""
        if visible != self._visible:
            self._visible = visible
            self.changed.emit(None)

    @property
    def opacity(self) -> float:
        """0 (not seen) to 1."""
        return self._opacity

    def set_opacity(self, opacity: float) -> None:
        """Make it more or less opaque, 0..1."""
        opacity = min(max(opacity, 0.0), 1.0)
        if opacity != self._opacity:
            self._opacity = opacity
            self.changed.emit(None)

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw what lies within the painter's clip, in logical widget px. Opacity is already set.

        The camera is upright: where the picture is turned, so is the painter. What is to be read stands
        upright within `standing`.
        """

    def hit(self, point: Point, tolerance: float) -> str | None:  # noqa: ARG002 - the contract
        """The key of what stands at a place of the slide; None where there is nothing.

        `tolerance` is in level-0 px: how far beside a thin line still counts.
        """
        return None


def laid(camera: Camera) -> QTransform:
    """From the frame of `camera.upright()` to that of the widget: turned and mirrored about both middles."""
    upright, way = camera.upright(), QTransform()
    if not camera.is_upright:
        way.translate(camera.width / 2, camera.height / 2)
        way.rotate(camera.angle)
        way.scale(-1 if camera.flipped else 1, 1)
        way.translate(-upright.width / 2, -upright.height / 2)
    return way


@contextmanager
def standing(painter: QPainter, frame: QRectF) -> Iterator[QRectF]:
    """Within, the painter is upright whatever the picture is; given is what `frame` fills of the widget."""
    painter.save()
    bounds = painter.worldTransform().mapRect(frame)
    painter.setWorldTransform(QTransform())
    try:
        yield bounds
    finally:
        painter.restore()


def widget_bounds(camera: Camera, rect: Rect) -> QRectF:
    """The upright rectangle of the widget, in logical px, that a rectangle of the slide lies in."""
    return laid(camera).mapRect(to_widget_rect(camera.upright(), rect))


def to_widget_rect(camera: Camera, rect: Rect) -> QRectF:
    """A rectangle of the slide in logical widget px of an upright camera."""
    x_widget, y_widget = camera.to_widget(Point(rect.x, rect.y))
    return QRectF(x_widget, y_widget, rect.width * camera.scale, rect.height * camera.scale)


def clip_on_slide(painter: QPainter, camera: Camera, margin_widget: float = 0.0) -> Rect:
    """What has to be painted, level-0 px: the painter's clip (or all in view) and a margin in widget px."""
    if not painter.hasClipping():
        return camera.visible().grown(margin_widget / camera.scale)
    clip = painter.clipBoundingRect()
    start = camera.to_slide(clip.left() - margin_widget, clip.top() - margin_widget)
    end = camera.to_slide(clip.right() + margin_widget, clip.bottom() + margin_widget)
    return Rect.between(start, end)
