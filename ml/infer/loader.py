"""Reader threads → bounded queue → batches of patches.

Neighbouring patches are read as one block, so that a tile of the file is decoded about once, and cut apart
afterwards. Blocks are laid over the grid in one fixed way and handed on in one fixed order, whatever the
number of threads, so that equal wishes give equal batches. `read_patches_block` looks beyond the edge of what
it reads; a patch therefore has the same pixels, up to a grey level or two of rounding, in whatever block it
is read.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ml.errors import Problem, SlideProblem
from ml.geometry import Size
from ml.infer.patch_reading import read_patches_alone, read_patches_block
from ml.infer.priority import READER, give_way
from ml.infer.whole_picture import read_whole
from ml.patches import Mask, PatchGrid
from ml.preparation import Frame, Preparation
from ml.progress import Progress
from ml.results.scores import Indices
from ml.slide.slide import Slide

BLOCK_PIXELS = 1024  # edge of a block, in pixels of the patches: 3 MiB, and 12 MiB where it is halved
QUEUE_LENGTH = 3  # batches that wait at most; with the one in the making and the one being looked at: 5
_LOOK_UP = 0.1  # seconds after which a waiting consumer looks whether a stop is wished

Patches = NDArray[np.uint8]
Reading = Literal["blocks", "wsinfer"] | Preparation
"""How patches are read, as the card of a model says: see `ml.infer.patch_reading`; or what a patch, which is
a whole picture then, is made into."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Patches to look at together: (n, pixels, pixels, 3) uint8, and rows and columns (n,) of the grid.

    Whole pictures are (n, height, width, channels), with a frame each.
    """

    patches: Patches
    rows: Indices
    columns: Indices
    frames: tuple[Frame, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Block:
    """Patches that are read by one call: all those of `cells` in rows × columns from the first of each."""

    row: int
    column: int
    cells: Mask  # (rows, columns): which of them are wanted


def blocks_of(wanted: Mask, pixels: int, reach: int = 1) -> tuple[Block, ...]:
    """How the wanted patches are read: by blocks of up to `BLOCK_PIXELS`, row by row.

    Patches that overlap begin every `pixels` / `reach`.

    A block shrinks to what is wanted in it, and falls apart into single patches where that is less than half.
    """
    edge = max(1, (BLOCK_PIXELS - pixels) // (pixels // reach) + 1)
    found: list[Block] = []
    for top in range(0, wanted.shape[0], edge):
        for left in range(0, wanted.shape[1], edge):
            rows, columns = np.nonzero(wanted[top : top + edge, left : left + edge])
            if not rows.size:
                continue
            row, column = top + int(rows.min()), left + int(columns.min())
            cells = wanted[row : top + int(rows.max()) + 1, column : left + int(columns.max()) + 1]
            if 2 * rows.size >= cells.size:
                found.append(Block(row, column, cells))
            else:
                one = np.ones((1, 1), dtype=np.bool_)
                found += [Block(top + int(r), left + int(c), one) for r, c in zip(rows, columns, strict=True)]
    return tuple(found)


def read_block(slide: Slide, grid: PatchGrid, block: Block, reading: Reading = "blocks") -> Batch:
    """The patches of one block, in row-major order. Raises `SlideProblem` naming the place."""
    rows, columns = block.cells.shape
    edge, step = grid.pixels, grid.pixels // grid.reach
    first, last = (
        grid.rect(block.row + down, block.column + right) for down, right in ((0, 0), (rows - 1, columns - 1))
    )
    rect = first.union(last)
    try:
        if isinstance(reading, Preparation):
            picture, frame = read_whole(slide, rect, reading)
            return Batch(picture[None], np.array([block.row]), np.array([block.column]), (frame,))
        if reading == "wsinfer":
            cut = read_patches_alone(slide, rect, grid.patch, edge)
        else:
            out = Size((columns - 1) * step + edge, (rows - 1) * step + edge)
            pixels = read_patches_block(slide, rect, out)
            # A view, (rows, columns, edge, edge, 3): the patches, which may share pixels.
            windows = sliding_window_view(pixels, (edge, edge), axis=(0, 1))[::step, ::step]
            cut = np.moveaxis(windows, 2, 4)
    except Problem as problem:
        raise SlideProblem(
            problem.what, problem.remedy, **{**problem.facts, "place": f"x {rect.x:.0f}, y {rect.y:.0f}"}
        ) from problem
    row, column = np.nonzero(block.cells)
    return Batch(cut[row, column], block.row + row, block.column + column)


class PatchLoader:
    """Reads patches on threads of its own while it is entered, and gives them out in batches.

    Memory is bounded by queue length × batch, whatever the number of patches. Iterating ends early when a
    stop is wished, and raises what a reader met. Leaving ends the threads.
    """

    def __init__(
        self,
        slide: Slide,
        grid: PatchGrid,
        wanted: Mask,
        batch: int,
        threads: int,
        progress: Progress,
        reading: Reading = "blocks",
    ) -> None:
        self.total = int(wanted.sum())
        self.seconds_reading = 0.0  # of all readers together
        self.seconds_waiting = 0.0  # of whoever takes the batches
        self._slide, self._grid, self._batch, self._progress = slide, grid, batch, progress
        self._reading: Reading = reading
        self._blocks = blocks_of(wanted, grid.pixels, grid.reach)
        self._news = threading.Condition()
        self._ready: deque[Batch] = deque()
        self._collecting: list[Batch] = []  # touched only by the reader whose turn it is
        self._next = 0  # the next block that nobody reads yet
        self._turn = 0  # the block whose patches are handed on next
        self._left = False
        self._error: BaseException | None = None
        count = max(1, min(threads, len(self._blocks)))
        self._threads = [
            threading.Thread(target=self._read, name=f"patch reader {i + 1}", daemon=True)
            for i in range(count)
        ]

    def __enter__(self) -> PatchLoader:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._news:
            self._left = True
            self._ready.clear()
            self._news.notify_all()
        for thread in self._threads:
            thread.join()

    def __iter__(self) -> Iterator[Batch]:
        while (batch := self._take()) is not None:
            yield batch

    def _take(self) -> Batch | None:
        began = time.perf_counter()
        with self._news:
            while not self._ready and self._error is None and self._turn < len(self._blocks):
                if self._progress.stop_wished:
                    break
                self._news.wait(_LOOK_UP)
            self.seconds_waiting += time.perf_counter() - began
            if self._progress.stop_wished:
                return None
            if self._ready:
                batch = self._ready.popleft()
                self._news.notify_all()
                return batch
            if self._error is not None:
                raise self._error
            return None

    def _read(self) -> None:
        give_way(READER)
        try:
            while (number := self._claimed()) is not None:
                began = time.perf_counter()
                patches = read_block(self._slide, self._grid, self._blocks[number], self._reading)
                seconds = time.perf_counter() - began
                if self._wait_for(partial(self._is_turn_of, number)):
                    self._hand_on(number, patches, seconds)
        except Exception as error:  # a border: whatever a reader meets is told to whoever waits for patches
            with self._news:
                self._error = self._error or error
                self._news.notify_all()

    def _is_turn_of(self, number: int) -> bool:
        return self._turn == number

    def _claimed(self) -> int | None:
        with self._news:
            if self._left or self._error is not None or self._next >= len(self._blocks):
                return None
            self._next += 1
            return self._next - 1

    def _hand_on(self, number: int, patches: Batch, seconds: float) -> None:
        """Add a block to the batch in the making; queue it when it is full, or with the last block."""
        self.seconds_reading += seconds
        self._collecting.append(patches)
        last = number == len(self._blocks) - 1
        have = sum(len(part) for part in self._collecting)
        while have >= self._batch or (last and have):
            batch, self._collecting = _split(self._collecting, self._batch)
            have = sum(len(part) for part in self._collecting)
            if not self._wait_for(lambda: len(self._ready) < QUEUE_LENGTH):
                return
            with self._news:
                self._ready.append(batch)
                self._news.notify_all()
        with self._news:
            self._turn = number + 1
            self._news.notify_all()

    def _wait_for(self, ready: Callable[[], bool]) -> bool:
        """Wait until it is so; False when nobody wants patches any more."""
        with self._news:
            self._news.wait_for(lambda: ready() or self._left or self._error is not None)
            return not self._left and self._error is None


def _split(parts: list[Batch], size: int) -> tuple[Batch, list[Batch]]:
    """The first `size` patches as one batch, and the rest."""
    patches = np.concatenate([part.patches for part in parts])
    rows = np.concatenate([part.rows for part in parts])
    columns = np.concatenate([part.columns for part in parts])
    frames = tuple(frame for part in parts for frame in part.frames)
    first = Batch(patches[:size], rows[:size], columns[:size], frames[:size])
    if len(rows) <= size:
        return first, []
    # A copy: a view would keep the whole block in memory for as long as a part of it is in use.
    return first, [Batch(patches[size:].copy(), rows[size:], columns[size:], frames[size:])]
