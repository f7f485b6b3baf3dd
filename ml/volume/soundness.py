"""Whether a compressed frame is whole: decoders make up what is missing, and nobody may take that for tissue.

libjpeg tells of damage by warnings that do not reach here, and OpenJPEG of some of it not at all. What can be
known is found out by other means: the structure of the stream, and whether the decoder needed more data than
there is, or less.
"""

from __future__ import annotations

import random
import re
import struct
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ml.slide.dicom_codec import FrameError, PixelForm, Samples, decoded

_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_IN_SCAN = re.compile(rb"\xff[^\x00]")
_SEGMENTS = {*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, *range(0xE0, 0xF0), 0xFE}
_RESTARTS = range(0xD0, 0xD8)
_LOSSLESS, _PROGRESSIVE = 0xC3, {0xC2, 0xCA}
_STRUCTURE = "its structure is damaged"
_NEEDED = "a part of its data is missing"
_TOO_MUCH = "it holds more data than its picture needs"
_JUNK = bytes(random.Random(1).choices(range(0x7F), k=4096))  # noqa: S311 - anything but 0xFF
_EOI = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class _Frame:
    """The marker of a frame, and where the number of its rows stands."""

    kind: int
    height_at: int


def whole_jpeg(data: bytes, form: PixelForm) -> Samples:
    """The samples of a JPEG of one channel. Raises `FrameError` where it is damaged in a way that shows.

    Decoded again with other data behind its own, a whole one stays as it is (ITU-T T.81): it needed no more.
    A row more than it has must come out of what is behind it: it needed no less. What flips values and
    leaves their number as it is, nobody can know.
    """
    scans, frame, has_restarts = _scans_of(data)
    start, end = scans[-1]
    if frame.kind == _LOSSLESS and len(scans) == 1 and not has_restarts:
        taller = _with_height(data, frame, form.height + 1)
        higher = replace(form, height=form.height + 1)
        plain = decoded(taller, higher)
        other = decoded(taller[:end] + _JUNK + _EOI, higher)
        samples = plain[: form.height]
        if not np.array_equal(samples, other[: form.height]):
            raise FrameError(_NEEDED)
        if plain.shape[0] > form.height and plain[form.height, 0] != other[form.height, 0]:
            return samples
        tails = [2]  # bytes that are sure to hold the last value
    else:
        samples = decoded(data, form)
        for _, stop in scans:
            if not np.array_equal(decoded(data[:stop] + _JUNK + data[stop:], form), samples):
                raise FrameError(_NEEDED)
        tails = [] if has_restarts or frame.kind in _PROGRESSIVE else [16, 16]  # waves are rounded
    if tails and all(_ends_unread(data, start, end, tail, form, samples, n) for n, tail in enumerate(tails)):
        raise FrameError(_TOO_MUCH)
    return samples


def _ends_unread(
    data: bytes, start: int, end: int, tail: int, form: PixelForm, samples: Samples, number: int
) -> bool:
    """Whether nothing changes where the last bytes do."""
    used = len(data[:end].rstrip(b"\0")) - tail
    while used > start and data[used - 1] == 0xFF:
        used -= 1
    if used <= start:
        return False
    turned = bytes((byte ^ 0x2A) & 0x7F for byte in data[used:end])
    junk = (turned + _JUNK, _JUNK)[number]
    return np.array_equal(decoded(data[:used] + junk + _EOI, form), samples)


def _with_height(data: bytes, frame: _Frame, rows: int) -> bytes:
    """The same stream that says that it has so many rows."""
    return data[: frame.height_at] + struct.pack(">H", rows) + data[frame.height_at + 2 :]


def _scans_of(data: bytes) -> tuple[list[tuple[int, int]], _Frame, bool]:
    """Ends of the data of every scan, the frame, whether it has restarts. Raises `FrameError`."""
    at, frame, has_restarts = 2, _Frame(0, 0), False
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
            frame = _Frame(marker, at + 3)
        at += length
        if marker == 0xDA:
            scans.append((at, _end_of_scan(data, at, has_restarts)))
            at = scans[-1][1]
    if not scans or not frame.kind:
        raise FrameError("it holds no picture")
    return scans, frame, has_restarts


def _end_of_scan(data: bytes, start: int, has_restarts: bool) -> int:
    """Where the next marker stands that is no part of a scan."""
    at = start
    while found := _IN_SCAN.search(data, at):
        kind = data[found.end() - 1]
        if not (has_restarts and kind in _RESTARTS):
            return found.start()
        at = found.end()
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
