"""A command that runs as a child process for the plan on the desk, and what it said last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from viewer.wizard.desk import Desk
from viewer.wizard.run_story import RunStory, broken_off, phase_in_words
from viewer.work.child import Child


class ChildWork(QObject):
    """One child at a time; it is nothing without somebody who waits for it."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.trouble = ""
        self._child: Child | None = None
        self._story = RunStory(1, 1)

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._child is not None and self._child.running

    @property
    def phase(self) -> str:
        """What it does at the moment, in words."""
        return phase_in_words(self._story) if self.running else ""

    def close(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            self._child.kill()
            self._child.deleteLater()
            self._child = None

    def _run(self, folder: Path, words: Sequence[str]) -> None:
        """Start `parfocal-ml` with these words in place of what ran before; `trouble` says why it cannot."""
        self.close()
        self.trouble, self._story = "", RunStory(1, 1)
        self._child = Child(folder, self)
        self._child.told.connect(self._hear)
        self._child.ended.connect(self._end)
        try:
            self._child.start(list(words))
        except Problem as problem:
            self.trouble = str(problem)

    def _hear(self, event: dict[str, Any]) -> None:
        self._story.hear(event)
        self.changed.emit()

    def _end(self) -> None:
        story = self._story
        if story.ended == "failed":
            self.trouble = f"{story.what} {story.remedy}".strip()
        elif story.ended != "done" and self._child is not None:
            self.trouble = broken_off(self._child.last_words())
        self.changed.emit()
