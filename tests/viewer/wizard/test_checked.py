"""Choices of the method that the check depends on forbid to begin until they were checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ml.train.study_recipe import Fit, Vary
from viewer.wizard.checked import FACTS, LOOKED, is_checked
from viewer.wizard.desk import CHECK, Desk
from viewer.wizard.plan import DataPlan, Plan
from viewer.wizard.plan_recipe import text_for_check
from viewer.wizard.training_run import TrainingRun
from viewer.wizard.training_step import TrainingStep

DATA = DataPlan("f", found=("a", "b"), classes=("a", "b"))


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "training")
    made.change(Plan("labelled_slides", data=DATA))
    folder = made.folder / CHECK
    folder.mkdir()
    (folder / LOOKED).write_text(text_for_check(made.plan), encoding="utf-8")
    (folder / FACTS).write_text("{}", encoding="utf-8")
    yield made
    made.deleteLater()


def test_what_the_check_has_seen_makes_it_old(desk: Desk) -> None:
    plan = desk.plan
    assert is_checked(plan, desk.folder)
    unseen = (replace(plan, fit=Fit(3)), replace(plan, vary=Vary(flip=True)), replace(plan, step=5))
    assert all(is_checked(one, desk.folder) for one in unseen)
    parts = replace(plan, division=replace(plan.division, folds=plan.division.folds + 1))
    tissue = replace(plan, tiles=replace(plan.tiles, tissue=plan.tiles.tissue / 2))
    network = replace(plan, network=replace(plan.network, size=(96, 96)))
    assert not any(is_checked(one, desk.folder) for one in (parts, tissue, network))


def test_training_does_not_begin_on_an_old_check(desk: Desk, qtbot: QtBot) -> None:
    run = TrainingRun(desk, desk)
    step = TrainingStep(desk, run)
    qtbot.addWidget(step)
    desk.change(replace(desk.plan, division=replace(desk.plan.division, folds=desk.plan.division.folds + 1)))
    step.begin()
    assert "Go to step 3" in step.notice.text.text()
    assert run.state == "none"
    assert run.child is None
    step.close_work()
