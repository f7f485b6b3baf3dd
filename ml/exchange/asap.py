"""ASAP XML: outlines in groups, as ASAP's `XmlRepository` reads and writes it.

It refuses a whole file when a group that an annotation names is not declared, so all are, with the groups
above them. Class names become groups; “Tumor: Positive” stands in the group “Tumor”.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ml.annotation.feature import class_color
from ml.annotation.losses import Losses
from ml.annotation.packed import writing
from ml.annotation.rings import Misshapen, area_of
from ml.annotation.shapes import Annotation, Color, Ring, Shape
from ml.exchange.contract import About, Document, Read
from ml.exchange.pieces import Able, called, note_unsaid, pieces, shown_color
from ml.exchange.xml_tree import Element, NotANumber, attributes, is_xml, point_of, problem_of, read_xml
from ml.geometry import Point

TITLE = "ASAP XML"
_ABLE = Able(TITLE, segments=True, points=True, said=frozenset({"name", "color"}))
_TYPES = {"Dot", "Polygon", "Spline", "PointSet", "Measurement", "Rectangle"}
_KEPT = "ASAP type"  # in the metadata, for what would otherwise come back as something else
_NO_GROUP = "None"  # ASAP's own word
_HEX = re.compile("#[0-9A-Fa-f]{6}")


def recognises(head: bytes) -> bool:
    """Whether a file begins like one of ASAP's."""
    return b"<ASAP_Annotations" in head


def read(path: Path, about: About) -> Read:
    """All annotations. Raises `Problem`, naming the line."""
    del about
    losses = Losses()
    root = read_xml(path, TITLE)
    groups = {group.get("Name"): group for group in root.below("AnnotationGroups", "Group")}
    for group in groups.values():
        if any(attribute.said for attribute in group.below("Attributes", "Attribute")):
            losses.add("Attributes of groups are not carried", f"“{group.get('Name')}”")
    classes = {
        _class_of(name, groups): color
        for name, group in groups.items()
        if (color := _color(group.get("Color"))) is not None
    }
    found: list[Annotation] = []
    try:
        for number, element in enumerate(root.below("Annotations", "Annotation"), start=1):
            found += _annotation(element, f"annotation {number}, line {element.line}", groups, losses)
    except NotANumber as error:
        raise problem_of(error, path, TITLE) from error
    return Read(tuple(found), classes, losses.sentences())


def _annotation(
    element: Element, place: str, groups: Mapping[str, Element], losses: Losses
) -> Iterator[Annotation]:
    kind, group = element.get("Type"), element.get("PartOfGroup", _NO_GROUP)
    coordinates = list(element.below("Coordinates", "Coordinate"))
    if all(c.get("Order").isdigit() for c in coordinates):
        coordinates.sort(key=lambda c: int(c.get("Order")[:18]))
    ring = tuple(point_of(coordinate) for coordinate in coordinates)
    try:
        shape = _shape(kind, ring)
    except Misshapen as error:
        losses.add(f"Left out, as {error}", place)
        return
    metadata = {}
    if kind == "Spline":
        losses.add("A spline came as straight lines between its places", place)
        metadata[_KEPT] = kind
    elif kind not in _TYPES:
        losses.add(f"“{kind[:40]}” is no type of ASAP's: taken as an outline", place)
    if group != _NO_GROUP and group not in groups:
        losses.add("Its group is declared nowhere, for which ASAP refuses the file", place)
    yield Annotation(
        shape,
        name=element.get("Name"),
        class_name="" if group == _NO_GROUP else _class_of(group, groups),
        color=_color(element.get("Color")),
        metadata=metadata,
    )


def _shape(kind: str, ring: Ring) -> Shape:
    if not ring:
        raise Misshapen("it has no places")
    if kind in {"Dot", "PointSet"}:
        return Shape.points(ring)
    if kind == "Measurement":
        if len(ring) < 2:
            raise Misshapen("it is a line of one place")
        return Shape.line(ring)
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring = ring[:-1]
    if kind == "Rectangle" and len(ring) == 2:
        (a, b) = ring
        ring = (Point(a.x, a.y), Point(b.x, a.y), Point(b.x, b.y), Point(a.x, b.y))
    if len(ring) < 3:
        raise Misshapen("it has fewer than three places")
    return area_of((ring,))


