"""Geometry: half-open, one rounding rule, and what follows from both."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.geometry import Point, Rect, Size, Spacing, to_pixel

coordinate = st.integers(-(2**20), 2**20)
length = st.integers(0, 2**20)
rects = st.builds(Rect, coordinate, coordinate, length, length)  # whole numbers: arithmetic is exact
fraction = st.floats(-1e6, 1e6)


@given(fraction)
def test_rounding_goes_to_the_nearest_and_half_goes_up(value: float) -> None:
    assert abs(to_pixel(value) - value) <= 0.5
    assert to_pixel(math.floor(value) + 0.5) == math.floor(value) + 1


@given(fraction, st.integers(-1000, 1000))
def test_rounding_does_not_depend_on_where_one_is(value: float, shift: int) -> None:
    """Unlike rounding to even, which moves neighbours against each other."""
    quarter = math.floor(value * 4) / 4  # exact after the shift as well
    assert to_pixel(quarter + shift) == to_pixel(quarter) + shift


@given(st.lists(st.integers(-(2**22), 2**22), min_size=3, max_size=3).map(sorted))
def test_neighbours_neither_overlap_nor_part(edges: list[int]) -> None:
    left, middle, right = (edge / 4 for edge in edges)  # quarters: differences are exact
    one = Rect(left, 0, middle - left, 1).rounded()
    other = Rect(middle, 0, right - middle, 1).rounded()
    assert one.right == other.x
    assert one.union(other).width == to_pixel(right) - to_pixel(left)


@given(rects, rects)
def test_intersection_and_union(one: Rect, other: Rect) -> None:
    common, around = one.intersection(other), one.union(other)
    assert common.area == other.intersection(one).area
    assert common.width >= 0
    assert common.height >= 0
    assert around == other.union(one)
    for rect in (one, other):
        assert around.x <= rect.x
        assert around.bottom >= rect.bottom
        assert around.intersection(rect) == rect
    if not common.is_empty:
        assert one.union(common) == one
        assert other.union(common) == other


@given(rects, rects, coordinate, coordinate)
def test_a_point_lies_in_the_intersection_when_it_lies_in_both(
    one: Rect, other: Rect, x: int, y: int
) -> None:
    point = Point(x, y)
    assert one.intersection(other).holds(point) == (one.holds(point) and other.holds(point))


def test_rectangles_are_half_open() -> None:
    rect = Rect(10, 20, 5, 5)
    assert rect.holds(Point(10, 20))
    assert not rect.holds(Point(15, 20))
    assert not rect.holds(Point(10, 25))
    assert not Rect(10, 20, 0, 5).holds(Point(10, 20))
    assert Rect(0, 0, 0, 3).is_empty
    assert Rect(0, 0, 3, -1).is_empty
    assert rect.intersection(Rect(15, 20, 5, 5)).is_empty


@given(coordinate, coordinate, coordinate, coordinate)
def test_corners_may_come_in_any_order(x0: int, y0: int, x1: int, y1: int) -> None:
    one, other = Point(x0, y0), Point(x1, y1)
    rect = Rect.between(one, other)
    assert rect == Rect.between(other, one) == Rect.between(Point(x0, y1), Point(x1, y0))
    assert (rect.width, rect.height) == (abs(x1 - x0), abs(y1 - y0))
    assert rect.center == Point((x0 + x1) / 2, (y0 + y1) / 2)


@given(rects, st.integers(0, 1000))
def test_growing_is_undone_by_shrinking(rect: Rect, margin: int) -> None:
    grown = rect.grown(margin)
    assert grown.grown(-margin) == rect
    assert grown.center == rect.center
    assert grown.area == (rect.width + 2 * margin) * (rect.height + 2 * margin)


@given(rects, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_scaling_is_undone_by_its_inverse(rect: Rect, factor: float) -> None:
    scaled = rect.scaled(factor)
    assert scaled.scaled(1 / factor) == rect
    assert scaled.area == rect.area * factor**2


def test_sizes_and_areas() -> None:
    assert Size(3, 4).area == 12
    assert Rect.of_size(Size(3, 4)) == Rect(0, 0, 3, 4)
    assert Spacing.square(0.5).mean == 0.5
    assert Spacing(0.4, 0.6).mean == pytest.approx(0.5)
    assert Spacing.square(0.5).area_mm2(4_000_000) == pytest.approx(1.0)
    assert Spacing(0.5, 0.25).area_mm2(8_000_000) == pytest.approx(1.0)
