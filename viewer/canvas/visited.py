"""Which parts of a slide were looked at, and how closely. Pure numbers; a moment's glance does not count."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Rect, Size
from viewer.canvas.camera import Camera

LEAST_SECONDS = 0.5
"""How long a field must stand still to be seen."""

_CELLS = 192  # along the longer edge
STEPS = (2.5, 10.0, 20.0)
"""Magnifications from which on a part counts as seen at a glance, closely, and in detail."""


class Visited:
    """At which magnification each part was seen at best: (rows, columns) float32, 0 where never."""

    def __init__(self, slide: Size) -> None:
        edge = max(slide.width, slide.height) / _CELLS
        self._edge = max(edge, 1.0)  # level-0 px
        self.seen: NDArray[np.float32] = np.zeros(
            (math.ceil(slide.height / self._edge), math.ceil(slide.width / self._edge)), dtype=np.float32
        )

    def note(self, camera: Camera, magnification: float, seconds: float) -> bool:
        """A camera stood still for so long; whether anything new was seen.

        A part counts when its middle was in view, of a turned picture in the turned view.
        """
        if seconds < LEAST_SECONDS:
            return False
        rows, columns = self._within(camera.visible())
        if not (len(rows) and len(columns)):
            return False
        x = (columns + 0.5) * self._edge
        y = (rows + 0.5) * self._edge
        inside = _in_view(camera, x[None, :], y[:, None])
        part = self.seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        better = inside & (part < magnification)
        part[better] = magnification
        return bool(better.any())

    def reset(self) -> None:
        """Nothing was seen."""
        self.seen[:] = 0

    def share(self, magnification: float) -> float:
        """Share of the slide that was seen at this magnification or above, 0..1."""
        return float((self.seen >= magnification * 0.99).mean())

    def steps(self) -> NDArray[np.uint8]:
        """(rows, columns): 0 not seen, 1 from the first of `STEPS` on, and so on."""
        steps: NDArray[np.uint8] = np.digitize(self.seen, [s * 0.99 for s in STEPS]).astype(np.uint8)
        return steps

    def in_words(self) -> str:
        """ "Seen: 62 % at ×2.5 or more, 20 % at ×10, 3 % at ×20"."""
        parts = [f"{self.share(step):.0%} at ×{step:g}" for step in STEPS]
        return f"Seen: {parts[0]} or more, {', '.join(parts[1:])}"

    def _within(self, view: Rect) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns whose middles lie in a rectangle."""
        found = []
        for low, high, count in (
            (view.y, view.bottom, self.seen.shape[0]),
            (view.x, view.right, self.seen.shape[1]),
        ):
            first = max(0, math.ceil(low / self._edge - 0.5))
            last = min(count, math.floor(high / self._edge - 0.5) + 1)
            found.append(np.arange(first, max(first, last)))
        return found[0], found[1]


def _in_view(camera: Camera, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.bool_]:
    """For places of the slide whether the widget shows them."""
    dx, dy = (x - camera.center.x) * camera.scale, (y - camera.center.y) * camera.scale
    dx = -dx if camera.flipped else dx
    cos, sin = math.cos(math.radians(camera.angle)), math.sin(math.radians(camera.angle))
    inside: NDArray[np.bool_] = (np.abs(dx * cos - dy * sin) <= camera.width / 2 + 1e-6) & (
        np.abs(dx * sin + dy * cos) <= camera.height / 2 + 1e-6
    )
    return inside
