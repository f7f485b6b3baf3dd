"""A report that is being written: every edit can be taken back, and is kept a moment later."""

from __future__ import annotations

import zlib

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from ml.draft.draft import Draft
from ml.draft.store import DraftStore
from ml.errors import Problem

_KEEP_MS = 400  # after the last edit; a program that is killed loses no more than that


class _Edit(QUndoCommand):
    """One draft in the place of another. Typing in one place is one edit."""

    def __init__(self, drafting: Drafting, before: Draft, after: Draft, title: str, place: str) -> None:
        super().__init__(title)
        self._drafting, self._before, self._after, self._place = drafting, before, after, place

    def id(self) -> int:
        """Edits of one place are joined; -1: never."""
        return zlib.crc32(self._place.encode()) & 0x7FFFFFFF if self._place else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other._place != self._place:
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        self._drafting.take(self._after)

    def undo(self) -> None:
        self._drafting.take(self._before)


class Drafting(QObject):
    """The draft of one slide or series. `key` is its key in the store."""

    changed = Signal(object)  # Draft
    kept = Signal()
    not_kept = Signal(object)  # Problem

    def __init__(self, key: str, draft: Draft, store: DraftStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.key, self.draft, self.store = key, draft, store
        self.undo = QUndoStack(self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_KEEP_MS)
        self._soon.timeout.connect(self.keep)

    def edit(self, draft: Draft, title: str, place: str = "") -> None:
        """Replace the draft so that it can be undone; edits that name the same `place` count as one."""
        if draft != self.draft:
            self.undo.push(_Edit(self, self.draft, draft, title, place))

    def take(self, draft: Draft) -> None:
        """For edits only: this is the draft from now on."""
        self.draft = draft
        self._soon.start()
        self.changed.emit(draft)

    def keep(self) -> None:
        """Write it down now."""
        self._soon.stop()
        try:
            self.store.save(self.key, self.draft)
        except Problem as problem:
            self.not_kept.emit(problem)
        else:
            self.kept.emit()

    def close(self) -> None:
        """Write down what was not yet."""
        if self._soon.isActive():
            self.keep()
