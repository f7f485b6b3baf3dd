"""The grid of patches: covers the region, never twice, in reading order, by one rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect, Size
from ml.patches import PatchGrid

SLIDE = Size(1000, 800)

patches = st.builds(Size, st.integers(5, 300), st.integers(5, 300))
places = st.builds(Point, st.floats(-200, 1200), st.floats(-200, 1000))
regions = st.builds(Rect.between, places, places).filter(lambda r: min(r.width, r.height) > 1e-6)
triangles = st.tuples(places, places, places)


def grid_over(region: Rect, patch: Size) -> PatchGrid:
    return PatchGrid.over(Shape.rectangle(region), SLIDE, patch, 224)


@given(regions, patches)
def test_the_patches_cover_the_region_to_within_half_a_patch(region: Rect, patch: Size) -> None:
    grid = grid_over(region, patch)
    on_slide = region.intersection(Rect.of_size(SLIDE))
    if on_slide.is_empty:
        assert grid.count == 0
        assert not grid.inside.any()
        return
    assert grid.count >= 1
    for start, end, first, last, edge in (
        (on_slide.x, on_slide.right, grid.bounds.x, grid.bounds.right, patch.width),
        (on_slide.y, on_slide.bottom, grid.bounds.y, grid.bounds.bottom, patch.height),
    ):
        assert first <= start + edge / 2 + 1
        assert last >= end - edge / 2 - 1
        assert last - end <= edge / 2 + 1 or end - start <= edge, "nothing beyond what was asked for"


@given(regions, patches)
def test_patches_lie_edge_to_edge_in_reading_order(region: Rect, patch: Size) -> None:
    grid = grid_over(region, patch)
    rects = grid.rects()
    assert rects.shape == (grid.rows, grid.columns, 4)
    assert (rects == np.round(rects)).all(), "whole level-0 px"
    assert (rects[..., 2:] == (patch.width, patch.height)).all()
    assert (np.diff(rects[..., 0], axis=1) == patch.width).all()
    assert (np.diff(rects[..., 1], axis=0) == patch.height).all()
    assert (rects[..., 0] == rects[0, :, 0]).all()
    for row, column in ((0, 0), (grid.rows - 1, grid.columns - 1)):
        assert grid.rect(row, column) == Rect(*rects[row, column])
    assert grid.bounds.area == grid.rows * grid.columns * patch.area


@given(triangles, patches)
def test_a_patch_belongs_to_the_region_when_its_centre_does(
    corners: tuple[Point, Point, Point], patch: Size
) -> None:
    """Against arithmetic of our own: on which side of each edge of a triangle the centre lies."""
    a, b, c = corners
    area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
    assume(abs(area) > 100)
    region = Shape.outline((a, b, c))
    assume(not region.bounds.intersection(Rect.of_size(SLIDE)).is_empty)
    grid = PatchGrid.over(region, SLIDE, patch, 224)
    x, y = grid.centers()
    sides = []
    for one, other in ((a, b), (b, c), (c, a)):
        sides.append(np.sign(area) * ((other.x - one.x) * (y - one.y) - (other.y - one.y) * (x - one.x)))
    surely_in, surely_out = (np.min(sides, axis=0) > 1e-3), (np.min(sides, axis=0) < -1e-3)
    if surely_in.any():
        assert grid.inside[surely_in].all()
        assert not grid.inside[surely_out].any()


@given(triangles, patches)
def test_a_region_on_the_slide_always_has_a_patch(corners: tuple[Point, Point, Point], patch: Size) -> None:
    """However thin it is drawn: a stroke must not come to nothing."""
    inner = tuple(Point(min(max(p.x, 1), 999), min(max(p.y, 1), 799)) for p in corners)
    a, b, c = inner
    assume(abs((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)) > 1)
    assert PatchGrid.over(Shape.outline(inner), SLIDE, patch, 224).count >= 1


def test_a_small_region_gets_the_patch_around_its_centre() -> None:
    grid = grid_over(Rect(400, 300, 20, 10), Size(100, 100))
    assert (grid.rows, grid.columns, grid.count) == (1, 1, 1)
    assert grid.rect(0, 0).center == Point(410, 305)


def test_a_strip_is_covered_along_its_middle() -> None:
    grid = grid_over(Rect(400, 100, 20, 500), Size(100, 100))
    assert (grid.rows, grid.columns, grid.count) == (5, 1, 5)
    assert grid.bounds == Rect(360, 100, 100, 500)


def test_a_thin_slanting_outline_gets_the_patches_that_it_crosses() -> None:
    stroke = Shape.outline((Point(120, 110), Point(121, 110), Point(385, 190), Point(384, 190)))
    grid = PatchGrid.over(stroke, SLIDE, Size(100, 100), 224)
    crossed = [grid.rect(r, c) for r, c in zip(*np.nonzero(grid.kept), strict=True)]
    assert len(crossed) >= 2
    assert all(rect.intersection(stroke.bounds).area > 0 for rect in crossed)


def test_a_region_beside_the_slide_holds_nothing() -> None:
    grid = grid_over(Rect(2000, 2000, 300, 300), Size(100, 100))
    assert grid.count == 0
    assert grid.skipped_share == 0
    passing = Shape.outline(
        (Point(-90, 40), Point(40, -90), Point(-90, -90))
    )  # only its bounds touch the slide
    assert PatchGrid.over(passing, SLIDE, Size(100, 100), 224).count == 0


@given(regions, patches, st.floats(0, 1))
def test_what_holds_too_little_tissue_is_skipped_and_said(region: Rect, patch: Size, least: float) -> None:
    asked: list[NDArray[np.float64]] = []

    def share(rects: NDArray[np.float64]) -> NDArray[np.float64]:
        asked.append(rects)
        return (rects[:, 0] % 7) / 7

    grid = PatchGrid.over(Shape.rectangle(region), SLIDE, patch, 224, share, least)
    inside = grid.rects()[grid.inside]
    np.testing.assert_array_equal(asked[0], inside)
    expected = ((inside[:, 0] % 7) / 7 >= least) & (inside[:, 0] % 7 > 0)
    np.testing.assert_array_equal(grid.kept[grid.inside], expected)
    assert not (grid.kept & ~grid.inside).any()
    assert grid.count == expected.sum()
    if len(inside):
        assert grid.skipped_share == pytest.approx(1 - expected.mean())


@given(regions, patches, st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))
def test_the_patch_under_a_place(region: Rect, patch: Size, u: float, v: float) -> None:
    grid = grid_over(region, patch)
    point = Point(grid.bounds.x + u * grid.bounds.width, grid.bounds.y + v * grid.bounds.height)
    found = grid.at(point)
    if not grid.bounds.holds(point):
        assert found is None
    else:
        assert found is not None
        assert grid.rect(*found).holds(point)
