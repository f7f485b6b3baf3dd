"""A flat picture of 20,000 × 20,000 px opens within a bounded memory, and shows what it holds."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

EDGE, ROWS = 20_000, 200
MEMORY = 768 * 2**20  # bytes of a process's own; the picture alone would be 1.2 GB

CHILD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, ({memory}, {memory}))
from pathlib import Path
from ml.geometry import Rect, Size
from ml.slide.opening import open_slide
from ml.slide.region import read_region
with open_slide(Path(sys.argv[1])) as slide:
    assert (slide.info.size.width, slide.info.size.height) == ({edge}, {edge})
    whole = read_region(slide, slide.info.bounds, Size(200, 200))
    corner = read_region(slide, Rect({edge} - 100, {edge} - 100, 100, 100), Size(100, 100))
    print(int(whole[100, 100, 0]), int(whole[100, 150, 1]), int(corner[50, 50, 2]))
"""


def strips() -> Iterator[bytes]:
    """The picture, compressed strip by strip."""
    for top in range(0, EDGE, ROWS):
        strip = np.empty((ROWS, EDGE, 3), dtype=np.uint8)
        strip[..., 0] = top // 100
        strip[..., 1] = np.arange(EDGE) // 100
        strip[..., 2] = 77
        yield zlib.compress(strip.tobytes(), 1)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
def test_within_a_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(
            strips(),
            shape=(EDGE, EDGE, 3),
            dtype=np.uint8,
            photometric="rgb",
            rowsperstrip=ROWS,
            compression="deflate",
        )
    code = CHILD.format(memory=MEMORY, edge=EDGE)
    child = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    red, green, blue = map(int, child.stdout.split())
    assert abs(red - 100) <= 2
    assert abs(green - 150) <= 2
    assert blue == 77
