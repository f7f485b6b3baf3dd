"""Blocks of patches against `read_region`, the slow and general way."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skimage.data import immunohistochemistry

from ml.geometry import Rect, Size
from ml.infer.patch_reading import read_patches_block
from ml.slide.region import read_region
from ml.slide.slide import Pixels
from ml.slide.tiff_picture import TiffPicture
from ml.slide.tiff_reader import TiffReader


@pytest.fixture(scope="module")
def slide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TiffReader]:
    """Real tissue, 1024 × 1024 px and a quarter of that."""
    picture = np.tile(immunohistochemistry(), (2, 2, 1))
    path = tmp_path_factory.mktemp("patches") / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for index, level in enumerate((picture, np.ascontiguousarray(picture[::4, ::4]))):
            options = {"photometric": "rgb", "tile": (128, 128), "compression": "zstd", "metadata": None}
            file.write(level, subfiletype=int(index > 0), **options)
    with TiffReader(path) as opened:
        yield opened


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    x=st.integers(-200, 1000) | st.floats(-200, 1000),
    y=st.integers(-200, 1000),
    edge=st.integers(5, 500),
    pixels=st.sampled_from([4, 8, 32, 64, 96, 128, 224]),
    rows=st.integers(1, 3),
    columns=st.integers(1, 3),
)
def test_blocks_are_what_read_region_gives(
    slide: TiffReader, x: float, y: int, edge: int, pixels: int, rows: int, columns: int
) -> None:
    rect = Rect(x, y, columns * edge, rows * edge)
    out = Size(columns * pixels, rows * pixels)
    one, two = read_patches_block(slide, rect, out), read_region(slide, rect, out)
    assert one.shape == two.shape
    assert one.flags.c_contiguous
    off = np.abs(one.astype(np.int16) - two)
    assert int(off.max()) <= 2  # both round after each direction
    assert int((off > 1).sum()) <= max(2, off.size // 1000)


@pytest.mark.parametrize(("edge", "pixels"), [(176, 256), (512, 256), (175, 256), (351, 256), (60, 224)])
def test_a_patch_is_the_same_in_whatever_block_it_is_read(slide: TiffReader, edge: int, pixels: int) -> None:
    rect = Rect(33, 51, 2 * edge, 2 * edge)
    block = read_patches_block(slide, rect, Size(2 * pixels, 2 * pixels))
    for row in range(2):
        for column in range(2):
            alone = Rect(33 + column * edge, 51 + row * edge, edge, edge)
            patch = read_patches_block(slide, alone, Size(pixels, pixels)).astype(np.int16)
            part = block[row * pixels : (row + 1) * pixels, column * pixels : (column + 1) * pixels]
            assert np.abs(patch - part).max() <= 1


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("edge", "pixels"), [(44, 64), (45, 64), (100, 64), (128, 64)])
def test_each_tile_of_a_grid_is_decoded_once(
    slide: TiffReader, monkeypatch: pytest.MonkeyPatch, edge: int, pixels: int, threads: int
) -> None:
    """In blocks of 3 × 3 patches, as the loader reads them, whatever the number of threads."""
    decoded: list[tuple[TiffPicture, int, int]] = []
    decode = TiffPicture.present

    def noted(self: TiffPicture, column: int, row: int) -> Pixels:
        decoded.append((self, column, row))
        return decode(self, column, row)

    monkeypatch.setattr(TiffPicture, "present", noted)
    blocks = [(33 + 3 * edge * c, 51 + 3 * edge * r) for r in range(3) for c in range(3)]
    with TiffReader(slide.info.path) as fresh:

        def read(turn: int) -> None:
            for x, y in blocks[turn::threads]:
                read_patches_block(fresh, Rect(x, y, 3 * edge, 3 * edge), Size(3 * pixels, 3 * pixels))

        running = [threading.Thread(target=read, args=(turn,)) for turn in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    assert len(decoded) == len(set(decoded))


def test_nothing_is_refused(slide: TiffReader) -> None:
    with pytest.raises(ValueError, match="Nothing"):
        read_patches_block(slide, Rect(0, 0, 0, 10), Size(10, 10))
    with pytest.raises(ValueError, match="Nothing"):
        read_patches_block(slide, Rect(0, 0, 10, 10), Size(0, 10))
