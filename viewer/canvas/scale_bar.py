"""The scale bar and the words beside it: which length, which text, and how they are painted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from ml.geometry import Spacing
from viewer.canvas.camera import Camera, magnification

THIN_SPACE = "\u2009"
_LONGEST = 160.0  # widget px
_PAD = 8.0


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A round length and how long it is on the screen."""

    length_um: float
    width: float  # logical widget px
    text: str


def scale_bar(camera: Camera, spacing: Spacing, longest: float = _LONGEST) -> ScaleBar:
    """The longest bar of 1, 2 or 5 times a power of ten µm that is no longer than so many widget px."""
    um_per_px = _along_the_bar(camera, spacing) / camera.scale
    most = longest * um_per_px
    power = 10.0 ** math.floor(math.log10(most))
    length = next(step * power for step in (10, 5, 2, 1) if step * power <= most * (1 + 1e-9))
    return ScaleBar(length, length / um_per_px, length_text(length))


def _turned_in_words(camera: Camera) -> str:
    """How the picture stands, where it is not as in the file: " · 35° · mirrored"."""
    angle = f" · {camera.angle:.0f}°" if round(camera.angle) % 360 else ""
    return angle + (" · mirrored" if camera.flipped else "")


def _along_the_bar(camera: Camera, spacing: Spacing) -> float:
    """µm in a level-0 px on the way that the bar takes over a turned picture whose pixels are not square."""
    angle = math.radians(camera.angle)
    return math.hypot(spacing.x * math.cos(angle), spacing.y * math.sin(angle))


def length_text(length_um: float) -> str:
    """A length with its unit: µm below 1 mm, mm above; up to three digits that mean something."""
    value, unit = (length_um, "µm") if length_um < 1000 else (length_um / 1000, "mm")
    return f"{value:.3g}{THIN_SPACE}{unit}" if value < 1000 else f"{value:.0f}{THIN_SPACE}{unit}"


def magnification_text(camera: Camera, spacing: Spacing | None, *, from_file: bool = True) -> str:
    """What stands beside the bar: "×20 (0.50 µm/px)", "×20 (0.50 µm/px, estimated)", or a percentage.

    µm/px is of a screen pixel. Without a spacing: how many screen px a slide px takes, in per cent.
    """
    turned = _turned_in_words(camera)
    if spacing is None:
        return f"{camera.scale * 100:.3g}{THIN_SPACE}% · pixel size unknown{turned}"
    times = magnification(camera, spacing)
    number = f"{times:.0f}" if times >= 9.95 else f"{times:.1f}".removesuffix(".0")
    um_per_px = spacing.mean / camera.scale
    digits = max(0, 1 - math.floor(math.log10(um_per_px))) if um_per_px < 10 else 0
    doubt = "" if from_file else ", estimated"
    return f"×{number} ({um_per_px:.{digits}f}{THIN_SPACE}µm/px{doubt}){turned}"


def paint_scale_bar(
    painter: QPainter, camera: Camera, bar: ScaleBar | None, text: str, *, dark: bool
) -> None:
    """Draw bar and text on a quiet plate at the lower left corner, in logical widget px."""
    metrics = QFontMetricsF(painter.font())
    words = f"{bar.text}   {text}" if bar else text
    width = max(metrics.horizontalAdvance(words), bar.width if bar else 0.0) + 2 * _PAD
    height = metrics.height() + (14.0 if bar else 0.0) + _PAD
    plate = QRectF(12, camera.height - 12 - height, width, height)
    ink = QColor(240, 240, 240) if dark else QColor(25, 25, 28)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(30, 30, 32, 205) if dark else QColor(255, 255, 255, 215))
    painter.drawRoundedRect(plate, 4, 4)
    painter.setPen(ink)
    baseline = plate.bottom() - _PAD / 2 - metrics.descent()
    painter.drawText(QPointF(plate.left() + _PAD, baseline), words)
    if bar:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QPen(ink, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        left, y = round(plate.left() + _PAD), round(plate.top() + _PAD + 4)
        painter.drawLine(QPointF(left, y), QPointF(left + bar.width, y))
        for x in (left, left + round(bar.width)):
            painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 4))
    painter.restore()
