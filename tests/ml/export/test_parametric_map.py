"""A map comes back with its floats, on the slices it was made for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from ml.export.author import Algorithm
from ml.export.parametric_map import FindingMap, write_map
from ml.export.source import Source

MODEL = Algorithm("hemorrhage-demo", "1.2", {"class": "subdural"})


@pytest.fixture
def cam(source: Source) -> FindingMap:
    """Three slices out of twelve, not in a row, with values that no short float holds."""
    values = np.random.default_rng(8).gamma(2.0, 1.3, (3, *source.size)).astype(np.float32)
    return FindingMap("subdural", values, (2, 3, 9), MODEL)


def test_floats_and_places_come_back(
    source: Source, cam: FindingMap, sound: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "map.dcm"
    write_map(source, cam, path)
    read = pydicom.dcmread(path)
    assert "FloatPixelData" in read
    places = [tuple(header.ImagePositionPatient) for header in source.headers]
    found = {}
    for group, frame in zip(read.PerFrameFunctionalGroupsSequence, read.pixel_array, strict=True):
        slice_ = places.index(tuple(group.PlanePositionSequence[0].ImagePositionPatient))
        named = group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert named == source.headers[slice_].SOPInstanceUID
        found[slice_] = frame
    assert sorted(found) == [2, 3, 9]
    np.testing.assert_array_equal(np.stack([found[n] for n in (2, 3, 9)]), cam.values)
    assert read.FrameOfReferenceUID == source.headers[0].FrameOfReferenceUID
    models = {item.get("ManufacturerModelName"): item for item in read.ContributingEquipmentSequence}
    assert models["hemorrhage-demo"].SoftwareVersions == "1.2"
    assert models["hemorrhage-demo"].ContributionDescription == "class=subdural"
    sound(path)


def test_highdicom_reads_the_quantity(source: Source, cam: FindingMap, tmp_path: Path) -> None:
    path = tmp_path / "map.dcm"
    write_map(source, cam, path)
    read = hd.imread(path)
    uids = [source.headers[number].SOPInstanceUID for number in cam.slices]
    found = read.get_pixels_by_source_instance(uids, apply_real_world_transform=True, dtype=np.float64)
    np.testing.assert_array_equal(found, cam.values.astype(np.float64))
    mapping = pydicom.dcmread(path).SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    quantity = mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0]
    assert quantity.CodeMeaning == "Gradient-weighted class activation"
    assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == "1"
    assert mapping.DoubleFloatRealWorldValueLastValueMapped == cam.values.max()


def test_a_map_of_zeros_is_written(source: Source, tmp_path: Path) -> None:
    zeros = np.zeros((1, *source.size), dtype=np.float32)
    write_map(source, FindingMap("any", zeros, (0,), MODEL), tmp_path / "map.dcm")
    assert not pydicom.dcmread(tmp_path / "map.dcm").pixel_array.any()


def test_what_does_not_fit_is_refused(source: Source, cam: FindingMap, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 slices"):
        write_map(source, FindingMap("any", cam.values, (0, 1), MODEL), tmp_path / "map.dcm")
    cam.values[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        write_map(source, cam, tmp_path / "map.dcm")
    assert not list(tmp_path.iterdir())
