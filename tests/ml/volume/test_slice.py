"""Hounsfield units against pydicom's own functions, and files that do not keep to the standard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels.processing import apply_rescale

from ml.errors import Problem
from ml.volume.slice import AIR, hounsfield, read_header, read_hounsfield
from tests.ml.volume.scans import ct_dataset, write


@pytest.mark.parametrize("kind", [np.int16, np.uint16])
@pytest.mark.parametrize(("slope", "intercept"), [("1", "-1024"), ("0.61", "-1000.5"), ("2.5", "0")])
def test_hu_equal_pydicoms_rescale(kind: type, slope: str, intercept: str) -> None:
    stored = np.random.default_rng(0).integers(0, 3000, (8, 9)).astype(kind)
    dataset = ct_dataset(stored - 500 * (kind is np.int16), RescaleSlope=slope, RescaleIntercept=intercept)
    found = hounsfield(dataset)
    assert found.dtype == np.float32
    assert np.allclose(found, apply_rescale(dataset.pixel_array, dataset), atol=1e-3)


def test_real_files_equal_pydicoms_rescale(real_data: Path) -> None:
    ct_small = Path(str(get_testdata_file("CT_small.dcm")))
    folder = real_data / "ct"
    odd = [folder / "odd_and_compressed" / name for name in ("693_UNCI.dcm", "693_J2KR.dcm")]
    for path in (ct_small, folder / "cranium_series" / "IM0051.dcm", *(p for p in odd if p.exists())):
        dataset = pydicom.dcmread(path)
        expected = apply_rescale(dataset.pixel_array, dataset)
        found = read_hounsfield(path)
        padding = dataset.get("PixelPaddingValue")
        seen = np.ones(found.shape, bool) if padding is None else dataset.pixel_array != padding
        assert np.allclose(found[seen], expected[seen], atol=1e-3), path


@pytest.mark.parametrize("value", [-2000, 63536], ids=["signed", "as unsigned"])
def test_padding_becomes_air(value: int) -> None:
    stored = np.array([[-2000, 0], [1064, 1024]], dtype=np.int16)
    dataset = ct_dataset(stored, PixelPaddingValue=-2000)
    if value > 0:
        dataset["PixelPaddingValue"].VR = "US"
        dataset["PixelPaddingValue"].value = value
    assert hounsfield(dataset).tolist() == [[AIR, -1024], [40, 0]]


def test_a_range_of_padding() -> None:
    stored = np.array([[0, 5], [11, 1064]], dtype=np.uint16)
    found = hounsfield(ct_dataset(stored, PixelPaddingValue=0, PixelPaddingRangeLimit=10))
    assert found.tolist() == [[AIR, AIR], [-1013, 40]]


def test_wrapped_twelve_bits_are_turned_back() -> None:
    """As some scanners of the RSNA set write: air as 3,096 with intercept 0."""
    true = np.array([[-1000, -5], [40, 1500]])
    stored = np.mod(true, 4096).astype(np.uint16)
    dataset = ct_dataset(stored, BitsStored=12, HighBit=11, RescaleIntercept="0")
    assert hounsfield(dataset).tolist() == true.tolist()


def test_a_modality_lut_goes_before_slope() -> None:
    from pydicom.dataset import Dataset
    from pydicom.pixels.processing import apply_modality_lut

    table = Dataset()
    table.LUTDescriptor = [4, 0, 16]
    table.LUTData = np.array([10, 20, 40, 80], dtype="<u2").tobytes()
    dataset = ct_dataset(np.array([[0, 1], [2, 3]], dtype=np.uint16))
    dataset.ModalityLUTSequence = [table]
    table["LUTDescriptor"].VR = "US"
    table["LUTData"].VR = "OW"
    expected = apply_modality_lut(dataset.pixel_array, dataset)
    assert hounsfield(dataset).tolist() == expected.tolist() == [[10, 20], [40, 80]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RescaleSlope": None}, "slope and intercept are missing"),
        ({"RescaleType": "US"}, "not in Hounsfield units"),
        ({"PixelData": b"\0\0"}, "cannot be read"),
    ],
)
def test_what_has_no_hu_is_said(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    path = write(tmp_path / "a.dcm", ct_dataset(np.zeros((4, 4), np.int16), **changes))
    with pytest.raises(Problem, match=words) as raised:
        read_hounsfield(path)
    assert raised.value.what.startswith("a.dcm")


def test_the_header(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.dcm",
        ct_dataset(
            np.zeros((4, 6), np.int16),
            PatientID="",
            ImagePositionPatient=[1, 2, 3],
            ImageOrientationPatient=[1, 0, 0, 0, 0, -1],  # coronal
            InstanceNumber=7,
        ),
    )
    found = read_header(path)
    assert (found.patient, found.number, found.size, found.spacing) == ("1.2.3", 7, (4, 6), (0.5, 0.25))
    assert found.normal == pytest.approx((0, 1, 0))
    assert found.position == pytest.approx(2)


def test_broken_and_foreign_files_say_what_they_are(real_data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.dcm").write_bytes(b"")
    (tmp_path / "text.dcm").write_bytes(b"no DICOM at all, " * 40)
    for name in ("empty.dcm", "text.dcm"):
        with pytest.raises(Problem, match=name):
            read_header(tmp_path / name)
    with pytest.raises(Problem, match="several frames"):
        read_header(real_data / "ct" / "odd_and_compressed" / "eCT_Supplemental.dcm")
    with pytest.raises(Problem, match="not CT"):
        read_header(Path(str(get_testdata_file("MR_small.dcm"))))
