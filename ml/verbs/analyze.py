"""Analyze a region of a slide: what the window's button and the command line both call."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ml.annotation.shapes import Shape
from ml.progress import Progress
from ml.results.analysis import Analysis
from ml.slide.slide import KnownSpacing


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


def analyze(request: AnalyzeRequest, progress: Progress) -> Analysis:
    """Score every patch of the region that holds tissue, then explain as asked.

    Tells, through `progress`: `Step`s; one `Planned`; `ScorePart`s; then, if wished, one empty `CamMap` and
    `CamPart`s. When a stop is wished it returns within one batch with what is there and `complete=False`.
    Raises `Problem`s for what a person can mend.
    """
    raise NotImplementedError
