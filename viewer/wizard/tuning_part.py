"""The part of step 5 that looks for better settings: so many tries, on patients that are not reported on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QPushButton, QWidget

from ml.errors import Problem
from ml.report.atomic import whole_file
from ml.report.words import duration, number
from ml.train.duration import seconds_of_search as search_seconds
from ml.train.search_plan import settings_in_words
from ml.train.toml_text import toml_of
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.pieces import GRID, Notice, Text, column, named, row
from viewer.wizard.child_work import ChildWork
from viewer.wizard.desk import Desk
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import passes_of, recipe_of, search_of
from viewer.wizard.rehearsing import Rehearsing

SEARCH = "search"


class Searching(ChildWork):
    """Runs `parfocal-ml tune` for the plan on the desk."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(desk, parent)
        self.best: dict[str, float] = {}
        self.figure = 0.0
        self.tries = 0
        desk.began_anew.connect(self.close)

    def begin(self) -> None:
        """Search, from the beginning."""
        folder, plan = self.desk.folder / SEARCH, self.desk.plan
        self.best, self.figure, self.tries = {}, 0.0, 0
        try:
            self.desk.write_recipe()
            for old in folder.glob("search.db*"):
                old.unlink()
            folder.mkdir(parents=True, exist_ok=True)
            with whole_file(folder / "recipe.toml") as part:
                short = replace(plan, tuning=False, fit=replace(plan.fit, epochs=passes_of(plan)))
                part.write_text(toml_of(recipe_of(short)), encoding="utf-8")
            with whole_file(folder / "search.toml") as part:
                part.write_text(toml_of(search_of(plan)), encoding="utf-8")
        except (Problem, OSError) as problem:
            self.trouble = str(problem)
            self.changed.emit()
            return
        words = ["tune", str(folder / "recipe.toml"), "--search", str(folder / "search.toml")]
        self._run(folder, [*words, "--data", str(self.desk.folder), "--out", str(folder)])
        self.changed.emit()

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "trial":
            self.tries += 1
            if event["value"] is not None and event["value"] > self.figure:
                self.figure, self.best = float(event["value"]), dict(event["parameters"])
        super()._hear(event)


class TuningPart(QWidget):
    """A tick, how many tries, how long that takes, what was found. `changed` tells the plan."""

    changed = Signal(object)  # Plan

    def __init__(self, desk: Desk, rehearsing: Rehearsing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._rehearsing = desk, rehearsing
        self.work = Searching(desk, self)
        self.on = QCheckBox("Look for better settings first (tuning)", self)
        named(self.on, "Look for better settings", "Try several settings before the training; takes longer")
        tip = "How many settings are tried; weak ones are given up early"
        self.trials = LabelledSlider("", tip, (4, 40), 1, parent=self)
        self.told = Text(quiet=True, parent=self)
        self.begin_button = QPushButton("Search now", self)
        named(self.begin_button, "Search now", "Look at what is found before you train; else it is done then")
        self.stop_button = QPushButton("Stop", self)
        named(self.stop_button, "Stop", "Try no more; the best until now can be used")
        self.use_button = QPushButton("Use these settings", self)
        named(
            self.use_button,
            "Use these settings",
            "Train with the best; nothing more is tried",
        )
        for button in (self.begin_button, self.stop_button, self.use_button):
            button.setAutoDefault(False)
        self.notice = Notice(parent=self)
        line = row(self.trials, self.begin_button, self.stop_button, self.use_button)
        line.setStretch(0, 1)
        self._inside = QWidget(self)
        inside = column(self._inside, gap=GRID)
        inside.addLayout(line)
        inside.addWidget(self.told)
        inside.addWidget(self.notice)
        layout = column(self, gap=GRID)
        layout.addWidget(self.on, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._inside)
        self.on.clicked.connect(lambda on: self.changed.emit(replace(self._desk.plan, tuning=on)))
        self.trials.changed.connect(
            lambda value: self.changed.emit(replace(self._desk.plan, trials=round(value)))
        )
        self.begin_button.clicked.connect(self.work.begin)
        self.stop_button.clicked.connect(self._stop)
        self.use_button.clicked.connect(self._use)
        self.work.changed.connect(self.show_plan)

    def show_plan(self) -> None:
        """As it stands now."""
        plan, work = self._desk.plan, self.work
        self.on.setChecked(plan.tuning)
        self._inside.setVisible(plan.tuning)
        self.trials.set_value(plan.trials)
        self.begin_button.setVisible(not work.running)
        self.stop_button.setVisible(work.running)
        self.use_button.setVisible(bool(work.best))
        self.notice.say(work.trouble, "warning")
        self.told.say(self._words())

    def close_work(self) -> None:
        """Try no more."""
        self.work.close()

    def _words(self) -> str:
        work, plan = self.work, self._desk.plan
        found = ""
        if work.best:
            told = f"told apart {number(work.figure, 3)} (AUROC: 1 always, 0.5 as by a coin's toss)"
            found = f" Best of {work.tries}: {told}, {settings_in_words(work.best)}."
        if work.running:
            return f"{work.tries:,} of {plan.trials:,} tried. {work.phase}{found}"
        seconds = seconds_of_search(plan, self._rehearsing)
        takes = "" if seconds is None else f" Takes about {duration(seconds)} at most on this computer."
        known = "none of whom the report is about" if plan.division.run == 1 else ""
        known = known or "for whom the report will be a little too good"
        return (
            f"The training begins with it: how strongly it learns and how sure it may be are tried "
            f"{plan.trials:,} times, {passes_of(plan)} passes each, and judged by one part of the patients, "
            f"{known}. Then it learns with the best.{takes}{found}"
        )

    def _stop(self) -> None:
        self.work.close()
        self.show_plan()

    def _use(self) -> None:
        values = {key.removeprefix("fit."): value for key, value in self.work.best.items()}
        plan = self._desk.plan
        # The keys of a search are checked against the recipe, which mypy cannot follow.
        fit = replace(plan.fit, **values)  # type: ignore[arg-type]
        self.changed.emit(replace(plan, fit=fit, tuning=False))  # found already: not looked for again


def seconds_of_search(plan: Plan, rehearsing: Rehearsing) -> float | None:
    """How long the search takes at most: no try is given up early. None while nothing was measured."""
    rates = rehearsing.rates
    if rates is None:
        return None
    pictures, recipe = int(rehearsing.facts["pictures"]), recipe_of(replace(plan, tuning=True))
    return pictures / rates.reading + search_seconds(recipe, pictures, rates)
