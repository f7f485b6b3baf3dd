"""Slides and pictures that anybody has: made from what packages ship, without a network.

The slide is scikit-image's `ihc.png` (512 × 512 px: colonic glands, DAB immunohistochemistry with a
hematoxylin counterstain), mirrored without a seam over two sections that lie on white glass. Every pixel of
tissue is real; the arrangement is not. Nobody wrote down its pixel size: 0.5 µm/px is nominal, chosen because
the nuclei of the epithelium are about 20 × 12 px there and 6 to 12 µm in life.

The head CT is drawn: the one that pydicom brings names CQ500, whose licence forbids selling it.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml import made_up_head, paths
from ml.slide.slide import Pixels

_VERSION = "2"
"""Counts up whenever the sample slide is made differently; older ones are left to the person."""

EDGE = 9216
"""Edge of the sample slide, px; at 0.5 µm/px 4.6 mm."""

SPACING = 0.5
"""Nominal µm/px of the sample slide."""

_TILE = 256
_GLASS = (242, 241, 243)
# Sections as (centre x, centre y, radius x, radius y, phase), px and rad.
_SECTIONS = ((3050.0, 4100.0, 2650.0, 3350.0, 0.4), (7500.0, 5350.0, 1450.0, 2900.0, 2.1))
_SOFT_EDGE = 24.0  # px over which tissue fades into glass
_COARSE = 8  # px: a place of the map of where tissue lies
_DESCRIPTION = (
    "Parfocal sample: colonic glands, DAB and hematoxylin (scikit-image's ihc.png), mirrored\n"
    "spacing source: nominal, estimated from the size of the nuclei"
)


def samples() -> tuple[Path, ...]:
    """The sample slide, a retina photograph, a folder with a head CT; what is missing is made now (seconds).

    Raises `OSError` when the person's data folder cannot be written.
    """
    folder = paths.data() / "samples" / _VERSION
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (
        ("sample slide.tif", _write_slide),
        ("sample retina.jpg", _write_retina),
        ("made-up head CT", made_up_head.write),
    )
    for name, write in wanted:
        if not (folder / name).exists():
            part = folder / f".{uuid.uuid4().hex[:8]}-{name}"  # two processes may do this at once
            try:
                write(part)
                _put(part, folder / name)
            finally:
                _remove(part)
    return tuple(folder / name for name, _ in wanted)


def _put(part: Path, whole: Path) -> None:
    try:
        part.replace(whole)
    except OSError:
        if not whole.is_dir():  # unlike a file, a folder does not replace that of a quicker process
            raise


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)


def _write_retina(path: Path) -> None:
    import skimage

    shutil.copyfile(Path(skimage.__file__).parent / "data" / "retina.jpg", path)


def _write_slide(path: Path) -> None:
    """A tiled pyramid of JPEG tiles, halved until one tile holds it."""
    import tifffile
    from skimage.data import immunohistochemistry

    level = _section(immunohistochemistry())  # type: ignore[no-untyped-call]
    with tifffile.TiffWriter(path, bigtiff=False) as file:
        step = 1
        while True:
            file.write(_tiles(level), shape=level.shape, dtype=level.dtype, **_options(step))
            if max(level.shape[:2]) <= _TILE:
                return
            level, step = _halved(level), 2 * step


def _options(step: int) -> dict[str, Any]:
    pixels_a_cm = 10_000 / (SPACING * step)
    return {
        "tile": (_TILE, _TILE),
        "photometric": "rgb",
        "compression": "jpeg",
        "compressionargs": {"level": 88},
        "resolution": (pixels_a_cm, pixels_a_cm),
        "resolutionunit": "CENTIMETER",
        "subfiletype": int(step > 1),
        "software": f"Parfocal sample {_VERSION}",
        "description": None if step > 1 else _DESCRIPTION,
        "metadata": None,
    }


def _section(picture: Pixels) -> Pixels:
    """Level 0: (EDGE, EDGE, 3) uint8."""
    mirrored = np.concatenate([picture, picture[:, ::-1]], axis=1)
    mirrored = np.concatenate([mirrored, mirrored[::-1]])
    strip = np.tile(mirrored, (1, -(-EDGE // mirrored.shape[1]), 1))[:, :EDGE]
    glass = Image.new("RGB", (EDGE, _TILE), _GLASS)
    shares = Image.fromarray(_tissue_share())
    whole = np.empty((EDGE, EDGE, 3), dtype=np.uint8)
    for top in range(0, EDGE, _TILE):  # a band at a time: Pillow takes 4 bytes a pixel
        tissue = Image.fromarray(strip[np.arange(top, top + _TILE) % strip.shape[0]])
        box = (0, top // _COARSE, EDGE // _COARSE, (top + _TILE) // _COARSE)
        share = shares.resize((EDGE, _TILE), Image.Resampling.BILINEAR, box=box)
        whole[top : top + _TILE] = np.asarray(Image.composite(tissue, glass, share))
    return whole


def _tissue_share() -> Pixels:
    """How much of each place is tissue, 0 on glass to 255: (EDGE / _COARSE, EDGE / _COARSE) uint8."""
    places = (np.arange(EDGE // _COARSE, dtype=np.float32) + 0.5) * _COARSE
    y, x = np.meshgrid(places, places, indexing="ij")
    share = np.zeros(x.shape, dtype=np.float32)
    for center_x, center_y, radius_x, radius_y, phase in _SECTIONS:
        dx, dy = (x - center_x) / radius_x, (y - center_y) / radius_y
        angle = np.arctan2(dy, dx)
        edge = 1 + 0.07 * np.sin(3 * angle + phase) + 0.03 * np.sin(7 * angle + 2 * phase)
        inward = (edge - np.hypot(dx, dy)) * min(radius_x, radius_y) / _SOFT_EDGE
        share = np.maximum(share, np.clip(inward, 0, 1))
    coarse: Pixels = np.rint(255 * share).astype(np.uint8)
    return coarse


def _halved(level: Pixels) -> Pixels:
    """The mean of each 2 × 2 px, a band at a time."""
    halved = np.empty((level.shape[0] // 2, level.shape[1] // 2, 3), dtype=np.uint8)
    for top in range(0, level.shape[0], _TILE):
        band = Image.fromarray(level[top : top + _TILE]).reduce(2)
        halved[top // 2 : top // 2 + band.height] = np.asarray(band)
    return halved


def _tiles(level: Pixels) -> Iterator[Pixels]:
    """All tiles row by row; those at the edge are filled up with glass."""
    for top in range(0, level.shape[0], _TILE):
        for left in range(0, level.shape[1], _TILE):
            tile = level[top : top + _TILE, left : left + _TILE]
            if tile.shape[:2] != (_TILE, _TILE):
                whole = np.full((_TILE, _TILE, 3), _GLASS, dtype=np.uint8)
                whole[: tile.shape[0], : tile.shape[1]] = tile
                tile = whole
            yield np.ascontiguousarray(tile)
