"""DICOM Microscopy Bulk Simple Annotations: thousands of shapes in groups, by class, colour and model.

Written in mm of the slide's frame of reference where it has one (valid for every level), else in px of
level 0; with double precision, as single would move places. A polygon does not repeat its first place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml import __version__
from ml.annotation.losses import Losses
from ml.annotation.shapes import Annotation, Color, Ring, Shape
from ml.errors import Problem
from ml.exchange.contract import Document
from ml.exchange.dicom_codes import UNCLASSIFIED, class_code, clean, measured
from ml.exchange.dicom_slide import DicomSlide, open_slide_headers
from ml.exchange.pieces import Able, called, note_unsaid, pieces

TITLE = "DICOM ANN"
MODEL, VERSION = "Model", "Model version"
"""Texts of an annotation that a model made; they become the algorithm of its group."""
_ABLE = Able(
    TITLE, slanted=True, ellipse=True, lines=True, said=frozenset({"color", "measurements", "metadata"})
)
_GRAPHICS = {"polygon": "POLYGON", "rectangle": "RECTANGLE", "ellipse": "ELLIPSE", "line": "POLYLINE"}


@dataclass(frozen=True)
class _Key:
    class_name: str
    graphic: str
    color: Color | None
    model: str
    version: str


def write(document: Document, path: Path, name: str) -> Iterable[str]:
    """Write an object beside the slide that `About.dicom` names; see `Format`."""
    del name
    from highdicom.ann import MicroscopyBulkSimpleAnnotations
    from pydicom.uid import generate_uid

    slide = open_slide_headers(document.about.dicom, f"{TITLE} takes patient and place from")
    losses = Losses()
    groups = _groups(document, losses)
    if not groups:
        raise Problem("There is nothing to write.", "Draw something, or choose another format.")
    made = MicroscopyBulkSimpleAnnotations(
        source_images=[slide.full],
        annotation_coordinate_type="3D" if slide.has_frame else "2D",
        annotation_groups=[_group(n, *item, slide, losses) for n, item in enumerate(groups.items(), start=1)],
        series_instance_uid=generate_uid(),
        series_number=900,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Parfocal",
        manufacturer_model_name="Parfocal",
        software_versions=__version__,
        device_serial_number="0",
        content_label="ANNOTATIONS",
        content_description="Research use only. Not for diagnosis.",
        specific_character_set="ISO_IR 192",
    )
    made.save_as(path, enforce_file_format=True)
    return losses.sentences()


def _groups(document: Document, losses: Losses) -> dict[_Key, list[tuple[Shape, Annotation]]]:
    """What goes into each group, in the order of their first members."""
    groups: dict[_Key, list[tuple[Shape, Annotation]]] = {}
    numbers: dict[_Key, list[int]] = {}
    for number, annotation in enumerate(document.annotations):
        _note(annotation, losses)
        for piece in pieces(annotation, _ABLE, losses):
            key = _key(annotation, piece, document)
            groups.setdefault(key, []).append((piece, annotation))
            numbers.setdefault(key, []).append(number)
    order = [number for group in numbers.values() for number in group]
    if order != sorted(order):
        losses.add(f"{TITLE} keeps annotations by class and shape, so their order is another")
    return groups


def _key(annotation: Annotation, piece: Shape, document: Document) -> _Key:
    graphic = _GRAPHICS.get(piece.kind, "POINT")
    color = annotation.color or document.classes.get(annotation.class_name)
    model, version = annotation.metadata.get(MODEL, ""), annotation.metadata.get(VERSION, "")
    return _Key(annotation.class_name, graphic, color, model, version if model else "")


def _note(annotation: Annotation, losses: Losses) -> None:
    note_unsaid(annotation, _ABLE, losses)
    kept = {MODEL, VERSION} if annotation.metadata.get(MODEL) else set()
    if annotation.metadata.keys() - kept:
        losses.add(f"{TITLE} has no texts but that of the model: left out", called(annotation))
    if any(math.isnan(value) for value in annotation.measurements.values()):
        losses.add("A measurement that is no number (NaN) is left out", called(annotation))
    finite = [value for value in annotation.measurements.values() if math.isfinite(value)]
    if any(float(np.float32(value)) != value for value in finite if abs(value) < 3e38):
        losses.add("Measurements have seven digits", called(annotation))
    if any(abs(value) >= 3e38 for value in finite):
        losses.add("A measurement is too large, and became infinite", called(annotation))


def _group(
    number: int, key: _Key, members: Sequence[tuple[Shape, Annotation]], slide: DicomSlide, losses: Losses
) -> Any:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.ann import AnnotationGroup
    from highdicom.color import CIELabColor
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    where = f"“{key.class_name}”"
    algorithm = None
    if key.model:
        algorithm = AlgorithmIdentificationSequence(
            clean(key.model, where, losses),
            codes.DCM.ArtificialIntelligence,
            clean(key.version or "?", where, losses) if key.version else "unknown",
        )
    label = clean(key.class_name, where, losses) if key.class_name else UNCLASSIFIED.lower()
    return AnnotationGroup(
        number=number,
        uid=generate_uid(),
        label=label,
        annotated_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        annotated_property_type=class_code(key.class_name),
        graphic_type=key.graphic,
        graphic_data=[_places(shape, slide) for shape, _ in members],
        algorithm_type="AUTOMATIC" if algorithm else "MANUAL",
        algorithm_identification=algorithm,
        measurements=list(_measurements([annotation for _, annotation in members], losses)) or None,
        display_color=CIELabColor.from_rgb(*key.color) if key.color is not None else None,
    )


def _places(shape: Shape, slide: DicomSlide) -> Any:
    ring: Ring = shape.axes if shape.kind == "ellipse" else shape.rings[0]
    return slide.to_mm(ring) if slide.has_frame else np.array([(p.x, p.y) for p in ring], dtype=np.float64)


def _measurements(members: Sequence[Annotation], losses: Losses) -> Iterator[Any]:
    from highdicom.ann import Measurements

    for name in dict.fromkeys(name for annotation in members for name in annotation.measurements):
        values = np.array([annotation.measurements.get(name, math.nan) for annotation in members])
        if np.isnan(values).all():
            continue
        concept, unit = measured(name, f"“{name}”", losses)
        with np.errstate(over="ignore"):
            yield Measurements(concept, values, unit)
