"""Several views: the same slide twice, two slides moved as one, and put in line by landmarks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect, Size
from ml.patches import PatchGrid
from ml.results.boxes import BoxRule, rule_of
from ml.results.scores import Planned
from ml.zoo.grouping import Grouping
from tests.gui.hands import LONG, drag, open_file
from tests.ml.report.conftest import CARD
from viewer.main_window.view_grid import ViewCell
from viewer.main_window.window import MainWindow
from viewer.state.findings import Findings


def write(path: Path, pixels: np.ndarray, um: float) -> Path:
    tifffile.imwrite(
        path,
        pixels,
        tile=(256, 256),
        photometric="rgb",
        resolution=(10_000 / um, 10_000 / um),
        resolutionunit="CENTIMETER",
    )
    return path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A picture of tissue at 0.5 µm/px, and the same turned by 90° and half as large at 1 µm/px."""
    from skimage.data import immunohistochemistry

    tissue = np.tile(immunohistochemistry(), (4, 4, 1))[:1800, :2000]
    small = np.asarray(Image.fromarray(np.rot90(tissue, -1).copy()).reduce(2))
    return write(tmp_path / "a.tif", tissue, 0.5), write(tmp_path / "b.tif", small, 1.0)


def cells(window: MainWindow) -> list[ViewCell]:
    return window.frame.grid.cells


def click(qtbot: QtBot, cell: ViewCell, point: Point) -> None:
    x, y = cell.page.view.camera.to_widget(point)
    qtbot.mouseClick(cell.page.view, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))


def sharp(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: all(c.page is None or c.page.view.is_sharp for c in cells(window)), timeout=LONG)


def test_one_view_is_as_it_always_was(window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]) -> None:
    open_file(qtbot, window, pair[0])
    assert len(cells(window)) == 1
    assert not cells(window)[0].title.isVisible()
    for command in ("together", "align"):
        assert not window.surface.action(command).isEnabled()
    assert window.surface.action("one_view").isChecked()


def test_two_slides_move_as_one_and_apart(window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]) -> None:
    for path in pair:
        open_file(qtbot, window, path)
    qtbot.keyClick(window.slides.page.view, Qt.Key.Key_F6)
    left, right = cells(window)
    sharp(qtbot, window)
    assert {left.page.opened.title, right.page.opened.title} == {"a.tif", "b.tif"}
    assert left.title.isVisible()
    other = right if window.frame.grid.active is left else left
    view = window.slides.page.view
    window.navigating.go("×10")
    assert other.page.view.magnification == pytest.approx(10)
    before = other.page.view.camera.center
    drag(view, QPoint(100, 100), QPoint(140, 130))
    after = other.page.view.camera.center
    um = other.page.opened.spacing.spacing.mean
    assert (before.x - after.x) * um == pytest.approx(40, abs=2)  # ×10: 1 µm in a px
    assert (before.y - after.y) * um == pytest.approx(30, abs=2)
    view.turn_by(30)
    assert other.page.view.camera.angle == pytest.approx(30)
    window.run("together")
    still = other.page.view.camera
    view.pan_by(50, 50)
    assert other.page.view.camera == still


def test_a_click_makes_a_view_the_one_that_commands_go_to(
    window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]
) -> None:
    for path in pair:
        open_file(qtbot, window, path)
    window.run("two_views")
    sharp(qtbot, window)
    active = window.frame.grid.active
    other = next(cell for cell in cells(window) if cell is not active)
    qtbot.mouseClick(other.page.view, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert window.frame.grid.active is other
    assert window.slides.page is other.page
    assert window._parts.session.current is other.page.opened
    assert window.windowTitle().startswith(other.page.opened.title)
    window.run("together")
    window.run("zoom_40")
    assert other.page.view.magnification == pytest.approx(40)
    assert active.page.view.magnification != pytest.approx(40)


def test_the_same_slide_twice(window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]) -> None:
    open_file(qtbot, window, pair[0])
    window.run("two_views")
    sharp(qtbot, window)
    one, two = (cell.page for cell in cells(window))
    assert one is not two
    assert one.opened is two.opened
    window.run("together")
    one.view.set_camera(two.view.camera)
    before = two.view.grab_figure()
    annotation = Annotation(Shape.rectangle(Rect(400, 400, 900, 700)), color=(0, 160, 0))
    one.opened.edit(Change((), (annotation,), "Draw rectangle"))
    assert two.view.grab_figure() != before
    one.opened.select(annotation.id)
    assert two.annotations._chosen == {annotation.id}
    one.opened.undo.undo()
    assert not list(two.opened.annotations)
    one.opened.set_findings(None)
    listeners = len(one.opened.annotations._listeners)
    window.run("one_view")
    gone = listeners - len(one.opened.annotations._listeners)
    assert gone == 2  # the layer and the counting card of the closed view listen no more
    window.run("two_views")
    window.slides.close_current()
    assert [cell.page for cell in cells(window)] == [None]
    assert window.frame.stack.currentWidget() is window.frame.welcome


