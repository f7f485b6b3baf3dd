"""Annotations in and out: the formats there are, and one function each to read and to write any of them.

    found = read(Path("slide.xml"))            # told by its content, whatever it is called
    written = write(Path("slide.geojson"), Document(found.annotations, found.classes))

What could not be taken over is never silent: see `Read.left_out` and `Written.lost`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ml.annotation.geojson import read_geojson, write_geojson
from ml.annotation.packed import reading
from ml.annotation.shapes import Annotation
from ml.annotation.undisturbed import undisturbed
from ml.errors import Problem
from ml.exchange import (
    asap,
    coco,
    coco_reading,
    dicom_bulk,
    dicom_bulk_reading,
    dicom_report,
    dicom_report_reading,
    imagescope,
    table,
    table_reading,
)
from ml.exchange.contract import About, Document, Format, Read, Written
from ml.progress import Progress
from ml.report.atomic import whole_file

_HEAD = 1 << 16
_GEOJSON = re.compile(
    rb'"type"\s*:\s*"(FeatureCollection|Feature|(Multi)?(Point|LineString|Polygon)|Geometry)'
)
_STRANGERS = (
    (re.compile(rb'"schema_ref"'), "Darwin (V7) JSON"),
    (re.compile(rb'"elements"\s*:\s*\['), "HistomicsUI annotations"),
    (re.compile(rb"\xac\xed\x00\x05"), "QuPath's own data file"),
)


def _is_geojson(head: bytes) -> bool:
    return bool(_GEOJSON.search(head)) or head.strip(b"\xef\xbb\xbf \t\r\n") in {b"[]", b"[ ]"}


def _read_geojson(path: Path, about: About) -> Read:
    del about
    return _geojson_read(path)


def _geojson_read(path: Path, progress: Progress | None = None) -> Read:
    found = read_geojson(path, progress)
    return Read(found.annotations, found.classes, found.left_out)


def _write_geojson(document: Document, path: Path, name: str) -> Iterable[str]:
    return write_geojson(document.annotations, path, document.classes, name)


FORMATS = (
    Format("geojson", "GeoJSON (QuPath)", (".geojson",), _is_geojson, _read_geojson, _write_geojson),
    Format("asap", "ASAP XML", (".xml",), asap.recognises, asap.read, asap.write),
    Format(
        "imagescope", "Aperio ImageScope XML", (".xml",),
        imagescope.recognises, imagescope.read, imagescope.write,
    ),
    Format("coco", "COCO JSON", (".json",), coco_reading.recognises, coco_reading.read, coco.write),
    Format("csv", "CSV table", (".csv",), table_reading.recognises, table_reading.read, table.write),
    Format(
        "dicom-ann", "DICOM bulk annotations", (".dcm",),
        dicom_bulk_reading.recognises, dicom_bulk_reading.read, dicom_bulk.write,
    ),
    Format(
        "dicom-sr", "DICOM structured report", (".dcm",),
        dicom_report_reading.recognises, dicom_report_reading.read, dicom_report.write,
    ),
)  # fmt: skip
"""In the order in which they are offered."""


def read(path: Path, about: About | None = None, progress: Progress | None = None) -> Read:
    """The annotations of a file of any format, told by its content.

    `about` is what is known of the slide; DICOM in mm and tables in µm need it. No two annotations of what is
    read have the same id. Raises `Problem`, naming line or element, where nothing can be read. GeoJSON, which
    may hold hundreds of thousands, tells `progress` and can be stopped: `Cancelled`.
    """
    found_format = format_of(path)
    with undisturbed():
        if found_format.id == "geojson":
            found = _geojson_read(path, progress)
        else:
            found = found_format.read(path, about or About())
        if progress is not None:
            progress.check()
        annotations, replaced = _distinct(found.annotations)
    left_out = found.left_out
    if replaced:
        left_out += (f"Annotations with the identifier of another got a new one ({replaced:,}).",)
    return replace(found, annotations=annotations, left_out=left_out, format=found_format.id)


def write(path: Path, document: Document, format_id: str = "") -> Written:
    """Write a file whole or not at all, in the format named, or in the one its name ends for.

    A name that ends in .gz or .zip is packed. Raises `Problem` where the format is not told, where it cannot
    hold such a document at all, or where the disk does not let us.
    """
    chosen = _chosen(path.name, format_id)
    with whole_file(path) as part:
        lost = tuple(chosen.write(document, part, path.name))
    return Written(path, lost, chosen.id)


def format_of(path: Path) -> Format:
    """The format of a file, by its content. Raises `Problem`."""
    with reading(path) as file:
        head = file.read(_HEAD)
    for one in _by_content():
        if one.recognises(head):
            return one
    if not head.strip():
        raise Problem(f"“{path.name}” is empty.", "Export it anew.", file=path.name)
    stranger = next((name for pattern, name in _STRANGERS if pattern.search(head)), "")
    known = ", ".join(one.title for one in FORMATS)
    what = f"{stranger}, which is not read here" if stranger else "of no format that is known here"
    raise Problem(f"“{path.name}” is {what}.", f"These are read: {known}.", file=path.name)


def format_named(format_id: str) -> Format:
    """The format of this id. Raises `Problem`."""
    for one in FORMATS:
        if one.id == format_id:
            return one
    raise Problem(
        f"“{format_id}” is no format of annotations.", f"Say one of {', '.join(one.id for one in FORMATS)}."
    )


def _by_content() -> tuple[Format, ...]:
    """COCO before GeoJSON: its own entries may hold the word Polygon."""
    return tuple(sorted(FORMATS, key=lambda one: one.id != "coco"))


def _chosen(name: str, format_id: str) -> Format:
    if format_id:
        return format_named(format_id)
    plain = name.lower()
    for packing in (".gz", ".zip"):
        plain = plain.removesuffix(packing)
    fitting = [one for one in FORMATS if plain.endswith(one.suffixes)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and name.lower().endswith(".zip"):  # QuPath's own packed exports
        return FORMATS[0]
    names = ", ".join(one.id for one in fitting or FORMATS)
    raise Problem(f"“{name}” does not tell in which format to write.", f"Say one of {names}.", file=name)


def _distinct(annotations: tuple[Annotation, ...]) -> tuple[tuple[Annotation, ...], int]:
    """The annotations, those that have the id of an earlier one with a new one; and how many these are."""
    ids = {annotation.id for annotation in annotations}
    if len(ids) == len(annotations):
        return annotations, 0
    seen: set[str] = set()
    distinct = []
    for annotation in annotations:
        taken = annotation.id in seen
        seen.add(annotation.id)
        distinct.append(replace(annotation, id=str(uuid.uuid4())) if taken else annotation)
    return tuple(distinct), len(annotations) - len(ids)
