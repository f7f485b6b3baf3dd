"""The plan that is worked on: one door for changes, each written down before anything else happens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from ml import paths
from ml.errors import Problem
from ml.train.survey import Survey
from viewer.wizard.cases import cases_of, write_cases
from viewer.wizard.plan import PLAN_FILE, Plan, read_plan, write_plan
from viewer.wizard.plan_recipe import write_recipe
from viewer.wizard.sides import suited

Ask = Callable[[Callable[[Any], Any], Callable[[Any], Any], Callable[[Problem], object]], object]
"""A job with the `Library`, done in its thread; who is told what it came to, and who of a problem."""

CHECK, REHEARSAL, RUN, OUT, REVIEW = "check", "rehearsal", "run", "out", "review"
"""Folders within that of a training: what the check found, what the network sees, the process, the model, map
and yardstick."""


class Desk(QObject):
    """Holds the plan and its folder. What follows from the plan is made of it, never stored beside it."""

    changed = Signal(object, object)  # Plan now, Plan before
    began_anew = Signal()  # another training lies on the desk
    failed = Signal(object)  # Problem: the plan could not be written down
    kept = Signal()  # it was written down

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder or latest() or new_folder()
        self.plan = read_plan(self.folder) or Plan()
        self.library: Ask | None = None  # how the case library is asked; None: there is none
        self.survey: Survey | None = None  # of the folder that the plan names, once it was looked through

    @property
    def out(self) -> Path:
        """Where the training leaves its folds, its report and its model."""
        return self.folder / OUT

    @property
    def bundle(self) -> Path:
        """The model that the training has left; it is called as the plan was when it began."""
        found = sorted(self.out.glob("*/model.json"), key=lambda path: path.stat().st_mtime)
        return found[-1].parent if found else self.out / self.plan.name

    @property
    def has_begun(self) -> bool:
        """Whether something was learned: data and method are then those of what was learned."""
        return (self.out / "folds").is_dir()

    def patients(self) -> int:
        """How many the check has counted; 0 where it has not."""
        try:
            facts = json.loads((self.folder / CHECK / "dataset.json").read_text(encoding="utf-8"))
            return int(facts["patients"])
        except (OSError, ValueError, KeyError):
            return 0

    def change(self, plan: Plan) -> None:
        """Take another plan, and write it down; where its classes name a side, pictures are not mirrored."""
        before = self.plan
        plan = self.plan = suited(plan, before)
        if plan == before:
            return
        self._write()
        self.changed.emit(plan, before)

    def open(self, folder: Path) -> None:
        """Go on with another training."""
        self.folder = folder
        self.plan = read_plan(folder) or Plan()
        self.survey = None
        self.began_anew.emit()

    def begin_anew(self, plan: Plan | None = None, step: int = 0) -> None:
        """Begin another training, at this step; the one before stays where it is."""
        self.folder = new_folder()
        self.survey = None
        self.plan = replace(plan or Plan(), step=step, done=False)
        if plan is not None:
            self._write()
        self.began_anew.emit()

    def write_cases(self) -> None:
        """Which pictures are learned from, as a table. Without a survey the one that is there stays."""
        if self.survey is not None and self.plan.kind in {"patches", "pictures"}:
            write_cases(cases_of(self.survey, self.plan.data), self.folder)

    def write_recipe(self) -> Path:
        """The plan as a recipe, with the table of its pictures. Raises `Problem`."""
        write_plan(self.plan, self.folder)
        self.write_cases()
        return write_recipe(self.plan, self.folder)

    def _write(self) -> None:
        try:
            write_plan(self.plan, self.folder)
        except Problem as problem:
            self.failed.emit(problem)
        else:
            self.kept.emit()


def trainings_folder() -> Path:
    """Where trainings live: among the person's own data."""
    return paths.data() / "trainings"


def trainings() -> tuple[Path, ...]:
    """All of them, the one worked on last first."""
    folder = trainings_folder()
    found = [path.parent for path in folder.glob(f"*/{PLAN_FILE}")] if folder.is_dir() else []
    return tuple(sorted(found, key=lambda path: (path / PLAN_FILE).stat().st_mtime, reverse=True))


def latest() -> Path | None:
    """The training that was worked on last, unless its model is in use already."""
    for folder in trainings()[:1]:
        plan = read_plan(folder)
        if plan is not None and not plan.done:
            return folder
    return None


def begun_in_words(folder: Path) -> str:
    """When a training was begun, "2026-11-26 20:38"; or the name of its folder where that says nothing."""
    day, time_of_day, number = (*folder.name.split("_"), "", "")[:3]
    if not time_of_day:
        return folder.name
    again = f" ({number})" if number else ""
    return f"{day} {time_of_day.replace('.', ':')}{again}"


def new_folder() -> Path:
    """A name for a new training that no other has; it is made with the first choice."""
    stem = time.strftime("%Y-%m-%d_%H.%M")
    names = (stem, *(f"{stem}_{number}" for number in range(2, 1000)))
    return next(trainings_folder() / name for name in names if not (trainings_folder() / name).exists())
