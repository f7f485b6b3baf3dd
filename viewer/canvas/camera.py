"""Where one looks at a slide from: pure numbers, no widget.

The widget's frame has its origin at the top left corner and is in logical pixels (`x_widget`, `y_widget`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ml.geometry import Point, Rect, Spacing, to_pixel

PRESETS = (1.0, 2.5, 5.0, 10.0, 20.0, 40.0)
"""Magnifications that have a key and a button of their own."""

MICRONS_AT_X1 = 10.0
"""A magnification of ×1 shows 10 µm in one screen pixel; ×10 shows 1 µm, ×20 half a µm."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the greatest scale that a person can zoom to, widget px per level-0 px."""

    least: float
    greatest: float


@dataclass(frozen=True, slots=True)
class Camera:
    """A view of a slide: `center` is in the middle of a widget of `width` × `height` logical px.

    `scale` is logical widget px per level-0 px. The picture may be mirrored left to right (`flipped`) and is
    then turned clockwise by `angle` degrees about the centre.
    """

    center: Point
    scale: float
    width: float
    height: float
    angle: float = 0.0  # degrees, 0 <= angle < 360
    flipped: bool = False

    @property
    def is_upright(self) -> bool:
        """Whether the picture stands as the file has it."""
        return self.angle == 0 and not self.flipped

    def to_widget(self, point: Point) -> tuple[float, float]:
        """Where a place of the slide stands in the widget."""
        dx, dy = self._laid((point.x - self.center.x) * self.scale, (point.y - self.center.y) * self.scale)
        return dx + self.width / 2, dy + self.height / 2

    def to_slide(self, x_widget: float, y_widget: float) -> Point:
        """Which place of the slide stands here in the widget."""
        dx, dy = self._stood(x_widget - self.width / 2, y_widget - self.height / 2)
        return Point(self.center.x + dx / self.scale, self.center.y + dy / self.scale)

    def visible(self) -> Rect:
        """What the widget shows, level-0 px; of a turned picture the upright rectangle around that."""
        upright = self.upright()
        width, height = upright.width / self.scale, upright.height / self.scale
        return Rect(self.center.x - width / 2, self.center.y - height / 2, width, height)

    def upright(self) -> Camera:
        """The camera that sees all that this one sees, with the picture as the file has it.

        Layers paint with it, into a painter that is turned and mirrored about the two middles. A quarter turn
        swaps width and height exactly, so that pixels fall on pixels.
        """
        if self.is_upright:
            return self
        cos, sin = (abs(part) for part in _turn(self.angle))
        width = self.width * cos + self.height * sin
        height = self.width * sin + self.height * cos
        return Camera(self.center, self.scale, width, height)

    def panned(self, dx_widget: float, dy_widget: float) -> Camera:
        """With the picture moved by so many widget px (to the right, down)."""
        dx, dy = self._stood(dx_widget, dy_widget)
        return replace(self, center=Point(self.center.x - dx / self.scale, self.center.y - dy / self.scale))

    def zoomed_about(self, x_widget: float, y_widget: float, factor: float) -> Camera:
        """With the scale multiplied, and the same place of the slide here in the widget as before."""
        return self._with_fixed(x_widget, y_widget, replace(self, scale=self.scale * factor))

    def turned_about(self, x_widget: float, y_widget: float, degrees: float) -> Camera:
        """With the picture turned clockwise by so much more, the same place of the slide here as before."""
        angle = (self.angle + degrees) % 360.0 % 360.0  # twice: -1e-20 % 360 is 360
        return self._with_fixed(x_widget, y_widget, replace(self, angle=angle))

    def mirrored(self) -> Camera:
        """What is at the left comes to the right: as the widget shows it, whatever the angle."""
        return replace(self, flipped=not self.flipped, angle=-self.angle % 360.0 % 360.0)

    def fitted(self, rect: Rect, margin: float = 0.0) -> Camera:
        """With the whole of a rectangle in view, as large as it goes, leaving a margin in widget px."""
        room_x = max(1.0, self.width - 2 * margin)
        room_y = max(1.0, self.height - 2 * margin)
        cos, sin = (abs(part) for part in _turn(self.angle))
        width = max(rect.width * cos + rect.height * sin, 1e-9)
        height = max(rect.width * sin + rect.height * cos, 1e-9)
        return replace(self, center=rect.center, scale=min(room_x / width, room_y / height))

    def resized(self, width: float, height: float) -> Camera:
        """The same centre and scale in a widget of another size."""
        return replace(self, width=width, height=height)

    def clamped(self, bounds: Rect, limits: Limits) -> Camera:
        """The nearest camera whose scale is within limits and whose centre lies on the slide."""
        x = min(max(self.center.x, bounds.x), bounds.right)
        y = min(max(self.center.y, bounds.y), bounds.bottom)
        scale = min(max(self.scale, limits.least), limits.greatest)
        return replace(self, center=Point(x, y), scale=scale)

    def snapped(self, device_ratio: float) -> Camera:
        """Moved by less than a device pixel, so that level-0 (0, 0) falls on a device pixel's corner.

        Two snapped cameras of one scale differ by whole device pixels: what was painted can be scrolled.
        """
        x_widget, y_widget = self.to_widget(Point(0, 0))
        x_whole = to_pixel(x_widget * device_ratio) / device_ratio
        y_whole = to_pixel(y_widget * device_ratio) / device_ratio
        return self.panned(x_whole - x_widget, y_whole - y_widget)

    def _with_fixed(self, x_widget: float, y_widget: float, other: Camera) -> Camera:
        """The other camera, moved so that the place here is the one that is here now."""
        fixed, there = self.to_slide(x_widget, y_widget), other.to_slide(x_widget, y_widget)
        x, y = other.center.x + fixed.x - there.x, other.center.y + fixed.y - there.y
        return replace(other, center=Point(x, y))

    def _laid(self, dx: float, dy: float) -> tuple[float, float]:
        """A way in the upright picture as a way in the widget."""
        cos, sin = _turn(self.angle)
        dx = -dx if self.flipped else dx
        return dx * cos - dy * sin, dx * sin + dy * cos

    def _stood(self, dx: float, dy: float) -> tuple[float, float]:
        """A way in the widget as a way in the upright picture."""
        cos, sin = _turn(self.angle)
        x, y = dx * cos + dy * sin, dy * cos - dx * sin
        return -x if self.flipped else x, y


def _turn(angle: float) -> tuple[float, float]:
    """Cosine and sine, exact for quarter turns."""
    quarters = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}
    return quarters.get(angle) or (math.cos(math.radians(angle)), math.sin(math.radians(angle)))


def magnification(camera: Camera, spacing: Spacing) -> float:
    """The N of ×N: ×10 is 1 µm in one screen (logical) pixel."""
    return MICRONS_AT_X1 * camera.scale / spacing.mean


def scale_for(magnification: float, spacing: Spacing) -> float:
    """The scale (widget px per level-0 px) that shows a slide of this spacing at ×magnification."""
    return magnification * spacing.mean / MICRONS_AT_X1


def next_preset(now: float, step: int) -> float:
    """The next preset above (`step` 1) or below (-1) a magnification; twice or half beyond the presets."""
    if step > 0:
        return next((preset for preset in PRESETS if preset > now * 1.01), now * 2)
    return next((preset for preset in reversed(PRESETS) if preset < now * 0.99), now / 2)
