"""Tissue and glass: against a rule of another kind on real slides, and shares against adding up cells."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from scipy import ndimage
from skimage.data import immunohistochemistry

from ml.geometry import Rect
from ml.slide.opening import open_slide
from ml.slide.slide import Pixels
from ml.tissue import Mask, TissueMask, find_tissue, overview_for
from tests.ml.conftest import ArraySlide

GLASS = (243, 241, 244)
WHOLE = Rect(0, 0, 16_000, 16_000)  # 200 × 200 cells of 8 µm at 0.1 µm/px

masks = arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9)))
numbers = st.floats(-60, 160)
lengths = st.floats(0, 150)


def glass(edge: int = 200) -> Pixels:
    """An empty slide as a camera sees it: a little noise, a little colour."""
    noise = np.random.default_rng(2).normal(0, 1.5, (edge, edge, 3))
    return (np.array(GLASS) + noise).clip(0, 255).astype(np.uint8)


def with_tissue(x: int, y: int, width: int, height: int, edge: int = 200) -> Pixels:
    """Real tissue, at 8 µm a pixel, in a rectangle on glass."""
    tissue = np.asarray(Image.fromarray(immunohistochemistry()).reduce(16))
    picture = glass(edge)
    picture[y : y + height, x : x + width] = np.tile(tissue, (7, 7, 1))[:height, :width]
    return picture


# Shares


@given(masks, st.lists(st.tuples(numbers, numbers, lengths, lengths), min_size=1, max_size=20))
@settings(deadline=None)
def test_shares_are_exact_to_fractions_of_a_cell(
    mask: Mask, rects: list[tuple[float, float, float, float]]
) -> None:
    """Cell by cell: how much of it lies under the rectangle."""
    covers = Rect(-20, 10, 90, 70)
    cell_x, cell_y = covers.width / mask.shape[1], covers.height / mask.shape[0]
    found = TissueMask(mask, covers, "").share(np.array(rects))
    assert found.shape == (len(rects),)
    for share, (x, y, width, height) in zip(found, rects, strict=True):
        if width == 0 or height == 0:
            assert share == 0
            continue
        rect, area = Rect(x, y, width, height), 0.0
        for row, column in zip(*np.nonzero(mask), strict=True):
            left, top = covers.x + column * cell_x, covers.y + row * cell_y
            area += rect.intersection(Rect(left, top, cell_x, cell_y)).area
        assert 0 <= share <= 1
        if rect.area > 1e-3:
            assert share == pytest.approx(area / rect.area, abs=1e-6)


@given(masks)
def test_the_share_of_the_whole_is_what_is_covered(mask: Mask) -> None:
    tissue = TissueMask(mask, Rect(5, 6, 70, 80), "")
    assert tissue.share(np.array([[5.0, 6.0, 70.0, 80.0]]))[0] == pytest.approx(tissue.covered)


def test_no_rectangles_have_no_shares() -> None:
    assert TissueMask(np.ones((3, 3), dtype=bool), WHOLE, "").share(np.empty((0, 4))).shape == (0,)


# The mask


def test_glass_is_empty_and_tissue_is_not() -> None:
    assert find_tissue(glass(), WHOLE, 8.0).covered == 0
    assert find_tissue(with_tissue(0, 0, 200, 200), WHOLE, 8.0).covered > 0.9


def test_a_piece_is_found_where_it_lies() -> None:
    """To within a cell or two of its edge: the smoothing and the closing reach no further."""
    found = find_tissue(with_tissue(60, 40, 90, 120), WHOLE, 8.0).mask
    assert found[44:156, 64:146].mean() > 0.97
    outside = np.ones_like(found)
    outside[36:164, 56:154] = False
    assert not found[outside].any()


def test_it_finds_the_same_again() -> None:
    picture = with_tissue(60, 40, 90, 120)
    one, other = find_tissue(picture, WHOLE, 8.0), find_tissue(picture.copy(), WHOLE, 8.0)
    np.testing.assert_array_equal(one.mask, other.mask)
    assert one.how == other.how


def test_dust_is_dropped_and_small_holes_are_filled() -> None:
    picture = with_tissue(60, 40, 90, 120)
    before = find_tissue(picture, WHOLE, 8.0).mask
    picture[10:14, 10:14] = (90, 60, 110)  # 32 µm
    picture[90:100, 100:110] = GLASS  # 80 µm
    after = find_tissue(picture, WHOLE, 8.0).mask
    assert not after[:30, :30].any()
    assert after[85:105, 95:115].all()
    assert (before != after).mean() < 0.01


def test_a_large_hole_stays_a_hole() -> None:
    picture = with_tissue(30, 30, 140, 140)
    picture[70:120, 70:120] = GLASS  # 400 µm
    assert not find_tissue(picture, WHOLE, 8.0).mask[80:110, 80:110].any()


@pytest.mark.parametrize("tint", [(248, 245, 236), (234, 238, 246), (212, 212, 212)])
def test_tinted_glass_is_glass(tint: tuple[int, int, int]) -> None:
    picture = with_tissue(60, 40, 90, 120).astype(float) * np.array(tint) / np.array(GLASS)
    found = find_tissue(picture.clip(0, 255).astype(np.uint8), WHOLE, 8.0).mask
    assert not found[:30].any()
    assert found[50:150, 70:140].mean() > 0.95


def test_compression_noise_is_no_tissue() -> None:
    buffer = io.BytesIO()
    Image.fromarray(glass()).save(buffer, format="JPEG", quality=30)
    assert find_tissue(np.asarray(Image.open(buffer)), WHOLE, 8.0).covered == 0


@pytest.mark.parametrize("ink", [(20, 120, 60), (15, 40, 130), (8, 8, 8)])
def test_a_pen_and_a_black_border_are_no_tissue(ink: tuple[int, int, int]) -> None:
    picture = with_tissue(60, 40, 90, 120)
    picture[:, 180:] = ink
    found = find_tissue(picture, WHOLE, 8.0).mask
    assert not found[:, 188:].any()
    assert found[50:150, 70:140].mean() > 0.95


def test_a_grey_picture_is_told_by_its_darkness() -> None:
    grey = with_tissue(60, 40, 90, 120).mean(axis=2, keepdims=True).repeat(3, axis=2).astype(np.uint8)
    tissue = find_tissue(grey, WHOLE, 8.0)
    assert tissue.how.startswith("darkness")
    assert tissue.mask[50:150, 70:140].mean() > 0.9
    assert not tissue.mask[:30].any()


def test_how_it_was_made_is_kept_for_the_record() -> None:
    assert "8.0 µm a cell" in find_tissue(glass(), WHOLE, 8.0).how
    assert "(assumed)" in find_tissue(glass(), WHOLE, None).how


# The overview


def test_an_overview_has_cells_of_eight_microns_and_an_end() -> None:
    slide = ArraySlide(glass(1000), spacing=0.5)
    assert overview_for(slide, Rect(0, 0, 1000, 640)).shape == (40, 63, 3)
    assert overview_for(ArraySlide(glass(1000), spacing=None), Rect(0, 0, 1000, 640)).shape == (40, 63, 3)
    coarse = ArraySlide(glass(1000), spacing=20.0)
    assert overview_for(coarse, Rect(0, 0, 1000, 640)).shape == (640, 1000, 3), "never finer than level 0"
    assert overview_for(slide, Rect(0, 0, 3, 2)).shape == (1, 1, 3)
    wide = overview_for(ArraySlide(glass(100), spacing=8.0), Rect(0, 0, 50_000, 100))
    assert wide.shape[1] == 2048


# Real slides


def optical_density(overview: Pixels) -> Mask:
    """A rule of another kind: what absorbs light, whatever its colour, with nothing tidied but gaps."""
    smooth = ndimage.gaussian_filter(overview.astype(float), (1.5, 1.5, 0)).clip(1, 255)
    white = np.percentile(overview.reshape(-1, 3), 95, axis=0)
    absorbs = (-np.log10(smooth / white)).max(axis=2)
    padded = np.pad(absorbs > 0.06, 5, mode="edge")
    closed: Mask = ndimage.binary_closing(padded, iterations=2)[5:-5, 5:-5]
    return closed


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("carotid_thrombus_he.svs", 0.529),
        ("cmu1_small_region.svs", 0.406),
        ("tcga_head_neck_jp2k_no_mpp.svs", 0.656),
        ("skin_he_field.tif", 0.826),
        ("dicom/pathml_small_dicom.dcm", 0.547),
        ("dicom/gcp_multi_frame_jpeg_camelyon.dcm", 0.259),
    ],
)
def test_real_slides(real_data: Path, name: str, covered: float) -> None:
    with open_slide(real_data / "slides" / name) as slide:
        bounds, known = slide.info.bounds, slide.info.spacing
        overview = overview_for(slide, bounds)
        microns = known.spacing.mean * bounds.width / overview.shape[1] if known else None
        tissue = find_tissue(overview, bounds, microns)
    other = optical_density(overview)
    assert tissue.covered == pytest.approx(covered, abs=0.02)
    assert (tissue.mask & other).sum() / (tissue.mask | other).sum() > 0.93


@pytest.mark.data
def test_a_slide_with_nothing_but_a_speck_is_empty(real_data: Path) -> None:
    with open_slide(real_data / "slides" / "plain_nearly_empty.tif") as slide:
        overview = overview_for(slide, slide.info.bounds)
        assert find_tissue(overview, slide.info.bounds, None).covered < 0.01


@pytest.mark.data
def test_a_region_finds_what_the_whole_slide_finds(real_data: Path) -> None:
    """Patches must not come and go with the region that is drawn around them."""
    with open_slide(real_data / "slides" / "carotid_thrombus_he.svs") as slide:
        masks = []
        for region in (slide.info.bounds, Rect(2000, 6000, 7000, 9000)):
            overview = overview_for(slide, region)
            masks.append(find_tissue(overview, region, 0.729 * region.width / overview.shape[1]))
    x, y = np.meshgrid(np.arange(3000, 8000, 307.0), np.arange(7000, 14000, 307.0))
    rects = np.stack([x.ravel(), y.ravel(), np.full(x.size, 307.0), np.full(x.size, 307.0)], axis=1)
    one, other = (mask.share(rects) for mask in masks)
    assert np.abs(one - other).mean() < 0.02
    assert ((one > 0.1) != (other > 0.1)).mean() < 0.02
