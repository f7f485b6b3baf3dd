"""Measurements and findings come back from the report as they stood on the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes

from ml.export.author import Algorithm
from ml.export.measured import Judged, Measured, MeasuredAcross, Quantity
from ml.export.source import Source
from ml.export.structured_report import write_report
from ml.export.terms import own
from ml.geometry import Point

MODEL = Algorithm("hemorrhage-demo", "1.2", {"weights": "sha256:ab"})
LINE = Measured("Line 1", 3, (Point(10.5, 20.25), Point(60, 70)), ((Quantity.length, 67.321098765),))
ANGLE = Measured("Angle 1", 5, (Point(1, 1), Point(20, 1), Point(20, 9)), ((Quantity.angle, 90.0),))
REGION = Measured(
    "Region 1",
    4,
    (Point(10, 10), Point(40, 10), Point(40, 31.5)),
    (
        (Quantity.area, 295.3125),
        (Quantity.mean, 41.25),
        (Quantity.deviation, 7.125),
        (Quantity.minimum, -3.0),
        (Quantity.maximum, 78.0),
    ),
    closed=True,
)


@pytest.fixture
def report(source: Source, tmp_path: Path) -> Path:
    """All kinds of measurements and findings in one report."""
    judged = [
        Judged("subdural", 0.9125, MODEL, verdict="accepted", calibrated=True),
        Judged("any", 0.97, MODEL, slices=(3,), verdict="rejected"),
    ]
    path = tmp_path / "report.dcm"
    write_report(source, [LINE, ANGLE, REGION], judged, path, reader="Doe^Jane")
    return path


def test_highdicom_reads_the_measurements(report: Path, source: Source) -> None:
    content = hd.sr.srread(report).content
    groups = {g.tracking_identifier: g for g in content.get_image_measurement_groups()}
    for wanted, what in ((LINE, codes.SCT.Length), (ANGLE, codes.SCT.Angle)):
        (measurement,) = groups[wanted.name].get_measurements()
        assert (measurement.name, measurement.value) == (what, wanted.values[0][1])
        (where,) = measurement.referenced_coordinates
        np.testing.assert_allclose(where.value, [(p.x, p.y) for p in wanted.points], atol=1e-5)
        named = where.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        assert named == source.headers[wanted.slice_number].SOPInstanceUID
    (region,) = content.get_planar_roi_measurement_groups()
    assert region.tracking_identifier == "Region 1"
    found = {(m.name.meaning, m.derivation and m.derivation.meaning): m for m in region.get_measurements()}
    attenuation = "Attenuation Coefficient"
    assert {name: m.value for name, m in found.items()} == {
        ("Area", None): 295.3125,
        (attenuation, "Mean"): 41.25,
        (attenuation, "Standard Deviation"): 7.125,
        (attenuation, "Minimum"): -3.0,
        (attenuation, "Maximum"): 78.0,
    }
    assert found[("Area", None)].unit.value == "mm2"
    assert found[(attenuation, "Mean")].unit.value == "[hnsf'U]"
    outline = region.roi.value
    np.testing.assert_allclose(outline[:-1], [(p.x, p.y) for p in REGION.points], atol=1e-5)
    np.testing.assert_array_equal(outline[0], outline[-1])


def test_highdicom_reads_the_findings(report: Path, source: Source) -> None:
    content = hd.sr.srread(report).content
    groups = {g.tracking_identifier: g for g in content.get_image_measurement_groups()}
    series, single = groups["subdural"], groups["any"]
    assert series.finding_type.meaning == "subdural"
    assert single.finding_type == codes.SCT.IntracranialHemorrhage
    for group, probability, verdict in ((series, 0.9125, "Accepted"), (single, 0.97, "Rejected")):
        (measurement,) = group.get_measurements(name=codes.DCM.Probability)
        assert (measurement.value, measurement.unit.value) == (probability, "1")
        (judged,) = group.get_qualitative_evaluations(name=own("Verdict"))
        assert judged.value.meaning == verdict
    assert series.get_measurements()[0].method.meaning == "Calibrated"
    assert len(series.source_images) == source.count
    (image,) = single.source_images
    assert image.referenced_sop_instance_uid == source.headers[3].SOPInstanceUID


def test_pydicom_reads_who_and_from_what(report: Path, source: Source, sound: Callable[[Path], None]) -> None:
    read = pydicom.dcmread(report)
    assert read.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (read.CompletionFlag, read.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    texts = _texts(read)
    assert {"Doe^Jane", "Parfocal", "hemorrhage-demo", "1.2", "weights=sha256:ab"} <= texts
    evidence = read.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.SeriesInstanceUID == source.headers[0].SeriesInstanceUID
    named = {item.ReferencedSOPInstanceUID for item in evidence.ReferencedSOPSequence}
    assert named == {header.SOPInstanceUID for header in source.headers}
    sound(report)


def test_what_was_drawn_across_the_slices_stands_by_its_places_in_the_patient(
    source: Source, tmp_path: Path, sound: Callable[[Path], None]
) -> None:
    line = MeasuredAcross("Length 1", ((1.5, 2.25, 3.0), (1.5, 2.25, 33.0)), ((Quantity.length, 30.0),))
    region = MeasuredAcross(
        "Ellipse 2",
        ((0.0, 5.0, 0.0), (10.0, 5.0, 0.0), (10.0, 5.0, 8.0), (0.0, 5.0, 8.0)),
        ((Quantity.area, 80.0), (Quantity.mean, 41.0)),
        closed=True,
    )
    path = tmp_path / "report.dcm"
    write_report(source, [LINE, line, region], [], path)
    read = hd.sr.srread(path)
    assert read.SOPClassUID == pydicom.uid.Comprehensive3DSRStorage
    groups = {g.tracking_identifier: g for g in read.content.get_image_measurement_groups()}
    (length,) = groups["Length 1"].get_measurements()
    assert (length.name, length.value) == (codes.SCT.Length, 30.0)
    (where,) = length.referenced_coordinates
    np.testing.assert_allclose(where.value, line.places, atol=1e-5)
    assert where.frame_of_reference_uid == source.headers[0].FrameOfReferenceUID
    (on_slice,) = groups[LINE.name].get_measurements()[0].referenced_coordinates
    np.testing.assert_allclose(on_slice.value, [(p.x, p.y) for p in LINE.points], atol=1e-5)
    (found,) = read.content.get_planar_roi_measurement_groups()
    np.testing.assert_allclose(found.roi.value[:-1], region.places, atol=1e-5)
    np.testing.assert_array_equal(found.roi.value[0], found.roi.value[-1])
    assert {m.value for m in found.get_measurements()} == {80.0, 41.0}
    sound(path)


def _texts(item: pydicom.Dataset) -> set[str]:
    own = {str(item[key].value) for key in ("TextValue", "PersonName") if key in item}
    return own.union(*(_texts(child) for child in item.get("ContentSequence", [])))


def test_what_cannot_be_meant_is_refused(source: Source, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither"):
        write_report(source, [], [], tmp_path / "report.dcm")
    with pytest.raises(ValueError, match="1 points"):
        Measured("Line", 0, (Point(1, 1),), ())
    with pytest.raises(ValueError, match="2 points"):
        MeasuredAcross("Region", ((1, 1, 1), (2, 2, 2)), (), closed=True)
    with pytest.raises(ValueError, match="probability"):
        Judged("any", 1.5, MODEL)
