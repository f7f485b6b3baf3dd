"""Levels lie on each other: what is read from a coarse level is where level 0 has it, on real slides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from skimage.registration import phase_cross_correlation

from ml.geometry import Rect, Size
from ml.slide.opening import open_slide
from ml.slide.openslide_reader import OpenSlideReader
from ml.slide.region import level_for, read_region
from ml.slide.slide import Pixels, Slide


class Finest(Slide):
    """The same slide as if it had level 0 alone."""

    def __init__(self, slide: Slide) -> None:
        self._slide = slide
        self.info = replace(slide.info, levels=slide.info.levels[:1])

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        return self._slide.read_tile(level, column, row)

    def read_associated(self, name: str) -> Pixels:
        return self._slide.read_associated(name)

    def close(self) -> None:
        self._slide.close()


def shift(one: Pixels, other: Pixels) -> float:
    """How far one picture lies from the other, px, by correlating them; better than a tenth."""
    edge = one.shape[0]
    window = np.hanning(edge)[:, None] * np.hanning(edge)
    pictures = ((255.0 - picture[..., 1]) * window for picture in (one, other))
    found, _, _ = phase_cross_correlation(*pictures, upsample_factor=50)
    return float(np.abs(found).max())


@pytest.mark.data
@pytest.mark.parametrize("opened", [open_slide, OpenSlideReader])
@pytest.mark.parametrize(
    "name", ["carotid_thrombus_he.svs", "tcga_head_neck_jp2k_no_mpp.svs", "carotid_half_dicom/level0.dcm"]
)
@pytest.mark.parametrize("height", [0.3, 0.9])  # an error of the factor grows towards the foot of the slide
def test_every_level_lies_on_level_0_to_half_a_pixel(
    real_data: Path, name: str, opened: Callable[[Path], Slide], height: float
) -> None:
    with opened(real_data / "slides" / name) as slide:
        bounds, finest = slide.info.bounds, Finest(slide)
        levels = [n for n, level in enumerate(slide.info.levels) if n and level.size.width >= 400]
        for number in levels or [len(slide.info.levels) - 1]:
            step = 1.3 * slide.info.levels[number].downsample
            edge = int(min(300 * step, 0.9 * bounds.width, 0.9 * bounds.height))
            out = Size(int(edge / step), int(edge / step))
            x, y = (bounds.width - edge) / 2 + 0.37, (bounds.height - edge) * height + 0.21
            rect = Rect(x, y, edge, edge)
            assert level_for(slide, rect, out) == number
            distance = shift(read_region(finest, rect, out), read_region(slide, rect, out)) * edge / out.width
            assert distance <= 0.5, f"{distance} level-0 px on level {number}"


@pytest.mark.data
@pytest.mark.parametrize("name", ["carotid_thrombus_he.svs", "cmu1_small_region.svs", "skin_he_field.tif"])
@pytest.mark.parametrize("step", [0.7171, 1.3737, 5.3535])  # where few values lie half-way between two
def test_patches_are_cut_out_of_the_whole(real_data: Path, name: str, step: float) -> None:
    """Patches read one by one are the pieces of one large read, over the slide's edge as well.

    Pillow rounds to 8 bits after each of its two passes, which a fraction of a pixel may tip.
    """
    with open_slide(real_data / "slides" / name) as slide:
        edge = 64
        for x, y in [(-40.3, -50.7), (slide.info.size.width - 200.2, 300.4), (301.25, 200.75)]:
            whole = read_region(slide, Rect(x, y, 3 * edge * step, 3 * edge * step), Size(3 * edge, 3 * edge))
            for row in range(3):
                for column in range(3):
                    rect = Rect(x + column * edge * step, y + row * edge * step, edge * step, edge * step)
                    piece = read_region(slide, rect, Size(edge, edge)).astype(int)
                    cut = whole[row * edge : (row + 1) * edge, column * edge : (column + 1) * edge]
                    assert np.abs(piece - cut).max() <= 2
                    assert np.abs(piece - cut).mean() <= 0.1
