"""Slides that a table names, wherever they lie, with the outlines that a person drew on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.annotation.geojson import read_geojson
from ml.annotation.shapes import Annotation
from ml.errors import Problem
from ml.train.study_recipe import Slides
from ml.train.table import lines_of

Area: TypeAlias = shapely.Geometry
"""All outlines of one class on one slide as one area, level-0 px; empty where there are none."""


@dataclass(frozen=True)
class ListedSlide:
    """One line of the table: the slide, whose it is, and the GeoJSON file of its outlines, if it has any."""

    path: Path
    patient: str
    outlines: Path | None


def listed_slides(source: Slides, data: Path) -> tuple[ListedSlide, ...]:
    """The lines of `source.files`: columns file, patient and outlines, paths relative to the table.

    Raises `Problem` where the table, a column or a slide is missing, or two slides have the same name.
    """
    table = data / source.path / source.files
    found = []
    for line in lines_of(table, source.path, ("file", "patient", "outlines")):
        drawn = line["outlines"].strip()
        path = table.parent / line["file"].strip()
        found.append(ListedSlide(path, line["patient"].strip(), table.parent / drawn if drawn else None))
    missing = [one.path.name for one in found if not one.path.exists()]
    if missing:
        names = ", ".join(missing[:5])
        raise Problem(f"{len(missing)} of {len(found)} slides are missing: {names}.", "Copy them anew.")
    twice = [name for name, times in Counter(one.path.name for one in found).items() if times > 1]
    if twice:
        raise Problem(f"Several slides are called {twice[0]}.", "Rename one of them, or leave it out.")
    return tuple(found)


def areas_of(path: Path | None, classes: Sequence[str], unnamed: str) -> tuple[Area, ...]:
    """The drawn area of each class. An outline without a class is `unnamed`; other classes are left out.

    Raises `Problem` where the file cannot be understood.
    """
    drawn = read_geojson(path).annotations if path is not None else ()
    return merged(drawn, classes, unnamed)


def merged(drawn: Iterable[Annotation], classes: Sequence[str], unnamed: str) -> tuple[Area, ...]:
    """The same of annotations that are at hand. Lines and points enclose nothing and play no part."""
    shapes: dict[str, list[Area]] = {name: [] for name in classes}
    for one in drawn:
        own = shapes.get(one.class_name or unnamed)
        if own is not None and one.shape.is_area:
            own.append(shapely.make_valid(one.shape.polygon))
    return tuple(shapely.union_all(own) for own in shapes.values())


def boxes_round(path: Path | None, classes: Sequence[str], unnamed: str) -> tuple[NDArray[np.float64], ...]:
    """The box round each drawn area, by class: (n, 4) left, top, right, bottom in level-0 px."""
    found = []
    for area in areas_of(path, classes, unnamed):
        parts = [part for part in shapely.get_parts(area) if part.area > 0]
        found.append(np.array([part.bounds for part in parts], dtype=np.float64).reshape(-1, 4))
    return tuple(found)


def outlined(rects: NDArray[np.float64], area: Area) -> NDArray[np.float64]:
    """The share of each rectangle (…, 4: x, y, width, height) that lies in the area: (…), 0..1."""
    x, y, width, height = np.moveaxis(rects, -1, 0)
    tiles = shapely.box(x, y, x + width, y + height)
    shares = np.zeros(tiles.shape)
    shapely.prepare(area)
    touched = shapely.intersects(area, tiles)
    shares[touched] = shapely.area(shapely.intersection(tiles[touched], area)) / shapely.area(tiles[touched])
    return shares
