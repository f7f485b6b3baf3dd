"""Whether all of a TIFF-like slide is there, told from its directory before a single tile is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.slide.dicom_picture import is_dicom

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of a file is there. `share` counts full-size tiles (or strips), 1.0 when all are there."""

    share: float = 1.0
    bytes_here: int = 0
    bytes_needed: int = 0
    tile_bytes: int = 0  # that one tile would take in memory, the largest of all; strips do not count

    def in_words(self) -> str:
        """The second half of a sentence: what is missing."""
        if self.bytes_needed <= self.bytes_here:
            return "its table of contents is missing"
        missing = 1 - self.bytes_here / self.bytes_needed
        return f"at least {missing:.0%} of the file is missing" if missing >= 0.01 else "its end is missing"

    @property
    def warning(self) -> str:
        """A sentence for a file that opens all the same; empty when nothing is missing."""
        if self.share >= 1 and self.bytes_needed <= self.bytes_here:
            return ""
        return f"This file was cut short: {self.in_words()}. What is missing cannot be shown or analyzed."


def completeness_of(path: Path, head: bytes) -> Completeness:
    """Compare where the pixels should lie with where the file ends. What is no TIFF counts as whole."""
    if not head.startswith(_TIFF) or is_dicom(head):  # DICOM may wear a TIFF header on top
        return Completeness()
    import tifffile

    here = path.stat().st_size
    try:
        with tifffile.TiffFile(path) as tiff:
            ends = [_ends(page) for page in tiff.pages]
            largest = max((_tile_bytes(page) for page in tiff.pages), default=0)
    except Exception:  # the reader's border: a broken directory raises anything
        return Completeness(0.0, here, 0)
    if not ends:
        return Completeness(0.0, here, 0)
    needed = int(max((part.max() for part in ends if part.size), default=0))
    full_size = ends[0]
    share = float((full_size <= here).mean()) if full_size.size else 1.0
    return Completeness(share, here, needed, largest)


def _tile_bytes(page: object) -> int:
    """What a decoder takes for one tile: four bytes a pixel."""
    if not getattr(page, "is_tiled", False):
        return 0
    return 4 * int(getattr(page, "tilewidth", 0)) * int(getattr(page, "tilelength", 0))


def _ends(page: object) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """First byte behind every tile or strip that is there at all (a count of 0 means left out)."""
    starts = np.asarray(getattr(page, "dataoffsets", ()), dtype=np.int64)
    counts = np.asarray(getattr(page, "databytecounts", ()), dtype=np.int64)
    return (starts + counts)[counts > 0]
