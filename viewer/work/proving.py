"""Checks reports, repeats their analyses and copies slides without names, in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.progress import Cancelled, Progress, Step
from viewer.work.background import Background, as_problem


class ProofWork(QObject):
    """One job after another; a stopped or failed copy leaves nothing behind."""

    step = Signal(object)  # Step
    verified = Signal(object)  # Verification
    compared = Signal(object)  # Comparison
    copied = Signal(object)  # Copied
    stopped = Signal()
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("proof", self)
        self._progress = Progress()
        self.running = False

    def verify(self, folder: Path, subject: Path | None = None) -> None:
        """Check a report; `verified`, `stopped` or `failed` follows."""

        def job(progress: Progress) -> object:
            from ml.record.verify import verify

            return verify(folder, progress, subject)

        self._start(job, self.verified.emit, "Checking the report")

    def rerun(self, folder: Path, subject: Path | None = None) -> None:
        """Repeat a report's analysis; `compared`, `stopped` or `failed` follows."""

        def job(progress: Progress) -> object:
            from ml.verbs.rerun import RerunRequest, rerun

            return rerun(RerunRequest(folder, subject), progress)

        self._start(job, self.compared.emit, "Repeating the analysis")

    def copy(self, source: Path, target: Path) -> None:
        """Write a de-identified copy; `copied`, `stopped` or `failed` follows."""

        def job(progress: Progress) -> object:
            from ml.deidentify.copy import copy_without_identity

            return copy_without_identity(source, target, progress)

        self._start(job, self.copied.emit, "Copying without names")

    def stop(self) -> None:
        """End soon."""
        self._progress.stop()

    def close(self) -> None:
        """Stop and wait until the thread is gone."""
        self._progress.stop()
        self._thread.close()

    def _start(self, job: Callable[[Progress], object], tell: Callable[[object], None], doing: str) -> None:
        self._progress = progress = Progress(self._told)
        self.running = True

        def done(result: object) -> None:
            if progress is self._progress:  # else a later job is what the window waits for
                self.running = False
                tell(result)

        def fail(error: BaseException) -> None:
            if progress is not self._progress:
                return
            self.running = False
            if isinstance(error, Cancelled):
                self.stopped.emit()
            else:
                self.failed.emit(as_problem(error, doing))

        self._thread.submit(lambda: job(progress), done, fail)

    def _told(self, step: Step) -> None:
        self._thread.tell(lambda: self.step.emit(step))
