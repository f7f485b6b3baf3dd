"""One finished (or stopped) analysis, with everything needed to report and repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml.annotation.shapes import Shape
from ml.errors import SlideProblem
from ml.geometry import Size
from ml.results.cam import CamMap
from ml.results.scores import Scores
from ml.results.slide_answer import SlideAnswer
from ml.slide.slide import KnownSpacing


@dataclass(frozen=True)
class Provenance:
    """Who made these numbers, from what, how. Holds no folder names: they may name a patient."""

    slide_name: str
    slide_sha256: str  # of the file; of all files in the order of their names for a slide of several
    slide_size: Size
    spacing: KnownSpacing
    model_name: str
    model_version: str
    model_sha256: str
    device: str  # for a person: "CPU (no CUDA device found)"
    started: str  # ISO 8601 with time zone
    seconds: float
    parameters: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Analysis:
    """Scores of a region, and the Grad-CAM map where one was asked for."""

    region: Shape | None  # None: the whole slide
    scores: Scores
    cam: CamMap | None
    provenance: Provenance
    complete: bool = True  # False: stopped before the end; what is there is right
    notes: tuple[str, ...] = ()  # "The batch was halved to 8: …"
    slide_answer: SlideAnswer | None = None  # of a whole slide, where the model gives one


class BrokenOff(SlideProblem):
    """The slide could not be read to the end; `analysis` holds what was scored until then, and is right."""

    def __init__(self, problem: SlideProblem, analysis: Analysis) -> None:
        super().__init__(problem.what, problem.remedy, **problem.facts)
        self.analysis = analysis
