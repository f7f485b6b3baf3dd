"""A model of boxes that goes on learning: findings accepted and rejected by keys, then a new training."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.zoo.store import models
from tests.gui.hands import bring_to_front
from tests.gui.test_wizard import end_processes
from tests.gui.test_wizard_stories import analyze_region, write_boxed
from tests.gui.wizard_person import CHECK, DATA, Person
from viewer.main_window.window import MainWindow
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.data_step import DataStep

pytestmark = [pytest.mark.data, pytest.mark.slow, pytest.mark.timeout(1800)]

CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Somebody in front of the wizard; every training that was begun is ended afterwards."""
    made = Person(qtbot, window, monkeypatch, "learning_boxes")
    made.open_wizard()
    first = made.wizard.desk.folder
    yield made
    for folder in (first, made.wizard.desk.folder):
        end_processes(folder)


def decide(person: Person, opened: OpenedSlide) -> None:
    """Accept the first box and reject the second, by keys."""
    findings, window, qtbot = opened.findings, person.window, person.qtbot
    assert findings is not None
    if len(findings.boxes) < 2:  # one pass does not teach much: show what it is less sure of
        values = findings.scores.values[..., 0][findings.scores.scored]
        for share in (0.5, 0.7, 0.8, 0.9):
            threshold = float(sorted(values.tolist())[int(share * (len(values) - 1))])
            findings.set_rule(replace(findings.rule, threshold=threshold, smoothing=0.0, least_patches=1))
            if len(findings.boxes) >= 2:
                break
    assert len(findings.boxes) >= 2
    bring_to_front(qtbot, window)
    view = window.slides.page.view
    view.setFocus()
    for box, key in zip(findings.boxes[:2], (Qt.Key.Key_Return, Qt.Key.Key_Delete), strict=False):
        findings.select(box.key)
        qtbot.keyClick(view, key)
    verdicts = [findings.verdict(box.key) for box in findings.boxes[:2]]
    assert verdicts == ["accepted", "rejected"]


def test_findings_that_were_decided_about_are_learned_from(
    person: Person, real_data: Path, tmp_path: Path
) -> None:
    folder = write_boxed(real_data, tmp_path / "graft")
    person.ask("boxes")
    person.choose_data(folder)
    person.learn(1)
    person.use("Lesions of a graft", "Pieces of carcinoma laid into an artery.")
    analyze_region(person, folder / "g0_a.tif", "lesions-of-a-graft")
    opened = person.window.slides.page.opened
    assert isinstance(opened, OpenedSlide)
    decide(person, opened)

    before = person.wizard.desk.folder
    person.qtbot.keyClick(person.window, Qt.Key.Key_T, CTRL_ALT)
    training = person.window.further.training
    person.wait(lambda: training.wizard is not None and training.wizard.desk.folder != before)
    wizard = person.wizard = training.wizard
    assert wizard is not None
    plan = wizard.desk.plan
    assert (plan.kind, plan.texts.title, wizard.current) == ("boxes", "Lesions of a graft 2", DATA)
    with (wizard.desk.folder / "labels" / "added.csv").open(encoding="utf-8", newline="") as file:
        origin = list(csv.DictReader(file))
    assert {one["source"] for one in origin} == {"corrected by person", "rejected by person"}
    assert {Path(one["slide"]).name for one in origin} == {"g0_a.tif"}
    assert all(one["by"] and one["at"] and one["run"] for one in origin)
    data = wizard.steps[DATA]
    assert isinstance(data, DataStep)
    person.wait(lambda: wizard.desk.survey is not None)
    assert f"{plan.data.added} label" in data.told.text()
    person.look("2_data")
    person.next_()
    assert wizard.current == CHECK
    person.check()
    person.look_at_patches()
    person.choose_method(1)
    person.train()
    person.judge()
    person.use("Lesions of a graft 2", "Pieces of carcinoma laid into an artery.")
    card = next(entry.card for entry in models() if entry.name == "lesions-of-a-graft-2")
    assert card is not None
    assert card.lineage.added_labels == plan.data.added
    assert [one.name for one in card.lineage.parents] == ["lesions-of-a-graft"]
    assert f"{plan.data.added} of them only learned from" in card.training_data
