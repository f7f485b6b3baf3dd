"""Learning from corrections, by keys: questions, answers that are kept, a training filled in."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.annotation.answers import is_answer
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from tests.gui.hands import LONG, open_file
from viewer.main_window.window import MainWindow
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.queue_window import QueueWindow

pytestmark = [pytest.mark.slow]


def analyzed(qtbot: QtBot, window: MainWindow, slide: Path) -> OpenedSlide:
    """A part of the slide, looked at by the model that comes with the program."""
    open_file(qtbot, window, slide)
    page = window.slides.page
    assert page is not None
    opened = page.opened
    assert isinstance(opened, OpenedSlide)
    middle = Rect.of_size(opened.info.size).center
    region = Annotation(Shape.rectangle(Rect(middle.x - 600, middle.y - 600, 1200, 1200)))
    opened.edit(Change((), (region,), "Draw rectangle"))
    opened.select(region.id)
    window.run("analyze")
    assert window.analyzing.running
    qtbot.waitUntil(
        lambda: opened.findings is not None and opened.findings.analysis is not None, timeout=LONG
    )
    return opened


def asked(qtbot: QtBot, window: MainWindow) -> QueueWindow:
    """The window of questions, by its command."""
    learning = window.further.learning
    before = learning.queue_window
    window.run("label_queue")
    qtbot.waitUntil(lambda: learning.queue_window not in {before, None}, timeout=LONG)
    found = learning.queue_window
    assert found is not None
    qtbot.waitUntil(found.isVisible)
    return found


def answers(opened: OpenedSlide) -> list[str]:
    return [one.class_name for one in opened.annotations if is_answer(one)]


def test_questions_are_answered_by_keys_and_every_answer_is_an_edit_that_is_kept(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    opened = analyzed(qtbot, window, sample_slide)
    queue = asked(qtbot, window)
    names = queue.answering.queue.class_names
    total = len(queue.answering.queue.asked)
    assert total > 3
    qtbot.keyClick(queue, Qt.Key.Key_2)
    qtbot.keyClick(queue, Qt.Key.Key_1)
    qtbot.keyClick(queue, Qt.Key.Key_Space)
    assert answers(opened) == [names[1], names[0], "Ignore*"]
    first = next(one for one in opened.annotations if is_answer(one))
    assert first.metadata["Model"] == "cellularity"
    assert first.metadata["Answered by"]
    assert 0 <= float(first.metadata["Worth"]) <= 1
    qtbot.keyClick(queue, Qt.Key.Key_Backspace)
    assert queue.given.text() == "You said: not sure."
    qtbot.keyClick(queue, Qt.Key.Key_3)
    assert answers(opened) == [names[1], names[0], names[2]]
    qtbot.keyClick(queue, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert answers(opened) == [names[1], names[0], "Ignore*"]
    assert queue.answering.position == 2
    place = queue.answering.queue.asked
    queue.close()
    window.run("label_queue")
    again = window.further.learning.queue_window
    assert again is not None
    assert again.answering.queue.asked == place  # nothing is looked for anew
    assert again.answering.position == 3
    again.close()

    keeping = window.further.learning._parts.keeping
    kept: list[int] = []

    def in_library() -> bool:
        keeping.ask(
            lambda library: sum(
                is_answer(one)
                for row in library.cases()
                for item in library.items(row.id)
                for one in library.annotations(item.id)
            ),
            kept.append,
            lambda problem: pytest.fail(str(problem)),
        )
        return bool(kept) and kept[-1] == 3

    qtbot.waitUntil(in_library, timeout=LONG)
