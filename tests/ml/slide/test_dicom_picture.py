"""Single DICOM images: the same picture however it is packed, and seen through the right window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from ml.slide.opening import open_slide
from ml.slide.slide import Pixels

CT = "ct/transfer_syntaxes/CTImage.dcm"
LOSSLESS = (
    "BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2",
    "DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99",
    "JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90",
    "JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80",
    "JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70",
    "JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57",
    "LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1",
    "LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2",
    "RLELosslessTransferSyntax_1.2.840.10008.1.2.5",
)
LOSSY = (
    "JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91",
    "JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81",
    "JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51",
)


def shown(path: Path | str) -> Pixels:
    with open_slide(Path(path)) as slide:
        return slide.read_block(0, 0, 0, slide.info.size)


def packaged(name: str) -> str:
    """A file inside pydicom's own package; nothing is downloaded."""
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str)
    return path


@pytest.mark.data
@pytest.mark.parametrize("syntax", LOSSLESS)
def test_a_slice_looks_the_same_in_every_lossless_packing(real_data: Path, syntax: str) -> None:
    np.testing.assert_array_equal(shown(real_data / f"{CT}_{syntax}.dcm"), shown(real_data / CT))


@pytest.mark.data
@pytest.mark.parametrize("syntax", LOSSY)
def test_and_nearly_so_in_every_lossy_one(real_data: Path, syntax: str) -> None:
    difference = shown(real_data / f"{CT}_{syntax}.dcm").astype(int) - shown(real_data / CT)
    assert np.abs(difference).mean() < 3


@pytest.mark.data
@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("Palette", 0), ("Palette_16", 0), ("JPEG-LS-Lossless", 0), ("JPEG-Lossless_RGB", 0),
        ("JPEG-LS-NearLossless", 6), ("JPEG-Baseline_YBRFull", 6), ("JPEG-Baseline_YBR422", 12),
    ],
)  # fmt: skip
def test_colours_are_those_of_the_plain_file(real_data: Path, kind: str, most: int) -> None:
    """Mean difference; a palette of fewer colours cannot show the ramps exactly."""
    folder = real_data / "ct/transfer_syntaxes"
    difference = shown(folder / f"TestPattern_{kind}.dcm").astype(int) - shown(folder / "TestPattern_RGB.dcm")
    assert np.abs(difference).mean() <= (most or 1.5)


def test_the_window_is_the_one_of_the_standard() -> None:
    """PS3.3 C.11.2.1.2 with the window that the file brings, by arithmetic of our own."""
    path = packaged("CT_small.dcm")
    dataset = pydicom.dcmread(path)
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    expected = ((values - (40 - 0.5)) / (400 - 1) + 0.5) * 255
    copy = Path(path).name
    found = _shown_copy(dataset, copy)
    assert np.abs(found[..., 0] - np.clip(expected, 0, 255)).max() <= 0.51
    assert (found[..., 0] == found[..., 1]).all()


def test_a_ct_slice_without_a_window_is_shown_through_the_brains() -> None:
    dataset = pydicom.dcmread(packaged("CT_small.dcm"))
    for name in ("WindowCenter", "WindowWidth"):
        if name in dataset:
            delattr(dataset, name)
    values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    found = _shown_copy(dataset, "no window.dcm")
    assert (found[values <= 0] == 0).all()
    assert (found[values >= 80] == 255).all()


def test_monochrome1_is_black_where_the_number_is_high() -> None:
    dataset = pydicom.dcmread(packaged("MR_small.dcm"))
    plain = _shown_copy(dataset, "plain.dcm")
    dataset.PhotometricInterpretation = "MONOCHROME1"
    np.testing.assert_array_equal(_shown_copy(dataset, "inverted.dcm"), 255 - plain)


@pytest.mark.data
def test_an_enhanced_image_says_scale_and_window_for_its_first_frame(real_data: Path) -> None:
    path = real_data / "ct/odd_and_compressed/eCT_Supplemental.dcm"
    dataset = pydicom.dcmread(path)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    scale = shared.PixelValueTransformationSequence[0]
    window = shared.FrameVOILUTSequence[0]
    values = dataset.pixel_array[0] * float(scale.RescaleSlope) + float(scale.RescaleIntercept)
    center, width = (np.ravel(value)[0] for value in (window.WindowCenter, window.WindowWidth))
    expected = np.clip(((values - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)
    assert np.abs(shown(path)[..., 0] - expected).max() <= 0.51


def test_the_spacing_is_never_taken_for_a_microscopes() -> None:
    with open_slide(Path(packaged("CT_small.dcm"))) as slide:
        assert slide.info.spacing is None
        assert "mm" in slide.info.spacing_doubt


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _shown_copy(dataset: pydicom.Dataset, name: str) -> Pixels:
    dataset.save_as(name)
    return shown(name)