def test_a_moved_threshold_is_seen_in_both_views(
    window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]
) -> None:
    open_file(qtbot, window, pair[0])
    window.run("two_views")
    sharp(qtbot, window)
    one, two = (cell.page for cell in cells(window))
    opened = one.opened
    grid = PatchGrid.over(Shape.rectangle(Rect(0, 0, 1800, 1800)), opened.info.size, Size(224, 224), 224)
    rule = BoxRule(1, 0.5)
    opened.set_findings(Findings(Planned(grid, CARD.class_names), CARD, opened.spacing.spacing, rule))
    window.frame.layers.threshold.changed.emit(0.8)
    assert (one.results.heatmap.threshold, two.results.heatmap.threshold) == (0.8, 0.8)
    window.frame.layers.class_choice.activated.emit(0)
    assert (one.results.heatmap.class_index, two.results.heatmap.class_index) == (0, 0)


def test_another_class_comes_with_its_own_rule_until_a_person_moves_it(
    window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]
) -> None:
    view = open_file(qtbot, window, pair[0])
    opened = window.slides.page.opened
    classes = len(CARD.class_names)
    own = tuple(Grouping(0.0, number, 1 + number) for number in range(classes))
    card = replace(
        CARD, shown_class=0, thresholds=tuple(0.5 + number / 10 for number in range(classes)), grouping=own
    )
    grid = PatchGrid.over(Shape.rectangle(Rect(0, 0, 1800, 1800)), opened.info.size, Size(224, 224), 224)
    planned = Planned(grid, card.class_names)
    opened.set_findings(Findings(planned, card, opened.spacing.spacing, rule_of(card)))
    layers = window.frame.layers
    window.frame.inspector.setCurrentWidget(layers)
    choose(qtbot, layers.class_choice, 1)
    assert opened.findings.rule == BoxRule(1, 0.6, 0.0, 1, 2)
    layers.threshold.changed.emit(0.8)
    choose(qtbot, layers.class_choice, 0)
    assert opened.findings.rule == BoxRule(0, 0.8, 0.0, 1, 2)  # what a person has chosen stays
    assert view.isVisible()


def choose(qtbot: QtBot, box: QComboBox, place: int) -> None:
    """By the keys."""
    qtbot.keyClick(box, Qt.Key.Key_Home)
    for _ in range(place):
        qtbot.keyClick(box, Qt.Key.Key_Down)


def test_a_closed_slide_leaves_its_view_empty(
    window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]
) -> None:
    for path in pair:
        open_file(qtbot, window, path)
    window.run("two_views")
    sharp(qtbot, window)
    closed = window.frame.grid.active
    other = next(cell for cell in cells(window) if cell is not closed)
    kept = other.page
    window.slides.close_current()
    assert closed.page is None
    assert closed.empty.isVisible()
    assert window.frame.grid.active is other
    assert window.slides.page is kept
    assert window._parts.session.current is kept.opened


def test_a_key_goes_to_the_next_view(window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]) -> None:
    for path in pair:
        open_file(qtbot, window, path)
    window.run("three_views")
    sharp(qtbot, window)
    seen = [window.frame.grid.active]
    for _ in range(3):
        qtbot.keyClick(window.slides.page.view, Qt.Key.Key_F6, Qt.KeyboardModifier.ControlModifier)
        seen.append(window.frame.grid.active)
    assert len(set(seen)) == 3
    assert seen[3] is seen[0]


