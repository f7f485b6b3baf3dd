"""A training watched over: the disk, choices that changed, a plan that cannot be written down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ml.errors import Problem
from viewer.wizard import training_run
from viewer.wizard.desk import Desk
from viewer.wizard.plan import DataPlan, Plan, Texts
from viewer.wizard.resources import Resources, resources_of
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


@pytest.mark.parametrize(
    ("disk", "memory", "words"),
    [
        (9 * GB, 4 * GB, ""),
        (GB, 4 * GB, "Little room"),
        (GB // 4, 4 * GB, "nearly full"),
        (9 * GB, GB // 2, "nearly used up"),
        (9 * GB, GB // 8, "memory is full"),
    ],
)
def test_what_becomes_scarce_is_said(disk: int, memory: int, words: str) -> None:
    found = Resources(disk, GB, memory, 8 * GB)
    assert words in found.warning()
    assert bool(found.warning()) == bool(words)
    assert found.must_wait == (disk < GB // 2 or memory < GB // 4)


def test_what_there_is_now(tmp_path: Path) -> None:
    found = resources_of(tmp_path / "not" / "there", 5)
    assert found.disk_free > 0
    assert found.memory_whole > found.memory_free > 0
    assert found.memory_used == 5


@pytest.mark.parametrize("full", [Resources(GB // 4, GB, GB, 8 * GB), Resources(9 * GB, GB, GB // 9, 8 * GB)])
def test_before_disk_or_memory_is_full_it_waits(
    full: Resources, run: TrainingRun, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that never ends (it reads a pipe that nobody writes to) stands for the training."""
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "labels.csv")
    run.follow()
    assert run.child is not None
    run.child.start(["survey", str(tmp_path / "pipe")])
    qtbot.waitUntil(lambda: run.state == "running", timeout=LONG)
    monkeypatch.setattr(training_run, "resources_of", lambda *_: full)
    run.look_after()
    qtbot.waitUntil(lambda: run.state == "paused", timeout=LONG)
    assert run.resources is not None
    assert "full" in run.resources.warning()
    monkeypatch.setattr(training_run, "resources_of", lambda *_: Resources(GB, GB, GB, 8 * GB))
    run.go_on()
    qtbot.waitUntil(lambda: run.state == "running", timeout=LONG)


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
