"""What the header of a JPEG or JPEG 2000 stream says, without decoding it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_SIZ = b"\xff\x4f\xff\x51"  # start of a code stream and of its sizes


@dataclass(frozen=True, slots=True)
class JpegFacts:
    """Size and kind of a JPEG. `complete`: its end mark is there."""

    width: int
    height: int
    samples: int
    bits: int
    jfif: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class Jpeg2kFacts:
    """Size and kind of a JPEG 2000 code stream. `subsampled`: some samples have a lower resolution."""

    width: int
    height: int
    samples: int
    bits: int
    subsampled: bool


def jpeg_facts(data: bytes) -> JpegFacts | None:
    """Read the markers up to the frame's; None where there is none."""
    at, jfif = 2, False
    while data[:2] == b"\xff\xd8" and at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _BARE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        jfif = jfif or (marker == 0xE0 and data[at + 4 : at + 8] == b"JFIF")
        if marker in _FRAMES and at + 10 <= len(data):
            bits, height, width, samples = struct.unpack(">BHHB", data[at + 4 : at + 10])
            return JpegFacts(width, height, samples, bits, jfif, b"\xff\xd9" in data[-16:])
        at += 2 + length
    return None


def jpeg2k_facts(data: bytes) -> Jpeg2kFacts | None:
    """Read the size marker, which may stand behind the boxes of a JP2 file; None where there is none."""
    at = data.find(_SIZ, 0, 4096)
    if at < 0 or len(data) < at + 44:
        return None
    right, bottom, left, top = struct.unpack(">IIII", data[at + 8 : at + 24])
    (samples,) = struct.unpack(">H", data[at + 40 : at + 42])
    each = data[at + 42 : at + 42 + 3 * samples]  # depth, x step, y step of each
    if len(each) < 3 * samples or not samples:
        return None
    steps = {*each[1::3], *each[2::3]}
    depths = {(depth & 0x7F) + 1 for depth in each[0::3]}
    return Jpeg2kFacts(right - left, bottom - top, samples, max(depths), steps != {1} or len(depths) > 1)
