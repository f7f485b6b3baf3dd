"""Aperio ImageScope XML: layers of one class and colour, with regions; negative regions are holes.

A colour is a Windows COLORREF: red in the lowest byte. Types of regions are 0 freehand, 1 rectangle,
2 ellipse (two corners of its bounds), 3 arrow, 4 ruler, 5 point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import shapely

from ml.annotation.losses import Losses
from ml.annotation.packed import writing
from ml.annotation.rings import Misshapen, area_of
from ml.annotation.shapes import Annotation, Color, Ring, Shape, polygons_of
from ml.exchange.contract import About, Document, Read
from ml.exchange.pieces import Able, called, note_unsaid, pieces, shown_color
from ml.exchange.xml_tree import Element, NotANumber, attributes, is_xml, point_of, problem_of, read_xml
from ml.geometry import Spacing

TITLE = "ImageScope XML"
_SAID = frozenset({"name", "color", "locked", "measurements", "metadata"})
_ABLE = Able(TITLE, ellipse=True, segments=True, holes=True, said=_SAID)
_RECTANGLE, _ELLIPSE, _ARROW, _RULER, _POINT = "1", "2", "3", "4", "5"
_TYPES = {"rectangle": _RECTANGLE, "ellipse": _ELLIPSE, "line": _RULER, "points": _POINT}
_KEPT = "ImageScope type"  # in the metadata, for what would otherwise come back as something else
_HEADERS = (("9999", "Region"), ("9997", "Length"), ("9996", "Area"), ("9998", "Text"))


def recognises(head: bytes) -> bool:
    """Whether a file begins like one of ImageScope's."""
    return b"<Annotations" in head and b"ASAP_Annotations" not in head


def read(path: Path, about: About) -> Read:
    """All regions. Raises `Problem`, naming the line."""
    del about
    losses = Losses()
    classes: dict[str, Color] = {}
    found: list[Annotation] = []
    try:
        for number, layer in enumerate(read_xml(path, TITLE).all("Annotation"), start=1):
            found += _layer(layer, f"layer {number}", classes, losses)
    except NotANumber as error:
        raise problem_of(error, path, TITLE) from error
    return Read(tuple(found), classes, losses.sentences())


def _layer(layer: Element, place: str, classes: dict[str, Color], losses: Losses) -> Iterable[Annotation]:
    name, color = layer.get("Name"), _color(layer.get("LineColor"))
    described = {a.get("Name"): a.get("Value") for a in layer.below("Attributes", "Attribute")}
    description = described.pop("Description", "")
    if any(described.values()) or (name and description):
        losses.add("Attributes of layers are not carried", place)
    if layer.get("Visible", "1") == "0":
        losses.add("Hidden layers are shown", place)
    if any(plot.inner for plot in layer.all("Plots")):
        losses.add("Plots are left out", place)
    class_name = name or description
    if class_name and color is not None:
        classes.setdefault(class_name, color)
    headers = {
        h.get("Id"): h.get("Name")
        for h in layer.below("Regions", "RegionAttributeHeaders", "AttributeHeader")
    }
    like = Annotation(Shape(()), "", class_name, color, layer.get("ReadOnly", "0") == "1")
    return [_annotation(region, shape, headers, like) for region, shape in _regions(layer, place, losses)]


def _regions(layer: Element, place: str, losses: Losses) -> Iterator[tuple[Element, Shape]]:
    """The positive regions of a layer, less the negative ones."""
    shapes: dict[str, Shape] = {}
    regions: dict[str, Element] = {}
    negative: list[tuple[Element, Shape, str]] = []
    for number, region in enumerate(layer.below("Regions", "Region"), start=1):
        where = f"{place}, region {number}, line {region.line}"
        try:
            shape = _shape(region, where, losses)
        except Misshapen as error:
            losses.add(f"Left out, as {error}", where)
            continue
        if region.get("NegativeROA", "0") == "1":
            negative.append((region, shape, where))
        else:
            key = region.get("Id") if region.get("Id") not in shapes else f"#{number}"
            shapes[key], regions[key] = shape, region
    for region, hole, where in negative:
        _cut(shapes, hole, region.get("InputRegionId", "0"), where, losses)
    return ((regions[key], shape) for key, shape in shapes.items())


