"""Which series results can refer to: one stack, read only, with its place in the patient."""

from __future__ import annotations

import dataclasses
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from ml.errors import Problem
from ml.export.author import Algorithm
from ml.export.ct_results import CtResults, write_results
from ml.export.measured import Judged, Measured, Quantity
from ml.export.parametric_map import FindingMap
from ml.export.secondary_capture import Picture
from ml.export.segmentation import Segment
from ml.export.source import Source, read_source, source_of
from ml.geometry import Point
from ml.progress import Cancelled, Progress, Step
from ml.volume.opening import open_ct
from ml.volume.series import read_series
from ml.volume.window import BRAIN

MODEL = Algorithm("hemorrhage-demo", "1.2")


def _everything(source: Source) -> CtResults:
    rng = np.random.default_rng(3)
    every = tuple(range(source.count))
    return CtResults(
        source,
        pictures=(Picture(0, np.zeros(source.size, np.uint8), BRAIN),),
        segments=(Segment("subdural", rng.random((source.count, *source.size)) > 0.99, MODEL),),
        maps=(FindingMap("Any (1)", rng.random((source.count, *source.size), np.float32), every, MODEL),),
        measured=(Measured("Line", 0, (Point(1, 2), Point(3, 4)), ((Quantity.length, 2.5),)),),
        judged=(Judged("any", 0.5, MODEL),),
    )


def test_all_results_in_one_folder(source: Source, sound: Callable[[Path], None], tmp_path: Path) -> None:
    steps: list[Step] = []
    written = write_results(_everything(source), tmp_path / "out", Progress(steps.append))
    names = ["picture-0001.dcm", "segmentation.dcm", "map-01-any--1.dcm", "report.dcm"]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert (steps[-1].done, steps[-1].total) == (4, 4)
    series = {pydicom.dcmread(path).SeriesInstanceUID for path in written}
    assert len(series) == 4
    for path in written:
        sound(path)


def test_a_series_of_the_disk_is_a_source(slices: tuple[Path, ...], source: Source) -> None:
    (series,) = read_series(tuple(reversed(slices))).series
    found = [header.SOPInstanceUID for header in source_of(series).headers]
    assert found == [header.SOPInstanceUID for header in source.headers]


