"""CSV written: one row an annotation, its shape as well-known text in level-0 px, units in the headings."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from ml.annotation.losses import Losses
from ml.annotation.packed import writing
from ml.annotation.shapes import Annotation, Plane
from ml.exchange.contract import Document
from ml.exchange.pieces import called
from ml.exchange.wkt import wkt_of

TITLE = "CSV"
SHAPE, NUCLEUS = "geometry (WKT, px)", "nucleus (WKT, px)"
MEASURED, TEXT = "measurement: ", "text: "
FIXED = ("id", "name", "class", "color", "locked", "object type", "kind", "plane (c z t)", SHAPE, NUCLEUS)
DERIVED = ("area (px²)", "length (px)", "area (µm²)", "length (µm)")


def write(document: Document, path: Path, name: str) -> Iterable[str]:
    """Write a table that any program opens; see `Format`."""
    losses = Losses()
    measured = list(dict.fromkeys(key for a in document.annotations for key in a.measurements))
    texts = list(dict.fromkeys(key for a in document.annotations for key in a.metadata))
    spacing = document.about.spacing
    derived = DERIVED if spacing else DERIVED[:2]
    with writing(path, name) as file:
        file.write("\ufeff")  # by which spreadsheets know UTF-8
        rows = csv.writer(file, lineterminator="\r\n")  # as RFC 4180, and so that both are quoted
        rows.writerow([*FIXED, *derived, *(MEASURED + m for m in measured), *(TEXT + t for t in texts)])
        for annotation in document.annotations:
            _note(annotation, document, losses)
            area, length = annotation.shape.area, float(annotation.shape.geometry.length)
            numbers = [f"{area:.2f}", f"{length:.2f}"]
            if spacing:
                numbers += [f"{spacing.area_mm2(area) * 1e6:.2f}", f"{length * spacing.mean:.2f}"]
            rows.writerow(
                [
                    *_fixed(annotation),
                    *numbers,
                    *(_number(annotation.measurements.get(key)) for key in measured),
                    *(annotation.metadata.get(key, "") for key in texts),
                ]
            )
    return losses.sentences()


def _fixed(annotation: Annotation) -> tuple[str, ...]:
    plane = annotation.plane
    return (
        annotation.id,
        annotation.name,
        annotation.class_name,
        "" if annotation.color is None else "#{:02X}{:02X}{:02X}".format(*annotation.color),
        "yes" if annotation.locked else "",
        annotation.object_type,
        annotation.shape.kind,
        "" if plane == Plane() else f"{plane.c} {plane.z} {plane.t}",
        wkt_of(annotation.shape),
        "" if annotation.nucleus is None else wkt_of(annotation.nucleus),
    )


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value))


def _note(annotation: Annotation, document: Document, losses: Losses) -> None:
    color = document.classes.get(annotation.class_name)
    if annotation.class_name and color is not None and color != annotation.color:
        losses.add(f"{TITLE} has no colours of classes, only of annotations", called(annotation))
    texts = annotation.metadata
    if not all(texts.values()):
        losses.add("Texts that are empty are not carried", called(annotation))
    said = [annotation.id, annotation.name, annotation.class_name, *texts, *texts.values()]
    if any("\ud800" <= sign <= "\udfff" for text in [*said, *annotation.measurements] for sign in text):
        losses.add("Characters that are none became question marks", called(annotation))
