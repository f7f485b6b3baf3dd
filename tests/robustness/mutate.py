"""Damaged variants of a file, the same for the same seed: cut, flipped, blotted, with lies in headers."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

Mutation = Callable[[bytearray, random.Random], bytearray]

_LIES = (0, 1, 2, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def variant(content: bytes, name: str, number: int) -> bytes:
    """Variant `number` of a file: one to three mutations, drawn by name and number alone."""
    chance = random.Random(f"{name} {number}")
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if data:
            data = chance.choice(_mutations(data))(data, chance)
    return bytes(data)


def _mutations(data: bytearray) -> tuple[Mutation, ...]:
    general = (_cut, _flip_head, _flip_tail, _flip_anywhere, _blot, _drop, _repeat, _lie_anywhere)
    if bytes(data[:4]) in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        return (*general, _lie_in_tiff, _lie_in_tiff, _lie_in_tiff, _lie_in_tiff)
    if data[128:132] == b"DICM":
        return (*general, _lie_in_dicom, _lie_in_dicom, _lie_in_dicom, _lie_in_dicom)
    return general


def _cut(data: bytearray, chance: random.Random) -> bytearray:
    end = chance.choice((chance.randrange(len(data)), chance.randrange(min(len(data), 4096)), len(data) - 1))
    return data[:end]


def _flip(data: bytearray, chance: random.Random, start: int, end: int) -> bytearray:
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(start, max(end, start + 1))
        data[place] = chance.choice(
            (0, 0xFF, data[place] ^ (1 << chance.randrange(8)), chance.randrange(256))
        )
    return data


def _flip_head(data: bytearray, chance: random.Random) -> bytearray:
    return _flip(data, chance, 0, min(len(data), 2048))


def _flip_tail(data: bytearray, chance: random.Random) -> bytearray:
    """TIFF writers put their directories at the end."""
    return _flip(data, chance, max(0, len(data) - 4096), len(data))


def _flip_anywhere(data: bytearray, chance: random.Random) -> bytearray:
    return _flip(data, chance, 0, len(data))


def _blot(data: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(len(data))
    size = min(chance.choice((4, 64, 1024, 65536)), len(data) - start)
    fill = chance.choice((b"\0", b"\xff", bytes([chance.randrange(256)])))
    data[start : start + size] = fill * size
    return data


def _drop(data: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(len(data))
    del data[start : start + chance.choice((1, 2, 16, 512, 8192))]
    return data


def _repeat(data: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(len(data))
    block = bytes(data[start : start + chance.choice((1, 16, 512, 8192))])
    data[start:start] = block * chance.choice((1, 2, 7))
    return data


def _lie_anywhere(data: bytearray, chance: random.Random) -> bytearray:
    """A number of four bytes somewhere in the first or last part becomes absurd."""
    area = chance.choice((range(min(len(data), 4096)), range(max(0, len(data) - 8192), len(data))))
    place = chance.choice(area)
    value = struct.pack(chance.choice("<>") + "I", chance.choice(_LIES))
    data[place : place + 4] = value[: len(data) - place]
    return data


def _lie_in_tiff(data: bytearray, chance: random.Random) -> bytearray:
    """Tag, kind, count or value of one entry of one directory."""
    order = "<" if data[:1] == b"I" else ">"
    entries = _entries(data, order)
    if not entries:
        return _flip_head(data, chance)
    place = chance.choice(entries)
    which = chance.choice(("tag", "kind", "count", "value", "value", "value", "array"))
    if which == "tag":
        struct.pack_into(
            order + "H", data, place, chance.choice((254, 256, 257, 258, 262, 273, 277, 322, 324))
        )
    elif which == "kind":
        struct.pack_into(order + "H", data, place + 2, chance.choice((0, 1, 2, 3, 4, 5, 12, 13, 16, 18, 255)))
    elif which == "count":
        struct.pack_into(order + "I", data, place + 4, chance.choice(_LIES))
    elif which == "array":  # what the value points at: offsets and lengths of tiles
        (target,) = struct.unpack_from(order + "I", data, place + 8)
        target += 4 * chance.randrange(8)
        if target + 4 <= len(data):
            struct.pack_into(order + "I", data, target, chance.choice((*_LIES, len(data) - 1, len(data))))
    else:
        (value,) = struct.unpack_from(order + "I", data, place + 8)
        lie = chance.choice((*_LIES, value + 1, value * 2, value // 2, value ^ 0x10000, len(data) - 1))
        struct.pack_into(order + "I", data, place + 8, lie & 0xFFFFFFFF)
    return data


def _entries(data: bytearray, order: str) -> list[int]:
    """Where all entries of all directories of a classic TIFF lie."""
    found: list[int] = []
    if len(data) < 8 or bytes(data[2:4]) not in {b"*\0", b"\0*"}:
        return found
    (offset,) = struct.unpack_from(order + "I", data, 4)
    seen: set[int] = set()
    while 0 < offset + 2 <= len(data) and offset not in seen and len(seen) < 64:
        seen.add(offset)
        (count,) = struct.unpack_from(order + "H", data, offset)
        end = offset + 2 + 12 * count
        if end + 4 > len(data):
            break
        found += range(offset + 2, end, 12)
        (offset,) = struct.unpack_from(order + "I", data, end)
    return found


def _lie_in_dicom(data: bytearray, chance: random.Random) -> bytearray:
    """Representation, length or value of an element that begins with a known group."""
    place = -1
    for _ in range(20):
        group = chance.choice(
            (b"\x02\0", b"\x08\0", b"\x28\0", b"\x48\0", b"\0\x52", b"\xe0\x7f", b"\xfe\xff")
        )
        place = data.find(group, chance.randrange(128, max(129, len(data) - 16)))
        if place >= 0 and place + 12 <= len(data):
            break
    if place < 0 or place + 12 > len(data):
        return _flip_head(data, chance)
    which = chance.choice(("element", "representation", "short", "long", "value"))
    if which == "element":
        struct.pack_into(
            "<H", data, place + 2, chance.choice((0x0000, 0x0002, 0x0008, 0x0010, 0x0011, 0x0100))
        )
    elif which == "representation":
        data[place + 4 : place + 6] = chance.choice((b"SQ", b"OB", b"OW", b"UI", b"US", b"UL", b"XX", b"UN"))
    elif which == "short":
        struct.pack_into("<H", data, place + 6, chance.choice((0, 1, 0x7FFF, 0xFFFE, 0xFFFF)))
    elif which == "long":
        struct.pack_into("<I", data, place + 8, chance.choice(_LIES))
    else:
        data[place + 8 : place + 10] = chance.choice((b"\0\0", b"\xff\xff", b"\xff\x7f"))
    return data
