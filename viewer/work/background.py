"""One thread that does one job after another, away from the window, and tells the window when it is done."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from ml.errors import Problem
from ml.traces import trace_of

T = TypeVar("T")
_log = logging.getLogger("parfocal.work")


def as_problem(error: BaseException, doing: str) -> Problem:
    """A problem to show for whatever was raised. A bug is logged; its trace goes into *Copy details*."""
    if isinstance(error, Problem):
        _log.info("A problem was told", exc_info=error)
        return error
    _log.error("A job failed", exc_info=error)
    trace = "\n".join(trace_of(error))
    return Problem(
        f"{doing} failed because of a fault in Parfocal ({type(error).__name__}).",
        "What was there before is kept. Try again; if it happens again, please report it with Copy details.",
        trace=trace,
    )


class Background(QObject):
    """A named thread, started with the first job. Everything it tells arrives in the window's thread."""

    _told = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def closed(self) -> bool:
        """Whether it takes no more jobs. May be asked from any thread."""
        return self._closed

    def submit(
        self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Do a job. `done` or `failed` is called in the window's thread, unless it is closed by then."""

        def work() -> None:
            try:
                result = job()
            except Exception as error:  # the border of a run: whatever happened is told
                self.tell(partial(failed, error))
            else:
                self.tell(lambda: done(result))

        if self._closed:
            return
        self._jobs.put(work)
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
            self._thread.start()

    def tell(self, call: Callable[[], None]) -> None:
        """Have something called in the window's thread. For the job, from its own thread."""
        if not self._closed:
            self._told.emit(call)

    def close(self) -> None:
        """Drop the jobs that have not begun, wait for the one that has, and tell nothing more."""
        self._closed = True
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None and not self._closed:
            job()

    @Slot(object)
    def _take(self, call: Callable[[], None]) -> None:
        if not self._closed:
            call()
