"""CSV read: boxes, points and well-known text, in px, µm or mm as the headings say.

Beside what `table` writes it takes the tables of WSInfer (`minx,miny,width,height,prob_…`) and Slideflow
(`roi_name,x_base,y_base,label`: one row a place of an outline), and others with such columns.
"""

from __future__ import annotations

import csv
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ml.annotation.feature import Text
from ml.annotation.losses import Losses
from ml.annotation.packed import NoText, reading, text_of
from ml.annotation.rings import FARTHEST, Misshapen, area_of
from ml.annotation.shapes import Annotation, Color, Plane, Shape
from ml.errors import Problem
from ml.exchange.contract import About, Read, wrong
from ml.exchange.table import DERIVED, FIXED, MEASURED, NUCLEUS, SHAPE, TEXT
from ml.exchange.wkt import shape_of
from ml.geometry import Point, Rect, Spacing

TITLE = "a CSV table of annotations"
_UNIT = re.compile(r"^(.*?)[\s_]*[\s(\[_](?:WKT, )?(px|pixels?|µm|um|micron|mm)[)\]]?$", re.IGNORECASE)
_MICRONS = {"µm": 1.0, "um": 1.0, "micron": 1.0, "mm": 1000.0}
_ROLES = {
    "shape": {"geometry", "wkt", "geom"},
    "x": {"x", "minx", "xmin", "x_min", "left", "x_base", "centroid x"},
    "y": {"y", "miny", "ymin", "y_min", "top", "y_base", "centroid y"},
    "width": {"width", "w"},
    "height": {"height", "h"},
    "right": {"maxx", "xmax", "x_max", "right"},
    "bottom": {"maxy", "ymax", "y_max", "bottom"},
    "class": {"class", "class_name", "classification", "label", "category"},
    "name": {"name", "roi_name"},
}


@dataclass(frozen=True)
class _Columns:
    """Which column holds what: for each role its number, and how many px its unit is."""

    at: Mapping[str, int]
    scale: Mapping[str, float]
    headings: Sequence[str]

    @property
    def is_ours(self) -> bool:
        """Whether `table` wrote it."""
        return SHAPE in self.headings and "object type" in self.headings

    @property
    def is_slideflow(self) -> bool:
        """Whether a row is one place of an outline."""
        return {"roi_name", "x_base", "y_base"} <= set(self.headings)


def recognises(head: bytes) -> bool:
    """Whether the first line names columns of annotations."""
    text = head.decode("utf-8-sig", "replace")
    rows = _rows(iter(text.splitlines(keepends=True)[:1]), text)
    roles = {role for heading in next(rows, []) if (role := _role(heading)[0])}
    return "shape" in roles or {"x", "y"} <= roles


def read(path: Path, about: About) -> Read:
    """All rows. Raises `Problem`, naming the line and the column."""
    losses = Losses()
    csv.field_size_limit(1 << 30)  # an outline may be long; this is the same for the whole program
    with reading(path) as raw:
        try:
            lines = _lines(text_of(raw))
            first = next(lines, "")
            rows = _rows(chain([first], lines), first)
            columns = _columns(next(rows, []), about.spacing, path.name)
            if columns.is_slideflow:
                found = list(_outlines(rows, columns, losses))
            else:
                found = [one for n, row in enumerate(rows, start=2) for one in _row(row, columns, n, losses)]
        except (NoText, csv.Error, Misshapen) as error:
            raise wrong(path.name, TITLE, str(error)) from error
    classes: dict[str, Color] = {}
    for annotation in found:
        if annotation.class_name and annotation.color is not None:
            classes.setdefault(annotation.class_name, annotation.color)
    return Read(tuple(found), classes, losses.sentences())


def _lines(text: Text) -> Iterator[str]:
    """The lines of a text that comes in pieces, with their ends."""
    rest = ""
    while piece := text(1 << 20):
        *whole, rest = (rest + piece).split("\n")
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest


def _rows(lines: Iterator[str], first: str) -> Iterator[list[str]]:
    """The cells of each row, parted by what parts the headings: comma, semicolon or tabulator."""
    parting = max(",;\t", key=first.count)
    return csv.reader(lines, delimiter=parting)


def _role(heading: str) -> tuple[str, float]:
    """What a column holds, "" if that is not known, and its unit in µm (0: in px or none)."""
    text = heading.strip().lower()
    match = _UNIT.match(text)
    name, unit = (match[1], match[2]) if match else (text, "px")
    for role, names in _ROLES.items():
        if text in names or name in names:
            return role, 0.0 if text in names else _MICRONS.get(unit, 0.0)
    return "", 0.0


