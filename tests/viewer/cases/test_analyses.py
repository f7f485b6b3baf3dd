"""Analyses come back as they were, and verdicts with them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Point, Size, Spacing
from ml.patches import PatchGrid
from ml.results.analysis import Analysis, Provenance
from ml.results.cam import CamMap
from ml.results.ct_analysis import CtAnalysis, CtCam, CtProvenance
from ml.results.ct_scores import CtScores
from ml.results.scores import Scores
from ml.slide.slide import KnownSpacing
from viewer.cases.database import url_of
from viewer.cases.library import Library
from viewer.cases.values import Item

CHANCE = np.random.default_rng(6)


def of_slide() -> Analysis:
    size = Size(4000, 3000)
    region = Shape.ellipse(Point(1500, 1200), Point(2500, 1300), Point(1420, 2000))
    grid = PatchGrid.over(region, size, Size(128, 130), 128)
    scores = Scores.empty(grid, ("none", "much"), strange=True)
    scores.values[grid.kept] = CHANCE.random((grid.count, 2), np.float32)
    scores.strangeness[grid.kept] = CHANCE.random(grid.count, np.float32)  # type: ignore[index]
    cam = CamMap.empty(grid, 1, 4)
    cam.values[:5] = CHANCE.random(cam.values[:5].shape, np.float32)
    made = Provenance(
        "a.svs",
        "ab" * 32,
        size,
        KnownSpacing(Spacing(0.25, 0.251), "the file"),
        *("tiny", "1.0", "cd" * 32, "CPU", "2026-11-26T02:00:00+00:00", 12.25),
        {"least_tissue": 0.1, "nested": {"a": [1, None]}},
        {"torch": "2.15"},
    )
    return Analysis(region, scores, cam, made, False, ("The batch was halved to 8.",))


def of_ct() -> CtAnalysis:
    scores = CtScores.empty(7, ("epidural", "any"))
    scores.values[2:5] = CHANCE.random((3, 2), np.float32)
    scores.spread[2:5] = 0
    cams = tuple(CtCam(n, 1, CHANCE.random((16, 12), np.float32)) for n in (2, 4))
    made = CtProvenance(
        "1.2.3", "ab" * 32, 7, (16, 12), "heads", "2", "cd" * 32, "CPU", "2026-11-26T02:00:00+00:00", 3.5
    )
    return CtAnalysis(scores, (0.5, 0.25), made, cams)


def assert_same(one: object, other: object, where: str = "analysis") -> None:
    """Every field, of every dataclass within; arrays by type and value, with NaN equal to itself."""
    assert type(one) is type(other), where
    if is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where  # type: ignore[attr-defined]
        np.testing.assert_array_equal(one, other, where)
    elif isinstance(one, tuple):
        assert len(one) == len(other), where  # type: ignore[arg-type]
        for number, pair in enumerate(zip(one, other, strict=True)):  # type: ignore[call-overload]
            assert_same(*pair, f"{where}[{number}]")
    else:
        assert one == other, where


OVERLAPPING = replace(of_slide().scores.grid, step=Size(32, 65), slide=None)


@pytest.mark.parametrize(
    "analysis",
    [
        of_slide(),
        replace(of_slide(), region=None, cam=None),
        replace(of_slide(), cam=CamMap.empty(OVERLAPPING, 0, 2)),
        of_ct(),
        replace(of_ct(), cams=(), complete=False, notes=("Stopped.",)),
    ],
    ids=["slide", "whole slide", "another grid", "CT", "stopped CT"],
)
def test_it_comes_back_exactly(library: Library, item: Item, analysis: Analysis | CtAnalysis) -> None:
    number = library.keep_analysis(item.id, analysis, {"key-1": "accepted"})
    found = library.analysis(number)
    assert_same(analysis, found)
    if isinstance(found, Analysis) and found.cam is not None and "another" not in str(item):
        assert found.scores.grid.count == analysis.scores.grid.count  # type: ignore[union-attr]
    (row,) = library.analyses(item.id)
    assert (row.id, row.summary["model"], row.verdicts) == (
        number,
        analysis.provenance.model_name,
        {"key-1": "accepted"},
    )
    assert row.kind == ("ct" if isinstance(analysis, CtAnalysis) else "slide")


def test_what_was_analyzed_by_a_model_is_known(library: Library, item: Item) -> None:
    analysis = of_ct()
    name = analysis.provenance.model_name
    assert library.analyzed_by(name) == ()
    for _ in range(2):
        library.keep_analysis(item.id, analysis)
    assert library.analyzed_by(name) == (item.name,)
    assert library.analyzed_by(name[:-1]) == ()
    assert library.analyzed_by(name.replace(name[0], "_")) == ()  # no wildcard


def test_verdicts_change_and_are_told(library: Library, item: Item) -> None:
    number = library.keep_analysis(item.id, of_ct())
    for verdict in ("accepted", "accepted", "rejected", "open"):
        library.decide(number, "key", verdict)  # type: ignore[arg-type]
    assert library.verdicts(number) == {"key": "open"}
    told = [entry.facts["verdict"] for entry in library.audit() if entry.kind == "verdict"]
    assert told == ["accepted", "rejected", "open"]
    library.delete_analysis(number)
    assert library.analyses(item.id) == ()
    for ask in (lambda: library.analysis(number), lambda: library.decide(number, "key", "open")):
        with pytest.raises(Problem, match="any more"):
            ask()
    assert library.check_audit() is None


def test_one_that_cannot_be_read_says_so(library: Library, item: Item, place: Path | str) -> None:
    number = library.keep_analysis(item.id, of_ct())
    engine = sa.create_engine(url_of(place))
    with engine.begin() as connection:
        arrays = bytearray(connection.exec_driver_sql("SELECT arrays FROM analyses").scalar_one())
        arrays[len(arrays) // 3] ^= 0xFF
        connection.execute(sa.text("UPDATE analyses SET arrays = :a"), {"a": bytes(arrays)})
    engine.dispose()
    with pytest.raises(Problem, match="cannot be read"):
        library.analysis(number)
