"""Patches that overlap: which there are, and means on the cells that they lie over."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect, Size
from ml.patches import PatchGrid
from ml.results.overlap import OverlapMean, cells_of, overlapping, patches_over, resized

SLIDE = Size(900, 700)
REGIONS = st.tuples(st.integers(-40, 800), st.integers(-40, 600), st.integers(5, 700), st.integers(5, 700))


def laid(region: tuple[int, ...], reach: int, cell: int = 32) -> PatchGrid:
    return overlapping(Shape.rectangle(Rect(*region)), SLIDE, Size(cell, cell), reach, 16 * reach)


@given(REGIONS)
def test_a_reach_of_one_is_the_plain_grid(region: tuple[int, ...]) -> None:
    one, plain = laid(region, 1), PatchGrid.over(Shape.rectangle(Rect(*region)), SLIDE, Size(32, 32), 16)
    assert (one.origin, one.patch, one.pixels, one.step) == (plain.origin, plain.patch, 16, None)
    np.testing.assert_array_equal(one.kept, plain.kept)
    assert cells_of(one) is one


@settings(max_examples=40)
@given(REGIONS, st.sampled_from([2, 3, 4]))
def test_patches_and_cells_lie_on_each_other(region: tuple[int, ...], reach: int) -> None:
    grid, plain = laid(region, reach), laid(region, 1, 32 * reach)
    cells = cells_of(grid)
    assert grid.bounds == cells.bounds == plain.bounds
    assert grid.reach == reach
    assert cells.pixels * reach == grid.pixels
    np.testing.assert_array_equal(grid.inside[::reach, ::reach], plain.inside)
    np.testing.assert_allclose(grid.rects()[::reach, ::reach], plain.rects())
    for row, column in np.argwhere(grid.kept)[:20]:
        first = cells.rect(row, column)
        last = cells.rect(row + reach - 1, column + reach - 1)
        assert grid.rect(row, column) == first.union(last)
        assert cells.kept[row : row + reach, column : column + reach].all()
        assert cells.at(Point(first.x, first.y)) == (row, column)
    for row, column in np.argwhere(cells.kept)[:20]:
        one = np.zeros_like(cells.kept)
        one[row, column] = True
        over = patches_over(grid, one)
        assert (over & grid.kept).any()
        assert over.sum() <= reach**2


@pytest.mark.parametrize("reach", [1, 2, 3])
@pytest.mark.parametrize("parts", [1, 2])
def test_means_are_those_of_all_patches_over_a_cell(reach: int, parts: int) -> None:
    chance = np.random.default_rng(reach)
    grid = laid((0, 0, 400, 300), reach)
    order = chance.permutation(grid.count)
    rows, columns = (axis[order] for axis in np.nonzero(grid.kept))
    values = chance.random((len(rows), reach * parts, reach * parts, 2)).astype(np.float32)
    whole = np.full((*(n + reach - 1 for n in grid.inside.shape), parts, parts, 2), np.nan)
    means = OverlapMean(grid, (2,), parts)
    for part in np.array_split(np.arange(len(rows)), 4):
        y, x, told = means.add(rows[part], columns[part], values[part])
        whole[y, x] = told
    for row, column in np.ndindex(whole.shape[:2]):
        found = [
            values[n, y * parts : (y + 1) * parts, x * parts : (x + 1) * parts]
            for n, (y, x) in enumerate(zip(row - rows, column - columns, strict=True))
            if 0 <= y < reach and 0 <= x < reach
        ]
        assert bool(found) == bool(cells_of(grid).kept[row, column])
        if found:
            np.testing.assert_allclose(whole[row, column], np.mean(found, axis=0), rtol=1e-6)


@pytest.mark.parametrize(("before", "after"), [(7, 8), (4, 6), (7, 7), (1, 3), (5, 2)])
def test_maps_are_resized_as_torch_does(before: int, after: int) -> None:
    maps = np.random.default_rng(0).random((3, before, before)).astype(np.float32)
    wanted = torch.nn.functional.interpolate(torch.from_numpy(maps)[None], (after, after), mode="bilinear")
    np.testing.assert_allclose(resized(maps, after), wanted[0].numpy(), atol=1e-6)
