"""From scores to boxes, without a network: threshold, smoothing, connected patches, enclosing boxes."""

from __future__ import annotations

from dataclasses import dataclass

from ml.geometry import Rect, Spacing
from ml.results.scores import Scores


@dataclass(frozen=True, slots=True)
class BoxRule:
    """How patches become boxes. Travels with every box, so that a report can say where it came from."""

    class_index: int
    threshold: float = 0.5  # a patch counts when its smoothed probability is at least this
    smoothing: float = 0.0  # standard deviation of the Gaussian, in patches; 0: none
    gap: int = 0  # patches that may lie between two groups that are still one box
    least_patches: int = 1  # smaller groups are dropped

    def in_words(self) -> str:
        """The rule for a person: "threshold 0.50, smoothing 0.7 patches, gaps up to 1 patch, ≥ 2 patches"."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Box:
    """One finding. `key` is the same whenever the same patches are found for the same class."""

    key: str
    class_index: int
    rect: Rect  # enclosing box, level-0 px, cut to the slide
    score: float  # mean probability of its patches, unsmoothed
    peak: float  # highest of them
    patches: int
    area_mm2: float  # of the patches themselves, not of the enclosing box
    rule: BoxRule


def find_boxes(scores: Scores, rule: BoxRule, spacing: Spacing) -> tuple[Box, ...]:
    """All boxes of one class, the highest mean score first."""
    raise NotImplementedError
