"""One analysis from slide to result: tissue, patches, scores, Grad-CAM, and the record of how it was done."""

from __future__ import annotations

import datetime
import os
import time
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ml.annotation.shapes import Shape
from ml.errors import Problem, SlideProblem
from ml.infer.batch_size import BatchSize
from ml.infer.classify import Gathered, cam_part, classify
from ml.infer.explain import Explainer
from ml.infer.loader import PatchLoader
from ml.infer.priority import NETWORK, give_way
from ml.infer.provenance import Record, SlideHash, computed_on
from ml.infer.ready import ReadyModel
from ml.model.network import Network
from ml.patches import Mask, PatchGrid
from ml.progress import Progress, Step
from ml.results.analysis import Analysis, BrokenOff
from ml.results.cam import CamMap, CamPart
from ml.results.overlap import OverlapMean, cells_of, overlapping, patches_over
from ml.results.scores import Planned, Scores
from ml.slide.slide import KnownSpacing, Slide
from ml.tissue import find_tissue, overview_for


@dataclass(frozen=True)
class Wishes:
    """How to look at a slide; the defaults and meanings are those of `ml.verbs.analyze.AnalyzeRequest`."""

    region: Shape | None = None
    cam: Literal["none", "found", "all"] = "all"
    cam_class: int | None = None
    least_tissue: float = 0.1
    batch: int | None = None
    reader_threads: int | None = None
    rows: tuple[int, int] | None = None


def run(
    slide: Slide, spacing: KnownSpacing, model: ReadyModel, wishes: Wishes, progress: Progress
) -> Analysis:
    """Analyze a region (or all) of an open slide in the calling thread, which owns the device meanwhile.

    What is told through `progress` is said at `ml.verbs.analyze.analyze`. Raises `Problem`s; of
    those, `BrokenOff` holds what was scored before the slide could not be read any more.
    """
    give_way(NETWORK)
    network = model.network
    started, began = datetime.datetime.now().astimezone(), time.perf_counter()
    with SlideHash(slide.info.path, sorted(slide.files)) as slide_hash:
        notes: list[str] = []
        explainer = _explainer(model, wishes, notes)
        grid, tissue = plan(slide, spacing, network, wishes, progress)
        cells, names = cells_of(grid), network.card.class_names
        progress.part(Planned(cells, names))
        strange = model.recognition is not None
        gathered = Gathered(Scores.empty(cells, names, strange=strange), None, grid.count, notes=notes)
        if grid.reach > 1:
            gathered.means = OverlapMean(grid, (len(names) + strange,))
        if explainer is not None:
            gathered.cam, gathered.cam_means = _cam(grid, explainer, cam_class(network, wishes))
        size = BatchSize(wishes.batch or network.device.batch, network.device)
        with _loader(slide, grid, grid.kept, wishes, network, progress) as loader:
            broken = _classified(model, explainer, loader, size, gathered, progress)
        cam = _tell_cam(gathered, wishes.cam, network, progress)
        complete = gathered.done == gathered.count
        sha256 = slide_hash.result(progress)
    if not sha256:
        notes.append("The hash of the slide's file was not computed.")
    record = Record(slide.info, spacing, network, started.isoformat(timespec="seconds"))
    parameters = _parameters(grid, network, wishes, size) | {"tissue": tissue}
    provenance = record.provenance(sha256, time.perf_counter() - began, parameters)
    analysis = Analysis(wishes.region, gathered.scores, cam, provenance, complete, tuple(notes))
    if broken is not None:
        raise BrokenOff(broken, analysis) from broken
    return analysis


def _classified(
    model: ReadyModel,
    explainer: Explainer | None,
    loader: PatchLoader,
    size: BatchSize,
    gathered: Gathered,
    progress: Progress,
) -> SlideProblem | None:
    """Score all batches; why that ended early where the slide could not be read and something was scored."""
    try:
        classify(model, explainer, loader, size, gathered, progress)
    except SlideProblem as problem:
        if not gathered.done:
            raise
        gathered.notes.append(str(problem))
        return problem
    return None


