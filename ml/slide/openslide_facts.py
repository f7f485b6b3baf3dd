"""What OpenSlide's properties mean: vendor, pyramid, spacing, objective."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ml.geometry import Size, Spacing, to_pixel
from ml.slide.slide import KnownSpacing, Level
from ml.slide.spacing import NOTHING_SAID, STATED_RANGE, TAG_RANGE, doubt

_VENDORS = {
    "aperio": "Aperio SVS",
    "dicom": "DICOM whole slide",
    "generic-tiff": "Tiled TIFF",
    "hamamatsu": "Hamamatsu",
    "leica": "Leica SCN",
    "mirax": "3DHISTECH MIRAX",
    "philips": "Philips TIFF",
    "sakura": "Sakura SVSLIDE",
    "trestle": "Trestle TIFF",
    "ventana": "Ventana/Roche BIF",
    "zeiss": "Zeiss CZI",
}
_TILE = Size(256, 256)  # where the file has strips, or tiles too small or too large to be of use
_SOURCE_NOTE = re.compile(r"spacing source: ([^\r\n;]+)")
"""A note in a TIFF's description by which a writer owns up to where the resolution came from."""


def vendor_of(properties: Mapping[str, str]) -> str:
    """The format in a person's words."""
    vendor = properties.get("openslide.vendor", "")
    return _VENDORS.get(vendor, vendor or "Slide")


def levels_of(sizes: Sequence[Size], properties: Mapping[str, str]) -> tuple[Level, ...]:
    """The pyramid, finest first."""
    return tuple(
        Level(size, _downsample(sizes[0], size), _tile_size(properties, index))
        for index, size in enumerate(sizes)
    )


def _downsample(full: Size, reduced: Size) -> float:
    """How many level-0 px a pixel of this level covers.

    A scanner halves (or quarters) and drops or adds the odd pixel at the edge, so where both sizes fit a
    whole factor that factor is the truth. The mean ratio of the sizes, which OpenSlide gives, drifts: by 12
    level-0 px at the foot of a slide of 25,581 rows at factor 16 (seen by matching the pixels).
    """
    mean = (full.width / reduced.width + full.height / reduced.height) / 2
    whole = to_pixel(mean)
    pairs = ((full.width, reduced.width), (full.height, reduced.height))
    if all(abs(a / whole - b) < 1 for a, b in pairs):
        return float(whole)
    return mean


def _tile_size(properties: Mapping[str, str], level: int) -> Size:
    prefix = f"openslide.level[{level}].tile-"
    width, height = (_number(properties.get(prefix + side)) for side in ("width", "height"))
    if width is None or height is None or not (64 <= width <= 1024 and 64 <= height <= 1024):
        return _TILE
    return Size(int(width), int(height))


def objective_of(properties: Mapping[str, str]) -> float | None:
    """Nominal power of the objective, None where the file names none."""
    power = _number(properties.get("openslide.objective-power"))
    return power if power is not None and power > 0 else None


def spacing_of(properties: Mapping[str, str]) -> tuple[KnownSpacing | None, str]:
    """The pixel size if there is one to be believed, and else why not."""
    x, y = (_number(properties.get(f"openslide.mpp-{axis}")) for axis in "xy")
    if x is None or y is None:
        return None, _without_spacing(objective_of(properties))
    spacing = Spacing(x, y)
    is_tag = properties.get("openslide.vendor") == "generic-tiff"  # then it stems from XResolution
    reason = doubt(spacing, TAG_RANGE if is_tag else STATED_RANGE)
    if reason:
        return None, reason
    note = _SOURCE_NOTE.search(properties.get("tiff.ImageDescription", ""))
    if note:
        return KnownSpacing(spacing, note[1].strip()), ""
    return KnownSpacing(spacing, "the file's resolution tag" if is_tag else "the file"), ""


def _without_spacing(objective: float | None) -> str:
    if objective is None:
        return NOTHING_SAID
    return (
        f"{NOTHING_SAID} It names a ×{objective:g} objective, which often means about "
        f"{10 / objective:.2g} µm per pixel, but that depends on the camera."
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text.replace(",", ".")) if text else None
    except ValueError:
        return None
