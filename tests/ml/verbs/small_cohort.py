"""A folder of small slides: crops of scikit-image's stained tissue, as pyramidal TIFF at 0.5 µm/px."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from skimage.data import immunohistochemistry


def write_slide(path: Path, left: int, top: int, size: int = 384) -> Path:
    """One slide: a crop of the picture on glass."""
    glass = np.full((size + 64, size + 64, 3), 244, dtype=np.uint8)
    picture = np.tile(immunohistochemistry(), (1 + size // 512, 1 + size // 512, 1))
    glass[32 : 32 + size, 32 : 32 + size] = picture[top : top + size, left : left + size]
    with tifffile.TiffWriter(path) as file:
        options = {"tile": (256, 256), "photometric": "rgb", "resolutionunit": "CENTIMETER"}
        file.write(glass, resolution=(20000, 20000), **options)
        small = np.ascontiguousarray(glass[::4, ::4])
        file.write(small, resolution=(5000, 5000), subfiletype=1, **options)
    return path


def write_cohort(folder: Path, count: int, size: int = 384) -> Path:
    """So many slides, a text that pretends to be one, and a note that is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        write_slide(folder / f"case {number:02}.tif", 16 * number % 128, 24 * number % 128, size)
    (folder / "damaged.svs").write_text("not a slide", encoding="utf-8")
    (folder / "notes.txt").write_text("nothing to look at", encoding="utf-8")
    return folder
