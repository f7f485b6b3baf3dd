"""What pixels mean (bits, windows, colours), and what is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, generate_uid
from skimage.data import immunohistochemistry

from ml.errors import SlideProblem
from ml.slide.dicom_reader import open_dicom
from ml.slide.dicom_series import kind_of
from tests.ml.slide.dicom_files import (
    GREY_16,
    JPEG,
    JPEG_2000,
    JPEG_LOSSLESS,
    JPEG_LS,
    TISSUE,
    Recipe,
    from_tiles,
    write_slide,
)


def test_sixteen_bits_are_shown_by_the_bits_that_are_used(tmp_path: Path) -> None:
    golden = np.rint(GREY_16 * (255 / 4095)).astype(np.uint8)
    for syntax in (ExplicitVRLittleEndian, RLELossless, JPEG_LS, JPEG_2000, JPEG_LOSSLESS):
        with open_dicom(write_slide(tmp_path / f"{syntax}.dcm", GREY_16, Recipe(syntax=syntax))) as slide:
            seen = from_tiles(slide)
            assert np.array_equal(seen[..., 0], seen[..., 2])
            assert np.abs(seen[..., 0].astype(np.int16) - golden).max() <= 1, syntax


def test_a_window_in_the_file_is_kept(tmp_path: Path) -> None:
    def window(dataset: Any) -> None:
        dataset.WindowCenter, dataset.WindowWidth = 1000.5, 1001  # 500 to 1500

    with open_dicom(write_slide(tmp_path / "a.dcm", GREY_16, Recipe(change=window))) as slide:
        golden = np.clip(np.rint((GREY_16.astype(float) - 500) * 0.255), 0, 255)
        assert np.abs(from_tiles(slide)[..., 0] - golden).max() <= 1


def test_levels_of_sixteen_bits_are_equally_bright(tmp_path: Path) -> None:
    same = {"series": generate_uid(), "frame_of_reference": generate_uid()}
    half = np.minimum(GREY_16[::2, ::2], 900)
    write_slide(tmp_path / "a.dcm", np.minimum(GREY_16, 900), Recipe(**same))
    write_slide(tmp_path / "b.dcm", half, Recipe(**same))
    with open_dicom(tmp_path) as slide:
        assert np.array_equal(from_tiles(slide)[::2, ::2], from_tiles(slide, 1))


def test_monochrome(tmp_path: Path) -> None:
    grey = np.ascontiguousarray(TISSUE[..., 0])
    for photometric, golden in (("MONOCHROME1", 255 - grey), ("MONOCHROME2", grey)):
        path = write_slide(tmp_path / f"{photometric}.dcm", grey, Recipe(photometric=photometric))
        with open_dicom(path) as slide:
            assert np.array_equal(from_tiles(slide), np.repeat(golden[..., np.newaxis], 3, axis=2))


def test_planes_one_behind_the_other(tmp_path: Path) -> None:
    def planar(dataset: Any) -> None:
        frames = np.frombuffer(dataset.PixelData, np.uint8).reshape(-1, 64 * 64, 3)
        dataset.PixelData = frames.transpose(0, 2, 1).tobytes()
        dataset.PlanarConfiguration = 1

    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(change=planar))) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE)


@pytest.mark.parametrize("subsampled", [False, True])
def test_luminance_without_compression(tmp_path: Path, subsampled: bool) -> None:
    flat = TISSUE.copy()
    flat[:, 1::2] = flat[:, 0::2]  # two neighbours of one colour: nothing is lost by sharing it

    def luminance(dataset: Any) -> None:
        frames = np.frombuffer(dataset.PixelData, np.uint8).reshape(-1, 64, 3)
        ycc = np.array(Image.fromarray(frames).convert("YCbCr")).reshape(-1, 2, 3)
        pairs = np.stack([ycc[:, 0, 0], ycc[:, 1, 0], ycc[:, 0, 1], ycc[:, 0, 2]], axis=1)
        dataset.PhotometricInterpretation = "YBR_FULL_422" if subsampled else "YBR_FULL"
        dataset.PixelData = (pairs if subsampled else ycc).tobytes()

    with open_dicom(write_slide(tmp_path / "a.dcm", flat, Recipe(change=luminance))) as slide:
        assert np.abs(from_tiles(slide).astype(np.int16) - flat).max() <= 3  # YCbCr in 8 bits is no RGB


def test_jpeg_whose_components_are_rgb(tmp_path: Path) -> None:
    """No marker says so, only the photometric interpretation: decoded as YCbCr it would be green and pink."""
    import imagecodecs

    def bare(dataset: Any) -> None:
        frames = []
        for frame in generate_frames(dataset.PixelData, number_of_frames=12):
            pixels = imagecodecs.jpeg8_decode(frame)
            data = imagecodecs.jpeg8_encode(
                pixels, level=98, colorspace="RGB", outcolorspace="RGB", subsampling="444"
            )
            at = data.find(b"\xff\xee")  # the Adobe marker, which says RGB
            if at > 0:
                data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
            for start in (data.find(b"\xff\xc0") + 10, data.find(b"\xff\xda") + 5):
                step = 3 if data[start - 10 : start - 8] == b"\xff\xc0" else 2
                for number in range(3):  # components named 1, 2, 3 instead of R, G, B
                    place = start + number * step
                    data = data[:place] + bytes([number + 1]) + data[place + 1 :]
            frames.append(data)
        from pydicom.encaps import encapsulate

        dataset.PhotometricInterpretation = "RGB"
        dataset.PixelData = encapsulate(frames)

    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(syntax=JPEG, change=bare))) as slide:
        assert np.abs(from_tiles(slide).astype(np.int16) - TISSUE).mean() < 4


def test_frames_of_other_sizes_are_handed_on_as_tiles(tmp_path: Path) -> None:
    """Very small and very large frames: tiles that a canvas can use, the same pixels."""
    large = np.ascontiguousarray(np.tile(immunohistochemistry(), (3, 3, 1))[:1200, :1300])
    for tile in (16, 1100):
        with open_dicom(write_slide(tmp_path / f"{tile}.dcm", large, Recipe(tile=tile))) as slide:
            edge = slide.info.levels[0].tile.width
            assert 256 <= edge <= 1024
            assert np.array_equal(from_tiles(slide), large)


def change(**values: Any) -> Callable[[Any], None]:
    def apply(dataset: Any) -> None:
        for name, value in values.items():
            setattr(dataset, name, value)

    return apply


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"TotalPixelMatrixColumns": 2**32 - 1}, "which no slide has"),
        ({"NumberOfFrames": 2**31 - 1}, "too short for"),
        ({"NumberOfFrames": 0}, "too short for"),
        ({"Rows": 65535, "Columns": 65535}, "which are not read"),
        ({"Rows": 0}, "which are not read"),
        ({"SamplesPerPixel": 4}, "4 channels"),
        ({"BitsAllocated": 32}, "32 bits"),
        ({"BitsStored": 12}, "contradicts itself"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR"),
        ({"PhotometricInterpretation": "MONOCHROME2"}, "contradicts itself"),
    ],
)
def test_what_no_slide_has_is_refused_in_words(tmp_path: Path, values: dict[str, Any], words: str) -> None:
    path = write_slide(tmp_path / "a.dcm", TISSUE, Recipe(change=change(**values)))
    with pytest.raises(SlideProblem, match=words):
        open_dicom(path)


def test_a_number_that_is_written_as_text_is_read(tmp_path: Path) -> None:
    """The VR that the file gives counts, not the one that the standard has for the tag."""

    def other_kinds(dataset: Any) -> None:
        dataset.add_new(0x00280010, "IS", "64")
        dataset.add_new(0x00280011, "DS", "64.0")
        dataset.add_new(0x00480006, "US", 210)
        dataset.add_new(0x00480007, "LO", "150")

    with open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(change=other_kinds))) as slide:
        assert np.array_equal(from_tiles(slide), TISSUE)


@pytest.mark.parametrize("value", [b"x", b"-5", b"1e999", b"", b"\0\0\0\0"])
def test_a_number_that_is_none_is_refused_in_words(tmp_path: Path, value: bytes) -> None:
    path = write_slide(
        tmp_path / "a.dcm", TISSUE, Recipe(change=lambda d: d.add_new(0x00280010, "OB", value + b" "))
    )
    with pytest.raises(SlideProblem, match="which are not read"):
        open_dicom(path)


def test_no_pixels(tmp_path: Path) -> None:
    def without(dataset: Any) -> None:
        del dataset.PixelData

    with pytest.raises(SlideProblem, match="has no pixels"):
        open_dicom(write_slide(tmp_path / "a.dcm", TISSUE, Recipe(change=without)))


def test_an_unknown_transfer_syntax_is_named(tmp_path: Path) -> None:
    path = write_slide(tmp_path / "a.dcm", TISSUE, Recipe())
    data = path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")
    path.write_bytes(data)
    with pytest.raises(SlideProblem, match="is compressed as"):
        open_dicom(path)


@pytest.mark.data
@pytest.mark.parametrize("name", ["BigEndianExplicit*.2", "DeflatedExplicitVRLittleEndian*.99"])
def test_what_is_refused_as_a_whole_is_still_named(real_data: Path, name: str) -> None:
    """What kind of object it is stands before what cannot be read."""
    (path,) = (real_data / "ct" / "transfer_syntaxes").glob(f"CTImage.dcm_{name}.dcm")
    assert kind_of(path).in_words == "a CT image"
    with pytest.raises(SlideProblem, match="is a CT image, not a slide"):
        open_dicom(path)


@pytest.mark.parametrize(("end", "words"), [("2.2", "most significant"), ("2.1.99", "as a whole")])
def test_a_slide_that_is_refused_as_a_whole(tmp_path: Path, end: str, words: str) -> None:
    path = write_slide(tmp_path / "a.dcm", TISSUE, Recipe())
    other = f"1.2.840.10008.1.{end}".encode()
    other = len(other).to_bytes(2, "little") + other
    path.write_bytes(path.read_bytes().replace(b"\x14\x001.2.840.10008.1.2.1\0", other))
    with pytest.raises(SlideProblem, match=words):
        open_dicom(path)


def test_no_dicom_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(b"x" * 500)
    with pytest.raises(SlideProblem, match="no DICOM file"):
        open_dicom(path)
    with pytest.raises(SlideProblem, match="cannot be read"):
        open_dicom(tmp_path / "nothing.dcm")


def test_a_frame_that_claims_to_be_huge_is_not_decoded(tmp_path: Path) -> None:
    """A decoder would reserve 12 GB for it before it found out."""
    for syntax, mark, at in ((JPEG, b"\xff\xc0", 5), (JPEG_2000, b"\xff\x4f\xff\x51", 8)):
        path = write_slide(tmp_path / f"{syntax}.dcm", TISSUE, Recipe(syntax=syntax))
        data = bytearray(path.read_bytes())
        place = data.index(mark, data.index(b"\xe0\x7f\x10\x00")) + at
        data[place : place + 4] = b"\xff\xff\xff\xff" if syntax == JPEG else b"\x00\xff\xff\xff"
        path.write_bytes(data)
        with open_dicom(path) as slide:
            with pytest.raises(SlideProblem, match="cannot be shown"):
                slide.read_tile(0, 0, 0)
            assert slide.read_tile(0, 1, 1).shape == (64, 64, 3)  # the others still show
