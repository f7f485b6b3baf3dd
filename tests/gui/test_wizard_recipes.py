"""`parfocal-ml train` with the recipe that the wizard saved: the same folds and figures, for every kind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

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


@pytest.mark.parametrize("kind", KINDS)
def test_the_saved_recipe_gives_the_same_folds_and_figures(kind: Kind, qtbot: QtBot, tmp_path: Path) -> None:
    desk = desk_of(kind, tmp_path)
    check(desk)
    with training(qtbot, desk) as step:
        qtbot.mouseClick(step.begin_button, Qt.MouseButton.LeftButton)
        assert step.run.state == "running", step.notice.text.text()
        qtbot.waitUntil(lambda: step.run.state not in {"running", "paused"}, timeout=PATIENCE)
        assert step.run.state == "done", step.notice.text.text()
    words = ["train", str(desk.folder / "recipe.toml"), "--data", str(desk.folder)]
    again = desk.folder / "again"
    command = [sys.executable, "-m", "ml", *words, "--out", str(again)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    here, there = report_of(desk.out), report_of(again)
    assert len(here["folds"]) == 2
    assert here == there
    for table in (ANSWERS_FILE, *(("slides.csv", "patients.csv") if kind == "labelled_slides" else ())):
        assert (desk.out / table).read_bytes() == (again / table).read_bytes()  # each by the fold it was in
    bundles = [path / "small" / "weights.safetensors" for path in (desk.out, again)]
    if all(path.is_file() for path in bundles):
        assert bundles[0].read_bytes() == bundles[1].read_bytes()
