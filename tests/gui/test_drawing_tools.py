"""Every drawing tool in the window, by its key and the mouse, on a real slide; undone and kept in a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QToolButton
from pytestqt.qtbot import QtBot

from ml.annotation.geojson import geojson_text, parse_geojson
from ml.annotation.measured import means_of
from ml.annotation.shapes import Annotation
from ml.geometry import Point
from tests.gui.hands import drag, open_file
from viewer.canvas.slide_view import SlideView
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.window import MainWindow
from viewer.state.opened_slide import OpenedSlide

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow, sample_slide: Path) -> SlidePage:
    """The sample slide, whole in view."""
    open_file(qtbot, window, sample_slide)
    page = window.slides.page
    assert page is not None
    return page


def click(qtbot: QtBot, view: SlideView, x: int, y: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    qtbot.mouseClick(view, LEFT, modifiers, QPoint(x, y))


def last(opened: OpenedSlide) -> Annotation:
    return list(opened.annotations)[-1]


def test_every_tool_draws_its_shape_and_undo_takes_all_back(
    qtbot: QtBot, window: MainWindow, page: SlidePage
) -> None:
    view, opened = page.view, page.opened
    made: list[tuple[str, str]] = []

    def drew(tool: str) -> None:
        assert len(opened.annotations) == len(made) + 1, tool
        made.append((last(opened).shape.kind, means_of(last(opened))))

    for key, modifiers, tool in (
        (Qt.Key.Key_R, NONE, "rectangle"),
        (Qt.Key.Key_O, NONE, "ellipse"),
        (Qt.Key.Key_P, SHIFT, "outline"),
        (Qt.Key.Key_V, SHIFT, "arrow"),
    ):
        qtbot.keyClick(view, key, modifiers)
        assert page.tool == tool
        drag(view, QPoint(200, 150), QPoint(260, 160), QPoint(280, 220), QPoint(210, 230))
        drew(tool)
        assert page.tool == "move"
    for key, tool in ((Qt.Key.Key_P, "polygon"), (Qt.Key.Key_V, "line")):
        qtbot.keyClick(view, key)
        assert page.tool == tool
        for place in ((320, 150), (400, 160), (390, 240), (500, 500)):
            click(qtbot, view, *place)
        qtbot.keyClick(view, Qt.Key.Key_Backspace)  # the tool's, though it is the key of a command
        qtbot.keyClick(view, Qt.Key.Key_Return)
        drew(tool)
        assert len(last(opened).shape.rings[0]) == 3
    qtbot.keyClick(view, Qt.Key.Key_Period)
    click(qtbot, view, 450, 200)
    drew("point")
    qtbot.keyClick(view, Qt.Key.Key_B)
    drag(view, QPoint(500, 300), QPoint(540, 320), QPoint(560, 350))
    drew("brush")
    qtbot.keyClick(view, Qt.Key.Key_L)
    drag(view, QPoint(200, 400), QPoint(250, 420), QPoint(300, 400))
    drew("ruler")
    qtbot.keyClick(view, Qt.Key.Key_L, SHIFT)
    drag(view, QPoint(200, 500), QPoint(260, 500))
    click(qtbot, view, 250, 450)
    drew("angle")
    qtbot.keyClick(view, Qt.Key.Key_C, SHIFT)
    click(qtbot, view, 400, 350)
    drew("counting_circle")
    qtbot.keyClick(view, Qt.Key.Key_C)
    click(qtbot, view, 420, 360)
    drew("count")
    assert made == [
        ("rectangle", ""),
        ("ellipse", ""),
        ("polygon", ""),
        ("line", "arrow"),
        ("polygon", ""),
        ("line", ""),
        ("points", ""),
        ("polygon", ""),
        ("line", "ruler"),
        ("line", "angle"),
        *([("ellipse", "circle")] if made[10][0] == "ellipse" else [("polygon", "")]),
        ("points", "count"),
    ]
    again = parse_geojson(geojson_text(opened.annotations), "kept.geojson")
    assert [a.shape.kind for a in again] == [kind for kind, _ in made]
    assert [means_of(a) for a in again] == [means for _, means in made]
    for _ in made:
        window.run("undo")
    assert len(opened.annotations) == 0


def test_the_wand_takes_what_is_in_view(qtbot: QtBot, page: SlidePage) -> None:
    view, opened = page.view, page.opened
    qtbot.keyClick(view, Qt.Key.Key_W)
    middle = view.rect().center()
    drag(view, middle, middle + QPoint(20, 0))
    assert opened.selected is not None
    here = view.camera.to_slide(middle.x(), middle.y())
    assert opened.selected.shape.bounds.holds(here)
    assert opened.selected.shape.area > 0
    assert page.tool == "wand"
    before = opened.selected.shape.area
    drag(view, middle, middle + QPoint(120, 0))  # on the selected area: more of it
    assert len(opened.annotations) == 1
    assert opened.selected.shape.area > before


@pytest.mark.data
def test_the_wand_in_a_turned_and_mirrored_view_takes_the_same(
    qtbot: QtBot, window: MainWindow, real_data: Path
) -> None:
    view = open_file(qtbot, window, real_data / "slides" / "cmu1_small_region.svs")
    opened = window.slides.page.opened
    place = Point(150, 400)  # glass
    areas = []
    for commands in ((), ("flip_horizontally", "quarter_left")):
        for command in commands:
            window.run(command)
        window.run("fit")
        qtbot.waitUntil(lambda: view.is_sharp)
        window.run("wand")
        window.slides.choices.tolerance = 20
        x, y = view.camera.to_widget(place)
        click(qtbot, view, round(x), round(y))
        areas.append(last(opened).shape)
        opened.select(None)
    assert areas[0].bounds.holds(place)
    common = areas[0].polygon.intersection(areas[1].polygon).area
    assert common > 0.95 * max(area.area for area in areas)


def test_editing_with_the_mouse_and_the_keyboard(qtbot: QtBot, window: MainWindow, page: SlidePage) -> None:
    view, opened = page.view, page.opened
    window.run("rectangle")
    drag(view, QPoint(250, 200), QPoint(300, 240), QPoint(350, 280))
    first = last(opened).shape.bounds
    scale = view.camera.scale
    drag(view, QPoint(300, 240), QPoint(320, 250), QPoint(330, 260))  # within: moves it
    moved = last(opened).shape.bounds
    assert moved.x == pytest.approx(first.x + 30 / scale, abs=2 / scale)
    corner = QPointF(*view.camera.to_widget(Point(moved.right, moved.bottom))).toPoint()
    drag(view, corner, corner + QPoint(10, 10), corner + QPoint(40, 20))
    assert last(opened).shape.bounds.width == pytest.approx(moved.width + 40 / scale, abs=2 / scale)
    assert last(opened).shape.kind == "rectangle"
    before = last(opened).shape.bounds
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert last(opened).shape.bounds.x == pytest.approx(before.x + 10 / scale)
    assert opened.undo.undoText() == "Move annotation"
    camera = view.camera
    drag(view, QPoint(600, 500), QPoint(580, 480))  # beside it: moves the picture
    assert view.camera != camera
    for _ in range(4):
        window.run("undo")
    assert len(opened.annotations) == 0
    window.run("polygon")
    for place in ((300, 200), (400, 200), (400, 300), (300, 300)):
        click(qtbot, view, *place)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    click(qtbot, view, 400, 200)  # a corner
    qtbot.keyClick(view, Qt.Key.Key_Delete)  # takes the corner, not the annotation
    assert len(last(opened).shape.rings[0]) == 3
    qtbot.mouseDClick(view, LEFT, NONE, QPoint(350, 300))
    assert len(last(opened).shape.rings[0]) == 4
    click(qtbot, view, 500, 450)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert len(opened.annotations) == 0


def test_escape_drops_what_is_unfinished_before_it_leaves_the_tool(qtbot: QtBot, page: SlidePage) -> None:
    view = page.view
    qtbot.keyClick(view, Qt.Key.Key_P)
    click(qtbot, view, 300, 200)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert page.tool == "polygon"
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert page.tool == "move"
    assert len(page.opened.annotations) == 0


def test_shift_and_the_wheel_change_the_brush_and_no_other_tool(
    qtbot: QtBot, window: MainWindow, page: SlidePage
) -> None:
    view, choices = page.view, window.slides.choices

    def turn() -> None:
        middle = QPointF(view.rect().center())
        event = QWheelEvent(
            middle,
            QPointF(view.mapToGlobal(middle)),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            SHIFT,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view, event)

    before, camera = choices.brush, view.camera
    qtbot.keyClick(view, Qt.Key.Key_B)
    turn()
    assert choices.brush > before
    assert view.camera == camera
    larger = choices.brush
    qtbot.keyClick(view, Qt.Key.Key_M)
    turn()
    assert choices.brush == larger
    qtbot.waitUntil(lambda: view.camera != camera)  # zooms, as ever


def test_counting_by_class(qtbot: QtBot, window: MainWindow, page: SlidePage) -> None:
    view, card = page.view, page.drawing.card
    assert not card.isVisible()
    qtbot.keyClick(view, Qt.Key.Key_C)
    assert card.isVisible()
    camera = view.camera
    qtbot.keyClick(view, Qt.Key.Key_1)  # a class, no magnification
    for n in range(3):
        click(qtbot, view, 250 + 30 * n, 300)
    qtbot.mouseClick(card.buttons["Stroma"], LEFT)
    click(qtbot, view, 250, 340)
    assert view.camera == camera
    assert {name: label.text() for name, label in card.numbers.items() if label.text() != "0"} == {
        "Tumor": "3",
        "Stroma": "1",
    }
    assert card.total.text() == "Together 4"
    assert card.buttons["Stroma"].isChecked()
    window.run("undo")
    assert card.total.text() == "Together 3"
    window.run("rectangle")
    assert not card.isVisible()
    drag(view, QPoint(240, 280), QPoint(260, 300), QPoint(295, 330))
    window.run("count")
    assert card.within.text().startswith("In the selected area 2")
    assert "mm²" in card.within.text()
    assert window.surface.action("zoom_10").isEnabled()


def test_grid_snapping_and_the_strip(
    qtbot: QtBot, window: MainWindow, page: SlidePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = page.drawing.grid
    qtbot.keyClick(page.view, Qt.Key.Key_K)
    assert grid.visible
    assert grid in page.view.layers
    before = page.view.grab().toImage()
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (250.0, True))
    window.run("grid_size")
    assert grid.cell_um == 250
    assert page.view.grab().toImage() != before
    qtbot.keyClick(page.view, Qt.Key.Key_K)
    assert not grid.visible
    qtbot.keyClick(page.view, Qt.Key.Key_S, SHIFT)
    assert window.slides.choices.snaps
    assert window.surface.action("snap").isChecked()
    drops = [b for b in window.strip.findChildren(QToolButton) if b.menu() is not None]
    assert [b.accessibleName() for b in drops] == [
        "Polygon and related tools",
        "Brush and related tools",
        "Ruler and related tools",
        "Counting grid and related tools",  # the one used last
    ]
    window.run("wand")
    assert drops[1].defaultAction() is window.surface.action("wand")
    assert drops[1].isChecked()
    assert window.strip.sizeHint().width() <= 1280


def test_without_a_pixel_size_circle_and_grid_say_so(
    qtbot: QtBot, window: MainWindow, page: SlidePage
) -> None:
    page.opened.spacing = None
    for command in ("counting_circle", "counting_grid"):
        window.run(command)
        assert window.frame.banner.problem is not None
        assert "pixel" in window.frame.banner.problem.what
        assert "Set pixel size" in window.frame.banner.problem.remedy
        window.frame.banner.dismiss()
    assert page.tool == "move"
    assert not page.drawing.grid.visible


def test_a_pen_draws_its_other_end_wipes_and_a_finger_moves(qtbot: QtBot, page: SlidePage) -> None:
    view, opened = page.view, page.opened
    qtbot.keyClick(view, Qt.Key.Key_B)
    pens = [
        QPointingDevice(
            "pen",
            number,
            QPointingDevice.DeviceType.Stylus,
            kind,
            QPointingDevice.Capability.Position | QPointingDevice.Capability.Pressure,
            1,
            2,
        )
        for number, kind in enumerate(
            (QPointingDevice.PointerType.Pen, QPointingDevice.PointerType.Eraser), 1
        )
    ]
    areas = []
    for pen in pens:
        for kind, x in (
            (QEvent.Type.MouseButtonPress, 300),
            (QEvent.Type.MouseMove, 340),
            (QEvent.Type.MouseButtonRelease, 360),
        ):
            place = QPointF(x + (30 if pen is pens[1] else 0), 300)
            button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else LEFT
            held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else LEFT
            there = QPointF(view.mapToGlobal(place))
            QApplication.sendEvent(view, QMouseEvent(kind, place, there, button, held, NONE, pen))
        areas.append(last(opened).shape.area)
    assert len(opened.annotations) == 1
    assert areas[1] < areas[0]
    camera = view.camera
    finger = QTest.touchEvent(view, QTest.createTouchDevice(), False)
    finger.press(1, QPoint(300, 300), view)
    finger.commit()
    finger.move(1, QPoint(360, 320), view)
    finger.commit()
    finger.release(1, QPoint(360, 320), view)
    finger.commit()
    assert view.camera != camera
    assert len(opened.annotations) == 1


@pytest.mark.data
def test_flat_pictures_too(qtbot: QtBot, window: MainWindow, real_data: Path) -> None:
    path = next((real_data / "retina").rglob("*.jp*g"), None) or next((real_data / "slides").glob("*.jpg"))
    view = open_file(qtbot, window, path)
    opened = window.slides.page.opened
    window.run("ellipse")
    drag(view, QPoint(200, 200), QPoint(260, 260))
    window.run("ruler")
    drag(view, QPoint(200, 300), QPoint(300, 300))
    kept = last(opened).measurements
    assert list(kept) == (["Length px"] if opened.spacing is None else ["Length µm"])
