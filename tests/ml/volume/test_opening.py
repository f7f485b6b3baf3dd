"""Folders, files, DICOMDIR and zip; patients and series apart; each broken file named, the rest opens."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import MediaStorageDirectoryStorage, SecondaryCaptureImageStorage, generate_uid

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.volume.opening import open_ct
from ml.volume.series import Found
from ml.volume.volume import load
from tests.ml.volume.scans import ct_dataset, write, write_series


def stored(rows: int = 4, columns: int = 6) -> np.ndarray:
    return np.arange(rows * columns, dtype=np.int16).reshape(rows, columns)


def names(found: Found) -> list[list[str]]:
    return [[slice_.path.name for slice_ in series.slices] for series in found.series]


def test_one_file_is_a_series_of_one_slice(tmp_path: Path) -> None:
    write_series(tmp_path, (0, 1, 2))
    found = open_ct(tmp_path / "01.dcm")
    assert names(found) == [["01.dcm"]]
    volume = load(found.series[0])
    assert volume.values.shape == (1, 4, 6)
    assert volume.sentences == ()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_read_where_it_is(tmp_path: Path, method: int) -> None:
    folder = tmp_path / "scan"
    write_series(folder / "deep", (0, 5, 10))
    archive = tmp_path / "scan.zip"
    with zipfile.ZipFile(archive, "w", method) as file:
        for path in sorted(folder.rglob("*.dcm")):
            file.write(path, path.relative_to(folder).with_suffix(""))  # no ending: told by its first bytes
        file.writestr("readme.txt", "no slice")
    before = sorted(tmp_path.rglob("*"))
    found = open_ct(archive)
    volume = load(found.series[0])
    assert names(found) == [["00", "01", "02"]]
    assert found.series[0].slices[0].path == archive / "deep" / "00"
    assert np.array_equal(volume.values, load(open_ct(folder).series[0]).values)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_or_locked_member_of_a_zip_is_named(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "scan", (0, 5, 10))
    archive = tmp_path / "scan.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in paths:
            file.write(path, path.name)
    content = bytearray(archive.read_bytes())
    content[content.find(b"\xe0\x7f\x10\x00") + 20] ^= 1  # a pixel: the checksum tells
    archive.write_bytes(content)
    found = open_ct(archive)
    assert names(found) == [["01.dcm", "02.dcm"]]
    assert "00.dcm does not unpack to what the zip says" in found.broken[0].reason
    locked = content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    archive.write_bytes(locked)
    reasons = [left.reason for left in open_ct(archive).broken]
    assert reasons == [f"0{number}.dcm is locked by a password." for number in range(3)]
    archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(Problem, match="no zip, or a part of it is missing"):
        open_ct(archive)


def write_dicomdir(path: Path, files: list[Path]) -> Path:
    """A table of contents with a record for each file, in a record for their patient."""
    dataset = ct_dataset(stored(), PixelData=None, SOPClassUID=MediaStorageDirectoryStorage)
    dataset.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    patient = Dataset()
    patient.DirectoryRecordType = "PATIENT"
    records = [patient]
    for file in files:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = list(file.relative_to(path.parent).parts)
        records.append(record)
    dataset.DirectoryRecordSequence = records
    return write(path, dataset)


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_a_dicomdir_names_its_images(tmp_path: Path) -> None:
    written = write_series(tmp_path / "IMAGES", (0, 5, 10, 15))
    paths = [path.rename(path.with_name(f"IM{path.stem}")) for path in written]
    table = write_dicomdir(tmp_path / "DICOMDIR", paths[:3])
    assert [len(series) for series in open_ct(table).series] == [3]
    assert [len(series) for series in open_ct(tmp_path).series] == [4]  # a folder shows all that it holds
    paths[1].unlink()
    again = open_ct(table)
    assert [len(series) for series in again.series] == [2]
    assert [left.reason for left in again.broken] == ["IMAGES/IM01 is named by DICOMDIR but is not there."]
    outside = write_dicomdir(tmp_path / "deep" / "DICOMDIR", [])
    dataset = pydicom.dcmread(outside)
    record = Dataset()
    record.ReferencedFileID = ["..", "IMAGES", "IM00"]
    dataset.DirectoryRecordSequence = [record]
    dataset.save_as(outside)
    assert "outside of the folder" in open_ct(outside).broken[0].reason


def test_pydicoms_own_dicomdir() -> None:
    found = open_ct(Path(str(get_testdata_file("DICOMDIR"))))
    assert len(found.series) + len(found.broken) + len(found.others) > 3
    assert all(series.about.patient_id for series in found.series)


def test_patients_with_the_same_uids_are_never_merged(tmp_path: Path) -> None:
    """As a faulty pseudonymisation leaves them."""
    write_series(tmp_path / "a", (0, 1, 2), PatientName="One^A")
    write_series(tmp_path / "b", (0.5, 1.5), PatientName="Two^B")
    write_series(tmp_path / "c", (0, 1), PatientID="p2", PatientName="One^A")
    found = open_ct(tmp_path)
    assert sorted(map(len, found.series)) == [2, 2, 3]
    assert len({series.key for series in found.series}) == 3
    assert found.series[0].about.patient_name == "One, A"
    assert found.broken == ()


def test_a_copied_slice_is_left_out_and_named(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "a", (0, 1, 2))
    shutil.copy(paths[1], tmp_path / "copy.dcm")
    found = open_ct(tmp_path)
    assert names(found) == [["00.dcm", "01.dcm", "02.dcm"]]
    assert [left.reason for left in found.broken] == ["copy.dcm is a second copy of 01.dcm."]


@pytest.mark.parametrize("by", ["AcquisitionNumber", "InstanceNumber"])
def test_passes_over_the_same_places_are_stacks_of_their_own(tmp_path: Path, by: str) -> None:
    for number in range(3):
        facts = {by: number + 1} if by == "AcquisitionNumber" else {}
        for n, z in enumerate((0, 5, 10)):
            changes = {"ImagePositionPatient": [0, 0, z], "InstanceNumber": 3 * number + n + 1} | facts
            write(tmp_path / f"{number}{n}.dcm", ct_dataset(stored() + number, **changes))
    found = open_ct(tmp_path)
    assert [len(series) for series in found.series] == [3, 3, 3]
    assert [series.remarks for series in found.series] == [
        (f"Pass {n} of 3 over the same places.",) for n in (1, 2, 3)
    ]
    assert [load(series).value(0, 0, 2) for series in found.series] == [-1024, -1023, -1022]
    assert found.broken == ()


def test_several_directions_are_said(tmp_path: Path) -> None:
    write_series(tmp_path / "a", (0, 1, 2))
    write_series(tmp_path / "b", (0, 1), ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    found = open_ct(tmp_path)
    assert len(found.series) == 2
    assert all("lie in 2 directions" in series.remarks[0] for series in found.series)


def test_tilt_and_shifts_and_uneven_distances_are_said(tmp_path: Path) -> None:
    for n in range(6):
        write(
            tmp_path / "tilt" / f"{n}.dcm", ct_dataset(stored(), ImagePositionPatient=[0, 1.0 * n, 5.0 * n])
        )
        place = [0, 3.0 * (n == 3), 5.0 * n]
        write(tmp_path / "shift" / f"{n}.dcm", ct_dataset(stored(), ImagePositionPatient=place))
    write_series(tmp_path / "two", (0, 2.5, 5, 7.5, 12.5, 17.5), SliceThickness="5")
    write_series(tmp_path / "thin", (0, 2.5, 5, 7.5, 12.5, 17.5), SliceThickness="2.5")

    def said(name: str) -> tuple[str, ...]:
        return open_ct(tmp_path / name).series[0].remarks

    assert said("tilt") == ("The gantry was tilted by 11.3°; reformats stand straight.",)
    assert said("shift") == (
        "The slices are shifted against each other; reformats put them where they belong.",
    )
    assert said("two") == ("The distance between slices varies from 2.50 to 5.00 mm.",)
    assert "2 gaps; about 2 slices are missing" in said("thin")[0]


def broken_files(folder: Path) -> dict[str, str]:
    """Files in which something is wrong, and what must be said of each."""
    whole = write(folder / "whole.dcm", ct_dataset(stored(40, 60), InstanceNumber=1)).read_bytes()
    (folder / "cut.dcm").write_bytes(whole[:-900])
    (folder / "head.dcm").write_bytes(whole[:300])
    (folder / "text.dcm").write_text("This is a letter and no image. " * 20)
    (folder / "empty.dcm").write_bytes(b"")
    changes: dict[str, dict[str, object]] = {
        "nothing.dcm": {"PixelData": None},
        "absurd.dcm": {"Rows": 65535, "Columns": 65535},
        "bits.dcm": {"BitsStored": 20},
        "frames.dcm": {"NumberOfFrames": 2_000_000_000},
        "colour.dcm": {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"},
    }
    for number, (name, change) in enumerate(changes.items(), 2):
        place = {"ImagePositionPatient": [0, 0, float(number)]}
        write(folder / name, ct_dataset(stored(40, 60), **place | change))
    at = whole.find(b"\x28\0\x10\0US")
    (folder / "vr.dcm").write_bytes(whole[: at + 4] + b"LO" + whole[at + 6 :])
    return {
        "cut.dcm": "a part of its pixels is missing",
        "head.dcm": "cannot be read|cut short",
        "text.dcm": "no DICOM file",
        "empty.dcm": "no DICOM file|cannot be read",
        "nothing.dcm": "it holds no pixels",
        "absurd.dcm": "65535 × 65535 pixels, which no scanner writes",
        "bits.dcm": "written in a way that cannot be",
        "frames.dcm": "2000000000 images",
        "colour.dcm": "colours, not numbers",
        "vr.dcm": "it holds no pixels",
    }


def test_every_broken_file_is_named_and_the_rest_opens(tmp_path: Path) -> None:
    import re

    expected = broken_files(tmp_path)
    write_series(tmp_path / "good", (0, 1, 2), SeriesInstanceUID="1.7")
    found = open_ct(tmp_path)
    assert sorted(map(len, found.series)) == [1, 3]
    reasons = {left.path.name: left.reason for left in found.broken}
    assert set(reasons) == set(expected)
    for name, words in expected.items():
        assert re.search(words, reasons[name]), reasons[name]


def without_preamble(dataset: FileDataset, path: Path) -> Path:
    whole = write(path, dataset).read_bytes()
    path.write_bytes(whole[132:])
    return path


def test_no_preamble_and_a_bad_one(tmp_path: Path) -> None:
    bare = without_preamble(ct_dataset(stored()), tmp_path / "bare")
    expected = load(open_ct(write(tmp_path / "good.dcm", ct_dataset(stored()))).series[0]).values
    assert np.array_equal(load(open_ct(bare).series[0]).values, expected)
    bad = bytearray((tmp_path / "good.dcm").read_bytes())
    bad[:128] = b"\xff" * 128
    (tmp_path / "bad.dcm").write_bytes(bad)
    assert np.array_equal(load(open_ct(tmp_path / "bad.dcm").series[0]).values, expected)


def test_scouts_and_other_objects_are_others(tmp_path: Path) -> None:
    write(tmp_path / "scout.dcm", ct_dataset(stored(), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))
    capture = ct_dataset(stored(), SOPClassUID=SecondaryCaptureImageStorage, Modality="OT")
    write(tmp_path / "screen.dcm", capture)
    found = open_ct(tmp_path)
    assert (found.series, found.broken) == ((), ())
    assert {left.reason for left in found.others} == {
        "scout.dcm is a scout.",
        "screen.dcm is a secondary capture (a picture of a screen or a scan of paper), not CT.",
    }


def test_names_in_other_letters(tmp_path: Path) -> None:
    facts = {
        "SpecificCharacterSet": "ISO_IR 100",
        "PatientName": "Müller^Jörg",
        "SeriesDescription": "Schädel",
    }
    series = open_ct(write(tmp_path / "a.dcm", ct_dataset(stored(), **facts))).series[0]
    assert (series.about.patient_name, series.description) == ("Müller, Jörg", "Schädel")


def test_progress_is_told_and_a_wish_to_stop_is_heard(tmp_path: Path) -> None:
    write_series(tmp_path, tuple(range(20)), SeriesInstanceUID=generate_uid())
    steps: list[Step] = []
    open_ct(tmp_path, Progress(steps.append))
    headers = [step for step in steps if step.phase == "Reading headers"]
    assert (headers[0].done, headers[-1].done, headers[-1].total) == (0, 20, 20)
    progress = Progress(lambda step: progress.stop() if step.done == 5 else None)
    with pytest.raises(Cancelled):
        open_ct(tmp_path, progress)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="holds no DICOM files"):
        open_ct(tmp_path)
    with pytest.raises(Problem, match="is not there"):
        open_ct(tmp_path / "nowhere.dcm")
