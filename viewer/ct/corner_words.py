"""What is written on a plane: letters of orientation, slice and window, a ruler, or why there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from ml.geometry import Spacing
from viewer.canvas.camera import Camera
from viewer.canvas.scale_bar import scale_bar
from viewer.ct.orientation import edges
from viewer.ct.plane import Shown

_INK, _SHADE = QColor(235, 235, 235), QColor(0, 0, 0, 170)
_AT_EDGE = 8.0  # widget px
_LONGEST = 140.0  # widget px of the ruler
_UM = 1000.0  # in a unit of the plane's frame, which is mm


class Worded(Protocol):
    """What has to be known about a view to write on it."""

    shown: Shown | None
    words: tuple[tuple[str, ...], tuple[str, ...]]
    oriented: bool
    sized: bool

    @property
    def camera(self) -> Camera:
        """Where it looks from."""


def paint_words(painter: QPainter, view: Worded) -> None:
    """Write it all, in logical widget px."""
    camera, shown = view.camera, view.shown
    if shown is None:
        return
    metrics = QFontMetricsF(painter.font())
    for lines, right in zip(view.words, (False, True), strict=True):
        for number, line in enumerate(lines):
            x = camera.width - _AT_EDGE - metrics.horizontalAdvance(line) if right else _AT_EDGE
            write(painter, QPointF(x, _AT_EDGE + metrics.ascent() + number * metrics.height()), line)
    if view.oriented:
        _paint_letters(painter, edges(shown, camera), camera)
    if view.sized:
        _paint_ruler(painter, camera)
    if shown.problem:
        _paint_problem(painter, camera, shown.problem)


def write(painter: QPainter, place: QPointF, text: str) -> None:
    """Light letters with a dark edge: to be read over bone and over air."""
    painter.setPen(_SHADE)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        painter.drawText(place + QPointF(dx, dy), text)
    painter.setPen(_INK)
    painter.drawText(place, text)


def _paint_letters(painter: QPainter, letters: Sequence[str], camera: Camera) -> None:
    plain = painter.font()
    large = QFont(plain)
    large.setBold(True)
    large.setPointSizeF(plain.pointSizeF() * 1.15)
    painter.setFont(large)
    metrics = QFontMetricsF(large)
    middle_x, middle_y = camera.width / 2, camera.height / 2
    lower = middle_y + metrics.ascent() / 2
    widths = [metrics.horizontalAdvance(text) for text in letters]
    for text, place in zip(
        letters,
        (
            QPointF(_AT_EDGE, lower),
            QPointF(camera.width - _AT_EDGE - widths[1], lower),
            QPointF(middle_x - widths[2] / 2, _AT_EDGE + metrics.ascent()),
            QPointF(middle_x - widths[3] / 2, camera.height - _AT_EDGE - metrics.descent()),
        ),
        strict=True,
    ):
        write(painter, place, text)
    painter.setFont(plain)


def _paint_ruler(painter: QPainter, camera: Camera) -> None:
    bar = scale_bar(camera, Spacing.square(_UM), _LONGEST)
    metrics = QFontMetricsF(painter.font())
    y, left = camera.height - _AT_EDGE - 4, _AT_EDGE
    for color, width in ((_SHADE, 4.0), (_INK, 2.0)):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(left, y), QPointF(left + bar.width, y))
        for x in (left, left + bar.width):
            painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 4))
    write(painter, QPointF(left, y - 6 - metrics.descent()), bar.text)


def _paint_problem(painter: QPainter, camera: Camera, problem: str) -> None:
    room = QRectF(camera.width * 0.15, 0, camera.width * 0.7, camera.height)
    painter.setPen(_INK)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, problem)
