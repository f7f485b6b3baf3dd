"""The rehearsal of a training, for the steps that show it: what the network sees, how long it will take."""

from __future__ import annotations

import hashlib
import shutil
from typing import Any

from PySide6.QtCore import QObject

from ml.errors import Problem
from ml.train.duration import Part, Rates, parts_of
from viewer.wizard.child_work import ChildWork
from viewer.wizard.desk import REHEARSAL, Desk
from viewer.wizard.plan_recipe import recipe_of, text_for_rehearsal


class Rehearsing(ChildWork):
    """Runs `parfocal-ml rehearse` for the plan as it is, and keeps what it said until the plan is another."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(desk, parent)
        self.shown: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}
        self._of = ""  # the recipe that all this is of
        desk.began_anew.connect(self._forget)

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
        self.close()
        self._of, self.shown, self.facts = wanted, [], {}
        shutil.rmtree(self.desk.folder / REHEARSAL, ignore_errors=True)
        mark = hashlib.sha256(wanted.encode()).hexdigest()[:8]  # pictures of another plan have other paths
        folder = self.desk.folder / REHEARSAL / mark
        recipe, data = self.desk.folder / "recipe.toml", self.desk.folder
        self._run(folder, ["rehearse", str(recipe), "--data", str(data), "--out", str(folder)])
        self.changed.emit()

    def seconds(self) -> float | None:
        """How long the plan as it is now would take; None while nothing was measured."""
        return sum(part.seconds for part in self.parts()) or None

    def parts(self) -> tuple[Part, ...]:
        """The parts of the training of the plan as it is now; none while nothing was measured."""
        rates = self.rates
        pictures = int(self.facts.get("pictures", 0))
        return () if rates is None else parts_of(recipe_of(self.desk.plan), pictures, rates)

    @property
    def rates(self) -> Rates | None:
        """What was measured for the plan as it is now."""
        return Rates.of(self.facts) if self.facts and self.fits else None

    def _wanted(self) -> str:
        try:
            self.desk.write_recipe()
        except Problem as problem:
            self.trouble = str(problem)
            return ""
        return text_for_rehearsal(self.desk.plan)

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "shown":
            self.shown.append(event)
        elif event["event"] == "done":
            self.facts = event
        super()._hear(event)

    def _forget(self) -> None:
        self.close()
        self._of, self.shown, self.facts, self.trouble = "", [], {}, ""
