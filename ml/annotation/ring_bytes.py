"""Outlines as bytes, exactly: float64 places behind a head that says how many there are of what.

A head says the kind, how many rings and how many outer ones there are, then how many places each ring has and
which rings are outer ones; all places follow, x before y.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Point

Ring = tuple[Point, ...]
"""A closed line without its first point repeated; of a line or a set of points, its places."""

_HEAD = struct.Struct("<BII")  # kind, rings, starts
_SIMPLE = (0,)
_ONE = struct.Struct("<BIIII")  # the head of one ring that is the only outer one
_ONE_TAIL = (1, 1)


def bytes_of(kind: int, rings: Sequence[Ring], starts: tuple[int, ...]) -> bytes:
    """An outline as bytes; `kind` is any number below 256."""
    head = _HEAD.pack(kind, len(rings), len(starts))
    if len(rings) == 1 and starts == _SIMPLE:
        ring = rings[0]
        flat = [value for p in ring for value in (p.x, p.y)]
        return head + struct.pack(f"<II{len(flat)}d", len(ring), 0, *flat)
    flat = [value for ring in rings for p in ring for value in (p.x, p.y)]
    counts = (*map(len, rings), *starts)
    return head + struct.pack(f"<{len(counts)}I{len(flat)}d", *counts, *flat)


def head_of(body: bytes, at: int = 0) -> tuple[int, tuple[int, ...], int, int]:
    """Kind, starts, the byte at which the places begin and the one at which they end.

    Raises `struct.error` or `ValueError` where bytes are missing.
    """
    if len(body) >= at + _ONE.size:
        kind, rings, outer, count, start = _ONE.unpack_from(body, at)
        if (rings, outer) == _ONE_TAIL and start == 0:
            first = at + _ONE.size
            return kind, _SIMPLE, first, _within(body, first + 16 * count)
    kind, ring_count, start_count = _HEAD.unpack_from(body, at)
    at += _HEAD.size
    counts = struct.unpack_from(f"<{ring_count + start_count}I", body, at)
    at += 4 * len(counts)
    return kind, counts[ring_count:], at, _within(body, at + 16 * sum(counts[:ring_count]))


def rings_of(body: bytes) -> tuple[Ring, ...]:
    """The rings of an outline whose bytes begin here."""
    _, ring_count, start_count = _HEAD.unpack_from(body, 0)
    counts = struct.unpack_from(f"<{ring_count + start_count}I", body, _HEAD.size)
    lengths = counts[:ring_count]
    flat = struct.unpack_from(f"<{2 * sum(lengths)}d", body, _HEAD.size + 4 * len(counts))
    points = tuple(map(Point, flat[::2], flat[1::2]))
    if ring_count == 1:
        return (points,)
    ends = accumulate(lengths)
    return tuple(points[end - length : end] for end, length in zip(ends, lengths, strict=True))


def extents_of(outlines: Iterable[bytes]) -> NDArray[np.float64]:
    """x, y, right and bottom of all places of each; each is the bytes of the places alone, and has some."""
    parts = list(outlines)
    counts = np.array([len(part) >> 4 for part in parts], np.intp)
    if not len(counts):
        return np.empty((0, 4))
    places = np.frombuffer(b"".join(parts), "<f8").reshape(-1, 2)
    firsts = np.concatenate((counts[:1] * 0, np.cumsum(counts)[:-1]))
    low, high = np.minimum.reduceat(places, firsts), np.maximum.reduceat(places, firsts)
    return np.concatenate((low, high), 1)


def _within(body: bytes, end: int) -> int:
    if end > len(body):
        raise ValueError(f"{end - len(body)} bytes are missing")
    return end
