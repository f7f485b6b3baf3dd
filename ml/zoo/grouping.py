"""How patches become boxes, as a card holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grouping:
    """How patches become boxes beside the threshold, as it was chosen when the model was judged."""

    smoothing: float = 0.0  # standard deviation of the Gaussian, in patches; 0: none
    gap: int = 0  # patches that may lie between two groups that are still one box
    least_patches: int = 1  # smaller groups are dropped
