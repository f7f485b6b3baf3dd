"""What was looked at, and the overview that shows it: turned as the picture is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ml.geometry import Point, Rect, Size
from viewer.canvas.camera import Camera
from viewer.canvas.minimap import Minimap
from viewer.canvas.visited import Visited

CAMERAS = st.builds(
    Camera,
    st.builds(Point, st.floats(-2000, 22_000), st.floats(-2000, 12_000)),
    st.floats(0.01, 4),
    st.integers(50, 1000).map(float),
    st.integers(50, 800).map(float),
    st.sampled_from([0.0, 30.0, 90.0, 211.0]),
    st.booleans(),
)


@given(CAMERAS, st.floats(0.5, 80))
def test_what_counts_is_what_the_widget_showed(camera: Camera, times: float) -> None:
    visited = Visited(Size(20_000, 10_000))
    visited.note(camera, times, 1.0)
    rows, columns = visited.seen.shape
    assert (rows, columns) == (96, 192)
    edge = 20_000 / 192
    for row in range(0, rows, 7):
        for column in range(0, columns, 7):
            x, y = camera.to_widget(Point((column + 0.5) * edge, (row + 0.5) * edge))
            margin = min(x, y, camera.width - x, camera.height - y)
            if abs(margin) > 1e-3:
                assert (visited.seen[row, column] > 0) == (margin > 0)


def test_a_glance_does_not_count_and_the_closest_look_stays() -> None:
    visited = Visited(Size(4000, 3000))
    near, far = Camera(Point(2000, 1500), 1.0, 800, 600), Camera(Point(2000, 1500), 0.1, 800, 600)
    assert not visited.note(near, 20, 0.2)
    assert visited.share(1) == 0
    assert visited.note(near, 20, 0.6)
    assert visited.note(far, 2.5, 5)
    assert not visited.note(far, 2.5, 5)  # nothing new
    assert visited.share(2.5) == 1
    assert visited.share(20) == pytest.approx(800 * 600 / (4000 * 3000), abs=0.01)
    assert set(np.unique(visited.steps())) == {1, 3}
    assert visited.in_words() == "Seen: 100% at ×2.5 or more, 4% at ×10, 4% at ×20"
    visited.reset()
    assert visited.share(1) == 0


@pytest.fixture
def minimap(qtbot: QtBot) -> Iterator[Minimap]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = Minimap(parent)
    image = QImage(40, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 0, 0))
    for x in range(20):
        for y in range(20):
            image.setPixelColor(x, y, QColor(0, 0, 200))  # the left half
    made.set_slide(Rect(0, 0, 4000, 2000), image)
    parent.resize(800, 600)
    with qtbot.waitExposed(parent):
        parent.show()
    yield made
    parent.close()


def look(minimap: Minimap, **turned: object) -> Camera:
    camera = Camera(Point(1000, 500), 1.0, 800, 600, **turned)  # type: ignore[arg-type]
    minimap.follow(camera)
    return camera


@pytest.mark.parametrize(
    ("angle", "flipped", "size", "blue"),
    [
        (0.0, False, (180, 90), (0.25, 0.5)),
        (90.0, False, (90, 180), (0.5, 0.25)),
        (180.0, False, (180, 90), (0.75, 0.5)),
        (0.0, True, (180, 90), (0.75, 0.5)),
        (90.0, True, (90, 180), (0.5, 0.75)),
    ],
)
def test_it_stands_as_the_picture_does(
    qtbot: QtBot,
    minimap: Minimap,
    angle: float,
    flipped: bool,
    size: tuple[int, int],
    blue: tuple[float, float],
) -> None:
    camera = look(minimap, angle=angle, flipped=flipped)
    assert (minimap.width(), minimap.height()) == size
    shot = minimap.grab().toImage()
    place = QPoint(round(blue[0] * size[0]) - 4, round(blue[1] * size[1]) - 4)
    assert shot.pixelColor(place).blue() > 150
    wishes: list[Point] = []
    minimap.wished.connect(wishes.append)
    x, y = minimap._camera.to_widget(Point(3000, 1500))
    qtbot.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert wishes[-1].x == pytest.approx(3000, abs=30)
    assert wishes[-1].y == pytest.approx(1500, abs=30)
    frame = minimap._frame().center()
    assert (frame.x(), frame.y()) == pytest.approx(minimap._camera.to_widget(camera.center), abs=2)


def test_its_menu_shades_and_forgets(qtbot: QtBot, minimap: Minimap) -> None:
    look(minimap)
    toggled: list[bool] = []
    forgotten: list[bool] = []
    minimap.visited_toggled.connect(toggled.append)
    minimap.visited_reset.connect(lambda: forgotten.append(True))
    menu = minimap.menu(QPoint())
    menu.actions()[0].trigger()
    menu.actions()[1].trigger()
    menu.close()
    qtbot.wait(1)
    assert toggled == [True]
    assert forgotten == [True]
    visited = Visited(Size(4000, 2000))
    before = minimap.grab().toImage().pixelColor(150, 70)
    minimap.set_visited(visited)
    assert minimap.grab().toImage().pixelColor(150, 70).red() < before.red()
    visited.note(Camera(Point(2000, 1000), 0.1, 800, 600), 40, 1)
    minimap.set_visited(visited)
    assert minimap.grab().toImage().pixelColor(150, 70) == before
    assert "Seen: 100%" in minimap.toolTip()
