"""A row of things to be done with the library, and the one thread that does them in their order."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ml.annotation.document import Change
from ml.errors import Problem
from viewer.cases.comment import both
from viewer.cases.conflict import Conflict, StateChanged
from viewer.cases.item_part import ANY
from viewer.cases.library import Library
from viewer.cases.news import News, Refused, SaveState
from viewer.cases.part import Gone
from viewer.cases.values import Json

_log = logging.getLogger(__name__)
_AGAIN = 0.5  # seconds until what could not be saved is tried again

Work = Callable[[Library], object]


@dataclass(eq=False)
class Task:
    """One thing to be done; `change` where it is an edit of the annotations of `item_id`."""

    title: str
    work: Work
    item_id: int = 0
    change: Change | None = None
    seen: int = 0  # how many edits of others the document showed when this one was made
    key: tuple[int, str] | None = None  # a later one with the same key replaces it
    base: object = ANY  # of a state: what was there before
    token: str = field(default_factory=lambda: uuid.uuid4().hex)


class Row:
    """Does tasks one after the other; `told` is called from its own thread.

    What cannot be done now stays first in the row and is tried again: the order is kept, and nothing is lost
    while the program runs. `close` says whether all was saved.
    """

    def __init__(self, library: Library, told: Callable[[News], None] = lambda _: None) -> None:
        self._library = library
        self._told = told
        self._row: deque[Task] = deque()
        self._current: Task | None = None  # being done: it is not replaced any more
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

    def set_state(self, item_id: int, name: str, value: Json, base: object = ANY) -> None:
        """Keep something under a name (see `Library.set_state`); one that still waits is replaced."""

        def work(library: Library) -> None:
            library.set_state(item_id, name, value, task.base)

        task = Task(name, work, key=(item_id, name), base=base)
        self._replace(task)

    def set_text(self, item_id: int, name: str, text: str, base: Json) -> None:
        """Keep what two may write at once. Where somebody else wrote since `base`, both texts are kept, and
        `StateChanged` tells it."""

        def work(library: Library) -> None:
            try:
                library.set_state(item_id, name, text, task.base)
            except StateChanged as changed:
                raise _with_both(library, changed) from None

        task = Task(name, work, key=(item_id, name), base=base)
        self._replace(task)

    def do(self, title: str, work: Work) -> None:
        """Do anything else with the library, in its turn. It is tried again as a whole where it must be."""
        with self._changed:
            self._put(Task(title, work))

    def flush(self, timeout: float) -> bool:
        """Wait until all that was submitted is saved.

        False when it is not after so many seconds, or when a person has to decide first.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._state().kind in {"saved", "asking"}, timeout)
            return self._state().kind == "saved"

    def close(self, timeout: float = 10.0) -> bool:
        """Save what waits, and end the thread; False when not all could be saved."""
        saved = self.flush(timeout)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        return saved

    def _held(self) -> int:
        """How many edits wait for a person's decision."""
        return 0

    def _dispute(self, task: Task, conflict: Conflict) -> None:
        """An edit was not carried out, because somebody else changed the same."""
        raise NotImplementedError

    def _state(self) -> SaveState:
        held = self._held()
        if self._problem is not None:
            return SaveState("failing", len(self._row) + held, self._problem)
        if self._row:
            return SaveState("saving", len(self._row) + held)
        return SaveState("asking", held) if held else SaveState("saved")

    def _put(self, task: Task) -> None:
        self._row.append(task)
        self._changed.notify_all()

    def _replace(self, task: Task) -> None:
        """Put a task, or let it take the place of one with the same key that has not begun."""
        with self._changed:
            waiting = [one for one in self._row if one.key == task.key and one is not self._current]
            if waiting:
                task.base = waiting[0].base
                waiting[0].work = task.work
            else:
                self._put(task)

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
            self._do(self._current)
            told = self.state
            self._told(told)
            with self._changed:
                if self._problem is not None:
                    self._changed.wait_for(lambda: self._closing, _AGAIN)

    def _do(self, task: Task) -> None:
        """Do one; it leaves the row unless it has to be tried again."""
        problem, news = None, list[News]()
        try:
            task.work(self._library)
        except Conflict as conflict:
            self._dispute(task, conflict)
            news.append(conflict)
        except StateChanged as changed:
            news.append(changed)
        except Gone as gone:
            news.append(Refused(task.title, gone))
        except Problem as trouble:
            problem = trouble
        except Exception as bug:  # this thread must go on, and the person must know
            _log.exception("“%s” could not be saved", task.title)
            news.append(Refused(task.title, _mistake(task.title, bug)))
        with self._changed:
            self._current, self._problem = None, problem
            if problem is None:
                self._row.remove(task)
            self._changed.notify_all()
        for one in news:
            self._told(one)


def _with_both(library: Library, changed: StateChanged) -> StateChanged:
    """Keep both texts; what somebody writes just now is one of them, too."""
    while True:
        base, theirs, mine = (str(one or "") for one in (changed.base, changed.theirs, changed.mine))
        changed.kept = both(base, theirs, mine)
        changed.by = library.last_said(changed.name, item_id=changed.item_id)
        try:
            library.set_state(changed.item_id, changed.name, changed.kept, changed.theirs)
        except StateChanged as again:
            changed.theirs = again.theirs
        else:
            return changed


def _mistake(title: str, bug: Exception) -> Problem:
    return Problem(
        f"“{title}” could not be saved: Parfocal made a mistake.",
        "Copy the details, and report them. Everything else is saved.",
        error=f"{type(bug).__name__}: {bug}",
    )
