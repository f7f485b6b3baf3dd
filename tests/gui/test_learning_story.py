"""The whole way round: train, analyze, be asked, train again from there, analyze with what came out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.annotation.answers import is_answer
from ml.zoo.card import ModelCard
from ml.zoo.store import models
from tests.gui.test_learning import asked
from tests.gui.test_wizard import (
    CHECK,
    DATA,
    METHOD,
    PATIENCE,
    TRAINING,
    USE,
    analyze_with_it,
    ended,
    next_,
    pictures,
    to_training,
    wizard,
)
from viewer.main_window.window import MainWindow
from viewer.wizard.data_step import DataStep
from viewer.wizard.honesty_step import HonestyStep
from viewer.wizard.method_step import MethodStep
from viewer.wizard.training_step import TrainingStep
from viewer.wizard.use_step import UseStep
from viewer.wizard.window import WizardWindow

__all__ = ["pictures", "wizard"]  # fixtures

pytestmark = [pytest.mark.data, pytest.mark.slow, pytest.mark.timeout(1800)]


def trained(qtbot: QtBot, window: MainWindow, wizard: WizardWindow, title: str) -> ModelCard:
    """Begin, wait, put to use; the card of the model."""
    step, use = wizard.steps[TRAINING], wizard.steps[USE]
    assert isinstance(step, TrainingStep)
    assert isinstance(use, UseStep)
    wizard.go(TRAINING)
    qtbot.mouseClick(step.begin_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(step.run.story.points) > 0, timeout=PATIENCE)
    qtbot.waitUntil(lambda: ended(step), timeout=PATIENCE)
    assert step.run.state == "done", step.notice.text.text()
    wizard.go(USE)
    if not use.fields["title"].text():
        qtbot.keyClicks(use.fields["title"], title)
        qtbot.keyClicks(use.fields["limits"], "Twelve source tiles.")
    qtbot.mouseClick(use.use_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: wizard.desk.plan.done, timeout=PATIENCE)
    name = wizard.desk.plan.name
    qtbot.waitUntil(lambda: window.frame.analyze.model.choice.currentData() == name, timeout=PATIENCE)
    card = next(entry.card for entry in models() if entry.name == name)
    assert card is not None
    return card


def through_the_check(qtbot: QtBot, wizard: WizardWindow) -> None:
    """Steps 2 to 5, with what is filled in."""
    assert wizard.current == DATA
    data, check, method = (wizard.steps[number] for number in (DATA, CHECK, METHOD))
    assert isinstance(data, DataStep)
    assert isinstance(check, HonestyStep)
    assert isinstance(method, MethodStep)
    qtbot.waitUntil(lambda: wizard.desk.survey is not None, timeout=PATIENCE)
    next_(qtbot, wizard)
    qtbot.waitUntil(lambda: bool(check.remarks), timeout=PATIENCE)
    wizard.go(METHOD)
    qtbot.waitUntil(lambda: method.rehearsing.seconds() is not None, timeout=PATIENCE)


def test_what_was_answered_is_learned_from_and_the_new_model_knows_its_parent(
    window: MainWindow, wizard: WizardWindow, qtbot: QtBot, pictures: Path, sample_slide: Path
) -> None:
    to_training(qtbot, wizard, pictures)
    wizard.desk.change(wizard.desk.plan.with_data(spacing=0.5))
    first = trained(qtbot, window, wizard, "Lung or colon")
    wizard.close()
    analyze_with_it(qtbot, window, sample_slide)
    queue = asked(qtbot, window)
    for number in range(8):
        qtbot.keyClick(queue, Qt.Key.Key_2 if number % 2 else Qt.Key.Key_1)
    opened = queue.opened
    assert sum(map(is_answer, opened.annotations)) == 8

    qtbot.mouseClick(queue.retrain, Qt.MouseButton.LeftButton)
    training = window.further.training
    qtbot.waitUntil(lambda: training.wizard is not None, timeout=PATIENCE)
    again = training.wizard
    assert again is not None
    assert again.desk.plan.data.added == 8
    assert again.desk.plan.network == network_of(first)
    through_the_check(qtbot, again)
    second = trained(qtbot, window, again, "")
    assert second.title == "Lung or colon 2"
    assert [one.name for one in second.lineage.parents] == ["lung-or-colon"]
    assert second.lineage.parents[0].weights_sha256 == first.weights_sha256
    assert second.lineage.added_labels == 8
    with (again.desk.folder / "cases.csv").open(encoding="utf-8", newline="") as file:
        learned = list(csv.DictReader(file))
    assert len(learned) == 24 + 8
    assert len({line["patient"] for line in learned[24:]}) == 1  # one slide is one patient
    again.close()
    analyze_with_it(qtbot, window, sample_slide)
    findings = opened.findings
    assert findings is not None
    assert findings.card.name == "lung-or-colon-2"


def network_of(first: ModelCard) -> object:
    """The network of the parent's training."""
    from viewer.wizard.desk import trainings_folder
    from viewer.wizard.plan import read_plan

    plan = read_plan(trainings_folder() / first.lineage.training)
    assert plan is not None
    return plan.network
