"""CT or slide: told by what is in files, not by their names."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.ml.volume.scans import ct_dataset, write
from viewer.work.kind import holds_ct

SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


def test_ct_is_known_as_a_file_a_folder_and_a_zip(tmp_path: Path) -> None:
    file = write(tmp_path / "deep" / "down" / "slice", ct_dataset(np.zeros((4, 4), np.int16)))
    archive = tmp_path / "disc.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(file, "slice")
    assert holds_ct(file)
    assert holds_ct(tmp_path / "deep")
    assert holds_ct(archive)


def test_a_file_without_preamble_is_known_by_its_first_element(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.dcm", ct_dataset(np.zeros((4, 4), np.int16)))
    bare = tmp_path / "bare.dcm"
    bare.write_bytes(whole.read_bytes()[132:])
    whole.unlink()
    assert holds_ct(bare)
    assert holds_ct(tmp_path)


def test_slides_pictures_and_text_are_no_ct(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")
    (tmp_path / "letter.dcm").write_text("Dear colleague, the slices are in the other mail.")
    (tmp_path / "empty.dcm").write_bytes(b"")
    for path in tmp_path.iterdir():
        assert not holds_ct(path)
    assert not holds_ct(tmp_path)
    assert not holds_ct(tmp_path / "gone")


def test_a_folder_is_a_slides_where_a_slide_is_met(tmp_path: Path) -> None:
    write(tmp_path / "level.dcm", ct_dataset(np.zeros((4, 4), np.int16), SOPClassUID=SLIDE, Modality="SM"))
    assert not holds_ct(tmp_path)


def test_other_dicom_is_listed_from_a_folder_and_shown_as_a_file(tmp_path: Path) -> None:
    magnetic = write(
        tmp_path / "mr.dcm",
        ct_dataset(np.zeros((4, 4), np.int16), SOPClassUID="1.2.840.10008.5.1.4.1.1.4", Modality="MR"),
    )
    assert holds_ct(tmp_path)  # the search says what it found
    assert not holds_ct(magnetic)


@pytest.mark.data
def test_real_folders(real_data: Path) -> None:
    assert holds_ct(real_data / "ct" / "cranium_series")
    assert not holds_ct(real_data / "slides" / "carotid_half_dicom")
    assert not holds_ct(real_data / "slides" / "cmu1_small_region.svs")
