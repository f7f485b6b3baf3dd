"""What the window says and does when things are not as they should be: refused, unknown, stopped, empty."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from tests.gui.hands import LONG, drag, open_file
from viewer.main_window.window import MainWindow
from viewer.panels.spacing_dialog import SpacingDialog


def mark(window: MainWindow, rect: Rect) -> None:
    """Draw a rectangle without the mouse, and select it."""
    opened = window.slides.page.opened
    annotation = Annotation(Shape.rectangle(rect))
    opened.edit(Change((), (annotation,), "Draw rectangle"))
    opened.select(annotation.id)


def finish(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A flat picture of tissue that says nothing about its pixel size."""
    from skimage.data import immunohistochemistry

    path = tmp_path / "field.png"
    Image.fromarray(np.tile(immunohistochemistry(), (2, 2, 1))).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("letter.svs", b"Dear colleague,\nthe slide is in the other mail.\n", "text"),
        ("empty.svs", b"", "empty"),
        ("noise.svs", bytes(range(256)) * 8, "damaged"),
        ("gone.svs", None, "not there"),
        ("folder.svs", "folder", "no DICOM slide"),
    ],
)
def test_a_bad_file_is_refused_in_words_and_the_window_goes_on(
    window: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    picture: Path,
    name: str,
    content: bytes | str | None,
    says: str,
) -> None:
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    window.slides.open(path)
    qtbot.waitUntil(lambda: window.frame.banner.problem is not None, timeout=LONG)
    assert window.frame.banner.isVisible()
    assert name in window.frame.banner.what.text()
    assert says in window.frame.banner.what.text()
    assert window.frame.banner.remedy.text()
    qtbot.mouseClick(window.frame.banner.copy_button, Qt.MouseButton.LeftButton)
    assert name in QApplication.clipboard().text()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.frame.banner.isVisible()
    open_file(qtbot, window, picture)


def test_of_several_bad_files_every_one_is_named(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, picture: Path
) -> None:
    letter, empty = tmp_path / "letter.svs", tmp_path / "empty.svs"
    letter.write_text("Dear colleague,\nthe slide is in the other mail.\n")
    empty.write_bytes(b"")
    window.slides.open_all([letter, picture, empty])
    banner = window.frame.banner
    qtbot.waitUntil(lambda: "2 files could not be opened" in banner.what.text(), timeout=LONG)
    assert "letter.svs holds text" in banner.remedy.text()
    assert "empty.svs is empty" in banner.remedy.text()
    assert window.slides.page.opened.path == picture
    window.slides.open(empty)
    qtbot.waitUntil(lambda: "empty.svs is empty" in banner.what.text(), timeout=LONG)  # alone this time


def test_the_pixel_size_is_asked_for_once_and_kept_with_its_source(
    window: MainWindow, qtbot: QtBot, picture: Path
) -> None:
    open_file(qtbot, window, picture)
    assert "not known" in window.status.scale.text()
    mark(window, Rect(100, 100, 500, 500))
    asked: list[SpacingDialog] = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SpacingDialog)
        asked.append(dialog)
        qtbot.keyClicks(dialog.field, "0,5")
        qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, answer)
    window.run("analyze")
    assert window.analyzing.running
    finish(qtbot, window)
    opened = window.slides.page.opened
    assert opened.spacing is not None
    assert opened.spacing.spacing.x == 0.5
    assert "typed" in window.status.scale.text()
    assert opened.findings is not None
    assert opened.findings.analysis is not None
    assert opened.findings.analysis.provenance.spacing.source == opened.spacing.source
    window.run("analyze")  # not asked again
    finish(qtbot, window)
    assert len(asked) == 1


def test_no_answer_about_the_pixel_size_is_no_analysis(
    window: MainWindow, qtbot: QtBot, picture: Path
) -> None:
    open_file(qtbot, window, picture)
    mark(window, Rect(100, 100, 500, 500))
    QTimer.singleShot(0, lambda: QApplication.activeModalWidget().reject())
    window.run("analyze")
    assert not window.analyzing.running
    assert window.slides.page.opened.findings is None