def _columns(headings: Sequence[str], spacing: Spacing | None, name: str) -> _Columns:
    at: dict[str, int] = {}
    scale: dict[str, float] = {}
    for number, heading in enumerate(headings):
        role, microns = _role(heading)
        if not role or role in at:
            continue
        at[role], scale[role] = number, 1.0
        if microns and spacing is None:
            raise Problem(
                f"“{name}” holds lengths in µm or mm (“{heading}”), and the size of a pixel is not known.",
                "Open the slide with it, or give the spacing.",
                file=name,
            )
        if microns and spacing is not None:
            upright = role in {"y", "height", "bottom"}
            scale[role] = microns / (spacing.y if upright else spacing.x)
            scale["shape y"] = microns / spacing.y
    roles = at.keys()
    if "shape" not in roles and not {"x", "y"} <= roles:
        where = "no column holds shapes (geometry, or x and y)"
        raise wrong(name, TITLE, where)
    return _Columns(at, scale, list(headings))


def _row(row: list[str], columns: _Columns, number: int, losses: Losses) -> Iterator[Annotation]:
    if not any(row):
        return
    row = row + [""] * (len(columns.headings) - len(row))
    place = f"row {number}"
    said = dict(zip(columns.headings, row, strict=False)) if columns.is_ours else {}
    try:
        shape = _shape(row, columns, said.get("kind") == "ellipse")
        nucleus = shape_of(said[NUCLEUS]) if said.get(NUCLEUS) else None
    except Misshapen as error:
        raise Misshapen(f"{place}: {error}") from error
    if len(row) > len(columns.headings):
        losses.add("Cells beyond the last heading are left out", place)
    measurements, metadata = _rest(row, columns)
    yield Annotation(
        shape,
        name=_cell(row, columns, "name"),
        class_name=_cell(row, columns, "class"),
        color=_color(said.get("color", "")),
        locked=said.get("locked") == "yes",
        measurements=measurements,
        metadata=metadata,
        id=said.get("id") or str(uuid.uuid4()),
        object_type=said.get("object type") or "annotation",
        nucleus=nucleus,
        plane=_plane(said.get("plane (c z t)", "")),
    )


def _shape(row: list[str], columns: _Columns, is_ellipse: bool) -> Shape:
    if "shape" in columns.at:
        scale = columns.scale["shape"], columns.scale.get("shape y", columns.scale["shape"])
        return shape_of(row[columns.at["shape"]], scale, is_ellipse)
    number = {
        role: _number(row[columns.at[role]], role) * columns.scale[role]
        for role in _PLACES & columns.at.keys()
    }
    x, y = number["x"], number["y"]
    width = number.get("width", number.get("right", x) - x)
    height = number.get("height", number.get("bottom", y) - y)
    if width == height == 0:
        return Shape.points([Point(x, y)])
    if width <= 0 or height <= 0:
        raise Misshapen("the box has no area")
    return Shape.rectangle(Rect(x, y, width, height))


_PLACES = {"x", "y", "width", "height", "right", "bottom"}


def _number(text: str, what: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not -FARTHEST <= value <= FARTHEST:
        raise Misshapen(f"{what} is no number of pixels: “{text[:40]}”")
    return value


def _rest(row: list[str], columns: _Columns) -> tuple[dict[str, float], dict[str, str]]:
    """What the other columns hold: numbers and texts by their headings, or as `table` wrote them."""
    measurements, metadata = {}, {}
    taken = set(columns.at.values())
    for number, (heading, text) in enumerate(zip(columns.headings, row, strict=False)):
        if number in taken or not text:
            continue
        if columns.is_ours and (heading in FIXED or heading in DERIVED):
            continue
        if columns.is_ours and heading.startswith(TEXT):
            metadata[heading.removeprefix(TEXT)] = text
        elif (value := _measured(text)) is not None:
            measurements[heading.removeprefix(MEASURED) if columns.is_ours else heading] = value
        else:
            metadata[heading] = text
    return measurements, metadata


def _measured(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _outlines(rows: Iterator[list[str]], columns: _Columns, losses: Losses) -> Iterator[Annotation]:
    """The outlines of a Slideflow table, in the order in which they begin."""
    rings: dict[tuple[str, str], list[Point]] = {}
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        try:
            x, y = (
                _number(row[columns.at[role]] if columns.at[role] < len(row) else "", role) for role in "xy"
            )
        except Misshapen as error:
            raise Misshapen(f"row {number}: {error}") from error
        key = _cell(row, columns, "name"), _cell(row, columns, "class")
        rings.setdefault(key, []).append(Point(x, y))
    for (name, label), ring in rings.items():
        if len(ring) < 3:
            losses.add("Left out, as it has fewer than three places", f"“{name}”")
            continue
        yield Annotation(area_of((tuple(ring),)), name, label)


def _cell(row: list[str], columns: _Columns, role: str) -> str:
    at = columns.at.get(role, len(row))
    return row[at] if at < len(row) else ""


def _color(text: str) -> Color | None:
    if not re.fullmatch("#[0-9A-Fa-f]{6}", text):
        return None
    number = int(text[1:], 16)
    return number >> 16, number >> 8 & 255, number & 255


def _plane(text: str) -> Plane:
    if not re.fullmatch(r"-?\d{1,9} -?\d{1,9} -?\d{1,9}", text, re.ASCII):
        return Plane()
    return Plane(*map(int, text.split()))
