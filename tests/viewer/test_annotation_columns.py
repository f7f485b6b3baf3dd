"""Numbers of the table are those of shapely."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ml.annotation.shapes import Annotation, Shape, polygons_of
from ml.geometry import Point, Rect, Spacing
from viewer.panels.annotation_columns import area_of, length_of

RECTS = st.builds(Rect, *[st.integers(0, 100)] * 2, *[st.integers(1, 60)] * 2)


@given(st.lists(RECTS, min_size=1, max_size=4), st.lists(RECTS, max_size=2), st.floats(0.1, 2))
def test_area_and_perimeter(added: list[Rect], cut: list[Rect], um: float) -> None:
    boxes = [[shapely.box(r.x, r.y, r.right, r.bottom) for r in rects] for rects in (added, cut)]
    pieces = polygons_of(shapely.difference(*[shapely.union_all(some) for some in boxes]))
    if not pieces:
        return
    one = Annotation(Shape.areas(pieces))
    area, length = one.shape.polygon.area, one.shape.polygon.length
    assert area_of(one, None) == pytest.approx(area)
    assert length_of(one, None) == pytest.approx(length)
    assert area_of(one, Spacing(um, 2 * um)) == pytest.approx(area * um * 2 * um)
    assert length_of(one, Spacing.square(um)) == pytest.approx(length * um)


def test_lines_have_no_area_and_points_nothing() -> None:
    line = Annotation(Shape.line((Point(0, 0), Point(3, 4))))
    assert length_of(line, None) == 5
    assert str(area_of(line, None)) == "nan"
    assert str(length_of(Annotation(Shape.points([Point(1, 1)])), None)) == "nan"
