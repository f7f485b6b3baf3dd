"""The colour profile that a slide is said to be in, whoever reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from skimage.data import immunohistochemistry

from ml.slide.opening import open_slide
from ml.slide.openslide_reader import OpenSlideReader
from ml.slide.profile import rgb_profile

TISSUE = immunohistochemistry()[:300, :420]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY = PROFILE[:16] + b"GRAY" + PROFILE[20:]


def test_only_a_profile_of_rgb_counts() -> None:
    assert rgb_profile(PROFILE) == PROFILE
    for other in (None, b"", b"profile!", GREY, PROFILE[:16] + b"CMYK" + PROFILE[20:]):
        assert rgb_profile(other) is None


@pytest.mark.parametrize("tile", [(128, 128), None])
def test_of_a_tiff(tmp_path: Path, tile: Any) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, TISSUE, photometric="rgb", iccprofile=PROFILE, tile=tile, metadata=None)
    with open_slide(path) as slide:
        assert slide.info.profile == PROFILE
    tifffile.imwrite(path, TISSUE, photometric="rgb", tile=tile, metadata=None)
    with open_slide(path) as slide:
        assert slide.info.profile is None


def test_inks_have_been_taken_through_theirs(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    inks = np.dstack([255 - TISSUE, np.zeros(TISSUE.shape[:2], dtype=np.uint8)])
    inked = PROFILE[:16] + b"CMYK" + PROFILE[20:]
    tifffile.imwrite(path, inks, photometric="separated", iccprofile=inked, tile=(128, 128), metadata=None)
    with open_slide(path) as slide:
        assert slide.info.profile is None


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_of_a_picture(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    Image.fromarray(TISSUE).save(path, icc_profile=PROFILE)
    with open_slide(path) as slide:
        assert slide.info.profile == PROFILE
    Image.fromarray(TISSUE[..., 0]).save(path, icc_profile=GREY)
    with open_slide(path) as slide:
        assert slide.info.profile is None


@pytest.mark.data
def test_of_a_scanner(real_data: Path) -> None:
    path = real_data / "slides" / "tcga_head_neck_jp2k_no_mpp.svs"
    with open_slide(path) as slide, OpenSlideReader(path) as other, tifffile.TiffFile(path) as tiff:
        expected = bytes(tiff.pages[0].tags[34675].value)
        assert slide.info.profile == other.info.profile == expected
    path = real_data / "slides" / "cmu1_small_region.svs"
    with OpenSlideReader(path) as slide, tifffile.TiffFile(path) as tiff:
        assert (slide.info.profile is None) == (34675 not in tiff.pages[0].tags)
