"""Stain in an area: scikit-image's separation is the referee, over the pixels inside and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.color import hed_from_rgb, separate_stains
from skimage.data import immunohistochemistry

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect
from ml.slide.opening import open_slide
from ml.stain_measure import stain_means


def test_means_are_those_of_scikit_image(tmp_path: Path) -> None:
    pixels = immunohistochemistry()
    Image.fromarray(pixels).save(tmp_path / "tissue.png")
    slide = open_slide(tmp_path / "tissue.png")
    rect = Rect(40, 60, 200, 150)
    found = stain_means(slide, Shape.rectangle(rect))
    part = pixels[60:210, 40:240]
    # scikit-image works with natural logarithms over that of 1e-6: six times less than base 10
    light = np.maximum(part, 1)
    amounts = np.log(light / 255) / np.log(1e-6) @ hed_from_rgb * 6
    rows = np.linalg.norm(np.linalg.inv(hed_from_rgb), axis=1)
    wanted = amounts.mean((0, 1)) * rows  # vectors of length 1, as here
    assert list(found) == ["Hematoxylin", "Eosin", "DAB"]
    assert list(found.values()) == pytest.approx(wanted, rel=1e-3, abs=1e-4)
    clipped = separate_stains(light, hed_from_rgb).mean((0, 1)) * 6  # the same, but for what is negative
    assert (clipped >= amounts.mean((0, 1)) - 1e-6).all()
    slide.close()


def test_only_what_lies_inside_counts(tmp_path: Path) -> None:
    pixels = np.full((100, 100, 3), 255, np.uint8)
    pixels[:50] = (100, 60, 120)
    Image.fromarray(pixels).save(tmp_path / "half.png")
    slide = open_slide(tmp_path / "half.png")
    upper = stain_means(slide, Shape.rectangle(Rect(10, 10, 30, 30)))
    both = stain_means(slide, Shape.rectangle(Rect(0, 0, 100, 100)))
    lower = stain_means(slide, Shape.rectangle(Rect(10, 60, 30, 30)))
    for name, value in upper.items():
        assert both[name] == pytest.approx(value / 2)
        assert lower[name] == pytest.approx(0, abs=1e-9)
    assert stain_means(slide, Shape.line((Point(0, 0), Point(9, 9)))) == {}
    assert stain_means(slide, Shape.rectangle(Rect(200, 200, 9, 9))) == {}
    slide.close()
