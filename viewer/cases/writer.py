"""Carries out what the window does to the library, in a thread of its own: no gesture waits for the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ml.annotation.document import Change
from viewer.cases import undecided
from viewer.cases.conflict import Choice, Conflict, as_one
from viewer.cases.library import Library
from viewer.cases.news import News, Theirs
from viewer.cases.row import Row, Task


@dataclass
class _Document:
    """What is known of the annotations of an item that is open."""

    version: int | None = None  # of the library, after our last edit; None: nobody said
    foreign: int = 0  # how often edits of others were found
    shown: int = 0  # how many of these the document shows
    held: list[Task] = field(default_factory=list)  # edits that wait for a person's decision


class Writer(Row):
    """The row of what the window does. It knows which edits of others each open document shows.

    Edits that are disputed are held with all that follow on the same item, and kept in the library meanwhile;
    edits of other items go on.
    """

    def __init__(self, library: Library, told: Callable[[News], None] = lambda _: None) -> None:
        self._documents: dict[int, _Document] = {}
        super().__init__(library, told)

    def opened(self, item_id: int, version: int) -> None:
        """The document of an item shows its annotations as they are at this version of the library.

        Edits that nobody decided about before the program ended are put beside what others did: `Theirs`.
        """
        with self._changed:
            document = self._document(item_id)
            document.version, document.shown = version, document.foreign
            self._put(Task("Edits that waited", lambda _: self._take_up(item_id)))

    def commit(self, item_id: int, change: Change) -> None:
        """Keep an edit that the document already shows."""
        with self._changed:
            document = self._document(item_id)
            task = Task(change.title, lambda _: self._commit(task), item_id, change, document.shown)
            if document.held:
                document.held.append(task)
                self._keep_held(item_id)
            else:
                self._put(task)

    def look(self, item_id: int) -> None:
        """See whether others edited the annotations of an item that is open: `Theirs` tells it."""
        self.do("Look for changes", lambda _: self._tell_others(item_id))

    def shown(self, item_id: int, version: int) -> None:
        """The document shows what others did up to this version."""
        with self._changed:
            document = self._document(item_id)
            if document.version is not None and version >= document.version:
                document.shown = document.foreign

    def settle(self, item_id: int, choice: Choice) -> None:
        """A person has decided a conflict: what waits for it goes on; `Theirs` tells what to show."""
        self.do("Merge", lambda _: self._settle(item_id, choice))

    def _held(self) -> int:
        return sum(len(document.held) for document in self._documents.values())

    def _document(self, item_id: int) -> _Document:
        return self._documents.setdefault(item_id, _Document())

    def _commit(self, task: Task) -> None:
        assert task.change is not None
        with self._changed:
            document = self._document(task.item_id)
            base = document.version if task.seen == document.foreign else None
        version = self._library.commit(task.item_id, task.change, base, task.token)
        with self._changed:
            if document.version is not None and version == document.version + 1:
                document.version = version
                return
        self._tell_others(task.item_id, task.token)

    def _tell_others(self, item_id: int, *own: str) -> None:
        """Tell what others did since our last edit."""
        with self._changed:
            document = self._document(item_id)
            known = document.version
        if known is None:
            return
        found = self._library.history(item_id, since=known)
        theirs = tuple(edit.change for edit in found if edit.token not in own)
        with self._changed:
            document.version = found[-1].version if found else known
            document.foreign += len(theirs)
        if theirs:
            self._told(Theirs(item_id, found[-1].version, as_one(theirs)))

    def _dispute(self, task: Task, conflict: Conflict) -> None:
        """Have an edit and those of the same item behind it wait for a decision about them all."""
        with self._changed:
            waiting = [one for one in self._row if one.item_id == task.item_id and one.change is not None]
            for one in waiting[1:]:
                self._row.remove(one)
            self._document(conflict.item_id).held = waiting
            self._keep_held(conflict.item_id)

    def _keep_held(self, item_id: int) -> None:
        self._replace(Task("Merge", lambda _: self._keep_now(item_id), key=(item_id, "undecided")))

    def _keep_now(self, item_id: int) -> None:
        with self._changed:
            changes = tuple(one.change for one in self._document(item_id).held if one.change is not None)
        undecided.keep(self._library, item_id, changes)

    def _settle(self, item_id: int, choice: Choice) -> None:
        with self._changed:
            document = self._document(item_id)
            held = tuple(document.held)
        if not held:
            return
        wanted = as_one(tuple(one.change for one in held if one.change is not None))
        _, shows = undecided.commit(self._library, item_id, wanted, choice, held[0].token)
        undecided.keep(self._library, item_id, ())
        with self._changed:
            later, document.held = document.held[len(held) :], []
            self._row.extend(later)
        self._tell_others(item_id, held[0].token)
        if shows:
            self._told(Theirs(item_id, document.version or 0, as_one(shows)))

    def _take_up(self, item_id: int) -> None:
        waited = undecided.kept(self._library, item_id)
        if waited is None:
            return
        token = Task("", lambda _: None).token
        committed, _ = undecided.commit(self._library, item_id, waited, "both", token)
        undecided.keep(self._library, item_id, ())
        self._tell_others(item_id, token)
        self._told(Theirs(item_id, self._document(item_id).version or 0, committed))
