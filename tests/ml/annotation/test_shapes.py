"""Shapes: ellipses, parts, lines and points."""

from __future__ import annotations

import math

import pytest
import shapely

from ml.annotation.losses import Losses
from ml.annotation.shapes import Shape, is_upright
from ml.geometry import Point, Rect


def test_an_ellipse_knows_its_axes() -> None:
    shape = Shape.ellipse_in(Rect(10, 20, 200, 100))
    assert shape.axes == (Point(210, 70), Point(10, 70), Point(110, 120), Point(110, 20))
    assert shape.bounds == Rect(10, 20, 200, 100)
    assert is_upright(shape)
    assert shape.area == pytest.approx(math.pi * 100 * 50, rel=1e-3)
    assert shape.polygon.is_valid
    slanted = Shape.ellipse(Point(0, 0), Point(30, 40), Point(-4, 3))
    assert slanted.axes == (Point(30, 40), Point(-30, -40), Point(-4, 3), Point(4, -3))
    assert not is_upright(slanted)
    for place in slanted.rings[0]:  # in the frame of its axes
        along, across = (place.x * 3 + place.y * 4) / 5, (-place.x * 4 + place.y * 3) / 5
        assert (along / 50) ** 2 + (across / 5) ** 2 == pytest.approx(1)


def test_an_area_of_several_parts() -> None:
    polygons = [shapely.box(0, 0, 10, 10) - shapely.box(2, 2, 3, 3), shapely.box(20, 5, 30, 15)]
    shape = Shape.areas(polygons)
    assert shape.starts == (0, 2)
    assert [len(part) for part in shape.parts] == [2, 1]
    assert shape.area == 199
    assert shape.bounds == Rect(0, 0, 30, 15)
    assert shape.polygon.equals(shapely.MultiPolygon(polygons))


def test_lines_and_points_enclose_nothing() -> None:
    line = Shape.line((Point(0, 0), Point(3, 4)), (Point(5, 5), Point(6, 5)))
    points = Shape.points([Point(1, 2), Point(3, 1)])
    assert [s.is_area for s in (line, points)] == [False, False]
    assert [s.area for s in (line, points)] == [0, 0]
    assert line.geometry.length == 6
    assert line.bounds == Rect(0, 0, 6, 5)
    assert points.bounds == Rect(1, 1, 2, 1)
    assert shapely.get_num_geometries(points.geometry) == 2
    assert points.polygon.is_empty


def test_losses_are_few_sentences() -> None:
    losses = Losses()
    assert not losses
    for number in range(5):
        losses.add("Holes are filled", f"“{number}”")
    losses.add("All else is fine")
    assert losses.sentences() == ("Holes are filled (“0”, “1”, “2” and 2 more).", "All else is fine.")
