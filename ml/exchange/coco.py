"""COCO as written: categories, polygons, boxes and key points, in level-0 px of one picture."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from ml.annotation.feature import class_color
from ml.annotation.losses import Losses
from ml.annotation.packed import writing
from ml.annotation.shapes import Annotation, Color, Plane, Shape
from ml.exchange.contract import Document
from ml.exchange.pieces import Able, called, note_unsaid, pieces

TITLE = "COCO"
OWN = "parfocal"
"""The key under which stands what COCO has no word for; other programs pass over it."""
UNCLASSIFIED = "unclassified"
_SAID = frozenset({"name", "color", "locked", "measurements", "metadata", "object_type", "plane", "id"})
_ABLE = Able(TITLE, ellipse=True, slanted=True, points=True, parts=True, said=_SAID)


def write(document: Document, path: Path, name: str) -> Iterable[str]:
    """Write a file that pycocotools opens; see `Format`. Categories keep the colours of classes."""
    losses = Losses()
    numbers = _categories(document)
    with writing(path, name) as file:
        head = {"images": [_image(document, losses)], "categories": _listed(document, numbers)}
        file.write(_json(head)[:-1] + ', "annotations": [\n')
        before = ""
        for number, annotation in enumerate(document.annotations, start=1):
            entry = _entry(annotation, number, numbers, losses)
            if entry is not None:
                line = _json(entry)
                if not (line + annotation.class_name).isascii() and _has_halves(line + annotation.class_name):
                    losses.add("Characters that are none became question marks", called(annotation))
                file.write(before + line)
                before = ",\n"
        file.write("\n]}\n")
    return losses.sentences()


def _has_halves(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _image(document: Document, losses: Losses) -> dict[str, object]:
    size = document.about.size
    if size is None:
        losses.add("The size of the slide is not known: the picture is as large as what is drawn on it")
    bounds = [a.shape.bounds for a in document.annotations]
    width = size.width if size else math.ceil(max((b.right for b in bounds), default=1))
    height = size.height if size else math.ceil(max((b.bottom for b in bounds), default=1))
    return {"id": 1, "file_name": document.about.name, "width": max(width, 1), "height": max(height, 1)}


def _categories(document: Document) -> dict[str, int]:
    """The number of each class, in the order in which they come; "" stands for none."""
    names = dict.fromkeys((*document.classes, *(a.class_name for a in document.annotations)))
    return {name: number for number, name in enumerate(names, start=1)}


def _listed(document: Document, numbers: Mapping[str, int]) -> list[dict[str, object]]:
    colors = {a.class_name: a.color for a in document.annotations if a.color is not None}
    pointed = {a.class_name for a in document.annotations if a.shape.kind == "points"}
    listed: list[dict[str, object]] = []
    for name, number in numbers.items():
        color: Color = document.classes.get(name) or colors.get(name) or class_color(name)
        category: dict[str, object] = {
            "id": number,
            "name": name or UNCLASSIFIED,
            "supercategory": name.rpartition(": ")[0],
            "color": list(color),
        }
        if name in pointed:  # without which pycocotools refuses to draw
            category |= {"keypoints": ["point"], "skeleton": []}
        listed.append(category)
    return listed


def _entry(
    annotation: Annotation, number: int, numbers: Mapping[str, int], losses: Losses
) -> dict[str, object] | None:
    note_unsaid(annotation, _ABLE, losses)
    shapes = pieces(annotation, _ABLE, losses)
    if not shapes:
        return None
    bounds = annotation.shape.bounds
    entry: dict[str, object] = {
        "id": number,
        "image_id": 1,
        "category_id": numbers[annotation.class_name],
        "iscrowd": 0,
        "bbox": [bounds.x, bounds.y, bounds.width, bounds.height],
        "area": annotation.shape.area,
        "segmentation": [],
    }
    if annotation.shape.kind == "points":
        places = annotation.shape.rings[0]
        entry |= {"keypoints": [v for p in places for v in (p.x, p.y, 2)], "num_keypoints": len(places)}
    else:
        entry["segmentation"] = [_flat(shape) for shape in shapes]
    return entry | {"attributes": _attributes(annotation, losses), OWN: _own(annotation)}


def _flat(shape: Shape) -> list[float]:
    return [value for place in shape.rings[0] for value in (place.x, place.y)]


def _attributes(annotation: Annotation, losses: Losses) -> dict[str, object]:
    finite = {name: value for name, value in annotation.measurements.items() if math.isfinite(value)}
    if len(finite) < len(annotation.measurements):
        losses.add("JSON has no numbers that are infinite or none: left out", called(annotation))
    if finite.keys() & annotation.metadata.keys():
        losses.add("Of a number and a text of the same name only the number is carried", called(annotation))
    return {**annotation.metadata, **finite}


def _own(annotation: Annotation) -> dict[str, object]:
    own: dict[str, object] = {"id": annotation.id, "kind": annotation.shape.kind}
    if not annotation.class_name:
        own["classified"] = False
    if annotation.name:
        own["name"] = annotation.name
    if annotation.color is not None:
        own["color"] = list(annotation.color)
    if annotation.locked:
        own["locked"] = True
    if annotation.object_type != "annotation":
        own["objectType"] = annotation.object_type
    if annotation.plane != Plane():
        own["plane"] = [annotation.plane.c, annotation.plane.z, annotation.plane.t]
    return own


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
