"""A flat picture of 20,000 × 20,000 px opens within a bounded memory, and shows what it holds."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

EDGE, ROWS = 20_000, 200
MEMORY = 768 * 2**20  # bytes of a process's own; the picture alone would be 1.2 GB, with transparency 1.6

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
    print(int(whole[100, 50, 0]), int(whole[100, 150, 1]), int(corner[50, 50, 2]))
"""


def strips(channels: int = 3) -> Iterator[np.ndarray]:
    """The picture, (ROWS, EDGE, channels) at a time: red grows downwards, green to the right."""
    for top in range(0, EDGE, ROWS):
        strip = np.full((ROWS, EDGE, channels), 255, dtype=np.uint8)
        strip[..., 0] = top // 100
        strip[..., 1] = np.arange(EDGE) // 100
        strip[..., 2] = 77
        yield strip


def write_tiff(path: Path, channels: int = 3) -> None:
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(
            (zlib.compress(strip.tobytes(), 1) for strip in strips(channels)),
            shape=(EDGE, EDGE, channels),
            dtype=np.uint8,
            photometric="rgb",
            extrasamples=["unassalpha"] if channels == 4 else None,
            rowsperstrip=ROWS,
            compression="deflate",
        )


def write_one_strip(path: Path) -> None:
    """As ImageJ does it: not compressed, all of it one strip."""
    whole = tifffile.memmap(path, shape=(EDGE, EDGE, 3), dtype=np.uint8, photometric="rgb", rowsperstrip=EDGE)
    for index, strip in enumerate(strips()):
        whole[index * ROWS : (index + 1) * ROWS] = strip


def write_png(path: Path, channels: int) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(1)
    with path.open("wb") as file:
        color = {3: 2, 4: 6}[channels]
        file.write(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", EDGE, EDGE, 8, color, 0, 0, 0))
        )
        for strip in strips(channels):
            rows = np.zeros((ROWS, 1 + EDGE * channels), dtype=np.uint8)  # each begins with its filter, none
            rows[:, 1:] = strip.reshape(ROWS, -1)
            file.write(chunk(b"IDAT", packer.compress(rows.tobytes())))
        file.write(chunk(b"IDAT", packer.flush()) + chunk(b"IEND", b""))


def write_jpeg(path: Path, orientation: int = 1) -> None:
    raw = np.memmap(path.with_suffix(".raw"), dtype=np.uint8, mode="w+", shape=(EDGE, EDGE, 3))
    for index, strip in enumerate(strips()):
        raw[index * ROWS : (index + 1) * ROWS] = strip
    data = imagecodecs.jpeg8_encode(raw, level=90)
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = exif.tobytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:])
    path.with_suffix(".raw").unlink()


KINDS: dict[str, Callable[[Path], None]] = {
    "strips.tif": write_tiff,
    "transparent.tif": lambda path: write_tiff(path, 4),
    "one strip.tif": write_one_strip,
    "plain.png": lambda path: write_png(path, 3),
    "transparent.png": lambda path: write_png(path, 4),
    "plain.jpg": write_jpeg,
    "upside down.jpg": lambda path: write_jpeg(path, 3),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
@pytest.mark.parametrize("name", KINDS)
def test_within_a_bounded_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    KINDS[name](path)
    code = CHILD.format(memory=MEMORY, edge=EDGE)
    child = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    path.unlink()
    assert child.returncode == 0, child.stderr
    red, green, blue = map(int, child.stdout.split())
    assert abs(red - 100) <= 3
    assert abs(green - (50 if name.startswith("upside") else 150)) <= 3
    assert abs(blue - 77) <= 2
