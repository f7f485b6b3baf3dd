"""Flat TIFFs, strip by strip or tile by tile: no more of them in memory at a time than that.

Numbers of any depth are scaled by the range that they use; colours of other kinds (CMYK, transparency)
are those of slides.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from ml.geometry import Size, Spacing
from ml.progress import Progress
from ml.slide.picture_source import Numbers, PictureSource, bands, full_range, spacing_from_dpi, to_byte
from ml.slide.pillow_source import check_size
from ml.slide.positioned_file import PositionedFile
from ml.slide.profile import rgb_profile
from ml.slide.slide import KnownSpacing, Pixels
from ml.slide.spacing import STATED_RANGE, doubt
from ml.slide.stored_picture import StoredPicture, Unsuited, stored_picture
from ml.slide.tiff_picture import TiffPicture, white_of

_ORIENTATION = 274
_ICC = 34675
_GREY = {tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.MINISWHITE}
_COLOR = {tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR}
_WHITE = 65535  # of 16 bits

BACKGROUND = (255, 255, 255)
"""What transparency lies over."""


def tiff_source(path: Path) -> PictureSource | None:
    """Look at a TIFF; None when it is of a kind that is left to Pillow."""
    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        size = Size(page.imagewidth, page.imagelength)
        check_size(path, size)
        write = _writer(path, page)
        if write is None:
            return None
        spacing, reason = _spacing(page)
        tag, profile = page.tags.get(_ORIENTATION), page.tags.get(_ICC)
        return PictureSource(
            kind="TIFF",
            size=size,
            write=write,
            orientation=int(tag.value) if tag else 1,
            spacing=spacing,
            spacing_doubt=reason,
            warning=_unshown(tiff),
            profile=rgb_profile(bytes(profile.value)) if profile else None,
            properties={"tiff.ImageDescription": page.description, "picture.format": "TIFF"},
        )


def _writer(path: Path, page: Any) -> Callable[[Pixels, Progress], None] | None:
    samples, photometric = page.samplesperpixel, page.photometric
    plain = (photometric in _GREY and samples == 1) or (photometric in _COLOR and samples == 3)
    if plain and page.dtype is not None and page.dtype.kind in "buif":
        return lambda out, progress: _write(path, out, progress)
    if samples < 2:  # palettes and bits: small in Pillow as well
        return None
    try:
        stored = stored_picture(page)
        TiffPicture(stored, PositionedFile(path), _WHITE, BACKGROUND)  # does it know these colours?
    except Unsuited:
        return None
    return lambda out, progress: _write_colors(path, stored, out, progress)


def _write_colors(path: Path, stored: StoredPicture, out: Pixels, progress: Progress) -> None:
    file = PositionedFile(path)
    try:
        picture = TiffPicture(stored, file, white_of([stored], file), BACKGROUND)
        for row, column in itertools.product(range(stored.rows), range(stored.columns)):
            progress.check()
            at = stored.rect_of(column, row)
            x, y, width, height = int(at.x), int(at.y), int(at.width), int(at.height)
            part = picture.decoded(column, row)
            out[y : y + height, x : x + width] = BACKGROUND if part is None else part[:height, :width]
    finally:
        file.close()


def _write(path: Path, out: Pixels, progress: Progress) -> None:
    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        black, white = 0.0, 1.0
        if page.dtype.kind != "b":
            black, white = _range(page, progress)
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            black, white = white, black
        for y, x, sample, part in _parts(page, progress):
            piece = part if part.dtype == np.uint8 and black == 0 else to_byte(part, black, white)
            height, width = min(piece.shape[0], out.shape[0] - y), min(piece.shape[1], out.shape[1] - x)
            channels = slice(None) if page.samplesperpixel == 1 else slice(sample, sample + piece.shape[2])
            out[y : y + height, x : x + width, channels] = piece[:height, :width]


def _range(page: Any, progress: Progress) -> tuple[float, float]:
    if page.dtype == np.uint8:
        return 0.0, 255.0
    low, high = np.inf, -np.inf
    for _, _, _, part in _parts(page, progress):
        low, high = min(low, float(np.nanmin(part))), max(high, float(np.nanmax(part)))
    return full_range(page.dtype, low, high)


def _parts(page: Any, progress: Progress) -> Iterator[tuple[int, int, int, Numbers]]:
    """y, x, first sample and (height, width, samples) of every strip or tile."""
    if page.is_memmappable:  # not compressed; some programs write one strip as large as the picture
        yield from _mapped(page, progress)
        return
    for found, (sample, _, y, x, _), shape in page.segments(maxworkers=1):
        progress.check()
        # None: left out by the writer, empty
        part = np.zeros(shape, dtype=page.dtype) if found is None else found
        yield int(y), int(x), int(sample), part[0]


def _mapped(page: Any, progress: Progress) -> Iterator[tuple[int, int, int, Numbers]]:
    """Bands of what lies in the file as it is; else as `_parts`."""
    values = tifffile.memmap(page.parent.filehandle.path, page=page.index, mode="r")
    if page.samplesperpixel > 1 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
        planes = [plane[..., np.newaxis] for plane in values]
    else:
        planes = [values.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)]
    for sample, plane in enumerate(planes):
        for top, bottom in bands(page.imagelength):
            progress.check()
            yield top, 0, sample, plane[top:bottom]


def _spacing(page: Any) -> tuple[KnownSpacing | None, str]:
    stated = _stated_um(page.description)
    if stated is not None:
        reason = doubt(stated, STATED_RANGE)
        return (None, reason) if reason else (KnownSpacing(stated, "the file"), "")
    per_inch = {2: 1.0, 3: 2.54}.get(int(page.resolutionunit), 0.0)
    x, y = page.resolution
    return spacing_from_dpi(x * per_inch, y * per_inch)


def _stated_um(description: str) -> Spacing | None:
    """µm per pixel out of an OME header; OME's unit is µm unless it names another one."""
    x, y = (re.search(rf'PhysicalSize{axis}="([0-9.eE+-]+)"', description) for axis in "XY")
    other_unit = re.search(r'PhysicalSizeXUnit="(?!µm|um|&#181;m|&#xB5;m)', description)
    return Spacing(float(x[1]), float(y[1])) if x and y and not other_unit else None


def _unshown(tiff: tifffile.TiffFile) -> str:
    pages: list[Any] = list(tiff.pages)
    alike = sum(page.shape == pages[0].shape for page in pages)
    if alike < 2:
        return ""
    return (
        f"This file holds {alike} pictures of the same size (channels, planes or times); the first is shown."
    )
