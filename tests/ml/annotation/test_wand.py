"""The wand takes what scikit-image's flood takes on the same pixels, and outlines just that."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage
from skimage.data import immunohistochemistry
from skimage.segmentation import flood

from ml.annotation.wand import MOST, Wand, area_of, laid_on_slide
from ml.geometry import Rect


@pytest.fixture(scope="module")
def tissue() -> NDArray[np.uint8]:
    """Real tissue, brown on blue."""
    return np.ascontiguousarray(immunohistochemistry()[:256, :320])


@given(st.integers(0, 319), st.integers(0, 255), st.integers(0, 90))
@settings(max_examples=30)
def test_it_is_scikit_images_flood(tissue: NDArray[np.uint8], column: int, row: int, tolerance: int) -> None:
    soft = ndimage.gaussian_filter(tissue.astype(np.float32), (2, 2, 0))
    apart = np.sqrt(((soft - soft[row, column]) ** 2).mean(axis=2))
    theirs = flood(apart, (row, column), connectivity=1, tolerance=tolerance)
    wand = Wand(tissue, column, row)
    assert np.array_equal(wand.mask(tolerance), theirs)
    assert wand.mask(tolerance)[row, column]


def test_more_tolerance_takes_more_and_all_of_it_everything(tissue: NDArray[np.uint8]) -> None:
    wand = Wand(tissue, 100, 100)
    sizes = [int(wand.mask(tolerance).sum()) for tolerance in (0, 5, 10, 20, 40, 80, MOST)]
    assert sizes == sorted(sizes)
    assert sizes[-1] == tissue.shape[0] * tissue.shape[1]


def test_the_outline_is_that_of_the_pixels(tissue: NDArray[np.uint8]) -> None:
    wand = Wand(tissue, 160, 120)
    for tolerance in (15, 30, 60):
        mask = wand.mask(tolerance)
        area = wand.area(tolerance)
        assert area.is_valid
        rows, columns = np.indices(mask.shape)
        inside = shapely.contains_xy(area, columns + 0.5, rows + 0.5)
        # Off by one pixel along the outline, and in holes that are too small to be kept.
        near = ndimage.binary_dilation(mask) & ~ndimage.binary_erosion(mask)
        holes, _ = ndimage.label(~mask, structure=np.ones((3, 3)))
        small = np.isin(holes, np.flatnonzero(np.bincount(holes.ravel()) < 260)) & ~mask
        sure = ~(near | small)
        assert sure.mean() > 0.3
        assert np.array_equal(inside[sure], mask[sure])


def test_holes_and_their_islands() -> None:
    mask = np.zeros((60, 80), dtype=bool)
    mask[5:55, 5:75] = True
    mask[20:40, 20:50] = False  # a hole
    mask[10:12, 10:12] = False  # too small a hole to be kept
    area = area_of(mask)
    assert area.geom_type == "Polygon"
    assert len(area.interiors) == 1
    assert abs(area.area - (50 * 70 - 20 * 30)) < 0.5 * area.length  # half a pixel along the outline
    assert area.bounds == pytest.approx((5, 5, 75, 55), abs=0.75)
    assert area_of(np.zeros((5, 5), dtype=bool)).is_empty
    assert area_of(np.ones((9, 7), dtype=bool)).bounds == pytest.approx((0, 0, 7, 9), abs=0.75)


def test_what_is_not_seen_is_not_taken() -> None:
    white = np.full((40, 40, 3), 255, dtype=np.uint8)
    seen = np.zeros((40, 40), dtype=bool)
    seen[:, :15] = True
    wand = Wand(white, 5, 5, seen)
    assert np.array_equal(wand.mask(MOST), seen)


def test_pixels_of_the_view_on_the_slide() -> None:
    area = laid_on_slide(shapely.box(10, 20, 30, 40), Rect(1000, 2000, 400, 300), (100, 100))
    assert area.bounds == (1040, 2060, 1120, 2120)
