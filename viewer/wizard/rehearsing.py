"""The rehearsal of a training, for the steps that show it: what the network sees, how long it will take."""

from __future__ import annotations

import hashlib
import shutil
from typing import Any

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from ml.train.duration import Rates, seconds_of
from viewer.wizard.desk import REHEARSAL, Desk
from viewer.wizard.honesty_step import broken_off
from viewer.wizard.plan_recipe import recipe_of, text_for_rehearsal
from viewer.wizard.run_story import RunStory, phase_in_words
from viewer.work.child import Child


class Rehearsing(QObject):
    """Runs `parfocal-ml rehearse` for the plan as it is, and keeps what it said until the plan is another."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.shown: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}
        self.trouble = ""
        self._child: Child | None = None
        self._story = RunStory(1, 1)
        self._of = ""  # the recipe that all this is of
        desk.began_anew.connect(self._forget)

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._child is not None and self._child.running

    @property
    def phase(self) -> str:
        """What it does at the moment, in words."""
        return phase_in_words(self._story) if self.running else ""

    @property
    def fits(self) -> bool:
        """Whether what is known is of the plan as it is now."""
        return bool(self._of) and self._of == self._wanted()

    def begin(self, *, again: bool = False) -> None:
        """Rehearse, unless that was done for just this plan or is under way for it."""
        wanted = self._wanted()
        if not wanted or (self._of == wanted and not again):
            self.changed.emit()
            return
        self._end_child()
        self._of, self.shown, self.facts, self.trouble = wanted, [], {}, ""
        self._story = RunStory(1, 1)
        shutil.rmtree(self.desk.folder / REHEARSAL, ignore_errors=True)
        mark = hashlib.sha256(wanted.encode()).hexdigest()[:8]  # pictures of another plan have other paths
        folder = self.desk.folder / REHEARSAL / mark
        self._child = Child(folder, self)
        self._child.told.connect(self._hear)
        self._child.ended.connect(self._end)
        recipe, data = self.desk.folder / "recipe.toml", self.desk.folder
        try:
            self._child.start(["rehearse", str(recipe), "--data", str(data), "--out", str(folder)])
        except Problem as problem:
            self.trouble = str(problem)
        self.changed.emit()

    def close(self) -> None:
        """Rehearse no more."""
        self._end_child()

    def seconds(self) -> float | None:
        """How long the plan as it is now would take; None while nothing was measured."""
        if not self.facts or not self.fits:
            return None
        rates = Rates(*(float(self.facts[name]) for name in ("reading", "learning", "seeing")))
        return seconds_of(recipe_of(self.desk.plan), int(self.facts["pictures"]), rates)

    def _wanted(self) -> str:
        try:
            self.desk.write_recipe()
        except Problem as problem:
            self.trouble = str(problem)
            return ""
        return text_for_rehearsal(self.desk.plan)

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.deleteLater()
            self._child = None

    def _hear(self, event: dict[str, Any]) -> None:
        self._story.hear(event)
        if event["event"] == "shown":
            self.shown.append(event)
        elif event["event"] == "done":
            self.facts = event
        self.changed.emit()

    def _end(self) -> None:
        story = self._story
        if story.ended == "failed":
            self.trouble = f"{story.what} {story.remedy}".strip()
        elif story.ended != "done" and self._child is not None:
            self.trouble = broken_off(self._child.last_words())
        self.changed.emit()

    def _forget(self) -> None:
        self._end_child()
        self._of, self.shown, self.facts, self.trouble = "", [], {}, ""
