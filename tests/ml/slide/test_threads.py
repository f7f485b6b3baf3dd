"""Every reader from many threads, and closed under them."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from ml.errors import SlideProblem
from ml.slide.opening import open_slide
from ml.slide.slide import Slide

FILES = (
    "carotid_thrombus_he.svs",
    "cmu1_small_region.svs",
    "tcga_head_neck_jp2k_no_mpp.svs",
    "tiny_pyramid_bad_mpp.tiff",
    "carotid_half_dicom",
    "dicom/pathml_small_dicom.dcm",
    "skin_he_field.tif",
    "lung_section_he_overview.jpg",
)


def some_tiles(slide: Slide) -> list[tuple[int, int, int]]:
    """Level, column and row of tiles all over the slide."""
    chance = np.random.default_rng(3)
    return [
        (number, int(chance.integers(level.columns)), int(chance.integers(level.rows)))
        for number, level in enumerate(slide.info.levels)
        for _ in range(5)
    ]


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_many_threads_see_the_same_pixels(real_data: Path, name: str) -> None:
    wrong: list[tuple[int, int, int]] = []
    with open_slide(real_data / "slides" / name) as slide:
        tiles = some_tiles(slide)
        expected = {tile: slide.read_tile(*tile) for tile in tiles}
    with open_slide(real_data / "slides" / name) as slide:  # anew, with nothing kept

        def read(seed: int) -> None:
            for index in np.random.default_rng(seed).permutation(len(tiles)):
                tile = tiles[index]
                if not np.array_equal(slide.read_tile(*tile), expected[tile]):
                    wrong.append(tile)

        run_all([threading.Thread(target=read, args=(seed,)) for seed in range(6)])
    assert wrong == []


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_closed_under_readers_it_says_so_and_lets_the_files_go(real_data: Path, name: str) -> None:
    path = real_data / "slides" / name
    slide = open_slide(path)
    tile = some_tiles(slide)[0]
    expected = slide.read_tile(*tile)
    began, said, wrong = threading.Barrier(4), [], []

    def read() -> None:
        began.wait(60)
        while True:
            try:
                found = slide.read_tile(*tile)
            except SlideProblem as problem:
                said.append(problem.what)
                return
            if not np.array_equal(found, expected):
                wrong.append(tile)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    began.wait(60)
    slide.close()
    for thread in threads:
        thread.join()
    slide.close()
    assert wrong == []
    assert len(said) == 3
    assert all("closed" in what for what in said)
    if sys.platform == "linux":
        held = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()]
        assert not [file for file in held if file == path or path in file.parents]
