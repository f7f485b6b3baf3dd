"""A training watched over: room for it, choices that changed, a plan that cannot be written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ml.errors import Problem
from ml.train.room import WAITING, Resources
from viewer.wizard.desk import Desk
from viewer.wizard.plan import DataPlan, Plan, Texts
from viewer.wizard.run_story import phase_in_words
from viewer.wizard.training_run import TrainingRun

GB = 2**30
LONG = 120_000


@pytest.fixture
def run(qtbot: QtBot, tmp_path: Path) -> Iterator[TrainingRun]:
    desk = Desk(tmp_path / "training")
    desk.change(Plan("pictures", data=DataPlan("f", found=("a", "b"), classes=("a", "b"))))
    made = TrainingRun(desk, desk)
    yield made
    if made.child is not None:
        made.child.kill()
    made.close()


def test_a_training_that_ended_for_want_of_room_says_so_when_one_comes_back(run: TrainingRun) -> None:
    """While the window was closed: what it has told of it lies in its folder."""
    folder = run.desk.folder / "run"
    folder.mkdir(parents=True)
    problem = Resources(9 * GB, GB, GB // 9, 8 * GB).end()
    told = [
        {"event": "begun"},
        {"event": "step", "phase": WAITING, "done": 0, "total": 0, "note": "The memory is full."},
    ]
    (folder / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told), encoding="utf-8")
    run.follow()
    assert phase_in_words(run.story) == "Waiting for room…"
    assert run.story.notes == ["The memory is full."]
    with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"event": "failed", "what": problem.what, "remedy": problem.remedy}) + "\n")
    run.follow()
    assert run.state == "failed"
    assert "ended before the computer stood still" in run.story.what
    assert "What was learned is kept" in run.story.remedy


def test_what_comes_at_once_is_told_at_once(run: TrainingRun, qtbot: QtBot) -> None:
    told: list[str] = []
    run.changed.connect(lambda: told.append("changed"))
    run.epoch.connect(lambda: told.append("epoch"))
    for number in range(40):
        run._hear({"event": "epoch", "fold": 0, "epoch": number, "loss": 1.0})
    assert told == []
    qtbot.waitUntil(lambda: bool(told), timeout=LONG)
    assert told == ["epoch", "changed"]
    assert len(run.story.points) == 40


def test_what_was_learned_with_other_choices_is_not_of_the_plan(run: TrainingRun) -> None:
    desk = run.desk
    folder = desk.folder / "run"
    folder.mkdir(parents=True)
    (desk.out / "folds").mkdir(parents=True)
    (desk.out / "report.json").write_text('{"figures": {}}', encoding="utf-8")
    (folder / "learned-from.toml").write_text(run.wanted(), encoding="utf-8")
    assert run.is_of_the_plan
    assert run.report() == {"figures": {}}
    desk.change(replace(desk.plan, texts=Texts("Another name")))
    assert run.is_of_the_plan
    desk.change(replace(desk.plan, fit=replace(desk.plan.fit, epochs=7)))
    assert not run.is_of_the_plan
    assert run.report() == {}
    run.discard()
    assert not (desk.out / "folds").exists()
    assert run.state == "none"


def test_a_choice_that_cannot_be_written_down_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    desk = Desk(tmp_path / "file" / "training")
    told: list[Problem] = []
    desk.failed.connect(told.append)
    desk.change(Plan("boxes"))
    assert "could not be written" in told[0].what
    assert desk.plan.kind == "boxes"
