"""Which tiles of a slide are looked at: dark ones with contrast, or those of tissue; never too many.

Slides of the clot study hold ten thousands of tiles. They are visited in an order that is spread evenly over
the slide from the first on, and only until enough have passed: so few of them are read.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.geometry import Point, Size, Spacing, to_pixel
from ml.patches import PatchGrid
from ml.progress import Progress
from ml.slide.region import read_region
from ml.slide.slide import Pixels, Slide
from ml.tissue import find_tissue, overview_for
from ml.train.slide_plan import TileRule
from ml.train.study_recipe import NetworkPlan

_MEASURED = 512  # px: mean and deviation are those of the tile at this size at most, the published tile's own
_MARGIN = 6.0  # of 255: the overview's mean of a tile may differ by so much from the tile's own

Cells = NDArray[np.intp]
"""(n, 2) row and column in a grid."""


def choose_tiles(
    slide: Slide, rule: TileRule, plan: NetworkPlan, spacing: Spacing | None, progress: Progress
) -> PatchGrid:
    """The grid of a slide; `kept` are the tiles that the rule takes, at most `rule.most`.

    `spacing` is that of level 0, needed where the rule gives no edge. Deterministic. Raises `Problem` where
    no tile passes and nothing may fill up, `SlideProblem`, `Cancelled`.
    """
    grid = tile_grid(slide.info.size, rule, plan, spacing)
    dark = _overview_means(slide, grid)
    passing = _from_afar(slide, grid, rule, dark)
    taken: list[tuple[int, int]] = []
    for row, column in spread(np.argwhere(passing), rule.seed):
        progress.check()
        if rule.choose == "tissue" or _passes(slide, grid, int(row), int(column), rule):
            taken.append((int(row), int(column)))
        if rule.most and len(taken) == rule.most:
            break
    taken += _darkest(dark, taken, rule.least - len(taken))
    if not taken:
        raise Problem(
            f"No tile of {slide.info.path.name} is dark enough or holds enough tissue.",
            "Loosen the rule (tiles in the recipe), let others fill up (tiles.least), or drop the slide.",
        )
    kept = np.zeros((grid.rows, grid.columns), dtype=np.bool_)
    kept[tuple(np.array(taken).T)] = True
    return PatchGrid(grid.origin, grid.patch, grid.pixels, grid.inside, kept, grid.slide)


def tile_grid(size: Size, rule: TileRule, plan: NetworkPlan, spacing: Spacing | None) -> PatchGrid:
    """Whole tiles edge to edge from the corner: floor(width / edge) by floor(height / edge) of them.

    A slide smaller than one tile gets one that hangs over. Raises `ValueError` where no size is known.
    """
    if rule.edge:
        patch = Size(rule.edge, rule.edge)
    elif spacing is not None and plan.spacing > 0:
        edge_um = plan.size[0] * plan.spacing
        patch = Size(max(1, to_pixel(edge_um / spacing.x)), max(1, to_pixel(edge_um / spacing.y)))
    else:
        raise ValueError("Neither the edge of a tile nor the size of a pixel is known.")
    shape = max(1, size.height // patch.height), max(1, size.width // patch.width)
    everything = np.ones(shape, dtype=np.bool_)
    return PatchGrid(Point(0, 0), patch, plan.size[0], everything, everything, size)


def mean_and_deviation(pixels: Pixels, over: str = "rgb") -> tuple[float, float]:
    """Of all values of a tile, 0..255; `over` "rgba": as if each pixel had an opaque alpha of 255 as well."""
    mean, deviation = float(pixels.mean(dtype=np.float64)), float(pixels.std(dtype=np.float64))
    if over == "rgb":
        return mean, deviation
    # A quarter of the values is 255: the law of total variance.
    return (3 * mean + 255) / 4, float(np.sqrt(0.75 * deviation**2 + 3 / 16 * (255 - mean) ** 2))


def spread(cells: Cells, seed: int) -> Iterator[Cells]:
    """The cells in an order of which every beginning is spread evenly over them.

    They are strung along a curve that keeps neighbours together (Morton 1966) and visited by the van der
    Corput sequence (1935), begun at a place that the seed gives.
    """
    if not len(cells):
        return
    strung = cells[np.argsort(_morton(cells), kind="stable")]
    bits = max(1, int(len(cells) - 1).bit_length())
    numbers = np.arange(2**bits)
    turned = sum(((numbers >> bit) & 1) << (bits - 1 - bit) for bit in range(bits))
    order = np.asarray(turned)[np.asarray(turned) < len(cells)]
    begin = int(np.random.default_rng(seed).integers(len(cells)))
    yield from strung[(order + begin) % len(cells)]


def _morton(cells: Cells) -> NDArray[np.int64]:
    """Bits of row and column in turn: the place along the curve."""
    place = np.zeros(len(cells), dtype=np.int64)
    for bit in range(20):
        for axis in (0, 1):
            place |= ((cells[:, axis].astype(np.int64) >> bit) & 1) << (2 * bit + 1 - axis)
    return place


def _overview_means(slide: Slide, grid: PatchGrid) -> NDArray[np.float64]:
    """The mean of each tile as far as an overview tells it, (rows, columns)."""
    cells = Size(grid.columns, grid.rows)
    step = max(1, min(8, 2048 // max(cells.width, cells.height)))
    overview = read_region(slide, grid.bounds, Size(cells.width * step, cells.height * step))
    parts = overview.reshape(cells.height, step, cells.width, step, 3)
    means: NDArray[np.float64] = parts.mean(axis=(1, 3, 4))
    return means


def _from_afar(slide: Slide, grid: PatchGrid, rule: TileRule, dark: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Cells that may pass, judged without reading them."""
    passing = np.ones(dark.shape, dtype=np.bool_)
    if rule.choose in {"tissue", "both"}:
        bounds, known = slide.info.bounds, slide.info.spacing
        overview = overview_for(slide, bounds)
        microns = known.spacing.mean * bounds.width / overview.shape[1] if known else None
        share = find_tissue(overview, bounds, microns).share(grid.rects().reshape(-1, 4))
        passing &= share.reshape(dark.shape) >= max(rule.tissue, np.finfo(np.float64).tiny)
    if rule.choose in {"dark", "both"}:
        limit = rule.mean if rule.over == "rgb" else (4 * rule.mean - 255) / 3
        passing &= dark < limit + _MARGIN
    return passing


def _passes(slide: Slide, grid: PatchGrid, row: int, column: int, rule: TileRule) -> bool:
    out = Size(min(grid.patch.width, _MEASURED), min(grid.patch.height, _MEASURED))
    mean, deviation = mean_and_deviation(read_region(slide, grid.rect(row, column), out), rule.over)
    return mean < rule.mean and deviation > rule.deviation


def _darkest(dark: NDArray[np.float64], taken: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """So many other cells, the darkest first, of equal ones the first."""
    left = dark.copy()
    for cell in taken:
        left[cell] = np.inf
    order = np.argsort(left, axis=None, kind="stable")[: max(0, count)]
    cells = (divmod(int(place), dark.shape[1]) for place in order)
    return [cell for cell in cells if np.isfinite(left[cell])]
