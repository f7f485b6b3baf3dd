"""The camera is numbers: what goes to the widget comes back, and what is held fixed stays fixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.geometry import Point, Rect, Spacing
from viewer.canvas.camera import PRESETS, Camera, Limits, magnification, next_preset, scale_for

number = st.floats(-1e5, 1e5)
cameras = st.builds(
    Camera,
    st.builds(Point, number, number),
    st.floats(1e-3, 16),
    st.integers(1, 4000).map(float),
    st.integers(1, 3000).map(float),
)


@given(cameras, number, number)
def test_there_and_back(camera: Camera, x: float, y: float) -> None:
    back = camera.to_slide(*camera.to_widget(Point(x, y)))
    assert back.x == pytest.approx(x, abs=1e-5)
    assert back.y == pytest.approx(y, abs=1e-5)


@given(cameras, st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 10))
def test_zooming_keeps_the_place_under_the_pointer(camera: Camera, u: float, v: float, factor: float) -> None:
    x_widget, y_widget = u * camera.width, v * camera.height
    before = camera.to_slide(x_widget, y_widget)
    zoomed = camera.zoomed_about(x_widget, y_widget, factor)
    assert zoomed.scale == pytest.approx(camera.scale * factor)
    x, y = zoomed.to_widget(before)
    assert x == pytest.approx(x_widget, abs=1e-3)
    assert y == pytest.approx(y_widget, abs=1e-3)


@given(cameras, st.integers(-500, 500), st.integers(-500, 500))
def test_panning_moves_by_just_that(camera: Camera, dx: int, dy: int) -> None:
    x, y = camera.panned(dx, dy).to_widget(camera.center)
    assert x - camera.width / 2 == pytest.approx(dx, abs=1e-3)
    assert y - camera.height / 2 == pytest.approx(dy, abs=1e-3)


@given(cameras, st.floats(1, 1e5), st.floats(1, 1e5), st.sampled_from([1.0, 1.5, 2.0]))
def test_fitted_shows_all_and_snapped_moves_less_than_a_pixel(
    camera: Camera, width: float, height: float, ratio: float
) -> None:
    rect = Rect(10, 20, width, height)
    seen = camera.fitted(rect).visible()
    assert seen.x <= rect.x + 1e-6 * width
    assert seen.right >= rect.right - 1e-6 * width
    snapped = camera.snapped(ratio)
    x, y = snapped.to_widget(Point(0, 0))
    assert abs(x * ratio - round(x * ratio)) < 1e-4 * max(1, abs(x))
    assert abs(y * ratio - round(y * ratio)) < 1e-4 * max(1, abs(y))
    moved_x, moved_y = snapped.to_widget(camera.center)
    assert abs(moved_x - camera.width / 2) * ratio <= 0.5 + 1e-4
    assert abs(moved_y - camera.height / 2) * ratio <= 0.5 + 1e-4


@given(cameras)
def test_clamped_stays_on_the_slide(camera: Camera) -> None:
    bounds, limits = Rect(0, 0, 5000, 4000), Limits(0.05, 8)
    clamped = camera.clamped(bounds, limits)
    assert 0 <= clamped.center.x <= 5000
    assert 0 <= clamped.center.y <= 4000
    assert 0.05 <= clamped.scale <= 8
    assert clamped.clamped(bounds, limits) == clamped


@pytest.mark.parametrize("preset", PRESETS)
def test_magnification_by_its_meaning(preset: float) -> None:
    """×10 is 1 µm in a screen pixel; ×40 a quarter of one."""
    spacing = Spacing.square(0.25)
    scale = scale_for(preset, spacing)
    camera = Camera(Point(0, 0), scale, 100, 100)
    assert magnification(camera, spacing) == pytest.approx(preset)
    assert spacing.mean / scale == pytest.approx(10 / preset)


def test_presets_follow_one_another() -> None:
    assert next_preset(7.7, 1) == 10
    assert next_preset(10, 1) == 20
    assert next_preset(10, -1) == 5
    assert next_preset(40, 1) == 80
    assert next_preset(1, -1) == 0.5
