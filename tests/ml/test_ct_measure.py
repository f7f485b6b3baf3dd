"""Lengths, angles and regions are those of geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.draw import ellipse as skimage_ellipse

from ml.ct_measure import angle, distance, region_mask, roi_facts


def test_lengths_and_angles_in_space() -> None:
    assert distance((0, 0, 0), (3, 4, 12)) == pytest.approx(13)
    assert angle((1, 0, 0), (0, 0, 0), (0, 0, 5)) == pytest.approx(90)
    assert angle((1, 0, 0), (0, 0, 0), (1, 1, 0)) == pytest.approx(45)
    assert angle((1, 0, 0), (0, 0, 0), (-2, 1e-9, 0)) == pytest.approx(180)
    assert math.isnan(angle((1, 1, 1), (1, 1, 1), (2, 0, 0)))


def test_a_rectangle_holds_the_pixels_whose_centres_are_inside() -> None:
    mask = region_mask((5, 6), "rectangle", (1.4, 2.0, 3.6, 4.0))
    assert np.argwhere(mask).tolist() == [[row, column] for row in (2, 3) for column in (1, 2, 3)]
    values = np.arange(30, dtype=np.float64).reshape(5, 6)
    facts = roi_facts(values, "rectangle", (1.0, 2.0, 4.0, 4.0), (0.5, 2.0))
    assert facts is not None
    inside = values[2:4, 1:4]
    assert facts.pixels == 6
    assert facts.mean == pytest.approx(inside.mean())
    assert facts.sd == pytest.approx(inside.std(ddof=1))
    assert (facts.least, facts.greatest) == (inside.min(), inside.max())
    assert facts.area == pytest.approx(3 * 0.5 * 2 * 2.0)


def test_an_ellipse_is_that_of_scikit_image_and_of_pi() -> None:
    box = (10.0, 20.0, 90.0, 60.0)
    mask = region_mask((80, 100), "ellipse", box)
    rows, columns = skimage_ellipse(39.5, 49.5, 20, 40, shape=(80, 100))
    expected = np.zeros((80, 100), dtype=bool)
    expected[rows, columns] = True
    assert (mask != expected).sum() <= 8  # what lies exactly on the line
    facts = roi_facts(np.where(mask, 50.0, -1000.0), "ellipse", box, (0.4, 0.7))
    assert facts is not None
    assert (facts.mean, facts.sd) == (50, 0)
    assert facts.area == pytest.approx(math.pi * 40 * 0.4 * 20 * 0.7)
    assert facts.pixels * 0.4 * 0.7 == pytest.approx(facts.area, rel=0.005)


def test_a_region_between_pixels_holds_none() -> None:
    assert roi_facts(np.zeros((4, 4)), "rectangle", (1.1, 1.1, 1.4, 1.4), (1, 1)) is None
    assert roi_facts(np.zeros((4, 4)), "ellipse", (-9, -9, -5, -5), (1, 1)) is None
    single = roi_facts(np.full((4, 4), 7.0), "rectangle", (1, 1, 2, 2), (1, 1))
    assert single is not None
    assert (single.pixels, single.sd) == (1, 0)
