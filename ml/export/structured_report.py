"""Measurements and findings as a DICOM structured report by template TID 1500."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import highdicom as hd
import numpy as np
from highdicom import sr
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ml.export.author import DEVICE_UID, MANUFACTURER, MODEL_NAME, equipment
from ml.export.measured import Judged, Measured, MeasuredAcross, Quantity
from ml.export.saving import OWN_SCHEME, save
from ml.export.source import Source
from ml.export.terms import own, term

SERIES_NUMBER = 9004

Coordinates = np.ndarray[tuple[int, int], np.dtype[np.float64]]

_HU = codes.UCUM.HounsfieldUnit
_ATTENUATION = codes.DCM.AttenuationCoefficient
_CODES: dict[Quantity, tuple[Code, Code, Code | None]] = {  # what, unit, how it was derived
    Quantity.length: (codes.SCT.Length, codes.UCUM.Millimeter, None),
    Quantity.angle: (codes.SCT.Angle, codes.UCUM.Degree, None),
    Quantity.area: (codes.SCT.Area, codes.UCUM.SquareMillimeter, None),
    Quantity.mean: (_ATTENUATION, _HU, codes.SCT.Mean),
    Quantity.deviation: (_ATTENUATION, _HU, codes.SCT.StandardDeviation),
    Quantity.minimum: (_ATTENUATION, _HU, codes.SCT.Minimum),
    Quantity.maximum: (_ATTENUATION, _HU, codes.SCT.Maximum),
}
_VERDICT = own("Verdict")


def write_report(
    source: Source,
    measured: Sequence[Measured | MeasuredAcross],
    judged: Sequence[Judged],
    path: Path,
    reader: str = "",
) -> None:
    """Write a Comprehensive SR, TID 1500: one group a measurement, one a finding.

    With a measurement across the slices it is a Comprehensive 3D SR, the only kind that may hold places in
    the patient; else the plain one, which more programs read.

    `reader` is the person who measured and judged ("Family^Given"), named as observer where given. The
    report is complete and not verified: nobody has signed it. Raises `Problem` when the disk does not let
    us, `ValueError` where there is nothing to tell.
    """
    if not measured and not judged:
        raise ValueError("neither measurements nor findings")
    save(lambda: _report(source, measured, judged, reader), source, path)


def _report(
    source: Source, measured: Sequence[Measured | MeasuredAcross], judged: Sequence[Judged], reader: str
) -> sr.ComprehensiveSR | sr.Comprehensive3DSR:
    in_space = any(isinstance(m, MeasuredAcross) for m in measured)
    groups = [_region(source, m) if m.closed else _line(source, m) for m in measured]
    groups += [_finding(source, finding) for finding in judged]
    content = sr.MeasurementReport(
        observation_context=_observers(reader),
        procedure_reported=codes.SCT.ComputedTomography,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    kind = sr.Comprehensive3DSR if in_space else sr.ComprehensiveSR
    return kind(
        evidence=list(source.headers),
        content=content,
        series_instance_uid=hd.UID(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        is_complete=True,
        is_verified=False,
        series_description="Measurements and findings, research use only",
        coding_schemes=[OWN_SCHEME],
        **equipment(),
    )


def _observers(reader: str) -> sr.ObservationContext:
    device = sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=DEVICE_UID, name=MANUFACTURER, manufacturer_name=MANUFACTURER, model_name=MODEL_NAME
        ),
    )
    person = None
    if reader:
        person = sr.ObserverContext(
            observer_type=codes.DCM.Person,
            observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=reader),
        )
    return sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _numbers(
    measured: Measured | MeasuredAcross,
    where: sr.CoordinatesForMeasurement | sr.CoordinatesForMeasurement3D | None,
) -> list[sr.Measurement]:
    return [
        sr.Measurement(
            name=_CODES[quantity][0],
            value=float(value),
            unit=_CODES[quantity][1],
            derivation=_CODES[quantity][2],
            referenced_coordinates=None if where is None else [where],
        )
        for quantity, value in measured.values
    ]


def _line(source: Source, measured: Measured | MeasuredAcross) -> sr.MeasurementsAndQualitativeEvaluations:
    """An open line or an angle (TID 1501): its points go with each number."""
    where: sr.CoordinatesForMeasurement | sr.CoordinatesForMeasurement3D
    if isinstance(measured, Measured):
        where = sr.CoordinatesForMeasurement(
            graphic_type=sr.GraphicTypeValues.POLYLINE,
            graphic_data=_points(measured),
            source_image=_image(source, measured.slice_number),
        )
    else:
        where = sr.CoordinatesForMeasurement3D(
            graphic_type=sr.GraphicTypeValues3D.POLYLINE,
            graphic_data=_places(measured),
            frame_of_reference_uid=source.headers[0].FrameOfReferenceUID,
        )
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=hd.UID(), identifier=measured.name),
        finding_type=codes.SCT.Finding,
        measurements=_numbers(measured, where),
    )


def _region(
    source: Source, measured: Measured | MeasuredAcross
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    """A closed outline (TID 1410)."""
    where: sr.ImageRegion | sr.ImageRegion3D
    if isinstance(measured, Measured):
        where = sr.ImageRegion(
            graphic_type=sr.GraphicTypeValues.POLYLINE,
            graphic_data=_points(measured),
            source_image=_image(source, measured.slice_number),
        )
    else:
        where = sr.ImageRegion3D(
            graphic_type=sr.GraphicTypeValues3D.POLYGON,
            graphic_data=_places(measured),
            frame_of_reference_uid=source.headers[0].FrameOfReferenceUID,
        )
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=hd.UID(), identifier=measured.name),
        referenced_region=where,
        finding_type=codes.SCT.Finding,
        measurements=_numbers(measured, None),
    )


def _finding(source: Source, judged: Judged) -> sr.MeasurementsAndQualitativeEvaluations:
    """A model's finding (TID 1501) with its probability, what a person made of it, and the slices."""
    slices = judged.slices or range(source.count)
    frames = [frame for slice_ in slices for frame in source.frames(slice_) or []]
    images = [
        sr.SourceImageForMeasurementGroup(
            referenced_sop_class_uid=header.SOPClassUID,
            referenced_sop_instance_uid=header.SOPInstanceUID,
            referenced_frame_numbers=frames if judged.slices and frames else None,
        )
        for header in source.some(slices)
    ]
    probability = sr.Measurement(
        name=codes.DCM.Probability,
        value=float(judged.probability),
        unit=codes.UCUM.NoUnits,
        method=own("Calibrated") if judged.calibrated else None,
    )
    verdicts = []
    if judged.verdict != "open":
        verdicts = [sr.QualitativeEvaluation(name=_VERDICT, value=own(judged.verdict.capitalize()))]
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=hd.UID(), identifier=judged.name),
        finding_type=term(judged.name),
        algorithm_id=judged.algorithm.for_report(),
        measurements=[probability],
        qualitative_evaluations=verdicts or None,
        source_images=images,
    )


def _points(measured: Measured) -> Coordinates:
    points = [*measured.points, measured.points[0]] if measured.closed else list(measured.points)
    return np.array([(point.x, point.y) for point in points])


def _places(measured: MeasuredAcross) -> Coordinates:
    places = [*measured.places, measured.places[0]] if measured.closed else list(measured.places)
    return np.array(places, dtype=np.float64)


def _image(source: Source, slice_: int) -> sr.SourceImageForRegion:
    header = source.header(slice_)
    return sr.SourceImageForRegion(
        referenced_sop_class_uid=header.SOPClassUID,
        referenced_sop_instance_uid=header.SOPInstanceUID,
        referenced_frame_numbers=source.frames(slice_),
    )
