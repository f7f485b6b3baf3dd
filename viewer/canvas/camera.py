"""Where one looks at a slide from: pure numbers, no widget.

The widget's frame has its origin at the top left corner and is in logical pixels (`x_widget`, `y_widget`).
"""

from __future__ import annotations

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

    `scale` is logical widget px per level-0 px.
    """

    center: Point
    scale: float
    width: float
    height: float

    def to_widget(self, point: Point) -> tuple[float, float]:
        """Where a place of the slide stands in the widget."""
        x_widget = (point.x - self.center.x) * self.scale + self.width / 2
        y_widget = (point.y - self.center.y) * self.scale + self.height / 2
        return x_widget, y_widget

    def to_slide(self, x_widget: float, y_widget: float) -> Point:
        """Which place of the slide stands here in the widget."""
        x = self.center.x + (x_widget - self.width / 2) / self.scale
        y = self.center.y + (y_widget - self.height / 2) / self.scale
        return Point(x, y)

    def visible(self) -> Rect:
        """What the widget shows, level-0 px."""
        width, height = self.width / self.scale, self.height / self.scale
        return Rect(self.center.x - width / 2, self.center.y - height / 2, width, height)

    def panned(self, dx_widget: float, dy_widget: float) -> Camera:
        """With the picture moved by so many widget px (to the right, down)."""
        x = self.center.x - dx_widget / self.scale
        y = self.center.y - dy_widget / self.scale
        return replace(self, center=Point(x, y))

    def zoomed_about(self, x_widget: float, y_widget: float, factor: float) -> Camera:
        """With the scale multiplied, and the same place of the slide here in the widget as before."""
        fixed = self.to_slide(x_widget, y_widget)
        scale = self.scale * factor
        x = fixed.x - (x_widget - self.width / 2) / scale
        y = fixed.y - (y_widget - self.height / 2) / scale
        return replace(self, center=Point(x, y), scale=scale)

    def fitted(self, rect: Rect, margin: float = 0.0) -> Camera:
        """With the whole of a rectangle in view, as large as it goes, leaving a margin in widget px."""
        room_x = max(1.0, self.width - 2 * margin)
        room_y = max(1.0, self.height - 2 * margin)
        scale = min(room_x / max(rect.width, 1e-9), room_y / max(rect.height, 1e-9))
        return replace(self, center=rect.center, scale=scale)

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
        step = self.scale * device_ratio
        left = to_pixel(self.center.x * step - self.width * device_ratio / 2)
        top = to_pixel(self.center.y * step - self.height * device_ratio / 2)
        x = (left + self.width * device_ratio / 2) / step
        y = (top + self.height * device_ratio / 2) / step
        return replace(self, center=Point(x, y))


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
