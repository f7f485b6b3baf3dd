"""A colour profile (ICC.1:2022) with the colours in it and none of the words.

Profiles of scanners name maker, model and serial number, and have room for text of any kind. What converts
colours is copied as it is; description and copyright, which must be there, are replaced.
"""

from __future__ import annotations

import struct

_HEADER = 128
_COLOURS = frozenset(
    (
        *(b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"bkpt", b"chad", b"chrm", b"lumi", b"rTRC", b"gTRC", b"bTRC"),
        *(b"kTRC", b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"gamt", b"pre0", b"pre1", b"pre2"),
        *(b"D2B0", b"D2B1", b"D2B2", b"D2B3", b"B2D0", b"B2D1", b"B2D2", b"B2D3"),
    )
)
_TYPES = frozenset((b"XYZ ", b"curv", b"para", b"mft1", b"mft2", b"mAB ", b"mBA ", b"sf32", b"chrm", b"mpet"))
_TEXT = b"Colour profile"


def without_words(profile: bytes) -> bytes:
    """The same profile without words; empty for what is none."""
    if len(profile) < _HEADER + 4 or profile[36:40] != b"acsp":
        return b""
    count = struct.unpack_from(">I", profile, _HEADER)[0]
    if count > 200 or len(profile) < _HEADER + 4 + 12 * count:
        return b""
    version = profile[8]
    entries: list[tuple[bytes, bytes]] = [(b"desc", _described(version)), (b"cprt", _copyright(version))]
    for number in range(count):
        name, at, size = struct.unpack_from(">4sII", profile, _HEADER + 4 + 12 * number)
        body = profile[at : at + size]
        if name in _COLOURS and len(body) == size and body[:4] in _TYPES:
            entries.append((name, body))
    return _laid_out(profile, entries)


def _laid_out(profile: bytes, entries: list[tuple[bytes, bytes]]) -> bytes:
    table, bodies = b"", b""
    start = _HEADER + 4 + 12 * len(entries)
    places: dict[bytes, int] = {}  # curves are often shared
    for name, body in entries:
        if body not in places:
            places[body] = start + len(bodies)
            bodies += body + bytes(-len(body) % 4)
        table += struct.pack(">4sII", name, places[body], len(body))
    head = bytearray(profile[:_HEADER])
    head[0:4] = struct.pack(">I", start + len(bodies))
    head[4:8] = bytes(4)  # preferred module
    head[24:36] = struct.pack(">6H", 1900, 1, 1, 0, 0, 0)  # when it was made
    head[48:64] = bytes(16)  # maker, model, attributes of the device
    head[80:128] = bytes(48)  # who made it, its own hash, reserved
    return bytes(head) + struct.pack(">I", len(entries)) + table + bodies


def _described(version: int) -> bytes:
    if version >= 4:
        return _unicode()
    ascii_ = _TEXT + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(ascii_)) + ascii_ + bytes(4 + 4 + 2 + 1 + 67)


def _copyright(version: int) -> bytes:
    return _unicode() if version >= 4 else b"text" + bytes(4) + b"Unknown\0"


def _unicode() -> bytes:
    text = _TEXT.decode("ascii").encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
