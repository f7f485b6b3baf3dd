"""The look back at a training: map and yardstick, made by a process of its own when they are asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.verbs.review import MAP_FILE
from viewer.wizard.answers import ANSWERS_FILE
from viewer.wizard.child_work import ChildWork
from viewer.wizard.desk import REVIEW, Desk

_OF = "answers.sha256"  # of which answers it was made


class Reviewing(ChildWork):
    """Runs `parfocal-ml review` for the finished training on the desk."""

    ended = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(desk, parent)
        desk.began_anew.connect(self.close)

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
        words = ["review", str(self.desk.folder / "recipe.toml"), "--data", str(self.desk.folder)]
        self._run(self.folder, [*words, "--model", str(self.desk.bundle), "--out", str(self.folder)])
        if not self.trouble:
            try:
                (self.folder / _OF).unlink(missing_ok=True)
            except OSError as error:
                self.trouble = str(error)
        self.changed.emit()

    def _mark(self) -> str:
        try:
            return hashlib.sha256((self.desk.out / ANSWERS_FILE).read_bytes()).hexdigest()
        except OSError:
            return ""

    def _end(self) -> None:
        if self._story.ended == "done":
            (self.folder / _OF).write_text(self._mark(), encoding="utf-8")
        super()._end()
        self.ended.emit()
