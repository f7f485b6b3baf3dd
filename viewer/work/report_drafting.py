"""Sets the pages of a draft while somebody writes it, and its outputs at the end, in a background thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ml.progress import Cancelled, Progress, Step
from viewer.work.background import Background, as_problem

if TYPE_CHECKING:
    from ml.draft.compose import Drawn
    from ml.draft.draft import Draft
    from ml.draft.evidence import Evidence
    from ml.errors import Problem
    from ml.verbs.write_report import WriteRequest, WrittenFile


@dataclass(frozen=True, eq=False)
class SetPages:
    """What a draft looks like: a PDF, and what could not be put into it."""

    draft: Draft
    pdf: bytes
    problems: tuple[Problem, ...]


class DraftWork(QObject):
    """The newest draft is set, those before it are skipped. Automatic figures are drawn once."""

    drawn = Signal(object, object)  # Evidence, Drawn: its automatic figures
    set_ = Signal(object)  # SetPages
    not_set = Signal(object)  # Problem
    step = Signal(object)  # Step of writing
    written = Signal(object)  # tuple[WrittenFile, ...]
    stopped = Signal()
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("report draft", self)
        self._setting = Progress()
        self._writing = Progress()
        self._newest = 0
        self._drawn: tuple[object, Drawn] | None = None  # in the thread: mark of an evidence, its figures
        self.running = False

    def set_pages(self, draft: Draft, evidence: Evidence, kept: Callable[[str], bytes]) -> None:
        """Set a draft; `set_` or `not_set` follows, unless another draft comes after it."""
        self._newest += 1
        number = self._newest

        def job() -> SetPages | None:
            return self._set(draft, evidence, kept) if number == self._newest else None

        self._thread.submit(job, self._tell_set, self._fail_set)

    def write(self, request: WriteRequest, *, keep_identity: bool = False) -> None:
        """Write the outputs; `written`, `stopped` or `failed` follows."""
        self._writing = Progress(self._tell_step)
        self.running = True
        progress = self._writing
        self._thread.submit(
            lambda: _write(request, progress, keep_identity=keep_identity), self._end, self._fail
        )

    def stop(self) -> None:
        """Stop writing; files that are whole stay."""
        self._writing.stop()

    def close(self) -> None:
        """Stop all and wait until the thread is gone."""
        self._setting.stop()
        self._writing.stop()
        self._thread.close()

    # ------------------------------------------------------------------ in the thread

    def _set(self, draft: Draft, evidence: Evidence, kept: Callable[[str], bytes]) -> SetPages:
        from ml.draft.as_pdf import pdf_of
        from ml.draft.compose import compose

        paper = compose(draft, evidence, self._figures(evidence), kept)
        return SetPages(draft, pdf_of(paper), paper.problems)

    def _figures(self, evidence: Evidence) -> Drawn:
        from ml.verbs.write_report import draw

        if self._drawn is None or self._drawn[0] != evidence.mark:
            made = draw(evidence, self._setting)
            self._drawn = evidence.mark, made
        figures = self._drawn[1]
        self._thread.tell(lambda: self.drawn.emit(evidence, figures))
        return figures

    def _tell_step(self, step: Step) -> None:
        self._thread.tell(lambda: self.step.emit(step))

    # ------------------------------------------------------------------ in the window's thread

    def _tell_set(self, pages: SetPages | None) -> None:
        if pages is not None:
            self.set_.emit(pages)

    def _fail_set(self, error: BaseException) -> None:
        if not isinstance(error, Cancelled):
            self.not_set.emit(as_problem(error, "Setting the report"))

    def _end(self, files: tuple[WrittenFile, ...]) -> None:
        self.running = False
        self.written.emit(files)

    def _fail(self, error: BaseException) -> None:
        self.running = False
        if isinstance(error, Cancelled):
            self.stopped.emit()
        else:
            self.failed.emit(as_problem(error, "Writing the report"))


def _write(request: WriteRequest, progress: Progress, *, keep_identity: bool) -> tuple[WrittenFile, ...]:
    from ml.verbs.sealed_report import write_sealed

    return write_sealed(request, progress, keep_identity=keep_identity)
