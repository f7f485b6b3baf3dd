"""Edits of very many annotations: made in another thread while the window goes on, and then there at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from ml.annotation.document import AnnotationDocument, Change, Ready
from ml.annotation.shapes import Annotation
from ml.annotation.undisturbed import take_in_again, undisturbed

MANY = 10_000
"""An edit of fewer annotations takes less than a tenth of a second: it is carried out at once."""

_AT_ONCE = 1000  # annotations that are freed in one go


class Worker(Protocol):
    """A thread that does one job after another; `done` or `failed` is called in the window's thread."""

    def submit(
        self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Do a job."""


@dataclass(frozen=True, eq=False)
class _Wanted:
    """One edit that is being made."""

    make: Callable[[], Change | None]
    end: Callable[[Ready | None], None]


class WideEdits(QObject):
    """At most one edit of a document is being made. Who wants the next gets it after that one.

    Until it is there the document is as it was: it can be looked at, and closed. An edit in between is never
    mixed with it; then the window waits, and the order stays as the person wanted it.
    """

    under_way = Signal(str)  # the title of the edit that is being made; empty: none

    def __init__(self, document: AnnotationDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worker: Worker | None = None  # None: everything is carried out at once
        self._document = document
        self._wanted: _Wanted | None = None

    @property
    def busy(self) -> bool:
        """Whether an edit is being made."""
        return self._wanted is not None

    def carry_out(self, change: Change) -> None:
        """Do an edit: a small one now, a large one as soon as it is made."""
        self.settle()
        if len(change.removed) + len(change.added) < MANY:
            self._document.apply(change)
        else:
            self.begin(lambda: change, self._replay, change.title)

    def begin(
        self, make: Callable[[], Change | None], end: Callable[[Ready | None], None], title: str
    ) -> None:
        """Have an edit made; `end` gets it, in the window's thread; None where nothing becomes different."""
        self.settle()
        wanted = self._wanted = _Wanted(make, end)
        if self.worker is None:
            self.settle()
            return
        self.under_way.emit(title)
        self._submit(wanted)

    def settle(self) -> None:
        """Have what is being made carried out now: nothing is under way afterwards."""
        wanted = self._wanted
        if wanted is not None:
            self._end(wanted, self._made(wanted))

    def _submit(self, wanted: _Wanted) -> None:
        assert self.worker is not None
        self.worker.submit(
            partial(self._made, wanted), partial(self._take, wanted), partial(self._fail, wanted)
        )

    def _made(self, wanted: _Wanted) -> Ready | None:
        """In the thread."""
        with undisturbed():
            change = wanted.make()
            return None if change is None else self._document.ready(change)

    def _take(self, wanted: _Wanted, ready: Ready | None) -> None:
        if wanted is not self._wanted:
            return  # the window did not wait for the thread
        if ready is not None and ready.edits != self._document.edits:
            self._submit(wanted)  # something came out of the library meanwhile
        else:
            self._end(wanted, ready)

    def _fail(self, wanted: _Wanted, _: BaseException) -> None:
        """The thread may have met a document in the middle of an edit; what is a fault shows itself here."""
        if wanted is self._wanted:
            self.settle()

    def _end(self, wanted: _Wanted, ready: Ready | None) -> None:
        self._wanted = None
        self.under_way.emit("")
        wanted.end(ready)

    def _replay(self, ready: Ready | None) -> None:
        if ready is not None:
            self._document.take(ready)


def free(document: AnnotationDocument, changes: Iterable[Change], worker: Worker, *, alone: bool) -> None:
    """Empty a document that nobody uses any more, in the thread: of very many that takes seconds.

    `changes` are those of its undo; `alone`: no other document that is open holds very many.
    """
    annotations, places = document.given_up()
    bag: list[object] = [annotations, places, list(changes)]
    worker.submit(partial(_free, bag, alone=alone), lambda _: None, lambda _: None)


def _free(bag: list[object], *, alone: bool) -> None:
    """A few in one go: what is freed as a whole stops every thread until it is gone."""
    held: list[Annotation] = []
    for one in bag:
        if isinstance(one, dict):
            held += one.values()
        elif isinstance(one, list):
            for change in one:
                held += (*change.removed, *change.added)
            one.clear()
    bag.clear()
    while held:
        del held[-_AT_ONCE:]
    if alone:
        take_in_again()
