"""`parfocal-ml train` with the recipe that the wizard saved: the same folds and figures, for every kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ml.train.duration import SEARCHING
from tests.gui.small_plans import check, desk_of
from viewer.wizard.answers import ANSWERS_FILE
from viewer.wizard.desk import Desk
from viewer.wizard.plan import Kind
from viewer.wizard.training_run import TrainingRun
from viewer.wizard.training_step import TrainingStep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PATIENCE = 400_000  # ms; each process imports torch, on a machine that may be busy
KINDS: tuple[Kind, ...] = ("patches", "pictures", "labelled_slides", "boxes", "scans")


@contextmanager
def training(qtbot: QtBot, desk: Desk) -> Iterator[TrainingStep]:
    """Step 6 for the plan on a desk."""
    run = TrainingRun(desk, desk)
    step = TrainingStep(desk, run)
    qtbot.addWidget(step)
    step.show()
    step.enter()
    yield step
    step.close_work()
    run.close()


def report_of(out: Path) -> dict[str, Any]:
    """What a training says of itself, but for how long it took."""
    facts: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    facts["epochs"] = [{k: v for k, v in one.items() if k != "seconds"} for one in facts["epochs"]]
    return facts


def by_the_command_line(desk: Desk) -> Path:
    """The same recipe, by `parfocal-ml train`; where its result lies."""
    words = ["train", str(desk.folder / "recipe.toml"), "--data", str(desk.folder)]
    again = desk.folder / "again"
    command = [sys.executable, "-m", "ml", *words, "--out", str(again)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return again


@pytest.mark.parametrize("kind", KINDS)
def test_the_saved_recipe_gives_the_same_folds_and_figures(kind: Kind, qtbot: QtBot, tmp_path: Path) -> None:
    desk = desk_of(kind, tmp_path)
    check(desk)
    with training(qtbot, desk) as step:
        qtbot.mouseClick(step.begin_button, Qt.MouseButton.LeftButton)
        assert step.run.state == "running", step.notice.text.text()
        qtbot.waitUntil(lambda: step.run.state not in {"running", "paused"}, timeout=PATIENCE)
        assert step.run.state == "done", step.notice.text.text()
    again = by_the_command_line(desk)
    here, there = report_of(desk.out), report_of(again)
    assert len(here["folds"]) == 2
    assert here == there
    for table in (ANSWERS_FILE, *(("slides.csv", "patients.csv") if kind == "labelled_slides" else ())):
        assert (desk.out / table).read_bytes() == (again / table).read_bytes()  # each by the fold it was in
    bundles = [path / "small" / "weights.safetensors" for path in (desk.out, again)]
    if all(path.is_file() for path in bundles):
        assert bundles[0].read_bytes() == bundles[1].read_bytes()


def test_with_tuning_it_searches_first_and_so_does_the_recipe(qtbot: QtBot, tmp_path: Path) -> None:
    desk = desk_of("pictures", tmp_path)
    desk.change(replace(desk.plan, tuning=True, trials=4))
    check(desk)
    with training(qtbot, desk) as step:
        qtbot.mouseClick(step.begin_button, Qt.MouseButton.LeftButton)
        heard: list[dict[str, Any]] = []  # the step shows it twice a second, and may be too late
        assert step.run.child is not None
        step.run.child.told.connect(heard.append)
        qtbot.waitUntil(lambda: step.run.state not in {"running", "paused"}, timeout=PATIENCE)
        assert step.run.state == "done", step.notice.text.text()
        tried = [(one["done"], one["total"]) for one in heard if one.get("phase") == SEARCHING]
        assert {(0, 4), (3, 4)} <= set(tried)
        told = [note for note in step.run.story.notes if note.startswith("Better settings were looked for")]
        assert len(told) == 1
        assert told[0] in step.note.text()
        step.notes.unfold()
        shoot(step, "tuned")
    assert "[search]" in (desk.folder / "recipe.toml").read_text(encoding="utf-8")
    again = by_the_command_line(desk)
    here, there = report_of(desk.out), report_of(again)
    assert here["search"]["tried"] == 4
    assert here == there
    assert desk.plan.fit.rate != here["search"]["settings"]["fit.rate"]  # what was chosen stays in the plan


def shoot(step: TrainingStep, name: str) -> None:
    """A picture where PARFOCAL_SHOTS names a folder."""
    if folder := os.environ.get("PARFOCAL_SHOTS"):
        for width, height in ((1100, 740), (1740, 1020)):
            step.resize(width, height)
            QApplication.processEvents()
            step.grab().save(str(Path(folder) / f"{name}_{width}.png"))
