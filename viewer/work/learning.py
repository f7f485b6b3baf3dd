"""What learning from corrections needs done: away from the window, one job after another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from ml.progress import Cancelled, Progress, Step
from viewer.work.background import Background, as_problem

T = TypeVar("T")


class LearningWork(QObject):
    """`failed` follows instead of the answer where something went wrong; neither does after a stop."""

    step = Signal(object)  # Step
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("learning", self)
        self._progress: Progress | None = None

    @property
    def running(self) -> bool:
        """Whether something is under way."""
        return self._progress is not None

    def do(self, job: Callable[[Progress], T], done: Callable[[T], object], doing: str) -> None:
        """Have a job done; nothing while another is under way. `doing` names it where it fails."""
        if self._progress is not None:
            return
        progress = self._progress = Progress(self._tell)

        def end(found: T) -> None:
            self._progress = None
            done(found)

        def fail(error: BaseException) -> None:
            self._progress = None
            if not isinstance(error, Cancelled):
                self.failed.emit(as_problem(error, doing))

        self._thread.submit(lambda: job(progress), end, fail)

    def close(self) -> None:
        """Stop and wait until the thread is gone."""
        if self._progress is not None:
            self._progress.stop()
        self._thread.close()

    def _tell(self, step: Step) -> None:
        self._thread.tell(partial(self.step.emit, step))
