"""Moved, turned, stretched and bent: back again gives the same, and what would be no shape is refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given
from hypothesis import strategies as st

from ml.annotation.bending import (
    Affine,
    NotPossible,
    has_places,
    laid_out,
    on_slide,
    with_more,
    with_place,
    without,
)
from ml.annotation.shapes import Shape, is_upright
from ml.annotation.snapping import places_of
from ml.geometry import Point, Rect
from tests.ml.annotation.areas import places, stars

SLIDE = Rect(0, 0, 10_000, 8_000)
SQUARE = Shape.rectangle(Rect(100, 200, 300, 400))
DIAMOND = Shape(((Point(0, 10), Point(10, 0), Point(20, 10), Point(10, 20)),))


def apart(one: Shape, other: Shape) -> float:
    """How far the places of two shapes are from each other at most."""
    assert [len(ring) for ring in one.rings] == [len(ring) for ring in other.rings]
    pairs = zip(one.rings, other.rings, strict=True)
    return max(float(np.abs(places_of(a) - places_of(b)).max()) for a, b in pairs)


@given(stars(), st.floats(-720, 720), places)
def test_turned_there_and_back_is_the_same(shape: Shape, degrees: float, about: Point) -> None:
    there = laid_out(shape, Affine.turning(degrees, about))
    assert there.area == pytest.approx(shape.area, rel=1e-9)
    assert apart(laid_out(there, Affine.turning(-degrees, about)), shape) < 1e-6


@given(stars(), st.floats(-180, 180), places)
def test_turning_is_shapelys(shape: Shape, degrees: float, about: Point) -> None:
    ours = laid_out(shape, Affine.turning(degrees, about)).polygon
    theirs = shapely.affinity.rotate(shape.polygon, degrees, origin=(about.x, about.y))
    assert ours.symmetric_difference(theirs).area < 1e-3


@given(stars(), st.floats(10, 5000), st.floats(10, 5000), places)
def test_stretching_fills_the_new_box_and_goes_back(
    shape: Shape, width: float, height: float, corner: Point
) -> None:
    box = Rect(corner.x, corner.y, width, height)
    there = laid_out(shape, Affine.stretching(shape.bounds, box))
    assert there.bounds.x == pytest.approx(box.x, abs=1e-6)
    assert there.bounds.bottom == pytest.approx(box.bottom, abs=1e-6)
    assert apart(laid_out(there, Affine.stretching(there.bounds, shape.bounds)), shape) < 1e-4


def test_kinds_stay_as_long_as_they_are_true() -> None:
    moved = laid_out(SQUARE, Affine.moving(10, -20))
    assert moved == Shape.rectangle(Rect(110, 180, 300, 400))
    assert laid_out(SQUARE, Affine.turning(30, Point(0, 0))).kind == "polygon"
    ellipse = Shape.ellipse_in(Rect(0, 0, 200, 100))
    slanted = laid_out(ellipse, Affine.turning(30, Point(100, 50)))
    assert slanted.kind == "ellipse"
    assert not is_upright(slanted)
    wider = Affine.stretching(Rect(0, 0, 10, 10), Rect(0, 0, 20, 10))
    assert laid_out(ellipse, wider).kind == "ellipse"
    assert laid_out(slanted, wider).kind == "polygon"  # its axes stand at right angles no more
    assert [has_places(s) for s in (SQUARE, ellipse, DIAMOND)] == [False, False, True]


@given(stars(), st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_a_move_stays_on_the_slide(shape: Shape, dx: float, dy: float) -> None:
    way = on_slide(Affine.moving(dx, dy), shape.bounds, SLIDE)
    bounds = laid_out(shape, way).bounds
    assert bounds.x >= -1e-6
    assert bounds.right <= SLIDE.right + 1e-6
    assert bounds.y >= -1e-6
    assert bounds.bottom <= SLIDE.bottom + 1e-6
    assert abs(way.dx) <= abs(dx)
    assert abs(way.dy) <= abs(dy)


@given(stars(), st.data(), places)
def test_a_bent_outline_is_valid_or_says_why_not(shape: Shape, data: st.DataObject, place: Point) -> None:
    ring = data.draw(st.integers(0, len(shape.rings) - 1))
    index = data.draw(st.integers(0, len(shape.rings[ring]) - 1))
    for bend in (with_place, with_more):
        bent, reason = tried(bend, shape, ring, index, place)
        assert reason in {"", "The outline would cross itself."}
        if bent is not None:
            assert bent.polygon.is_valid
            assert bent.area > 0
            assert bent.rings[ring][index] == place
    less, reason = tried(without, shape, ring, index)
    assert reason in {"", "The outline would cross itself.", "An outline needs three points."}
    if less is not None:
        assert less.polygon.is_valid
        assert sum(map(len, less.rings)) < sum(map(len, shape.rings))


def tried(bend: Callable[..., Shape | None], *arguments: object) -> tuple[Shape | None, str]:
    """What comes of it, and why nothing does."""
    try:
        return bend(*arguments), ""
    except NotPossible as reason:
        return None, str(reason)


@given(stars(), st.data())
def test_a_place_more_on_a_line_changes_no_area_and_can_be_taken_away(
    shape: Shape, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(shape.rings[0]) - 1))
    a, b = shape.rings[0][index - 1], shape.rings[0][index]
    try:
        more = with_more(shape, 0, index, Point((a.x + b.x) / 2, (a.y + b.y) / 2))
    except NotPossible:  # a rounding made it touch a neighbouring line
        return
    assert more.area == pytest.approx(shape.area, rel=1e-9)
    assert without(more, 0, index) == Shape(shape.rings)


def test_what_cannot_be_taken_away() -> None:
    triangle = Shape((DIAMOND.rings[0][:3],))
    with pytest.raises(NotPossible, match="three points"):
        without(triangle, 0, 1)
    with pytest.raises(NotPossible, match="two points"):
        without(Shape.line((Point(0, 0), Point(5, 5))), 0, 0)
    assert without(Shape.points([Point(1, 1)]), 0, 0) is None
    holed = Shape((Shape.rectangle(Rect(-50, -50, 200, 200)).rings[0], triangle.rings[0]))
    whole = without(holed, 1, 0)
    assert whole is not None
    assert len(whole.rings) == 1  # a hole of three points goes as a whole
    with pytest.raises(NotPossible, match="cross itself"):
        with_place(DIAMOND, 0, 0, Point(15, 30))


def test_exact_quarter_turns() -> None:
    way = Affine.turning(90, Point(0, 0))
    assert way(Point(3, 4)) == Point(-4, 3)
    assert Affine.turning(-90, Point(0, 0))(way(Point(3, 4))) == Point(3, 4)
    assert math.isclose(Affine.turning(45, Point(1, 1))(Point(2, 1)).x, 1 + math.sqrt(0.5))
