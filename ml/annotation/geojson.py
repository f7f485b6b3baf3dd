"""GeoJSON as QuPath reads and writes it: shapes in level-0 px with class, colour, lock and measurements."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import overload

from ml.annotation import feature as f
from ml.annotation.json_items import JsonItems, NoJson
from ml.annotation.losses import Losses
from ml.annotation.packed import NoText, reading, text_of, writing
from ml.annotation.rings import Misshapen, crossing, mended, unchecked_shapes_of
from ml.annotation.shapes import Annotation, Color, Shape, is_upright
from ml.annotation.undisturbed import undisturbed
from ml.errors import Problem
from ml.progress import Progress, Step

_GEOMETRIES = (
    "Polygon MultiPolygon GeometryCollection Point MultiPoint LineString MultiLineString".split()  # noqa: SIM905
)
_TOLD = {"objectType", "object_type", "type", "name", "color", "classification", "isLocked", "measurements"}
_TOLD |= {"metadata", "childObjects"}
_PARTS = {"type", "id", "geometry", "nucleusGeometry", "properties", "bbox"}
_BATCH = 2048  # features whose lines are looked at together


@dataclass(frozen=True)
class FoundAnnotations(Sequence[Annotation]):
    """What a file holds. `left_out` says in a sentence each what of it is not in `annotations`."""

    annotations: tuple[Annotation, ...]
    left_out: tuple[str, ...] = ()
    classes: Mapping[str, Color] = field(default_factory=dict)

    @overload
    def __getitem__(self, index: int) -> Annotation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Annotation, ...]: ...
    def __getitem__(self, index: int | slice) -> Annotation | tuple[Annotation, ...]:
        return self.annotations[index]

    def __len__(self) -> int:
        return len(self.annotations)


def read_geojson(path: Path, progress: Progress | None = None) -> FoundAnnotations:
    """All objects of a file: a FeatureCollection, a bare list, one Feature, or a bare geometry.

    The file may be packed by gzip or zip. Objects that QuPath keeps as children of others come too, beside
    them. Raises `Problem`, naming the file and the place in it, for anything that cannot be understood, and
    `Cancelled` where stop is wished.
    """
    objects = GeojsonObjects(path.name, progress)
    with reading(path) as raw:
        return objects.found(text_of(raw))


def parse_geojson(text: str, name: str) -> FoundAnnotations:
    """The same for a text; `name` is that of the file, for problems. See `read_geojson`."""
    return GeojsonObjects(name).found(io.StringIO(text).read)


def geojson_text(annotations: Iterable[Annotation], classes: Mapping[str, Color] | None = None) -> str:
    """The annotations as a FeatureCollection, one feature a line, coordinates with two decimals."""
    return "".join(_pieces(annotations, classes or {}, Losses()))


def write_geojson(
    annotations: Iterable[Annotation],
    path: Path,
    classes: Mapping[str, Color] | None = None,
    name: str = "",
) -> tuple[str, ...]:
    """Write a file that QuPath opens, one feature after the other; what could not be carried, in sentences.

    It is packed when `name` (that of the path, if none is given) ends in .gz or .zip. `classes` holds the
    colours of classes. Raises `OSError`; `ml.report.atomic.whole_file` makes it whole.
    """
    losses = Losses()
    with writing(path, name or path.name) as file:
        file.writelines(_pieces(annotations, classes or {}, losses))
    return losses.sentences()


def _pieces(annotations: Iterable[Annotation], classes: Mapping[str, Color], losses: Losses) -> Iterator[str]:
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    before = '{"type": "FeatureCollection", "features": [\n'
    for annotation in annotations:
        line = encode(f.feature_of(annotation, classes))
        if not line.isascii() and any("\ud800" <= sign <= "\udfff" for sign in line):
            losses.add("Characters that are none became question marks", _called(annotation))
        if f.uuid_of(annotation.id) is None:
            losses.add("QuPath's identifiers are UUIDs: the identifier was replaced", _called(annotation))
        if annotation.shape.kind == "ellipse" and not is_upright(annotation.shape):
            losses.add("QuPath has no slanted ellipse: it became an outline", _called(annotation))
        yield before + line
        before = ",\n"
    yield "\n]}\n" if before == ",\n" else before + "\n]}\n"


def _called(annotation: Annotation) -> str:
    return f"“{annotation.name or annotation.class_name or annotation.id}”"


class GeojsonObjects:
    """Goes through the objects of one file in little memory; what was left out is known at the end."""

    def __init__(self, name: str, progress: Progress | None = None) -> None:
        self.name = name
        self._progress = progress or Progress()
        self.losses = Losses()
        self.classes: dict[str, Color] = {}
        self._ids: set[str] = set()

    def found(self, read: f.Text) -> FoundAnnotations:
        """All of them."""
        with undisturbed():
            annotations = tuple(self.annotations(read))
        return FoundAnnotations(annotations, self.losses.sentences(), self.classes)

    def annotations(self, read: f.Text) -> Iterator[Annotation]:
        """One after the other. `read(n)` gives the next n characters of the text. Raises `Problem`."""
        items = JsonItems(read)
        done, began = 0, time.monotonic()
        numbered = enumerate(self._features(items), start=1)
        try:
            while ready := self._batch(numbered):
                yield from ready
                done += len(ready)
                self._progress.check()
                self._progress.step(Step(f"Reading {self.name}", done, 0, time.monotonic() - began))
        except (NoJson, NoText) as error:
            raise self._wrong(str(error)) from error

    def _batch(self, numbered: Iterator[tuple[int, object]]) -> list[Annotation]:
        """The objects of the next features that hold any; none at the end."""
        with undisturbed():
            while batch := list(islice(numbered, _BATCH)):
                objects = [one for n, given in batch for one in self._feature(given, f"feature {n}")]
                if objects:
                    return list(self._checked(objects))
        return []

    def _features(self, items: JsonItems) -> Iterator[object]:
        yield from items.of_list("features")
        rest = items.rest
        if isinstance(rest, list):
            return
        kind = rest.get("type") if isinstance(rest, Mapping) else type(rest).__name__
        if not isinstance(rest, Mapping):
            raise self._wrong(f"“{kind}” is neither a FeatureCollection nor a Feature")
        if kind == "FeatureCollection" and rest.get("features") == []:
            for key in sorted(rest.keys() - {"type", "features", "bbox"}):
                self.losses.add(f"“{key}” of the whole collection is not carried")
        elif kind == "Feature":
            yield rest
        elif kind in _GEOMETRIES:
            yield {"type": "Feature", "geometry": rest}
        else:
            raise self._wrong(f"“{str(kind)[:40]}” is neither a FeatureCollection nor a Feature")

    def _feature(self, feature: object, place: str) -> Iterator[tuple[Annotation, str]]:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise self._wrong(f"{place} is not of the type “Feature”")
        said = feature.get("properties")
        said = said if isinstance(said, dict) else {}
        kind = f.object_type(said)
        try:
            if kind != "root":  # QuPath's root stands for the whole picture
                yield from self._shapes(feature, said, kind, place)
        except Misshapen as error:
            raise self._wrong(f"{place}: {error}") from error
        children = said.get("childObjects")
        for number, child in enumerate(children if isinstance(children, list) else (), start=1):
            if kind != "root":
                self.losses.add("It was kept inside another object, and now stands beside it", place)
            yield from self._feature(child, f"{place}, child {number}")

    def _shapes(
        self, feature: dict[str, object], said: dict[str, object], kind: str, place: str
    ) -> Iterator[tuple[Annotation, str]]:
        class_name, class_color = f.classification_of(said.get("classification"))
        if class_name and class_color is not None:
            self.classes.setdefault(class_name, class_color)
        own_color = f.color_of(said.get("color"))
        self._tell_unknown(feature, said, place)
        geometry, nucleus = feature.get("geometry"), feature.get("nucleusGeometry")
        for shape in unchecked_shapes_of(geometry):
            annotation = Annotation(
                shape=shape,
                name=str(said.get("name") or ""),
                class_name=class_name,
                color=own_color if own_color is not None else class_color,
                locked=said.get("isLocked") is True,
                measurements=f.measurements_of(said.get("measurements")),
                metadata=f.metadata_of(said.get("metadata")),
                id=self._fresh(feature.get("id"), place),
                object_type=kind,
                nucleus=_nucleus(nucleus),
                plane=f.plane_of(geometry),
            )
            yield annotation, place

    def _tell_unknown(self, feature: dict[str, object], said: dict[str, object], place: str) -> None:
        unknown = () if said.keys() <= _TOLD else said.keys() - _TOLD
        unknown = unknown if feature.keys() <= _PARTS else {*unknown, *(feature.keys() - _PARTS)}
        for key in sorted(unknown):
            self.losses.add(f"“{key}” is not carried", place)
        if f.is_translucent(said):
            self.losses.add("How far a colour can be seen through is not carried", place)
        if f.height_of(feature.get("geometry")):
            self.losses.add("The third coordinate of places is not carried", place)

    def _checked(self, batch: Sequence[tuple[Annotation, str]]) -> Iterator[Annotation]:
        wrong = set(crossing([annotation.shape for annotation, _ in batch]))
        for number, (annotation, place) in enumerate(batch):
            try:
                yield f.with_shape(annotation, mended(annotation.shape)) if number in wrong else annotation
            except Misshapen as error:
                raise self._wrong(f"{place}: {error}") from error

    def _fresh(self, wished: object, place: str) -> str:
        """The id, or a new one where it is taken: two annotations never share one."""
        known = f.uuid_of(wished)
        if known is not None and known not in self._ids:
            self._ids.add(known)
            return known
        if known is not None or (wished is not None and not str(wished).startswith("Path")):
            self.losses.add("The identifier is no UUID, or another object has it: it was replaced", place)
        return str(uuid.uuid4())

    def _wrong(self, where: str) -> Problem:
        return Problem(
            f"“{self.name}” is not GeoJSON that can be read: {where}.",
            "Export it anew from where it comes from, in QuPath by File, Export objects as GeoJSON.",
            file=self.name,
            place=where,
        )


def _nucleus(geometry: object) -> Shape | None:
    if geometry is None:
        return None
    shapes = unchecked_shapes_of(geometry)
    return mended(shapes[0]) if crossing(shapes[:1]) else shapes[0]
