"""How places of two slides belong together: there and back, one after the other, and what follows it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import Problem
from ml.geometry import Point, Rect, Spacing
from viewer.canvas.camera import Camera, magnification
from viewer.canvas.link import Link, aligned, beside, follow, standing

places = st.builds(Point, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
angles = st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 359.9))
scales = st.floats(0.1, 10)
links = st.builds(Link, scales, angles, st.booleans(), st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
cameras = st.builds(
    Camera, places, st.floats(1e-3, 10), st.just(800.0), st.just(600.0), angles, st.booleans()
)


def near(one: Point, other: Point, within: float = 1e-3) -> bool:
    return math.dist((one.x, one.y), (other.x, other.y)) < within


@given(links, places)
def test_there_and_back(link: Link, point: Point) -> None:
    assert near(link.inverse().to(link.to(point)), point)
    assert near(link.to(link.inverse().to(point)), point, 1e-2)


@given(links, links, places)
def test_one_after_the_other(one: Link, other: Link, point: Point) -> None:
    assert near(one.then(other).to(point), other.to(one.to(point)), 1e-2)


@given(links, places, places)
def test_two_pairs_give_back_the_link(link: Link, one: Point, other: Point) -> None:
    if near(one, other, 10):
        return
    pairs = [(one, link.to(one)), (other, link.to(other))]
    found = aligned(pairs, flipped=link.flipped)
    for here, there in pairs:
        assert near(found.to(here), there, 1e-2)
    assert found.scale == pytest.approx(link.scale, rel=1e-4)


@given(places, places, places, places, st.booleans())
def test_two_pairs_always_meet(a: Point, b: Point, c: Point, d: Point, flipped: bool) -> None:
    if near(a, b, 10) or near(c, d, 10):
        return
    found = aligned([(a, c), (b, d)], flipped=flipped)
    assert near(found.to(a), c, 1e-2)
    assert near(found.to(b), d, 1e-2)


@pytest.mark.parametrize("flipped", [False, True])
def test_more_pairs_by_least_squares(flipped: bool) -> None:
    rng = np.random.default_rng(7)
    here = rng.uniform(0, 1000, (6, 2))
    there = rng.uniform(0, 1000, (6, 2))
    pairs = [(Point(*one), Point(*other)) for one, other in zip(here.tolist(), there.tolist(), strict=True)]
    link = aligned(pairs, flipped=flipped)
    # x' = a x - b y + c, y' = b x + a y + d, solved by NumPy; mirrored, x counts the other way
    x, y = (-here[:, 0] if flipped else here[:, 0]), here[:, 1]
    ones, zeros = np.ones(6), np.zeros(6)
    rows = np.vstack([np.c_[x, -y, ones, zeros], np.c_[y, x, zeros, ones]])
    a, b, c, d = np.linalg.lstsq(rows, np.r_[there[:, 0], there[:, 1]], rcond=None)[0]
    assert link.scale == pytest.approx(math.hypot(a, b))
    assert link.angle == pytest.approx(math.degrees(math.atan2(b, a)) % 360)
    assert (link.dx, link.dy) == pytest.approx((c, d))


def test_no_pair_and_one_pair() -> None:
    before = Link(2.0, 30.0, True, 5, 6)
    assert aligned([], before) == before
    moved = aligned([(Point(10, 20), Point(300, 400))], before)
    assert near(moved.to(Point(10, 20)), Point(300, 400))
    assert (moved.scale, moved.angle, moved.flipped) == (2.0, 30.0, True)


@pytest.mark.parametrize("swap", [False, True])
def test_two_equal_points_are_refused_in_words(swap: bool) -> None:
    pairs = [(Point(1, 2), Point(5, 6)), (Point(1, 2), Point(7, 8))]
    with pytest.raises(Problem, match="same place") as caught:
        aligned([(there, here) for here, there in pairs] if swap else pairs)
    assert caught.value.remedy


def test_pairs_that_contradict_each_other_are_refused() -> None:
    mirrored = [((1, 0), (1, 0)), ((-1, 0), (-1, 0)), ((0, 1), (0, -1)), ((0, -1), (0, 1))]
    with pytest.raises(Problem, match="belong together"):
        aligned([(Point(*here), Point(*there)) for here, there in mirrored])


@given(cameras, links, places)
def test_what_follows_shows_the_same_tissue_alike(camera: Camera, link: Link, point: Point) -> None:
    other = follow(camera, link)
    x, y = camera.to_widget(point)
    x_other, y_other = other.to_widget(link.to(point))
    size = 1 + abs(x) + abs(y)
    assert math.dist((x, y), (x_other, y_other)) < 1e-6 * size


@given(cameras, links)
def test_following_back_is_where_one_was(camera: Camera, link: Link) -> None:
    back = follow(follow(camera, link), link.inverse())
    assert near(back.center, camera.center)
    assert back.scale == pytest.approx(camera.scale)
    assert back.flipped == camera.flipped
    assert abs((back.angle - camera.angle + 180) % 360 - 180) < 1e-6


@given(cameras, cameras)
def test_as_they_stand(camera: Camera, other: Camera) -> None:
    found = follow(camera, standing(camera, other))
    assert near(found.center, other.center)
    assert found.scale == pytest.approx(other.scale)
    assert found.flipped == other.flipped
    assert abs((found.angle - other.angle + 180) % 360 - 180) < 1e-6


@given(cameras, st.floats(0.1, 1), st.floats(0.1, 1))
def test_beside_is_the_same_magnification(camera: Camera, here: float, there: float) -> None:
    one, other = Rect(0, 0, 4000, 3000), Rect(0, 0, 900, 1200)
    link = beside(one, Spacing.square(here), other, Spacing.square(there))
    assert near(link.to(one.center), other.center)
    shown = magnification(camera, Spacing.square(here))
    assert magnification(follow(camera, link), Spacing.square(there)) == pytest.approx(shown)


def test_beside_without_a_spacing_is_as_large() -> None:
    link = beside(Rect(0, 0, 4000, 3000), None, Rect(0, 0, 1000, 2000), Spacing.square(0.5))
    assert link.scale == 0.5
    assert near(link.to(Point(2000, 1500)), Point(500, 1000))
