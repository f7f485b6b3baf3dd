"""Reads and writes files of annotations in the background."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from ml.progress import Step
from viewer.work.background import Background, as_problem

if TYPE_CHECKING:
    from ml.exchange.contract import About, Document, Read, Written

T = TypeVar("T")
_CHUNK = 4096  # annotations between two words about how far it is


class AnnotationFiles(QObject):
    """One file after the other. What takes long to make of annotations is made in the thread."""

    step = Signal(object)  # Step
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("annotation files", self)
        self._open = 0

    @property
    def busy(self) -> bool:
        """Whether a file is being read or written."""
        return self._open > 0

    def read(self, path: Path, about: About, done: Callable[[Read], None]) -> None:
        """Read a file of any format; `done` in the window's thread, or `failed`."""
        self._begin(f"Reading {path.name}")
        self._thread.submit(
            partial(self._read, path, about), partial(self._end, done), partial(self._fail, path.name)
        )

    def write(self, path: Path, document: Document, format_id: str, done: Callable[[Written], None]) -> None:
        """Write a file, whole or not at all; `done` in the window's thread, or `failed`."""
        self._begin(f"Writing {path.name}")
        self._thread.submit(
            partial(_write, path, document, format_id),
            partial(self._end, done),
            partial(self._fail, path.name),
        )

    def do(self, words: str, job: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do something else about annotations here, such as writing their table."""
        self._begin(words)
        self._thread.submit(job, partial(self._end, done), partial(self._fail, words))

    def tell(self, step: Step) -> None:
        """Say how far it is. For the job, from its own thread."""
        self._thread.tell(partial(self.step.emit, step))

    def close(self) -> None:
        """Wait until the thread is gone."""
        self._thread.close()

    def _read(self, path: Path, about: About) -> Read:
        from ml.exchange.formats import read

        found = read(path, about)
        began = time.monotonic()
        for number, annotation in enumerate(found.annotations):
            _ = annotation.shape.bounds  # kept with the shape: the window need not make it
            if number % _CHUNK == 0:
                self.tell(Step("Looking at annotations", number, len(found.annotations), _since(began)))
        return found

    def _begin(self, words: str) -> None:
        self._open += 1
        self.step.emit(Step(words, 0, 0))

    def _end(self, done: Callable[[T], None], result: T) -> None:
        self._open -= 1
        done(result)

    def _fail(self, name: str, error: BaseException) -> None:
        self._open -= 1
        self.failed.emit(as_problem(error, f"Working on {name}"))


def _write(path: Path, document: Document, format_id: str) -> Written:
    from ml.exchange.formats import write

    return write(path, document, format_id)


def _since(began: float) -> float:
    return time.monotonic() - began
