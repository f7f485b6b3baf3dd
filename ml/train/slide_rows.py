"""Patches of slides with their labels, from boxes that a person drew."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Size, Spacing, to_pixel
from ml.patches import PatchGrid
from ml.progress import Progress, Step
from ml.results.overlap import overlapping
from ml.slide.opening import open_slide, supported_suffixes
from ml.tissue import find_tissue, overview_for
from ml.train.outlined import Area, ListedSlide, areas_of, boxes_round, listed_slides, outlined
from ml.train.study_recipe import NetworkPlan, Slides, Task
from ml.train.table import Row


@dataclass(frozen=True, eq=False)
class LabelledSlide:
    """One slide: its grid (patches may overlap), and the true boxes of each class.

    Boxes are (n, 4): left, top, right, bottom.
    """

    path: Path
    group: str
    grid: PatchGrid
    spacing: Spacing
    truth: tuple[NDArray[np.float64], ...]
    areas: tuple[Area, ...] = ()  # of each class, where outlines were drawn in place of boxes


def read_slides(
    sources: Iterable[Slides], task: Task, plan: NetworkPlan, data: Path, progress: Progress
) -> tuple[LabelledSlide, ...]:
    """All slides of all sources, by name. Raises `Problem`, `SlideProblem`, `Cancelled`."""
    found: list[LabelledSlide] = []
    for source in sources:
        if source.files:
            found += _listed(source, task, plan, data, progress)
            continue
        folder = data / source.path
        if not folder.is_dir():
            raise Problem(f"The folder {source.path} is not there.", "Give the training data by --data.")
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in supported_suffixes())
        truth = _boxes(folder / source.boxes, source, task, {path.name for path in paths})
        for number, path in enumerate(paths):
            progress.check()
            progress.step(Step("Finding tissue", number, len(paths)))
            patient = _patient(path, source)
            found.append(_slide(path, patient, source, plan, truth.get(path.name, _none(task))))
    return tuple(found)


def _listed(
    source: Slides, task: Task, plan: NetworkPlan, data: Path, progress: Progress
) -> Iterable[LabelledSlide]:
    """Slides of a table with their outlines; the boxes that are looked for are those round the outlines."""
    listed = listed_slides(source, data)
    for number, one in enumerate(listed):
        progress.check()
        progress.step(Step("Finding tissue", number, len(listed)))
        drawn = one.outlines, task.classes, source.label
        made = _slide(one.path, _owner(one), source, plan, boxes_round(*drawn))
        yield replace(made, areas=areas_of(*drawn))


def _owner(one: ListedSlide) -> str:
    return one.patient or one.path.stem


def rows_of(slides: Iterable[LabelledSlide], sources: Iterable[Slides]) -> tuple[Row, ...]:
    """A row for each patch with tissue: positive for a class when its boxes or outlines cover enough of it.

    Of boxes one alone must cover enough; outlines of a class count together.
    """
    cover = {source.name: source.cover for source in sources}
    rows: list[Row] = []
    for slide in slides:
        source = slide.group.split(": ", maxsplit=1)[0]
        rects = slide.grid.rects()
        drawn = [outlined(rects, area) for area in slide.areas]
        shares = np.stack(drawn or [covered(rects, boxes) for boxes in slide.truth], axis=-1)
        for row, column in zip(*np.nonzero(slide.grid.kept), strict=True):
            labels = (shares[row, column] >= cover[source]).astype(np.float32)
            rect = slide.grid.rect(int(row), int(column))
            cell = (int(row), int(column))
            between = bool(row % slide.grid.reach or column % slide.grid.reach)
            rows.append(Row(slide.path, labels, slide.group, source, rect=rect, cell=cell, between=between))
    return tuple(rows)


def covered(rects: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The greatest share of each rectangle (…, 4: x, y, width, height) that one box (n, 4) covers: (…)."""
    x, y, width, height = np.moveaxis(rects, -1, 0)[..., None]
    if not len(boxes):
        return np.zeros(rects.shape[:-1])
    left, top, right, bottom = boxes.T
    across = np.clip(np.minimum(x + width, right) - np.maximum(x, left), 0, None)
    down = np.clip(np.minimum(y + height, bottom) - np.maximum(y, top), 0, None)
    shares: NDArray[np.float64] = (across * down / (width * height)).max(axis=-1)
    return shares


def _slide(
    path: Path, patient: str, source: Slides, plan: NetworkPlan, truth: tuple[NDArray[np.float64], ...]
) -> LabelledSlide:
    with open_slide(path) as slide:
        known = slide.info.spacing
        spacing = Spacing(source.spacing, source.spacing) if source.spacing else known and known.spacing
        if not spacing:
            raise Problem(
                f"{path.name} does not say how large a pixel is.",
                f"Write spacing = … (µm/px) at the slides {source.name} in the recipe.",
            )
        size, bounds = slide.info.size, slide.info.bounds
        overview = overview_for(slide, bounds)
        tissue = find_tissue(overview, bounds, spacing.mean * size.width / overview.shape[1])
        edge_um = (plan.stride or plan.size[0]) * plan.spacing
        cell = Size(max(1, to_pixel(edge_um / spacing.x)), max(1, to_pixel(edge_um / spacing.y)))
        reach = plan.size[0] // plan.stride if plan.stride else 1
        grid = overlapping(Shape.rectangle(bounds), size, cell, reach, plan.size[0])
        least = max(source.tissue, np.finfo(np.float64).tiny)
        kept = grid.inside.copy()
        kept[grid.inside] = tissue.share(grid.rects()[grid.inside]) >= least
        grid = replace(grid, kept=kept)
    return LabelledSlide(path, f"{source.name}: {patient}", grid, spacing, truth)


def _patient(path: Path, source: Slides) -> str:
    found = re.search(source.group_pattern, path.stem)
    if found is None:
        raise Problem(
            f"The name {path.name} does not fit group_pattern {source.group_pattern!r}.",
            "Mend the pattern: its first group is the patient.",
        )
    return found.group(1)


def _boxes(
    table: Path, source: Slides, task: Task, names: set[str]
) -> dict[str, tuple[NDArray[np.float64], ...]]:
    """True boxes by slide and class. Raises `Problem` for a bad number, an unknown class or slide."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
    except FileNotFoundError:
        raise Problem(f"{source.path} holds no {source.boxes}.", "Give the table of boxes.") from None
    found: dict[str, list[list[tuple[float, ...]]]] = {}
    for number, line in enumerate(lines, 2):
        place = f"line {number} of {table.name}"
        label = line.get("label") or source.label
        if label not in task.classes:
            raise Problem(f"“{label}” in {place} is no class of the recipe.", "Mend the table.")
        if line.get("file") not in names:
            raise Problem(f"{line.get('file')!r} in {place} is no slide in {source.path}.", "Mend it.")
        try:
            x1, y1, x2, y2 = (float(line[key]) for key in ("x1", "y1", "x2", "y2"))
        except (KeyError, TypeError, ValueError):
            raise Problem(f"The box in {place} is not four numbers.", "Mend the table.") from None
        if x2 <= x1 or y2 <= y1:
            raise Problem(f"The box in {place} is inside out.", "Its columns may be in another order.")
        classes = found.setdefault(str(line["file"]), [[] for _ in task.classes])
        classes[task.classes.index(label)].append((x1, y1, x2, y2))
    return {
        name: tuple(np.array(boxes, dtype=np.float64).reshape(-1, 4) for boxes in classes)
        for name, classes in found.items()
    }


def _none(task: Task) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.empty((0, 4)) for _ in task.classes)
