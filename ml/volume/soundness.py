"""Whether a compressed frame is whole: decoders make up what is missing, and nobody may take that for tissue.

libjpeg tells of damage by warnings that do not reach here, and OpenJPEG of some of it not at all. What can be
known is found out by other means: the structure of the stream, and whether the decoder needed more data than
there is, or less.
"""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ml.slide.dicom_codec import FrameError, PixelForm, Samples

Decode = Callable[[bytes], Samples]

_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_SEGMENTS = {*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, *range(0xE0, 0xF0), 0xFE}
_RESTARTS = range(0xD0, 0xD8)
_LOSSLESS, _PROGRESSIVE = 0xC3, {0xC2, 0xCA}
_STRUCTURE = "its structure is damaged"
_NEEDED = "a part of its data is missing"
_TOO_MUCH = "it holds more data than its picture needs"
_JUNK = bytes(random.Random(1).choices(range(0x7F), k=4096))  # noqa: S311 - anything but 0xFF
_OTHER_JUNK = bytes(random.Random(2).choices(range(0x7F), k=4096))  # noqa: S311


def require_whole_jpeg(data: bytes, decode: Decode, samples: Samples) -> None:
    """Raise `FrameError` where a JPEG of one channel is damaged in a way that shows (ITU-T T.81).

    Decoded again with other data behind its own, a whole one stays as it is; with other data in place of its
    last bytes, it does not. What flips values and leaves their number as it is, nobody can know.
    """
    scans, frame_kind, has_restarts = _scans_of(data)
    for _, end in scans:
        if not np.array_equal(decode(data[:end] + _JUNK + data[end:]), samples):
            raise FrameError(_NEEDED)
    if frame_kind in _PROGRESSIVE or has_restarts:
        return
    start, end = scans[-1]
    # two bytes are sure to hold the last value; of rounded waves it takes more of them to be seen
    used = len(data[:end].rstrip(b"\0")) - (2 if frame_kind == _LOSSLESS else 16)
    while used > start and data[used - 1] == 0xFF:
        used -= 1
    turned = bytes((byte ^ 0x2A) & 0x7F for byte in data[used:end])
    tails = [turned] if frame_kind == _LOSSLESS else [_JUNK, _OTHER_JUNK]
    others = (decode(data[:used] + tail + _JUNK + b"\xff\xd9") for tail in tails)
    if used > start and all(np.array_equal(other, samples) for other in others):
        raise FrameError(_TOO_MUCH)


def _scans_of(data: bytes) -> tuple[list[tuple[int, int]], int, bool]:
    """Ends of the data of every scan, kind of the frame, whether it has restarts. Raises `FrameError`."""
    at, frame_kind, has_restarts = 2, 0, False
    scans: list[tuple[int, int]] = []
    while True:
        found = _MARKER.match(data, at)
        if found is None:
            raise FrameError(_STRUCTURE)
        marker, at = found[1][0], found.end()
        if marker == 0xD9:
            break
        if marker not in _SEGMENTS or at + 2 > len(data):
            raise FrameError(_STRUCTURE)
        length = struct.unpack_from(">H", data, at)[0]
        if marker == 0xDD:
            has_restarts = data[at + 2 : at + 4] != b"\0\0"
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            frame_kind = marker
        at += length
        if marker == 0xDA:
            scans.append((at, _end_of_scan(data, at, has_restarts)))
            at = scans[-1][1]
    if not scans or not frame_kind:
        raise FrameError("it holds no picture")
    return scans, frame_kind, has_restarts


def _end_of_scan(data: bytes, start: int, has_restarts: bool) -> int:
    """Where the next marker stands that is no part of a scan."""
    for found in _MARKER.finditer(data, start):
        if not (has_restarts and found[1][0] in _RESTARTS):
            return found.start()
    raise FrameError(_NEEDED)


def require_whole_jpeg_2000(data: bytes) -> None:
    """Raise `FrameError` where tile-parts of a JPEG 2000 are not as long as they say (ITU-T T.800 A.4.2)."""
    start = data.find(b"\xff\x4f\xff\x51", 0, 4096)
    at = start + 2
    while data[at : at + 2] != b"\xff\x90":  # the main header, segment by segment
        if at < 2 or at + 4 > len(data) or data[at] != 0xFF:
            raise FrameError(_STRUCTURE)
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    while data[at : at + 2] == b"\xff\x90":
        if at + 12 > len(data):
            raise FrameError(_NEEDED)
        length = struct.unpack_from(">I", data, at + 6)[0]
        if length == 0:  # the last one: up to the end
            return
        at += max(length, 12)
    if data[at : at + 2] != b"\xff\xd9":
        raise FrameError(_NEEDED)


def unpacked_rle(data: bytes, form: PixelForm) -> Samples:
    """A frame of one channel in DICOM's RLE (PS3.5 G): (rows, columns). Raises `FrameError`."""
    import imagecodecs

    size, count = form.width * form.height, form.bits_allocated // 8
    if len(data) < 64:
        raise FrameError(_NEEDED)
    segments, *offsets = struct.unpack_from("<16I", data)
    starts = [*offsets[:count], len(data)]
    if segments != count or starts[0] < 64 or any(b <= a for a, b in pairwise(starts)):
        raise FrameError(_STRUCTURE)
    planes = np.empty((size, count), dtype=np.uint8)
    for number in range(count):
        plane = imagecodecs.packbits_decode(data[starts[number] : starts[number + 1]])
        if len(plane) < size:
            raise FrameError(_NEEDED)
        if len(plane) > size + 1:  # one that is filled up to an even number of bytes
            raise FrameError(_TOO_MUCH)
        planes[:, count - 1 - number] = np.frombuffer(plane, np.uint8, size)  # most significant first
    return planes.reshape(-1).view(form.dtype.newbyteorder("<")).reshape(form.height, form.width)