def test_analyzing_without_a_region_hands_over_the_pencil(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    view = open_file(qtbot, window, sample_slide)
    qtbot.keyClick(view, Qt.Key.Key_A)
    assert not window.analyzing.running
    assert "No region" in window.frame.banner.what.text()
    assert window.slides.page.tool == "rectangle"
    middle = view.rect().center()
    drag(view, middle, middle + QPoint(60, 40))
    assert window.slides.page.opened.region is not None
    assert window.frame.banner.isHidden(), "there is one now"


def test_a_missed_one_that_is_drawn_is_what_delete_means_and_the_result_still_counts(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    view = open_file(qtbot, window, sample_slide)
    opened = window.slides.page.opened
    mark(window, Rect(2000, 2000, 700, 700))
    analyzed = opened.selection
    window.run("analyze")
    finish(qtbot, window)
    qtbot.keyClick(view, Qt.Key.Key_N)
    assert opened.findings.selected_key is not None
    qtbot.keyClick(view, Qt.Key.Key_O)
    middle = view.rect().center()
    drag(view, middle, middle + QPoint(30, 20))
    assert len(opened.annotations) == 2
    stale = window.frame.analyze.run_view.stale
    assert stale.isHidden(), "what was analyzed is as it was"
    opened.select(None)
    assert window.frame.analyze.region_text.text().startswith("No region selected: click one, or press R")
    opened.select(opened.annotations.ids[-1])
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert opened.annotations.ids == analyzed
    assert not opened.findings.verdicts, "no box was meant"
    opened.select(analyzed)
    before = opened.annotations[analyzed[0]]
    opened.edit(Change((before,), (replace(before, shape=Shape.rectangle(Rect(2000, 2000, 500, 700))),), ""))
    assert "region changed" in stale.text.text()


def test_stop_keeps_what_is_there(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    view = open_file(qtbot, window, sample_slide)
    scored: list[object] = []
    window._parts.analysis.scored.connect(scored.append)
    window.frame.analyze.run_options.batch.setValue(2)
    window.run("analyze_slide")
    qtbot.waitUntil(lambda: bool(scored), timeout=LONG)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    finish(qtbot, window)
    findings = window.slides.page.opened.findings
    assert findings is not None
    assert findings.analysis is not None
    assert not findings.analysis.complete
    assert 0 < int(findings.scores.scored.sum()) < findings.scores.grid.count
    assert window.frame.analyze.run_view.result.isVisible()
    assert "Stopped" in window.status.work.text.text()
    assert window.reporting.possible


def test_closing_the_window_during_a_run_ends_cleanly(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    open_file(qtbot, window, sample_slide)
    scored: list[object] = []
    window._parts.analysis.scored.connect(scored.append)
    window.run("analyze_slide")
    qtbot.waitUntil(lambda: bool(scored), timeout=LONG)
    window.close()
    assert not window.isVisible()  # that no thread survives is checked for every test


def test_closing_the_slide_stops_its_run(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    open_file(qtbot, window, sample_slide)
    scored: list[object] = []
    window._parts.analysis.scored.connect(scored.append)
    window.run("analyze_slide")
    qtbot.waitUntil(lambda: bool(scored), timeout=LONG)
    window.run("close")
    finish(qtbot, window)
    assert window.slides.page is None
    assert window.frame.stack.currentWidget() is window.frame.welcome


def test_glass_is_said_in_words(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "glass.png"
    Image.fromarray(np.full((900, 900, 3), 244, dtype=np.uint8)).save(path)
    open_file(qtbot, window, path)
    from ml.geometry import Spacing
    from ml.slide.slide import KnownSpacing

    window.slides.page.opened.set_spacing(KnownSpacing(Spacing.square(0.5), "the test"))
    window.run("analyze_slide")
    finish(qtbot, window)
    assert "no tissue" in window.frame.findings.found.text()
    assert "no tissue" in window.status.work.text.text()


def test_files_dropped_on_the_window_open(window: MainWindow, qtbot: QtBot, picture: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(picture))])
    action, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(10, 10), action, data, left, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(10, 10), action, data, left, keys))
    qtbot.waitUntil(lambda: window.slides.page is not None, timeout=LONG)
    assert window.slides.page.opened.title == picture.name
    assert str(picture) in [str(path) for path in window._parts.recent.paths()]


def test_a_recent_file_opens_from_the_menu(window: MainWindow, qtbot: QtBot, picture: Path) -> None:
    window.recent.aboutToShow.emit()
    assert [action.isEnabled() for action in window.recent.actions()] == [False]
    open_file(qtbot, window, picture)
    window.run("close")
    assert window.slides.page is None
    window.recent.aboutToShow.emit()
    (action,) = window.recent.actions()
    assert action.text() == picture.name
    action.trigger()
    qtbot.waitUntil(lambda: window.slides.page is not None, timeout=LONG)
    assert window.slides.page.opened.title == picture.name


def test_two_slides_keep_their_own_findings(
    window: MainWindow, qtbot: QtBot, sample_slide: Path, picture: Path
) -> None:
    open_file(qtbot, window, sample_slide)
    first = window.slides.page.opened
    mark(window, Rect(2000, 2000, 700, 700))
    window.run("analyze")
    finish(qtbot, window)
    assert window.status.work.text.text()
    open_file(qtbot, window, picture)
    assert not window.status.work.text.text(), "nothing was found in this one"
    assert window.slides.page.results.heatmap is None
    assert "No analysis yet" in window.frame.findings.found.text()
    row = window.frame.slides.list.visualItemRect(window.frame.slides.list.item(0)).center()
    qtbot.mouseClick(window.frame.slides.list.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert window.slides.page.opened is first
    assert window.slides.page.results.heatmap is not None


def test_space_hides_every_layer_while_it_is_held(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    view = open_file(qtbot, window, sample_slide)
    bare = view.grab_figure()
    mark(window, Rect(500, 500, 6000, 6000))
    assert view.grab_figure() != bare
    qtbot.keyPress(view, Qt.Key.Key_Space)
    assert view.grab_figure() == bare
    qtbot.keyRelease(view, Qt.Key.Key_Space)
    assert view.grab_figure() != bare


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes_keep_the_surround_neutral(
    window: MainWindow, qtbot: QtBot, sample_slide: Path, theme: str
) -> None:
    view = open_file(qtbot, window, sample_slide)
    window.run(f"theme_{theme}")
    corner = view.grab().toImage().pixelColor(2, 2)
    assert corner.red() == corner.green() == corner.blue()
    assert (window.palette().window().color().lightness() < 128) == (theme == "dark")


def test_only_the_picture_and_back(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    view = open_file(qtbot, window, sample_slide)
    qtbot.keyClick(view, Qt.Key.Key_F11)
    assert not window.frame.inspector.isVisible()
    assert not window.frame.slides.isVisible()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert window.frame.inspector.isVisible()
    assert window.frame.slides.isVisible()


def test_a_freehand_outline_is_what_was_drawn(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    view = open_file(qtbot, window, sample_slide)
    qtbot.keyClick(view, Qt.Key.Key_P)
    middle = view.rect().center()
    corners = [QPoint(-80, -60), QPoint(80, -60), QPoint(80, 60), QPoint(-80, 60)]
    drag(view, *(middle + corner for corner in corners))
    drawn = window.slides.page.opened.selected
    assert drawn is not None
    expected = 160 * 120 / view.camera.scale**2
    assert drawn.shape.area == pytest.approx(expected, rel=0.05)
