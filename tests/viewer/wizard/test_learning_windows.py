"""Questions and made-up labels without a model: what is asked about, what is taken back, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.annotation.answers import is_answer
from ml.annotation.document import Change
from ml.geometry import Rect
from ml.slide.opening import open_slide
from ml.train.corrected import Question, said_of
from ml.verbs.label_queue import Asked
from ml.verbs.slice_queue import AskedSlice
from ml.volume.series import find_series
from ml.volume.window import Window
from tests.ml.train.test_scan_study import write_heads
from viewer.state.learning import LabelQueue, LearningNotes, MadeUp, SeriesNotes, SliceQueue
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.answering import Answering
from viewer.wizard.made_up_window import MadeUpWindow
from viewer.wizard.patch_view import PatchView
from viewer.wizard.queue_window import QueueWindow
from viewer.wizard.slice_answering import SliceAnswering
from viewer.wizard.slice_picture import SlicePicture

PLACES = tuple(Rect(64 * n, 0, 64, 64) for n in range(4))
QUEUE = LabelQueue(
    "m", "1.0", "0" * 64, "today", ("a", "b"), tuple(Asked(rect, (0.6, 0.4), 0.9, 0.0) for rect in PLACES)
)
MADE_UP = tuple(MadeUp(rect, "a", 0.95, "Handed on from 2 answers", "now") for rect in PLACES)


@pytest.fixture
def opened(tmp_path: Path, qtbot: QtBot) -> Iterator[OpenedSlide]:
    path = tmp_path / "slide.tif"
    pixels = np.full((256, 256, 3), 200, dtype=np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", tile=(128, 128))
    found = OpenedSlide(open_slide(path))
    yield found
    found.let_go()


@pytest.fixture
def window(opened: OpenedSlide, qtbot: QtBot) -> Iterator[QueueWindow]:
    answering = Answering(opened, QUEUE, {"a": (1, 2, 3)}.get, "me@here")
    made = QueueWindow(answering, opened, PatchView(opened.path))
    qtbot.addWidget(made)
    yield made
    made.done(0)


def said(opened: OpenedSlide) -> list[tuple[float, str]]:
    return sorted((one.shape.bounds.x, one.class_name) for one in opened.annotations if is_answer(one))


def test_keys_answer_and_the_count_follows(window: QueueWindow, opened: OpenedSlide, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_0, Qt.Key.Key_9):
        qtbot.keyClick(window, key)  # there is no ninth class: nothing is said
    assert said(opened) == [(0, "a"), (64, "b"), (128, "Ignore*")]
    assert window.answering.counts() == {"a": 1, "b": 1}
    assert window.heading.text().startswith("Patch 4 of 4")
    qtbot.keyClick(window, Qt.Key.Key_1)
    assert window.heading.text() == "That was the last one"
    assert not window.unsure.isEnabled()


def test_another_answer_takes_the_place_of_the_first(
    window: QueueWindow, opened: OpenedSlide, qtbot: QtBot
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_1)
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert said(opened) == [(0, "b")]


def test_undo_asks_again_wherever_it_is_done(window: QueueWindow, opened: OpenedSlide, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_1)
    qtbot.keyClick(window, Qt.Key.Key_2)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (said(opened), window.answering.position) == ([(0, "a")], 1)
    opened.undo.undo()  # in the window of the slide
    assert (said(opened), window.answering.position) == ([], 0)
    opened.undo.redo()
    assert window.answering.answered == 1


def test_what_was_answered_before_is_not_asked_again(opened: OpenedSlide, qtbot: QtBot) -> None:
    first = Answering(opened, QUEUE, {}.get, "me@here")
    first.answer("b")
    first.close()
    again = Answering(opened, QUEUE, {}.get, "me@here")
    assert (again.position, again.answered) == (1, 1)
    answer = next(one for one in opened.annotations if is_answer(one))
    opened.edit(Change((answer,), (answer.but(class_name="a"),), "Another class"))  # on the slide
    assert again.counts() == {"a": 1}
    again.close()


def test_made_up_labels_are_taken_back_one_by_one_or_all(opened: OpenedSlide, qtbot: QtBot) -> None:
    opened.learning.set_made_up(MADE_UP)
    window = MadeUpWindow(opened)
    qtbot.addWidget(window)
    assert window.list.count() == 4
    assert "95" in window.list.item(0).text()
    window.list.setCurrentRow(1)
    assert window.source.text().startswith("Handed on from 2 answers")
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert opened.learning.made_up == (MADE_UP[0], *MADE_UP[2:])
    assert not tuple(opened.annotations)  # they are no annotations
    qtbot.mouseClick(window.withdraw_all, Qt.MouseButton.LeftButton)
    assert opened.learning.made_up == ()
    window.done(0)


def test_notes_come_back_as_they_were_kept(qtbot: QtBot) -> None:
    notes = LearningNotes()
    notes.set_queue(QUEUE)
    notes.set_made_up(MADE_UP)
    again = LearningNotes().restore(notes.as_json())
    assert (again.queue, again.made_up) == (QUEUE, MADE_UP)


@pytest.fixture
def several(opened: OpenedSlide, qtbot: QtBot) -> QueueWindow:
    """Of a model that may give a patch both classes."""
    answering = Answering(opened, replace(QUEUE, several=True), {"a": (1, 2, 3)}.get, "me@here")
    made = QueueWindow(answering, opened, PatchView(opened.path))
    qtbot.addWidget(made)
    made.show()  # closed by qtbot
    return made


def test_where_classes_may_hold_together_keys_switch_and_enter_says(
    several: QueueWindow, opened: OpenedSlide, qtbot: QtBot
) -> None:
    keys = several.keys
    qtbot.keyClick(several, Qt.Key.Key_1)
    assert (keys.on, said(opened)) == (("a",), [])  # nothing is said yet
    qtbot.keyClick(several, Qt.Key.Key_2)
    qtbot.keyClick(several, Qt.Key.Key_Return)
    assert said(opened) == [(0, "a: b")]
    assert keys.on == ()  # the next one begins anew: what the model thinks is not prefilled
    qtbot.keyClick(several, Qt.Key.Key_2)
    qtbot.keyClick(several, Qt.Key.Key_2)
    qtbot.keyClick(several, Qt.Key.Key_Return)
    assert said(opened)[1] == (64, "None of them")
    qtbot.mouseClick(keys.buttons[1], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(keys.confirm_button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(several, Qt.Key.Key_Space)
    assert [name for _, name in said(opened)] == ["a: b", "None of them", "b", "Ignore*"]
    assert several.answering.counts() == {"a": 1, "b": 2}
    for _ in range(4):
        qtbot.keyClick(several, Qt.Key.Key_Backspace)
    assert (keys.on, several.given.text()) == (("a", "b"), "You said: a and b.")
    qtbot.keyClick(several, Qt.Key.Key_1)
    qtbot.keyClick(several, Qt.Key.Key_Enter)
    assert said(opened)[0] == (0, "b")
    question = Question(("a", "b"), several=True)
    assert sorted(one.label for one in said_of(opened.annotations, question)) == ["", "b", "b"]


def test_one_key_still_answers_where_classes_exclude_each_other(window: QueueWindow, qtbot: QtBot) -> None:
    assert window.keys.confirm_button.isHidden()
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert window.answering.answered == 0


@pytest.fixture
def series(tmp_path: Path, qtbot: QtBot) -> OpenedSeries:
    write_heads(tmp_path / "heads", patients=1, slices=4)
    found = find_series(tmp_path / "heads" / "p0").series[0]
    return OpenedSeries(found, tmp_path / "heads" / "p0")


@pytest.fixture
def slices(series: OpenedSeries, qtbot: QtBot) -> QueueWindow:
    asked = tuple(AskedSlice(n, series.series.slices[n].uid, (0.6, 0.2), 0.9, 0.2) for n in (2, 0, 3))
    queue = SliceQueue("m", "1.0", "0" * 64, "today", ("left", "right"), asked)
    answering = SliceAnswering([(series, queue)], "me@here")
    made = QueueWindow(answering, series, SlicePicture([series], Window(40, 80)))
    qtbot.addWidget(made)
    made.show()  # closed by qtbot
    return made


def test_slices_are_answered_by_keys_and_every_answer_can_be_undone(
    slices: QueueWindow, series: OpenedSeries, qtbot: QtBot
) -> None:
    view, notes = slices.view, series.learning
    assert isinstance(view, SlicePicture)
    assert (slices.heading.text(), view.shown) == ("Slice 1 of 3: what is to be seen?", 2)
    assert "they disagree" in slices.told.text()
    view.step(-1)
    assert view.shown == 1  # a neighbour, to look at
    qtbot.keyClick(slices, Qt.Key.Key_1)
    assert view.shown == 1
    qtbot.keyClick(slices, Qt.Key.Key_Return)
    assert view.shown == 0
    qtbot.keyClick(slices, Qt.Key.Key_Return)
    qtbot.keyClick(slices, Qt.Key.Key_0)
    by_place = [notes.answers[one.uid].label for one in slices.answering.asked]
    assert by_place == ["left", "None of them", ""]
    first = notes.answers[series.series.slices[2].uid]
    assert (first.by, first.model, first.worth) == ("me@here", "m", "1.000")
    assert slices.heading.text() == "That was the last one"
    qtbot.keyClick(slices, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (slices.answering.position, slices.answering.answered) == (2, 2)
    series.undo.undo()  # in the window of the series
    assert (slices.answering.position, slices.answering.answered) == (1, 1)
    again = SeriesNotes().restore(notes.as_json())
    assert (again.queue, dict(again.answers)) == (notes.queue, dict(notes.answers))
