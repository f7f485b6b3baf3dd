"""What is read ahead: where the picture goes, and where somebody may zoom in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.geometry import Point, Rect
from tests.viewer.canvas.slides import NumberedSlide
from viewer.canvas.camera import Camera
from viewer.canvas.tiles import DisplayPyramid, TileKey, affordable, visible_sharp, wanted

PYRAMID = DisplayPyramid.of(NumberedSlide().info)
SMALL = Camera(Point(2048, 1536), 0.5, 640, 480)
CAMERAS = st.builds(
    Camera,
    st.builds(Point, st.floats(0, 4096), st.floats(0, 3072)),
    st.floats(0.05, 4),
    st.integers(60, 900).map(float),
    st.integers(60, 700).map(float),
    st.sampled_from([0.0, 0.0, 33.0, 90.0, 250.0]),
    st.booleans(),
)
WAYS = st.none() | st.builds(Point, st.floats(-9000, 9000), st.floats(-9000, 9000))


@given(CAMERAS, WAYS, st.none() | st.builds(Point, st.floats(0, 4096), st.floats(0, 3072)))
def test_each_once_and_what_is_seen_before_what_may_be(
    camera: Camera, travel: Point | None, focus: Point | None
) -> None:
    wishes = wanted(PYRAMID, 1, camera, 1.0, focus, travel)
    assert len(wishes) == len(set(wishes))
    sharp = visible_sharp(PYRAMID, 1, camera, 1.0)
    assert set(sharp) <= set(wishes)
    level = PYRAMID.sharp(camera.scale)
    last = max((wishes.index(key) for key in sharp), default=-1)
    for place, key in enumerate(wishes[: last + 1]):
        assert key in sharp or key.level > level, (place, key)  # nothing read ahead comes before
    assert all(key.level >= max(level - 1, 0) for key in wishes)
    assert sum(key.level == level - 1 for key in wishes) <= 9


@given(CAMERAS, st.integers(0, 2**26))
def test_wishes_fit_into_the_budget(camera: Camera, budget: int) -> None:
    wishes = wanted(PYRAMID, 1, camera, 1.0)
    kept = affordable(PYRAMID, wishes, budget)
    assert kept == wishes[: len(kept)]

    def taken(keys: list[TileKey]) -> int:
        return sum(PYRAMID.levels[k.level].tile_size(k.column, k.row).area * 4 for k in keys)

    assert taken(kept) <= budget
    assert kept == wishes or taken(wishes[: len(kept) + 1]) > budget


def test_what_comes_next_is_read_before_what_lies_aside() -> None:
    wishes = wanted(PYRAMID, 1, SMALL, 1.0, None, Point(1280, 0))
    level = PYRAMID.sharp(0.5)
    right = [n for n, key in enumerate(wishes) if key.level == level and PYRAMID.rect(key).x > 2048 + 700]
    left = [n for n, key in enumerate(wishes) if key.level == level and PYRAMID.rect(key).right < 2048 - 700]
    assert right
    assert left
    assert min(right) < min(left)
    still = wanted(PYRAMID, 1, SMALL, 1.0)
    assert min(right) < min(n for n, key in enumerate(still) if key == wishes[min(right)])


def test_one_level_finer_about_the_cursor() -> None:
    focus = Point(1900, 1400)
    finer = [key for key in wanted(PYRAMID, 1, SMALL, 1.0, focus) if key.level == PYRAMID.sharp(0.5) - 1]
    assert 1 <= len(finer) <= 9
    assert any(PYRAMID.rect(key).holds(focus) for key in finer)
    at_the_finest = wanted(PYRAMID, 1, replace(SMALL, scale=2.0), 1.0, focus)
    assert min(key.level for key in at_the_finest) == 0


@pytest.mark.parametrize("angle", [30.0, 45.0, 200.0])
def test_corners_that_a_turned_view_does_not_show_are_not_waited_for(angle: float) -> None:
    turned = replace(SMALL, scale=1.0, angle=angle, width=1600.0, height=300.0)
    seen = visible_sharp(PYRAMID, 1, turned, 1.0)
    around = list(PYRAMID.tiles(1, PYRAMID.sharp(1.0), turned.visible()))
    assert len(seen) < len(around)
    for x in range(0, 1601, 100):
        for y in range(0, 301, 50):
            place = turned.to_slide(x, y)
            if Rect(1, 1, 4094, 3070).holds(place):
                assert any(PYRAMID.rect(key).grown(1).holds(place) for key in seen)
