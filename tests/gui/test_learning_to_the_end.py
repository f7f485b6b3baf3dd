"""Retraining of CT and of boxes to its end: the model that comes out is used, and names its parent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ml.geometry import Rect
from ml.zoo.card import ModelCard
from ml.zoo.store import models
from tests.gui.model_hands import TINY, data_of, trained_here
from tests.gui.test_learning import asked
from tests.gui.test_learning_ct import analyzed_series, heads_model
from tests.gui.test_learning_kinds import analyzed, began, draw_missed, show_two_boxes, take_model
from tests.gui.test_learning_story import through_the_check
from tests.gui.test_wizard import PATIENCE, TRAINING, USE, end_processes, ended
from tests.ml.train.test_box_study import write_slides
from viewer.main_window.window import MainWindow
from viewer.wizard.desk import trainings_folder
from viewer.wizard.plan import Plan
from viewer.wizard.training_step import TrainingStep
from viewer.wizard.use_step import UseStep
from viewer.wizard.window import WizardWindow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def _ends_processes(window: MainWindow) -> Iterator[None]:
    yield
    for folder in trainings_folder().iterdir():
        end_processes(folder)


def trained_to_the_end(qtbot: QtBot, wizard: WizardWindow) -> ModelCard:
    """From the filled-in *Data* to *Use it*; the card of the model that is there now."""
    through_the_check(qtbot, wizard)
    step, use = wizard.steps[TRAINING], wizard.steps[USE]
    assert isinstance(step, TrainingStep)
    assert isinstance(use, UseStep)
    wizard.go(TRAINING)
    qtbot.mouseClick(step.begin_button, LEFT)
    qtbot.waitUntil(lambda: len(step.run.story.points) > 0, timeout=PATIENCE)
    qtbot.waitUntil(lambda: ended(step), timeout=PATIENCE)
    assert step.run.state == "done", step.notice.text.text()
    wizard.go(USE)
    qtbot.mouseClick(use.use_button, LEFT)
    qtbot.waitUntil(lambda: wizard.desk.plan.done, timeout=PATIENCE)
    card = next(one.card for one in models() if one.name == wizard.desk.plan.name)
    assert card is not None
    return card


def told_of_models(qtbot: QtBot, window: MainWindow, title: str) -> dict[str, str]:
    """What *Your models…* says of one, heading by heading."""
    window.run("models")
    shown = window.further.training.models
    assert shown is not None
    qtbot.waitUntil(lambda: bool(shown.list.findItems(title, Qt.MatchFlag.MatchStartsWith)), timeout=PATIENCE)
    shown.list.setCurrentItem(shown.list.findItems(title, Qt.MatchFlag.MatchStartsWith)[0])
    pairs = [shown._lines.itemAt(n).widget() for n in range(shown._lines.count())]
    words = [[label.text() for label in pair.findChildren(QLabel)] for pair in pairs if pair is not None]
    shown.close()
    return {one[0]: one[1] for one in words}


def test_slices_that_were_answered_make_a_model_that_names_its_parent(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    heads_model(qtbot, window, tmp_path)
    page = analyzed_series(qtbot, window, tmp_path / "new")
    parent = page.opened.findings.card
    queue = asked(qtbot, window)
    for keys in ((Qt.Key.Key_1, Qt.Key.Key_Return), (Qt.Key.Key_Return,), (Qt.Key.Key_2, Qt.Key.Key_Return)):
        for key in keys:
            qtbot.keyClick(queue, key)
    queue.close()
    wizard = began(qtbot, window)
    made = trained_to_the_end(qtbot, wizard)
    assert (made.title, made.class_names) == ("Heads 2", parent.class_names)
    assert [(one.name, one.weights_sha256) for one in made.lineage.parents] == [
        ("heads", parent.weights_sha256)
    ]
    assert made.lineage.added_labels == 3
    looked = json.loads((wizard.desk.folder / "check" / "dataset.json").read_text(encoding="utf-8"))
    assert looked["sources"]["corrected 1"]["pictures"] == 3
    wizard.close()
    told = told_of_models(qtbot, window, "Heads 2")
    assert told["Made from"] == "“Heads”"
    assert told["Added"].startswith("3 labels")
    choice = window.frame.ct_analyze.model
    qtbot.waitUntil(lambda: choice.choice.findData(made.name) >= 0, timeout=PATIENCE)
    choice.choose(made.name)
    window.frame.inspector.setCurrentWidget(window.frame.ct_analyze)
    qtbot.mouseClick(window.frame.ct_analyze.button, LEFT)  # of the series that is open still
    qtbot.waitUntil(lambda: page.opened.findings.card.name == made.name, timeout=PATIENCE)
    qtbot.waitUntil(lambda: page.opened.findings.analysis is not None, timeout=PATIENCE)


def test_boxes_that_were_decided_and_drawn_make_a_model_that_names_its_parent(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "graft"
    write_slides(folder)
    plan = Plan("boxes", data=data_of(folder, "boxes.csv", "lesion"), network=TINY)
    parent = trained_here(plan, "Graft", tmp_path)
    take_model(qtbot, window, "graft")
    opened = analyzed(qtbot, window, folder / "g0_a.tif", Rect(0, 0, 512, 384))
    show_two_boxes(opened.findings)
    opened.findings.select(opened.findings.boxes[0].key)
    window.slides.page.view.setFocus()
    qtbot.keyClick(window.slides.page.view, Qt.Key.Key_Delete)
    draw_missed(qtbot, window, "lesion")
    wizard = began(qtbot, window)
    added = wizard.desk.plan.data.added
    made = trained_to_the_end(qtbot, wizard)
    assert made.title == "Graft 2"
    assert [(one.name, one.weights_sha256) for one in made.lineage.parents] == [
        ("graft", parent.weights_sha256)
    ]
    assert made.lineage.added_labels == added
    assert f"{added} of them only learned from" in made.training_data
    wizard.close()
    assert told_of_models(qtbot, window, "Graft 2")["Made from"] == "“Graft”"
