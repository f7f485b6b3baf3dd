"""Frames are found by every table and in every transfer syntax: small slides against what was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from ml.errors import SlideProblem
from ml.slide.dicom_reader import open_dicom
from tests.ml.slide.dicom_files import (
    HTJ2K,
    JPEG,
    JPEG_2000,
    JPEG_LS,
    TISSUE,
    Recipe,
    by_frames,
    form,
    from_tiles,
    whole,
    write_slide,
)

LOSSLESS = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, JPEG_LS, JPEG_2000, HTJ2K]


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.name)
def test_lossless_transfer_syntaxes_are_exact(tmp_path: Path, syntax: str) -> None:
    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(syntax=syntax))) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE)
        assert np.array_equal(whole(slide), TISSUE)


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
@pytest.mark.parametrize("syntax", [JPEG, RLELossless, JPEG_2000], ids=lambda uid: uid.name)
def test_frames_are_found_by_every_table(tmp_path: Path, syntax: str, table: str) -> None:
    path = write_slide(tmp_path / "a.dcm", TISSUE, Recipe(syntax=syntax, table=table))
    golden = TISSUE if syntax != JPEG else by_frames(path)
    with open_dicom(path) as slide:
        assert np.abs(from_tiles(slide).astype(np.int16) - golden).max() <= 2


@pytest.mark.parametrize("table", ["basic", "none"])
@pytest.mark.parametrize("syntax", [JPEG, JPEG_2000], ids=lambda uid: uid.name)
def test_frames_in_several_fragments(tmp_path: Path, syntax: str, table: str) -> None:
    recipe = Recipe(syntax=syntax, table=table, fragments=3)
    path = write_slide(tmp_path / "a.dcm", TISSUE, recipe)
    with open_dicom(path) as slide:
        golden = TISSUE if syntax != JPEG else by_frames(path)
        assert np.abs(from_tiles(slide).astype(np.int16) - golden).max() <= 2


def test_a_table_that_points_astray_is_not_believed(tmp_path: Path) -> None:
    path = write_slide(tmp_path / "a.dcm", TISSUE, Recipe(syntax=JPEG_2000))
    data = bytearray(path.read_bytes())
    at = data.index(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0") + 20
    data[at : at + 4 * 12] = np.arange(3, 3 + 12 * 5, 5, dtype="<u4").tobytes()
    path.write_bytes(data)
    with open_dicom(path) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE)


def test_offsets_beyond_four_gigabytes(tmp_path: Path) -> None:
    """32 bits turn over; the file is mostly a hole."""
    from ml.slide.dicom_elements import Header
    from ml.slide.dicom_frames import FragmentedFrames
    from ml.slide.positioned_file import PositionedFile

    item, large = b"\xfe\xff\x00\xe0", 0xFFFFFFF0
    path = tmp_path / "large"
    with path.open("wb") as file:
        offsets = np.array([0, large + 8, large + 24], dtype=np.int64)
        file.write(item + (12).to_bytes(4, "little") + (offsets % 2**32).astype("<u4").tobytes())
        file.write(item + large.to_bytes(4, "little"))
        file.seek(large, 1)
        for word in (b"second__", b"third___"):
            file.write(item + len(word).to_bytes(4, "little") + word)
        file.write(b"\xfe\xff\xdd\xe0\0\0\0\0")
    frames = FragmentedFrames(PositionedFile(path), Header("", {}), form(syntax="1.2.840.10008.1.2.4.50"), 3)
    assert frames.read(1) == b"second__"
    assert frames.read(2) == b"third___"
    with pytest.raises(SlideProblem):
        frames.read(0)  # four gigabytes for a tile
    path.unlink()
