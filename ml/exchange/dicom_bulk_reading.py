"""DICOM Microscopy Bulk Simple Annotations read: Parfocal's own and those of others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ml.annotation.losses import Losses
from ml.annotation.packed import unreadable
from ml.annotation.rings import FARTHEST, Misshapen, area_of
from ml.annotation.shapes import Annotation, Color, Ring, Shape
from ml.errors import Problem
from ml.exchange.contract import About, Read, wrong
from ml.exchange.dicom_bulk import MODEL, TITLE, VERSION
from ml.exchange.dicom_codes import SCHEME, UNCLASSIFIED, damage, name_of
from ml.exchange.dicom_slide import DicomSlide, open_slide_headers
from ml.geometry import Point

SOP_CLASS = b"1.2.840.10008.5.1.4.1.1.91.1"


def recognises(head: bytes) -> bool:
    """Whether a file is DICOM of this kind."""
    return head[128:132] == b"DICM" and SOP_CLASS in head[:4096]


def read(path: Path, about: About) -> Read:
    """All groups. Places in mm need the slide that `About.dicom` names. Raises `Problem`."""
    from highdicom.ann import annread

    try:
        document = annread(path)
    except OSError as error:
        raise unreadable(path.name, error) from error
    except damage() as error:
        raise wrong(path.name, TITLE, str(error)) from error
    losses = Losses()
    classes: dict[str, Color] = {}
    places = _Frame(document, about, losses)
    found: list[Annotation] = []
    for number, group in enumerate(document.AnnotationGroupSequence, start=1):
        try:
            found += _group(group, number, places, classes, losses)
        except damage() as error:
            raise wrong(path.name, TITLE, f"group {number}: {error}") from error
    return Read(tuple(found), classes, losses.sentences())


class _Frame:
    """Turns the places of one object into level-0 px."""

    def __init__(self, document: Any, about: About, losses: Losses) -> None:
        self.kind = str(document.AnnotationCoordinateType)
        self._slide: DicomSlide | None = None
        self._scale = (1.0, 1.0)
        if self.kind == "3D":
            self._slide = open_slide_headers(about.dicom, "Its places are in mm, and to show them needs")
            mine, its = document.get("FrameOfReferenceUID"), self._slide.full.get("FrameOfReferenceUID")
            if mine != its or not self._slide.has_frame:
                raise Problem(
                    "The annotations belong to another slide: they have another frame of reference.",
                    "Open the slide that they were drawn on.",
                )
            return
        if document.get("PixelOriginInterpretation") == "FRAME":
            losses.add("Its places are in single frames, and are shown as if in the whole slide")
        if about.dicom is None:
            losses.add("Its places are taken as px of the full resolution, as the slide was not given")
            return
        instance = document.ReferencedImageSequence[0].ReferencedSOPInstanceUID
        scale = open_slide_headers(about.dicom, "To place it needs").scale_of(instance)
        if scale is None:
            raise Problem(
                "The annotations belong to another slide: they refer to another image.",
                "Open the slide that they were drawn on.",
            )
        self._scale = scale

    def ring(self, places: Any) -> Ring:
        """One ring out of an array (n, 2) of px or (n, 3) of mm."""
        if not np.isfinite(places).all():
            raise Misshapen("a coordinate is no number")
        if self._slide is not None:
            ring = self._slide.to_pixels(places)
        else:
            ring = tuple(Point(x * self._scale[0], y * self._scale[1]) for x, y in places[:, :2].tolist())
        if any(abs(p.x) > FARTHEST or abs(p.y) > FARTHEST for p in ring):
            raise Misshapen("a coordinate is no number of pixels")
        return ring


def _group(
    group: Any, number: int, places: _Frame, classes: dict[str, Color], losses: Losses
) -> Iterator[Annotation]:
    class_name, color = _class_of(group, number, losses), _color_of(group)
    if class_name and color is not None:
        classes.setdefault(class_name, color)
    if group.get("AnatomicRegionSequence") or group.get("PrimaryAnatomicStructureSequence"):
        losses.add("The anatomic region of a group is not carried", f"group {number}")
    data = group.get_graphic_data(places.kind)
    measurements = _measurements(group, len(data))
    metadata = _model_of(group)
    for index, item in enumerate(data):
        try:
            shape = _shape(str(group.GraphicType), places.ring(item))
        except Misshapen as error:
            losses.add(f"Left out, as {error}", f"group {number}, annotation {index + 1}")
            continue
        measured = {name: values[index] for name, values in measurements.items()}
        measured = {name: value for name, value in measured.items() if not math.isnan(value)}
        yield Annotation(shape, "", class_name, color, measurements=measured, metadata=metadata)


def _class_of(group: Any, number: int, losses: Losses) -> str:
    """The label of the group, or what its code means."""
    code = group.annotated_property_type
    label, meaning = str(group.get("AnnotationGroupLabel") or ""), str(code.CodeMeaning)
    if code.CodingSchemeDesignator != SCHEME:
        losses.add(
            f"The code of a group (“{meaning}”) and its category are not carried; its label is the class",
            f"group {number}",
        )
        return label or meaning
    return "" if code.CodeValue == UNCLASSIFIED else label


def _color_of(group: Any) -> Color | None:
    from highdicom.color import CIELabColor

    value = group.get("RecommendedDisplayCIELabValue")
    return None if value is None else CIELabColor.from_dicom_value(list(value)).to_rgb(clip=True)


def _model_of(group: Any) -> dict[str, str]:
    sequence = group.get("AnnotationGroupAlgorithmIdentificationSequence")
    if not sequence:
        return {}
    version = str(sequence[0].get("AlgorithmVersion") or "")
    said = {MODEL: str(sequence[0].get("AlgorithmName") or "")}
    return said if version in {"", "unknown"} else said | {VERSION: version}


def _measurements(group: Any, count: int) -> dict[str, list[float]]:
    return {
        name_of(item.name, item.unit): item.get_values(count).astype(float).tolist()
        for item in group.get("MeasurementsSequence") or ()
    }


def _shape(graphic: str, ring: Ring) -> Shape:
    if graphic == "POINT":
        return Shape.points(ring)
    if graphic == "POLYLINE":
        return Shape.line(ring)
    if graphic == "ELLIPSE":
        one, other, third, _ = ring
        center = Point((one.x + other.x) / 2, (one.y + other.y) / 2)
        return Shape.ellipse(center, one, third)
    return area_of((ring,))