def plan(
    slide: Slide, spacing: KnownSpacing, network: Network, wishes: Wishes, progress: Progress
) -> tuple[PatchGrid, str]:
    """Where the patches lie (they may overlap), which hold enough tissue, and how that was told from glass.

    Raises `Problem` for a region beside the slide.
    """
    grid = bare_grid(slide, spacing, network, wishes)
    if not grid.inside.any():
        raise Problem("The region holds no part of the slide.", "Draw it on the slide.")
    if wishes.least_tissue <= 0 or network.card.preparation is not None:
        return _rows_of(grid, wishes), "not looked for"
    progress.step(Step("Finding tissue", 0, 0))
    overview = overview_for(slide, grid.bounds)
    microns = spacing.spacing.mean * grid.bounds.width / overview.shape[1]
    tissue = find_tissue(overview, grid.bounds, microns)
    kept = grid.inside.copy()
    shares = tissue.share(grid.rects()[grid.inside])
    kept[grid.inside] = shares >= wishes.least_tissue
    return _rows_of(replace(grid, kept=kept), wishes), tissue.how


def _rows_of(grid: PatchGrid, wishes: Wishes) -> PatchGrid:
    """The same grid, of which only the wished rows are looked at."""
    if wishes.rows is None:
        return grid
    kept = np.zeros_like(grid.kept)
    kept[slice(*wishes.rows)] = grid.kept[slice(*wishes.rows)]
    return replace(grid, kept=kept)


def bare_grid(slide: Slide, spacing: KnownSpacing, network: Network, wishes: Wishes) -> PatchGrid:
    """The grid before tissue was looked for: the same places for the same region, spacing and model."""
    region = wishes.region or Shape.rectangle(slide.info.bounds)
    card = network.card
    if card.preparation is not None:
        return PatchGrid.whole(region, slide.info.size, card.patch_pixels)
    return overlapping(region, slide.info.size, card.cell_on(spacing.spacing), card.reach, card.patch_pixels)


def explain_cells(
    slide: Slide,
    spacing: KnownSpacing,
    model: ReadyModel,
    wishes: Wishes,
    cells: tuple[tuple[int, int], ...],
    progress: Progress,
) -> CamMap:
    """Grad-CAM of single patches (row, column) of the region's grid, whatever tissue they hold.

    Where patches overlap, of single cells: the mean over all patches that lie over one. Tells one empty
    `CamMap`, then `CamPart`s; gives the map with these patches alone. Raises `IndexError` for a cell outside
    the grid, `ModelProblem` where the model has no layer that Grad-CAM can show.
    """
    explainer = model.required_explainer
    grid = bare_grid(slide, spacing, explainer.network, wishes)
    laid = cells_of(grid)
    asked = np.zeros_like(laid.inside)
    for row, column in cells:
        if not (0 <= row < laid.rows and 0 <= column < laid.columns):
            raise IndexError(f"no patch in row {row}, column {column}")
        asked[row, column] = True
    wanted = patches_over(grid, asked)
    cam, means = _cam(grid, explainer, cam_class(explainer.network, wishes))
    progress.part(cam)
    size = BatchSize(wishes.batch or explainer.network.device.batch, explainer.network.device)
    with _loader(slide, grid, wanted, wishes, explainer.network, progress) as loader:
        for batch in loader:
            _, maps = size.run(lambda patches: explainer.explain(patches, cam.class_index), batch.patches)
            how = explainer.network.card.preparation
            part = _asked(cam_part(batch, maps, means, how), asked)
            cam.put(part)
            progress.part(part)
    return cam


