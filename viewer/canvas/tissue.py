"""The picture in view as pixels, without anything that lies over it: what a person points at."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter

from ml.geometry import Point, Rect
from viewer.canvas.slide_view import SlideView

_MOST_PIXELS = 1_500_000  # of a larger window every pixel stands for several


@dataclass(frozen=True)
class Tissue:
    """The picture as it is shown, but upright: `pixels` (height, width, 3) uint8 of `rect`, level-0 px."""

    pixels: NDArray[np.uint8]
    rect: Rect
    seen: NDArray[np.bool_]  # (height, width): what of it is in view and on the slide


def tissue_in(view: SlideView) -> Tissue | None:
    """What a view shows now, at the resolution of its widget; None while it shows no slide."""
    if view.slide is None:
        return None
    whole = view.camera.upright()
    factor = min(1.0, math.sqrt(_MOST_PIXELS / (whole.width * whole.height)))
    width, height = max(1, math.ceil(whole.width * factor)), max(1, math.ceil(whole.height * factor))
    camera = replace(whole, scale=whole.scale * factor, width=width, height=height)
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    view.paint_tissue(painter, camera)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    pixels = np.ascontiguousarray(rows[:, : 4 * width].reshape(height, width, 4)[:, :, 2::-1])
    return Tissue(pixels, camera.visible(), _seen(view, camera.visible(), width, height))


def _seen(view: SlideView, rect: Rect, width: int, height: int) -> NDArray[np.bool_]:
    """Pixels whose middle lies in the window and on the slide."""
    assert view.slide is not None
    x = rect.x + (np.arange(width) + 0.5) * (rect.width / width)
    y = rect.y + (np.arange(height) + 0.5) * (rect.height / height)
    bounds, camera = view.slide.info.bounds, view.camera
    seen: NDArray[np.bool_] = ((y >= bounds.y) & (y < bounds.bottom))[:, np.newaxis] & (
        (x >= bounds.x) & (x < bounds.right)
    )
    if not camera.is_upright:
        zero, right, down = (camera.to_widget(Point(*p)) for p in ((0, 0), (1, 0), (0, 1)))
        for axis, size in ((0, camera.width), (1, camera.height)):  # where in the widget each pixel stands
            place = zero[axis] + (right[axis] - zero[axis]) * x + (down[axis] - zero[axis]) * y[:, np.newaxis]
            seen &= (place >= 0) & (place < size)
    return seen
