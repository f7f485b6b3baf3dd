"""Runs an analysis in one background thread; the window hears of it as it grows."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module

from PySide6.QtCore import QObject, Signal

from ml.progress import Cancelled, Progress
from ml.results.analysis import Analysis
from ml.results.cam import CamMap
from ml.verbs.analyze import AnalyzeRequest, analyze, explain_patches, foretaste, warm_up
from viewer.work.background import Background, as_problem
from viewer.work.stream import Stream, Told


class AnalysisWork(QObject):
    """One run at a time. It tells any number of steps and parts, then one of done, stopped, failed."""

    planned = Signal(object)  # Planned
    scored = Signal(object)  # ScorePart
    cam_started = Signal(object)  # CamMap, empty
    explained = Signal(object)  # CamPart
    step = Signal(object)  # Step; about ten a second
    note = Signal(str)  # a sentence to keep: "The batch was halved to 8: …"
    done = Signal(object)  # Analysis
    stopped = Signal(object)  # Analysis with what is there, or None
    failed = Signal(object)  # Problem
    patch_explained = Signal(object)  # CamMap that holds the patches of one `explain`
    not_explained = Signal(object)  # Problem
    foretasted = Signal(object, object)  # AnalyzeRequest; Likeness, or None where the model does not know
    device_known = Signal(str)  # "CPU (no CUDA device found)"

    def __init__(self, switch_ms: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("analysis", self)
        self._progress: Progress | None = None
        self._tasting = Progress()
        self._warm = False
        # How long a busy Python thread may hold the interpreter while the window waits for it.
        sys.setswitchinterval(switch_ms / 1000)

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._progress is not None

    def start(self, request: AnalyzeRequest) -> None:
        """Begin a run. Raises `RuntimeError` while another is under way."""
        if self._progress is not None:
            raise RuntimeError("A run is under way")
        self._tasting.stop()
        stream = Stream(lambda told: self._thread.tell(partial(self._take, told)))
        progress = Progress(stream.step, stream.part)
        self._progress = progress
        self._warm = True
        self._thread.submit(partial(_run, request, progress, stream), self._end, self._fail)

    def stop(self) -> None:
        """Wish that the run ends within one batch; `stopped` follows."""
        if self._progress is not None:
            self._progress.stop()

    def explain(self, request: AnalyzeRequest, row: int, column: int) -> None:
        """Have Grad-CAM of one patch of the grid that this request lays; `patch_explained` follows."""
        job = partial(explain_patches, request, ((row, column),))
        self._thread.submit(job, self._tell_explained, self._fail_explain)

    def foretaste(self, request: AnalyzeRequest) -> None:
        """Have a few patches of a region looked at; `foretasted` follows, unless a run comes first."""
        self._tasting.stop()
        self._tasting = Progress()
        job = partial(foretaste, request, self._tasting)
        self._thread.submit(job, partial(self.foretasted.emit, request), _fail_quietly)

    def warm(self, model: str | None, device: str) -> None:
        """Load the network library and the model now, while nobody waits for them. Does nothing twice."""
        if not self._warm:
            self._warm = True
            self._thread.submit(partial(_warm, model, device), self.device_known.emit, _log_only)

    def close(self) -> None:
        """Stop the run and wait until its thread is gone."""
        self.stop()
        self._tasting.stop()
        self._thread.close()

    def _take(self, told: Told) -> None:
        if told.planned is not None:
            self.planned.emit(told.planned)
        if (scores := told.score_part()) is not None:
            self.scored.emit(scores)
        if told.cam is not None:
            self.cam_started.emit(told.cam)
        if (maps := told.cam_part()) is not None:
            self.explained.emit(maps)
        for step in told.notes:
            self.note.emit(step.note)
        if told.step is not None:
            self.step.emit(told.step)

    def _end(self, analysis: Analysis) -> None:
        self._progress = None
        (self.done if analysis.complete else self.stopped).emit(analysis)

    def _fail(self, error: BaseException) -> None:
        self._progress = None
        if isinstance(error, Cancelled):  # before there was anything to keep
            self.stopped.emit(None)
        else:
            self.failed.emit(as_problem(error, "The analysis"))

    def _tell_explained(self, cam: CamMap) -> None:
        self.patch_explained.emit(cam)

    def _fail_explain(self, error: BaseException) -> None:
        self.not_explained.emit(as_problem(error, "Grad-CAM of this patch"))


def _run(request: AnalyzeRequest, progress: Progress, stream: Stream) -> Analysis:
    load_for_boxes()
    try:
        return analyze(request, progress)
    finally:
        stream.flush()


def _warm(model: str | None, device: str) -> str:
    """Load everything a run needs; gives the device in words."""
    warm_up(model, device)
    load_for_boxes()
    from ml.model.device import choose_device

    return choose_device(device).in_words


def load_for_boxes() -> None:
    """The window finds boxes while a run goes on: what that needs is never first imported there."""
    import_module("scipy.ndimage")


def _log_only(error: BaseException) -> None:
    as_problem(error, "Loading the model ahead of time")


def _fail_quietly(error: BaseException) -> None:
    """Nobody asked for it: nothing is shown. The run itself will say what is wrong."""
    if not isinstance(error, Cancelled):
        as_problem(error, "Looking at a few patches")
