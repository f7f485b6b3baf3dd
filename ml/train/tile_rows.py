"""Tiles of slides that have one label each, as rows like any other picture's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.geometry import Spacing
from ml.patches import PatchGrid
from ml.progress import Progress, Step
from ml.slide.opening import open_slide
from ml.train.slide_plan import LabelledSlides
from ml.train.study_recipe import StudyRecipe, Task
from ml.train.table import Row, labels_of, lines_of
from ml.train.tile_choice import choose_tiles


@dataclass(frozen=True, eq=False)
class ListedSlide:
    """A line of the table: a slide, its label (classes,), whose it is and where it was scanned."""

    path: Path
    labels: NDArray[np.float32]
    group: str  # with the name of the source before it
    site: str
    source: LabelledSlides


def read_tile_rows(recipe: StudyRecipe, data: Path, progress: Progress) -> tuple[Row, ...]:
    """The chosen tiles of all labelled slides, slide by slide; each has the label of its slide.

    Raises `Problem` where a table, a column, a label or a slide is missing, all of them named, and where a
    patient has slides of two labels; `SlideProblem`, `Cancelled`.
    """
    listed = [slide for source in recipe.labelled_slides for slide in list_slides(source, recipe.task, data)]
    _check(listed)
    rows: list[Row] = []
    for number, slide in enumerate(listed):
        progress.check()
        progress.step(Step("Choosing tiles", number, len(listed)))
        grid = _grid(slide, recipe, progress)
        for cell in np.argwhere(grid.kept):
            row, column = int(cell[0]), int(cell[1])
            rect = grid.rect(row, column)
            known = (slide.group, slide.source.name, slide.site)
            rows.append(Row(slide.path, slide.labels, *known, rect=rect, cell=(row, column)))
    return tuple(rows)


def list_slides(source: LabelledSlides, task: Task, data: Path) -> Iterable[ListedSlide]:
    """The slides of a table, in its order. Raises `Problem` for a missing table or column and bad labels."""
    table = data / source.path / source.table
    columns = [source.file, source.label, *(name for name in (source.group, source.site) if name)]
    for number, line in enumerate(lines_of(table, source.path, columns), 2):
        if line[source.label].strip() in source.leave_out:
            continue
        name = line[source.file].strip()
        path = table.parent / (name if Path(name).suffix else name + source.ending)
        labels = labels_of(line[source.label], source.rename, task, f"line {number} of {source.table}")
        group = f"{source.name}: {line[source.group].strip() if source.group else path.stem}"
        site = line[source.site].strip() if source.site else ""
        yield ListedSlide(path, labels, group, site, source)


def _check(listed: list[ListedSlide]) -> None:
    if not listed:
        raise Problem("There are no slides to learn from.", "Check the paths in the recipe and --data.")
    missing = [slide.path.name for slide in listed if not slide.path.exists()]
    if missing:
        raise Problem(
            f"{len(missing)} of {len(listed)} slides are missing: {', '.join(missing[:5])}"
            f"{' …' if len(missing) > 5 else ''}",
            "Copy them anew, or take their lines out of the table.",
        )
    first: dict[str, ListedSlide] = {}
    for slide in listed:
        if (first.setdefault(slide.group, slide).labels != slide.labels).any():
            raise Problem(
                f"{slide.group} has slides of two labels: {first[slide.group].path.name}, {slide.path.name}.",
                "The patient is the unit here: mend the table.",
            )


def _grid(slide: ListedSlide, recipe: StudyRecipe, progress: Progress) -> PatchGrid:
    typed = slide.source.spacing
    with open_slide(slide.path) as opened:
        known = opened.info.spacing
        spacing = Spacing.square(typed) if typed else known.spacing if known else None
        if not (spacing or recipe.tiles.edge):
            raise Problem(
                f"{slide.path.name} does not say how large a pixel is.",
                f"Write spacing = … (µm/px) at the slides {slide.source.name} in the recipe, or tiles.edge.",
            )
        return choose_tiles(opened, recipe.tiles, recipe.network, spacing, progress)
