"""The one thread that carries out what the window does to the library: no gesture waits for the disk."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ml.annotation.document import Change
from ml.errors import Problem
from viewer.cases.conflict import Choice, Conflict, as_one
from viewer.cases.library import Library
from viewer.cases.news import News, Refused, SaveState, Theirs
from viewer.cases.part import Gone
from viewer.cases.values import Json

_log = logging.getLogger(__name__)
_AGAIN = 0.5  # seconds until what could not be saved is tried again

Work = Callable[[Library], object]


@dataclass(eq=False)
class _Edit:
    """One thing to be done: `change` to the annotations of `item_id`, or else `work`."""

    title: str
    work: Work | None = None
    item_id: int = 0
    change: Change = field(default_factory=lambda: Change((), (), ""))
    seen: int = 0  # how many edits of others the document showed when this one was made
    key: tuple[int, str] | None = None  # a later one with the same key replaces it
    token: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(eq=False)
class _Document:
    """What is known of the annotations of an item that is open."""

    version: int | None = None  # of the library, after our last edit; None: nobody said
    foreign: int = 0  # how often edits of others were found
    shown: int = 0  # how many of these the document shows
    held: list[_Edit] = field(default_factory=list)  # wait for a person's decision


class Writer:
    """Carries out edits in the order in which they come; `told` is called from the writer's own thread.

    An edit that cannot be written now stays first in the row and is tried again: the order is kept, and
    nothing is lost while the program runs. `close` says whether all was saved.
    """

    def __init__(self, library: Library, told: Callable[[News], None] = lambda _: None) -> None:
        self._library = library
        self._told = told
        self._row: deque[_Edit] = deque()
        self._documents: dict[int, _Document] = {}
        self._current: _Edit | None = None  # being carried out: it is not replaced any more
        self._problem: Problem | None = None
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="case library", daemon=True)
        self._thread.start()

    @property
    def state(self) -> SaveState:
        """How saving stands."""
        with self._changed:
            return self._state()

    def opened(self, item_id: int, version: int) -> None:
        """The document of an item shows its annotations as they are at this version of the library."""
        with self._changed:
            document = self._document(item_id)
            document.version, document.shown = version, document.foreign

    def commit(self, item_id: int, change: Change) -> None:
        """Keep an edit that the document already shows."""
        with self._changed:
            document = self._document(item_id)
            edit = _Edit(change.title, item_id=item_id, change=change, seen=document.shown)
            if document.held:
                document.held.append(edit)
            else:
                self._put(edit)

    def set_state(self, item_id: int, name: str, value: Json) -> None:
        """Keep something under a name (see `Library.set_state`); one that still waits is replaced."""
        key = (item_id, name)
        edit = _Edit(name, lambda library: library.set_state(item_id, name, value), key=key)
        with self._changed:
            waiting = [one for one in self._row if one.key == key and one is not self._current]
            if waiting:
                waiting[0].work = edit.work
            else:
                self._put(edit)

    def do(self, title: str, work: Work) -> None:
        """Do anything else with the library, in its turn. It is tried again as a whole where it must be."""
        with self._changed:
            self._put(_Edit(title, work))

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

    def flush(self, timeout: float) -> bool:
        """Wait until all that was submitted is saved; False when it is not after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._state().kind == "saved", timeout)

    def close(self, timeout: float = 10.0) -> bool:
        """Save what waits, and end the thread; False when not all could be saved."""
        saved = self.flush(timeout)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        return saved

    def _state(self) -> SaveState:
        held = sum(len(document.held) for document in self._documents.values())
        if self._problem is not None:
            return SaveState("failing", len(self._row) + held, self._problem)
        if self._row:
            return SaveState("saving", len(self._row) + held)
        return SaveState("asking", held) if held else SaveState("saved")

    def _document(self, item_id: int) -> _Document:
        return self._documents.setdefault(item_id, _Document())

    def _put(self, edit: _Edit) -> None:
        self._row.append(edit)
        self._changed.notify_all()

    def _run(self) -> None:
        told = SaveState("saved")
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._row) or self._closing)
                if self._closing:
                    return
                self._current = self._row[0]
                state = self._state()
            if state.kind != told.kind:
                self._told(state)
            self._carry_out(self._current)
            told = self.state
            self._told(told)
            with self._changed:
                if self._problem is not None:
                    self._changed.wait_for(lambda: self._closing, _AGAIN)

    def _carry_out(self, edit: _Edit) -> None:
        """Do one; it leaves the row unless it has to be tried again."""
        problem, news = None, list[News]()
        try:
            if edit.work is not None:
                edit.work(self._library)
            else:
                self._commit(edit)
        except Conflict as conflict:
            news.append(self._hold(edit, conflict))
        except Gone as gone:
            news.append(Refused(edit.title, gone))
        except Problem as trouble:
            problem = trouble
        except Exception as bug:  # this thread must go on, and the person must know
            _log.exception("“%s” could not be saved", edit.title)
            news.append(Refused(edit.title, _mistake(edit.title, bug)))
        with self._changed:
            self._current, self._problem = None, problem
            if problem is None:
                self._row.remove(edit)
            self._changed.notify_all()
        for one in news:
            self._told(one)

    def _commit(self, edit: _Edit) -> None:
        with self._changed:
            document = self._document(edit.item_id)
            base = document.version if edit.seen == document.foreign else None
        version = self._library.commit(edit.item_id, edit.change, base, edit.token)
        with self._changed:
            known = document.version
            if known is not None and version == known + 1:
                document.version = version
                return
        self._tell_others(edit.item_id, edit.token)

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

    def _hold(self, edit: _Edit, conflict: Conflict) -> Conflict:
        """Have this edit and those of the same item behind it wait for a decision about them all."""
        with self._changed:
            waiting = [one for one in self._row if one.item_id == edit.item_id and one.work is None]
            for one in waiting[1:]:
                self._row.remove(one)
            self._document(edit.item_id).held = waiting
        return conflict

    def _settle(self, item_id: int, choice: Choice) -> None:
        with self._changed:
            document = self._document(item_id)
            held = tuple(document.held)
        if not held:
            return
        shows = _merged(self._library, item_id, held, choice)
        with self._changed:
            later, document.held = document.held[len(held) :], []
            self._row.extendleft(reversed(later))
        self._tell_others(item_id, held[0].token)
        if shows:
            self._told(Theirs(item_id, document.version or 0, as_one(shows)))


def _merged(library: Library, item_id: int, held: tuple[_Edit, ...], choice: Choice) -> tuple[Change, ...]:
    """Commit edits that were held, by a person's decision; what the document then has to show."""
    wanted, shows = as_one(tuple(edit.change for edit in held)), list[Change]()
    while True:
        try:
            library.commit(item_id, wanted, None, held[0].token)
            return tuple(show for show in shows if show.removed or show.added)
        except Conflict as conflict:
            resolution = conflict.resolved(choice)
            wanted = resolution.commit
            shows.append(resolution.show)


def _mistake(title: str, bug: Exception) -> Problem:
    return Problem(
        f"“{title}” could not be saved: Parfocal made a mistake.",
        "Copy the details, and report them. Everything else is saved.",
        error=f"{type(bug).__name__}: {bug}",
    )
