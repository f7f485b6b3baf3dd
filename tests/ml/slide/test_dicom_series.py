"""Which files make a slide: pyramids, labels, several slides in a folder, DICOMDIR."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.dicom_reader import DicomReader, open_dicom
from ml.slide.dicom_series import slides_in
from tests.ml.slide.dicom_files import (
    JPEG_LS,
    TISSUE,
    Recipe,
    from_tiles,
    write_slide,
)


def pyramid(folder: Path, **more: Any) -> dict[str, Any]:
    same = {"series": generate_uid(), "frame_of_reference": generate_uid(), **more}
    write_slide(folder / "z_full.dcm", TISSUE, Recipe(**same))
    write_slide(folder / "half.dcm", np.ascontiguousarray(TISSUE[::2, ::2]), Recipe(**same, syntax=JPEG_LS))
    write_slide(folder / "quarter.dcm", np.ascontiguousarray(TISSUE[::4, ::4]), Recipe(**same))
    label = np.ascontiguousarray(TISSUE[:40, :40])
    write_slide(folder / "label.dcm", label, Recipe(**same, tile=40, image_type="LABEL"))
    write_slide(folder / "over.dcm", TISSUE[::3, ::3], Recipe(**same, tile=70, image_type="OVERVIEW"))
    write_slide(folder / "thumb.dcm", label, Recipe(**same, tile=40, image_type="THUMBNAIL"))
    return same


def test_pyramid_label_and_overview(tmp_path: Path) -> None:
    pyramid(tmp_path)
    with open_dicom(tmp_path) as slide:
        assert [level.size for level in slide.info.levels] == [Size(210, 150), Size(105, 75), Size(53, 38)]
        assert [level.downsample for level in slide.info.levels] == [1, 2, 4]
        for level, step in enumerate((1, 2, 4)):
            assert np.array_equal(from_tiles(slide, level), TISSUE[::step, ::step])
        assert set(slide.info.associated) == {"label", "macro", "thumbnail"}
        assert np.array_equal(slide.read_associated("label"), TISSUE[:40, :40])
        assert np.array_equal(slide.read_associated("macro"), TISSUE[::3, ::3])
        with pytest.raises(KeyError):
            slide.read_associated("nothing")


def test_a_label_that_is_alone_shows_itself(tmp_path: Path) -> None:
    recipe = Recipe(tile=40, image_type="LABEL")
    with open_dicom(write_slide(tmp_path / "label.dcm", TISSUE[:40, :40], recipe)) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE[:40, :40])


@pytest.mark.parametrize("apart_by", ["series", "frame_of_reference", "PyramidUID"])
def test_two_slides_in_a_folder_are_told_apart(tmp_path: Path, apart_by: str) -> None:
    def named(dataset: Any) -> None:
        dataset.PyramidUID = generate_uid()

    same: dict[str, Any] = {"series": generate_uid(), "frame_of_reference": generate_uid()}
    if apart_by in same:
        write_slide(tmp_path / "one.dcm", TISSUE, Recipe(**same))
        same[apart_by] = generate_uid()
        write_slide(tmp_path / "two.dcm", 255 - TISSUE[::2, ::2], Recipe(**same))
    else:
        write_slide(tmp_path / "one.dcm", TISSUE, Recipe(**same, change=named))
        write_slide(tmp_path / "two.dcm", 255 - TISSUE[::2, ::2], Recipe(**same, change=named))
    with pytest.raises(SlideProblem, match=r"holds 2 slides.*one\.dcm, two\.dcm"):
        open_dicom(tmp_path)
    assert [slide.path.name for slide in slides_in(tmp_path)] == ["one.dcm", "two.dcm"]
    with open_dicom(tmp_path / "two.dcm") as slide:
        assert len(slide.info.levels) == 1
        assert np.array_equal(from_tiles(slide), 255 - TISSUE[::2, ::2])


def test_the_same_file_twice_is_one_level(tmp_path: Path) -> None:
    write_slide(tmp_path / "one.dcm", TISSUE, Recipe())
    shutil.copy(tmp_path / "one.dcm", tmp_path / "copy.dcm")
    with open_dicom(tmp_path) as slide:
        assert len(slide.info.levels) == 1
        assert not slide.info.warning


def test_of_two_of_one_size_the_one_asked_for_is_shown(tmp_path: Path) -> None:
    same = {"series": generate_uid(), "frame_of_reference": generate_uid()}
    write_slide(tmp_path / "one.dcm", TISSUE, Recipe(**same))
    write_slide(tmp_path / "two.dcm", 255 - TISSUE, Recipe(**same))
    for name, pixels, other in (("one.dcm", TISSUE, "two.dcm"), ("two.dcm", 255 - TISSUE, "one.dcm")):
        with open_dicom(tmp_path / name) as slide:
            assert np.array_equal(from_tiles(slide), pixels)
            assert other in slide.info.warning


@pytest.mark.parametrize("capitals", [True, False])
def test_dicomdir(tmp_path: Path, capitals: bool) -> None:
    from pydicom.fileset import FileSet

    loose = tmp_path / "loose"
    loose.mkdir()
    pyramid(loose)
    files = FileSet()
    for path in sorted(loose.iterdir()):
        dataset = dcmread(path)
        dataset.PatientID, dataset.PatientName, dataset.StudyInstanceUID = "1", "X", "1.2.3"
        dataset.StudyDate, dataset.StudyTime, dataset.StudyID, dataset.AccessionNumber = (
            "20200101",
            "10",
            "1",
            "",
        )
        dataset.SeriesNumber, dataset.InstanceNumber = 1, 1
        files.add(dataset)
    disc = tmp_path / "disc"
    files.write(disc)
    files._stage["t"].cleanup()  # pydicom leaves it to the garbage collector, which complains
    if not capitals:  # as a disc looks once it was copied by some systems
        for path in sorted(disc.rglob("*"), key=lambda p: -len(p.parts)):
            if path.name != "DICOMDIR":
                path.rename(path.with_name(path.name.lower()))
    for asked in (disc, disc / "DICOMDIR"):
        with open_dicom(asked) as slide:
            assert len(slide.info.levels) == 3
            assert np.array_equal(from_tiles(slide), TISSUE)
            assert set(slide.info.associated) == {"label", "macro", "thumbnail"}


def test_dicomdir_does_not_leave_its_folder(tmp_path: Path) -> None:
    from ml.slide.dicom_series import _as_it_lies

    write_slide(tmp_path / "a.dcm", TISSUE, Recipe())
    (tmp_path / "disc").mkdir()
    assert _as_it_lies(tmp_path / "disc", ["..", "a.dcm"]) is None
    assert _as_it_lies(tmp_path / "disc", ["", "etc", "passwd"]) is None
    assert _as_it_lies(tmp_path, ["A.DCM"]) == tmp_path / "a.dcm"


def test_a_folder_without_a_slide_says_what_it_holds(tmp_path: Path) -> None:
    from pydicom.data import get_testdata_file

    shutil.copy(str(get_testdata_file("CT_small.dcm")), tmp_path / "ct.dcm")
    with pytest.raises(SlideProblem, match="no slide, but a CT image"):
        open_dicom(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SlideProblem, match="holds no DICOM slide"):
        open_dicom(tmp_path / "empty")


def test_the_path_of_a_slide_is_a_file(tmp_path: Path) -> None:
    """Whoever hashes it, or writes beside it, must not meet a folder."""
    pyramid(tmp_path)
    with open_dicom(tmp_path) as slide:
        assert isinstance(slide, DicomReader)
        assert slide.info.path == tmp_path / "z_full.dcm"
        assert {path.name for path in slide.files} == {path.name for path in tmp_path.iterdir()}
    with open_dicom(tmp_path / "half.dcm") as slide:
        assert slide.info.path == tmp_path / "half.dcm"
