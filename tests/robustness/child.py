"""Opens and reads damaged files one after the other, and tells of each before and after, as JSON lines.

python -m tests.robustness.child FIRST LAST   (numbers of the parent's list on standard input, as JSON)
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from ml.errors import Problem
from ml.geometry import Rect, Size
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.slide.slide import Slide
from tests.robustness.mutate import variant

_MOST_TILES = 3  # of each level that are read


def look_at(slide: Slide) -> None:
    """What the window would do: thumbnail, tiles of every level, a region, pictures beside it."""
    info = slide.info
    _try(lambda: read_region(slide, info.bounds, Size(64, 64)))
    for level, grid in enumerate(info.levels):
        places = {(0, 0), (grid.columns - 1, grid.rows - 1), (grid.columns // 2, grid.rows // 2)}
        for column, row in sorted(places)[:_MOST_TILES]:
            _try(lambda level=level, column=column, row=row: slide.read_tile(level, column, row))
            if info.channels:
                _try(lambda level=level, column=column, row=row: slide.read_samples(level, column, row))
    middle = info.bounds.center
    _try(lambda: read_region(slide, Rect(middle.x - 300, middle.y - 300, 600, 600), Size(100, 100)))
    for name in info.associated:
        _try(lambda name=name: slide.read_associated(name))
    for plane in {0, info.planes - 1}:
        _try(lambda plane=plane: slide.plane(plane).read_tile(0, 0, 0))


def _try(read: Callable[[], object]) -> None:
    """A problem in words is a good answer."""
    with contextlib.suppress(Problem):
        read()


def main() -> None:
    """Work through the list on standard input: [[path, number], …]."""
    wishes = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as scratch:
        for index, (path, number) in enumerate(wishes):
            source = Path(path)
            target = Path(scratch) / f"{number}-{source.name}"
            target.write_bytes(variant(source.read_bytes(), source.name, number))
            print(json.dumps({"begin": index}), flush=True)
            began, outcome = time.monotonic(), "shown"
            try:
                with open_slide(target) as slide:
                    look_at(slide)
            except Problem:
                outcome = "refused"
            except Exception:  # what no reader may let through
                outcome = traceback.format_exc()
            print(json.dumps({"end": index, "outcome": outcome, "s": time.monotonic() - began}), flush=True)
            target.unlink()


if __name__ == "__main__":
    main()
