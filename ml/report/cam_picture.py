"""A picture with Grad-CAM over it, and the maps themselves as a file for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.report.atomic import whole_file
from ml.report.figure import blend
from ml.results.heatmap import colorize

_COLORS = "magma"
_OPACITY = 0.6


def write_overlay(pixels: NDArray[np.uint8], values: NDArray[np.float32], scale: float, path: Path) -> None:
    """A PNG of the picture (height, width, 3) under a map of its size; `scale` is the value shown as 1."""
    shown = np.clip(values / np.float32(scale if scale > 0 else 1.0), 0, 1).astype(np.float32)
    image = Image.fromarray(blend(pixels, colorize(shown, 0.0, _OPACITY, _COLORS)))
    with whole_file(path) as part:
        image.save(part, format="PNG")


def write_maps(maps: NDArray[np.float32], names: Sequence[str], facts: dict[str, object], path: Path) -> None:
    """A TIFF of raw values: (classes, height, width) float32, a page a class, pixel for pixel the picture's.

    `names` of the classes and `facts` stand in its description as JSON.
    """
    import tifffile

    said = {"what": "Grad-CAM, raw", "classes": list(names), **facts}
    said["notice"] = "Research use only. Not for diagnosis."
    with whole_file(path) as part:
        tifffile.imwrite(
            part,
            np.ascontiguousarray(maps, dtype=np.float32),
            photometric="minisblack",
            compression="zlib",
            description=json.dumps(said, ensure_ascii=True),
            software="Parfocal",
            metadata=None,
        )
