"""The stitched Grad-CAM map and the scores: what is put in comes out at its place."""

from __future__ import annotations

import numpy as np
import pytest

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect, Size
from ml.patches import PatchGrid
from ml.results.cam import CamMap, CamPart
from ml.results.scores import ScorePart, Scores

GRID = PatchGrid.over(Shape.rectangle(Rect(0, 0, 40, 30)), Size(40, 30), Size(10, 10), 8)


def test_patches_lie_side_by_side() -> None:
    cam = CamMap.empty(GRID, 1, 2)
    maps = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    cam.put(CamPart(np.array([0, 2]), np.array([3, 0]), maps))
    np.testing.assert_array_equal(cam.values[:2, 6:], maps[0])
    np.testing.assert_array_equal(cam.values[4:, :2], maps[1])
    assert np.isnan(cam.values).sum() == cam.values.size - 8
    assert cam.scale == pytest.approx(np.percentile(np.arange(8), 99))
    assert np.nanmax(cam.shown()) == 1


def test_an_empty_or_silent_map_has_a_scale() -> None:
    cam = CamMap.empty(GRID, 1, 2)
    assert cam.scale == 1
    cam.put(CamPart(np.array([0]), np.array([0]), np.zeros((1, 2, 2), dtype=np.float32)))
    assert cam.scale == 1
    assert np.nanmax(cam.shown()) == 0


def test_scores_at_a_place() -> None:
    scores = Scores.empty(GRID, ("a", "b"))
    scores.put(ScorePart(np.array([1]), np.array([2]), np.float32([[0.25, 0.75]])))
    assert scores.scored.sum() == 1
    found = scores.at(Point(29.9, 10))
    assert found is not None
    np.testing.assert_array_equal(found, np.float32([0.25, 0.75]))
    assert scores.at(Point(30, 10)) is None
    assert scores.at(Point(-1, 10)) is None
