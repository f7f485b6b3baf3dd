"""Tiles by the clot study's rule, by tissue, and an even spread of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import Problem
from ml.geometry import Size, Spacing
from ml.progress import Cancelled, Progress
from ml.slide.opening import open_slide
from ml.train.slide_plan import TileRule
from ml.train.study_recipe import NetworkPlan
from ml.train.tile_choice import choose_tiles, mean_and_deviation, spread, tile_grid
from tests.ml.conftest import ArraySlide

PLAN = NetworkPlan("plain_resnet", size=(32, 32), spacing=0.5)
Maker = Callable[..., ArraySlide]


@pytest.fixture
def checkered() -> np.ndarray:
    """8 × 12 tiles of 32 px: glass, but black in row 0, rough tissue in row 3, even pink in row 5."""
    chance = np.random.default_rng(0)
    pixels = np.full((256, 384, 3), 243, dtype=np.uint8)
    pixels[:32] = 0
    pixels[96:128] = chance.integers(20, 220, (32, 384, 3), dtype=np.uint8)
    pixels[96:128, :, 1] //= 2
    pixels[160:192] = (180, 125, 165)
    return pixels


@given(st.integers(0, 2**32 - 1), st.integers(0, 255), st.integers(1, 255))
def test_statistics_over_rgba_are_those_of_four_channels(seed: int, low: int, width: int) -> None:
    pixels = np.random.default_rng(seed).integers(low, min(256, low + width), (9, 7, 3)).astype(np.uint8)
    opaque = np.dstack([pixels, np.full((9, 7), 255, dtype=np.uint8)])
    assert mean_and_deviation(pixels, "rgba") == pytest.approx((opaque.mean(), opaque.std()))
    assert mean_and_deviation(pixels) == pytest.approx((pixels.mean(), pixels.std()))


def test_published_limits_on_rgb() -> None:
    """Mean 200 over RGBA is 181.7 on RGB; an even tile passes the deviation below 139.5, black included."""
    assert mean_and_deviation(np.full((4, 4, 3), 181, np.uint8), "rgba")[0] < 200
    assert mean_and_deviation(np.full((4, 4, 3), 182, np.uint8), "rgba")[0] > 200
    for level, passes in ((0, True), (139, True), (140, False)):
        even = np.full((4, 4, 3), level, np.uint8)
        assert (mean_and_deviation(even, "rgba")[1] > 50) == passes
        assert mean_and_deviation(even)[1] == 0


def test_rules(array_slide: Maker, checkered: np.ndarray) -> None:
    slide, spacing, progress = array_slide(checkered), Spacing.square(0.5), Progress()

    def rows(rule: TileRule) -> set[int]:
        return set(np.nonzero(choose_tiles(slide, rule, PLAN, spacing, progress).kept.any(axis=1))[0])

    assert rows(TileRule(most=0, least=0)) == {3}
    published = TileRule(over="rgba", mean=200, deviation=50, most=0, least=0)
    assert rows(published) == {0, 3}  # black passes, as published; even pink (mean 157) does not
    assert {3, 5} <= rows(TileRule(choose="tissue", most=0))
    assert rows(TileRule(choose="both", most=0, least=0)) == {3}


def test_never_too_many_and_never_too_few(array_slide: Maker, checkered: np.ndarray) -> None:
    slide, spacing = array_slide(checkered), Spacing.square(0.5)
    few = choose_tiles(slide, TileRule(most=4), PLAN, spacing, Progress())
    assert few.kept.sum() == 4
    columns = np.nonzero(few.kept[3])[0]
    assert np.diff(columns).min() >= 2  # not all in one place
    again = choose_tiles(slide, TileRule(most=4), PLAN, spacing, Progress())
    np.testing.assert_array_equal(few.kept, again.kept)
    glass = array_slide(np.full((256, 256, 3), 243, dtype=np.uint8))
    assert choose_tiles(glass, TileRule(least=3), PLAN, spacing, Progress()).kept.sum() == 3
    with pytest.raises(Problem, match=r"No tile of slide\.tif"):
        choose_tiles(glass, TileRule(least=0), PLAN, spacing, Progress())
    stopped = Progress()
    stopped.stop()
    with pytest.raises(Cancelled):
        choose_tiles(slide, TileRule(), PLAN, spacing, stopped)


def test_whole_tiles_only() -> None:
    """floor(width / 512) × floor(height / 512) as published, width and height not swapped."""
    grid = tile_grid(Size(1600, 5000), TileRule(edge=512), PLAN, None)
    assert (grid.columns, grid.rows) == (3, 9)
    assert grid.rect(2, 1).x == 512
    assert grid.rect(2, 1).y == 1024
    by_spacing = tile_grid(Size(1600, 5000), TileRule(), PLAN, Spacing.square(0.25))
    assert by_spacing.patch == Size(64, 64)
    with pytest.raises(ValueError, match="size of a pixel"):
        tile_grid(Size(10, 10), TileRule(), PLAN, None)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 5))
def test_every_cell_once(rows: int, columns: int, seed: int) -> None:
    cells = np.argwhere(np.ones((rows, columns), dtype=bool))
    found = np.array(list(spread(cells, seed)))
    assert sorted(map(tuple, found)) == sorted(map(tuple, cells))


def test_every_beginning_is_spread_evenly() -> None:
    """Of 32 × 32 cells, the first 16 lie in 16 different blocks of 8 × 8."""
    cells = np.argwhere(np.ones((32, 32), dtype=bool))
    first = np.array(list(spread(cells, 1)))[:16] // 8
    assert len(set(map(tuple, first))) == 16


def test_a_real_slide(real_data: Path) -> None:
    """The published rule and that on RGB agree on the carotid slide, and pale tissue passes neither."""
    plan = NetworkPlan("plain_resnet", size=(224, 224))
    with open_slide(real_data / "slides" / "carotid_thrombus_he.svs") as slide:
        found = [
            choose_tiles(slide, rule, plan, None, Progress()).kept
            for rule in (
                TileRule(edge=512, most=0, least=0),
                TileRule(edge=512, over="rgba", mean=200, deviation=50, most=0, least=0),
                TileRule(edge=512, choose="tissue", most=0),
            )
        ]
    assert (found[0] != found[1]).sum() <= 2  # 181.7 is rounded up
    assert 50 < found[0].sum() < 0.25 * found[2].sum()
