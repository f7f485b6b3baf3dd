"""Measurements of a series as reports and DICOM take them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ml.geometry import Point
from ml.report.ct_material import Measurement as Told
from viewer.panels.series_panel import in_words
from viewer.state.measurements import Measurement
from viewer.state.opened_series import OpenedSeries

if TYPE_CHECKING:
    from ml.export.measured import Measured, Quantity

_ROUND = 48  # points of an ellipse's outline
_NAMES = {"length": "Length", "angle": "Angle", "rectangle": "Rectangle", "ellipse": "Ellipse"}


def measurements_of(opened: OpenedSeries) -> tuple[Told, ...]:
    """Those on slices, in words."""
    return tuple(
        Told(m.kind, m.slice_, in_words(m, sized=opened.sized))
        for m in opened.measurements.items
        if m.slice_ is not None
    )


def measured_of(opened: OpenedSeries) -> tuple[Measured, ...]:
    """Those on slices, as places of pixels; none where the file does not say where slices lie."""
    if not opened.known:
        return ()
    return tuple(
        _measured(opened, m, number)
        for number, m in enumerate(opened.measurements.items, 1)
        if m.slice_ is not None
    )


def _measured(opened: OpenedSeries, m: Measurement, number: int) -> Measured:
    from ml.export.measured import Measured

    assert m.slice_ is not None
    points = tuple(_pixel(opened, place) for place in m.places)
    closed = m.kind in {"rectangle", "ellipse"}
    if closed:
        points = _outline(m.kind, points[0], points[1])
    return Measured(f"{_NAMES[m.kind]} {number}", m.slice_, points, _values(m), closed)


def _pixel(opened: OpenedSeries, place: tuple[float, float, float]) -> Point:
    """Px of the slice; the first pixel reaches from 0 to 1."""
    column, row, _ = opened.volume.geometry.to_voxel(*place)
    return Point(column + 0.5, row + 0.5)


def _values(m: Measurement) -> tuple[tuple[Quantity, float], ...]:
    from ml.export.measured import Quantity

    if m.kind == "length":
        return ((Quantity.length, m.value),)
    if m.kind == "angle":
        return ((Quantity.angle, m.value),)
    if m.facts is None:
        return ()
    facts = m.facts
    return (
        (Quantity.area, facts.area),
        (Quantity.mean, facts.mean),
        (Quantity.deviation, facts.sd),
        (Quantity.minimum, facts.least),
        (Quantity.maximum, facts.greatest),
    )


def _outline(kind: str, one: Point, other: Point) -> tuple[Point, ...]:
    """The line round a region between two opposite corners."""
    if kind == "rectangle":
        return one, Point(other.x, one.y), other, Point(one.x, other.y)
    middle = Point((one.x + other.x) / 2, (one.y + other.y) / 2)
    across, down = abs(other.x - one.x) / 2, abs(other.y - one.y) / 2
    turns = (2 * math.pi * step / _ROUND for step in range(_ROUND))
    return tuple(Point(middle.x + across * math.cos(t), middle.y + down * math.sin(t)) for t in turns)
