"""Going to a place, back and forward, bookmarks, turning, and figures: by mouse and keyboard."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from ml.slide.opening import open_slide
from tests.gui.hands import LONG, open_file
from viewer.canvas import history
from viewer.canvas.legend import LegendLine
from viewer.main_window.window import MainWindow
from viewer.panels.figure_dialog import FigureDialog, FigureWish
from viewer.panels.goto_dialog import GotoDialog

WISH = FigureWish("slide", None, 8000, overlays=True, bar=True, legend=True)
Key, Shift, Ctrl, Alt = (
    Qt.Key,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def in_dialog(kind: type, act: object) -> None:
    """Do something in the next dialog as soon as it is there."""

    def later() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, kind):
            act(dialog)  # type: ignore[operator]
        else:
            QTimer.singleShot(10, later)

    QTimer.singleShot(10, later)


def test_a_typed_place_and_a_word_that_is_none(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    view = open_file(qtbot, window, sample_slide)
    said: list[str] = []

    def type_both(dialog: GotoDialog) -> None:
        dialog.field.clear()
        qtbot.keyClicks(dialog.field, "somewhere")
        qtbot.keyClick(dialog.field, Key.Key_Return)
        said.append(dialog.notice.text.text())
        dialog.field.clear()
        qtbot.keyClicks(dialog.field, "2 mm, 1.5 mm x10")
        qtbot.keyClick(dialog.field, Key.Key_Return)

    def far_off(dialog: GotoDialog) -> None:
        dialog.field.clear()
        qtbot.keyClicks(dialog.field, "50000, 100")
        qtbot.keyClick(dialog.field, Key.Key_Return)
        said.append(dialog.notice.text.text())
        dialog.reject()

    in_dialog(GotoDialog, type_both)
    qtbot.keyClick(view, Key.Key_G, Ctrl)
    assert "neither a magnification nor a place" in said[0]
    assert view.camera.center == Point(4000, 3000)
    assert view.magnification == pytest.approx(10)
    in_dialog(GotoDialog, far_off)
    qtbot.mouseClick(window.status.scale, Qt.MouseButton.LeftButton)  # the words are a button too
    assert said[1].startswith("That place is not on the slide. It ends at 9,216 · 9,216")
    assert view.camera.center == Point(4000, 3000)


def test_back_and_forward(
    window: MainWindow, qtbot: QtBot, sample_slide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "REST", 0.0)  # a test does not wait
    view = open_file(qtbot, window, sample_slide)
    window.navigating.go("2000, 2000 ×20")
    window.navigating.go("7000, 7000 ×20")
    assert not window.surface.action("forward").isEnabled()
    qtbot.keyClick(view, Key.Key_Left, Alt)
    assert view.camera.center == Point(2000, 2000)
    qtbot.mouseClick(view, Qt.MouseButton.BackButton, pos=QPoint(200, 200))
    assert view.camera.center != Point(2000, 2000)  # the whole slide, as it was opened
    qtbot.mouseClick(view, Qt.MouseButton.ForwardButton, pos=QPoint(200, 200))
    qtbot.keyClick(view, Key.Key_Right, Alt)
    assert view.camera.center == Point(7000, 7000)
    assert not window.surface.action("forward").isEnabled()


def test_bookmarks_are_kept_renamed_removed_and_undone(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    view = open_file(qtbot, window, sample_slide)
    opened = window.slides.page.opened
    box = window.frame.slide.bookmarks
    window.frame.inspector.setCurrentWidget(window.frame.slide)
    qtbot.mouseClick(box.button, Qt.MouseButton.LeftButton)
    window.navigating.go("2000, 2000 ×20")
    view.turn_by(30)
    qtbot.keyClick(view, Key.Key_D, Ctrl)
    window.navigating.go("7000, 7000 ×5")
    qtbot.mouseClick(box.add, Qt.MouseButton.LeftButton)
    assert [mark.name for mark in opened.bookmarks.items] == ["Place 1", "Place 2"]
    box.list.setCurrentRow(0)
    box.list.editItem(box.list.item(0))
    editor = box.list.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "Mitosis")
    qtbot.keyClick(editor, Key.Key_Return)
    qtbot.waitUntil(lambda: opened.bookmarks.items[0].name == "Mitosis", timeout=LONG)
    box.list.itemActivated.emit(box.list.item(0))
    assert view.camera.center == Point(2000, 2000)
    assert view.camera.angle == pytest.approx(30)
    qtbot.keyClick(view, Key.Key_PageDown, Ctrl)
    assert view.camera.center == Point(7000, 7000)
    box.list.setCurrentRow(1)
    qtbot.keyClick(box.list, Key.Key_Delete)
    assert len(opened.bookmarks.items) == 1
    opened.undo.undo()
    assert [mark.name for mark in opened.bookmarks.items] == ["Mitosis", "Place 2"]
    window.slides.close_current()
    open_file(qtbot, window, sample_slide)  # they are there again
    again = window.slides.page.opened.bookmarks
    qtbot.waitUntil(lambda: [mark.name for mark in again.items] == ["Mitosis", "Place 2"], timeout=LONG)


def test_turning_and_mirroring_by_key_and_by_hand(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    view = open_file(qtbot, window, sample_slide)
    window.navigating.go("4000, 4000 ×10")
    qtbot.keyClick(view, Key.Key_BracketRight)
    assert view.camera.angle == 15
    qtbot.keyClick(view, Key.Key_BracketLeft)
    qtbot.keyClick(view, Key.Key_BracketLeft)
    assert view.camera.angle == 345
    window.run("upright")
    assert view.camera.is_upright
    middle = QPointF(view.width() / 2, view.height() / 2)
    right, below = middle + QPointF(150, 0), middle + QPointF(3, 150)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, Ctrl, right.toPoint())
    qtbot.mouseMove(view, below.toPoint())
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, Ctrl, below.toPoint())
    assert view.camera.angle == 90  # caught by the quarter turn
    window.run("flip_vertically")
    assert view.camera.flipped
    window.run("visited")
    assert window.surface.action("visited").isChecked()


def test_the_view_on_the_clipboard(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    view = open_file(qtbot, window, sample_slide)
    qtbot.keyClick(view, Key.Key_C, Ctrl)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (view.width(), view.height())
    legend = window.slides.page.legend
    legend.set_lines([LegendLine("Probability of “high”", "viridis", ("0", "1"))])
    qtbot.keyClick(view, Key.Key_C, Ctrl)
    explained = QGuiApplication.clipboard().image()
    corner = QRect(legend.pos(), legend.size())
    assert explained.copy(corner) != image.copy(corner)
    assert explained.copy(0, corner.bottom() + 1, 500, 200) == image.copy(0, corner.bottom() + 1, 500, 200)


def test_a_figure_larger_than_the_screen(
    window: MainWindow, qtbot: QtBot, sample_slide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file(qtbot, window, sample_slide)
    target = tmp_path / "figure.tif"
    monkeypatch.setattr(
        "viewer.panels.figure_dialog.QFileDialog.getSaveFileName", lambda *_: (str(target), "TIFF")
    )
    said: list[str] = []

    def fill_in(dialog: FigureDialog) -> None:
        dialog.part.setCurrentIndex(dialog.part.findData("slide"))
        dialog.um.clear()
        qtbot.keyClicks(dialog.um, "0.0001")
        said.append(dialog.notice.text.text())
        dialog.um.clear()
        qtbot.keyClicks(dialog.um, "2")
        said.append(dialog.notice.text.text())
        qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)

    in_dialog(FigureDialog, fill_in)
    with qtbot.waitSignal(window._parts.figures.written, timeout=LONG):
        window.run("export_figure")
    assert "not a size" in said[0]
    assert said[1].startswith("2,304 × 2,304")
    with open_slide(target) as figure:
        assert figure.info.spacing is not None
        assert figure.info.spacing.spacing.x == pytest.approx(2)
    with Image.open(target) as image:
        assert image.size == (2304, 2304)
    assert window.status.work.text.text() == "Figure written: figure.tif"


def test_a_width_in_pixels_instead(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    open_file(qtbot, window, sample_slide)
    said: list[str] = []

    def fill_in(dialog: FigureDialog) -> None:
        dialog.part.setCurrentIndex(dialog.part.findData("slide"))
        qtbot.keyClicks(dialog.um, "0.5")
        qtbot.keyClicks(dialog.pixels, "4,000")
        said.extend((dialog.um.text(), dialog.notice.text.text()))
        qtbot.keyClicks(dialog.pixels, "0" * 400)
        said.append(dialog.notice.text.text())
        assert not dialog.save.isEnabled()
        dialog.reject()

    in_dialog(FigureDialog, fill_in)
    window.run("export_figure")
    assert said[0] == ""
    assert said[1].startswith("4,000 × 4,000")
    assert "not a number" in said[2]


def test_a_figure_is_never_written_over_an_open_slide(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    open_file(qtbot, window, sample_slide)
    before = sample_slide.stat()
    with qtbot.waitSignal(window.navigating.refused, timeout=LONG) as told:
        window.navigating.figures.export(window.slides.page, WISH, sample_slide)
    assert "is a slide that is open" in told.args[0].what
    assert not window.navigating.figures.running
    assert sample_slide.stat() == before


def test_a_figure_goes_with_its_slide_and_with_no_other(
    window: MainWindow, qtbot: QtBot, sample_slide: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copy(sample_slide, tmp_path / "other.tif"))
    folder = tmp_path / "figures"
    folder.mkdir()
    open_file(qtbot, window, sample_slide)
    open_file(qtbot, window, other)
    work, session = window._parts.figures, window._parts.session
    figured, bystander = session.find(other), session.find(sample_slide)
    window.slides.page.legend.set_lines([LegendLine("Probability of “high”", "viridis", ("0", "1"))])
    window.navigating.figures.export(window.slides.page, WISH, folder / "figure.png")
    session.close(bystander)
    with qtbot.waitSignal(work.step, timeout=LONG, check_params_cb=lambda step: step.done == 3):
        pass
    with qtbot.waitSignal(work.stopped, timeout=LONG):
        session.close(figured)
    assert not list(folder.iterdir())
    assert not window.navigating.figures.running
