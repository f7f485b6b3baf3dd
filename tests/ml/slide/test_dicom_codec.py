"""Frames of real files in every transfer syntax, against pydicom or the same image uncompressed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.pixels import pixel_array
from skimage.data import immunohistochemistry

from ml.slide.dicom_codec import FrameError, PixelForm, as_rgb, decoded
from ml.slide.dicom_elements import read_header, text, whole
from ml.slide.dicom_frames import frames_of
from ml.slide.positioned_file import PositionedFile
from tests.ml.slide.dicom_files import form

Array = np.ndarray[Any, Any]


def first_frame(path: Path) -> Array:
    file = PositionedFile(path)
    header = read_header(file)
    items = header.items
    form = PixelForm(
        syntax=header.syntax,
        width=whole(items, 0x00280011),
        height=whole(items, 0x00280010),
        samples=whole(items, 0x00280002),
        bits_allocated=whole(items, 0x00280100),
        bits_stored=whole(items, 0x00280101),
        is_signed=whole(items, 0x00280103) == 1,
        photometric=text(items, 0x00280004),
        is_planar=whole(items, 0x00280006) == 1,
    )
    data = frames_of(file, header, form, max(1, whole(items, 0x00280008, 1))).read(0)
    file.close()
    return decoded(data, form)


SYNTAXES = {  # file of transfer_syntaxes: (the same image uncompressed, how far apart they may be)
    "CTImage.dcm_LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2": ("CTImage", 0),
    "CTImage.dcm_RLELosslessTransferSyntax_1.2.840.10008.1.2.5": ("CTImage", 0),
    "CTImage.dcm_JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57": ("CTImage", 0),
    "CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70": ("CTImage", 0),
    "CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80": ("CTImage", 0),
    "CTImage.dcm_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81": ("CTImage", 5),
    "CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90": ("CTImage", 0),
    "CTImage.dcm_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91": ("CTImage", 5),
    "TestPattern_JPEG-LS-Lossless": ("TestPattern_RGB", 0),
    "TestPattern_JPEG-LS-NearLossless": ("TestPattern_RGB", 2),
    "TestPattern_JPEG-Lossless_RGB": ("TestPattern_RGB", 0),
}


@pytest.mark.data
@pytest.mark.parametrize("name", SYNTAXES)
def test_compressed_is_what_was_compressed(real_data: Path, name: str) -> None:
    folder = real_data / "ct" / "transfer_syntaxes"
    other, apart = SYNTAXES[name]
    golden = pixel_array(folder / f"{other}.dcm")
    assert np.abs(first_frame(folder / f"{name}.dcm").astype(np.int32) - golden).max() <= apart


BY_PYDICOM = [
    "transfer_syntaxes/CTImage.dcm_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50",
    "transfer_syntaxes/TestPattern_JPEG-Baseline_YBR422",
    "transfer_syntaxes/TestPattern_JPEG-Baseline_YBRFull",
    "transfer_syntaxes/US-YBR_FULL_422-EVRLE",
    "odd_and_compressed/SC_rgb_16bit",
    "odd_and_compressed/SC_rgb_dcmtk_ebcr_dcmd",
    "odd_and_compressed/SC_rgb_dcmtk_ebcyn2_dcmd",
    "odd_and_compressed/SC_rgb_dcmtk_ebcys4_dcmd",
    "odd_and_compressed/SC_ybr_full_uncompressed",
    "odd_and_compressed/US1_J2KI",
    "odd_and_compressed/US1_J2KR",
    "odd_and_compressed/color-pl",
    "odd_and_compressed/color-px",
    "odd_and_compressed/emri_small",
    "odd_and_compressed/emri_small_RLE",
    "odd_and_compressed/emri_small_jpeg_2k_lossless",
    "odd_and_compressed/explicit_VR-UN",
    "odd_and_compressed/693_J2KR",
]


@pytest.mark.data
@pytest.mark.parametrize("name", BY_PYDICOM)
@pytest.mark.filterwarnings("ignore")  # pydicom's own, about UIDs and the lengths of these files
def test_a_frame_is_what_pydicom_decodes(real_data: Path, name: str) -> None:
    path = real_data / "ct" / f"{name}.dcm"
    golden = pixel_array(path, index=0)
    assert np.abs(first_frame(path).astype(np.int32) - golden).max() <= 1  # 1: YCbCr is rounded once more


@pytest.mark.data
@pytest.mark.parametrize(("name", "apart"), [("HTJ2KLossless_08_RGB", 0), ("HTJ2K_08_RGB", 5)])
def test_high_throughput_jpeg_2000(real_data: Path, name: str, apart: int) -> None:
    """Golden: the lossless file by OpenJPH, which shares nothing with OpenJPEG, the decoder under test.

    Of the lossy file of the same picture OpenJPH lets values beyond white turn over to black.
    """
    folder = real_data / "ct" / "odd_and_compressed"
    data = (folder / "HTJ2KLossless_08_RGB.dcm").read_bytes()
    golden = imagecodecs.htj2k_decode(data[data.index(b"\xff\x4f\xff\x51") :])
    assert np.abs(first_frame(folder / f"{name}.dcm").astype(np.int16) - golden).max() <= apart


def test_twelve_bits_of_jpeg() -> None:
    grey = immunohistochemistry()[:64, :64, 0].astype(np.uint16) * 16
    data = imagecodecs.jpeg8_encode(grey, level=100, bitspersample=12)
    grey_form = {"samples": 1, "bits_allocated": 16, "bits_stored": 12, "photometric": "MONOCHROME2"}
    asked = form(syntax="1.2.840.10008.1.2.4.51", **grey_form)
    assert np.abs(decoded(data, asked).astype(np.int32) - grey).max() <= 4


def test_sixteen_bits_of_colour() -> None:
    color = immunohistochemistry()[:64, :64].astype(np.uint16) * 257
    asked = form(bits_allocated=16, bits_stored=16)
    assert np.array_equal(as_rgb(decoded(color.tobytes(), asked), asked, (0, 255)), color // 257)


@pytest.mark.parametrize(
    ("data", "syntax"),
    [
        (b"", "1.2.840.10008.1.2.1"),
        (b"\xff\xd8\xff\xd9", "1.2.840.10008.1.2.4.50"),
        (b"\xff\xd8\xff\xff\xff\xff", "1.2.840.10008.1.2.4.50"),
        (b"\0" * 40, "1.2.840.10008.1.2.4.90"),
        (b"\xff\x4f\xff\x51", "1.2.840.10008.1.2.4.90"),
        (b"\0" * 64, "1.2.840.10008.1.2.5"),
        (b"", "1.2.840.10008.1.2.4.100"),
    ],
)
def test_nonsense_ends_in_words(data: bytes, syntax: str) -> None:
    with pytest.raises(FrameError):
        decoded(data, form(syntax=syntax))


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        ("1.2.840.10008.1.2.4.50", imagecodecs.jpeg8_encode),
        ("1.2.840.10008.1.2.4.80", imagecodecs.jpegls_encode),
    ],
)
def test_a_frame_without_its_end_is_never_filled_up(syntax: str, encode: Callable[[Array], bytes]) -> None:
    data = encode(np.ascontiguousarray(immunohistochemistry()[:64, :64]))
    asked = form(syntax=syntax)
    assert decoded(data + b"\0", asked).shape == (64, 64, 3)
    with pytest.raises(FrameError, match="its end is missing"):
        decoded(data[: len(data) * 2 // 3], asked)
