"""Every wanted patch arrives once, with the right pixels, in a bounded number of batches; threads end."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from ml.annotation.shapes import Shape
from ml.errors import SlideProblem
from ml.geometry import Rect, Size
from ml.infer import loader as loader_module
from ml.infer.loader import QUEUE_LENGTH, Batch, PatchLoader, blocks_of
from ml.patches import PatchGrid
from ml.progress import Progress
from ml.results.overlap import overlapping
from ml.slide.region import read_region
from ml.slide.slide import Slide


def picture(height: int = 900, width: int = 1100) -> NDArray[np.uint8]:
    """Smooth, so that a patch that is off by a pixel differs, and with noise, so that no two are alike."""
    y, x = np.mgrid[:height, :width]
    waves = np.stack([np.sin(x / 9) + np.cos(y / 7), np.sin((x + y) / 11), np.cos((x - y) / 13)], axis=-1)
    noise = np.random.default_rng(3).normal(0, 8, (height, width, 3))
    return np.clip(128 + 55 * waves + noise, 0, 255).astype(np.uint8)


def grid_over(slide: Slide, rect: Rect, patch: int, pixels: int) -> PatchGrid:
    return PatchGrid.over(Shape.rectangle(rect), slide.info.size, Size(patch, patch), pixels)


def collected(
    slide: Slide, grid: PatchGrid, wanted: NDArray[np.bool_], batch: int, threads: int
) -> tuple[list[int], Batch]:
    with PatchLoader(slide, grid, wanted, batch, threads, Progress()) as loader:
        batches = list(loader)
    together = Batch(
        *(np.concatenate([getattr(b, f) for b in batches]) for f in ("patches", "rows", "columns"))
    )
    return [len(b) for b in batches], together


@pytest.mark.parametrize(("patch", "pixels"), [(64, 64), (100, 64), (50, 64), (77, 50)])
def test_patches_are_what_each_would_be_alone(
    array_slide: Callable[..., Slide], patch: int, pixels: int
) -> None:
    slide = array_slide(picture())
    grid = grid_over(slide, Rect(13, 21, 1000, 800), patch, pixels)
    _, found = collected(slide, grid, grid.kept, 16, 2)
    assert len(found) == grid.count
    worst = 0
    for patch_pixels, row, column in zip(found.patches, found.rows, found.columns, strict=True):
        alone = read_region(slide, grid.rect(row, column), Size(pixels, pixels))
        difference = np.abs(alone.astype(int) - patch_pixels)
        assert (difference > 0).mean() < 0.01
        worst = max(worst, int(difference.max()))
    assert worst <= 1  # rounding, nowhere more: also not at the seams


def test_patches_agree_with_pillow(array_slide: Callable[..., Slide]) -> None:
    pixels = picture()
    slide = array_slide(pixels)
    grid = grid_over(slide, Rect(40, 60, 800, 600), 100, 50)
    _, found = collected(slide, grid, grid.kept, 7, 1)
    image = Image.fromarray(pixels)
    for patch, row, column in zip(found.patches, found.rows, found.columns, strict=True):
        left, top = 40 + 100 * int(column), 60 + 100 * int(row)
        box = (left, top, left + 100, top + 100)
        wanted = np.asarray(image.resize((50, 50), Image.Resampling.BILINEAR, box=box)).astype(int)
        inner = np.s_[2:-2, 2:-2]  # Pillow alone sees nothing beyond the box
        assert np.abs(wanted - patch)[inner].max() <= 1


@pytest.mark.parametrize("batch", [1, 3, 16, 1000])
@pytest.mark.parametrize("threads", [1, 3])
def test_pixels_and_order_depend_on_neither_batch_nor_threads(
    array_slide: Callable[..., Slide], batch: int, threads: int
) -> None:
    slide = array_slide(picture())
    grid = grid_over(slide, Rect(0, 0, 1100, 900), 60, 64)
    wanted = np.random.default_rng(5).random(grid.kept.shape) < 0.6
    sizes, found = collected(slide, grid, wanted, batch, threads)
    _, reference = collected(slide, grid, wanted, 16, 1)
    np.testing.assert_array_equal(found.patches, reference.patches)
    np.testing.assert_array_equal(found.rows, reference.rows)
    np.testing.assert_array_equal(found.columns, reference.columns)
    assert set(sizes[:-1]) <= {batch}
    assert 1 <= sizes[-1] <= batch
    arrived = np.zeros_like(wanted)
    arrived[found.rows, found.columns] = True
    np.testing.assert_array_equal(arrived, wanted)
    assert len(found) == wanted.sum()


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1), st.sampled_from([100, 256, 2000]))
def test_blocks_cover_what_is_wanted_once(rows: int, columns: int, seed: int, pixels: int) -> None:
    random = np.random.default_rng(seed)
    wanted = random.random((rows, columns)) < random.random()
    times = np.zeros_like(wanted, dtype=int)
    for block in blocks_of(wanted, pixels):
        height, width = block.cells.shape
        times[block.row : block.row + height, block.column : block.column + width] += block.cells
        assert max(height, width) * pixels <= max(loader_module.BLOCK_PIXELS, pixels)
        assert 2 * block.cells.sum() >= block.cells.size  # not much is read in vain
    np.testing.assert_array_equal(times, wanted)


def test_readers_run_ahead_only_as_far_as_the_queue_is_long(
    array_slide: Callable[..., Slide], monkeypatch: pytest.MonkeyPatch
) -> None:
    slide = array_slide(np.full((64 * 20, 64 * 20, 3), 200, dtype=np.uint8))
    grid = grid_over(slide, Rect(0, 0, 64 * 20, 64 * 20), 64, 64)
    monkeypatch.setattr(loader_module, "BLOCK_PIXELS", 64)  # every patch a block of its own
    read = 0
    real = loader_module.read_block

    def counted(*arguments: object) -> Batch:
        nonlocal read
        read += 1
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loader_module, "read_block", counted)
    batch, threads, taken = 4, 2, 0
    with PatchLoader(slide, grid, grid.kept, batch, threads, Progress()) as loader:
        for part in loader:
            taken += len(part)
            # queued, the one that waits to be queued, and what each reader holds
            assert read <= taken + (QUEUE_LENGTH + 1) * batch + 2 * threads
    assert taken == read == 400


class DamagedError(Exception):
    pass


@pytest.mark.parametrize(
    "error", [SlideProblem("A tile cannot be read.", "Copy the file anew."), DamagedError()]
)
def test_what_a_reader_meets_is_raised_with_the_place(
    array_slide: Callable[..., Slide], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    slide = array_slide(picture())
    real = slide.read_block

    def read(level: int, x: int, y: int, size: Size) -> NDArray[np.uint8]:
        if y > 400:
            raise error
        return real(level, x, y, size)

    monkeypatch.setattr(slide, "read_block", read)
    monkeypatch.setattr(loader_module, "BLOCK_PIXELS", 200)
    grid = grid_over(slide, Rect(0, 0, 1000, 900), 100, 100)
    with (
        pytest.raises(type(error)) as caught,
        PatchLoader(slide, grid, grid.kept, 5, 2, Progress()) as loader,
    ):
        for _ in loader:
            pass
    if isinstance(caught.value, SlideProblem):
        assert caught.value.what == "A tile cannot be read."
        assert caught.value.facts["place"] == "x 0, y 600"


def test_a_stop_ends_it_at_once_and_its_threads(array_slide: Callable[..., Slide]) -> None:
    slide = array_slide(picture())
    grid = grid_over(slide, Rect(0, 0, 1100, 900), 20, 20)
    progress = Progress()
    before = threading.active_count()
    taken = 0
    with PatchLoader(slide, grid, grid.kept, 8, 3, progress) as loader:
        for _ in loader:
            taken += 1
            progress.stop()
    assert taken == 1
    assert threading.active_count() == before


def test_leaving_early_ends_its_threads(array_slide: Callable[..., Slide]) -> None:
    slide = array_slide(picture())
    grid = grid_over(slide, Rect(0, 0, 1100, 900), 20, 20)
    before = threading.active_count()
    with PatchLoader(slide, grid, grid.kept, 8, 3, Progress()) as loader:
        assert len(next(iter(loader))) == 8
    assert threading.active_count() == before


def test_nothing_wanted_gives_nothing(array_slide: Callable[..., Slide]) -> None:
    slide = array_slide(picture())
    grid = grid_over(slide, Rect(0, 0, 300, 300), 100, 100)
    with PatchLoader(slide, grid, np.zeros_like(grid.kept), 8, 2, Progress()) as loader:
        assert list(loader) == []


@pytest.mark.parametrize(("cell", "reach", "pixels"), [(32, 2, 64), (50, 2, 64), (25, 4, 100)])
def test_patches_that_overlap_are_what_each_would_be_alone(
    array_slide: Callable[..., Slide], cell: int, reach: int, pixels: int
) -> None:
    slide = array_slide(picture())
    shape = Shape.rectangle(Rect(13, 21, 400, 350))
    grid = overlapping(shape, slide.info.size, Size(cell, cell), reach, pixels)
    sizes, found = collected(slide, grid, grid.kept, 16, 2)
    assert sum(sizes) == grid.count == len(set(zip(found.rows, found.columns, strict=True)))
    for patch, row, column in zip(found.patches, found.rows, found.columns, strict=True):
        alone = read_region(slide, grid.rect(row, column), Size(pixels, pixels))
        assert np.abs(alone.astype(int) - patch).max() <= 1
