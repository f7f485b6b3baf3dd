"""Which patches of a slide a recipe would look at, and which belong to a class: to be seen, not learned."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect, Size, Spacing, to_pixel
from ml.patches import PatchGrid
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.slide.slide import Pixels, Slide
from ml.tissue import find_tissue, overview_for
from ml.train.outlined import areas_of, outlined
from ml.train.slide_rows import covered

Shares = NDArray[np.float64]

_LARGE = 1024  # px: the longer edge of what a person looks at


@dataclass(frozen=True)
class Drawn:
    """Outlines of a slide: a GeoJSON file, the classes that count, and that of outlines without one."""

    file: Path | None
    classes: tuple[str, ...]
    unnamed: str


@dataclass(frozen=True, eq=False)
class SlidePreview:
    """A slide from afar, its tissue, and its patches edge to edge; where thresholds lie is asked later."""

    path: Path
    picture: Pixels  # from afar
    covers: Rect  # what the picture and the mask show, level-0 px
    mask: NDArray[np.bool_]
    rects: NDArray[np.float64]  # (n, 4) x, y, width, height of the patches, level-0 px
    tissue: Shares  # (n,) share of tissue of each patch
    cover: Shares  # (n,) greatest share that one box covers, or the outlines of one class
    boxes: NDArray[np.float64]  # (m, 4) left, top, right, bottom, level-0 px
    outlines: tuple[NDArray[np.float64], ...] = ()  # each (n, 2) x, y of a closed line, level-0 px

    def taken(self, tissue: float) -> NDArray[np.bool_]:
        """Patches with at least so much tissue, (n,); of none at all never."""
        taken: NDArray[np.bool_] = self.tissue >= max(tissue, float(np.finfo(np.float64).tiny))
        return taken


def preview_slide(
    path: Path, patch: int, spacing: float, typed: float, table: Path | None, drawn: Drawn | None = None
) -> SlidePreview:
    """Patches of `patch` px at `spacing` µm/px; `typed` is the slide's own µm/px where it does not say it.

    `table` holds boxes (file, x1, y1, x2, y2); `drawn` outlines in its place. Raises `Problem`,
    `SlideProblem`.
    """
    with open_slide(path) as slide:
        known = slide.info.spacing
        own = Spacing.square(typed) if typed else known.spacing if known else None
        if own is None:
            raise Problem(f"{path.name} does not say how large a pixel is.", "Type it in “Data”.")
        size, bounds = slide.info.size, slide.info.bounds
        overview = overview_for(slide, bounds)
        picture = _picture(slide, overview)
    tissue = find_tissue(overview, bounds, own.mean * size.width / overview.shape[1])
    edge = patch * spacing
    cell = Size(max(1, to_pixel(edge / own.x)), max(1, to_pixel(edge / own.y)))
    grid = PatchGrid.over(Shape.rectangle(bounds), size, cell, patch)
    rects = grid.rects()[grid.inside]
    seen = path, picture, bounds, tissue.mask, rects, tissue.share(rects)
    if drawn is not None:
        areas = areas_of(drawn.file, drawn.classes, drawn.unnamed)
        cover = np.max([outlined(rects, area) for area in areas], axis=0, initial=0.0)
        lines = tuple(ring for area in areas for ring in _rings(area))
        return SlidePreview(*seen, cover, np.empty((0, 4)), lines)
    boxes = _boxes_of(path, table) if table is not None else np.empty((0, 4))
    return SlidePreview(*seen, covered(rects, boxes), boxes)


def _picture(slide: Slide, overview: Pixels) -> Pixels:
    """What a person looks at: finer than what tissue is looked for in, where the slide is small."""
    bounds, (height, width) = slide.info.bounds, overview.shape[:2]
    finer = min(_LARGE / max(height, width), bounds.width / width)
    if finer <= 1:
        return overview
    return read_region(slide, bounds, Size(round(finer * width), round(finer * height)))


def _rings(area: shapely.Geometry) -> Iterator[NDArray[np.float64]]:
    """Each closed line of an area, (n, 2)."""
    for part in shapely.get_parts(area):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield shapely.get_coordinates(ring)


def _boxes_of(path: Path, table: Path) -> NDArray[np.float64]:
    """The boxes of one slide; lines that are no boxes are the business of whoever learns from them."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            own = [line for line in csv.DictReader(file) if line.get("file") == path.name]
        found = [[float(line[key]) for key in ("x1", "y1", "x2", "y2")] for line in own]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise Problem(f"The boxes in {table.name} cannot be read: {error}.", "Mend the table.") from error
    return np.array(found, dtype=np.float64).reshape(-1, 4)
