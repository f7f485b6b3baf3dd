"""Decodes the slices of series in the background; each is told to the window when it is there."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from ml.progress import Cancelled, Progress
from viewer.state.opened_series import OpenedSeries
from viewer.work.background import Background, as_problem


class CtLoading(QObject):
    """One thread a series, until all of it is there or the series is closed."""

    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._under_way: dict[OpenedSeries, tuple[Background, Progress]] = {}

    def load(self, opened: OpenedSeries) -> None:
        """Fill its volume, the slice that is shown first before the others."""
        thread, progress = Background("CT loading", self), Progress()
        self._under_way[opened] = (thread, progress)

        def work() -> None:
            from ml.volume.volume import load

            load(
                opened.series,
                lambda _, number: thread.tell(lambda: opened.come(number)),
                progress,
                first=opened.middle,
                into=opened.volume,
            )

        thread.submit(work, lambda _: self._end(opened), partial(self._fail, opened))

    def forget(self, opened: OpenedSeries) -> None:
        """Stop reading a series and wait until its thread is gone."""
        entry = self._under_way.pop(opened, None)
        if entry is not None:
            thread, progress = entry
            progress.stop()
            thread.close()
            thread.deleteLater()

    def close(self) -> None:
        """Stop reading, whatever it is."""
        for opened in list(self._under_way):
            self.forget(opened)

    def _end(self, opened: OpenedSeries) -> None:
        self.forget(opened)
        opened.finish()

    def _fail(self, opened: OpenedSeries, error: BaseException) -> None:
        self.forget(opened)
        if not isinstance(error, Cancelled):
            problem: Problem = as_problem(error, f"Reading {opened.title}")
            self.failed.emit(problem)
