"""Whether a compressed frame is whole: decoders make up what is missing, and nobody may take that for tissue.

libjpeg tells of damage by warnings that do not reach here, and OpenJPEG of some of it not at all. What can be
known is found out by other means: the structure of the stream, and whether the decoder needed more data than
there is, or less.
"""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ml.slide.dicom_codec import FrameError, PixelForm, Samples, decoded
from ml.volume.jpeg_stream import LOSSLESS, PROGRESSIVE, parsed_jpeg

_STRUCTURE = "its structure is damaged"
_NEEDED = "a part of its data is missing"
_TOO_MUCH = "it holds more data than its picture needs"
_JUNK = bytes(random.Random(1).choices(range(1, 0x7F), k=4096))  # noqa: S311 - begins with 0, as no end does
_TURNED = bytes(
    byte ^ 0xFF for byte in _JUNK
)  # differs from zeros, which decoders put there, in its first bit
_EOI = b"\xff\xd9"


def whole_jpeg(data: bytes, form: PixelForm) -> Samples:
    """The samples of a JPEG of one channel. Raises `FrameError` where it is damaged in a way that shows.

    A lossless one is decoded with a row more than it has and other data behind its own: when that row comes
    out of the very first bits behind, the picture needed all its data and no more. Where that cannot be
    told, and for lossy ones, they are decoded again. What flips values and leaves their number as it is,
    nobody can know.
    """
    stream = parsed_jpeg(data)
    start, end = stream.scans[-1]
    if stream.kind == LOSSLESS and len(stream.scans) == 1 and not stream.has_restarts:
        higher = replace(form, height=form.height + 1)
        taller = stream.with_height(data[:end] + _JUNK + _EOI, higher.height)
        found = decoded(taller, higher)
        samples = found[: form.height]
        full = len(found) == higher.height and found.ndim == 2 and not stream.point_transform
        if full and stream.ends_before(found[-2:].view(f"u{found.dtype.itemsize}"), _JUNK):
            return samples
    samples = decoded(data, form)
    for _, stop in stream.scans:
        for junk in (_TURNED, _JUNK):
            if not np.array_equal(decoded(data[:stop] + junk + data[stop:], form), samples):
                raise FrameError(_NEEDED)
    if not stream.has_restarts and stream.kind not in PROGRESSIVE:
        _require_end_read(data, start, end, form, samples, stream.kind == LOSSLESS)
    return samples


def _require_end_read(
    data: bytes, start: int, end: int, form: PixelForm, samples: Samples, is_lossless: bool
) -> None:
    """Raise `FrameError` where nothing changes when the last bytes do: two, or more of rounded waves."""
    used = len(data[:end].rstrip(b"\0")) - (2 if is_lossless else 6)
    while used > start and data[used - 1] == 0xFF:
        used -= 1
    turned = bytes((byte ^ 0x2A) & 0x7F for byte in data[used:end])
    tails = (turned,) if is_lossless else (turned, b"", _TURNED, _JUNK[9:99])
    for tail in tails if used > start else ():
        if not np.array_equal(decoded(data[:used] + tail + _JUNK + _EOI, form), samples):
            return
    if used <= start:
        return
    raise FrameError(_TOO_MUCH)


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
