"""Areas to draw on: star-shaped rings, which never cross themselves."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from ml.annotation.shapes import Shape
from ml.geometry import Point


@st.composite
def stars(draw: st.DrawFn) -> Shape:
    """An outline of 3 to 30 places about (5000, 5000), with or without a hole."""
    radii = draw(st.lists(st.floats(200, 2000), min_size=3, max_size=30))
    count = len(radii)

    def ring(share: float) -> tuple[Point, ...]:
        turns = [2 * math.pi * n / count for n in range(count)]
        return tuple(
            Point(5000 + share * r * math.cos(t), 5000 + share * r * math.sin(t))
            for r, t in zip(radii, turns, strict=True)
        )

    return Shape((ring(1.0), ring(0.4))) if draw(st.booleans()) else Shape((ring(1.0),))


places = st.builds(Point, st.floats(2000, 8000), st.floats(2000, 8000))
