"""Where frames lie: in any order, with gaps, off the grid, in parts, in planes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import generate_uid

from ml.slide.dicom_reader import open_dicom
from tests.ml.slide.dicom_files import (
    JPEG_LS,
    TISSUE,
    Recipe,
    cells_of,
    from_tiles,
    write_slide,
)

ORDERS: dict[str, Callable[[list[tuple[int, int]]], list[tuple[int, int]]]] = {
    "by column": sorted,
    "shuffled": lambda cells: random.Random(5).sample(cells, len(cells)),
    "backwards": lambda cells: cells[::-1],
}


@pytest.mark.parametrize("order", ORDERS)
def test_positions_in_any_order(tmp_path: Path, order: str) -> None:
    cells = ORDERS[order](cells_of(TISSUE, 64))
    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(order=cells, syntax=JPEG_LS))) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE)


def test_missing_tiles_are_background(tmp_path: Path) -> None:
    left_out = {(0, 0), (3, 2), (2, 1)}
    cells = [cell for cell in cells_of(TISSUE, 64) if cell not in left_out]
    golden = TISSUE.copy()
    for column, row in left_out:
        golden[row * 64 : (row + 1) * 64, column * 64 : (column + 1) * 64] = 255
    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(order=cells))) as slide:
        assert slide.info.background == (255, 255, 255)
        assert np.array_equal(from_tiles(slide), golden)


def test_background_is_the_colour_that_the_file_names(tmp_path: Path) -> None:
    def green(dataset: Any) -> None:  # L* 87.7, a* -86.2, b* 83.2 is pure green in sRGB (CIE 15)
        lab = (87.735 / 100 * 65535, (-86.183 + 128) / 255 * 65535, (83.18 + 128) / 255 * 65535)
        dataset.RecommendedAbsentPixelCIELabValue = [round(value) for value in lab]

    recipe = Recipe(order=cells_of(TISSUE, 64)[1:], change=green)
    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, recipe)) as slide:
        assert np.abs(np.array(slide.info.background) - (0, 255, 0)).max() <= 2
        assert tuple(slide.read_tile(0, 0, 0)[5, 5]) == slide.info.background


def test_tiles_off_the_grid(tmp_path: Path) -> None:
    recipe = Recipe(order=cells_of(TISSUE, 64), shift=(10, -3))
    golden = np.full_like(TISSUE, 255)
    padded = np.full((192, 256, 3), 7, dtype=np.uint8)
    padded[:150, :210] = TISSUE
    golden[:150, 10:210] = padded[3:153, :200]
    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, recipe)) as slide:
        assert np.array_equal(from_tiles(slide), golden)


def concatenated(folder: Path, parts: list[int], sparse: bool = False) -> None:
    recipe = {"series": generate_uid(), "frame_of_reference": generate_uid(), "syntax": JPEG_LS}
    uid, cells = generate_uid(), cells_of(TISSUE, 64)
    for part in parts:
        write_slide(
            folder / f"{'cab'[part]}.dcm",  # the names' order is not the parts'
            TISSUE,
            Recipe(
                **recipe,
                order=sorted(cells) if sparse else None,
                concatenation=(uid, part + 1, 3, 4 * part),
                frames=slice(4 * part, 4 * part + 4),
            ),
        )


@pytest.mark.parametrize("sparse", [False, True])
def test_concatenation(tmp_path: Path, sparse: bool) -> None:
    concatenated(tmp_path, [0, 1, 2], sparse)
    with open_dicom(tmp_path / "a.dcm") as slide:
        assert len(slide.info.levels) == 1
        assert not slide.info.warning
        assert np.array_equal(from_tiles(slide), TISSUE)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_part_of_a_concatenation_is_not_there(tmp_path: Path, missing: int) -> None:
    concatenated(tmp_path, [part for part in range(3) if part != missing])
    golden = TISSUE.copy()
    golden[64 * missing : 64 * missing + 64] = 255  # 4 tiles a row, 4 frames a part
    with open_dicom(tmp_path) as slide:
        assert "not all of them are here" in slide.info.warning
        assert np.array_equal(from_tiles(slide), golden)


def test_planes_and_paths_that_are_not_shown_are_named(tmp_path: Path) -> None:
    cells = cells_of(TISSUE, 64)

    def three_planes(dataset: Any) -> None:
        middle = dataset.PixelData
        dataset.PixelData = bytes(len(middle)) + middle + bytes(len(middle))
        dataset.NumberOfFrames = 3 * len(cells)
        dataset.TotalPixelMatrixFocalPlanes = 3

    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(change=three_planes))) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE)
        assert "3 focal planes" in slide.info.warning

    def deep(dataset: Any) -> None:
        three_planes(dataset)
        groups = list(dataset.PerFrameFunctionalGroupsSequence)
        dataset.PerFrameFunctionalGroupsSequence = [
            position_at(group, z) for z in ("-2", "0", "2") for group in groups
        ]

    with open_dicom(write_slide(tmp_path / "b.dcm", TISSUE, Recipe(order=cells, change=deep))) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE)
        assert "3 focal planes" in slide.info.warning


def test_a_depth_that_follows_the_tissue_is_no_plane(tmp_path: Path) -> None:
    def uneven(dataset: Any) -> None:
        groups = dataset.PerFrameFunctionalGroupsSequence
        dataset.PerFrameFunctionalGroupsSequence = [
            position_at(group, str(number % 5)) for number, group in enumerate(groups)
        ]

    recipe = Recipe(order=cells_of(TISSUE, 64), change=uneven)
    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, recipe)) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE)
        assert not slide.info.warning


def position_at(group: Any, z: str) -> Any:
    from copy import deepcopy

    copy = deepcopy(group)
    copy.PlanePositionSlideSequence[0].ZOffsetInSlideCoordinateSystem = z
    return copy
