"""Measurements drawn on a slice, as pixels of that slice: what DICOM and reports take."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ml.export.measured import Quantity
from ml.geometry import Point
from ml.volume.opening import open_ct
from ml.volume.volume import load
from tests.viewer.ct.phantom import BLOOD_SLICE, COLUMN_MM, ROW_MM, write_phantom
from viewer.ct.measure_tools import measured
from viewer.ct.plane import acquired
from viewer.main_window.ct_measured import measured_of, measurements_of
from viewer.state.opened_series import OpenedSeries


def at(column: float, row: float) -> Point:
    """A place of the plane, mm, by px of the slice; the first px reaches from 0 to 1."""
    return Point(column * COLUMN_MM, row * ROW_MM)


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> OpenedSeries:
    assert QApplication.instance() is not None
    series = open_ct(write_phantom(tmp_path)).series[0]
    made = OpenedSeries(series, tmp_path)
    made.volume = load(series)
    return made


def test_places_are_pixels_of_the_slice(opened: OpenedSeries) -> None:
    shown = acquired(opened.volume, BLOOD_SLICE)
    for kind, corners in (
        ("length", [at(10.5, 20.25), at(40, 60.75)]),
        ("rectangle", [at(40, 30), at(60, 40)]),
        ("ellipse", [at(40, 30), at(60, 40)]),
        ("angle", [at(10, 10), at(20, 10), at(20, 30)]),
    ):
        made = measured(kind, shown, corners)  # type: ignore[arg-type]
        assert made is not None
        opened.measure(made)
    length, rectangle, ellipse, angle = measured_of(opened)
    assert {one.slice_number for one in (length, rectangle, ellipse, angle)} == {BLOOD_SLICE}
    assert [(p.x, p.y) for p in length.points] == [pytest.approx((10.5, 20.25)), pytest.approx((40, 60.75))]
    assert length.values[0] == (Quantity.length, pytest.approx((14.75**2 + 32.4**2) ** 0.5))
    corners = {(round(p.x, 6), round(p.y, 6)) for p in rectangle.points}
    assert corners == {(40, 30), (60, 30), (60, 40), (40, 40)}
    assert rectangle.closed
    values = dict(rectangle.values)
    assert (values[Quantity.mean], values[Quantity.deviation]) == (70, 0), "all of it is blood"
    assert values[Quantity.area] == pytest.approx(20 * COLUMN_MM * 10 * ROW_MM)
    assert len(ellipse.points) == 72
    for p in ellipse.points:
        assert ((p.x - 50) / 10) ** 2 + ((p.y - 35) / 5) ** 2 == pytest.approx(1)
    assert angle.values == ((Quantity.angle, pytest.approx(90)),)
    assert not angle.closed
    words = [(one.kind, one.slice_number) for one in measurements_of(opened)]
    assert words == [(kind, BLOOD_SLICE) for kind in ("length", "rectangle", "ellipse", "angle")]
