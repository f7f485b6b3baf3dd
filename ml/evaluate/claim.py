"""What so many patients allow one to claim, before anything is measured."""

from __future__ import annotations

import math

_Z = 1.959963984540054  # of 95 %


def likely_range(share: float, count: int) -> tuple[float, float]:
    """Between which shares the truth may lie when `share` of `count` patients were right, 0 to 1.

    The score interval of 95 % (Wilson 1927), which holds for few patients too. Nothing counted: 0 to 1.
    """
    if count <= 0:
        return 0.0, 1.0
    squared = _Z * _Z / count
    middle = (share + squared / 2) / (1 + squared)
    half = _Z / (1 + squared) * math.sqrt(share * (1 - share) / count + squared / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def patients_for(share: float, width: float) -> int:
    """How many patients make the range of `likely_range` at most so wide."""
    few, many = 1, 2
    while _width(share, many) > width:
        few, many = many, many * 2
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if _width(share, middle) <= width else (middle, many)
    return many


def _width(share: float, count: int) -> float:
    low, high = likely_range(share, count)
    return high - low
