"""Where the frames of a DICOM image lie: implied by their order, or said for each (PS3.3 C.7.6.17.3)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.dicom_codec import PixelForm, Samples
from ml.slide.dicom_elements import Header, whole
from ml.slide.dicom_frames import Frames

_CLEARLY = 0.7  # seams of the other order must fit this much better before it is believed
_SEAMS = 48  # neighbours that are compared in each order
_NO_ORDER = (
    "The file does not say where its tiles lie. They are put column by column, because so their edges fit."
)


class HasFrames(Protocol):
    """What is asked of a part: its frames, and where they begin."""

    @property
    def header(self) -> Header: ...  # noqa: D102

    @property
    def first(self) -> int: ...  # noqa: D102

    @property
    def frames(self) -> Frames: ...  # noqa: D102


@dataclass(frozen=True)
class Places:
    """Which frame lies where, for the one focal plane and optical path that is shown.

    `cells` maps a cell of the grid of frames to its frames as (number, x, y), the last on top; without
    `cells` frames follow each other row by row (or column by column) from `start` on.
    """

    size: Size
    frame: Size
    start: int = 0
    by_column: bool = False
    limit: int = 0  # first frame number that does not exist
    cells: dict[tuple[int, int], list[tuple[int, int, int]]] | None = None
    on_grid: bool = True
    warning: str = ""
    numbers: tuple[int, ...] = field(default=(), repr=False)

    @property
    def columns(self) -> int:
        """Frames across."""
        return -(-self.size.width // self.frame.width)

    @property
    def rows(self) -> int:
        """Frames down."""
        return -(-self.size.height // self.frame.height)

    @property
    def count(self) -> int:
        """How many frames the image should have; at least 1."""
        return max(1, len(self.numbers) if self.cells is not None else self.columns * self.rows)

    def frames(self) -> Sequence[int]:
        """The numbers of all frames that are shown."""
        if self.cells is not None:
            return self.numbers
        return range(self.start, min(self.limit, self.start + self.count))

    def only(self, column: int, row: int) -> int | None:
        """The one frame that fills a cell of the grid; None where there is none, or more."""
        if self.cells is None:
            step = column * self.rows + row if self.by_column else row * self.columns + column
            return self.start + step if self.start + step < self.limit else None
        here = self.cells.get((column, row), ())
        return here[0][0] if len(here) == 1 and self.on_grid else None

    def touching(self, left: int, top: int, size: Size) -> Iterator[tuple[int, int, int]]:
        """Number and upper left corner of every frame that touches a rectangle, the last on top."""
        across = range(max(0, left // self.frame.width), -(-(left + size.width) // self.frame.width))
        down = range(max(0, top // self.frame.height), -(-(top + size.height) // self.frame.height))
        if self.cells is not None:
            cells = self.cells
            yield from sorted({place for c in across for r in down for place in cells.get((c, r), ())})
            return
        for row in down:
            for column in across:
                number = self.only(column, row)
                if number is not None:
                    yield number, column * self.frame.width, row * self.frame.height


def places_of(
    name: str,
    parts: Sequence[HasFrames],
    size: Size,
    form: PixelForm,
    samples: Callable[[int], Samples | None],
) -> Places:
    """Find out where the frames lie. `samples` reads a frame where only its pixels can tell."""
    frame = Size(form.width, form.height)
    limit = max(part.first + part.frames.count for part in parts)
    given = sum(part.frames.count for part in parts)
    items = parts[0].header.items
    total = whole(items, 0x00209163)  # how many parts there should be
    is_whole = given >= limit and len(parts) >= total
    gap = "" if is_whole else f"{name} is one of {total or 'several'} parts, and not all of them are here."
    if all(part.header.places is not None for part in parts):
        return _said(parts, size, frame, gap)
    places = Places(size, frame, limit=limit, warning=gap)
    depth, paths = max(1, whole(items, 0x00480303, 1)), max(1, whole(items, 0x00480302, 1))
    planes = max(1, min(depth * paths, limit // places.count))  # row by row, plane by plane, path by path
    if planes > 1:
        start = min(depth, planes) // 2 * places.count
        return Places(size, frame, start, False, limit, warning=_left_out(gap, depth, paths))
    if 0x00209311 not in items and not gap and _fits_by_column(places, samples):
        return Places(size, frame, by_column=True, limit=limit, warning=_NO_ORDER)
    short = given < places.count and not gap
    told = f"{name} holds {given:,} of {places.count:,} tiles; the others are left blank." if short else gap
    return Places(size, frame, limit=limit, warning=told)


def _said(parts: Sequence[HasFrames], size: Size, frame: Size, gap: str) -> Places:
    """Positions that each frame brings along: any order, gaps and overlaps included."""
    listed = [
        (part.first + i, place)
        for part in parts
        for i, place in enumerate((part.header.places or ())[: part.frames.count])
        if place is not None
    ]
    path = listed[0][1].path
    stacks: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for number, place in listed:
        if place.path == path:
            stacks.setdefault((place.column - 1, place.row - 1), []).append((place.z, number))
    depth = max(len(stack) for stack in stacks.values())  # z alone may just follow the tissue
    shown = sorted((sorted(stack)[len(stack) // 2][1], *corner) for corner, stack in stacks.items())
    cells: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    on_grid = True
    for number, x, y in shown:
        on_grid = on_grid and x % frame.width == 0 and y % frame.height == 0
        for column in range(x // frame.width, (x + frame.width - 1) // frame.width + 1):
            for row in range(y // frame.height, (y + frame.height - 1) // frame.height + 1):
                cells.setdefault((column, row), []).append((number, x, y))
    paths = len({place.path for _, place in listed})
    return Places(
        size,
        frame,
        limit=listed[-1][0] + 1,
        cells=cells,
        on_grid=on_grid,
        warning=_left_out(gap, depth, paths),
        numbers=tuple(number for number, _, _ in shown),
    )


def _left_out(gap: str, depth: int, paths: int) -> str:
    told = [gap] if gap else []
    if depth > 1:
        told.append(f"It has {depth} focal planes; the middle one is shown.")
    if paths > 1:
        told.append(f"It has {paths} optical paths; the first is shown.")
    return " ".join(told)


def _fits_by_column(places: Places, samples: Callable[[int], Samples | None]) -> bool:
    """Whether neighbours fit clearly better when frames follow each other down the columns."""
    columns, rows = places.columns, places.rows
    if columns < 2 or rows < 2 or places.limit < columns * rows:
        return False
    pairs = [(c, r) for r in range(rows - 1) for c in range(max(1, columns - 2))]  # without the padded edges
    by_row = _seam([(r * columns + c, r * columns + c + 1) for c, r in pairs], samples)
    by_column = _seam([(c * rows + r, (c + 1) * rows + r) for c, r in pairs], samples)
    return by_row is not None and by_column is not None and by_column < _CLEARLY * by_row


def _seam(pairs: list[tuple[int, int]], samples: Callable[[int], Samples | None]) -> float | None:
    """Mean difference of the pixels on both sides of the border between left and right frames."""
    steps = []
    for left, right in pairs[:: max(1, len(pairs) // _SEAMS)]:
        with contextlib.suppress(SlideProblem):  # of a damaged tile the others tell enough
            one, other = samples(left), samples(right)
            if one is not None and other is not None and one.shape == other.shape:
                steps.append(float(np.abs(one[:, -1].astype(np.float32) - other[:, 0]).mean()))
    return float(np.mean(steps)) if steps else None
