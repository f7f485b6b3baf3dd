"""Patches as WSInfer reads them, against OpenSlide and Pillow on a scanner's own file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openslide
import pytest
from PIL import Image

from ml.geometry import Rect, Size
from ml.infer import patch_reading
from ml.infer.patch_reading import read_patches_alone
from ml.slide.opening import open_slide


def golden(path: Path, x: int, y: int, edge: int, pixels: int) -> np.ndarray:
    """What `wsinfer` 0.6 does, in its own words."""
    with openslide.OpenSlide(path) as slide:
        patch = slide.read_region((x, y), 0, (edge, edge)).convert("RGB")
    return np.asarray(patch.resize((pixels, pixels), Image.Resampling.BILINEAR))


@pytest.mark.data
@pytest.mark.parametrize(("edge", "pixels"), [(224, 224), (257, 128), (314, 224), (100, 224)])
@pytest.mark.parametrize("at_once", [True, False])
def test_as_wsinfer_reads_them(
    real_data: Path, edge: int, pixels: int, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not at_once:
        monkeypatch.setattr(patch_reading, "WORKING_SET", 0)
    path = real_data / "slides" / "cmu1_small_region.svs"
    with open_slide(path) as slide:
        x, y = slide.info.size.width - 2 * edge - edge // 3, slide.info.size.height - edge - edge // 2
        rect = Rect(x, y, 3 * edge, 2 * edge)  # over the right and the lower edge
        found = read_patches_alone(slide, rect, Size(edge, edge), pixels)
    assert found.shape == (2, 3, pixels, pixels, 3)
    for row in range(2):
        for column in range(3):
            expected = golden(path, x + column * edge, y + row * edge, edge, pixels)
            assert np.abs(found[row, column].astype(int) - expected).max() <= 1, (row, column)


def test_what_lies_beyond_the_slide_is_black(array_slide: Callable[..., object]) -> None:
    slide = array_slide(np.full((100, 150, 3), 200, dtype=np.uint8))
    found = read_patches_alone(slide, Rect(-50, -50, 300, 200), Size(100, 100), 50)  # type: ignore[arg-type]
    assert found[0, 0, :24, :24].max() == 0
    assert found[0, 0, 26:, 26:].min() == 200
    assert found[1, 1, 26:].max() == 0
    assert found[0, 2].max() == 0
