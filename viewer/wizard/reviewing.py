"""The look back at a training: map and yardstick, made by a process of its own when they are asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from ml.verbs.review import MAP_FILE
from viewer.wizard.answers import ANSWERS_FILE
from viewer.wizard.desk import REVIEW, Desk
from viewer.wizard.honesty_step import broken_off
from viewer.wizard.run_story import RunStory, phase_in_words
from viewer.work.child import Child

_OF = "answers.sha256"  # of which answers it was made


class Reviewing(QObject):
    """Runs `parfocal-ml review` for the finished training on the desk."""

    changed = Signal()
    ended = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.trouble = ""
        self._child: Child | None = None
        self._story = RunStory(1, 1)
        desk.began_anew.connect(self.close)

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._child is not None and self._child.running

    @property
    def phase(self) -> str:
        """What it does at the moment, in words."""
        return phase_in_words(self._story) if self.running else ""

    @property
    def folder(self) -> Path:
        """Where it writes."""
        return self.desk.folder / REVIEW

    @property
    def fits(self) -> bool:
        """Whether what is there is of the answers as they are now."""
        try:
            made_of = (self.folder / _OF).read_text(encoding="utf-8")
        except OSError:
            return False
        return not self.running and made_of == self._mark()

    @property
    def map_file(self) -> Path:
        """Where the map lies."""
        return self.folder / MAP_FILE

    def begin(self) -> None:
        """Look back, unless that is under way."""
        if self.running:
            return
        self.close()
        self.trouble, self._story = "", RunStory(1, 1)
        self._child = Child(self.folder, self)
        self._child.told.connect(self._hear)
        self._child.ended.connect(self._end)
        desk = self.desk
        words = ["review", str(desk.folder / "recipe.toml"), "--data", str(desk.folder)]
        words += ["--model", str(desk.bundle), "--out", str(self.folder)]
        try:
            self._child.start(words)
            (self.folder / _OF).unlink(missing_ok=True)
        except (Problem, OSError) as problem:
            self.trouble = str(problem)
        self.changed.emit()

    def close(self) -> None:
        """It is nothing without somebody who waits for it."""
        if self._child is not None:
            self._child.kill()
            self._child.deleteLater()
            self._child = None

    def _mark(self) -> str:
        try:
            return hashlib.sha256((self.desk.out / ANSWERS_FILE).read_bytes()).hexdigest()
        except OSError:
            return ""

    def _hear(self, event: dict[str, Any]) -> None:
        self._story.hear(event)
        self.changed.emit()

    def _end(self) -> None:
        story = self._story
        if story.ended == "failed":
            self.trouble = f"{story.what} {story.remedy}".strip()
        elif story.ended != "done" and self._child is not None:
            self.trouble = broken_off(self._child.last_words())
        else:
            (self.folder / _OF).write_text(self._mark(), encoding="utf-8")
        self.changed.emit()
        self.ended.emit()
