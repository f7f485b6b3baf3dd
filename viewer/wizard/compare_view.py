"""This model beside earlier ones of the same pictures, and beside a simple one: better, or just luck."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ml.errors import Problem
from ml.evaluate.paired import Difference
from viewer.panels.pieces import Notice, Page, Text, clear, column
from viewer.panels.symbols import Sign
from viewer.wizard.answers import read_answers
from viewer.wizard.desk import OUT, begun_in_words, trainings
from viewer.wizard.judged import Judged, compared, difference_in_words, judged
from viewer.wizard.plan import read_plan
from viewer.work.background import Background, as_problem

SIMPLE = "a simple rule on what a network sees that has not learned from your pictures"
_SIGNS: dict[str, Sign] = {"better": "done", "worse": "warning", "not told apart": "info"}


@dataclass(frozen=True)
class Compared:
    """Beside whom, and what came of it."""

    name: str
    found: Difference
    several: bool

    def in_words(self) -> str:
        """A sentence."""
        return difference_in_words(self.found, self.name, several=self.several)


class CompareView(Page):
    """Counts in the background; `counted` tells that all of it is shown."""

    counted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: tuple[Compared, ...] = ()
        self._wish = 0
        self._thread = Background("comparing", self)
        self.told = Text(parent=self)
        self.column.addWidget(self.told)
        self._shown = QWidget(self)
        self.column.addWidget(self._shown)
        self._lines = column(self._shown)
        self.column.addStretch(1)

    def show_answers(self, this: Judged | None, folder: Path, simple: Path | None) -> None:
        """Compare with all other trainings; `simple`: the folder with answers of the simple model."""
        self._wish += 1
        wish = self._wish
        self.found = ()
        self._show()
        if this is None:
            return
        self.told.say("Comparing…")

        def done(found: tuple[Compared, ...]) -> None:
            if wish == self._wish:
                self.found = found
                self._show()
                self.counted.emit()

        def fail(error: BaseException) -> None:
            self.told.say(str(as_problem(error, "Comparing")))

        self._thread.submit(lambda: comparisons(this, folder, simple), done, fail)

    def close_work(self) -> None:
        """Count no more."""
        self._thread.close()

    def _show(self) -> None:
        clear(self._lines)
        for one in self.found:
            line = Notice(parent=self)
            line.say(one.in_words(), _SIGNS[one.found.verdict])
            self._lines.addWidget(line)
        self.told.say(
            "Both models answered for the same patients, whom neither had seen; the range of the difference "
            "is over patients. Where it holds 0, the difference may be chance."
            if self.found
            else "There is no other training of these pictures. “Look back”, under “Map”, makes a simple one."
        )


def comparisons(this: Judged, folder: Path, simple: Path | None) -> tuple[Compared, ...]:
    """With the simple model, then with other trainings, the last first; those that can be compared."""
    others = [(SIMPLE, simple)] if simple is not None else []
    others += [(_name_of(other), other / OUT) for other in trainings() if other != folder]
    made = []
    for name, out in others:
        there = judged(read_answers(out), several=this.several)
        found = None if there is None else compared(this, there)
        if found is not None:
            made.append(Compared(name, found, this.several))
    return tuple(made)


def _name_of(folder: Path) -> str:
    try:
        plan = read_plan(folder)
    except Problem:
        plan = None
    title = plan.texts.title if plan is not None else ""
    return f"“{title}” ({begun_in_words(folder)})" if title else f"the training of {begun_in_words(folder)}"
