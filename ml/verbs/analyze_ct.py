"""Analyze a CT series: what the window's button and the command line both call."""

from __future__ import annotations

from dataclasses import dataclass

from ml.progress import Progress, Step
from ml.results.ct_analysis import CtAnalysis, CtCam
from ml.verbs.loaded import ready_model
from ml.volume.series import Series


@dataclass(frozen=True)
class AnalyzeCtRequest:
    """What to look at, with what. Equal requests give equal numbers on the same device."""

    series: Series
    model: str  # a name of the zoo, or the path of a bundle
    first: int = 0  # slice numbers of the series, both looked at; neighbours outside are still context
    last: int | None = None  # None: to the end
    device: str = "auto"
    batch: int | None = None
    cam: bool = True  # Grad-CAM of the peak slice of every finding


def analyze_ct(request: AnalyzeCtRequest, progress: Progress) -> CtAnalysis:
    """Answer every wished slice, then explain the peaks of what was found.

    Tells, through `progress`: `Step`s; one `CtPlanned`; `CtPart`s; then `CtCam`s. When a stop is wished it
    returns within one batch with what is there and `complete=False`. A slice that cannot be read is left out
    and named in `notes`. Raises `Problem`s for what a person can mend.
    """
    from ml.infer.series_run import CtWishes, run_series

    progress.step(Step("Loading the model", 0, 0))
    model = ready_model(request.model, request.device)
    wishes = CtWishes(request.first, request.last, request.cam, request.batch)
    return run_series(request.series, model, wishes, progress)


def explain_ct(request: AnalyzeCtRequest, slice_number: int, class_index: int) -> CtCam:
    """Grad-CAM of one slice for one class. Raises `Problem`s, `IndexError` outside series or classes."""
    from ml.infer.series_run import explain_one

    model = ready_model(request.model, request.device)
    if not 0 <= slice_number < len(request.series):
        raise IndexError(f"no slice {slice_number}")
    if not 0 <= class_index < len(model.network.card.class_names):
        raise IndexError(f"no class {class_index}")
    return explain_one(request.series, model, slice_number, class_index)
