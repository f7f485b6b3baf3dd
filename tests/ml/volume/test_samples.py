"""Stored values in every syntax, sign and number of bits; streams that are not whole are refused."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, get_frame

from ml.errors import Problem
from ml.slide.dicom_codec import FrameError
from ml.volume.slice import read_hounsfield, read_slices
from ml.volume.soundness import unpacked_rle
from ml.volume.stored_file import StoredFile
from tests.ml.volume.compressed import LOSSLESS, PLAIN, PREFIX, save, written
from tests.ml.volume.scans import ct_dataset, write

JPEG = (f"{PREFIX}.4.57", f"{PREFIX}.4.70")


def head(seed: int = 0, rows: int = 48, columns: int = 40) -> np.ndarray:
    """A skull in air, with noise; stored as values + 1,024."""
    y, x = np.mgrid[:rows, :columns]
    radius = np.hypot(y - rows / 2, x - columns / 2)
    values = np.where(radius < 16, 1064, 24) + 1000 * (np.abs(radius - 15) < 2)
    noise = np.random.default_rng(seed).integers(-20, 20, values.shape)
    return (values + noise).astype(np.int16)


@pytest.mark.parametrize("syntax", [*PLAIN, *LOSSLESS])
@pytest.mark.parametrize("kind", [np.int16, np.uint16])
def test_every_lossless_syntax(tmp_path: Path, syntax: str, kind: type) -> None:
    stored = head().astype(kind) if kind is np.int16 else np.abs(head()).astype(kind)
    path = save(tmp_path / "a.dcm", written(stored, syntax))
    assert np.array_equal(read_hounsfield(path), stored - 1024.0)


@pytest.mark.parametrize("kind", ["i2", "u2"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_unused_bits_and_sign(tmp_path: Path, kind: str, bits: int) -> None:
    """What stands above the highest bit (overlays, rubbish) is no part of the value."""
    signed = kind == "i2"
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    values = np.random.default_rng(bits).integers(low, high, (8, 9))
    rubbish = np.random.default_rng(1).integers(0, 2 ** (16 - bits), (8, 9)) << bits
    stored = ((values & (2**bits - 1)) | rubbish).astype(np.uint16)
    dataset = ct_dataset(stored, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=int(signed))
    path = write(tmp_path / "a.dcm", dataset)
    assert np.array_equal(read_hounsfield(path), values - 1024.0)
    assert np.array_equal(pydicom.dcmread(path).pixel_array, values)


def test_values_that_stand_in_the_upper_bits(tmp_path: Path) -> None:
    """HighBit 15 of 12 bits: as old scanners wrote."""
    values = np.random.default_rng(3).integers(-2048, 2048, (8, 9))
    stored = ((values & 0xFFF) << 4).astype(np.uint16)
    dataset = ct_dataset(stored, BitsStored=12, HighBit=15, PixelRepresentation=1)
    assert np.array_equal(read_hounsfield(write(tmp_path / "a.dcm", dataset)), values - 1024.0)


@pytest.mark.parametrize("signed", [0, 1])
def test_eight_bits(tmp_path: Path, signed: int) -> None:
    stored = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    dataset = ct_dataset(stored.astype(np.uint16), BitsAllocated=8, BitsStored=8, HighBit=7)
    dataset.PixelRepresentation = signed
    dataset.PixelData = stored.tobytes()
    expected = stored.view(np.int8) if signed else stored
    assert np.array_equal(read_hounsfield(write(tmp_path / "a.dcm", dataset)), expected - 1024.0)


def test_twelve_signed_bits_in_jpeg_ls(tmp_path: Path) -> None:
    """JPEG-LS knows no sign: its own precision says which bit that is."""
    values = np.random.default_rng(3).integers(-2048, 2048, (20, 30))
    dataset = written(head(), f"{PREFIX}.4.80", BitsStored=12, HighBit=11)
    stream = imagecodecs.jpegls_encode((values & 0xFFF).astype(np.uint16))
    precision = stream[stream.find(b"\xff\xf7") + 4]
    dataset.Rows, dataset.Columns = values.shape
    dataset.PixelData = encapsulate([stream])
    path = save(tmp_path / "a.dcm", dataset)
    expected = pydicom.dcmread(path).pixel_array
    assert precision in {12, 16}
    assert np.array_equal(read_hounsfield(path), expected - 1024.0)


def damaged(path: Path, change: str, number: int, size: int = 5) -> Path:
    """The same file with a stream that has lost or won bytes, but begins and ends as it should."""
    dataset = pydicom.dcmread(path)
    stream = bytearray(get_frame(dataset.PixelData, 0, number_of_frames=1))
    end = stream.rfind(b"\xff\xd9")
    at = end - 40 - size - 97 * number
    if change == "lost":
        del stream[at : at + size]
    elif change == "won":
        stream[at:at] = b"\x55" * size
    else:
        stream[at : at + 2] = b"\xff\xbf"
    dataset.PixelData = encapsulate([bytes(stream)])
    out = path.with_name(f"{change}.dcm")
    dataset.save_as(out)
    return out


@pytest.mark.parametrize("syntax", JPEG)
@pytest.mark.parametrize("change", ["lost", "won", "marker"])
@pytest.mark.parametrize("number", [0, 1, 5])
def test_jpeg_that_is_not_whole_is_refused(tmp_path: Path, syntax: str, change: str, number: int) -> None:
    """libjpeg fills up what is missing and says so only by a warning."""
    path = save(tmp_path / "a.dcm", written(head(), syntax))
    with pytest.raises(Problem, match="cannot be read"):
        read_hounsfield(damaged(path, change, number))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    size=st.tuples(st.integers(2, 40), st.integers(2, 40)),
    step=st.integers(1, 900),
)
def test_whole_jpeg_is_never_refused(
    tmp_path_factory: pytest.TempPathFactory, seed: int, size: tuple[int, int], step: int
) -> None:
    stored = (np.random.default_rng(seed).integers(0, 4000, size) // step * step).astype(np.int16)
    for syntax in JPEG:
        path = save(tmp_path_factory.mktemp("one") / "a.dcm", written(stored, syntax))
        assert np.array_equal(read_hounsfield(path), stored - 1024.0)


def test_an_even_picture_is_whole(tmp_path: Path) -> None:
    for value in (0, 1, 2000):
        path = save(tmp_path / "a.dcm", written(np.full((16, 16), value, np.int16), JPEG[1]))
        assert (read_hounsfield(path) == value - 1024).all()


def test_lossy_jpeg_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    values = np.clip(head(rows=64, columns=64) // 8, 0, 255).astype(np.uint8)
    stream = imagecodecs.jpeg8_encode(values, level=90)
    facts = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
    dataset = written(head(rows=64, columns=64), JPEG[0], **facts)
    dataset.file_meta.TransferSyntaxUID = f"{PREFIX}.4.50"
    dataset.PixelData = encapsulate([stream])
    path = save(tmp_path / "a.dcm", dataset)
    assert np.abs(read_hounsfield(path) + 1024 - values).max() < 25
    for change in ("lost", "won", "marker"):
        with pytest.raises(Problem, match="cannot be read"):
            read_hounsfield(damaged(path, change, 1, 40))


def test_jpeg_2000_without_its_end_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", written(head(), f"{PREFIX}.4.90"))
    dataset = pydicom.dcmread(path)
    stream = get_frame(dataset.PixelData, 0, number_of_frames=1)
    dataset.PixelData = encapsulate([stream[: len(stream) // 2] + stream[-2:]])
    dataset.save_as(path)
    with pytest.raises(Problem, match="a part of its data is missing"):
        read_hounsfield(path)


def test_rle_of_wrong_length_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", written(head(), PLAIN[-1]))
    dataset = pydicom.dcmread(path)
    stream = get_frame(dataset.PixelData, 0, number_of_frames=1)
    form = read_slices(StoredFile(path))[0].stored.form  # type: ignore[union-attr]
    assert np.array_equal(unpacked_rle(stream, form), head())
    for wrong in (stream[:-60], stream[:20], b"\3" + stream[1:], stream + b"\xf0\x07" * 40):
        with pytest.raises((FrameError, RuntimeError)):
            unpacked_rle(wrong, form)


def test_a_file_deflated_as_a_whole_must_come_to_its_end(tmp_path: Path) -> None:
    """Even where all pixels are there already: what follows a break is not what was written."""
    path = save(tmp_path / "a.dcm", written(head(), f"{PREFIX}.1.99"))
    content = path.read_bytes()
    for cut in (4, 40, 400):  # one more byte may only fill up to an even number
        path.write_bytes(content[:-cut])
        with pytest.raises(Problem, match="cannot be read"):
            read_hounsfield(path)


def test_a_syntax_that_is_not_read_is_named(tmp_path: Path) -> None:
    dataset = written(head(), JPEG[1])
    dataset.file_meta.TransferSyntaxUID = f"{PREFIX}.4.55"
    with pytest.raises(Problem, match=r"Full Progression.*which is not read here"):
        read_hounsfield(save(tmp_path / "a.dcm", dataset))


def test_a_file_that_changed_is_not_read(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", written(head(), PLAIN[1]))
    slice_ = read_slices(StoredFile(path))[0]
    save(path, written(head(1), PLAIN[1], PatientComments="longer"))
    with pytest.raises(Problem, match="has changed since its header was read"):
        slice_.voxels()


def test_frames_without_places_are_in_their_order(tmp_path: Path) -> None:
    from ml.volume.opening import open_ct
    from ml.volume.volume import load

    frames = np.stack([head(seed) for seed in range(3)])
    dataset = ct_dataset(frames[0], NumberOfFrames=3, PixelData=frames.tobytes())
    series = open_ct(save(tmp_path / "a.dcm", dataset)).series[0]
    assert np.array_equal(load(series).values, frames - 1024.0)
    assert "they name no position" in series.remarks[0]


def test_many_frames_share_one_file(tmp_path: Path) -> None:
    """Frames of a compressed file, each with its own place (Enhanced CT)."""
    from pydicom.dataset import Dataset
    from pydicom.uid import EnhancedCTImageStorage

    frames = [head(seed) for seed in range(4)]
    dataset = written(frames[0], JPEG[1], NumberOfFrames=4, SOPClassUID=EnhancedCTImageStorage)
    dataset.PixelData = encapsulate([LOSSLESS[JPEG[1]](frame) for frame in frames])
    groups = []
    for number in range(4):
        group, place = Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, 10.0 - 2 * number]
        group.PlanePositionSequence = [place]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    from ml.volume.opening import open_ct
    from ml.volume.volume import load

    series = open_ct(save(tmp_path / "a.dcm", dataset)).series[0]
    assert [slice_.frame for slice_ in series.slices] == [3, 2, 1, 0]
    assert series.distance == 2
    values = load(series).values
    assert all(np.array_equal(values[3 - n], frames[n] - 1024.0) for n in range(4))
