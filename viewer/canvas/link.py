"""How the places of two slides belong together: pure numbers, no widget.

Two sections of one block differ by a shift, a turn, a scale (two scanners) and perhaps a side: a similarity.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ml.errors import Problem
from ml.geometry import Point, Rect, Spacing
from viewer.canvas.camera import Camera

Pair = tuple[Point, Point]
"""The same place of the tissue on one slide and on another, each in level-0 px of its own slide."""

_NEAR = 1e-6  # level-0 px: points nearer to each other than this are one point


@dataclass(frozen=True, slots=True)
class Link:
    """Takes a place of one slide (level-0 px) to the same tissue on another slide (its level-0 px).

    The first slide is mirrored left to right (`flipped`), multiplied by `scale`, turned clockwise by `angle`
    degrees, and moved by (`dx`, `dy`) px of the second: the order in which a `Camera` lays a slide.
    """

    scale: float = 1.0  # level-0 px of the second slide per level-0 px of the first
    angle: float = 0.0  # degrees clockwise, 0 <= angle < 360
    flipped: bool = False
    dx: float = 0.0
    dy: float = 0.0

    def to(self, point: Point) -> Point:
        """Where a place of the first slide stands on the second."""
        place = self._turned * self._sided(complex(point.x, point.y)) + complex(self.dx, self.dy)
        return Point(place.real, place.imag)

    def inverse(self) -> Link:
        """From the second slide to the first."""
        angle = self.angle if self.flipped else -self.angle
        back = Link(1 / self.scale, _degrees(angle), self.flipped)
        return back.with_pair((Point(self.dx, self.dy), Point(0, 0)))

    def then(self, other: Link) -> Link:
        """From the first slide of this link to the second of the other: this one, and then the other."""
        angle = other.angle + (-self.angle if other.flipped else self.angle)
        whole = Link(self.scale * other.scale, _degrees(angle), self.flipped != other.flipped)
        return whole.with_pair((Point(0, 0), other.to(Point(self.dx, self.dy))))

    def with_pair(self, pair: Pair) -> Link:
        """With the same turn, scale and side, moved so that these two places belong together."""
        there = self.to(pair[0])
        return replace(self, dx=self.dx + pair[1].x - there.x, dy=self.dy + pair[1].y - there.y)

    @property
    def _turned(self) -> complex:
        return cmath.rect(self.scale, math.radians(self.angle))

    def _sided(self, place: complex) -> complex:
        return -place.conjugate() if self.flipped else place


def beside(bounds: Rect, spacing: Spacing | None, other_bounds: Rect, other: Spacing | None) -> Link:
    """The link of two slides of which nothing else is known: middle to middle, µm to µm.

    Where a spacing is not known, both slides count as equally large along their longer edge.
    """
    if spacing is not None and other is not None:
        scale = spacing.mean / other.mean
    else:
        scale = max(other_bounds.width, other_bounds.height) / max(bounds.width, bounds.height)
    return Link(scale).with_pair((bounds.center, other_bounds.center))


def standing(camera: Camera, other: Camera, scale: float | None = None) -> Link:
    """The link of two slides that somebody has put side by side: what is in the middle belongs together.

    Turn and side are as they are shown; so is the scale, unless it is known better.
    """
    angle, flipped = _after((other.angle, other.flipped), (camera.angle, camera.flipped))
    link = Link(scale or camera.scale / other.scale, angle, flipped)
    return link.with_pair((camera.center, other.center))


def aligned(pairs: Sequence[Pair], before: Link = Link(), *, flipped: bool = False) -> Link:
    """The link that brings pairs of places together, as well as it can where there are more than two.

    No pair: the link of before; one pair: that one moved. From two pairs on, least squares over shift, turn
    and scale in closed form (S. Umeyama, IEEE PAMI 13, 376, 1991; in the plane one complex division).
    Two pairs fit on either side of the glass, so `flipped` has to be said.
    Raises `Problem` where all places on one slide are the same.
    """
    if not pairs:
        return before
    if len(pairs) == 1:
        return before.with_pair(pairs[0])
    sided = Link(flipped=flipped)
    ones = [complex(place.x, place.y) for place in (sided.to(one) for one, _ in pairs)]
    others = [complex(other.x, other.y) for _, other in pairs]
    middle, other_middle = sum(ones) / len(ones), sum(others) / len(others)
    ways = [place - middle for place in ones]
    other_ways = [place - other_middle for place in others]
    if max(map(abs, ways)) < _NEAR or max(map(abs, other_ways)) < _NEAR:
        raise Problem(
            "The two landmarks of one slide are at the same place.",
            "Click two landmarks that lie far from each other, the same two on both slides.",
        )
    cross = sum(other * way.conjugate() for way, other in zip(ways, other_ways, strict=True))
    turned = cross / sum(abs(way) ** 2 for way in ways)
    if abs(turned) < _NEAR:
        raise Problem(
            "The landmarks do not belong together.",
            "Click the same landmarks in the same order on both slides.",
        )
    place = other_middle - turned * middle
    return Link(abs(turned), _degrees(math.degrees(cmath.phase(turned))), flipped, place.real, place.imag)


def follow(camera: Camera, link: Link) -> Camera:
    """The camera that shows on the second slide what `camera` shows on the first.

    The same tissue stands in the middle, as large, and turned and mirrored alike.
    """
    angle, flipped = (camera.angle, camera.flipped)
    back = link.inverse()
    angle += -back.angle if flipped else back.angle
    return replace(
        camera,
        center=link.to(camera.center),
        scale=camera.scale / link.scale,
        angle=_degrees(angle),
        flipped=flipped != link.flipped,
    )


def _after(last: tuple[float, bool], whole: tuple[float, bool]) -> tuple[float, bool]:
    """The first of two layings (angle, flipped), where the last and both together are known."""
    angle, flipped = last
    apart = whole[0] - angle
    return _degrees(-apart if flipped else apart), flipped != whole[1]


def _degrees(angle: float) -> float:
    """The same direction, 0 <= angle < 360; what is a hair beside a quarter turn is the quarter turn."""
    quarter = round(angle / 90.0) * 90.0
    angle = quarter if abs(angle - quarter) < 1e-9 else angle
    return angle % 360.0 % 360.0
