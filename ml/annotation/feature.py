"""What QuPath's GeoJSON says about one object beside its outline: both ways.

After QuPath's own reader and writer (`QuPathTypeAdapters`): it refuses a classification that has a name but
no colour, so both are always written; it still reads what its older versions wrote, and so does this.
"""

from __future__ import annotations

import math
import re
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from ml.annotation.rings import geometry_of
from ml.annotation.shapes import Annotation, Color, Plane, Shape
from ml.palette import CLASS_COLORS

Text = Callable[[int], str]
"""Hands out the next so many characters of a text, "" at its end."""

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_NO_CLASSES: Mapping[str, Color] = {}
_FIRST_PLANE = Plane()
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TYPES = ("annotation", "detection", "cell", "tile", "tmaCore", "root")


def feature_of(annotation: Annotation, classes: Mapping[str, Color] = _NO_CLASSES) -> dict[str, object]:
    """The annotation as a GeoJSON Feature that QuPath 0.4 and later read; `classes` holds their colours."""
    said: dict[str, object] = {"objectType": annotation.object_type}
    if annotation.name:
        said["name"] = annotation.name
    color = annotation.color
    if annotation.class_name:
        shown = classes.get(annotation.class_name) or color or class_color(annotation.class_name)
        said["classification"] = {"name": annotation.class_name, "color": list(shown)}
        color = None if color == shown else color
    if color is not None:
        said["color"] = list(color)
    if annotation.locked:
        said["isLocked"] = True
    if annotation.measurements:
        said["measurements"] = {name: _number(v) for name, v in annotation.measurements.items()}
    if annotation.metadata:
        said["metadata"] = dict(annotation.metadata)
    feature: dict[str, object] = {
        "type": "Feature",
        "id": uuid_of(annotation.id) or str(uuid.uuid5(uuid.NAMESPACE_OID, annotation.id)),
        "geometry": _geometry(annotation.shape, annotation.plane),
    }
    if annotation.nucleus is not None:
        feature["nucleusGeometry"] = _geometry(annotation.nucleus, annotation.plane)
    feature["properties"] = said
    return feature


def _geometry(shape: Shape, plane: Plane) -> dict[str, object]:
    geometry = geometry_of(shape)
    if plane != _FIRST_PLANE:
        geometry["plane"] = {"c": plane.c, "z": plane.z, "t": plane.t}
    return geometry


def plane_of(value: object) -> Plane:
    """The plane of a geometry, the first where it names none."""
    said = value.get("plane") if isinstance(value, dict) else None
    if not isinstance(said, dict):
        return _FIRST_PLANE
    numbers = {k: said[k] for k in ("c", "z", "t") if type(said.get(k)) is int and abs(said[k]) < 1 << 31}
    return Plane(**numbers)


def class_color(name: str) -> Color:
    """A colour for a class that has none: always the same for the same name."""
    return CLASS_COLORS[zlib.crc32(name.encode("utf-8", "replace")) % len(CLASS_COLORS)]


def uuid_of(value: object) -> str | None:
    """The UUID that this is, as text; None for anything else (older versions wrote the kind of object)."""
    if isinstance(value, str) and _UUID.fullmatch(value):  # many times faster than by `uuid`
        return value
    try:
        return str(uuid.UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def object_type(said: Mapping[str, object]) -> str:
    """What kind of object it is, under today's or an older key; "annotation" when no kind of QuPath's is."""
    for key in ("objectType", "object_type", "type"):
        kind = said.get(key)
        if isinstance(kind, str):
            return kind if kind in _TYPES else "annotation"
    return "annotation"


def classification_of(value: object) -> tuple[str, Color | None]:
    """Name and colour of a class: a bare word, an object with `name` or `names`, or nothing."""
    if isinstance(value, str):
        return value, None
    if not isinstance(value, dict):
        return "", None
    names = value.get("names")
    parts = names if isinstance(names, list) else [value.get("name") or ""]
    name = ": ".join(str(part) for part in parts)  # how QuPath shows a class made of parts
    color = color_of(value.get("color"))
    return name, color if color is not None else color_of(value.get("colorRGB"))


def color_of(value: object) -> Color | None:
    """[r, g, b], [r, g, b, a], or the packed number of older versions; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value >> 16 & 255, value >> 8 & 255, value & 255)
    if not isinstance(value, list) or len(value) not in {3, 4}:
        return None
    parts = [part for part in value[:3] if isinstance(part, int) and 0 <= part <= 255]
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else None


def measurements_of(value: object) -> dict[str, float]:
    """Numbers by name: an object, or the older list of name and value. What is not a number is left out."""
    pairs: list[tuple[object, object]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(item.get("name"), item.get("value")) for item in value if isinstance(item, dict)]
    found = {}
    for name, said in pairs:
        number = _NOT_FINITE.get(said) if isinstance(said, str) else said
        if isinstance(name, str) and isinstance(number, int | float) and not isinstance(number, bool):
            found[name] = _float(number)
    return found


def is_translucent(said: Mapping[str, object]) -> bool:
    """Whether a colour can be seen through, its own or that of its class."""
    colors = [said.get("color")]
    if isinstance(classified := said.get("classification"), dict):
        colors.append(classified.get("color"))
    return any(isinstance(c, list) and len(c) == 4 and c[3] != 255 for c in colors)


def height_of(geometry: object) -> bool:
    """Whether the first place of a geometry has a third coordinate that is not 0."""
    place = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(place, list) and place and isinstance(place[0], list):
        place = place[0]
    return isinstance(place, list) and len(place) > 2 and place[2] not in (0, None)


def with_shape(annotation: Annotation, shape: Shape) -> Annotation:
    """The annotation with another shape."""
    return replace(annotation, shape=shape)


def metadata_of(value: object) -> dict[str, str]:
    """Words by name."""
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(name): said if isinstance(said, str) else str(said) for name, said in pairs}


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number of hundreds of digits
        return math.copysign(math.inf, number > 0 or -1)


def _number(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
