"""The wish list: all that is in view, nothing twice, the nearest first."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.geometry import Point, Size
from tests.viewer.canvas.slides import NumberedSlide
from viewer.canvas.camera import Camera
from viewer.canvas.tiles import DisplayPyramid, visible_sharp, wanted

SLIDE = NumberedSlide(9000, 7000)
PYRAMID = DisplayPyramid.of(SLIDE.info)
cameras = st.builds(
    Camera,
    st.builds(Point, st.floats(0, 9000), st.floats(0, 7000)),
    st.floats(0.02, 4),
    st.sampled_from([640.0, 1280.0, 1920.0]),
    st.sampled_from([480.0, 800.0, 1080.0]),
)


def test_every_halving_has_a_level_and_the_last_one_is_one_tile() -> None:
    sizes = [level.downsample for level in PYRAMID.levels]
    for one, other in itertools.pairwise(sizes):
        assert 1.9 < other / one < 2.6
    assert (PYRAMID.levels[-1].columns, PYRAMID.levels[-1].rows) == (1, 1)
    natives = [level.native for level in PYRAMID.levels if level.native is not None]
    assert natives == [0, 1, 2]


@given(st.integers(1, 30000), st.integers(1, 30000))
def test_tiles_of_a_level_cover_it_without_overlap(width: int, height: int) -> None:
    pyramid = DisplayPyramid.of(NumberedSlide(width, height, levels=1).info)
    for level in pyramid.levels:
        area = sum(
            level.tile_size(column, row).area
            for column in range(min(level.columns, 40))
            for row in range(min(level.rows, 40))
        )
        if level.columns <= 40 and level.rows <= 40:
            assert area == level.size.area
    assert pyramid.levels[0].size == Size(width, height)


@given(cameras, st.sampled_from([1.0, 2.0]))
def test_sharp_tiles_cover_what_is_in_view(camera: Camera, ratio: float) -> None:
    sharp = visible_sharp(PYRAMID, 1, camera, ratio)
    seen = camera.visible().intersection(PYRAMID.bounds)
    if seen.is_empty:
        return
    assert sharp
    covered = sum(PYRAMID.rect(key).intersection(seen).area for key in sharp)
    assert covered == pytest.approx(seen.area, rel=1e-6)
    level = PYRAMID.levels[sharp[0].level]
    finest_needed = 1 / (camera.scale * ratio)
    assert level.downsample <= max(1.0, finest_needed * 1.5)  # never visibly coarser than the screen


@given(cameras)
def test_the_list_holds_all_sharp_tiles_once_nearest_first(camera: Camera) -> None:
    wishes = wanted(PYRAMID, 1, camera, 1.0)
    assert len(wishes) == len(set(wishes))
    sharp = visible_sharp(PYRAMID, 1, camera, 1.0)
    assert set(sharp) <= set(wishes)
    assert any(key.level == PYRAMID.overview for key in wishes)
    order = [key for key in wishes if key in set(sharp)]
    middle = camera.visible().center
    ways = [
        math.hypot(PYRAMID.rect(k).center.x - middle.x, PYRAMID.rect(k).center.y - middle.y) for k in order
    ]
    if sharp and sharp[0].level < PYRAMID.overview - 2:  # else a stand-in is the sharp one
        assert ways == sorted(ways)