def test_a_series_in_a_zip_is_a_source(slices: tuple[Path, ...], source: Source, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "series.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in slices[:3]:
            packed.write(path, path.name)
    (series,) = open_ct(tmp_path / "series.zip").series
    found = source_of(series)
    assert [h.SOPInstanceUID for h in found.headers] == [h.SOPInstanceUID for h in source.headers[:3]]
    assert found.geometry(1, "ImagePositionPatient") == source.geometry(1, "ImagePositionPatient")


def test_a_stop_leaves_whole_files_only(source: Source, tmp_path: Path) -> None:
    progress = Progress(lambda step: progress.stop() if step.done == 1 else None)
    with pytest.raises(Cancelled):
        write_results(_everything(source), tmp_path, progress)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["picture-0001.dcm", "segmentation.dcm"]


def test_a_slice_without_frame_of_reference_gets_one_of_its_series(
    real_data: Path, sound: Callable[[Path], None], tmp_path: Path
) -> None:
    path = real_data / "ct" / "odd_and_compressed" / "693_UNCR.dcm"
    assert "FrameOfReferenceUID" not in pydicom.dcmread(path)
    source, again = read_source([path]), read_source([path])
    assert source.headers[0].FrameOfReferenceUID == again.headers[0].FrameOfReferenceUID
    written = write_results(_everything(source), tmp_path)
    assert pydicom.dcmread(written[1]).FrameOfReferenceUID == source.headers[0].FrameOfReferenceUID
    for file in written:
        sound(file)


def test_a_file_with_many_slices(
    slices: tuple[Path, ...], sound: Callable[[Path], None], tmp_path: Path
) -> None:
    """Frames instead of instances are named; masks and maps stay on their slices."""
    datasets = [pydicom.dcmread(path) for path in reversed(slices)]
    for dataset in datasets:
        dataset.PatientName = "Head^"
    legacy = hd.legacy.LegacyConvertedEnhancedCTImage(
        datasets,
        series_instance_uid=hd.UID(),
        series_number=7,
        sop_instance_uid=hd.UID(),
        instance_number=1,
    )
    path = tmp_path / "enhanced.dcm"
    legacy.save_as(path)
    (series,) = read_series([path]).series
    source = source_of(series)
    assert (source.multi_frame, source.count) == (True, len(slices))
    results = _everything(source)
    some = FindingMap("Any (1)", results.maps[0].values[[2, 7]], (2, 7), MODEL)
    results = dataclasses.replace(results, maps=(some,))
    picture, seg, cam, report = write_results(results, tmp_path / "out")
    uid = source.headers[0].SOPInstanceUID
    every = [source.frames(number)[0] for number in range(source.count)]
    # The stack rises; the frames of this file may not: the order of one is not that of the other.
    heights = [legacy.PerFrameFunctionalGroupsSequence[n - 1].PlanePositionSequence[0] for n in every]
    assert np.all(np.diff([float(place.ImagePositionPatient[2]) for place in heights]) > 0)
    found = hd.seg.segread(seg).get_pixels_by_source_frame(uid, every, assert_missing_frames_are_empty=True)
    np.testing.assert_array_equal(found[..., 0], results.segments[0].mask)
    wanted = [every[2], every[7]]
    found = hd.imread(cam).get_pixels_by_source_frame(uid, wanted, dtype=np.float64)
    np.testing.assert_array_equal(found, some.values.astype(np.float64))
    (reference,) = pydicom.dcmread(picture).SourceImageSequence
    assert (reference.ReferencedSOPInstanceUID, reference.ReferencedFrameNumber) == (uid, every[0])
    (group, _) = hd.sr.srread(report).content.get_image_measurement_groups()
    (measurement,) = group.get_measurements()
    assert measurement.value == 2.5
    for file in (picture, seg, cam, report):
        sound(file)


@pytest.mark.parametrize("count", [1, 4])
def test_slices_that_do_not_say_how_thick_they_are(
    slices: tuple[Path, ...], count: int, sound: Callable[[Path], None], tmp_path: Path
) -> None:
    thin = []
    for path in slices[:count]:
        dataset = pydicom.dcmread(path)
        del dataset.SliceThickness
        del dataset.SpacingBetweenSlices
        thin.append(tmp_path / path.name)
        dataset.save_as(thin[-1])
    source = read_source(thin)
    results = _everything(source)
    picture, seg, cam, report = write_results(results, tmp_path / "out")
    measures = pydicom.dcmread(cam).SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert measures.get("SliceThickness") == (1.5 if count > 1 else 1.0)
    uids = [header.SOPInstanceUID for header in source.headers]
    found = hd.seg.segread(seg).get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    np.testing.assert_array_equal(found[..., 0], results.segments[0].mask)
    for file in (picture, report, seg, cam):
        sound(file)


def test_identifiers_that_are_none_are_referred_to_as_they_are(real_data: Path, tmp_path: Path) -> None:
    """A real file whose UIDs were replaced by hashes: what it says is repeated, not mended."""
    source = read_source([real_data / "ct" / "odd_and_compressed" / "bad_sequence.dcm"])
    _, seg, _, _ = write_results(_everything(source), tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group = pydicom.dcmread(seg).PerFrameFunctionalGroupsSequence[0]
        named = group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert named == source.headers[0].SOPInstanceUID


def test_files_that_are_no_stack_are_named(slices: tuple[Path, ...], tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("no DICOM", encoding="utf-8")
    with pytest.raises(Problem, match=r"text\.dcm cannot be read: it is no DICOM file"):
        read_source([tmp_path / "text.dcm"])
    other = pydicom.dcmread(slices[1])
    other.SeriesInstanceUID = hd.UID()
    other.save_as(tmp_path / "other.dcm")
    with pytest.raises(Problem, match=r"other\.dcm belongs to another series"):
        read_source([slices[0], tmp_path / "other.dcm"])
    twin = pydicom.dcmread(slices[1])
    twin.SOPInstanceUID = pydicom.dcmread(slices[0]).SOPInstanceUID
    twin.save_as(tmp_path / "twin.dcm")
    with pytest.raises(Problem, match="same identifier"):
        read_source([slices[0], tmp_path / "twin.dcm"])
    moved = pydicom.dcmread(slices[1])
    moved.FrameOfReferenceUID = hd.UID()
    moved.save_as(tmp_path / "moved.dcm")
    with pytest.raises(Problem, match="another frame of reference"):
        read_source([slices[0], tmp_path / "moved.dcm"])
    shutil.copy(slices[1], tmp_path / "flat.dcm")
    flat = pydicom.dcmread(tmp_path / "flat.dcm")
    del flat.PixelSpacing
    flat.save_as(tmp_path / "flat.dcm")
    with pytest.raises(Problem, match="does not say where its slice lies"):
        read_source([tmp_path / "flat.dcm"])