def _annotation(region: Element, shape: Shape, headers: Mapping[str, str], like: Annotation) -> Annotation:
    measurements, metadata = {}, {}
    for attribute in region.below("Attributes", "Attribute"):
        name, value = attribute.get("Name"), attribute.get("Value")
        name = headers.get(name, name) if name.isdigit() else name
        if not name or not value:
            continue
        if (number := number_of(value)) is None:
            metadata[name] = value
        else:
            measurements[name] = number
    if region.get("Type") == _ARROW and shape.kind == "line":
        metadata[_KEPT] = "Arrow"
    return Annotation(
        shape, region.get("Text"), like.class_name, like.color, like.locked, measurements, metadata
    )


def _shape(region: Element, where: str, losses: Losses) -> Shape:
    kind = region.get("Type", "0")
    ring = tuple(point_of(vertex) for vertex in region.below("Vertices", "Vertex"))
    if not ring:
        raise Misshapen("it has no places")
    if len(ring) == 1 or kind == _POINT:
        return Shape.points(ring)
    if len(ring) == 2 and kind not in {_RECTANGLE, _ELLIPSE, _ARROW, _RULER}:
        losses.add("An outline of two places came as a line", where)
    if kind == _ELLIPSE or (kind == _RECTANGLE and len(ring) < 4):
        bounds = Shape.line(ring).bounds
        if bounds.is_empty:
            raise Misshapen("it encloses no area")
        return Shape.rectangle(bounds) if kind == _RECTANGLE else Shape.ellipse_in(bounds)
    if kind in {_ARROW, _RULER} or len(ring) == 2:
        return Shape.line(ring)
    return area_of((ring[:-1] if ring[0] == ring[-1] and len(ring) > 3 else ring,))


def _cut(shapes: dict[str, Shape], hole: Shape, owner: str, where: str, losses: Losses) -> None:
    """Take a negative region away from the region it names, or from all of its layer that it touches."""
    touched = [owner] if owner in shapes else list(shapes)
    touched = [k for k in touched if shapes[k].is_area and shapes[k].polygon.intersects(hole.polygon)]
    if not touched or not hole.is_area:
        losses.add("A negative region lies in no region: left out", where)
    for key in touched if hole.is_area else ():
        shape = shapes[key]
        cut = Shape((*shape.rings, *hole.rings)) if len(shape.starts) == len(hole.starts) == 1 else shape
        if cut is shape or not shapely.is_valid(cut.polygon) or len(hole.rings) > 1:
            left = polygons_of(shapely.difference(shape.polygon, hole.polygon))
            if not left:
                losses.add("A negative region covers all of a region, which is left out", where)
                del shapes[key]
                continue
            cut = Shape.areas(left)
        shapes[key] = cut


