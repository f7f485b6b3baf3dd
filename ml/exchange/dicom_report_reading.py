"""DICOM structured reports by TID 1500 read: the planar regions of Parfocal's own and of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ml.annotation.losses import Losses
from ml.annotation.packed import unreadable
from ml.annotation.rings import FARTHEST, Misshapen, area_of
from ml.annotation.shapes import Annotation, Ring, Shape
from ml.errors import Problem
from ml.exchange.contract import About, Read, wrong
from ml.exchange.dicom_codes import damage, id_of, name_of
from ml.exchange.dicom_report import TITLE
from ml.exchange.dicom_slide import DicomSlide, open_slide_headers
from ml.geometry import Point

_KINDS = tuple(b"1.2.840.10008.5.1.4.1.1.88.%d\0" % kind for kind in (22, 33, 34))


def recognises(head: bytes) -> bool:
    """Whether a file is a DICOM structured report that may hold regions."""
    return head[128:132] == b"DICM" and any(kind in head[:4096] for kind in _KINDS)


def read(path: Path, about: About) -> Read:
    """All planar regions. Places in mm need the slide that `About.dicom` names. Raises `Problem`."""
    from highdicom.sr import srread

    try:
        content: Any = srread(path).content
        groups = content.get_planar_roi_measurement_groups()
        others = len(content.get_volumetric_roi_measurement_groups())
        others += len(content.get_image_measurement_groups())
    except OSError as error:
        raise unreadable(path.name, error) from error
    except damage() as error:
        where = f"it does not follow TID 1500 ({error})"
        raise wrong(path.name, "a DICOM report of measurements", where) from error
    losses = Losses()
    if others:
        losses.add(f"{others:,} measurement groups that mark no region of a plane are left out")
    slide = None if about.dicom is None else open_slide_headers(about.dicom, TITLE)
    found: list[Annotation] = []
    for number, group in enumerate(groups, start=1):
        try:
            found += _region(group, f"group {number}", slide, losses)
        except damage() as error:
            raise wrong(path.name, TITLE, f"group {number}: {error}") from error
    return Read(tuple(found), {}, losses.sentences())


def _region(group: Any, place: str, slide: DicomSlide | None, losses: Losses) -> Iterator[Annotation]:
    roi = group.roi
    if roi is None:
        losses.add("A region that is a segmentation is left out", place)
        return
    try:
        shape = _shape(roi.graphic_type.value, _ring(roi, place, slide, losses))
    except Misshapen as error:
        losses.add(f"Left out, as {error}", place)
        return
    if group.finding_sites or group.method is not None or group.finding_category is not None:
        losses.add("Site, method and category of a finding are not carried", place)
    finding, known = group.finding_type, id_of(str(group.tracking_uid or ""))
    name = str(group.tracking_identifier or "")
    yield Annotation(
        shape,
        name="" if name == known else name,  # a group must have one, so one without has its identifier
        class_name="" if finding is None else str(finding.meaning),
        measurements={name_of(m.name, m.unit): float(m.value) for m in group.get_measurements()},
        metadata={str(e.name.meaning): str(e.value.meaning) for e in group.get_qualitative_evaluations()},
        id=known,
    )


def _ring(roi: Any, place: str, slide: DicomSlide | None, losses: Losses) -> Ring:
    places = np.asarray(roi.value, dtype=np.float64)
    if not np.isfinite(places).all():
        raise Misshapen("a coordinate is no number")
    if roi.value_type.value == "SCOORD3D":
        ring = _on_slide(slide, str(roi.frame_of_reference_uid)).to_pixels(places)
    else:
        across, down = _scale(roi, place, slide, losses)
        ring = tuple(Point(x * across, y * down) for x, y in places.tolist())
    if any(abs(p.x) > FARTHEST or abs(p.y) > FARTHEST for p in ring):
        raise Misshapen("a coordinate is no number of pixels")
    return ring


def _on_slide(slide: DicomSlide | None, frame: str) -> DicomSlide:
    if slide is None:
        return open_slide_headers(None, "Its places are in mm, and to show them needs")
    if slide.full.get("FrameOfReferenceUID") != frame or not slide.has_frame:
        raise Problem(
            "The report belongs to another image: it has another frame of reference.",
            "Open the slide that its regions were drawn on.",
        )
    return slide


def _scale(roi: Any, place: str, slide: DicomSlide | None, losses: Losses) -> tuple[float, float]:
    """How many level-0 px one px is of the image that a region in px refers to."""
    if slide is None:
        losses.add("Its places are taken as px of the full resolution, as the slide was not given", place)
        return 1.0, 1.0
    items = roi.get("ContentSequence") or ()
    instances = [
        str(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for item in items
        if item.get("ReferencedSOPSequence")
    ]
    scale = slide.scale_of(instances[0]) if instances else None
    if scale is None:
        raise Problem(
            "The report belongs to another image: its regions refer to none of this slide.",
            "Open the slide that its regions were drawn on.",
        )
    return scale


def _shape(graphic: str, ring: Ring) -> Shape:
    if graphic in {"POINT", "MULTIPOINT"}:
        return Shape.points(ring)
    if graphic == "ELLIPSE":
        one, other, third, _ = ring
        center = Point((one.x + other.x) / 2, (one.y + other.y) / 2)
        return Shape.ellipse(center, one, third)
    if graphic == "CIRCLE":
        center, rim = ring
        return Shape.ellipse(center, rim, Point(center.x - (rim.y - center.y), center.y + (rim.x - center.x)))
    closed = graphic == "POLYGON" or (len(ring) > 3 and ring[0] == ring[-1])
    if not closed:
        return Shape.line(ring)
    ring = ring[:-1] if ring[0] == ring[-1] else ring
    if len(ring) < 3:
        raise Misshapen("it has fewer than three places")
    return area_of((ring,))
