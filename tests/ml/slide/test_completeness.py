"""How much of a TIFF is there, told from its directory: against cutting real and made files short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import SlideProblem
from ml.slide.completeness import Completeness, completeness_of
from ml.slide.opening import open_slide

_OPEN = """
import sys
from pathlib import Path
from ml.errors import Problem
from ml.slide.opening import open_slide
try:
    open_slide(Path(sys.argv[1])).close()
except Problem as problem:
    print(problem)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10 × 10 tiles whose directory lies in front of the pixels, as some writers do it."""
    pixels = np.random.default_rng(1).integers(0, 256, (640, 640, 3), dtype=np.uint8)
    path = tmp_path_factory.mktemp("whole") / "whole.tif"
    tifffile.imwrite(path, pixels, tile=(64, 64), photometric="rgb")
    return path


def cut(path: Path, size: int, to: Path) -> Completeness:
    to.write_bytes(path.read_bytes()[:size])
    with to.open("rb") as file:
        return completeness_of(to, file.read(4096))


def test_a_whole_file_is_whole(whole: Path, tmp_path: Path) -> None:
    found = cut(whole, 10**9, tmp_path / "a.tif")
    assert found.share == 1
    assert found.warning == ""
    assert found.bytes_needed <= found.bytes_here


@given(share=st.floats(0.02, 0.999))
def test_the_share_counts_the_tiles_that_are_all_there(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    with tifffile.TiffFile(whole) as file:
        ends = np.add(file.pages[0].dataoffsets, file.pages[0].databytecounts)
    size = int(share * whole.stat().st_size)
    found = cut(whole, size, tmp_path_factory.mktemp("cut") / "a.tif")
    assert found.share == pytest.approx((ends <= size).mean())
    assert found.bytes_here == size
    assert found.bytes_needed == ends.max()
    if size < ends.max():
        assert "cut short" in found.warning


def test_an_absurd_tile_is_refused_before_a_library_allocates_it(whole: Path, tmp_path: Path) -> None:
    """OpenSlide asks for 1 TiB for such a tile, and GLib ends the process."""
    path = tmp_path / "absurd.tif"
    path.write_bytes(whole.read_bytes())
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages[0].tags["TileWidth"].overwrite(2**31 - 16)
    done = subprocess.run(
        [sys.executable, "-c", _OPEN, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "is damaged" in done.stdout


def test_without_a_directory_nothing_is_there(whole: Path, tmp_path: Path) -> None:
    found = cut(whole, 60, tmp_path / "a.tif")
    assert found.share == 0
    assert "table of contents" in found.in_words()


def test_how_much_is_missing_in_words() -> None:
    assert Completeness(0.5, 600, 1000).in_words() == "at least 40% of the file is missing"
    assert Completeness(0.99, 999_999, 1_000_000).in_words() == "its end is missing"


def test_what_is_no_tiff_counts_as_whole(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    assert completeness_of(tmp_path / "a.png", b"\x89PNG") == Completeness()


@pytest.mark.data
def test_a_slide_of_which_most_is_there_opens_and_says_so(real_data: Path, tmp_path: Path) -> None:
    """Its directory lies in front only where a writer put it there: here a copy is written so."""
    with open_slide(real_data / "slides" / "cmu1_small_region.svs") as slide:
        pixels = slide.read_block(0, 0, 0, slide.info.size)
    path = tmp_path / "most.tif"
    tifffile.imwrite(path, pixels, tile=(256, 256), photometric="rgb")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.8)])
    with open_slide(path) as slide:
        assert "cut short" in slide.info.warning
        np.testing.assert_array_equal(slide.read_tile(0, 3, 3), pixels[768:1024, 768:1024])
        level = slide.info.levels[0]
        with pytest.raises(SlideProblem, match=r"most\.tif"):
            slide.read_tile(0, level.columns - 1, level.rows - 1)
    path.write_bytes(data[: int(len(data) * 0.3)])
    with pytest.raises(SlideProblem, match="cut short"):
        open_slide(path)
