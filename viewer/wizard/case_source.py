"""Cases of the library as the data of the plan on the desk: asked for, and taken in the library's thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ml.errors import Problem
from viewer.cases.values import CaseRow
from viewer.wizard.case_dialog import CaseDialog
from viewer.wizard.cases import layout_of
from viewer.wizard.desk import Desk
from viewer.wizard.found import with_layout
from viewer.wizard.library_data import CaseChoice, Taken, take
from viewer.wizard.plan import Plan


class CaseSource(QObject):
    """Changes nothing by itself: `taken` says what could be learned from."""

    taken = Signal(object, object)  # CaseChoice, Taken
    failed = Signal(object)  # Problem

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._parent = desk, parent
        self.dialog: CaseDialog | None = None

    def ask(self) -> None:
        """Ask which cases."""
        if self._desk.library is None:
            self.failed.emit(Problem("The case library is not open.", "Open Parfocal's window first."))
            return
        self._desk.library(lambda library: library.cases(), self._show, self.failed.emit)

    def take(self, choice: CaseChoice) -> None:
        """Take these."""
        holds, folder = layout_of(self._desk.plan).holds, self._desk.folder
        if self._desk.library is not None:
            self._desk.library(
                lambda library: take(library, choice, folder, holds),
                lambda made: self.taken.emit(choice, made),
                self.failed.emit,
            )

    def _show(self, cases: Sequence[CaseRow]) -> None:
        dialog = self.dialog = CaseDialog(cases, self._desk.plan.kind, self._parent)
        dialog.accepted.connect(lambda: self.take(dialog.choice))
        dialog.finished.connect(self._forget)
        dialog.open()

    def _forget(self, _: int) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def with_cases(plan: Plan, choice: CaseChoice, taken: Taken) -> Plan:
    """The plan that learns from what was taken."""
    made = with_layout(plan, str(taken.folder), taken.layout)
    return made.with_data(cases=choice.cases, outlines=choice.labelled_by == "drawn")
