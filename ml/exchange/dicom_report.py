"""DICOM structured reports by TID 1500: for tens of regions, each with its measurements and texts.

Regions are SCOORD3D in mm of the slide's frame of reference, in one TID 1410 group each, as SLIM keeps them.
Places have single precision, about a hundredth of a pixel. A polygon repeats its first place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ml import __version__
from ml.annotation.losses import Losses
from ml.annotation.shapes import Annotation, Ring, Shape
from ml.errors import Problem
from ml.exchange.contract import Document
from ml.exchange.dicom_codes import code_of, measured, uid_of
from ml.exchange.dicom_slide import DicomSlide, open_slide_headers
from ml.exchange.pieces import Able, called, note_unsaid, pieces

TITLE = "DICOM SR"
MOST = 2000
"""More regions than this make a report that no program opens with ease."""
_SAID = frozenset({"name", "measurements", "metadata", "id"})
_ABLE = Able(TITLE, slanted=True, ellipse=True, lines=True, said=_SAID)


def write(document: Document, path: Path, name: str) -> Iterable[str]:
    """Write a report on the slide that `About.dicom` names; see `Format`."""
    del name
    from highdicom.sr import CodedConcept, Comprehensive3DSR, MeasurementReport
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    slide = _fitting_slide(document)
    losses = Losses()
    regions = []
    for annotation in document.annotations:
        _note(annotation, losses)
        for number, piece in enumerate(pieces(annotation, _ABLE, losses)):
            regions.append(_region(annotation, piece, number, slide, losses))
    report = MeasurementReport(
        observation_context=_observer(),
        procedure_reported=CodedConcept("104157003", "SCT", "Light microscopy procedure"),
        imaging_measurements=regions,
        title=codes.DCM.ImagingMeasurementReport,
    )
    made = Comprehensive3DSR(
        evidence=[slide.full],
        content=report,
        series_instance_uid=generate_uid(),
        series_number=901,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Parfocal",
        specific_character_set="ISO_IR 192",
    )
    made.save_as(path, enforce_file_format=True)
    return losses.sentences()


def _fitting_slide(document: Document) -> DicomSlide:
    """The slide of a document that fits into a report. Raises `Problem` where it does not."""
    slide = open_slide_headers(document.about.dicom, f"{TITLE} takes patient and place from")
    if not slide.has_frame:
        raise Problem(
            "The slide does not say where its pixels lie in mm, which a structured report needs.",
            "Export as DICOM bulk annotations.",
        )
    if len(document.annotations) > MOST:
        raise Problem(
            f"{len(document.annotations):,} annotations are too many for a structured report.",
            "Export as DICOM bulk annotations, which are made for many.",
        )
    return slide


def _note(annotation: Annotation, losses: Losses) -> None:
    note_unsaid(annotation, _ABLE, losses)
    if not all(map(math.isfinite, annotation.measurements.values())):
        losses.add("Measurements that are infinite or no number are left out", called(annotation))
    if any(not name or not text for name, text in annotation.metadata.items()):
        losses.add("What has no name, or is an empty text, is not carried", called(annotation))
    if any("\ud800" <= sign <= "\udfff" or sign in "\0\x1b" for sign in annotation.name):
        losses.add("Characters that are none became question marks", called(annotation))
    if annotation.name != annotation.name.rstrip():
        losses.add("Spaces at the end of a name are not carried", called(annotation))


def _region(annotation: Annotation, piece: Shape, number: int, slide: DicomSlide, losses: Losses) -> Any:
    from highdicom.sr import (
        ImageRegion3D,
        Measurement,
        PlanarROIMeasurementsAndQualitativeEvaluations,
        QualitativeEvaluation,
        TrackingIdentifier,
    )

    where = called(annotation)
    graphic, ring = _graphic(piece)
    measurements = [
        Measurement(concept, float(value), unit)
        for name, value in annotation.measurements.items()
        if math.isfinite(value)
        for concept, unit in [measured(name, where, losses)]
    ]
    texts = [
        QualitativeEvaluation(code_of(name, where, losses), code_of(text, where, losses))
        for name, text in annotation.metadata.items()
        if name and text
    ]
    uid = uid_of(annotation.id if number == 0 else f"{annotation.id} {number}")
    title = annotation.name.translate({0: "?", 27: "?"}).encode("utf-8", "replace").decode()
    return PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=uid, identifier=title or annotation.id),
        referenced_region=ImageRegion3D(graphic, slide.to_mm(ring), slide.full.FrameOfReferenceUID),
        finding_type=code_of(annotation.class_name, where, losses) if annotation.class_name else None,
        measurements=measurements or None,
        qualitative_evaluations=texts or None,
    )


def _graphic(piece: Shape) -> tuple[str, Ring]:
    ring = piece.rings[0]
    if piece.kind == "points":
        return "POINT", ring
    if piece.kind == "line":
        return "POLYLINE", ring
    if piece.kind == "ellipse":
        return "ELLIPSE", piece.axes
    return "POLYGON", (*ring, ring[0])


def _observer() -> Any:
    from highdicom.sr import DeviceObserverIdentifyingAttributes, ObservationContext, ObserverContext
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    device = DeviceObserverIdentifyingAttributes(
        uid=generate_uid(),
        name="Parfocal",
        manufacturer_name="Parfocal",
        model_name=f"Parfocal {__version__}",
    )
    return ObservationContext(
        observer_device_context=ObserverContext(codes.DCM.Device, observer_identifying_attributes=device)
    )
