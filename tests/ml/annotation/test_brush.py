"""A stroke is shapely's union or difference with all that the brush swept, whatever was drawn meanwhile."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.annotation.brush import Stroke
from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect
from tests.ml.annotation.areas import places, stars

CELL = 700.0


def swept(way: list[Point], radius: float) -> shapely.Geometry:
    """What shapely says that a brush covers: a buffer about every piece of its way."""
    if len(way) == 1:
        return shapely.Point(way[0].x, way[0].y).buffer(radius, quad_segs=64)
    pieces = [
        shapely.LineString([(a.x, a.y), (b.x, b.y)]).buffer(radius, quad_segs=64)
        if a != b
        else shapely.Point(a.x, a.y).buffer(radius, quad_segs=64)
        for a, b in itertools.pairwise(way)
    ]
    return shapely.union_all(pieces)


def after(shape: Shape | None, way: list[Point], radius: float, *, erases: bool) -> Stroke:
    base = shapely.Polygon() if shape is None else shape.polygon
    stroke = Stroke(base, radius, CELL, erases=erases)
    for place in way:
        stroke.to(place)
    return stroke


@given(stars(), st.lists(places, min_size=1, max_size=8), st.floats(20, 900), st.booleans())
@settings(max_examples=60)
def test_it_is_shapelys_union_or_difference(
    shape: Shape, way: list[Point], radius: float, erases: bool
) -> None:
    found = after(shape, way, radius, erases=erases).result()
    covered = swept(way, radius)
    expected = shape.polygon.difference(covered) if erases else shape.polygon.union(covered)
    assert found.is_valid
    assert found.symmetric_difference(expected).area <= 0.005 * covered.area + 1e-6  # circles of 48 corners


@given(stars(), st.lists(places, min_size=1, max_size=6), st.floats(20, 900))
@settings(max_examples=60)
def test_wiping_only_takes_and_painting_only_adds(shape: Shape, way: list[Point], radius: float) -> None:
    wiped = after(shape, way, radius, erases=True).result()
    painted = after(shape, way, radius, erases=False).result()
    assert wiped.area <= shape.area + 1e-6
    assert painted.area >= shape.area - 1e-6
    assert wiped.difference(shape.polygon).area < 1e-3
    assert shape.polygon.difference(painted).area < 1e-3
    if swept(way, radius * 0.9).intersects(shape.polygon):
        assert wiped.area < shape.area


@given(st.none() | stars(), st.lists(places, min_size=1, max_size=6), st.floats(50, 900), st.booleans())
@settings(max_examples=40)
def test_what_is_shown_meanwhile_is_the_outline_of_what_comes(
    shape: Shape | None, way: list[Point], radius: float, erases: bool
) -> None:
    """The new lines within the squares, and the old ones outside of them, are the border of the result."""
    stroke = after(shape, way, radius, erases=erases)
    result = stroke.result()
    squares = shapely.union_all([box_of(square) for square in stroke.squares])
    shown = sum(shapely.LineString(line).length for lines in stroke.lines().values() for line in lines)
    border = result.boundary.intersection(squares.buffer(-1e-6)).length
    assert shown == pytest.approx(border, rel=0.02, abs=CELL / 50)
    if shape is not None:
        outside = shape.polygon.boundary.difference(squares.buffer(1e-6))
        assert outside.difference(result.boundary.buffer(1e-3)).length < 1e-3


def box_of(rect: Rect) -> shapely.Polygon:
    return shapely.box(rect.x, rect.y, rect.right, rect.bottom)


def test_a_dab_and_nothing_at_all() -> None:
    dab = after(None, [Point(5000, 5000)], 100, erases=False)
    assert dab.result().area == pytest.approx(np.pi * 100**2, rel=0.005)
    assert after(None, [], 100, erases=False).result().is_empty
    assert after(None, [Point(0, 0), Point(50, 0)], 100, erases=True).result().is_empty
    square = Shape.rectangle(Rect(0, 0, 100, 100))
    gone = after(square, [Point(50, 50)], 200, erases=True)
    assert gone.result().is_empty
    assert not any(gone.lines().values())


def test_a_stroke_through_the_middle_parts_an_area() -> None:
    square = Shape.rectangle(Rect(1000, 1000, 1000, 1000))
    parted = after(square, [Point(500, 1500), Point(2500, 1500)], 100, erases=True).result()
    assert shapely.get_num_geometries(parted) == 2
    assert parted.area == pytest.approx(1000 * 800)
