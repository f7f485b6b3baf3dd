"""A slide file in a container of scanners' kind, made from real tissue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def tissue_slide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pyramidal TIFF, 1536 × 1280 at 0.5 µm/px: scikit-image's ihc picture, and glass around it."""
    import tifffile
    from skimage.data import immunohistochemistry

    picture = immunohistochemistry()
    glass = np.full((1280, 1536, 3), 244, dtype=np.uint8)
    glass[100 : 100 + 1024, 200 : 200 + 1024] = np.tile(picture, (2, 2, 1))
    path = tmp_path_factory.mktemp("slides") / "tissue.tif"
    with tifffile.TiffWriter(path) as file:
        for step in (1, 4):
            level = np.ascontiguousarray(glass[::step, ::step])
            file.write(
                level,
                tile=(256, 256),
                photometric="rgb",
                resolution=(20000 / step, 20000 / step),  # px a cm: 0.5 µm/px
                resolutionunit="CENTIMETER",
                subfiletype=int(step > 1),
            )
    return path
