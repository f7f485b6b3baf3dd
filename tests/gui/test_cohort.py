"""*Analyze all* clicked: slides of several cases in a process of its own, closed and opened meanwhile."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QListWidgetItem
from pytestqt.qtbot import QtBot

from ml.zoo import store
from tests.gui.case_hands import a_window, double_click, listed, row_of
from tests.gui.hands import LONG
from tests.ml.verbs.small_cohort import write_slide
from viewer.cases.fingerprint import fingerprint
from viewer.cases.library import Library
from viewer.cases.values import ItemFacts
from viewer.main_window.window import MainWindow
from viewer.panels.cohort_dialog import CohortDialog
from viewer.panels.pieces import Text
from viewer.work.cohort_run import CohortRun

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 3 * LONG


@pytest.fixture
def cases(tmp_path: Path, tiny_model: Path) -> list[Path]:
    """Three cases of one slide each; the slide of the last one is damaged. The tiny model is installed."""
    store.install(tiny_model)
    slides = [write_slide(tmp_path / f"{name}.tif", 16 * n, 24 * n) for n, name in enumerate("ab")]
    slides.append(tmp_path / "c.tif")
    slides[-1].write_text("not a slide", encoding="utf-8")
    library = Library.open(None)
    for path in slides:
        case = library.new_case(f"Case {path.stem}")
        library.add(case.id, ItemFacts("slide", path, fingerprint(path), path.name))
    library.close()
    return slides


def click_cases(qtbot: QtBot, window: MainWindow, *names: str) -> None:
    """Mark these cases with the mouse, and press the button below the list."""
    listed(qtbot, window, 3)
    rows = window.frame.slides.all.list
    key = Qt.KeyboardModifier.NoModifier
    for name in names:
        row: QListWidgetItem = row_of(rows, name)
        qtbot.mouseClick(rows.viewport(), LEFT, key, rows.visualItemRect(row).center())
        key = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(window.frame.slides.all.analyze_button, LEFT)
    qtbot.waitUntil(lambda: window.further.cohorts.dialog is not None, timeout=LONG)


def begun(qtbot: QtBot, window: MainWindow) -> tuple[CohortDialog, CohortRun]:
    """Choose the tiny model and start."""
    dialog = window.further.cohorts.dialog
    assert dialog is not None
    dialog.model.choose("tiny")
    dialog.options.device.setCurrentIndex(dialog.options.device.findData("cpu"))
    qtbot.mouseClick(dialog.begin, LEFT)
    run = window.further.cohorts.run
    assert run is not None
    return dialog, run


@pytest.mark.slow
def test_cases_are_marked_analyzed_and_opened_with_what_was_found(
    qtbot: QtBot, cases: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
    with a_window(qtbot) as window:
        click_cases(qtbot, window, "Case a", "Case b", "Case c")
        dialog, run = begun(qtbot, window)
        assert dialog.chosen.text() == "3 slides of 3 cases."
        assert dialog.stop.isVisible()
        qtbot.waitUntil(lambda: run.state == "done", timeout=PATIENCE)
        assert "2 slides analyzed" in dialog.notice.text.text()
        (line,) = dialog.failures.findChildren(Text)
        assert line.isVisible()
        assert line.text().startswith("c: c.tif holds text")
        qtbot.mouseClick(dialog.sheet, LEFT)
        qtbot.mouseClick(dialog.table, LEFT)
        assert [Path(url.toLocalFile()).name for url in shown] == ["cohort.html", "cohort.csv"]
        dialog.close()
        double_click(qtbot, window.frame.slides.all.list, "Case b")
        qtbot.waitUntil(lambda: window._parts.session.slide is not None, timeout=LONG)
        slide = window._parts.session.slide
        assert slide is not None
        qtbot.waitUntil(lambda: slide.findings is not None, timeout=LONG)
        assert slide.findings.card.name == "tiny"
        assert slide.findings.scores.scored.any()
    library = Library.open(None)
    items = [item for case in library.cases() for item in library.items(case.id)]
    assert sorted(len(library.analyses(item.id)) for item in items) == [0, 1, 1]
    library.close()


@pytest.mark.slow
def test_a_window_that_is_opened_again_goes_on_with_it(qtbot: QtBot, cases: list[Path]) -> None:
    with a_window(qtbot) as window:
        click_cases(qtbot, window, "Case a", "Case b")
        _, run = begun(qtbot, window)
        process = run._child._process
        assert process is not None
        pid = process.pid
        os.kill(pid, signal.SIGSTOP)  # as slow as can be: it surely outlives the window
    assert psutil.Process(pid).status() == psutil.STATUS_STOPPED
    with a_window(qtbot) as window:
        qtbot.waitUntil(lambda: window.further.cohorts.run is not None, timeout=LONG)
        window.run("analyze_all")
        run = window.further.cohorts.run
        assert run is not None
        assert run.state == "running"
        os.kill(pid, signal.SIGCONT)
        dialog = window.further.cohorts.dialog
        assert dialog is not None
        qtbot.mouseClick(dialog.stop, LEFT)
        qtbot.waitUntil(lambda: run.state != "running", timeout=PATIENCE)
        assert dialog.go_on.isVisible(), run.state
        qtbot.mouseClick(dialog.go_on, LEFT)
        qtbot.waitUntil(lambda: run.state == "done", timeout=PATIENCE)
        assert "2 slides analyzed" in dialog.notice.text.text()


@pytest.mark.usefixtures("cases")
def test_with_nothing_marked_it_says_what_to_do(qtbot: QtBot) -> None:
    with a_window(qtbot) as window:
        listed(qtbot, window, 3)
        window.frame.slides.all.list.clearSelection()
        window.run("analyze_all")
        qtbot.waitUntil(lambda: window.further.cohorts.dialog is not None, timeout=LONG)
        dialog = window.further.cohorts.dialog
        assert "Mark cases" in dialog.chosen.text()
        assert not dialog.begin.isEnabled()
