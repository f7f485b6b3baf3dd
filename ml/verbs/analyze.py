"""Analyze a region of a slide: what the window's button and the command line both call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ml.annotation.shapes import Shape
from ml.errors import Problem, SpacingUnknown
from ml.progress import Cancelled, Progress, Step
from ml.results.analysis import Analysis
from ml.results.cam import CamMap
from ml.results.likeness import Likeness
from ml.slide.slide import KnownSpacing, Slide, SlideInfo
from ml.verbs.loaded import forget, ready_model

if TYPE_CHECKING:
    from ml.infer.run import Wishes
    from ml.model.network import Network

__all__ = [
    "AnalyzeRequest",
    "analyze",
    "answered",
    "explain_patches",
    "foretaste",
    "forget",
    "known_spacing",
    "warm_up",
]


@dataclass(frozen=True)
class AnalyzeRequest:
    """What to analyze, with what. Equal requests give equal numbers on the same device."""

    slide: Path
    model: str  # a name of the zoo, or the path of a bundle
    region: Shape | None = None  # None: the whole slide
    spacing: KnownSpacing | None = None  # None: what the file says; `SpacingUnknown` is raised if it does not
    device: str = "auto"  # "auto", "cpu", "cuda", "cuda:1", "mps"
    batch: int | None = None  # None: chosen for the device
    cam: Literal["none", "found", "all"] = "all"  # "found": only patches at or above the threshold
    cam_class: int | None = None  # None: the card's shown class
    least_tissue: float = 0.1  # share of a patch that must be tissue
    reader_threads: int | None = None  # None: chosen for the computer
    rows: tuple[int, int] | None = None  # of the grid, half-open: what one of several computers does


def analyze(request: AnalyzeRequest, progress: Progress) -> Analysis:
    """Score every patch of the region that holds tissue, then explain as asked.

    Tells, through `progress`: `Step`s; one `Planned`; `ScorePart`s; then, if wished, one empty `CamMap` and
    `CamPart`s. When a stop is wished it returns within one batch with what is there and `complete=False`.
    Of a whole slide, a model that learned from one label a slide answers it as a whole, too. Raises
    `Problem`s for what a person can mend.
    """
    from ml.infer.run import run
    from ml.slide.opening import open_slide

    with open_slide(request.slide) as slide:
        spacing = known_spacing(request, slide.info)
        progress.step(Step("Loading the model", 0, 0))
        model = ready_model(request.model, request.device)
        analysis = run(slide, spacing, model, _wishes(request), progress)
        return _answered(analysis, request, model.network, slide, progress)


def answered(analysis: Analysis, request: AnalyzeRequest, progress: Progress) -> Analysis:
    """The same, put together from parts, with the answer for the slide as a whole where there is one.

    Raises `Problem`s.
    """
    from ml.slide.opening import open_slide

    with open_slide(request.slide) as slide:
        network = ready_model(request.model, request.device).network
        return _answered(analysis, request, network, slide, progress)


def _answered(
    analysis: Analysis, request: AnalyzeRequest, network: Network, slide: Slide, progress: Progress
) -> Analysis:
    """A part of a slide has no answer. What hinders it is noted; the scores are right all the same."""
    if request.region is not None or request.rows is not None or not analysis.complete:
        return analysis
    from ml.train.slide_answer import answer_slide, answers_slides

    if not answers_slides(network.card):
        return analysis
    progress.step(Step("Answering the slide as a whole", 0, 0))
    try:
        spacing = known_spacing(request, slide.info).spacing
        return replace(analysis, slide_answer=answer_slide(network, slide, spacing, progress))
    except (Problem, Cancelled) as hindered:
        why = str(hindered) or "it was stopped"
        return replace(analysis, notes=(*analysis.notes, f"The slide as a whole was not answered: {why}"))


def explain_patches(
    request: AnalyzeRequest, cells: tuple[tuple[int, int], ...], progress: Progress | None = None
) -> CamMap:
    """Grad-CAM of single patches, given as (row, column) of the grid that `request` lays.

    Tells, through `progress`, one empty `CamMap` and `CamPart`s, as `analyze` does; gives the map that holds
    just these patches. Raises `Problem`s, and `IndexError` for a cell outside the grid.
    """
    from ml.infer.run import explain_cells
    from ml.slide.opening import open_slide

    with open_slide(request.slide) as slide:
        spacing = known_spacing(request, slide.info)
        model = ready_model(request.model, request.device)
        return explain_cells(slide, spacing, model, _wishes(request), cells, progress or Progress())


def foretaste(request: AnalyzeRequest, progress: Progress | None = None, most: int = 12) -> Likeness | None:
    """Whether the region's tissue is like the model's training data, by a handful of its patches.

    None where the model does not know. Raises `Problem`s, `Cancelled` when a stop is wished.
    """
    from ml.infer import foretaste as infer
    from ml.slide.opening import open_slide

    progress = progress or Progress()
    progress.check()
    with open_slide(request.slide) as slide:
        spacing = known_spacing(request, slide.info)
        model = ready_model(request.model, request.device)
        return infer.foretaste(slide, spacing, model, _wishes(request), most, progress)


def known_spacing(request: AnalyzeRequest, info: SlideInfo) -> KnownSpacing:
    """The spacing that counts: the request's, else the file's. Raises `SpacingUnknown`; never guesses."""
    spacing = request.spacing or info.spacing
    if spacing is None:
        raise SpacingUnknown(
            info.spacing_doubt or "The file does not say how large a pixel is.",
            "Say how many µm one pixel measures; the scanner's settings or the laboratory know it. "
            "×40 is often 0.25, ×20 often 0.5.",
            slide=info.path.name,
        )
    return spacing


def warm_up(model: str | None = None, device: str = "auto") -> None:
    """Load the libraries, and a model if one is named, before anybody waits for them. Raises `Problem`s."""
    import ml.infer.run  # noqa: F401

    if model is not None:
        ready_model(model, device)


def _wishes(request: AnalyzeRequest) -> Wishes:
    from ml.infer.run import Wishes

    return Wishes(
        region=request.region,
        cam=request.cam,
        cam_class=request.cam_class,
        least_tissue=request.least_tissue,
        batch=request.batch,
        reader_threads=request.reader_threads,
        rows=request.rows,
    )
