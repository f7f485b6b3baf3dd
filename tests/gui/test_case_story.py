"""The whole way of one case, by mouse and keys: two slides and CT, draw, correct, analyze, decide, report,
verify; then the program is killed, and everything is there again.

With PARFOCAL_SHOTS set, a picture of every station is left there to be looked at, light and dark.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from ml.draft.draft import FigureSection, TextSection
from ml.geometry import Point
from tests.gui.case_hands import a_window, known, listed, open_slide, saved
from tests.gui.ct_hands import at, drag_with, open_series
from tests.gui.hands import LONG, bring_to_front, drag, view_of, wait_sharp
from tests.gui.killed_story import COMMENT, SENTENCE
from viewer.main_window.window import MainWindow
from viewer.panels.report_export_dialog import ReportExportDialog
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide

pytestmark = [pytest.mark.data, pytest.mark.slow, pytest.mark.timeout(900)]
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT = Qt.MouseButton.LeftButton
CASE, SLIDE, OTHER = "Skin 26-0417", "cmu1_small_region.svs", "carotid_thrombus_he.svs"
_SLICES = slice(50, 62)  # of the head: a few are enough


@pytest.fixture
def head(real_data: Path, tmp_path: Path) -> Path:
    """A folder with a few slices of a real head."""
    folder = tmp_path / "head"
    folder.mkdir()
    for path in sorted((real_data / "ct" / "cranium_series").glob("*.dcm"))[_SLICES]:
        shutil.copy(path, folder)
    return folder


def shot(widget: QWidget, window: MainWindow, name: str) -> None:
    """Leave a picture, light and dark."""
    if folder := os.environ.get("PARFOCAL_SHOTS"):
        for theme in ("dark", "light"):
            window.run(f"theme_{theme}")
            QApplication.processEvents()
            widget.grab().save(str(Path(folder) / f"case_story_{name}_{theme}.png"))


def meet(look: Callable[[QWidget], bool]) -> None:
    """When the next dialog stands, give it to `look`, until that says that it was the right one."""

    def find() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None or not look(dialog):
            QTimer.singleShot(20, find)

    QTimer.singleShot(0, find)


def type_name(name: str) -> Callable[[QWidget], bool]:
    """Type a name into the dialog that asks for one."""

    def look(dialog: QWidget) -> bool:
        if not isinstance(dialog, QInputDialog):
            return False
        line = dialog.findChild(QLineEdit)
        QTest.keyClicks(line, name)
        QTest.keyClick(line, Qt.Key.Key_Return)
        return True

    return look


def begin_case(qtbot: QtBot, window: MainWindow) -> None:
    meet(type_name(CASE))
    qtbot.keyClick(window, Qt.Key.Key_N, CTRL)
    bring_to_front(qtbot, window)
    qtbot.waitUntil(lambda: window.cases.work.case is not None, timeout=LONG)
    qtbot.waitUntil(lambda: window.frame.slides.case.name.text() == CASE, timeout=LONG)
    shot(window, window, "1_new_case")


def draw_and_correct(qtbot: QtBot, window: MainWindow) -> None:
    """A polygon by clicks, one of its corners pulled; then the region that shall be analyzed."""
    view, page = view_of(window), window.slides.page
    assert page is not None
    opened = page.opened
    qtbot.keyClick(view, Qt.Key.Key_P)
    middle = view.rect().center()
    for way in (QPoint(-150, -120), QPoint(-20, -140), QPoint(0, 0), QPoint(-160, 20)):
        qtbot.mouseClick(view, LEFT, pos=middle + way)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    (drawn,) = opened.annotations
    area = drawn.shape.area
    drag(view, middle, middle + QPoint(10, 10), middle + QPoint(30, 30))
    (corrected,) = opened.annotations
    assert corrected.id == drawn.id
    assert corrected.shape.area > area
    shot(window, window, "2_corrected")
    window.run("zoom_5")
    qtbot.keyClick(view, Qt.Key.Key_R)
    middle = view.rect().center()
    drag(view, middle - QPoint(90, 80), middle, middle + QPoint(90, 80))
    assert len(opened.annotations) == 2


def analyze_and_decide(qtbot: QtBot, window: MainWindow) -> tuple[str, str]:
    """Analyze what was drawn last; accept a box and reject one. Their keys."""
    view, page = view_of(window), window.slides.page
    assert page is not None
    qtbot.keyClick(view, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=3 * LONG)
    findings = page.opened.findings
    assert findings is not None
    shot(window, window, "3_analyzed")
    window.frame.inspector.setCurrentWidget(window.frame.layers)
    slider = window.frame.layers.threshold.slider
    slider.setFocus()
    while len(findings.boxes) < 2:
        before = findings.rule.threshold
        qtbot.keyClick(slider, Qt.Key.Key_Right)
        assert findings.rule.threshold > before
    keys = []
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Delete):
        qtbot.keyClick(view, Qt.Key.Key_N)
        keys.append(findings.selected_key)
        qtbot.keyClick(view, key)
    accepted, rejected = keys
    assert findings.verdict(accepted) == "accepted"
    assert findings.verdict(rejected) == "rejected"
    window.frame.inspector.setCurrentWidget(window.frame.findings)
    shot(window, window, "4_decided")
    return accepted, rejected


def look_at_ct(qtbot: QtBot, window: MainWindow, head: Path) -> None:
    page = open_series(qtbot, window, head)
    known(qtbot, window, page.opened)
    view = page.view.axial
    qtbot.keyClick(view, Qt.Key.Key_L)
    bounds = view.shown.bounds
    start, end = (Point(bounds.width * x, bounds.height / 2) for x in (0.4, 0.6))
    drag_with(view, LEFT, at(view, start), at(view, end))
    assert [one.kind for one in page.opened.measurements.items] == ["length"]
    shot(window, window, "5_ct")


def write_report(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Fields, a sentence, a snapshot; exported as PDF. The folder of the report."""
    view = view_of(window)
    qtbot.keyClick(view, Qt.Key.Key_C, CTRL | SHIFT)
    qtbot.keyClick(view, Qt.Key.Key_E, CTRL)
    editor = window.further.editing.editor
    assert editor is not None
    qtbot.waitUntil(lambda: bool(editor.view.pages and editor.view.pages[0].scale), timeout=LONG)
    bring_to_front(qtbot, editor)
    assert editor.parts.head.form is not None
    qtbot.keyClicks(editor.parts.head.form.rows["case"].line, CASE)
    for answer in ("Skin", "H&E", "high"):
        qtbot.mouseClick(editor.missing, LEFT)
        qtbot.keyClicks(QApplication.focusWidget(), answer)
    assert not editor.missing.isEnabled(), editor.missing.text()
    editor.sections.choose("comment")
    qtbot.keyClicks(editor.parts.text.text, "Dense at the rim.")
    editor.sections.choose("figures")
    rows = editor.parts.figures.list
    assert "View 1" in [rows.item(n).text() for n in range(rows.count())]
    shot(editor, window, "6_report")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    meet(export_as_pdf(window))
    with qtbot.waitSignal(window.further.editing.exporting.written, timeout=LONG) as written:
        qtbot.mouseClick(editor.export_button, LEFT)
    shot(editor, window, "7_written")
    editor.close()
    bring_to_front(qtbot, window)
    return written.args[0][0].path.parent


