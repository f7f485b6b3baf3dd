"""A picture of what is seen, as large as one likes: cut into cells, so that memory does not grow with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtWidgets import QWidget

from ml.errors import Problem
from ml.geometry import Rect, Size, Spacing
from ml.slide.region import read_region
from ml.slide.slide import Pixels, Slide
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer, laid
from viewer.canvas.scale_bar import magnification_text, paint_scale_bar, scale_bar

CELL = 1024
"""Edge of a cell, px: what is read and painted at once."""

MOST_PIXELS = 2**32
"""Of a figure: 65,536 × 65,536 px, 12 GB before it is compressed."""

_LONGEST = 2**20  # px along an edge
_READABLE = 900.0  # px of the shorter edge at which pens and letters have the size of the screen


@dataclass(frozen=True, eq=False)
class Figure:
    """What is painted: all that `camera` sees, one px of its widget for one px of the figure."""

    camera: Camera
    spacing: Spacing | None
    layers: tuple[Layer, ...] = ()
    has_bar: bool = True
    legend: QWidget | None = None

    @property
    def size(self) -> Size:
        """Pixels."""
        return Size(round(self.camera.width), round(self.camera.height))

    @property
    def um_per_px(self) -> float | None:
        """µm in one pixel; None while nobody knows how large a pixel of the slide is."""
        return None if self.spacing is None else self.spacing.mean / self.camera.scale

    @property
    def pixel(self) -> Spacing | None:
        """µm in one pixel along the figure's own axes: two where the slide's pixels are not square."""
        if self.spacing is None:
            return None
        scale, quarters = self.camera.scale, self.camera.angle / 90
        if quarters % 1:  # aslant, neither axis has a size of its own
            return Spacing.square(self.spacing.mean / scale)
        x, y = (self.spacing.x, self.spacing.y) if quarters % 2 == 0 else (self.spacing.y, self.spacing.x)
        return Spacing(x / scale, y / scale)

    @property
    def enlarged(self) -> float:
        """How many times larger than on the screen pens and letters are drawn, to be seen on a large one."""
        return max(1.0, min(self.camera.width, self.camera.height) / _READABLE)


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a figure: where it lies in it, px, and the camera that sees just it."""

    x: int
    y: int
    camera: Camera

    @property
    def size(self) -> Size:
        """Pixels."""
        return Size(round(self.camera.width), round(self.camera.height))


def extent(camera: Camera, rect: Rect) -> tuple[float, float]:
    """Width and height of what shows all of a rectangle as the view is turned, level-0 px."""
    if camera.angle % 180 == 90:
        return rect.height, rect.width
    if camera.angle % 180 == 0:
        return rect.width, rect.height
    cos, sin = abs(math.cos(math.radians(camera.angle))), abs(math.sin(math.radians(camera.angle)))
    return rect.width * cos + rect.height * sin, rect.width * sin + rect.height * cos


def figure_of_rect(camera: Camera, rect: Rect, scale: float) -> Camera:
    """The camera of a figure of a rectangle, at so many px a level-0 px, turned as the view is."""
    width, height = (float(max(1, round(edge * scale))) for edge in extent(camera, rect))
    return replace(camera, center=rect.center, scale=scale, width=width, height=height)


def figure_of_view(camera: Camera, scale: float) -> Camera:
    """The camera of a figure of the field in view, at so many px a level-0 px."""
    times = scale / camera.scale
    width, height = (float(max(1, round(edge * times))) for edge in (camera.width, camera.height))
    return replace(camera, scale=scale, width=width, height=height)


def check(figure: Figure) -> None:
    """Raise `Problem` for a figure that no program could show."""
    size = figure.size
    if size.area > MOST_PIXELS or max(size.width, size.height) > _LONGEST:
        raise Problem(
            f"A figure of {size.width:,} × {size.height:,} px is too large.",
            "Take more µm in a pixel, or a smaller part.",
        )


def cells(camera: Camera) -> Iterator[Cell]:
    """All cells, row by row."""
    width, height = round(camera.width), round(camera.height)
    for y in range(0, height, CELL):
        for x in range(0, width, CELL):
            w, h = min(CELL, width - x), min(CELL, height - y)
            center = camera.to_slide(x + w / 2, y + h / 2)
            yield Cell(x, y, replace(camera, center=center, width=float(w), height=float(h)))


def read_cell(slide: Slide, cell: Cell) -> Pixels:
    """The slide under a cell as it stands upright, one px for one of the figure; read in any thread.

    Of a turned figure it is the rectangle around the cell, with a px of room. Raises `SlideProblem`.
    """
    upright = cell.camera.upright()
    width, height = round(upright.width), round(upright.height)
    if not cell.camera.is_upright and cell.camera.angle % 90:
        width, height = math.ceil(upright.width) + 2, math.ceil(upright.height) + 2
    wide, tall = width / upright.scale, height / upright.scale
    center = upright.center
    return read_region(slide, Rect(center.x - wide / 2, center.y - tall / 2, wide, tall), Size(width, height))


def paint_cell(figure: Figure, cell: Cell, pixels: Pixels) -> QImage:
    """A cell of the figure with everything on it, 24-bit RGB. In the thread of the layers."""
    size = cell.size
    image = QImage(size.width, size.height, QImage.Format.Format_RGB888)
    height, width = pixels.shape[:2]
    source = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=cell.camera.angle % 90 != 0)
    painter.setWorldTransform(laid(cell.camera))
    upright = cell.camera.upright()
    left, top = (upright.width - width) / 2, (upright.height - height) / 2
    painter.drawImage(QRectF(left, top, width, height), source)
    painter.resetTransform()
    _paint_layers(painter, figure, cell)
    painter.resetTransform()
    _paint_words(painter, figure, cell)
    painter.end()
    return image


def _paint_layers(painter: QPainter, figure: Figure, cell: Cell) -> None:
    times = figure.enlarged
    small = _smaller(cell.camera, times)
    painter.scale(times, times)
    painter.setClipRect(QRectF(0, 0, small.width, small.height))
    painter.setWorldTransform(laid(small), combine=True)
    for layer in figure.layers:
        if layer.visible and layer.opacity > 0:
            painter.save()
            painter.setOpacity(layer.opacity)
            layer.paint(painter, small.upright())
            painter.restore()
    painter.setClipping(False)


def _paint_words(painter: QPainter, figure: Figure, cell: Cell) -> None:
    """The part of scale bar and legend that lies in a cell."""
    times = figure.enlarged
    whole = _smaller(figure.camera, times)
    painter.translate(-cell.x, -cell.y)
    painter.scale(times, times)
    if figure.has_bar:
        painter.setFont(QFont())
        bar = scale_bar(whole, figure.spacing) if figure.spacing else None
        text = magnification_text(figure.camera, figure.spacing)
        paint_scale_bar(painter, whole, bar, text, dark=False)
    if figure.legend is not None:
        figure.legend.render(painter, QPoint(12, 12))


def _smaller(camera: Camera, times: float) -> Camera:
    """The same view in a widget so many times smaller."""
    return replace(
        camera, scale=camera.scale / times, width=camera.width / times, height=camera.height / times
    )
