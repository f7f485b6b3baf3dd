"""Labelled pictures in memory, as the network will see them; broken ones are listed, never replaced."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.ct_picture import ct_channels, read_cached
from ml.errors import Problem
from ml.geometry import Rect, Size
from ml.preparation import Bytes, Preparation, in_channels, prepared
from ml.progress import Progress, Step
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.slide.slide import Slide
from ml.train.duration import READING
from ml.train.study_recipe import NetworkPlan
from ml.train.table import Packed, Row

_THUMB = 16  # px: small enough that a crop, a resize or another JPEG quality makes no difference
_MOST_BYTES = 8 * 2**30


@dataclass(frozen=True, eq=False)
class Pictures:
    """All pictures of a run: row n of everything belongs to `rows[n]`."""

    rows: tuple[Row, ...]
    pixels: NDArray[np.uint8]  # (n, height, width, channels)
    sha256: tuple[str, ...]  # of each file
    thumbs: NDArray[np.float32]  # (n, 256): brightness at 16 × 16 px, of mean 0 and length 1
    sizes: NDArray[np.intp]  # (n, 2) width and height of the file's picture, px
    how: Preparation

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> NDArray[np.float32]:
        """(n, classes)."""
        return np.stack([row.labels for row in self.rows])

    def part(self, numbers: NDArray[np.intp]) -> Pictures:
        """Those of these row numbers, in that order."""
        return Pictures(
            tuple(self.rows[n] for n in numbers),
            self.pixels[numbers],
            tuple(self.sha256[n] for n in numbers),
            self.thumbs[numbers],
            self.sizes[numbers],
            self.how,
        )

    @property
    def groups(self) -> tuple[str, ...]:
        """Whose each picture is."""
        return tuple(row.group for row in self.rows)


@dataclass(frozen=True)
class Broken:
    """A picture that cannot be read, and why."""

    row: Row
    why: str


def read_pictures(
    rows: Sequence[Row], plan: NetworkPlan, progress: Progress, left_out: list[Broken] | None = None
) -> Pictures:
    """Decode and prepare all of them. Raises `Problem` that names those that cannot be read.

    Where `left_out` is given, they are noted there instead, and the others are what is returned.
    """
    how = preparation_of(plan, rows)
    height, width = how.size
    needed = len(rows) * height * width * len(plan.mean)
    if needed > _MOST_BYTES:
        raise Problem(
            f"{len(rows):,} pictures of {width} × {height} px take {needed / 2**30:.0f} GB of memory.",
            "Take fewer (`most` in the recipe), or a smaller `size`.",
        )
    pixels = np.empty((len(rows), height, width, len(plan.mean)), dtype=np.uint8)
    hashes, thumbs, sizes, broken = list[str](), [], [], list[Broken]()
    source = RowReader(plan, how)
    for number, row in enumerate(rows):
        progress.check()
        progress.step(Step(READING, number, len(rows)))
        try:
            raw, content, found = source.read(row)
            pixels[len(hashes)], _ = prepared(raw, how, found)
        except (OSError, ValueError, Problem, Image.DecompressionBombError) as error:
            broken.append(Broken(row, str(error)))
            continue
        sizes.append((raw.shape[1], raw.shape[0]))
        hashes.append(hashlib.sha256(content).hexdigest())
        thumbs.append(thumb_of(raw))
    source.close()
    if broken and (left_out is None or not hashes):
        raise _unreadable(broken, len(rows))
    if left_out is not None:
        left_out += broken
    gone = {id(one.row) for one in broken}
    rows, pixels = [row for row in rows if id(row) not in gone], pixels[: len(hashes)]
    return Pictures(tuple(rows), pixels, tuple(hashes), np.stack(thumbs), np.array(sizes, dtype=np.intp), how)


def _unreadable(broken: Sequence[Broken], count: int) -> Problem:
    named = "; ".join(f"{one.row.path.name} ({one.why})" for one in broken[:3])
    return Problem(
        f"{len(broken)} of {count} pictures cannot be read: {named}{' …' if len(broken) > 3 else ''}",
        "Copy them anew, or take their rows out of the table.",
    )


class RowReader:
    """Files, stored patches, patches of slides; the slide read last stays open: its patches come together."""

    def __init__(self, plan: NetworkPlan, how: Preparation) -> None:
        self._plan, self._how = plan, how
        self._path: Path | None = None
        self._slide: Slide | None = None

    def read(self, row: Row) -> tuple[Bytes, bytes, Rect | None]:
        """The pixels, what tells the picture from others, and the rectangle to keep where it is known.

        Raises `OSError`, `ValueError`, `Problem`.
        """
        if row.slices:
            raw, head = ct_channels([read_cached(path) for path in row.slices], self._how)
            return raw, row.path.read_bytes(), head
        if row.rect is None or row.packed is not None:
            content = row.path.read_bytes() if row.packed is None else self._stored(row.packed)
            with Image.open(io.BytesIO(content)) as image:
                return in_channels(image, self._plan.channels), content, None
        if self._slide is None or self._path != row.path:
            self.close()
            self._slide, self._path = open_slide(row.path), row.path
        height, width = self._plan.size
        patch = read_region(self._slide, row.rect, Size(width, height))
        return patch, patch.tobytes(), None

    def _stored(self, packed: Packed) -> bytes:
        own, wanted = packed.spacing, self._plan.spacing
        if own and wanted and abs(own / wanted - 1) > 0.01:
            raise Problem(
                f"{packed.shard.name} holds patches at {own:g} µm/px, the recipe asks for {wanted:g}.",
                "Write the store anew, or mend network.spacing.",
            )
        return packed.read()

    def close(self) -> None:
        """Let the slide go."""
        if self._slide is not None:
            self._slide.close()
            self._slide = None


def preparation_of(plan: NetworkPlan, rows: Sequence[Row]) -> Preparation:
    """How pictures are prepared; a size of (0, 0) becomes the rounded mean of these."""
    how = Preparation(
        plan.size, plan.channels, plan.crop, plan.fitting, plan.fill, plan.windows, plan.neighbours
    )
    if plan.size != (0, 0):
        return how
    widths, heights = [], []
    for row in rows:
        try:
            where = row.path if row.packed is None else io.BytesIO(row.packed.read())
            with Image.open(where) as image:
                widths.append(image.width)
                heights.append(image.height)
        except OSError:  # named, with all others like it, when it is read
            continue
    if not widths:
        raise Problem("None of the pictures can be read.", "Check the paths in the recipe and --data.")
    return replace(how, size=(round(float(np.mean(heights))), round(float(np.mean(widths)))))


def thumb_of(pixels: Bytes) -> NDArray[np.float32]:
    """What a picture looks like from afar: (256,) float32 of mean 0 and length 1; zeros if it is even."""
    grey = Image.fromarray(pixels[..., :3].mean(axis=2).astype(np.uint8))
    small = np.asarray(grey.resize((_THUMB, _THUMB), Image.Resampling.BOX), dtype=np.float32).ravel()
    small -= small.mean()
    length = float(np.linalg.norm(small))
    return small / length if length > 1e-3 else small * 0
