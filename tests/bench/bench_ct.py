"""CT: a whole series into memory against pydicom in one thread and SimpleITK, the first slice, and reformats.

Two series: `ct/cranium_series` of PARFOCAL_DATA (108 slices, 256 × 256, uncompressed), and 500 slices of
512 × 512 in JPEG lossless that are written here out of it, with noise. Whoever cannot decode that in this
environment (pydicom needs pylibjpeg or gdcm) is left out. Everything is read twice before it is measured, so
that the files are in the system's cache. Each reader makes a sorted volume of Hounsfield units.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_rescale
from pydicom.uid import JPEGLosslessSV1, generate_uid

from ml.volume.opening import open_ct
from ml.volume.reformat import View, plane_through, resample
from ml.volume.resampling import Slab
from ml.volume.volume import Volume, load

ROUNDS = 7
SLICES = 500
EDGE = 512


def ours(folder: Path) -> NDArray[np.int16]:
    """Find, sort, decode."""
    return load(open_ct(folder).series[0]).voxels


def by_pydicom(folder: Path) -> NDArray[np.int16]:
    """As a script does it, in one thread."""
    datasets = [pydicom.dcmread(path) for path in folder.iterdir()]
    datasets.sort(key=lambda dataset: float(dataset.ImagePositionPatient[2]))
    return np.stack([apply_rescale(dataset.pixel_array, dataset).astype(np.int16) for dataset in datasets])


def by_simpleitk(folder: Path) -> NDArray[np.int16]:
    """GDCM finds and sorts the files and decodes them."""
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    return SimpleITK.GetArrayFromImage(reader.Execute()).astype(np.int16)


def first_slice(folder: Path) -> float:
    """ms from the wish to open a folder until its first slice can be painted."""
    start = time.perf_counter()
    arrived: list[float] = []
    load(open_ct(folder).series[0], on_slice=lambda _, __: arrived.append(time.perf_counter()))
    return 1000 * (arrived[0] - start)


def write_series(source: Path, folder: Path) -> None:
    """500 slices out of the real ones: twice as wide and high, each repeated with other noise."""
    real = load(open_ct(source).series[0]).voxels
    chance = np.random.default_rng(4)
    series = generate_uid(entropy_srcs=["bench"])
    header = pydicom.dcmread(next(source.iterdir()))
    for number in range(SLICES):
        pixels = real[number * len(real) // SLICES].repeat(2, axis=0).repeat(2, axis=1).astype(np.int32)
        pixels += np.where(
            pixels > -900, chance.normal(0, 12, pixels.shape), chance.normal(0, 3, pixels.shape)
        ).astype(np.int32)
        stored = (np.clip(pixels, -1024, 3071) + 1024).astype(np.uint16)
        header.Rows, header.Columns = stored.shape
        header.PixelSpacing = [0.4785156, 0.4785156]
        header.ImagePositionPatient = [-122.5, -122.5, 0.5 * number]
        header.InstanceNumber, header.SeriesInstanceUID = number + 1, series
        header.SOPInstanceUID = generate_uid(entropy_srcs=["bench", str(number)])
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        header.BitsStored, header.HighBit, header.PixelRepresentation = 12, 11, 0
        header.PixelData = encapsulate([imagecodecs.jpeg8_encode(stored, lossless=True, bitspersample=16)])
        header["PixelData"].VR, header["PixelData"].is_undefined_length = "OB", True
        header.file_meta.TransferSyntaxUID = JPEGLosslessSV1
        header.save_as(folder / f"{number:04d}.dcm")


def told(name: str, values: Sequence[float], unit: str) -> None:
    """Median and spread."""
    print(f"{name:<52}{statistics.median(values):10.2f} {unit:<8} ({min(values):.2f} to {max(values):.2f})")


def compare(name: str, folder: Path, rounds: int) -> None:
    """Readers in turn within each round; their volumes must be the same."""
    readers: dict[str, Callable[[Path], NDArray[np.int16]]] = {"ours": ours}
    expected = ours(folder)
    for other, reader in (("pydicom", by_pydicom), ("SimpleITK", by_simpleitk)):
        try:
            found = reader(folder)
        except (RuntimeError, ImportError) as error:
            print(f"{name}, {other} cannot: {str(error).splitlines()[0][:80]}")
            continue
        assert np.array_equal(found, expected), other
        readers[other] = reader
    seconds: dict[str, list[float]] = {reader: [] for reader in readers}
    for _ in range(rounds):
        for reader, read in readers.items():
            start = time.perf_counter()
            read(folder)
            seconds[reader].append(time.perf_counter() - start)
    for reader, values in seconds.items():
        told(f"{name}, {reader}", values, "s")
    others = [values for reader, values in seconds.items() if reader != "ours"]
    if others:
        best = min(others, key=statistics.median)
        told(
            f"{name}, ours over the better", [a / b for a, b in zip(seconds["ours"], best, strict=True)], "×"
        )
    told(f"{name}, first slice after opening", [first_slice(folder) for _ in range(rounds)], "ms")


def reformats(volume: Volume) -> None:
    """One plane after another through other places, as a dragged cross-hair asks for them.

    Beside the time that passes stands that of the processor, which other programs do not lengthen.
    """
    slices, rows, columns = volume.voxels.shape
    views: tuple[View, ...] = ("axial", "coronal", "sagittal")
    slabs: tuple[tuple[float, Slab], ...] = ((0.0, "mean"), (10.0, "max"))
    for view in views:
        for thickness, slab in slabs:
            values, worked = [], []
            for step in range(1, 30):
                place = volume.geometry.to_patient(columns * step / 30, rows * step / 30, slices * step / 30)
                plane = plane_through(volume, view, place)
                start, began = time.perf_counter(), time.thread_time()
                resample(volume, plane, thickness, slab)
                values.append(1000 * (time.perf_counter() - start))
                worked.append(1000 * (time.thread_time() - began))
            words = f"{view} {plane.size[1]} × {plane.size[0]} px" + (
                f", {thickness:.0f} mm MIP" if thickness else ""
            )
            told(words, values, "ms")
            told(f"{words}, of the processor", worked, "ms")


def main() -> None:
    """Both series."""
    data = os.environ.get("PARFOCAL_DATA")
    if not data:
        print("PARFOCAL_DATA is not set: no CT to measure")
        return
    cranium = Path(data) / "ct" / "cranium_series"
    compare("108 plain slices", cranium, ROUNDS)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_series(cranium, folder)
        compare("500 slices, JPEG lossless", folder, 3)
        reformats(load(open_ct(folder).series[0]))


if __name__ == "__main__":
    main()
