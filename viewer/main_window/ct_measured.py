"""Measurements of a series as reports and DICOM take them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ml.ct_measure import Place
from ml.geometry import Point
from ml.report.ct_material import Measurement as Told
from ml.volume.rescale import HOUNSFIELD
from viewer.ct.plane import acquired
from viewer.panels.series_panel import in_words
from viewer.state.measurements import Measurement
from viewer.state.opened_series import OpenedSeries

if TYPE_CHECKING:
    from ml.export.measured import Measured, MeasuredAcross, Quantity

_NAMES = {"length": "Length", "angle": "Angle", "rectangle": "Rectangle", "ellipse": "Ellipse"}
_CORNERS = 72  # of an outline that stands for an ellipse: within 0.1 % of its radius


def measurements_of(opened: OpenedSeries) -> tuple[Told, ...]:
    """All of them, in words."""
    return tuple(Told(m.kind, m.slice_, in_words(m, sized=opened.sized)) for m in opened.measurements.items)


def measured_of(opened: OpenedSeries) -> tuple[Measured | MeasuredAcross, ...]:
    """All of them: on a slice in its px, across slices as places in the patient."""
    return tuple(_measured(opened, m, number) for number, m in enumerate(opened.measurements.items, 1))


def _measured(opened: OpenedSeries, measurement: Measurement, number: int) -> Measured | MeasuredAcross:
    from ml.export.measured import Measured, MeasuredAcross

    name, closed = f"{_NAMES[measurement.kind]} {number}", measurement.facts is not None
    if measurement.slice_ is None:
        return MeasuredAcross(name, _places(measurement), _values(measurement), closed)
    shown = acquired(opened.volume, measurement.slice_)
    on_plane = [shown.to_plane(place) for place in measurement.places]
    points = tuple(Point(p.x / shown.pixel[0], p.y / shown.pixel[1]) for p in on_plane)
    if closed:
        points = _outline(measurement.kind, points[0], points[1])
    return Measured(name, measurement.slice_, points, _values(measurement), closed)


def _values(measurement: Measurement) -> tuple[tuple[Quantity, float], ...]:
    from ml.export.measured import Quantity

    facts = measurement.facts
    if facts is None:
        return ((Quantity.length if measurement.kind == "length" else Quantity.angle, measurement.value),)
    values = [(Quantity.area, facts.area)]
    if measurement.unit == HOUNSFIELD:  # values in another unit have no code here
        values += [(Quantity.mean, facts.mean), (Quantity.deviation, facts.sd)]
        values += [(Quantity.minimum, facts.least), (Quantity.maximum, facts.greatest)]
    return tuple(values)


def _places(measurement: Measurement) -> tuple[Place, ...]:
    """Its points, of a region its outline, in the patient."""
    if measurement.facts is None:
        return measurement.places
    start, axes = np.array(measurement.places[0]), np.array([measurement.right, measurement.down])
    across, below = (float(way) for way in axes @ (np.array(measurement.places[1]) - start))
    around = _outline(measurement.kind, Point(0, 0), Point(across, below))
    found = start + np.array([(point.x, point.y) for point in around]) @ axes
    return tuple((float(x), float(y), float(z)) for x, y, z in found)


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
