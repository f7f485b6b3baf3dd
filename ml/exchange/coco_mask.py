"""COCO's run-length masks as areas: column after column of whole pixels, the first run outside.

After the reference implementation (`cocoapi`, maskApi.c): counts are a list, or that list as a text of six
bits a character, where from the third on each is told as the difference to the one two before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.annotation.rings import FARTHEST, Misshapen
from ml.annotation.shapes import Shape, polygons_of


def area_of_mask(mask: Mapping[str, object]) -> Shape:
    """The area that the pixels of a mask cover, along their edges, in level-0 px. Raises `Misshapen`."""
    size, counts = mask.get("size"), mask.get("counts")
    if not (
        isinstance(size, list) and len(size) == 2 and all(type(n) is int and 0 < n < FARTHEST for n in size)
    ):
        raise Misshapen("its mask has no size of two whole numbers")
    if isinstance(counts, str):
        counts = counts_of(counts)
    if not isinstance(counts, list) or not all(type(n) is int and n >= 0 for n in counts):
        raise Misshapen("the runs of its mask are no whole numbers")
    height, width = size
    if sum(counts) != height * width:
        raise Misshapen(f"the runs of its mask make {sum(counts):,} px, not {width:,} × {height:,}")
    boxes = _boxes(np.cumsum([0, *counts], dtype=np.int64), height)
    pieces = polygons_of(shapely.union_all(shapely.box(*boxes.T)))
    if not pieces:
        raise Misshapen("its mask is empty")
    return Shape.areas([shapely.normalize(shapely.simplify(piece, 0)) for piece in pieces])


def counts_of(text: str) -> list[int]:
    """The runs that a text holds. Raises `Misshapen`."""
    counts: list[int] = []
    value = shift = 0
    for sign in text:
        bits = ord(sign) - 48
        if not 0 <= bits < 64:
            raise Misshapen("its mask holds a character that stands for nothing")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return counts


def _boxes(ends: NDArray[np.int64], height: int) -> NDArray[np.float64]:
    """Rectangles [left, top, right, bottom] that cover all runs inside; shape (n, 4)."""
    boxes: list[tuple[int, int, int, int]] = []
    for start, end in zip(ends[1:-1:2].tolist(), ends[2::2].tolist(), strict=True):
        column, row = divmod(start, height)
        last, below = divmod(end, height)  # half-open: `below` is the first row outside
        if column == last:
            boxes.append((column, row, column + 1, below))
            continue
        if row:
            boxes.append((column, row, column + 1, height))
            column += 1
        if column < last:
            boxes.append((column, 0, last, height))
        if below:
            boxes.append((last, 0, last + 1, below))
    found = np.array([box for box in boxes if box[1] < box[3]], dtype=np.float64)
    return found.reshape(-1, 4)


def flat_rings(segmentation: Sequence[object]) -> list[list[object]]:
    """The lists x, y, x, y… of a segmentation by polygons; some programs leave the outer list away."""
    if segmentation and not isinstance(segmentation[0], list):
        return [list(segmentation)]
    return [ring for ring in segmentation if isinstance(ring, list)]
