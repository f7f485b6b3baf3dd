"""GeoJSON as QuPath reads and writes it: areas in level-0 px with class, colour, lock and measurements."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from ml.annotation import feature as f
from ml.annotation.rings import Misshapen, NotAnArea, shapes_of
from ml.annotation.shapes import Annotation
from ml.errors import Problem

_AREAS = ("Polygon", "MultiPolygon", "GeometryCollection")
_GEOMETRIES = (*_AREAS, "Point", "MultiPoint", "LineString", "MultiLineString")


@dataclass(frozen=True)
class FoundAnnotations(Sequence[Annotation]):
    """What a file holds. `left_out` says in a sentence each what of it cannot be shown."""

    annotations: tuple[Annotation, ...]
    left_out: tuple[str, ...] = ()

    @overload
    def __getitem__(self, index: int) -> Annotation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Annotation, ...]: ...
    def __getitem__(self, index: int | slice) -> Annotation | tuple[Annotation, ...]:
        return self.annotations[index]

    def __len__(self) -> int:
        return len(self.annotations)


def read_geojson(path: Path) -> FoundAnnotations:
    """All areas of a file: a FeatureCollection, a bare list, one Feature, or a bare geometry.

    A MultiPolygon becomes one annotation a polygon; the first keeps its id. Objects that QuPath keeps as
    children of others come too. Points and lines are left out, and `left_out` says so. Raises `Problem`,
    naming the file and the place in it, for anything that cannot be understood.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _unreadable(path.name, error) from error
    except UnicodeDecodeError as error:
        raise _wrong(path.name, f"byte {error.start:,} is no text in UTF-8") from error
    return parse_geojson(text, path.name)


def parse_geojson(text: str, name: str) -> FoundAnnotations:
    """The same for a text; `name` is that of the file, for problems. See `read_geojson`."""
    try:
        document = json.loads(text)
        reading = _Reading(name)
        reading.take(document)
    except json.JSONDecodeError as error:
        where = f"it is no JSON: line {error.lineno}, column {error.colno}, {error.msg}"
        raise _wrong(name, where) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; lists in lists in lists
        raise _wrong(name, "a number in it is too long, or it is nested too deeply") from error
    return FoundAnnotations(tuple(reading.annotations), tuple(reading.left_out))


def geojson_text(annotations: Iterable[Annotation]) -> str:
    """The annotations as a FeatureCollection, one feature a line, coordinates with two decimals."""
    lines = (
        json.dumps(f.feature_of(annotation), ensure_ascii=False, allow_nan=False)
        for annotation in annotations
    )
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


def write_geojson(annotations: Iterable[Annotation], path: Path) -> None:
    """Write a file that QuPath opens. Raises `OSError`; `ml.report.atomic.whole_file` makes it whole."""
    text = geojson_text(annotations)
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")


class _Reading:
    """Gathers the annotations of one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.annotations: list[Annotation] = []
        self.left_out: list[str] = []
        self._ids: set[str] = set()

    def take(self, document: object) -> None:
        """Take in the whole file."""
        features = _features(document)
        if features is None:
            kind = document.get("type") if isinstance(document, Mapping) else type(document).__name__
            raise _wrong(self.name, f"“{str(kind)[:40]}” is neither a FeatureCollection nor a Feature")
        for number, feature in enumerate(features, start=1):
            self._feature(feature, f"feature {number}")

    def _feature(self, feature: object, place: str) -> None:
        if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
            raise _wrong(self.name, f"{place} is not of the type “Feature”")
        said = feature.get("properties")
        said = said if isinstance(said, Mapping) else {}
        try:
            if f.object_type(said) != "root":  # QuPath's root stands for the whole picture
                self._areas(feature, said)
        except NotAnArea as error:
            self.left_out.append(f"{place.capitalize()} is {error}; only areas are taken from GeoJSON.")
        except Misshapen as error:
            raise _wrong(self.name, f"{place}: {error}") from error
        children = said.get("childObjects")
        for number, child in enumerate(children if isinstance(children, list) else (), start=1):
            self._feature(child, f"{place}, child {number}")

    def _areas(self, feature: Mapping[str, object], said: Mapping[str, object]) -> None:
        class_name, class_color = f.classification_of(said.get("classification"))
        own_color = f.color_of(said.get("color"))
        for shape in shapes_of(feature.get("geometry")):
            annotation = Annotation(
                shape=shape,
                name=str(said.get("name") or ""),
                class_name=class_name,
                color=own_color if own_color is not None else class_color,
                locked=said.get("isLocked") is True,
                measurements=f.measurements_of(said.get("measurements")),
                metadata=f.metadata_of(said.get("metadata")),
                id=self._fresh(f.uuid_of(feature.get("id"))),
            )
            self.annotations.append(annotation)

    def _fresh(self, wished: str | None) -> str:
        """The id, or a new one where it is taken: two annotations never share one."""
        taken = wished is None or wished in self._ids
        chosen = str(uuid.uuid4()) if taken or wished is None else wished
        self._ids.add(chosen)
        return chosen


def _features(document: object) -> Iterable[object] | None:
    if isinstance(document, list):
        return document
    if not isinstance(document, Mapping):
        return None
    kind = document.get("type")
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        features: list[object] = document["features"]
        return features
    if kind == "Feature":
        return [document]
    if kind in _GEOMETRIES:
        return [{"type": "Feature", "geometry": document}]
    return None


def _unreadable(name: str, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return Problem(f"The file “{name}” is not there.", "Check its name.", file=name)
    if isinstance(error, IsADirectoryError):
        return Problem(f"“{name}” is a folder.", "Name the GeoJSON file in it.", file=name)
    return Problem(f"“{name}” could not be read: {reason}.", "Check that you may read it.", file=name)


def _wrong(name: str, where: str) -> Problem:
    return Problem(
        f"“{name}” is not GeoJSON that can be read: {where}.",
        "Export it anew from where it comes from, in QuPath by File, Export objects as GeoJSON.",
        file=name,
        place=where,
    )
