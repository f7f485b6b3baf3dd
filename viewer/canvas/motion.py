"""Movements that go on for a moment by themselves. Pure: a camera and a time in, a camera out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

from viewer.canvas.camera import Camera

_GLIDE_TIME = 0.11  # s in which the speed of a glide falls to a third
_SLOWEST = 25.0  # widget px/s under which a glide stands still
_FASTEST = 6000.0  # widget px/s
_ZOOM_TIME = 0.040  # s in which a third of a zoom is left


class Motion(Protocol):
    """Something that moves the camera a little further."""

    def step(self, camera: Camera, seconds: float) -> tuple[Camera, bool]:
        """The camera so many seconds later, and whether it goes on."""


@dataclass
class Glide:
    """The inertia after a drag: so many widget px a second, less and less."""

    dx: float
    dy: float

    @classmethod
    def after(cls, track: list[tuple[float, float, float]]) -> Glide | None:
        """From the last moments of a drag, (s, x_widget, y_widget); None where it was at rest."""
        if len(track) < 2 or track[-1][0] <= track[0][0]:
            return None
        (start, x, y), (end, x_end, y_end) = track[0], track[-1]
        dx, dy = (x_end - x) / (end - start), (y_end - y) / (end - start)
        speed = math.hypot(dx, dy)
        if speed < _SLOWEST * 4:
            return None
        slower = min(1.0, _FASTEST / speed)
        return cls(dx * slower, dy * slower)

    def step(self, camera: Camera, seconds: float) -> tuple[Camera, bool]:
        """Move on and slow down."""
        fading = math.exp(-seconds / _GLIDE_TIME)
        way = _GLIDE_TIME * (1 - fading)
        moved = camera.panned(self.dx * way, self.dy * way)
        self.dx, self.dy = self.dx * fading, self.dy * fading
        return moved, math.hypot(self.dx, self.dy) > _SLOWEST


@dataclass
class Zoom:
    """A zoom about a fixed place of the widget that nears `scale` quickly and then meets it exactly."""

    x_widget: float
    y_widget: float
    scale: float

    def step(self, camera: Camera, seconds: float) -> tuple[Camera, bool]:
        """Come nearer."""
        left = self.scale / camera.scale
        goes_on = abs(math.log(left)) > 0.01
        factor = left ** (1 - math.exp(-seconds / _ZOOM_TIME)) if goes_on else left
        zoomed = camera.zoomed_about(self.x_widget, self.y_widget, factor)
        return (zoomed if goes_on else replace(zoomed, scale=self.scale)), goes_on
