"""Annotations that say something: a ruler its length, an angle its degrees, an arrow where to look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Ring
from ml.geometry import Point, Spacing

Means = Literal["", "ruler", "angle", "arrow", "circle", "count"]
"""What a shape is for: a ruler shows its length, an arrow points with its last place, a circle has one size,
a point was counted."""

MEANS = "Drawn as"
"""The name under which annotations keep it, as words that other programs show too."""

LENGTH_UM, LENGTH_PX, ANGLE = "Length µm", "Length px", "Angle °"


def means_of(annotation: Annotation) -> Means:
    """What it is for; empty for a plain shape."""
    said, kind = annotation.metadata.get(MEANS, ""), annotation.shape.kind
    alone: dict[str, tuple[str, Means]] = {"circle": ("ellipse", "circle"), "count": ("points", "count")}
    if said in alone:
        wanted, means = alone[said]
        return means if kind == wanted else ""
    if kind != "line" or len(annotation.shape.rings) != 1:
        return ""
    places = len(annotation.shape.rings[0])
    if said == "angle":
        return "angle" if places == 3 else ""
    return said if said in {"ruler", "arrow"} else ""  # type: ignore[return-value]


def meaning(annotation: Annotation, means: Means, spacing: Spacing | None) -> Annotation:
    """The annotation as something that is for this, with its measurement."""
    return measured(replace(annotation, metadata={**annotation.metadata, MEANS: means}), spacing)


def measured(annotation: Annotation, spacing: Spacing | None) -> Annotation:
    """The same with the length or angle that its shape has now; others are left as they are."""
    means = means_of(annotation)
    if means not in {"ruler", "angle"}:
        return annotation
    kept = {k: v for k, v in annotation.measurements.items() if k not in {LENGTH_UM, LENGTH_PX, ANGLE}}
    return replace(annotation, measurements={**kept, **_numbers(annotation, means, spacing)})


def measured_anew(annotations: Iterable[Annotation], spacing: Spacing | None) -> Change | None:
    """What a new pixel size changes about measurements, None for nothing."""
    pairs = [(one, measured(one, spacing)) for one in annotations if means_of(one) in {"ruler", "angle"}]
    pairs = [(old, new) for old, new in pairs if old.measurements != new.measurements]
    if not pairs:
        return None
    old, new = zip(*pairs, strict=True)
    return Change(old, new, "Measure with the new pixel size")


def _numbers(annotation: Annotation, means: Means, spacing: Spacing | None) -> Mapping[str, float]:
    ring = annotation.shape.rings[0]
    if means == "angle":
        return {ANGLE: angle_of(ring, spacing)}
    return {LENGTH_PX if spacing is None else LENGTH_UM: length_of(ring, spacing)}


def length_of(ring: Ring, spacing: Spacing | None) -> float:
    """Along an open line, µm; level-0 px while nobody knows how large a pixel is."""
    sx, sy = _scale(spacing)
    return sum(math.hypot((b.x - a.x) * sx, (b.y - a.y) * sy) for a, b in pairwise(ring))


def angle_of(ring: Ring, spacing: Spacing | None) -> float:
    """Between the ways from the second of three places, degrees, 0 to 180; NaN where one has no length."""
    (sx, sy), corner = _scale(spacing), ring[1]
    ways = [((p.x - corner.x) * sx, (p.y - corner.y) * sy) for p in (ring[0], ring[2])]
    (ax, ay), (bx, by) = ways
    if not (math.hypot(ax, ay) and math.hypot(bx, by)):
        return math.nan
    return math.degrees(abs(math.atan2(ax * by - ay * bx, ax * bx + ay * by)))


def middle_of(ring: Ring) -> Point:
    """The place half-way along an open line."""
    rest = length_of(ring, None) / 2
    for a, b in pairwise(ring):
        way = math.hypot(b.x - a.x, b.y - a.y)
        if way and way >= rest:
            return Point(a.x + (b.x - a.x) * rest / way, a.y + (b.y - a.y) * rest / way)
        rest -= way
    return ring[-1]


def _scale(spacing: Spacing | None) -> tuple[float, float]:
    return (1.0, 1.0) if spacing is None else (spacing.x, spacing.y)
