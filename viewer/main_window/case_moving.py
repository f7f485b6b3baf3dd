"""Puts slides and series into another case, and takes them out of theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog

from ml.errors import Problem
from viewer.cases.values import Case, CaseRow
from viewer.main_window.casework import Casework
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts

if TYPE_CHECKING:
    from viewer.cases.library import Library

T = TypeVar("T")
_NEW = "A new case"


class CaseMoving(QObject):
    """What is kept of an item goes with it."""

    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, casework: Casework) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._casework = parts, frame, casework
        frame.slides.move_wished.connect(self.ask)

    def ask(self, item_id: int) -> None:
        """Ask for another case, and move an item there."""
        self._ask(lambda library: library.cases(sort="changed"), partial(self._choose, item_id))

    def move(self, item_id: int, case: Case | CaseRow) -> None:
        """Move an item into this case."""
        self._ask(lambda library: library.move_item(item_id, case.id), self._casework.rehomed)

    def _choose(self, item_id: int, rows: tuple[CaseRow, ...]) -> None:
        here = self._casework.case
        others = [row for row in rows if here is None or row.id != here.id]
        names = [f"{row.name} ({number})" for number, row in enumerate(others, 1)]  # names may be alike
        name, accepted = QInputDialog.getItem(
            self._frame, "Move to another case", "Case:", [_NEW, *names], 0, editable=False
        )
        if accepted and name in names:
            self.move(item_id, others[names.index(name)])
        elif accepted:
            self._move_to_new(item_id)

    def _move_to_new(self, item_id: int) -> None:
        name, accepted = QInputDialog.getText(self._frame, "New case", "Name of the case:")
        if accepted and name.strip():
            self._ask(lambda library: library.new_case(name.strip()), partial(self.move, item_id))

    def _ask(self, job: Callable[[Library], T], done: Callable[[T], None]) -> None:
        def refuse(problem: Problem) -> None:
            self.refused.emit(problem)

        self._parts.keeping.ask(job, done, refuse)
