"""Step 6: the training, followed while it runs: curves, examples, time left; paused, stopped, continued."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QProgressBar, QWidget

from ml.errors import Problem
from ml.report.words import SPACE, count, file_name, percent
from viewer.panels.pieces import GRID, FoldOut, Heading, PrimaryButton, Text, named, push_button, row
from viewer.panels.quantities import time_left
from viewer.wizard.board_part import BoardPart
from viewer.wizard.cases import parts_of
from viewer.wizard.checked import is_checked
from viewer.wizard.curves_view import CurvesView
from viewer.wizard.desk import Desk
from viewer.wizard.example_strip import ExampleStrip, Tile
from viewer.wizard.job_part import JobPart
from viewer.wizard.run_story import RunStory, broken_off, phase_in_words
from viewer.wizard.step import Step
from viewer.wizard.training_run import State, TrainingRun, plan_of_parts

_RESTING: dict[State, str] = {
    "none": "Curves, and pictures with what it says of them, come here while it learns.",
    "stopped": "Stopped. What was learned is kept.",
    "done": "The training has ended. “Verdict” says what the model is worth.",
}

_HALF = 0.5  # the probability from which on a class is said to hold
_BEGIN: dict[State, str] = {
    "none": "Begin training",
    "stopped": "Go on with the training",
    "failed": "Try again",
    "killed": "Go on with the training",
    "done": "Train again",
}

_UNCHECKED = "You have chosen otherwise since the honesty check. Go to step 3: it checks again, then begin."


class TrainingStep(Step):
    """Shows one run; the run itself is a process of its own."""

    title = "Training"
    heading = "It learns"
    meaning = "You may close this window or Parfocal: the training goes on, and is shown when you come back."

    def __init__(self, desk: Desk, run: TrainingRun, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.run = run
        self.begin_button = PrimaryButton("Begin training", self)
        self.begin_button.setAutoDefault(False)
        named(self.begin_button, "Begin training", "Begin, or go on where it was stopped")
        self.pause_button = push_button("Pause", "Have it wait; it keeps its place in memory", self)
        self.keep_button = push_button(
            "Stop and keep", "End it; what was learned stays, go on any time", self
        )
        self.discard_button = push_button("Stop and discard", "End it and throw away what was learned", self)
        self.parts_button = push_button(
            "", "Make a model of the parts that are finished; less is tested", self
        )
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * GRID)
        self.bar.setAccessibleName("Progress of the training")
        self.phase = Text(parent=self)
        self.rate = Text(quiet=True, parent=self)
        self.boards = BoardPart(desk, self)
        self.curves = CurvesView(self)
        self.strip = ExampleStrip(parent=self)
        self.strip_title = Heading(
            "What it says of pictures that it does not learn from; bright is where it looks", self
        )
        self.notes = FoldOut("What was told on the way", "Where it begins, and other remarks", self)
        self.note = Text(quiet=True, parent=self)
        self.notes.inside.addWidget(self.note)
        self.job = JobPart(desk, run, self)
        self._lay_out()
        self._connect()

    def obstacle(self) -> str:
        """Only a finished training has a verdict."""
        if self.run.state in {"running", "paused"}:
            return "Wait until the training has ended, or stop it."
        if self.run.report():
            return ""
        return (
            "Begin the training." if self.run.state == "none" else "The training has not come to its end yet."
        )

    def enter(self) -> None:
        """Follow what goes on."""
        self.show_state()

    def show_plan(self) -> None:
        """The training of the plan on the desk, running or not."""
        self.run.follow()
        self.show_curves()
        self.show_state()

    def begin(self) -> None:
        """Begin, or go on."""
        self._try(0)

    def close_work(self) -> None:
        """The run goes on; only the looking ends."""
        self.run.close()
        self.strip.close_work()
        self.boards.close_work()
        self.job.close_work()

    def show_state(self) -> None:
        """Buttons, progress and sentences, as it stands now."""
        state, story = self.run.state, self.run.story
        busy = state in {"running", "paused"}
        for button in (self.pause_button, self.keep_button):
            button.setVisible(busy)
        self.discard_button.setVisible(busy or (self.desk.has_begun and state != "done"))
        self.discard_button.setText("Stop and discard" if busy else "Discard what was learned")
        self.pause_button.setText("Continue" if state == "paused" else "Pause")
        self.begin_button.setVisible(not busy)
        self.begin_button.setText(_BEGIN.get(state, "Begin training"))
        parts = 0 if busy or state == "done" else story.finished_folds
        self.parts_button.setVisible(0 < parts < story.folds and self.run.is_of_the_plan)
        self.parts_button.setText(f"Make the model of the {parts} finished part{'s' if parts > 1 else ''}")
        self.bar.setVisible(busy)
        self.bar.setRange(0, 0 if busy and not story.fold else 1000)
        self.bar.setValue(round(1000 * story.share))
        self.phase.say(self._phase(state))
        self.rate.say(self._rate(story) if busy else "")
        self._show_notice(state)
        self.boards.show_plan()
        self.job.setEnabled(not busy)
        self.note.setText("\n".join(story.notes))
        self.notes.setVisible(bool(story.notes))

    def show_curves(self) -> None:
        """Curves and examples of the last pass."""
        story = self.run.story
        if self.isVisible():
            self.curves.build()
        self.curves.show_story(story)
        self.curves.setVisible(bool(story.points))
        self.strip.show_tiles(tuple(_tile(said, self.plan.several) for said in story.examples))
        self.strip_title.setVisible(bool(story.examples))
        self.strip.setVisible(bool(story.examples))

    def _phase(self, state: State) -> str:
        if state == "running":
            return phase_in_words(self.run.story)
        if state == "paused":
            return f"Paused. {phase_in_words(self.run.story)}"
        return _RESTING.get(state, "")

    def _rate(self, story: RunStory) -> str:
        each = f"each learns from {count(self.plan.fit.batch, 'picture')}"
        words = [f"{story.rate:.1f}{SPACE}steps a second ({each})"] if story.rate else []
        left = time_left(story.seconds_left)
        resources = self.run.resources
        told = resources.in_words() if resources is not None else ""
        return ", ".join(part for part in (*words, left, told) if part)

    def _show_notice(self, state: State) -> None:
        story, child = self.run.story, self.run.child
        resources = self.run.resources
        warning = resources.warning() if resources is not None else ""
        if state == "failed":
            self.notice.say(f"{story.what} {story.remedy}".strip(), "refusal")
        elif state == "killed":
            words = broken_off(child.last_words() if child is not None else "")
            self.notice.say(f"{words} What was learned is kept, pass by pass.", "refusal")
        elif state in {"stopped", "done", "none"} and self.desk.has_begun and not self.run.is_of_the_plan:
            self.notice.say(
                "Your choices are others than those that it learned with. Beginning now begins anew.",
                "warning",
            )
        else:
            self.notice.say(warning, "warning")

    def _try(self, parts: int) -> None:
        if not is_checked(self.plan, self.desk.folder):
            self.notice.say(_UNCHECKED, "refusal")
            self.ready_changed.emit()
            return
        try:
            self.run.begin(parts)
        except Problem as problem:
            self.notice.say(str(problem), "refusal")
            return
        self.show_curves()
        self.show_state()
        self.ready_changed.emit()

    def _pause(self) -> None:
        (self.run.go_on if self.run.state == "paused" else self.run.pause)()

    def _discard(self) -> None:
        asked = QMessageBox.question(
            self, "Discard what was learned?", "What was learned is thrown away. Your choices stay."
        )
        if asked == QMessageBox.StandardButton.Yes:
            self.run.discard()
            self.show_curves()
            self.show_state()
            self.ready_changed.emit()

    def _make_of_parts(self) -> None:
        parts = self.run.story.finished_folds
        plan_of_parts(self.desk, parts)
        self._try(parts)

    def _ended(self) -> None:
        self.show_curves()
        self.show_state()
        self.ready_changed.emit()

    def _lay_out(self) -> None:
        line = row(self.begin_button, self.pause_button, self.keep_button, self.parts_button)
        line.addWidget(self.discard_button)
        line.addStretch(1)
        self.body.addLayout(line)
        told = (self.phase, self.bar, self.rate, self.boards, self.curves)
        for widget in (*told, self.strip_title, self.strip, self.notes, self.job):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self.body.setAlignment(Qt.AlignmentFlag.AlignTop)

    def _connect(self) -> None:
        self.begin_button.clicked.connect(self.begin)
        self.pause_button.clicked.connect(self._pause)
        self.keep_button.clicked.connect(self.run.stop)
        self.discard_button.clicked.connect(self._discard)
        self.parts_button.clicked.connect(self._make_of_parts)
        self.run.changed.connect(self.show_state)
        self.run.epoch.connect(self.show_curves)
        self.run.ended.connect(self._ended)


def said_in_words(said: Mapping[str, Any], several: bool) -> str:
    """What the network says of a picture now, and whether that is so.

    Where several classes may hold, or there is but one, those that it gives half or more are said.
    """
    values = dict(zip(said["classes"], said["probabilities"], strict=True))
    best = max(values, key=values.__getitem__)
    if several or len(values) == 1:
        held = set(parts_of(said["label"])) & set(values)
        right = {name for name in values if values[name] >= _HALF} == held
    else:
        right = best == said["label"]
    return f"{'✓' if right else '✗'} {best} {percent(values[best])}"


def _tile(said: dict[str, Any], several: bool) -> Tile:
    """A picture with its label and what the network says of it now."""
    words = said_in_words(said, several)
    label = str(said["label"] or "none of them")
    if said.get("looked"):
        path: Path | None = Path(said["looked"])
    else:
        path = (
            None if said["place"] is not None or said["file"].lower().endswith(".dcm") else Path(said["file"])
        )
    tip = f"{file_name(said['file'])}: labelled {label}. Bright: what spoke for its answer (Grad-CAM)"
    return Tile(path, (label, words), tip)
