"""Which patches of a slide a recipe would look at, and which belong to a class: to be seen, not learned."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect, Size, Spacing, to_pixel
from ml.patches import PatchGrid
from ml.slide.opening import open_slide
from ml.slide.slide import Pixels
from ml.tissue import find_tissue, overview_for
from ml.train.slide_rows import covered

Shares = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SlidePreview:
    """A slide from afar, its tissue, and its patches edge to edge; where thresholds lie is asked later."""

    path: Path
    overview: Pixels
    covers: Rect  # what the overview and the mask show, level-0 px
    mask: NDArray[np.bool_]
    rects: NDArray[np.float64]  # (n, 4) x, y, width, height of the patches, level-0 px
    tissue: Shares  # (n,) share of tissue of each patch
    cover: Shares  # (n,) greatest share that one box covers
    boxes: NDArray[np.float64]  # (m, 4) left, top, right, bottom, level-0 px

    def taken(self, tissue: float) -> NDArray[np.bool_]:
        """Patches with at least so much tissue, (n,); of none at all never."""
        taken: NDArray[np.bool_] = self.tissue >= max(tissue, float(np.finfo(np.float64).tiny))
        return taken


def preview_slide(path: Path, patch: int, spacing: float, typed: float, table: Path | None) -> SlidePreview:
    """Patches of `patch` px at `spacing` µm/px; `typed` is the slide's own µm/px where it does not say it.

    `table` holds boxes (file, x1, y1, x2, y2). Raises `Problem`, `SlideProblem`.
    """
    with open_slide(path) as slide:
        known = slide.info.spacing
        own = Spacing.square(typed) if typed else known.spacing if known else None
        if own is None:
            raise Problem(f"{path.name} does not say how large a pixel is.", "Type it in “Data”.")
        size, bounds = slide.info.size, slide.info.bounds
        overview = overview_for(slide, bounds)
    tissue = find_tissue(overview, bounds, own.mean * size.width / overview.shape[1])
    edge = patch * spacing
    cell = Size(max(1, to_pixel(edge / own.x)), max(1, to_pixel(edge / own.y)))
    grid = PatchGrid.over(Shape.rectangle(bounds), size, cell, patch)
    rects = grid.rects()[grid.inside]
    boxes = _boxes_of(path, table) if table is not None else np.empty((0, 4))
    return SlidePreview(
        path, overview, bounds, tissue.mask, rects, tissue.share(rects), covered(rects, boxes), boxes
    )


def _boxes_of(path: Path, table: Path) -> NDArray[np.float64]:
    """The boxes of one slide; lines that are no boxes are the business of whoever learns from them."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            own = [line for line in csv.DictReader(file) if line.get("file") == path.name]
        found = [[float(line[key]) for key in ("x1", "y1", "x2", "y2")] for line in own]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise Problem(f"The boxes in {table.name} cannot be read: {error}.", "Mend the table.") from error
    return np.array(found, dtype=np.float64).reshape(-1, 4)
