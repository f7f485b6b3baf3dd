"""Reads and writes files of annotations in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from ml.annotation.undisturbed import undisturbed
from ml.progress import Cancelled, Progress, Step
from viewer.work.background import Background, as_problem

if TYPE_CHECKING:
    from ml.exchange.contract import About, Document, Read, Written

T = TypeVar("T")


class AnnotationFiles(QObject):
    """One file after the other. What takes long to make of annotations is made in the thread."""

    step = Signal(object)  # Step
    failed = Signal(object)  # Problem
    stopped = Signal(str)  # the name of the file: nothing was read or written

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("annotation files", self)
        self._under_way: list[Progress] = []

    @property
    def busy(self) -> bool:
        """Whether a file is being read or written."""
        return bool(self._under_way)

    @property
    def running(self) -> bool:
        """The same, for whoever stops what runs."""
        return self.busy

    def stop(self) -> None:
        """Wish that what is read or written ends soon; `stopped` follows, and no file is left half."""
        for progress in self._under_way:
            progress.stop()

    def read(self, path: Path, about: About, done: Callable[[Read], None]) -> None:
        """Read a file of any format; `done` in the window's thread, or `failed`, or `stopped`."""
        progress = self._begin(f"Reading {path.name}")
        self._submit(partial(self._read, path, about, progress), done, path.name, progress)

    def write(self, path: Path, document: Document, format_id: str, done: Callable[[Written], None]) -> None:
        """Write a file, whole or not at all; `done` in the window's thread, or `failed`, or `stopped`."""
        progress = self._begin(f"Writing {path.name}")
        self._submit(partial(_write, path, document, format_id, progress), done, path.name, progress)

    def do(self, words: str, job: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do something else about annotations here, such as writing their table."""
        self._submit(job, done, words, self._begin(words))

    def tell(self, step: Step) -> None:
        """Say how far it is. For the job, from its own thread."""
        self._thread.tell(partial(self.step.emit, step))

    def close(self) -> None:
        """Stop, and wait until the thread is gone."""
        self.stop()
        self._thread.close()

    def _read(self, path: Path, about: About, progress: Progress) -> Read:
        from ml.exchange.formats import read
        from ml.exchange.told import Told

        found = read(path, about, progress)
        for annotation in Told(found.annotations, progress, "Looking at annotations"):
            _ = annotation.shape.bounds  # kept with the shape: the window need not make it
        return found

    def _begin(self, words: str) -> Progress:
        progress = Progress(self.tell)
        self._under_way.append(progress)
        self.step.emit(Step(words, 0, 0))
        return progress

    def _submit(self, job: Callable[[], T], done: Callable[[T], None], name: str, progress: Progress) -> None:
        def work() -> T:
            progress.check()
            with undisturbed():  # places of outlines are made of bytes here, millions of them
                return job()

        def end(result: T) -> None:
            self._under_way.remove(progress)
            done(result)

        def fail(error: BaseException) -> None:
            self._under_way.remove(progress)
            if isinstance(error, Cancelled):
                self.stopped.emit(name)
            else:
                self.failed.emit(as_problem(error, f"Working on {name}"))

        self._thread.submit(work, end, fail)


def _write(path: Path, document: Document, format_id: str, progress: Progress) -> Written:
    from ml.exchange.formats import write
    from ml.exchange.told import Told

    told = Told(document.annotations, progress, f"Writing {path.name}")
    return write(path, replace(document, annotations=told), format_id)
