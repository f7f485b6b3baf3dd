"""Masks come back voxel by voxel, on the slices they were made on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from ml.errors import Problem
from ml.export.author import Algorithm
from ml.export.segmentation import Segment, above, write_segmentation
from ml.export.source import Source

MODEL = Algorithm("hemorrhage-demo", "1.2", {"threshold": "0.4", "weights": "sha256:ab"})


@pytest.fixture
def masks(source: Source) -> np.ndarray:
    """Two masks that overlap, with empty slices between: (2, slices, rows, columns)."""
    rng = np.random.default_rng(5)
    made = np.zeros((2, source.count, *source.size), dtype=bool)
    made[0, 2:5, 60:90, 100:140] = rng.random((3, 30, 40)) > 0.3
    made[1, [3, 9]] = rng.random((2, *source.size)) > 0.97
    return made


def test_highdicom_reads_the_same_voxels(
    source: Source, masks: np.ndarray, sound: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "seg.dcm"
    write_segmentation(source, [Segment("subdural", masks[0], MODEL), Segment("any", masks[1])], path)
    seg = hd.seg.segread(path)
    uids = [header.SOPInstanceUID for header in source.headers]
    found = seg.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    np.testing.assert_array_equal(np.moveaxis(found, -1, 0), masks)
    assert seg.StudyInstanceUID == source.headers[0].StudyInstanceUID
    assert seg.FrameOfReferenceUID == source.headers[0].FrameOfReferenceUID
    assert seg.PatientID == source.headers[0].PatientID
    assert seg.SeriesInstanceUID != source.headers[0].SeriesInstanceUID
    assert (seg.Manufacturer, seg.ManufacturerModelName) == ("Parfocal", "Parfocal")
    model, drawn = seg.get_segment_description(1), seg.get_segment_description(2)
    assert model.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    assert model.algorithm_identification.name == "hemorrhage-demo"
    assert model.algorithm_identification.version == "1.2"
    assert model.algorithm_identification.parameters == {"threshold": "0.4", "weights": "sha256:ab"}
    assert model.segmented_property_type.meaning == "subdural"
    assert drawn.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.MANUAL
    assert drawn.segmented_property_type == pydicom.sr.codedict.codes.SCT.IntracranialHemorrhage
    sound(path)


def test_pydicom_finds_every_frame_where_it_lies_in_the_patient(
    source: Source, masks: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "seg.dcm"
    write_segmentation(source, [Segment("a", masks[0]), Segment("b", masks[1])], path)
    read = pydicom.dcmread(path)
    places = [tuple(header.ImagePositionPatient) for header in source.headers]
    found = np.zeros_like(masks)
    for group, frame in zip(read.PerFrameFunctionalGroupsSequence, read.pixel_array, strict=True):
        place = tuple(group.PlanePositionSequence[0].ImagePositionPatient)
        segment = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        slice_ = places.index(place)
        found[segment - 1, slice_] = frame
        named = group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert named == source.headers[slice_].SOPInstanceUID
    np.testing.assert_array_equal(found, masks)
    measures = read.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert list(measures.PixelSpacing) == list(source.headers[0].PixelSpacing)


def test_a_threshold_counts_what_reaches_it_and_never_nan() -> None:
    cam = np.array([[[0.0, 0.5, np.nan, 0.75]]], dtype=np.float32)
    np.testing.assert_array_equal(above(cam, 0.5), [[[False, True, False, True]]])


def test_nothing_to_export_is_said(source: Source, tmp_path: Path) -> None:
    empty = np.zeros((source.count, *source.size), dtype=bool)
    with pytest.raises(Problem, match="no finding reaches the threshold"):
        write_segmentation(source, [Segment("subdural", empty)], tmp_path / "seg.dcm")
    with pytest.raises(ValueError, match="the series"):
        write_segmentation(source, [Segment("subdural", empty[1:])], tmp_path / "seg.dcm")
    assert not list(tmp_path.iterdir())
