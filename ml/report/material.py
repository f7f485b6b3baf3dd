"""Everything that a report is made from, as it stands when somebody asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml.annotation.shapes import Annotation, Color, Shape
from ml.geometry import Rect, Spacing
from ml.palette import class_color
from ml.results.analysis import Analysis
from ml.results.boxes import Box, BoxRule
from ml.slide.slide import Slide
from ml.zoo.card import ModelCard

_ORDER = {"accepted": 0, "open": 1, "rejected": 2}


@dataclass(frozen=True)
class LayerSettings:
    """How the heatmap stood on the screen."""

    class_index: int
    threshold: float
    colormap: str = "viridis"
    opacity: float = 0.6


@dataclass(frozen=True, eq=False)
class Material:
    """Everything that a report is made from. The slide is open and stays so until the report is made."""

    slide: Slide
    analysis: Analysis
    card: ModelCard
    layers: LayerSettings
    boxes: tuple[Box, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)  # key of a box -> open, accepted, rejected
    annotations: tuple[Annotation, ...] = ()
    comment: str = ""
    rule: BoxRule | None = None  # that the boxes were found by

    @property
    def box_rule(self) -> BoxRule:
        """The rule of the boxes, also where it found none."""
        found = self.boxes[0].rule if self.boxes else None
        return self.rule or found or BoxRule(self.layers.class_index, self.layers.threshold)

    @property
    def region(self) -> Shape:
        """What was analyzed; the outline of the whole slide where no region was drawn."""
        return self.analysis.region or Shape.rectangle(Rect.of_size(self.analysis.provenance.slide_size))

    @property
    def spacing(self) -> Spacing:
        """The spacing that the analysis went by."""
        return self.analysis.provenance.spacing.spacing

    @property
    def shown_class(self) -> str:
        """Name of the class in the heatmap."""
        return self.analysis.scores.class_names[self.layers.class_index]

    def verdict(self, box: Box) -> str:
        """What the person decided about a box; "open" when nothing yet."""
        return self.verdicts.get(box.key, "open")

    def ordered(self) -> tuple[Box, ...]:
        """Accepted boxes first, then open ones, then rejected ones: the order of numbers in the report."""
        return tuple(sorted(self.boxes, key=lambda box: _ORDER[self.verdict(box)]))

    @property
    def drawn(self) -> tuple[Annotation, ...]:
        """The person's annotations, without the bare outline that only said what to analyze."""
        return tuple(a for a in self.annotations if a.shape != self.analysis.region or a.name or a.class_name)

    def class_color(self, class_index: int) -> Color:
        """The class's colour on the card, or one of a colour-blind-safe set."""
        return class_color(class_index, self.card.colors)
