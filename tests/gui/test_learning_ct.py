"""Questions about several CT series at once: one queue, whose it is, where it lies, one step back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.ct_about import patient_in_words
from tests.gui.case_hands import known, listed, saved
from tests.gui.ct_hands import open_series
from tests.gui.hands import LONG, bring_to_front
from tests.gui.model_hands import TINY_CT, data_of, shoot, trained_here
from tests.gui.test_learning import asked
from tests.ml.train.labelled_heads import write_with_a_new_one
from viewer.main_window.ct_page import CtPage
from viewer.main_window.window import MainWindow
from viewer.wizard.plan import Plan
from viewer.wizard.slice_answering import SliceAnswering

pytestmark = [pytest.mark.slow]

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


def heads_model(qtbot: QtBot, window: MainWindow, folder: Path) -> Path:
    """A model of CT with weights by chance, chosen; the folder of the heads that it learned from."""
    heads = write_with_a_new_one(folder, slices=6)
    data = replace(data_of(heads, "labels.csv", "left", "right"), label="", patients="column")
    trained_here(Plan("scans", data=data, network=TINY_CT), "Heads", folder)
    window._parts.models.read()
    choice = window.frame.ct_analyze.model
    qtbot.waitUntil(lambda: choice.choice.findData("heads") >= 0, timeout=LONG)
    choice.choose("heads")
    return heads


def analyzed_series(qtbot: QtBot, window: MainWindow, folder: Path) -> CtPage:
    """A series, looked at by the chosen model."""
    page = open_series(qtbot, window, folder)
    window.frame.inspector.setCurrentWidget(window.frame.ct_analyze)
    qtbot.mouseClick(window.frame.ct_analyze.button, LEFT)
    qtbot.waitUntil(lambda: window.on_ct.reporting.possible, timeout=LONG)
    return page


def mark(qtbot: QtBot, window: MainWindow, case: int) -> None:
    """Click on it in the list of all cases, which holds four."""
    listed(qtbot, window, 4)
    shown = window.frame.slides.all
    for row in range(4):
        place = shown.list.visualItemRect(shown.list.item(row)).center()
        qtbot.mouseClick(shown.list.viewport(), LEFT, pos=place)
        if shown.marked == (case,):
            return
    raise AssertionError(case)


def test_series_of_marked_cases_are_opened_and_asked_about_too(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    heads = heads_model(qtbot, window, tmp_path)
    session = window._parts.session
    marked = analyzed_series(qtbot, window, heads / "p1").opened
    key = marked.series.key
    known(qtbot, window, marked)
    case = window.cases.work.case_of(marked)
    assert case is not None
    other = analyzed_series(qtbot, window, heads / "p3").opened  # its case is not marked
    not_marked = other.series.key
    never = open_series(qtbot, window, heads / "p2").opened  # nobody analyzed it
    page = analyzed_series(qtbot, window, tmp_path / "new")
    for opened in (other, never, page.opened):
        known(qtbot, window, opened)
    saved(qtbot, window)
    for opened in (marked, other, never):
        session.close(opened)
    mark(qtbot, window, case.id)

    queue = asked(qtbot, window)
    answering = queue.answering
    assert isinstance(answering, SliceAnswering)
    assert {one.series.key for one in answering.series} == {key, page.opened.series.key}
    assert not_marked not in {one.series.key for one in session.items}
    assert len(answering.asked) == 12
    assert session.current is page.opened  # where one was


def test_all_open_series_of_a_model_are_asked_about_in_one_queue(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    heads = heads_model(qtbot, window, tmp_path)
    first = analyzed_series(qtbot, window, heads / "p1")
    second = analyzed_series(qtbot, window, tmp_path / "new")
    open_series(qtbot, window, heads / "p2")  # nobody analyzed it
    window._parts.session.make_current(second.opened)
    queue = asked(qtbot, window)
    answering = queue.answering
    assert isinstance(answering, SliceAnswering)
    whose = [answering.opened_at(n) for n in range(len(answering.asked))]
    assert len(whose) == 12
    assert set(whose) == {first.opened, second.opened}
    assert whose != sorted(whose, key=whose.index)  # by their worth, not series by series

    answers = {first: "right", second: "left"}
    for page, label in answers.items():
        place = whose.index(page.opened)
        for key, times in ((Qt.Key.Key_Backspace, len(whose)), (Qt.Key.Key_Right, place)):
            for _ in range(times):
                qtbot.keyClick(queue, key)
        assert queue.whose.text().endswith(patient_in_words(page.opened.about))
        assert queue.view._opened is page.opened
        qtbot.mouseClick(queue.show_place, LEFT)
        assert window._parts.session.current is page.opened
        assert page.reading.slice_ == answering.asked[place].number
        bring_to_front(qtbot, queue)
        shoot(qtbot, window, queue, f"queue_of_several_{label}")
        qtbot.keyClick(queue, Qt.Key.Key_1 if label == "left" else Qt.Key.Key_2)
        qtbot.keyClick(queue, Qt.Key.Key_Return)
        assert [one.label for one in page.opened.learning.answers.values()] == [label]
        assert list(page.opened.learning.answers) == [answering.asked[place].uid]

    queue.close()
    window.run("label_queue")  # goes on where it stopped
    again = window.further.learning.queue_window
    assert again is not None
    assert again.answering.asked == answering.asked
    assert again.answering.answered == 2
    place = again.answering.position
    qtbot.keyClick(again, Qt.Key.Key_Space)
    assert again.answering.answered == 3
    qtbot.keyClick(again, Qt.Key.Key_Z, CTRL)
    assert (again.answering.answered, again.answering.position) == (2, place)
    window._parts.session.close(first.opened)
    assert window.further.learning.queue_window is None
    window.run("label_queue")  # of the series that are left
    rest = window.further.learning.queue_window
    assert rest is not None
    assert len(rest.answering.asked) == whose.count(second.opened)
    assert not rest.whose.text()
