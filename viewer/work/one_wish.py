"""Work away from the window that does one thing at a time, tells steps, and can be stopped."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from ml.progress import Cancelled, Progress, Step
from viewer.work.background import Background, as_problem


class OneWish(QObject):
    """Steps, then one answer, or `stopped` or `failed`. Whoever stops it hears of no failure after that."""

    step = Signal(object)  # Step
    stopped = Signal()
    failed = Signal(object)  # Problem

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background(name, self)
        self._progress: Progress | None = None

    @property
    def running(self) -> bool:
        """Whether an answer is awaited."""
        return self._progress is not None

    def stop(self) -> None:
        """Wish that it ends soon; what has arrived, was written or was sent stays."""
        if self._progress is not None:
            self._progress.stop()

    def close(self) -> None:
        """Stop, and wait until the thread is gone: as long as an archive's timeout where it is silent."""
        self.stop()
        self._thread.close()

    def _begin(self, doing: str, job: Callable[[Progress], Any], done: Callable[[Any], None]) -> None:
        """Raises `RuntimeError` while another is under way. `doing` names it where it fails."""
        if self._progress is not None:
            raise RuntimeError("An answer is awaited")
        progress = self._progress = Progress(lambda step: self._thread.tell(lambda: self._tell(step)))
        self._thread.submit(lambda: job(progress), partial(self._end, done), partial(self._fail, doing))

    def _tell(self, step: Step) -> None:
        if self.running:
            self.step.emit(step)

    def _end(self, done: Callable[[Any], None], answer: object) -> None:
        self._progress = None
        done(answer)

    def _fail(self, doing: str, error: BaseException) -> None:
        wished_off = self._progress is not None and self._progress.stop_wished
        self._progress = None
        if isinstance(error, Cancelled) or wished_off:
            self.stopped.emit()
        else:
            self.failed.emit(as_problem(error, doing))
