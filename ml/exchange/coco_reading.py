"""COCO as read: annotations of one picture, or a bare list of results; polygons, masks, boxes, key points."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

import shapely

from ml.annotation.feature import color_of
from ml.annotation.json_items import JsonItems, NoJson
from ml.annotation.losses import Losses
from ml.annotation.packed import NoText, reading, text_of
from ml.annotation.rings import FARTHEST, Misshapen, area_of, is_elliptic
from ml.annotation.shapes import Annotation, Color, Plane, Ring, Shape, polygons_of
from ml.errors import Problem
from ml.exchange.coco import OWN, TITLE, UNCLASSIFIED
from ml.exchange.coco_mask import area_of_mask, flat_rings
from ml.exchange.contract import About, Read, wrong
from ml.geometry import Point, Rect

_ROOT = re.compile(rb'"(images|categories|annotations)"\s*:\s*\[')
_RESULTS = re.compile(rb'^\s*\[\s*\{[^{}]*"(image_id|category_id)"')
_KNOWN = {
    "id",
    "image_id",
    "category_id",
    "segmentation",
    "area",
    "bbox",
    "iscrowd",
    "keypoints",
    "attributes",
}
_KNOWN |= {"num_keypoints", "score", OWN}
_Entry = Mapping[str, object]


def recognises(head: bytes) -> bool:
    """Whether a file begins like COCO: with its lists, and like no other JSON that has one of these."""
    if _RESULTS.match(head):
        return True
    other = b'"schema_ref"' in head or b'"FeatureCollection"' in head[:2000]
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and bool(_ROOT.search(head)) and not other


def read(path: Path, about: About) -> Read:
    """The annotations of the one picture, or of the one named like the slide. Raises `Problem`."""
    entries: list[object] = []
    with reading(path) as raw:
        items = JsonItems(text_of(raw))
        try:
            entries.extend(items.of_list("annotations"))
        except (NoJson, NoText) as error:
            raise wrong(path.name, TITLE, str(error)) from error
    root = items.rest if isinstance(items.rest, Mapping) else {}
    losses = Losses()
    colors: dict[str, Color] = {}
    names = _categories(root.get("categories"), colors, losses)
    numbered = [(n, entry) for n, entry in enumerate(entries, start=1) if isinstance(entry, Mapping)]
    if len(numbered) < len(entries):
        raise wrong(path.name, TITLE, "an annotation is no object")
    shown = _picture(numbered, root.get("images"), about, path.name, losses)
    found: list[Annotation] = []
    for number, entry in numbered:
        if shown is not None and entry.get("image_id") != shown:
            continue
        try:
            found += _annotation(entry, f"annotation {number}", names, colors, losses)
        except Misshapen as error:
            raise wrong(path.name, TITLE, f"annotation {number}: {error}") from error
    for key in sorted(root.keys() - {"images", "categories", "annotations", "info", "licenses"}):
        losses.add(f"“{key}” of the whole file is not carried")
    return Read(tuple(found), colors, losses.sentences())


def _categories(listed: object, colors: dict[str, Color], losses: Losses) -> dict[object, str]:
    names: dict[object, str] = {}
    for category in listed if isinstance(listed, list) else ():
        if not isinstance(category, Mapping) or not isinstance(category.get("id"), int | str):
            continue
        name, above = str(category.get("name") or ""), str(category.get("supercategory") or "")
        if above not in {"", "none", name} and not name.startswith(f"{above}: "):
            losses.add("Supercategories are not carried", f"“{name}”")
        names[category["id"]] = name
        color = color_of(category.get("color"))
        if color is not None and name != UNCLASSIFIED:
            colors[name] = color
    return names


def _picture(
    entries: list[tuple[int, _Entry]], images: object, about: About, file: str, losses: Losses
) -> object:
    """The id of the picture whose annotations are wanted; None where all are of one."""
    ids = {str(entry.get("image_id")): entry.get("image_id") for _, entry in entries}
    if len(ids) < 2:
        return None
    listed = [i for i in (images if isinstance(images, list) else ()) if isinstance(i, Mapping)]
    stem = PurePath(about.name).stem
    for image in listed:
        if stem and PurePath(str(image.get("file_name"))).stem == stem:
            rest = sum(entry.get("image_id") != image.get("id") for _, entry in entries)
            losses.add(f"Annotations of other pictures are left out ({rest:,})")
            return image.get("id")
    raise Problem(
        f"“{file}” holds annotations of {len(ids):,} pictures, and none is named like the slide.",
        "Name the slide as its picture is named in the file, or keep one picture in it.",
        file=file,
    )


def _annotation(
    entry: _Entry, place: str, names: Mapping[object, str], colors: Mapping[str, Color], losses: Losses
) -> Iterator[Annotation]:
    own = entry.get(OWN)
    own = own if isinstance(own, Mapping) else {}
    for key in sorted(entry.keys() - _KNOWN):
        losses.add(f"“{key}” is not carried", place)
    if entry.get("iscrowd") == 1:
        losses.add("That it marks a crowd is not carried", place)
    category = entry.get("category_id")
    class_name = names.get(category, "") if isinstance(category, int | str) else ""
    if not class_name and category is not None and category not in names:
        losses.add("Its category is not in the file: its number is its class", place)
        class_name = str(category)
    if own.get("classified") is False:
        class_name = ""
    measurements, metadata = _attributes(entry.get("attributes"), place, losses)
    if (score := _finite(entry.get("score"))) is not None:
        measurements.setdefault("score", score)
    yield Annotation(
        _shape(entry, own, place, losses),
        name=str(own.get("name") or ""),
        class_name=class_name,
        color=color_of(own.get("color")) or (None if own else colors.get(class_name)),
        locked=own.get("locked") is True,
        measurements=measurements,
        metadata=metadata,
        id=str(own.get("id") or uuid.uuid4()),
        object_type=str(own.get("objectType") or "annotation"),
        plane=_plane(own.get("plane")),
    )


def _shape(entry: _Entry, own: _Entry, place: str, losses: Losses) -> Shape:
    segmentation, keypoints, box = (entry.get(key) for key in ("segmentation", "keypoints", "bbox"))
    if isinstance(segmentation, Mapping):
        return area_of_mask(segmentation)
    rings = [_ring(flat) for flat in flat_rings(segmentation)] if isinstance(segmentation, list) else []
    if isinstance(keypoints, list) and keypoints:
        if rings:
            losses.add("Its key points are left out beside its outline", place)
        else:
            return _points(keypoints)
    if rings:
        if own.get("kind") == "ellipse" and is_elliptic(rings[0]):
            return Shape(tuple(rings[:1]), "ellipse")
        return _joined(rings)
    if isinstance(box, list) and len(box) == 4:
        x, y, width, height = (_coordinate(value) for value in box)
        if width > 0 and height > 0:
            return Shape.rectangle(Rect(x, y, width, height))
    raise Misshapen("it has neither an outline nor a box nor key points")


def _joined(rings: list[Ring]) -> Shape:
    """What several outlines cover together, as COCO means it."""
    areas = [area_of((ring,)) for ring in rings]
    if len(areas) == 1:
        return areas[0]
    alone = Shape(tuple(rings), "polygon", tuple(range(len(rings))))
    if shapely.is_valid(alone.polygon):
        return alone
    parts = Shape.areas([part for area in areas for part in polygons_of(area.polygon)])
    if shapely.is_valid(parts.polygon):
        return parts
    return Shape.areas(polygons_of(shapely.union_all([area.polygon for area in areas])))


def _points(flat: list[object]) -> Shape:
    """Triples x, y and how visible; what is not marked (0) is left out, as COCO means it."""
    if len(flat) % 3:
        raise Misshapen("its key points are no triples")
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    places = [Point(_coordinate(x), _coordinate(y)) for x, y, seen in triples if seen]
    if not places:
        raise Misshapen("none of its key points is marked")
    return Shape.points(places)


def _ring(flat: list[object]) -> Ring:
    values = [_coordinate(value) for value in flat]
    ring = tuple(Point(x, y) for x, y in zip(values[::2], values[1::2], strict=False))
    ring = ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
    if len(values) % 2 or len(ring) < 3:
        raise Misshapen("its outline is no list x, y, x, y… of three places or more")
    return ring


def _coordinate(value: object) -> float:
    if type(value) in {int, float} and -FARTHEST <= value <= FARTHEST:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    raise Misshapen(f"a coordinate is no number of pixels: {str(value)[:40]}")


def _attributes(said: object, place: str, losses: Losses) -> tuple[dict[str, float], dict[str, str]]:
    measurements, metadata = {}, {}
    for key, value in said.items() if isinstance(said, Mapping) else ():
        if isinstance(value, bool | str):
            metadata[str(key)] = value if isinstance(value, str) else str(value).lower()
        elif (number := _finite(value)) is not None:
            measurements[str(key)] = number
        else:
            losses.add(f"The attribute “{str(key)[:40]}” is neither a number nor a text: left out", place)
    return measurements, metadata


def _finite(value: object) -> float | None:
    """A number as it is; None for all else, and for a whole number that is too long."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _plane(value: object) -> Plane:
    fine = isinstance(value, list) and len(value) == 3 and all(type(n) is int for n in value)
    return Plane(*value) if fine and isinstance(value, list) else Plane()