def _class_of(group: str, groups: Mapping[str, Element]) -> str:
    """The name of a class: that of the group, with the groups above it unless it holds them already."""
    name, seen = group, {group}
    above = groups[group].get("PartOfGroup", _NO_GROUP) if group in groups else _NO_GROUP
    while above not in {_NO_GROUP, ""} and above not in seen:
        seen.add(above)
        name = name if name.startswith(f"{above}: ") else f"{above}: {name}"
        above = groups[above].get("PartOfGroup", _NO_GROUP) if above in groups else _NO_GROUP
    return name


def write(document: Document, path: Path, name: str) -> Iterable[str]:
    """Write a file that ASAP opens; see `Format`."""
    losses = Losses()
    groups = dict(document.classes)
    with writing(path, name) as file:
        file.write('<?xml version="1.0"?>\n<ASAP_Annotations>\n\t<Annotations>\n')
        for annotation in document.annotations:
            if annotation.class_name:
                color = annotation.color or class_color(annotation.class_name)
                groups.setdefault(annotation.class_name, color)
            file.writelines(_lines(annotation, document.classes, losses))
        file.write("\t</Annotations>\n\t<AnnotationGroups>\n")
        file.writelines(_groups(groups))
        file.write("\t</AnnotationGroups>\n</ASAP_Annotations>\n")
    return losses.sentences()


def _lines(annotation: Annotation, classes: Mapping[str, Color], losses: Losses) -> Iterator[str]:
    metadata = {k: v for k, v in annotation.metadata.items() if k != _KEPT}
    note_unsaid(Annotation(**{**vars(annotation), "metadata": metadata}), _ABLE, losses)
    if not all(map(is_xml, annotation.name + annotation.class_name)):
        losses.add("XML cannot hold some characters: they became �", called(annotation))
    if annotation.class_name == _NO_GROUP:
        losses.add("“None” means no class in ASAP: the class is called “None (class)”", called(annotation))
    color = shown_color(annotation, classes, _ABLE, losses)
    for piece in pieces(annotation, _ABLE, losses):
        kind = _type_of(piece, annotation.metadata.get(_KEPT, ""))
        group = _group(annotation.class_name) or _NO_GROUP
        said = attributes(Name=annotation.name, Type=kind, PartOfGroup=group, Color=_hex(color))
        yield f"\t\t<Annotation{said}>\n\t\t\t<Coordinates>\n"
        for order, place in enumerate(piece.rings[0]):
            yield f'\t\t\t\t<Coordinate Order="{order}" X="{place.x!r}" Y="{place.y!r}" />\n'
        yield "\t\t\t</Coordinates>\n\t\t</Annotation>\n"


def _type_of(piece: Shape, kept: str) -> str:
    if piece.kind == "points":
        return "Dot" if len(piece.rings[0]) == 1 else "PointSet"
    if piece.kind == "line":
        return "Measurement"
    if piece.kind == "rectangle":
        return "Rectangle"
    return "Spline" if kept == "Spline" else "Polygon"


def _groups(classes: Mapping[str, Color]) -> Iterator[str]:
    """Every class as a group, after the groups that it stands in."""
    declared: set[str] = set()
    for name in classes:
        parts = name.split(": ")
        above = _NO_GROUP
        for end in range(1, len(parts) + 1):
            group = ": ".join(parts[:end])
            if group and group not in declared:
                declared.add(group)
                color = classes.get(group) or class_color(group)
                said = attributes(Name=_group(group), PartOfGroup=above, Color=_hex(color))
                yield f"\t\t<Group{said}>\n\t\t\t<Attributes />\n\t\t</Group>\n"
            above = _group(group) or above


def _group(class_name: str) -> str:
    return "None (class)" if class_name == _NO_GROUP else class_name


def _hex(color: Color) -> str:
    return "#{:02X}{:02X}{:02X}".format(*color)


def _color(text: str) -> Color | None:
    if not _HEX.fullmatch(text):
        return None
    number = int(text[1:], 16)
    return number >> 16, number >> 8 & 255, number & 255
