"""A CT series in the window: opened, scrolled, windowed, probed, measured, closed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from ml.volume.window import Window
from tests.gui.ct_hands import at, drag_with, hover, open_series, there, wheel, whole
from tests.gui.hands import LONG, open_file
from tests.viewer.ct.phantom import BLOOD_SLICE, COLUMN_MM, ROW_MM, SLICES, write_phantom
from viewer.ct.look import PRESETS
from viewer.ct.orientation import edges
from viewer.main_window.window import MainWindow
from viewer.state.opened_series import Mark

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_phantom(tmp_path_factory.mktemp("phantom"))


def middle_of(row: int, column: int) -> Point:
    return Point((column + 0.5) * COLUMN_MM, (row + 0.5) * ROW_MM)


def test_a_dropped_folder_opens_at_its_middle_slice(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(phantom))])
    keys = Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(10, 10), action, data, LEFT, keys))
    QApplication.sendEvent(window, QDropEvent(QPointF(10, 10), action, data, LEFT, keys))
    qtbot.waitUntil(lambda: window.ct.page is not None, timeout=LONG)
    page = whole(qtbot, window)
    assert page.reading.slice_ == SLICES // 2
    assert page.view.axial.shown.problem is None
    assert window.windowTitle().startswith("Phantom")
    assert page.view.strip.patient.toolTip() == "Doe, Jane · F · 4711"
    assert page.reading.look.window == Window(40, 90)  # the file's own
    assert window.slides.page is None
    assert not window.surface.action("analyze").isVisible()
    assert not window.frame.analyze.isVisible()
    assert window.frame.window_.isVisible()
    assert str(phantom) in [str(path) for path in window._parts.recent.paths()]
    assert window.frame.slides.list.item(0).text() == "Phantom"


def test_wheel_and_keys_scroll_and_the_slider_follows(
    window: MainWindow, qtbot: QtBot, phantom: Path
) -> None:
    page = open_series(qtbot, window, phantom)
    view, slider = page.view.axial, page.view.bar.slider
    first = page.reading.slice_
    wheel(view, 3)
    assert page.reading.slice_ == first + 3
    wheel(view, -1)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert page.reading.slice_ == first + 2 - 10
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert (page.reading.slice_, slider.value()) == (0, 0)
    wheel(view, -5)
    assert page.reading.slice_ == 0  # there is nothing before it
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert (page.reading.slice_, slider.value()) == (SLICES - 1, SLICES - 1)
    assert view.shown.words == f"Slice {SLICES} of {SLICES}"
    qtbot.mouseClick(slider, LEFT, pos=QPoint(slider.x_of(5), slider.height() // 2))
    assert page.reading.slice_ == 5
    assert page.view.bar.number.text() == f"6 / {SLICES}"
    before = view.camera
    wheel(view, -2, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.camera.scale > before.scale * 1.5, timeout=LONG)
    assert page.reading.slice_ == 5  # with Ctrl the wheel zooms


def test_windows_by_key_by_drag_and_by_panel(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    view, reading = page.view.axial, page.reading
    for number, (_, _, preset) in enumerate(PRESETS, 1):
        qtbot.keyClick(view, str(number))
        assert reading.look.window == preset
    for expected in (Window(40, 90), Window(500, 2000), Window(40, 90)):  # all of the file's, in turn
        qtbot.keyClick(view, "0")
        assert reading.look.window == expected
    middle = view.rect().center()
    qtbot.keyClick(view, "1")
    drag_with(view, RIGHT, middle, middle + QPoint(20, 0), middle + QPoint(50, -25))
    assert reading.look.window == Window(50, 100)
    assert window.frame.window_.width_.value == 100
    qtbot.keyClick(view, "W")
    drag_with(view, LEFT, middle, middle + QPoint(-25, 0))
    assert reading.look.window.width == 90
    qtbot.keyClick(view, "M")
    window.frame.window_.level.number.setValue(37)
    assert reading.look.window == Window(37, 90)
    bright = view.grab_figure()
    qtbot.keyClick(view, "I")
    assert reading.look.inverted
    assert view.grab_figure() != bright
    assert "inverted" in view.words[1]
    qtbot.keyClick(view, "I", Qt.KeyboardModifier.ShiftModifier)
    assert not view.look.smooth


def test_an_own_window_is_saved_under_a_name(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    page.reading.set_window(Window(32, 8))

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        dialog.setTextValue("Narrow | stroke")
        dialog.accept()

    QTimer.singleShot(0, answer)
    window.run("save_window")
    qtbot.keyClick(page.view.axial, "1")
    qtbot.keyClick(page.view.axial, "9")
    assert page.reading.look.window == Window(32, 8)
    assert window._parts.settings.saved_windows == ("Narrow stroke|8|32",)
    window.frame.window_.forget_wished.emit(window.ct.windows.saved[0])
    assert not window.surface.action("window_saved").isEnabled()


def test_hounsfield_units_under_the_cursor(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    view, status = page.view.axial, window.status.cursor_place
    hover(view, at(view, middle_of(35, 50)))
    assert status.text().startswith("35")
    page.reading.go(BLOOD_SLICE)  # the cursor rests: what is under it has changed
    assert status.text().startswith("70")
    assert "HU" in status.text()
    assert "H\u202f49.5" in status.text()  # 12 mm and 15 slices of 2.5 mm
    hover(view, QPoint(2, 2))
    assert status.text() == ""


def test_lengths_angles_and_regions_with_the_mouse(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    view, measurements = page.view.axial, page.opened.measurements
    page.reading.go(BLOOD_SLICE)
    one, two = at(view, Point(20, 24)), at(view, Point(30, 32))
    qtbot.keyClick(view, "L")
    drag_with(view, LEFT, one, one + QPoint(9, 3), two)
    (length,) = measurements.items
    start, end = there(view, one), there(view, two)
    assert length.value == pytest.approx(np.hypot(end.x - start.x, end.y - start.y), rel=1e-6)
    qtbot.keyClick(view, "R")
    drag_with(view, LEFT, one, two)
    assert measurements.items[1].facts.mean == pytest.approx(70, abs=1)
    assert measurements.items[1].facts.sd < 5
    qtbot.keyClick(view, "O")
    drag_with(view, LEFT, one, two)
    ellipse = measurements.items[2].facts
    box = abs((end.x - start.x) * (end.y - start.y))
    assert ellipse.area == pytest.approx(box * np.pi / 4, rel=1e-6)
    qtbot.keyClick(view, "L", Qt.KeyboardModifier.ShiftModifier)
    corner = QPoint(one.x(), two.y())
    drag_with(view, LEFT, one, corner)
    qtbot.mouseClick(view, LEFT, pos=two)
    assert [m.kind for m in measurements.items] == ["length", "rectangle", "ellipse", "angle"]
    assert measurements.items[3].value == pytest.approx(90, abs=0.01)
    assert window.frame.series.list.count() == 4
    window.frame.inspector.setCurrentWidget(window.frame.series)
    qtbot.mouseClick(window.frame.series.copy, LEFT)
    table = [line.split("\t") for line in QApplication.clipboard().text().splitlines()]
    assert len({len(line) for line in table}) == 1
    assert float(table[1][2]) == pytest.approx(length.value, abs=0.01)
    assert float(table[3][8]) == pytest.approx(ellipse.area, abs=0.01)


def test_measurements_scroll_with_their_slice_and_can_be_undone(
    window: MainWindow, qtbot: QtBot, phantom: Path
) -> None:
    page = open_series(qtbot, window, phantom)
    view, measurements = page.view.axial, page.opened.measurements
    page.reading.go(BLOOD_SLICE)
    bare, below = view.grab_figure(), None
    page.reading.go(BLOOD_SLICE + 1)
    below = view.grab_figure()
    page.reading.go(BLOOD_SLICE)
    qtbot.keyClick(view, "R")
    one, two = at(view, Point(20, 24)), at(view, Point(30, 32))
    drag_with(view, LEFT, one, two)
    drawn = view.grab_figure()
    assert drawn != bare
    page.reading.go(BLOOD_SLICE + 1)
    assert view.grab_figure() == below
    assert page.view.bar.slider.measured == (BLOOD_SLICE,)
    item = window.frame.series.list.item(0)
    window.frame.inspector.setCurrentWidget(window.frame.series)
    place = window.frame.series.list.visualItemRect(item).center()
    qtbot.mouseClick(window.frame.series.list.viewport(), LEFT, pos=place)
    assert page.reading.slice_ == BLOOD_SLICE
    qtbot.keyPress(view, Qt.Key.Key_Space)
    assert view.grab_figure() == bare
    qtbot.keyRelease(view, Qt.Key.Key_Space)
    qtbot.keyClick(view, "T")
    assert view.grab_figure() == bare
    qtbot.keyClick(view, "T")
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert not measurements.items
    qtbot.keyClick(view, "Z", Qt.KeyboardModifier.ControlModifier)
    assert len(measurements.items) == 1
    qtbot.keyClick(view, "Z", Qt.KeyboardModifier.ControlModifier)
    assert not measurements.items
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert page.tool == "move"


def test_names_are_hidden_and_stay_hidden(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    qtbot.keyClick(
        page.view.axial, "H", Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    texts = [w.text() + w.toolTip() for w in (page.view.strip.patient, page.view.strip.study)]
    texts += [label.text() for label in window.frame.series.findChildren(type(page.view.strip.patient))]
    assert not any("Doe" in text or "4711" in text for text in texts)
    assert "Name hidden" in page.view.strip.patient.text()
    window.run("close")
    assert "Name hidden" in open_series(qtbot, window, phantom).view.strip.patient.text()
    qtbot.mouseClick(window.ct.page.view.strip.switch, LEFT)
    assert "Doe" in window.ct.page.view.strip.patient.text()


def test_slices_run_by_themselves(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    seen: set[int] = set()
    page.reading.place_changed.connect(lambda: seen.add(page.reading.slice_))
    page.view.bar.speed.setValue(60)
    qtbot.keyClick(page.view.axial, "C")
    assert page.cine.running
    qtbot.waitUntil(lambda: {SLICES - 1, 0} <= seen or len(seen) >= SLICES, timeout=LONG)  # it begins anew
    qtbot.keyClick(page.view.axial, Qt.Key.Key_Escape)
    assert not page.cine.running
    qtbot.mouseClick(page.view.bar.play, LEFT)
    assert page.cine.running
    window.run("close")  # no timer survives: checked for every test


def test_marks_lead_from_finding_to_finding(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    assert not window.surface.action("next_mark").isEnabled()
    page.opened.set_marks((Mark(3, "Subdural 0.91", 0.91), Mark(BLOOD_SLICE, "Subdural 0.62", 0.62)))
    qtbot.keyClick(page.view.axial, "N")
    assert page.reading.slice_ == BLOOD_SLICE
    qtbot.keyClick(page.view.axial, "N")
    assert page.reading.slice_ == 3
    slider = page.view.bar.slider
    qtbot.mouseClick(slider, LEFT, pos=QPoint(slider.x_of(BLOOD_SLICE) + 3, slider.height() // 2))
    assert page.reading.slice_ == BLOOD_SLICE


def test_slides_and_series_lie_on_one_table(
    window: MainWindow, qtbot: QtBot, phantom: Path, sample_slide: Path
) -> None:
    page = open_series(qtbot, window, phantom)
    view = open_file(qtbot, window, sample_slide)
    assert window.ct.page is None
    assert window.surface.action("analyze").isVisible()
    assert not window.surface.action("window_brain").isVisible()
    scale = view.camera.scale
    qtbot.keyClick(view, "5")
    assert view.camera.scale != scale  # ×20, not a window
    qtbot.keyClick(view, Qt.Key.Key_F6)
    cells = window.frame.grid.cells
    assert {type(cell.page).__name__ for cell in cells} == {"CtPage", "SlidePage"}
    window.run("next_view")
    assert window.ct.page is not None
    assert window.ct.page.opened is page.opened
    window.run("one_view")
    window.run("close")
    assert window.slides.page is not None


def test_closing_while_slices_are_read_ends_cleanly(
    window: MainWindow, qtbot: QtBot, phantom: Path, tmp_path: Path
) -> None:
    many = tmp_path / "many"
    shutil.copytree(phantom, many)
    window.slides.open(many)
    qtbot.waitUntil(lambda: window.ct.page is not None, timeout=LONG)
    window.close()  # that no thread survives is checked for every test
    assert not window.isVisible()


def test_the_picture_goes_to_the_clipboard_without_a_name(
    window: MainWindow, qtbot: QtBot, phantom: Path
) -> None:
    page = open_series(qtbot, window, phantom)
    qtbot.keyClick(page.view.axial, "C", Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().image()
    assert copied.size() == page.view.axial.size() * page.view.axial.devicePixelRatioF()


def test_a_slice_is_gone_to_by_its_number(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        dialog.setIntValue(4)
        dialog.accept()

    QTimer.singleShot(0, answer)
    qtbot.keyClick(page.view.axial, "G", Qt.KeyboardModifier.ControlModifier)
    assert page.reading.slice_ == 3


def test_letters_and_values_go_with_a_turned_picture(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    view = page.view.axial
    page.reading.go(BLOOD_SLICE)
    qtbot.keyClick(view, "}")
    assert view.camera.angle == 90
    assert edges(view.shown, view.camera) == ("P", "A", "R", "L")
    hover(view, at(view, middle_of(35, 50)))
    assert window.status.cursor_place.text().startswith("70")
    qtbot.keyClick(view, "R")
    drag_with(view, LEFT, at(view, Point(20.5, 24.5)), at(view, Point(29.5, 31.5)))
    assert page.opened.measurements.items[0].facts.mean == 70
    qtbot.keyClick(view, "0", Qt.KeyboardModifier.ControlModifier)
    assert view.camera.is_upright
    window.run("flip_horizontally")
    assert edges(view.shown, view.camera) == ("L", "R", "A", "P")


def test_the_right_button_opens_what_can_be_done(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    window_before = page.reading.look.window

    def look() -> None:
        menu = QApplication.activePopupWidget()
        assert menu is not None
        titles.extend(action.text() for action in menu.actions())
        menu.close()

    titles: list[str] = []
    QTimer.singleShot(50, look)
    qtbot.mouseClick(page.view.axial, RIGHT, pos=page.view.axial.rect().center())
    qtbot.waitUntil(lambda: bool(titles), timeout=LONG)
    assert "Three planes" in titles
    assert "Analyze region" not in titles
    assert page.reading.look.window == window_before


def test_no_key_means_two_things_at_once(window: MainWindow) -> None:
    for kind in ("slide", "ct"):
        keys = [key for c in window.surface.commands.values() if c.entry.kind in {"", kind} for key in c.keys]
        assert len(keys) == len(set(keys)), kind


def test_commands_by_name_are_those_of_what_is_shown(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    titles: list[str] = []

    def look() -> None:
        dialog = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        titles.extend(dialog.titles)
        dialog.reject()

    QTimer.singleShot(0, look)
    qtbot.keyClick(page.view.axial, "K", Qt.KeyboardModifier.ControlModifier)
    assert "Subdural" in titles
    assert "Fit to window" in titles
    assert "Analyze region" not in titles


def test_a_measurement_is_changed_by_its_ends_and_lines(
    window: MainWindow, qtbot: QtBot, phantom: Path
) -> None:
    page = open_series(qtbot, window, phantom)
    view, measurements = page.view.axial, page.opened.measurements
    page.reading.go(BLOOD_SLICE)
    one, two = at(view, Point(20, 24)), at(view, Point(30, 24))
    qtbot.keyClick(view, "L")
    drag_with(view, LEFT, one, two)
    before = measurements.items[0]
    qtbot.keyClick(view, "M")
    camera = view.camera
    far = at(view, Point(36, 24))
    drag_with(view, LEFT, two, two + QPoint(9, 0), far)
    longer = measurements.items[0]
    assert longer.id == before.id
    assert longer.value == pytest.approx(there(view, far).x - there(view, one).x, abs=0.1)
    middle = QPoint((one.x() + far.x()) // 2, one.y())
    drag_with(view, LEFT, middle, middle + QPoint(0, 40))
    moved = measurements.items[0]
    assert moved.value == pytest.approx(longer.value, rel=1e-9)
    assert moved.places[0][1] - longer.places[0][1] == pytest.approx(40 / camera.scale)
    assert view.camera == camera  # the picture stayed where it was
    qtbot.keyClick(view, "Z", Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view, "Z", Qt.KeyboardModifier.ControlModifier)
    assert measurements.items == (before,)
    drag_with(view, LEFT, QPoint(30, 30), QPoint(60, 50))
    assert view.camera != camera
    assert measurements.selected_id is None
    qtbot.keyClick(view, "R")
    drag_with(view, LEFT, at(view, Point(20, 24)), at(view, Point(30, 32)))
    qtbot.keyClick(view, "M")
    drag_with(view, LEFT, at(view, Point(30, 24)), at(view, Point(35, 20)))  # a corner that was not drawn
    box = measurements.items[1].places
    assert abs(box[1][0] - box[0][0]) == pytest.approx(15, abs=0.3)
    assert abs(box[1][1] - box[0][1]) == pytest.approx(12, abs=0.3)
