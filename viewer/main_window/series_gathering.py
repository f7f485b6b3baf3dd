"""Opens the series of marked cases that a model has analyzed, so that they can be asked about together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from ml.report.words import count
from ml.volume.series import Series
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.links import Links
from viewer.state.opened import Opened
from viewer.state.opened_series import OpenedSeries
from viewer.work.analyzed_series import AnalyzedItem, analyzed_in, series_of
from viewer.work.learning import LearningWork

Marked = Callable[[], tuple[int, ...]]
"""The cases that are marked in the list of all cases."""


class SeriesGathering(QObject):
    """One gathering at a time; the last wish counts."""

    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, status: StatusLine, work: LearningWork, marked: Marked, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._parts, self._status, self._work, self._marked = parts, status, work, marked
        self._waiting: set[Opened] = set()  # for what the library knows of them
        self._links = Links()
        self._done: Callable[[], object] = lambda: None
        parts.session.closing.connect(self._come)

    def gather(self, sha256: str, done: Callable[[], object]) -> None:
        """Open what the model has analyzed of the marked cases, and then call `done`; at once without any."""
        self._links.drop()
        self._waiting.clear()
        self._done = done
        marked = self._marked()
        if not marked or not sha256:
            done()
            return
        there = [one.series.key for one in self._parts.session.items if isinstance(one, OpenedSeries)]
        self._parts.keeping.ask(
            lambda library: analyzed_in(library, marked, sha256, there), self._find, self.refused.emit
        )

    def _find(self, items: tuple[AnalyzedItem, ...]) -> None:
        if not items or self._work.running:
            self._done()
            return
        self._status.showMessage(f"Opening {count(len(items), 'series', 'series')} of the marked cases…")
        self._work.do(partial(series_of, items), self._open, "Opening the series of the marked cases")

    def _open(self, found: tuple[tuple[Series, Path], ...]) -> None:
        before = self._parts.session.current
        made = []
        try:
            for series, path in found:
                made.append(OpenedSeries(series, path))
        except Problem as problem:  # memory does not suffice: those before it are asked about
            self.refused.emit(problem)
        self._waiting.update(made)
        for opened in made:
            self._links.follow(opened.findings_changed, partial(self._come, opened))
            self._parts.session.put(opened)
        self._parts.session.make_current(before)
        if not made:
            self._done()

    def _come(self, opened: Opened) -> None:
        """What the library knows of it is there, or it was closed."""
        if opened in self._waiting:
            self._waiting.discard(opened)
            if not self._waiting:
                self._links.drop()
                self._done()
