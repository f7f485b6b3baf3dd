"""Brings what the library holds of a slide into its document: a little in every turn of the window."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from ml.annotation.shapes import Annotation
from ml.progress import Step
from viewer.main_window.slide_keeper import SlideKeeper
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide
from viewer.work.keeping import Keeping
from viewer.work.kept_item import CHUNK

if TYPE_CHECKING:
    from viewer.cases.library import Library

Piece = tuple[Annotation, ...]
_AT_ONCE = 1000  # annotations that are shown before the clock is looked at
_BUDGET = 0.015  # s of a turn of the window
_PAUSE_MS = 4  # between two turns: hand and picture come first
_AHEAD = 2  # pieces that wait to be shown while the next is read
_QUIET = 1.0  # s: a shorter load says nothing
_TOLD = 0.2  # s between two words about how far it is


class Filling(QObject):
    """One load. While it goes on, one can draw, edit and close: the library has all, and every piece fits."""

    told = Signal(object)  # Step
    ended = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, keeper: SlideKeeper, item_id: int, keeping: Keeping) -> None:
        super().__init__(keeper)
        self._keeper, self._item_id, self._keeping = keeper, item_id, keeping
        self._pieces: Iterator[Piece] | None = None  # of the reader's thread
        self._queue: deque[Piece] = deque()
        self._at = 0  # how many of the first piece are shown
        self._done, self._total = 0, 0
        self._reading, self._open = False, True
        self._more = True  # the library has not been read to its end
        self._after: list[Callable[[], None]] = []
        self._began = self._said = time.monotonic()
        self._turns = QTimer(self)
        self._turns.setInterval(_PAUSE_MS)
        self._turns.timeout.connect(self._turn)
        self._read()

    def afterwards(self, call: Callable[[], None]) -> None:
        """Have something done when all is there; nothing is done where it is stopped before."""
        self._after.append(call)

    def stop(self) -> None:
        """The slide is closed."""
        self._open = False
        self._turns.stop()
        self._queue.clear()

    def _read(self) -> None:
        if self._open and self._more and not self._reading and len(self._queue) < _AHEAD:
            self._reading = True
            self._keeping.ask(self._next_piece, self._take, self._fail)

    def _next_piece(self, library: Library) -> tuple[Piece, int]:
        """In the reader's thread."""
        if self._pieces is None:
            self._pieces = iter(library.annotation_chunks(self._item_id, CHUNK))
            self._total = library.annotation_count(self._item_id)
        return next(self._pieces, ()), self._total

    def _take(self, found: tuple[Piece, int]) -> None:
        piece, self._total = found
        self._reading = False
        if not self._open:
            return
        if piece:
            self._queue.append(piece)
            self._read()
        else:
            self._more = False
        self._turns.start()

    def _turn(self) -> None:
        end = time.monotonic() + _BUDGET
        while self._queue:
            piece = self._queue[0]
            some = piece[self._at : self._at + _AT_ONCE]
            self._keeper.restore_annotations(some)
            self._done += len(some)
            self._at += _AT_ONCE
            if self._at >= len(piece):
                self._queue.popleft()
                self._at = 0
            if time.monotonic() >= end:
                break
        self._tell()
        self._read()
        if not self._queue:
            self._turns.stop()
            if not self._more:
                self._finish()

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._began > _QUIET and now - self._said > _TOLD:
            self._said = now
            self.told.emit(Step("Loading annotations", self._done, max(self._total, self._done)))

    def _finish(self) -> None:
        self._open = False
        self.ended.emit()
        after, self._after = self._after, []
        for call in after:
            call()

    def _fail(self, problem: object) -> None:
        if self._open:
            self.stop()
            self.refused.emit(problem)
            self.ended.emit()


class Fillings(QObject):
    """The loads that go on, one for each slide at most."""

    told = Signal(object)  # Step of a load that takes long; None: it is over
    refused = Signal(object)  # Problem

    def __init__(self, keeping: Keeping, parent: QObject) -> None:
        super().__init__(parent)
        self._keeping = keeping
        self._under_way: dict[Opened, Filling] = {}

    def begin(self, keeper: SlideKeeper, item_id: int) -> None:
        """Bring in what the library holds of a slide."""
        opened = keeper.opened
        filling = self._under_way[opened] = Filling(keeper, item_id, self._keeping)
        opened.set_loading(True)
        filling.told.connect(self.told)
        filling.refused.connect(self.refused)
        filling.ended.connect(partial(self._end, opened))

    def when_done(self, opened: OpenedSlide, call: Callable[[], None]) -> None:
        """Have something done when all that the library holds of a slide is shown: now, where it is."""
        filling = self._under_way.get(opened)
        if filling is None:
            call()
        else:
            filling.afterwards(call)

    def stop(self, opened: Opened) -> None:
        """It is closed."""
        filling = self._under_way.pop(opened, None)
        if filling is not None:
            filling.stop()
            self.told.emit(None)

    def close(self) -> None:
        """The window closes: load nothing more."""
        for opened in tuple(self._under_way):
            self.stop(opened)

    def _end(self, opened: OpenedSlide) -> None:
        self._under_way.pop(opened).deleteLater()
        self.told.emit(None)
        opened.set_loading(False)
