"""An analysis goes into DICOM as it stands in the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes

from ml.export.analyzed import results_of, write_dicom
from ml.export.ct_results import only
from ml.export.measured import Measured, Quantity
from ml.geometry import Point
from ml.report.ct_material import CtMaterial
from ml.results.ct_findings import map_boxes
from ml.volume.series import Series, read_series
from ml.volume.window import SUBDURAL
from tests.ml.report.analyzed_ct import analyzed, ct_card


@pytest.fixture
def material(slices: tuple[Path, ...]) -> CtMaterial:
    """Five real slices: "any" peaks in the third, with a map, and is accepted; "left" in the first."""
    series: Series = read_series(slices[:5]).series[0]
    values = [[0.1, 0.6], [0.7, 0.1], [0.9, 0.3], [0.2, 0.1], [np.nan] * 2]
    heat = np.zeros((256, 256), dtype=np.float32)
    heat[100:120, 60:90] = np.linspace(0.2, 3, 30, dtype=np.float32)
    analysis, card = analyzed(series, values, heat), ct_card(temperature=1.5)
    made = CtMaterial(series, analysis, card, SUBDURAL)
    return CtMaterial(series, analysis, card, SUBDURAL, {made.findings[0].key: "accepted"})


def test_everything_is_gathered(material: CtMaterial) -> None:
    results = results_of(material)
    assert [(p.slice_number, p.pixels.ndim) for p in results.pictures] == [(2, 2), (2, 3), (0, 2)]
    judged = [(one.name, round(one.probability, 6), one.slices, one.verdict) for one in results.judged]
    looked = (0, 1, 2, 3)
    assert judged == [
        ("any", 0.9, looked, "open"),
        ("left", 0.6, looked, "open"),
        ("any", 0.9, (2,), "accepted"),
        ("left", 0.6, (0,), "open"),
    ]
    assert all(one.calibrated for one in results.judged)
    (segment,) = results.segments
    ((rect, _), *_) = map_boxes(material.analysis.cams[0].values)
    rows, columns = np.nonzero(segment.mask[2])
    assert (columns.min(), columns.max() + 1) == (rect.x, rect.right)
    assert (rows.min(), rows.max() + 1) == (rect.y, rect.bottom)
    assert not segment.mask[[0, 1, 3, 4]].any()


def test_what_was_rejected_has_neither_mask_nor_map_nor_picture(material: CtMaterial) -> None:
    rejected = dataclasses.replace(material, verdicts={material.findings[0].key: "rejected"})
    results = results_of(rejected)
    assert results.segments == ()
    assert results.maps == ()
    assert [picture.slice_number for picture in results.pictures] == [0]
    assert ("any", "rejected") in [(one.name, one.verdict) for one in results.judged]


def test_kinds_can_be_left_out(material: CtMaterial) -> None:
    chosen = only(results_of(material), {"segments", "pictures"})
    assert chosen.segments
    assert chosen.pictures
    assert chosen.maps == chosen.judged == chosen.measured == ()


def test_everything_comes_back(
    material: CtMaterial, slices: tuple[Path, ...], sound: Callable[[Path], None], tmp_path: Path
) -> None:
    line = Measured("Distance 1", 2, (Point(1, 2), Point(4, 6)), ((Quantity.length, 4.785),))
    files = {path.name: path for path in write_dicom(material, tmp_path, (line,))}
    assert list(files) == [
        "picture-0001.dcm",
        "picture-0002.dcm",
        "picture-0003.dcm",
        "segmentation.dcm",
        "map-01-any.dcm",
        "report.dcm",
    ]
    peak = pydicom.dcmread(slices[2])
    picture = pydicom.dcmread(files["picture-0001.dcm"])
    hounsfield = peak.pixel_array.astype(float) - 1024
    wanted = np.floor(np.clip((hounsfield - (80 - 100)) / 200, 0, 1) * 255 + 0.5)
    np.testing.assert_array_equal(picture.pixel_array, wanted)
    assert picture.SourceImageSequence[0].ReferencedSOPInstanceUID == peak.SOPInstanceUID
    assert "Window level 80 HU, width 200 HU. Peak of any, probability 0.90." in picture.ImageComments
    cam = hd.imread(files["map-01-any.dcm"]).get_pixels_by_source_instance(
        [peak.SOPInstanceUID], dtype=np.float64
    )
    np.testing.assert_array_equal(cam[0], material.analysis.cams[0].values.astype(np.float64))
    content = hd.sr.srread(files["report.dcm"]).content
    groups = content.get_image_measurement_groups()
    found = [
        (group.tracking_identifier, measurement.value)
        for group in groups
        for measurement in group.get_measurements(name=codes.DCM.Probability)
    ]
    assert [name for name, _ in found] == ["any", "left", "any", "left"]
    np.testing.assert_allclose([value for _, value in found], [0.9, 0.6, 0.9, 0.6], rtol=1e-6)
    assert len(groups[1].source_images) == 4
    for path in files.values():
        sound(path)