def export_as_pdf(window: MainWindow) -> Callable[[QWidget], bool]:
    """Tick PDF alone in the dialog that asks for formats, and go on."""

    def look(dialog: QWidget) -> bool:
        if not isinstance(dialog, ReportExportDialog):
            return False
        assert not dialog.jumps, "every required field is answered"
        for name, box in dialog.boxes.items():
            if box.isChecked() != (name == "pdf"):
                QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
        assert dialog.chosen == ("pdf",)
        shot(dialog, window, "6b_formats")
        QTest.mouseClick(dialog.go, LEFT)
        return True

    return look


def verify_report(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Everything holds."""
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))

    with qtbot.waitSignal(window._parts.proofs.verified, timeout=LONG):
        window.run("verify_report")
    dialog = window.further.proving.dialog
    assert dialog is not None
    lines = [dialog.table.topLevelItem(n) for n in range(dialog.table.topLevelItemCount())]
    assert {line.text(0) for line in lines if line is not None} == {"holds"}
    assert dialog.headline.text.text() == "Everything holds."
    shot(dialog, window, "8_verified")
    dialog.reject()
    bring_to_front(qtbot, window)


def go_on_and_kill() -> set[str]:
    """The next day, in a program of its own that is killed. The annotations that it said to be saved."""
    command = [sys.executable, "-m", "tests.gui.killed_story", CASE, SLIDE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = child.stdout.readline().split()
        child.kill()
    assert said[:1] == ["saved"]
    return set(said[1:])


def by_title(window: MainWindow, title: str) -> OpenedSlide:
    found = next(opened for opened in window._parts.session.items if opened.title == title)
    assert isinstance(found, OpenedSlide)
    return found


def find_everything(qtbot: QtBot, window: MainWindow, confirmed: set[str], decided: tuple[str, str]) -> None:
    """What was open is open again, with all that was done the day before and until the kill."""
    session = window._parts.session
    qtbot.waitUntil(lambda: len(session.items) == 3, timeout=LONG)
    slide = by_title(window, SLIDE)
    for opened in session.items:
        known(qtbot, window, opened)
    qtbot.waitUntil(lambda: confirmed == {one.id for one in slide.annotations}, timeout=LONG)
    assert len(confirmed) == 3
    assert slide.comment == COMMENT
    assert slide.findings is not None
    assert [slide.findings.verdict(key) for key in decided] == ["accepted", "rejected"]
    (series,) = (opened for opened in session.items if isinstance(opened, OpenedSeries))
    assert [one.kind for one in series.measurements.items] == ["length"]
    assert window.cases.work.case is not None
    assert window.cases.work.case.name == CASE
    banner = window.frame.banner
    assert "Parfocal ended unexpectedly" in banner.problem.what
    assert "Everything that was said to be saved is there." in banner.remedy.text()
    session.make_current(slide)
    wait_sharp(qtbot, window, SLIDE)
    shot(window, window, "9_found_again")
    qtbot.keyClick(view_of(window), Qt.Key.Key_E, CTRL)
    editor = window.further.editing.editor
    assert editor is not None
    draft = editor.drafting.draft
    assert dict(draft.header.values)["case"] == CASE
    comment, pictures = draft.section("comment"), draft.section("figures")
    assert isinstance(comment, TextSection)
    assert comment.text == f"Dense at the rim. {SENTENCE}"
    assert isinstance(pictures, FigureSection)
    assert pictures.figures[-1].title == "View 1"
    qtbot.waitUntil(lambda: bool(editor.view.pages and editor.view.pages[0].scale), timeout=LONG)
    shot(editor, window, "10_report_again")
    editor.close()


def test_a_case_from_its_first_slide_to_the_day_after_a_kill(
    qtbot: QtBot, real_data: Path, head: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slides = real_data / "slides"
    reports = tmp_path / "reports"
    reports.mkdir()
    with a_window(qtbot) as window:
        begin_case(qtbot, window)
        open_slide(qtbot, window, slides / OTHER)
        slide = open_slide(qtbot, window, slides / SLIDE)
        draw_and_correct(qtbot, window)
        decided = analyze_and_decide(qtbot, window)
        look_at_ct(qtbot, window, head)
        window._parts.session.make_current(slide)
        wait_sharp(qtbot, window, SLIDE)
        report = write_report(qtbot, window, monkeypatch, reports)
        check_pdf(report / "report.pdf")
        verify_report(qtbot, window, monkeypatch, report)
        saved(qtbot, window)
        assert listed(qtbot, window, 1) == [CASE]
        shot(window, window, "8b_all_cases")
    with a_window(qtbot) as window:
        assert not window._parts.session.items, "it was closed as it should be: nothing opens by itself"
    confirmed = go_on_and_kill()
    with a_window(qtbot) as window:
        find_everything(qtbot, window, confirmed, decided)
        verify_report(qtbot, window, monkeypatch, report)
        saved(qtbot, window)


def check_pdf(path: Path) -> None:
    document = pypdfium2.PdfDocument(path)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    assert all("Research use only. Not for diagnosis." in page for page in pages)
    text = " ".join(" ".join(pages).split())
    for fact in (CASE, "Dense at the rim.", "View 1", "accepted", "Cellularity"):
        assert fact in text, fact
    assert "Preliminary" not in text
    assert SLIDE not in text, "a name of a file may name a patient"
