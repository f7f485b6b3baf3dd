"""What there is to report on a slide or a series, whether it was analyzed or only looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ml.annotation.shapes import Annotation
from ml.draft.draft import Subject
from ml.draft.grid import Grid
from ml.progress import Progress
from ml.report.ct_material import CtMaterial
from ml.report.figure import Picture
from ml.report.material import Material
from ml.slide.slide import KnownSpacing, Slide
from ml.volume.series import Series

if TYPE_CHECKING:
    from ml.export.measured import Measured, MeasuredAcross

Draw = Callable[[Progress], Mapping[str, tuple[Picture, ...]]]
"""Draws every automatic figure, by its name. Raises `Problem` where the pixels cannot be read any more."""


@dataclass(frozen=True, eq=False)
class SlideSource:
    """The slide itself; it stays open until what is made of it is done."""

    slide: Slide
    annotations: tuple[Annotation, ...] = ()
    material: Material | None = None  # None: not analyzed
    spacing: KnownSpacing | None = None  # of a slide that was only looked at


@dataclass(frozen=True, eq=False)
class CtSource:
    """The series itself, and what was measured in it as DICOM wants it."""

    series: Series
    material: CtMaterial | None = None  # None: not analyzed
    measured: tuple[Measured | MeasuredAcross, ...] = ()


@dataclass(frozen=True, eq=False)
class Evidence:
    """Facts, tables and figures as they stand. `name` is a file's or a series', never a folder's.

    `mark` is equal for two of them that say the same: figures need not be drawn again. `figures` says which
    automatic figures there are, and what each is called.
    """

    subject: Subject
    name: str
    summary: str  # what was found, in a sentence
    source: SlideSource | CtSource
    facts: Mapping[str, Any]  # for the words of templates
    grids: Mapping[str, Grid]
    figures: Mapping[str, str]
    draw: Draw
    mark: object
    provenance: tuple[tuple[str, str], ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)  # the model's card, in its words

    @property
    def analyzed(self) -> bool:
        """Whether there is an analysis, complete or stopped."""
        return self.source.material is not None
