"""Measurements of a series as reports and DICOM take them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ml.geometry import Point
from ml.report.ct_material import Measurement as Told
from ml.volume.rescale import HOUNSFIELD
from viewer.ct.plane import acquired
from viewer.panels.series_panel import in_words
from viewer.state.measurements import Measurement
from viewer.state.opened_series import OpenedSeries

if TYPE_CHECKING:
    from ml.export.measured import Measured

_NAMES = {"length": "Length", "angle": "Angle", "rectangle": "Rectangle", "ellipse": "Ellipse"}
_CORNERS = 72  # of an outline that stands for an ellipse: within 0.1 % of its radius


def measurements_of(opened: OpenedSeries) -> tuple[Told, ...]:
    """Those on slices, in words."""
    return tuple(
        Told(m.kind, m.slice_, in_words(m, sized=opened.sized))
        for m in opened.measurements.items
        if m.slice_ is not None
    )


def measured_of(opened: OpenedSeries) -> tuple[Measured, ...]:
    """Those that were drawn on a slice; a plane across the slices has no image to refer to."""
    on_slices = [m for m in opened.measurements.items if m.slice_ is not None]
    return tuple(_measured(opened, m, number) for number, m in enumerate(on_slices, 1))


def _measured(opened: OpenedSeries, measurement: Measurement, number: int) -> Measured:
    from ml.export.measured import Measured, Quantity

    assert measurement.slice_ is not None
    shown = acquired(opened.volume, measurement.slice_)
    on_plane = [shown.to_plane(place) for place in measurement.places]
    points = tuple(Point(p.x / shown.pixel[0], p.y / shown.pixel[1]) for p in on_plane)
    name = f"{_NAMES[measurement.kind]} {number}"
    facts = measurement.facts
    if facts is None:
        quantity = Quantity.length if measurement.kind == "length" else Quantity.angle
        return Measured(name, measurement.slice_, points, ((quantity, measurement.value),))
    values = [(Quantity.area, facts.area)]
    if measurement.unit == HOUNSFIELD:  # values in another unit have no code here
        values += [(Quantity.mean, facts.mean), (Quantity.deviation, facts.sd)]
        values += [(Quantity.minimum, facts.least), (Quantity.maximum, facts.greatest)]
    outline = _outline(measurement.kind, points[0], points[1])
    return Measured(name, measurement.slice_, outline, tuple(values), closed=True)


def _outline(kind: str, one: Point, other: Point) -> tuple[Point, ...]:
    """Around what two opposite corners span; the first point is not repeated."""
    (left, right), (top, bottom) = sorted((one.x, other.x)), sorted((one.y, other.y))
    if kind == "rectangle":
        return Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom)
    middle = Point((left + right) / 2, (top + bottom) / 2)
    angles = [2 * math.pi * n / _CORNERS for n in range(_CORNERS)]
    return tuple(
        Point(
            middle.x + (right - left) / 2 * math.cos(angle), middle.y + (bottom - top) / 2 * math.sin(angle)
        )
        for angle in angles
    )
