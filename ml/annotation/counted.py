"""How many points were counted, class by class, on a slide or in an area. Kept up with every change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from ml.annotation.document import Change
from ml.annotation.measured import means_of
from ml.annotation.shapes import Annotation, Shape
from ml.annotation.snapping import places_of


class Counted:
    """The points of one document that were counted."""

    def __init__(self, annotations: Iterable[Annotation] = ()) -> None:
        self._points: dict[str, Annotation] = {}
        for one in annotations:
            self._add(one)

    def take(self, change: Change) -> None:
        """Follow an edit."""
        for one in change.removed if self._points else ():
            self._points.pop(one.id, None)
        for one in [one for one in change.added if one.shape.kind == "points"]:  # of 300,000 areas none
            self._add(one)

    def totals(self, within: Shape | None = None) -> Counter[str]:
        """So many of each class (empty: of none) on the whole slide, or within an area."""
        found: Counter[str] = Counter()
        for one in self._points.values():
            ring = one.shape.rings[0]
            if within is None:
                found[one.class_name] += len(ring)
            elif any(within.bounds.grown(1).holds(place) for place in ring):
                x, y = places_of(ring).T
                found[one.class_name] += int(np.count_nonzero(within.holds(x, y)))
        return +found

    def _add(self, one: Annotation) -> None:
        if one.shape.kind == "points" and means_of(one) == "count":
            self._points[one.id] = one
