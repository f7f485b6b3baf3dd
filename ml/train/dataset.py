"""Pictures with their nuclei: from folders with a table, from slides, from what packages bring."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ml.errors import Problem
from ml.geometry import Rect, Size
from ml.progress import Progress, Step
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.slide.slide import Pixels
from ml.tissue import find_tissue, overview_for
from ml.train.nuclei import SPACING, Nuclei, find_nuclei
from ml.train.recipe import Recipe, Source

_LEAST_TISSUE = 0.05  # share of a picture of a slide; emptier ones teach nothing that a few do not
_BLOCK = 8  # pictures of a slide along the edge of a block: neighbours are counted as one group


@dataclass(frozen=True, eq=False)
class Example:
    """One picture at 0.5 µm/px, (edge, edge, 3) uint8, and where its nuclei are."""

    pixels: Pixels
    nuclei: Nuclei
    source: str  # name of the recipe's source
    group: str  # what must not be torn apart: source tile, patient, block of a slide

    @property
    def sha256(self) -> str:
        """Of the pixels: equal for equal pictures, whatever their files are called."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()


def read_examples(recipe: Recipe, data: Path, progress: Progress) -> list[Example]:
    """All pictures of all sources, in a fixed order. Broken or missing files stop the run, all named."""
    found: list[Example] = []
    for source in recipe.sources:
        progress.step(Step(f"Counting nuclei in {source.name}", 0, 0))
        for pixels, group in _pictures(source, data, recipe.network.patch):
            progress.check()
            found.append(Example(pixels, find_nuclei(pixels), source.name, f"{source.name}: {group}"))
    return found


def _pictures(source: Source, data: Path, edge: int) -> Iterator[tuple[Pixels, str]]:
    if source.kind == "package":
        import skimage.data

        yield from _tiles_of(getattr(skimage.data, source.path)(), source, edge)
    elif source.kind == "slide":
        yield from _of_slide(source, data / source.path, edge)
    else:
        yield from _of_table(source, data / source.path, edge)


def _of_table(source: Source, folder: Path, edge: int) -> Iterator[tuple[Pixels, str]]:
    """Pictures named in `labels.csv`, shrunk or enlarged to 0.5 µm/px and cut to squares of `edge`."""
    table = folder / "labels.csv"
    if not table.is_file():
        raise Problem(
            f"{source.path} holds no labels.csv.", "Give the folder with the training data by --data."
        )
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [row["file"] for row in rows if not (folder / row["file"]).is_file()]
    if missing:
        names = ", ".join(missing[:5])
        raise Problem(f"{len(missing)} pictures of {source.path} are missing: {names} …", "Copy them anew.")
    for row in rows:
        with Image.open(folder / row["file"]) as image:
            pixels = np.asarray(image.convert("RGB"))
        for square, _ in _tiles_of(pixels, source, edge):
            yield square, row[source.group] if source.group else row["file"]


def _tiles_of(pixels: Pixels, source: Source, edge: int) -> Iterator[tuple[Pixels, str]]:
    """Squares of a picture at 0.5 µm/px, laid about its middle; all of one picture are one group."""
    scale = (source.spacing or SPACING) / SPACING
    height, width = round(pixels.shape[0] * scale), round(pixels.shape[1] * scale)
    if (height, width) != pixels.shape[:2]:
        image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        pixels = np.asarray(image)
    step = max(1, round(edge * source.step))
    rows, columns = ((whole - edge) // step + 1 for whole in (height, width))
    top = (height - (rows - 1) * step - edge) // 2
    left = (width - (columns - 1) * step - edge) // 2
    for row in range(rows):
        for column in range(columns):
            y, x = top + row * step, left + column * step
            yield np.ascontiguousarray(pixels[y : y + edge, x : x + edge]), "all"


def _of_slide(source: Source, path: Path, edge: int) -> Iterator[tuple[Pixels, str]]:
    """Squares of a slide that hold tissue, spread evenly; blocks of neighbours are one group."""
    with open_slide(path) as slide:
        known = slide.info.spacing
        spacing = source.spacing or (known.spacing.mean if known else 0.0)
        if not spacing:
            raise Problem(
                f"{path.name} does not say how large a pixel is.",
                f"Write spacing = … (µm/px) at the source {source.name} in the recipe.",
            )
        size, wide = slide.info.size, edge * SPACING / spacing
        step = wide * source.step
        rows, columns = (int((whole - wide) // step) + 1 for whole in (size.height, size.width))
        row, column = (axis.ravel() for axis in np.mgrid[:rows, :columns])
        rects = np.stack([column * step, row * step, np.full(row.shape, wide), np.full(row.shape, wide)], 1)
        overview = overview_for(slide, slide.info.bounds)
        tissue = find_tissue(overview, slide.info.bounds, spacing * size.width / overview.shape[1])
        kept = np.flatnonzero(tissue.share(rects) >= _LEAST_TISSUE)
        if source.most and len(kept) > source.most:
            kept = kept[np.linspace(0, len(kept) - 1, source.most).round().astype(np.intp)]
        for n in kept:
            square = read_region(slide, Rect(*map(float, rects[n])), Size(edge, edge))
            yield square, f"block {row[n] // _BLOCK}, {column[n] // _BLOCK}"
