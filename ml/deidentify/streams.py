"""Compressed pictures without the words that stand in their heads; what makes the pixels is not touched.

JPEG and JPEG-LS (ISO 10918, 14495): comments and applications' segments (Exif, XMP) go, but for JFIF's and
Adobe's, which say how colours are meant. JPEG 2000 (ISO 15444): comments of the main header go. PNG
(ISO 15948): chunks of text, Exif and time go.
"""

from __future__ import annotations

import struct

_START, _END, _SCAN = b"\xff\xd8", b"\xff\xd9", 0xDA
_CODESTREAM, _TILE_PART, _COMMENT = b"\xff\x4f\xff\x51", 0xFF90, 0xFF64
_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNKS = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD")
)


def without_words(data: bytes) -> bytes:
    """The same picture; the very same object where there is nothing to take out, or it is of another kind."""
    if data.startswith(_START):
        return _jpeg(data)
    if data.startswith(_CODESTREAM):
        return _jpeg_2000(data)
    return data


def png_without_words(data: bytes) -> bytes:
    """A PNG with the chunks that make its pixels; the same bytes for what is none, or is cut short."""
    kept, at = [_PNG], len(_PNG)
    while data.startswith(_PNG) and at + 12 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        kind = data[at + 4 : at + 8]
        if kind in _CHUNKS:
            kept.append(data[at : at + 12 + size])
        at += 12 + size
        if kind == b"IEND":
            return b"".join(kept)
    return data


def _jpeg(data: bytes) -> bytes:
    kept, at = [_START], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == 0xD9:  # tables without a picture, as TIFF keeps them
            kept.append(_END)
            break
        size = 2 + struct.unpack_from(">H", data, at + 2)[0]
        if _belongs(marker, data[at : at + size]):
            kept.append(data[at : at + size])
        at += size
        if marker == _SCAN:
            kept.append(_scan(data, at))
            break
    else:
        if at + 2 <= len(data) and data[at : at + 2] == _END:
            kept.append(_END)
        else:
            return data  # no JPEG after all
    made = b"".join(kept)
    return data if len(made) == len(data) else made


def _belongs(marker: int, segment: bytes) -> bool:
    if marker == 0xE0:
        return segment[4:9] == b"JFIF\0" and len(segment) == 18  # no thumbnail in it
    if marker == 0xEE:
        return segment[4:9] == b"Adobe" and len(segment) == 16
    return not (marker == 0xFE or 0xE1 <= marker <= 0xEF)


def _scan(data: bytes, at: int) -> bytes:
    """From the first coded byte to the end of the picture; what hides behind it goes."""
    end = data.rfind(_END, at)
    if end < 0 or not data[end + 2 :].strip(b"\0\xff"):
        return data[at:]
    return data[at : end + 2]


def _jpeg_2000(data: bytes) -> bytes:
    kept, at = [data[:2]], 2
    while at + 4 <= len(data):
        marker, size = struct.unpack_from(">HH", data, at)
        if marker == _TILE_PART or marker < 0xFF00:
            break
        if marker != _COMMENT:
            kept.append(data[at : at + 2 + size])
        at += 2 + size
    made = b"".join([*kept, data[at:]])
    return data if len(made) == len(data) else made