def number_of(text: str) -> float | None:
    """The number that a text is; None for any other text."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def write(document: Document, path: Path, name: str) -> Iterable[str]:
    """Write a file that ImageScope opens; see `Format`."""
    losses = Losses()
    layers: dict[tuple[str, Color, bool], list[Annotation]] = {}
    last = None
    for annotation in document.annotations:
        color = shown_color(annotation, document.classes, _ABLE, losses)
        key = (annotation.class_name, color, annotation.locked)
        if key in layers and key != last:
            losses.add(f"{TITLE} keeps annotations by class, so their order is another")
        layers.setdefault(key, []).append(annotation)
        last = key
    spacing = document.about.spacing
    with writing(path, name) as file:
        said = attributes(MicronsPerPixel=f"{spacing.mean:.6g}") if spacing else ""
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<Annotations{said}>\n')
        for number, (key, annotations) in enumerate(layers.items(), start=1):
            file.writelines(_layer_lines(number, key, annotations, spacing, losses))
        file.write("</Annotations>\n")
    return losses.sentences()


def _layer_lines(
    number: int,
    key: tuple[str, Color, bool],
    annotations: list[Annotation],
    spacing: Spacing | None,
    losses: Losses,
) -> Iterator[str]:
    class_name, (red, green, blue), locked = key
    layer = attributes(
        Id=number, Name=class_name, ReadOnly=int(locked), NameReadOnly=0, LineColorReadOnly=0, Incremental=0,
        Type=4, LineColor=red | green << 8 | blue << 16, Visible=1, Selected=0, MarkupImagePath="",
        MacroName="",
    )  # fmt: skip
    yield f"<Annotation{layer}>\n<Attributes>"
    yield '<Attribute Name="Description" Id="0" Value=""/></Attributes>\n<Regions>\n<RegionAttributeHeaders>'
    for header, title in _HEADERS:
        yield f"<AttributeHeader{attributes(Id=header, Name=title, ColumnWidth=-1)}/>"
    yield "</RegionAttributeHeaders>\n"
    region = 0
    for annotation in annotations:
        _note(annotation, losses)
        for piece in pieces(annotation, _ABLE, losses):
            region += 1
            owner = region
            yield from _region(region, piece, piece.rings[0], annotation, spacing, 0)
            for hole in piece.rings[1:] if piece.is_area else ():
                region += 1
                yield from _region(region, Shape((hole,)), hole, annotation, spacing, owner)
    yield "</Regions>\n<Plots/>\n</Annotation>\n"


def _note(annotation: Annotation, losses: Losses) -> None:
    note_unsaid(annotation, _ABLE, losses)
    texts = annotation.metadata
    said = [annotation.name, annotation.class_name, *annotation.measurements, *texts, *texts.values()]
    if not all(is_xml(sign) for text in said for sign in text):
        losses.add("XML cannot hold some characters: they became �", called(annotation))
    if any(number_of(text) is not None for text in texts.values()):
        losses.add("A text that looks like a number will be read as one", called(annotation))
    if any(not name for name in (*texts, *annotation.measurements)) or not all(texts.values()):
        losses.add("What has no name, or is an empty text, is not carried", called(annotation))


def _region(
    number: int, piece: Shape, ring: Ring, annotation: Annotation, spacing: Spacing | None, owner: int
) -> Iterator[str]:
    closed = piece.kind in {"polygon", "rectangle"}
    kind = {"rectangle": _RECTANGLE, "ellipse": _ELLIPSE, "line": _RULER, "points": _POINT}.get(
        piece.kind, "0"
    )
    if piece.kind == "line" and annotation.metadata.get(_KEPT) == "Arrow":
        kind = _ARROW
    length = float(piece.geometry.length)
    mean = spacing.mean if spacing else 0.0
    said = attributes(
        Id=number, Type=kind, Zoom=1, Selected=0, ImageLocation="", ImageFocus=-1, Length=f"{length:.2f}",
        Area=f"{piece.area:.2f}", LengthMicrons=f"{length * mean:.2f}",
        AreaMicrons=f"{(spacing.area_mm2(piece.area) * 1e6 if spacing else 0):.2f}", Text=annotation.name,
        NegativeROA=int(owner > 0), InputRegionId=owner, Analyze=int(closed), DisplayId=number,
    )  # fmt: skip
    yield f"<Region{said}>\n<Attributes>"
    texts = {k: v for k, v in annotation.metadata.items() if k != _KEPT}
    pairs = [(k, repr(float(v))) for k, v in annotation.measurements.items()] + list(texts.items())
    for index, (key, value) in enumerate(() if owner else pairs, start=1):
        yield f"<Attribute{attributes(Name=key, Id=index, Value=value)}/>"
    yield "</Attributes>\n<Vertices>\n"
    for place in _vertices(piece, ring):
        yield f'<Vertex X="{place[0]!r}" Y="{place[1]!r}" Z="0"/>\n'
    yield "</Vertices>\n</Region>\n"


def _vertices(piece: Shape, ring: Ring) -> list[tuple[float, float]]:
    if piece.kind == "ellipse":
        bounds = piece.bounds
        return [(bounds.x, bounds.y), (bounds.right, bounds.bottom)]
    return [(place.x, place.y) for place in ring]


def _color(text: str) -> Color | None:
    number = int(text) if text.lstrip("-").isdigit() and len(text) < 12 else None
    return None if number is None else (number & 255, number >> 8 & 255, number >> 16 & 255)
