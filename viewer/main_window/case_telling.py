"""Says how saving stands, what somebody else did meanwhile, and how the library was opened."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from viewer.cases.conflict import Choice, Conflict
from viewer.cases.news import Theirs, fitting
from viewer.cases.values import Edit
from viewer.main_window.casework import Casework
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.history_dialog import moment_in_words
from viewer.state.opened_slide import OpenedSlide
from viewer.work.keeping import Told

if TYPE_CHECKING:
    from viewer.cases.library import Library

_WORDS: dict[Told, str] = {
    "": "",
    "saved": "Saved",
    "saving": "Saving …",
    "asking": "Not saved: your decision",
    "failing": "Not saved",
}
_SAVED = "Everything that you did is in the case library on the disk."


class CaseTelling(QObject):
    """A conflict stays until it is decided: a click on the words at the bottom shows it again."""

    refused = Signal(object)  # Problem
    told = Signal(str)

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, casework: Casework) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._casework = parts, frame, status, casework
        self._conflicts: dict[int, tuple[Conflict, Problem]] = {}  # by item
        self._problem: Problem | None = None
        keeping = parts.keeping
        for signal, slot in (
            (keeping.told, self._tell),
            (keeping.conflicted, self._ask_who),
            (keeping.theirs, self._show_theirs),
            (keeping.lost, self.refused),
            (keeping.ready, self._tell_opened),
            (status.kept_wished, self._show_again),
            (casework.fillings.told, status.show_loading),
        ):
            signal.connect(slot)

    def _tell(self, kind: Told, problem: Problem | None) -> None:
        self._problem = problem
        words = _WORDS[kind]
        if kind == "failing" and problem is not None:
            words = f"Not saved: {reason_in_words(problem)} – retrying"
        tip = str(problem) if problem is not None else _SAVED if kind == "saved" else words
        self._status.show_kept(words, tip, warn=kind in {"failing", "asking"})

    def _tell_opened(self, restored: tuple[str, ...]) -> None:
        if restored:
            self.refused.emit(Problem(restored[0], " ".join(restored[1:])))

    def _show_again(self) -> None:
        if self._conflicts:
            self._show_conflict(next(iter(self._conflicts)))
        elif self._problem is not None:
            self.refused.emit(self._problem)

    # ------------------------------------------------------------------ two at one case

    def _ask_who(self, conflict: Conflict) -> None:
        """Find out who it was, and when."""
        ids = {one.id for one in conflict.disputed}

        def find(library: Library) -> Edit | None:
            edits = library.history(conflict.item_id, max(0, conflict.version - 100))
            theirs = (
                e for e in reversed(edits) if ids & {a.id for a in (*e.change.removed, *e.change.added)}
            )
            return next(theirs, None)

        self._parts.keeping.ask(find, partial(self._meet, conflict), lambda _: self._meet(conflict, None))

    def _meet(self, conflict: Conflict, edit: Edit | None) -> None:
        self._conflicts[conflict.item_id] = conflict, conflict_in_words(conflict, edit)
        self._show_conflict(conflict.item_id)

    def _show_conflict(self, item_id: int) -> None:
        _, problem = self._conflicts[item_id]
        self._frame.banner.show_problem(
            problem,
            action=("Take theirs", partial(self._decide, item_id, "theirs")),
            other=("Keep mine as well", partial(self._decide, item_id, "both")),
        )

    def _decide(self, item_id: int, choice: Choice) -> None:
        self._conflicts.pop(item_id, None)
        self._frame.banner.dismiss()
        self._parts.keeping.write(lambda writer: writer.settle(item_id, choice))
        if self._conflicts:
            self._show_conflict(next(iter(self._conflicts)))

    def _show_theirs(self, theirs: Theirs) -> None:
        """What somebody else drew, moved or deleted is seen here too; undo begins anew where it must."""
        opened = self._casework.opened_of(theirs.item_id)
        if isinstance(opened, OpenedSlide):  # what is still being read may be from before
            self._casework.fillings.when_done(opened, partial(self._show_on, opened, theirs))

    def _show_on(self, opened: OpenedSlide, theirs: Theirs) -> None:
        opened.settle()
        change = fitting(opened.annotations, theirs.change)
        if change.removed or change.added:
            self._casework.show_foreign(opened, change)
            self.told.emit(f"Somebody else changed annotations of {opened.title}; they are shown now.")
        self._parts.keeping.write(lambda writer: writer.shown(theirs.item_id, theirs.version))


def reason_in_words(problem: Problem) -> str:
    """The short of it for the status line: "the disk is full"."""
    _, colon, reason = problem.what.rstrip(".").partition(": ")
    return reason if colon else problem.what.rstrip(".")[:1].lower() + problem.what.rstrip(".")[1:]


def conflict_in_words(conflict: Conflict, edit: Edit | None) -> Problem:
    """Who changed what, and when; then the two ways out."""
    remedy = "Take theirs, or keep yours beside it: nothing of either is lost without your word."
    if edit is None:
        return Problem(conflict.what, remedy, **conflict.facts)
    count = len(conflict.disputed)
    same = "the same annotation" if count == 1 else f"{count} of the same annotations"
    what = f"{edit.author} changed {same} meanwhile: “{edit.change.title}”, {moment_in_words(edit.at)}."
    return Problem(what, remedy, **conflict.facts)
