"""Points, sizes and rectangles in level-0 pixels, and the spacing that gives them a physical size.

Everywhere in Parfocal: x before y, half-open, level 0. A coordinate in another frame lives inside one
function and carries a suffix (`x_um`, `column`, `x_widget`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


def to_pixel(value: float) -> int:
    """The one rounding rule: half goes up, also below zero, so that neighbours never overlap or part."""
    return math.floor(value + 0.5)


@dataclass(frozen=True, slots=True)
class Point:
    """A place, in level-0 px."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Size:
    """A width and a height in whole pixels (of level 0 unless a name says otherwise)."""

    width: int
    height: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Rect:
    """A half-open rectangle [x, x + width) × [y, y + height), in level-0 px."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def between(cls, one: Point, other: Point) -> Rect:
        """The rectangle with these two corners, in any order."""
        x, y = min(one.x, other.x), min(one.y, other.y)
        return cls(x, y, abs(one.x - other.x), abs(one.y - other.y))

    @classmethod
    def of_size(cls, size: Size) -> Rect:
        """The whole of something of this size, from the origin."""
        return cls(0, 0, size.width, size.height)

    @property
    def right(self) -> float:
        """First x outside."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """First y outside."""
        return self.y + self.height

    @property
    def center(self) -> Point:
        """The middle."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    @property
    def area(self) -> float:
        """Area in level-0 px²."""
        return self.width * self.height

    @property
    def is_empty(self) -> bool:
        """Whether it holds nothing."""
        return self.width <= 0 or self.height <= 0

    def holds(self, point: Point) -> bool:
        """Whether the point lies inside (half-open)."""
        return self.x <= point.x < self.right and self.y <= point.y < self.bottom

    def intersection(self, other: Rect) -> Rect:
        """The common part; empty (width or height 0) where there is none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        width = max(0.0, min(self.right, other.right) - x)
        height = max(0.0, min(self.bottom, other.bottom) - y)
        return Rect(x, y, width, height)

    def union(self, other: Rect) -> Rect:
        """The smallest rectangle around both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def grown(self, margin: float) -> Rect:
        """The rectangle with this margin added on every side (negative shrinks)."""
        return Rect(self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin)

    def scaled(self, factor: float) -> Rect:
        """The rectangle in a frame whose unit is 1/factor px."""
        return Rect(self.x * factor, self.y * factor, self.width * factor, self.height * factor)

    def rounded(self) -> Rect:
        """With corners on whole pixels, by the one rounding rule."""
        x, y = to_pixel(self.x), to_pixel(self.y)
        return Rect(x, y, to_pixel(self.right) - x, to_pixel(self.bottom) - y)


@dataclass(frozen=True, slots=True)
class Spacing:
    """Physical size of one level-0 pixel in µm, along x and y."""

    x: float
    y: float

    @classmethod
    def square(cls, value: float) -> Spacing:
        """The same along both axes."""
        return cls(value, value)

    @property
    def mean(self) -> float:
        """Mean of both axes, µm/px: what magnification and patch size are derived from."""
        return (self.x + self.y) / 2

    def area_mm2(self, pixels: float) -> float:
        """Area in mm² of this many level-0 px²."""
        return pixels * self.x * self.y * 1e-6
