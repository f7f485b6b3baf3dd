"""The training itself, from the window's side: begun, followed, paused, stopped, gone on with."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from ml.train.duration import Part
from ml.train.room import Resources, resources_of
from viewer.wizard.board_part import words_for_training
from viewer.wizard.cases import CASES_FILE
from viewer.wizard.desk import RUN, Desk
from viewer.wizard.plan_recipe import text_for_training
from viewer.wizard.run_story import RunStory
from viewer.work.child import EVENTS, Child

State = Literal["none", "running", "paused", "stopped", "failed", "killed", "done"]
"""`killed`: it ended without a word."""

_LEARNED = "learned-from.toml"  # of which recipe and pictures the parts are that are there
_TOLD = "told.json"  # how long its parts were said to take before it began
_LOOK_MS = 2000
_TELL_MS = 500  # what came meanwhile is shown together: each time the window lays out and draws anew


class TrainingRun(QObject):
    """Runs `parfocal-ml train` for the plan on the desk. The process lives on when the window is closed."""

    changed = Signal()
    epoch = Signal()
    ended = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.story = RunStory(1, 1)
        self.resources: Resources | None = None
        self.child: Child | None = None
        self.told: Callable[[], Sequence[Part]] = tuple
        self._stop_wished = False
        self._broke_off = False  # before it said a word
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_MS)
        self._watch.timeout.connect(self.look_after)
        self._passed = False  # an epoch was heard of that was not told yet
        self._news = QTimer(self)
        self._news.setSingleShot(True)
        self._news.setInterval(_TELL_MS)
        self._news.timeout.connect(self._tell)

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.child is not None and self.child.running:
            return "paused" if self.child.paused else "running"
        if self.story.ended == "done":
            return "done" if self.is_of_the_plan else "none"
        if self.story.ended in {"stopped", "failed"}:
            return self.story.ended
        if self._stop_wished:
            return "stopped"
        return "killed" if self._broke_off or self.desk.has_begun or self.story.phase else "none"

    @property
    def is_of_the_plan(self) -> bool:
        """Whether what was learned is what the plan says now."""
        try:
            learned = (self.desk.folder / RUN / _LEARNED).read_text(encoding="utf-8")
        except OSError:
            return False
        return learned == self.wanted()

    def report(self) -> dict[str, Any]:
        """What the finished training says of itself; empty where there is none of the plan as it is now."""
        try:
            made = (self.desk.out / "report.json").read_text(encoding="utf-8")
            facts: dict[str, Any] = json.loads(made)
        except (OSError, ValueError):
            return {}
        return facts if self.is_of_the_plan else {}

    def begin(self, parts: int = 0) -> None:
        """Begin, or go on where it was stopped or killed. With other choices than before, begin anew.

        `parts`: only so many of the parts; 0: as the plan says. Raises `Problem`.
        """
        if self.child is not None and self.child.running:
            return
        recipe = self.desk.write_recipe()
        folder = self.desk.folder / RUN
        anew = not (self.desk.has_begun and self.is_of_the_plan)
        if anew:
            self.discard()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _LEARNED).write_text(self.wanted(), encoding="utf-8")
        if anew or self.child is None:
            told = [asdict(part) for part in self.told()]
            (folder / _TOLD).write_text(json.dumps(told), encoding="utf-8")
            self._new_child()
        assert self.child is not None
        self._stop_wished = self._broke_off = False
        words = ["train", str(recipe), "--data", str(self.desk.folder), "--out", str(self.desk.out)]
        words += words_for_training(self.desk)
        self.child.start([*words, *(["--folds", str(parts)] if parts else [])], anew=anew)
        self._watch.start()
        self.look_after()

    def follow(self) -> None:
        """Take up a training that goes on, or what is left of an earlier one."""
        self._new_child()
        assert self.child is not None
        if (self.desk.folder / RUN / EVENTS).exists() and self.child.follow():
            self._watch.start()
        self.look_after()

    def pause(self) -> None:
        """Have it wait."""
        if self.child is not None:
            self.child.pause()
        self.changed.emit()

    def go_on(self) -> None:
        """Have it work again."""
        if self.child is not None:
            self.child.go_on()
        self.changed.emit()

    def stop(self) -> None:
        """End it soon; what was learned stays, and can be gone on with."""
        self._stop_wished = True
        if self.child is not None:
            self.child.stop()
        self.changed.emit()

    def discard(self) -> None:
        """End it at once and throw away what was learned. The choices stay."""
        if self.child is not None:
            self.child.kill()
        shutil.rmtree(self.desk.folder / RUN, ignore_errors=True)
        shutil.rmtree(self.desk.out / "folds", ignore_errors=True)
        (self.desk.out / "report.json").unlink(missing_ok=True)
        self._new_child()
        self.changed.emit()

    def look_after(self) -> None:
        """What it takes of the computer. Before there is no room it waits by itself."""
        child = self.child
        self.resources = resources_of(self.desk.folder, child.memory() if child is not None else 0)
        self.changed.emit()

    def close(self) -> None:
        """Follow it no more; it goes on."""
        self._watch.stop()
        self._news.stop()
        if self.child is not None:
            self.child.close()

    def wanted(self) -> str:
        """The recipe and the pictures that decide what is learned."""
        cases = self.desk.folder / CASES_FILE
        mark = hashlib.sha256(cases.read_bytes()).hexdigest() if cases.is_file() else ""
        return f"# {mark}\n{text_for_training(self.desk.plan)}"

    def take_over(self, learned: str) -> None:
        """What lies in the folder of the result was learned elsewhere, of this recipe and these pictures."""
        (self.desk.folder / RUN / _LEARNED).write_text(learned, encoding="utf-8")
        self.follow()
        self.ended.emit()

    def _new_child(self) -> None:
        if self.child is not None:
            self.child.close()
            self.child.deleteLater()
        plan = self.desk.plan
        parts = plan.division.run or plan.division.folds
        self.story = RunStory(parts, plan.fit.epochs, _told_before(self.desk.folder / RUN / _TOLD))
        self._stop_wished = self._broke_off = False
        self.child = Child(self.desk.folder / RUN, self)
        self.child.told.connect(self._hear)
        self.child.ended.connect(self._end)

    def _hear(self, event: dict[str, Any]) -> None:
        self.story.hear(event)
        self._passed |= event["event"] in {"epoch", "examples", "begun"}
        if not self._news.isActive():
            self._news.start()

    def _tell(self) -> None:
        passed, self._passed = self._passed, False
        if passed:
            self.epoch.emit()
        self.changed.emit()

    def _end(self) -> None:
        self._broke_off = not self.story.ended and not self._stop_wished
        self._watch.stop()
        self._news.stop()
        self.look_after()
        self.ended.emit()


def _told_before(path: Path) -> tuple[Part, ...]:
    """How long its parts were said to take; nothing where nobody measured."""
    try:
        return tuple(Part(**one) for one in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return ()


def plan_of_parts(desk: Desk, parts: int) -> None:
    """Have the plan say that only so many parts are tested: those that were finished."""
    division = replace(desk.plan.division, run=parts)
    desk.change(replace(desk.plan, division=division))