def test_landmarks_put_slides_in_line(window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]) -> None:
    """The second slide is the first one turned by 90° at half the size: (x, y) lies at (900 - y/2, x/2)."""
    for path in pair:
        open_file(qtbot, window, path)
    window.run("two_views")
    sharp(qtbot, window)
    first = next(c for c in cells(window) if c.page.opened.title == "a.tif")
    second = next(c for c in cells(window) if c.page.opened.title == "b.tif")
    window.run("together")  # apart: each is brought to the same landmark by itself
    window.run("align")
    assert not window.surface.action("together").isChecked()
    assert first.title.request.text() == "Click landmark 1"
    for x, y in ((400.0, 500.0), (1500.0, 1200.0)):
        click(qtbot, first, Point(x, y))
        click(qtbot, second, Point(900 - y / 2, x / 2))
    assert "b.tif is in line with a.tif" in window.status.currentMessage() or (
        "a.tif is in line with b.tif" in window.status.currentMessage()
    )
    assert window.surface.action("together").isChecked()  # in line means together
    window.views.activate(first)
    first.page.view.center_on(Point(1000, 800))
    there = second.page.view.camera.center
    assert (there.x, there.y) == (pytest.approx(500, abs=6), pytest.approx(500, abs=6))
    turned = second.page.view.camera.angle - first.page.view.camera.angle
    assert turned % 360 == pytest.approx(270, abs=1)
    assert second.page.view.magnification == pytest.approx(first.page.view.magnification, rel=0.02)
    window.run("forget_alignment")
    assert second.page.view.camera.angle == first.page.view.camera.angle


def test_a_mirrored_section_is_put_in_line(
    window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    """The second slide is the first one seen through the back of the glass: (x, y) lies at (2000 - x, y)."""
    with tifffile.TiffFile(pair[0]) as tiff:
        mirrored = write(tmp_path / "mirrored.tif", np.ascontiguousarray(tiff.asarray()[:, ::-1]), 0.5)
    for path in (pair[0], mirrored):
        open_file(qtbot, window, path)
    window.run("two_views")
    sharp(qtbot, window)
    first = next(c for c in cells(window) if c.page.opened.title == "a.tif")
    second = next(c for c in cells(window) if c.page.opened.title == "mirrored.tif")
    window.run("together")
    second.page.view.mirror(vertically=False)
    window.run("align")
    for x, y in ((400.0, 500.0), (1500.0, 1200.0)):
        click(qtbot, first, Point(x, y))
        click(qtbot, second, Point(2000 - x, y))
    assert "mirrored." in window.status.currentMessage()
    window.views.activate(first)
    first.page.view.center_on(Point(700, 800))
    there = second.page.view.camera
    assert (there.center.x, there.center.y) == (pytest.approx(1300, abs=6), pytest.approx(800, abs=6))
    assert there.flipped != first.page.view.camera.flipped


def test_two_places_of_one_slide_stay_in_line(
    window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]
) -> None:
    open_file(qtbot, window, pair[0])
    window.run("two_views")
    sharp(qtbot, window)
    one, two = cells(window)
    window.run("align")
    for x, y in ((400.0, 500.0), (900.0, 700.0)):
        click(qtbot, one, Point(x, y))
        click(qtbot, two, Point(x + 300, y + 200))
    window.run("together")
    window.views.activate(one)
    one.page.view.center_on(Point(1000, 900))
    window.run("together")
    there = two.page.view.camera.center
    here = one.page.view.camera.center
    assert (there.x - here.x, there.y - here.y) == (pytest.approx(300, abs=8), pytest.approx(200, abs=8))


def test_escape_leaves_the_landmarks(window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]) -> None:
    for path in pair:
        open_file(qtbot, window, path)
    window.run("two_views")
    sharp(qtbot, window)
    window.run("align")
    click(qtbot, cells(window)[0], Point(400, 500))
    window.run("escape")
    assert all(cell.page.tool == "move" for cell in cells(window))
    assert all(not cell.title.request.text() for cell in cells(window))


def test_four_views_and_back_to_one(window: MainWindow, qtbot: QtBot, pair: tuple[Path, Path]) -> None:
    for path in pair:
        open_file(qtbot, window, path)
    window.run("four_views")
    sharp(qtbot, window)
    assert len(cells(window)) == 4
    keep = window.slides.page
    last = cells(window)[-1]
    qtbot.mouseClick(last.title.close_button, Qt.MouseButton.LeftButton)
    assert len(cells(window)) == 3
    window.run("one_view")
    QApplication.processEvents()
    assert [cell.page for cell in cells(window)] == [keep]
    assert window.frame.stack.currentWidget() is window.frame.grid
