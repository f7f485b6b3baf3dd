"""The right pixels in the right place, never a blank where something coarser is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ml.geometry import Point, Rect, Size
from ml.slide.region import read_region
from tests.gui.hands import drag
from tests.viewer.canvas.slides import TILE, NumberedSlide
from viewer.canvas.camera import Camera
from viewer.canvas.slide_view import SlideView
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_loader import TileLoader
from viewer.canvas.tiles import TileKey

LONG = 20_000


@pytest.fixture
def slide() -> Iterator[NumberedSlide]:
    made = NumberedSlide()
    yield made
    made.close()


@pytest.fixture
def view(qtbot: QtBot, slide: NumberedSlide) -> Iterator[SlideView]:
    cache = TileCache()
    loader = TileLoader(cache)
    shown = SlideView("numbered", loader, cache)
    shown.glides = lambda: False
    shown.resize(640, 480)
    shown.set_slide(slide)
    with qtbot.waitExposed(shown):
        shown.show()
    yield shown
    slide.gate.set()
    shown.set_slide(None)
    loader.close()
    shown.close()
    shown.deleteLater()


def settle(qtbot: QtBot, view: SlideView) -> None:
    qtbot.waitUntil(lambda: view.is_sharp and not view._clock.isActive(), timeout=LONG)


def look(qtbot: QtBot, view: SlideView, x: float, y: float, scale: float) -> Camera:
    view.set_camera(Camera(Point(x, y), scale, view.width(), view.height()))
    settle(qtbot, view)
    return view.camera


def field(view: SlideView) -> NDArray[np.uint8]:
    """What the widget shows without minimap and words, (h, w, 3)."""
    image = view.grab_figure().convertToFormat(QImage.Format.Format_RGB888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return pixels[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.25])
def test_what_is_painted_is_what_the_slide_holds(
    qtbot: QtBot, view: SlideView, slide: NumberedSlide, scale: float
) -> None:
    camera = look(qtbot, view, 2048, 1536, scale).snapped(1.0)
    seen = camera.visible()
    expected = read_region(slide, seen, Size(640, 480))
    found = field(view)[:400]  # the scale bar stands below
    far = np.abs(found[..., :2].astype(int) - expected[:400, :, :2].astype(int))
    assert np.percentile(far, 99) <= 1
    assert far.mean() < 0.5


def test_a_place_is_painted_where_the_camera_says(
    qtbot: QtBot, view: SlideView, slide: NumberedSlide
) -> None:
    camera = look(qtbot, view, 1000, 900, 1.0).snapped(1.0)
    found = field(view)
    for x, y in ((900, 800), (1000, 900), (1100, 950)):
        u, v = (round(value) for value in camera.to_widget(Point(x, y)))
        assert abs(int(found[v, u, 0]) - x // 16) <= 1
        assert abs(int(found[v, u, 1]) - y // 16) <= 1


def test_coarser_tiles_stand_in_and_nothing_is_ever_blank(
    qtbot: QtBot, view: SlideView, slide: NumberedSlide
) -> None:
    settle(qtbot, view)
    loader = view._loader
    qtbot.waitUntil(lambda: not (loader._wishes or loader._busy), timeout=LONG)
    ahead = {(column, row) for level, column, row in slide.read if level == 0}  # about the middle, if at all
    slide.gate.clear()
    view.set_camera(Camera(Point(3600, 2700), 1.0, 640, 480))
    assert not view.is_sharp
    found = field(view)[:400]
    assert np.abs(found[..., 0].astype(int) - 3600 // 16).max() < 40  # coarse, but the right place
    seen = {(x // TILE, y // TILE) for x in range(3280, 3920, 64) for y in range(2460, 2860, 64)}
    assert not ahead & seen
    assert found[..., 2].min() > 0  # and not the finest level
    slide.gate.set()
    settle(qtbot, view)
    assert field(view)[:400, :, 2].max() == 0


def test_tiles_scrolled_away_are_no_longer_read(qtbot: QtBot, view: SlideView, slide: NumberedSlide) -> None:
    settle(qtbot, view)
    loader = view._loader
    qtbot.waitUntil(lambda: not (loader._wishes or loader._busy), timeout=LONG)  # nothing is read ahead
    slide.gate.clear()
    view.set_camera(Camera(Point(600, 600), 1.0, 640, 480))
    view.set_camera(Camera(Point(3500, 2500), 1.0, 640, 480))
    slide.read.clear()
    slide.gate.set()
    settle(qtbot, view)
    stale = [tile for tile in slide.read if tile[0] == 0 and tile[1] < 6 and tile[2] < 5]
    assert len(stale) <= 2  # those that the two readers had in hand already


def test_an_unreadable_tile_is_told_once_and_the_rest_is_shown(
    qtbot: QtBot, view: SlideView, slide: NumberedSlide
) -> None:
    slide.broken = {(0, 7, 5), (0, 8, 5)}
    told: list[str] = []
    view.tile_unreadable.connect(told.append)
    keys: list[TileKey] = []  # a coarser tile that is made of a broken one may be read ahead, and is one too
    view._loader.arrived.connect(lambda arrival: keys.extend(key for key, _ in arrival.problems))
    look(qtbot, view, 2048, 1408, 1.0)
    assert len(told) == len(keys) == len(set(keys)) >= 2
    slide.read.clear()
    look(qtbot, view, 2040, 1400, 1.0)
    assert not {(0, 7, 5), (0, 8, 5)} & set(slide.read)


def test_dragging_moves_the_picture_with_the_hand(qtbot: QtBot, view: SlideView) -> None:
    before = look(qtbot, view, 2048, 1536, 0.5)
    drag(view, QPoint(300, 200), QPoint(330, 210), QPoint(360, 250))
    x, y = view.camera.to_widget(before.center)
    assert (x - 320, y - 240) == pytest.approx((60, 50), abs=0.01)


def test_the_wheel_zooms_about_the_pointer(qtbot: QtBot, view: SlideView) -> None:
    before = look(qtbot, view, 2048, 1536, 0.25)
    place = QPointF(500, 120)
    fixed = before.to_slide(place.x(), place.y())
    event = QWheelEvent(
        place,
        QPointF(view.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)
    settle(qtbot, view)
    assert view.camera.scale == pytest.approx(0.5)
    x, y = view.camera.to_widget(fixed)
    assert (x, y) == pytest.approx((500, 120), abs=0.5)


@pytest.mark.parametrize(
    ("key", "dx", "dy"),
    [
        (Qt.Key.Key_Left, 64, 0),
        (Qt.Key.Key_Right, -64, 0),
        (Qt.Key.Key_Up, 0, 48),
        (Qt.Key.Key_Down, 0, -48),
        (Qt.Key.Key_PageDown, 0, -432),
    ],
)
def test_keys_move_the_picture(qtbot: QtBot, view: SlideView, key: Qt.Key, dx: int, dy: int) -> None:
    before = look(qtbot, view, 2048, 1536, 0.5)
    qtbot.keyClick(view, key)
    x, y = view.camera.to_widget(before.center)
    assert (x - 320, y - 240) == pytest.approx((dx, dy), abs=0.01)


def test_keys_zoom_by_presets_and_home_shows_all(qtbot: QtBot, view: SlideView) -> None:
    look(qtbot, view, 2048, 1536, 0.5)  # ×10 at 0.5 µm/px
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    settle(qtbot, view)
    assert view.magnification == pytest.approx(20)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    settle(qtbot, view)
    assert view.magnification == pytest.approx(10)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    seen = view.camera.visible()
    assert seen.x <= 0
    assert seen.right >= 4096


def test_a_double_click_goes_one_magnification_in(qtbot: QtBot, view: SlideView) -> None:
    before = look(qtbot, view, 2048, 1536, 0.25)
    fixed = before.to_slide(100, 100)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    settle(qtbot, view)
    assert view.magnification == pytest.approx(10)
    assert view.camera.to_widget(fixed) == pytest.approx((100, 100), abs=0.5)


def test_a_click_in_the_minimap_goes_there(qtbot: QtBot, view: SlideView) -> None:
    look(qtbot, view, 600, 600, 1.0)
    minimap = view._minimap
    assert minimap.isVisible()
    qtbot.mouseClick(
        minimap, Qt.MouseButton.LeftButton, pos=QPoint(minimap.width() * 3 // 4, minimap.height() * 3 // 4)
    )
    assert view.camera.center.x == pytest.approx(3072, abs=40)
    assert view.camera.center.y == pytest.approx(2304, abs=40)
    view.fit()
    assert not minimap.isVisible()


def test_nothing_runs_while_nothing_moves(qtbot: QtBot, view: SlideView, slide: NumberedSlide) -> None:
    settle(qtbot, view)
    qtbot.waitUntil(lambda: not view._loader._busy, timeout=LONG)
    read = len(slide.read)
    for _ in range(20):
        QApplication.processEvents()
    assert len(slide.read) == read
    assert not view._clock.isActive()


def test_a_rect_is_shown_whole(qtbot: QtBot, view: SlideView) -> None:
    wanted = Rect(1000, 1000, 500, 900)
    view.show_rect(wanted)
    seen = view.camera.visible()
    assert seen.intersection(wanted) == wanted
    settle(qtbot, view)
