"""The case library behind the window: opened and read in one background thread, written in another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Literal, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from ml.errors import Problem
from viewer.cases.conflict import Conflict
from viewer.cases.news import News, Refused, SaveState, Theirs
from viewer.work.background import Background, as_problem

if TYPE_CHECKING:
    from viewer.cases.library import Library
    from viewer.cases.writer import Writer

T = TypeVar("T")
Told = Literal["", "saved", "saving", "asking", "failing"]
Write = Callable[["Writer"], object]
"""Hands something to the writer: an edit, a state, anything else to be done."""

_AGAIN_MS = 3000  # a library that could not be opened, a file that could not be taken up: tried again
_PATIENCE = 5.0  # s that the end of the window waits for the disk


class Keeping(QObject):
    """The one door to the library. What is asked and what is written waits until it is open."""

    ready = Signal(object)  # tuple[str, ...]: what a person should know about how it was opened
    refused = Signal(object)  # Problem: it cannot be opened
    told = Signal(str, object)  # Told; the Problem while it cannot be written, else None
    again = Signal()  # what could not be taken up may be tried again
    conflicted = Signal(object)  # Conflict: a person has to decide
    theirs = Signal(object)  # Theirs: what somebody else did, to be shown
    met = Signal(object)  # StateChanged: somebody else wrote the same comment, and both are kept
    lost = Signal(object)  # Problem: an edit that can never be carried out
    _news = Signal(object)

    def __init__(self, where: str = "", parent: QObject | None = None) -> None:
        """`where`: the address of a department's library; empty: the person's own file."""
        super().__init__(parent)
        self._where = where
        self._reader = Background("case library reader", self)
        self._library: Library | None = None
        self._writer: Writer | None = None
        self._turn = threading.RLock()  # the end of the window does not wait for the reader's row
        self._early: list[Write] = []  # edits from before it was open
        self._held: set[Hashable] = set()  # whoever will write in a moment
        self._problem: Problem | None = None  # why it is not open, or something is not taken up
        self._state: tuple[Told, Problem | None] = ("", None)  # as the writer says
        self._last: tuple[Told, Problem | None] = ("", None)  # as it was told
        self._only_quiet = False  # nothing but how one looks waits to be written
        self._asked = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_AGAIN_MS)
        self._later.timeout.connect(self.open_again)
        self._news.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def is_open(self) -> bool:
        """Whether the library is there."""
        return self._writer is not None

    def open(self) -> None:
        """Open it in the background, once; `ready` or `refused` follows."""
        if not self._asked:
            self._asked = True
            self._reader.submit(self._open, self._begin, self._fail)

    def ask(
        self, job: Callable[[Library], T], done: Callable[[T], None], failed: Callable[[Problem], object]
    ) -> None:
        """Have something read (or made) in the background. Both are called in the window's thread."""
        self.open()

        def work() -> T:
            if self._library is None:
                raise self._problem or Problem("The case library is not open.", "It is tried again.")
            with self._turn:
                return job(self._library)

        def fail(error: BaseException) -> None:
            failed(as_problem(error, "Reading the case library"))

        self._reader.submit(work, done, fail)

    def do_now(self, job: Callable[[Library], T]) -> T | None:
        """In the window's thread, at its end: None where it cannot be done; `finish` tells why."""
        try:
            library = self._open()
            self._begin(library)
            with self._turn:  # what the thread is about to take up is not taken up twice
                return job(library)
        except Exception as error:  # the border of a run: whatever happened is told
            self._problem = as_problem(error, "Keeping the case")
            return None

    # ------------------------------------------------------------------ writing

    def write(self, write: Write, *, quietly: bool = False) -> None:
        """Have the writer do something in its turn. `quietly`: it is no edit, and all is said to be saved."""
        self._only_quiet = quietly and (self._only_quiet or self._last[0] in {"", "saved"})
        self.open()
        if self._writer is None:
            self._early.append(write)
            self._tell()
        else:
            write(self._writer)
            self._take(self._writer.state)

    def hold(self, who: Hashable) -> None:
        """Somebody will write in a moment: until `release`, nobody may think that all is saved."""
        self._held.add(who)
        self._only_quiet = False
        self._tell()

    def release(self, who: Hashable) -> None:
        """It was handed over."""
        self._held.discard(who)
        self._tell()

    def try_again(self, problem: Problem) -> None:
        """Something could not be taken up for this reason: `again` follows after a while."""
        self._problem = problem
        self._later.start()
        self._tell()

    def taken_up(self) -> None:
        """What could not be taken up is in the library now."""
        self._problem = None
        self._tell()

    def tell(self, call: Callable[[], object]) -> None:
        """Have something called in the window's thread: for work that goes on in another."""
        self._reader.tell(lambda: (call(), None)[1])

    def open_again(self) -> None:
        """Try now what could not be opened, or taken up."""
        self._later.stop()
        if self._library is None:
            self._asked = False
            self.open()
        else:
            self.again.emit()

    # ------------------------------------------------------------------ the end

    def finish(self) -> Problem | None:
        """Wait until everything is written; what stands in its way, if that does not happen in time."""
        if self._early:
            self.do_now(lambda _: None)
        if self._writer is not None and not self._writer.flush(_PATIENCE):
            state = self._writer.state
            if state.kind != "asking":  # what nobody decided is kept, too
                return state.problem or Problem("The case library's disk does not answer.", "Wait a moment.")
        return self._problem if self._early or self._held else None

    def close(self) -> None:
        """Let it go. `finish` comes before."""
        self._later.stop()
        self._reader.close()
        if self._writer is not None:
            self._writer.close(0.0)
        if self._library is not None:
            self._library.close()
        self._library = self._writer = None

    # ------------------------------------------------------------------ inside

    def _open(self) -> Library:
        """In a thread: what the library is made of is first imported here."""
        from viewer.cases.library import Library

        with self._turn:
            if self._library is None:
                self._library = Library.open(self._where or None)
        return self._library

    def _begin(self, library: Library) -> None:
        if self._writer is not None:
            return
        from viewer.cases.writer import Writer

        self._problem = None
        self._writer = Writer(library, self._news.emit)
        early, self._early = self._early, []
        for write in early:
            write(self._writer)
        self._take(self._writer.state)
        self.ready.emit(library.restored)
        self.again.emit()

    def _fail(self, error: BaseException) -> None:
        self._problem = as_problem(error, "Opening the case library")
        self.refused.emit(self._problem)
        self._later.start()
        self._tell()

    def _take(self, news: News) -> None:
        if isinstance(news, SaveState):  # how it stands by now, not when this was said
            state = news if self._writer is None else self._writer.state
            self._state = state.kind, state.problem
            self._tell()
        elif isinstance(news, Conflict):
            self.conflicted.emit(news)
        elif isinstance(news, Theirs):
            self.theirs.emit(news)
        elif isinstance(news, Refused):
            self.lost.emit(news.problem)
        else:
            self.met.emit(news)

    def _tell(self) -> None:
        kind, problem = self._state
        if kind in {"", "saved"} and self._problem is not None and (self._early or self._held):
            kind, problem = "failing", self._problem
        elif kind in {"", "saved"} and (self._early or self._held):
            kind = "saving"
        if kind == "saving" and self._only_quiet:
            kind = "saved"
        if (kind, problem) != self._last:
            self._last = kind, problem
            self.told.emit(kind, problem)
