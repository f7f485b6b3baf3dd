"""Annotations and edits as bytes, exactly: what is read is equal to what was written, to the last bit.

GeoJSON rounds to two decimals and lets a slanted ellipse become an outline, which is right for handing on and
wrong for keeping. So an outline is kept as its float64 places, and what is said about it as JSON.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from ml.annotation.document import Change
from ml.annotation.ring_bytes import bytes_of, extents_of, head_of
from ml.annotation.shapes import Annotation, Kind, Plane, Shape, packed_shape
from ml.annotation.shapes import body_of as rings_kept
from ml.annotation.undisturbed import undisturbed
from ml.geometry import Rect

_KINDS: tuple[Kind, ...] = ("rectangle", "polygon", "ellipse", "line", "points")
_COUNT = struct.Struct("<I")
_LENGTHS = struct.Struct("<III")  # key, facts, shape
_FIRST_PLANE = Plane()
_ONE_RING = 17  # bytes before the places of an outline of one ring
_LEVEL = 1  # of zlib: 5 times as fast as the usual, and 10 % larger
_PLAIN, _PACKED = b"\0", b"\1"
_LARGE = 4096  # bytes from which a body is packed

# ASCII only, so that every text that Python knows (halves of pairs, zero bytes) goes into every database.
_say = json.JSONEncoder(separators=(",", ":")).encode  # measurements stay in their order
_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
_decode = json.JSONDecoder().raw_decode


_NONSENSE = (struct.error, zlib.error, LookupError, TypeError, AttributeError, ValueError)

Memory = dict[int, Any]


class Packed(NamedTuple):
    """One annotation as its three columns."""

    key: str
    facts: str
    shape: bytes


def canonical(value: object) -> str:
    """JSON that is the same text for the same value: sorted keys, no blanks, ASCII."""
    return _encode(value)


def key_of(annotation_id: str) -> str:
    """An id as it stands in the table: itself, but quoted where a database might not take or keep it."""
    if annotation_id.isascii() and annotation_id.isprintable() and annotation_id[:1] not in {"", '"'}:
        return annotation_id
    return json.dumps(annotation_id)


def id_of(key: str) -> str:
    """The id back from its key."""
    return str(json.loads(key)) if key[:1] == '"' else key


def packed(annotation: Annotation, memory: Memory | None = None) -> Packed:
    """An annotation as columns. `memory` knows pieces by `id()`, while somebody holds them."""
    memory = {} if memory is None else memory
    return Packed(key_of(annotation.id), _facts(annotation, memory), _outline(annotation, memory))


def unpacked(key: str, facts: str, shape: bytes) -> Annotation:
    """The annotation back."""
    outline, end = _shape(shape, 0)
    nucleus = _shape(shape, end)[0] if end < len(shape) else None
    said = _decode(facts)[0] if facts != "{}" else {}
    color = said.get("color")
    plane = said.get("plane")
    return Annotation(
        outline,
        said.get("name", ""),
        said.get("class", ""),
        None if color is None else cast(tuple[int, int, int], tuple(color)),
        said.get("locked", False),
        said.get("measurements", {}),
        said.get("metadata", {}),
        id_of(key),
        said.get("type", "annotation"),
        nucleus,
        _FIRST_PLANE if plane is None else Plane(*plane),
    )


def _facts(one: Annotation, memory: Memory) -> str:
    """What is said about it, put together out of pieces: most are the same for many."""
    plane = None if one.plane == _FIRST_PLANE else (one.plane.c, one.plane.z, one.plane.t)
    kind = "" if one.object_type == "annotation" else one.object_type
    pieces = _pieces(one.class_name, one.color, one.locked, one.name, plane, kind)
    if one.measurements:
        pieces += f',"measurements":{_mapping(one.measurements, memory)}'
    if one.metadata:
        pieces += f',"metadata":{_mapping(one.metadata, memory)}'
    return f"{{{pieces[1:]}}}"


@lru_cache(maxsize=4096)
def _pieces(*values: object) -> str:
    names = ("class", "color", "locked", "name", "plane", "type")
    said = zip(names, values, strict=True)
    return "".join(f',"{name}":{_say(value)}' for name, value in said if value)


def _mapping(values: Mapping[str, object], memory: Memory) -> str:
    text = memory.get(id(values))
    if text is None:
        text = memory[id(values)] = _say(dict(values))
    return cast(str, text)


def _outline(one: Annotation, memory: Memory) -> bytes:
    body = memory.get(id(one.shape))
    if body is None:
        body = memory[id(one.shape)] = _bytes(one.shape)
    return cast(bytes, body if one.nucleus is None else body + _bytes(one.nucleus))


def _bytes(shape: Shape) -> bytes:
    return rings_kept(shape) or bytes_of(_KINDS.index(shape.kind), shape.rings, shape.starts)


def _shape(body: bytes, at: int) -> tuple[Shape, int]:
    """The shape that begins at this byte, and where it ends. Its places are looked at later."""
    kind, starts, _, end = head_of(body, at)
    if not starts:
        raise ValueError("no outer ring")
    return packed_shape(body[at:end], _KINDS[kind], starts), end


class PackedChange(NamedTuple):
    """Both sides of an edit as columns, by key; of several with one key the last counts, as in a document."""

    removed: Mapping[str, Packed]
    added: Mapping[str, Packed]


def packed_change(change: Change) -> PackedChange:
    """An edit as columns. An outline that goes and comes again is looked at once."""
    memory: Memory = {}
    with undisturbed():
        removed = {one.key: one for one in (packed(a, memory) for a in change.removed)}
        added = {one.key: one for one in (packed(a, memory) for a in change.added)}
    return PackedChange(removed, added)


def body_of(change: PackedChange) -> bytes:
    """An edit as one row of the journal. Keys, and outlines that stay, are in there once."""
    parts: list[bytes] = [_COUNT.pack(len(change.removed)), _COUNT.pack(len(change.added))]
    numbers = {key: number for number, key in enumerate(change.removed)}
    for one in change.removed.values():
        parts += _written(one.key.encode("ascii"), one.facts, one.shape)
    for one in change.added.values():
        before = change.removed.get(one.key)
        if before is None:
            parts += _written(one.key.encode("ascii"), one.facts, one.shape)
        else:  # by its number instead of its key
            shape = b"" if before.shape == one.shape else one.shape
            parts += _written(b"\0" + _COUNT.pack(numbers[one.key]), one.facts, shape)
    body = b"".join(parts)
    return _PACKED + zlib.compress(body, _LEVEL) if len(body) >= _LARGE else _PLAIN + body


def change_of(body: bytes, title: str) -> Change:
    """The edit back from a row of the journal. Raises `ValueError` when the bytes are no such row."""
    try:
        with undisturbed():
            return _change(zlib.decompress(body[1:]) if body[:1] == _PACKED else body[1:], title)
    except _NONSENSE as error:
        raise ValueError(f"No edit: {error}") from error


def _change(body: bytes, title: str) -> Change:
    (gone,), (come,) = _COUNT.unpack_from(body, 0), _COUNT.unpack_from(body, 4)
    at = 8
    removed: list[Packed] = []
    added: list[Packed] = []
    for number in range(gone + come):
        key_length, facts_length, shape_length = _LENGTHS.unpack_from(body, at)
        facts_at = at + _LENGTHS.size + key_length
        shape_at = facts_at + facts_length
        key, facts = body[facts_at - key_length : facts_at], body[facts_at:shape_at].decode("ascii")
        at = shape_at + shape_length
        shape = body[shape_at:at]
        if key[0] == 0:
            before = removed[_COUNT.unpack_from(key, 1)[0]]
            added.append(Packed(before.key, facts, shape or before.shape))
        else:
            (removed if number < gone else added).append(Packed(key.decode("ascii"), facts, shape))
    return Change(annotations_of(removed), annotations_of(added), title)


def _written(key: bytes, facts: str, shape: bytes) -> Sequence[bytes]:
    return [_LENGTHS.pack(len(key), len(facts), len(shape)), key, facts.encode("ascii"), shape]


def annotations_of(rows: Iterable[Sequence[object]]) -> tuple[Annotation, ...]:
    """Annotations of rows of key, facts and shape. Raises `ValueError` where one is none.

    Their bounds are made here, all at once: whoever shows them need not look at their places.
    """
    try:
        with undisturbed():
            found = tuple(unpacked(*cast("tuple[str, str, bytes]", row)) for row in rows)
            _bound([one.shape for one in found])
            return found
    except _NONSENSE as error:
        raise ValueError(f"No annotation: {error}") from error


def _bound(shapes: Sequence[Shape]) -> None:
    """Give shapes that were just read their bounds."""
    simple, places = [], []
    for shape in shapes:
        body = rings_kept(shape)
        assert body is not None
        _, _, first, end = head_of(body)
        if shape.starts == (0,) and first == _ONE_RING and first < end:
            simple.append(shape)
            places.append(body[first:end])
        else:
            _ = shape.bounds
    for shape, (x, y, right, bottom) in zip(simple, extents_of(places).tolist(), strict=True):
        shape.__dict__["bounds"] = Rect(x, y, right - x, bottom - y)