def _cam(grid: PatchGrid, explainer: Explainer, class_index: int) -> tuple[CamMap, OverlapMean | None]:
    """An empty map for what these patches will show, and what averages them, where they overlap."""
    if grid.reach == 1:
        return CamMap.empty(grid, class_index, explainer.cells), None
    parts = -(-explainer.cells // grid.reach)
    return CamMap.empty(cells_of(grid), class_index, parts), OverlapMean(grid, parts=parts)


def _asked(part: CamPart, asked: Mask) -> CamPart:
    """What of a part was asked for: patches that overlap touch more cells."""
    wanted = asked[part.rows, part.columns]
    return CamPart(part.rows[wanted], part.columns[wanted], part.values[wanted])


def cam_class(network: Network, wishes: Wishes) -> int:
    """The class that Grad-CAM is made for. Raises `Problem` for one that the model does not have."""
    index = network.card.shown_class if wishes.cam_class is None else wishes.cam_class
    names = network.card.class_names
    if not 0 <= index < len(names):
        raise Problem(
            f"The model “{network.card.title}” has no class number {index}.",
            f"It has {len(names)}: {', '.join(f'{i} {name}' for i, name in enumerate(names))}.",
        )
    return index


def _explainer(model: ReadyModel, wishes: Wishes, notes: list[str]) -> Explainer | None:
    if wishes.cam == "none":
        return None
    cam_class(model.network, wishes)
    if model.explainer is None:
        title = model.network.card.title
        notes.append(f"No Grad-CAM: the model “{title}” has no layer that it can show.")
    return model.explainer


def _parameters(grid: PatchGrid, network: Network, wishes: Wishes, size: BatchSize) -> dict[str, object]:
    return {
        "patch_pixels": grid.pixels,
        **({} if network.card.preparation else {"patch_spacing_um": network.card.spacing}),
        "patch_size_level0": [grid.patch.width, grid.patch.height],
        "grid_origin": [grid.origin.x, grid.origin.y],
        **({"stride_pixels": network.card.stride_pixels} if grid.reach > 1 else {}),
        "patches": grid.count,
        "patches_in_region": int(grid.inside.sum()),
        "least_tissue": wishes.least_tissue,
        "cam": wishes.cam,
        "cam_class": cam_class(network, wishes),
        "cam_layer": network.card.cam_layer,
        "batch": size.size,
        **computed_on(network),
    }


def _loader(
    slide: Slide, grid: PatchGrid, wanted: Mask, wishes: Wishes, network: Network, progress: Progress
) -> PatchLoader:
    batch = wishes.batch or network.device.batch
    threads = wishes.reader_threads or reader_threads(network.device.kind, os.cpu_count() or 1)
    return PatchLoader(slide, grid, wanted, batch, threads, progress, network.card.read_as)


def reader_threads(device: str, cores: int) -> int:
    """How many threads read: all cores may beside a graphics card; few where the network needs the cores.

    One reader feeds a small network on eight cores or more (900 patches/s against 55 a core, measured), and
    two of them on two cores cost a quarter of the time.
    """
    return max(1, min(4, cores // 4)) if device == "cpu" else max(2, min(16, cores))


def _tell_cam(
    gathered: Gathered, cam: Literal["none", "found", "all"], network: Network, progress: Progress
) -> CamMap | None:
    """Tell the maps that came with the scores: an empty `CamMap`, then a `CamPart` for each row of the grid.

    For "found" only patches at or above the card's threshold are told and kept.
    """
    whole = gathered.cam
    if whole is None:
        return None
    wanted = gathered.scores.scored
    if cam == "found":
        found = gathered.scores.values[..., whole.class_index] >= network.card.threshold  # NaN: never
        wanted = wanted & found
    told = CamMap.empty(whole.grid, whole.class_index, whole.cells)
    progress.part(CamMap.empty(whole.grid, whole.class_index, whole.cells))
    k, began, total, done = whole.cells, time.perf_counter(), int(wanted.sum()), 0
    by_patch = whole.values.reshape(wanted.shape[0], k, wanted.shape[1], k).swapaxes(1, 2)
    for row in np.flatnonzero(wanted.any(axis=1)):
        columns = np.flatnonzero(wanted[row])
        part = CamPart(np.full_like(columns, row), columns, by_patch[row, columns])
        told.put(part)
        progress.part(part)
        done += len(columns)
        progress.step(Step("Grad-CAM", done, total, time.perf_counter() - began))
    return told
