"""A turned picture is the same picture: exact at quarter turns, without seams at any angle."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from tests.viewer.canvas.slides import NumberedSlide
from viewer.canvas.camera import Camera
from viewer.canvas.slide_view import SlideView
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_loader import TileLoader

LONG = 20_000


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[SlideView]:
    slide = NumberedSlide()
    loader = TileLoader(TileCache())
    shown = SlideView("numbered", loader, loader.cache)
    shown.glides = lambda: False
    shown.resize(641, 480)
    shown.set_slide(slide)
    with qtbot.waitExposed(shown):
        shown.show()
    yield shown
    slide.gate.set()
    shown.set_slide(None)
    loader.close()
    shown.close()
    shown.deleteLater()
    slide.close()


def settle(qtbot: QtBot, view: SlideView) -> None:
    qtbot.waitUntil(lambda: view.is_sharp and not view._clock.isActive(), timeout=LONG)


def pixels(image: QImage) -> NDArray[np.uint8]:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return found[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def painted(view: SlideView, camera: Camera, ratio: float = 1.0) -> NDArray[np.uint8]:
    """The field alone, painted anew: no words, no minimap."""
    image = QImage(round(camera.width * ratio), round(camera.height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    view._paint_field(painter, camera.snapped(ratio))
    painter.end()
    return pixels(image)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_quarter_turns_and_mirrors_are_exact(
    qtbot: QtBot, view: SlideView, scale: float, ratio: float
) -> None:
    for width, height in ((301, 200), (300, 201)):
        upright = Camera(Point(2048, 1536), scale, width, height).snapped(ratio)
        view.set_camera(Camera(Point(2048, 1536), scale / 2, 641, 480))
        settle(qtbot, view)
        view.set_camera(Camera(Point(2048, 1536), scale * ratio, 641, 480))
        settle(qtbot, view)
        reference = painted(view, upright, ratio)
        for angle, turns in ((90.0, -1), (180.0, -2), (270.0, -3)):
            sideways = turns % 2 == 1
            size = (height, width) if sideways else (width, height)
            turned = Camera(upright.center, scale, *size, angle=angle)
            np.testing.assert_array_equal(painted(view, turned, ratio), np.rot90(reference, turns))
        mirrored = Camera(upright.center, scale, width, height, flipped=True)
        np.testing.assert_array_equal(painted(view, mirrored, ratio), reference[:, ::-1])


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 137.5])
def test_a_pan_in_small_steps_ends_as_if_painted_anew(qtbot: QtBot, view: SlideView, angle: float) -> None:
    view.set_camera(Camera(Point(2048, 1536), 0.5, 641, 480, angle=angle, flipped=angle > 100))
    settle(qtbot, view)
    view.repaint()
    for dx, dy in ((17, 3), (-40, 22), (5, -61), (90, 90), (-3, 0)):
        view.pan_by(dx, dy)
        settle(qtbot, view)
        view.repaint()
    kept = pixels(view._buffer._pixmap.toImage())
    anew = painted(view, view.camera)
    if angle % 90 == 0:
        np.testing.assert_array_equal(kept, anew)
    else:  # where two tiles meet, the painter's own rounding may choose the other one
        assert (kept != anew).mean() < 5e-4


@pytest.mark.parametrize("angle", [11.0, 45.0, 200.0])
def test_turned_tiles_leave_no_gaps(qtbot: QtBot, view: SlideView, angle: float) -> None:
    view.set_camera(Camera(Point(2048, 1536), 0.7, 641, 480, angle=angle))
    settle(qtbot, view)
    found = painted(view, view.camera)
    skeleton = (np.abs(found.astype(int) - (214, 214, 218)) <= 1).all(axis=-1)
    assert not skeleton.any()


def test_what_is_under_the_pointer_stays_there(qtbot: QtBot, view: SlideView) -> None:
    view.set_camera(Camera(Point(2048, 1536), 0.5, 641, 480))
    before = view.camera.to_slide(100, 120)
    view.turn_by(35, 100, 120)
    x, y = view.camera.to_widget(before)
    assert (x, y) == (pytest.approx(100), pytest.approx(120))
    assert view.camera.angle == pytest.approx(35)
    view.mirror(vertically=False)
    left = view.camera.to_widget(Point(2048 - 100, 1536))
    assert view.camera.flipped
    assert left != view.camera.to_widget(Point(2048, 1536))
    view.set_upright()
    assert view.camera.is_upright
    view.mirror(vertically=True)  # what is at the top comes to the bottom
    x, y = view.camera.to_widget(Point(view.camera.center.x, view.camera.center.y - 50))
    assert x == pytest.approx(320.5)
    assert y == pytest.approx(240 + 25)
