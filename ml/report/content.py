"""What a report says, as plain facts: the PDF, the JSON and the tables all take their numbers from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ml.annotation.shapes import Color
from ml.results.slide_answer import SlideAnswer


@dataclass(frozen=True)
class SlideFacts:
    """Which slide. `name` is a file name, never a folder."""

    name: str
    kind: str
    sha256: str
    width_px: int
    height_px: int
    width_mm: float
    height_mm: float
    spacing_x_um: float
    spacing_y_um: float
    spacing_source: str
    objective: float | None


@dataclass(frozen=True)
class RegionFacts:
    """Where on the slide: bounds in level-0 px and mm, the area of the outline itself."""

    whole_slide: bool
    x_px: float
    y_px: float
    width_px: float
    height_px: float
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    area_mm2: float


@dataclass(frozen=True)
class PatchFacts:
    """How many patches were looked at, and how large they are."""

    in_region: int
    planned: int  # with enough tissue
    scored: int
    skipped_share: float  # of those in the region, as background
    width_px: int  # level 0
    height_px: int
    width_um: float
    height_um: float
    scored_area_mm2: float


@dataclass(frozen=True)
class ClassFacts:
    """One row of the class table. NaN where nothing was scored."""

    name: str
    color: Color
    mean: float
    highest: float
    patches: int  # where this class is the likeliest; at or above the threshold for sigmoid outputs
    share: float  # of the scored patches
    area_mm2: float


@dataclass(frozen=True)
class BoxFacts:
    """One row of the table of boxes. `number` is the number in the pictures."""

    number: int
    key: str
    class_name: str
    verdict: str
    score: float
    peak: float
    patches: int
    area_mm2: float
    center_x_mm: float  # from the slide's top left corner
    center_y_mm: float
    x_px: float
    y_px: float
    width_px: float
    height_px: float
    rule: str


@dataclass(frozen=True)
class AnnotationFacts:
    """One thing that the person drew. `number` is the number in the pictures, after an A."""

    number: int
    name: str
    class_name: str
    area_mm2: float
    center_x_mm: float  # of the bounds, from the slide's top left corner
    center_y_mm: float
    x_px: float  # bounds, level 0
    y_px: float
    width_px: float
    height_px: float


@dataclass(frozen=True)
class ModelFacts:
    """The model's card, without what only a program needs."""

    name: str
    title: str
    version: str
    architecture: str
    class_names: tuple[str, ...]
    patch_px: int
    spacing_um: float
    summary: str
    intended_use: str
    stain: str
    training_data: str
    labels: str
    limits: str
    licence: str
    metrics: Mapping[str, object]
    whole_picture: bool = False  # it looks at a picture as a whole, not patch by patch


@dataclass(frozen=True)
class RunFacts:
    """Who made the numbers, how, when."""

    model_sha256: str
    device: str
    started: str
    seconds: float
    parameters: Mapping[str, object]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class LikenessFacts:
    """How much of what was scored is unlike the model's training data."""

    unlike_patches: int
    patches: int
    share: float
    warning: bool  # more than a person should overlook
    in_words: str


@dataclass(frozen=True)
class ShownFacts:
    """Which class the heatmap, the threshold and the first sentence are about."""

    class_name: str
    threshold: float
    colormap: str
    opacity: float
    has_cam: bool
    cam_class_name: str
    counted: Literal["most likely", "at or above the threshold"]


@dataclass(frozen=True)
class ReportContent:
    """All facts of one report. Holds no folder names."""

    reported: str  # ISO 8601 with time zone
    headline: str
    complete: bool
    slide: SlideFacts
    region: RegionFacts
    patches: PatchFacts
    shown: ShownFacts
    classes: tuple[ClassFacts, ...]
    boxes: tuple[BoxFacts, ...]
    annotations: tuple[AnnotationFacts, ...]
    model: ModelFacts
    run: RunFacts
    notes: tuple[str, ...]
    comment: str
    likeness: LikenessFacts | None = None  # None: the model does not know
    slide_answer: SlideAnswer | None = None  # None: the model gives none, or a region was analyzed
    signed_by: str = ""  # fingerprint of the key that signs the record beside the report

    def count(self, verdict: str) -> int:
        """How many boxes have this verdict."""
        return sum(box.verdict == verdict for box in self.boxes)
