"""Runs the analysis of a CT series in one background thread; the window hears of it as it grows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ml.progress import Cancelled, Progress, Step
from ml.results.ct_analysis import CtAnalysis, CtCam
from ml.results.ct_scores import CtPart, CtPlanned
from ml.verbs.analyze_ct import AnalyzeCtRequest, analyze_ct, explain_ct
from viewer.work.analysis import load_for_boxes
from viewer.work.background import Background, as_problem

if TYPE_CHECKING:
    from ml.report.ct_material import CtMaterial


class CtAnalysisWork(QObject):
    """One run at a time. It tells any number of steps and parts, then one of done, stopped, failed."""

    planned = Signal(object)  # CtPlanned
    scored = Signal(object)  # CtPart
    explained = Signal(object)  # CtCam
    step = Signal(object)  # Step
    done = Signal(object)  # CtAnalysis
    stopped = Signal(object)  # CtAnalysis with what is there, or None
    failed = Signal(object)  # Problem
    slice_explained = Signal(object)  # CtCam of one `explain`
    not_explained = Signal(object)  # Problem
    written = Signal(object)  # Path of a report's PDF
    not_written = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("CT analysis", self)
        self._progress: Progress | None = None
        self._writing = Progress()

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._progress is not None

    def start(self, request: AnalyzeCtRequest) -> None:
        """Begin a run. Raises `RuntimeError` while another is under way."""
        if self._progress is not None:
            raise RuntimeError("A run is under way")
        progress = Progress(self._tell_step, self._tell_part)
        self._progress = progress
        self._thread.submit(partial(_run, request, progress), self._end, self._fail)

    def stop(self) -> None:
        """Wish that the run ends within one batch; `stopped` follows."""
        if self._progress is not None:
            self._progress.stop()

    def explain(self, request: AnalyzeCtRequest, slice_number: int, class_index: int) -> None:
        """Have Grad-CAM of one slice; `slice_explained` or `not_explained` follows."""
        job = partial(explain_ct, request, slice_number, class_index)
        self._thread.submit(job, self._tell_explained, self._fail_explain)

    def export(self, material: CtMaterial, folder: Path, *, keep_identity: bool = False) -> None:
        """Write a report into a folder; `written` or `not_written` follows."""
        job = partial(_export, material, folder, self._writing, keep_identity=keep_identity)
        self._thread.submit(job, self._tell_written, self._fail_export)

    def close(self) -> None:
        """Stop the run and wait until its thread is gone."""
        self.stop()
        self._writing.stop()
        self._thread.close()

    # ------------------------------------------------------------------ in the run's thread

    def _tell_step(self, step: Step) -> None:
        self._tell(lambda: self.step.emit(step))

    def _tell_part(self, part: object) -> None:
        signals = {CtPlanned: self.planned, CtPart: self.scored, CtCam: self.explained}
        signal = signals.get(type(part))
        if signal is not None:
            self._tell(lambda: signal.emit(part))

    def _tell(self, call: Callable[[], None]) -> None:
        self._thread.tell(call)

    # ------------------------------------------------------------------ in the window's thread

    def _end(self, analysis: CtAnalysis) -> None:
        self._progress = None
        (self.done if analysis.complete else self.stopped).emit(analysis)

    def _fail(self, error: BaseException) -> None:
        self._progress = None
        if isinstance(error, Cancelled):
            self.stopped.emit(None)
        else:
            self.failed.emit(as_problem(error, "The analysis"))

    def _tell_explained(self, cam: CtCam) -> None:
        self.slice_explained.emit(cam)

    def _fail_explain(self, error: BaseException) -> None:
        self.not_explained.emit(as_problem(error, "Grad-CAM of this slice"))

    def _tell_written(self, pdf: Path) -> None:
        self.written.emit(pdf)

    def _fail_export(self, error: BaseException) -> None:
        self.not_written.emit(as_problem(error, "Writing the report"))


def _run(request: AnalyzeCtRequest, progress: Progress) -> CtAnalysis:
    load_for_boxes()
    return analyze_ct(request, progress)


def _export(material: CtMaterial, folder: Path, progress: Progress, *, keep_identity: bool) -> Path:
    from ml.verbs.export_ct import export_ct

    written = export_ct(material, folder, progress, keep_identity=keep_identity)
    return next(path for path in written if path.suffix == ".pdf")
