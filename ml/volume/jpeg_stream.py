"""The structure of a JPEG of one channel (ITU-T T.81), and where the bits of its last value end."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

from ml.slide.dicom_codec import FrameError, Samples

LOSSLESS = 0xC3
PROGRESSIVE = frozenset({0xC2, 0xCA})

_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_IN_SCAN = re.compile(rb"\xff[^\x00]")
_SEGMENTS = {*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, *range(0xE0, 0xF0), 0xFE}
_NO_FRAME = {0xC4, 0xC8, 0xCC}
_RESTARTS = range(0xD0, 0xD8)
_COMPARED = 32  # bits that must be as expected
_SPAN = 2**16


@dataclass(slots=True)
class JpegStream:
    """What stands in the segments of a stream."""

    kind: int = 0  # the marker of its frame
    height_at: int = 0  # where the number of rows stands
    has_restarts: bool = False
    scans: list[tuple[int, int]] = field(default_factory=list)  # first byte of the data, first behind it
    codes: dict[int, dict[int, str]] = field(default_factory=dict)  # of each table: category to bits
    table: int = 0  # that the last scan uses
    predictor: int = 0
    point_transform: int = 0

    def with_height(self, data: bytes, rows: int) -> bytes:
        """The same bytes, saying that there are so many rows."""
        return data[: self.height_at] + struct.pack(">H", rows) + data[self.height_at + 2 :]

    def ends_before(self, samples: Samples, behind: bytes) -> bool:
        """Whether the last row, one more than the stream has, comes out of the bytes `behind` its data.

        Of a lossless stream with samples as unsigned values. True is certain (but for a chance of one in
        millions); false may also mean that the bytes behind are no code.
        """
        bits = ""
        for column in range(samples.shape[1]):
            if len(bits) >= _COMPARED:
                break
            bits += self._bits_of(samples, column)
        expected = "".join(f"{byte:08b}" for byte in behind[:32])
        if len(bits) < _COMPARED or len(bits) > len(expected):
            return False
        return any(bits == "1" * filled + expected[: len(bits) - filled] for filled in range(8))

    def _bits_of(self, samples: Samples, column: int) -> str:
        """The code of one value of the last row, as its predictor asks for it (T.81 H.1.2)."""
        above, value = int(samples[-2, column]), int(samples[-1, column])
        left = int(samples[-1, column - 1]) if column else above
        corner = int(samples[-2, column - 1]) if column else above
        guesses = (
            0,
            left,
            above,
            corner,
            left + above - corner,
            left + (above - corner >> 1),
            above + (left - corner >> 1),
            left + above >> 1,
        )
        guess = guesses[self.predictor % 8] if column else above
        off = (value - guess + _SPAN // 2 - 1) % _SPAN - (_SPAN // 2 - 1)  # -32,767 to 32,768
        category = abs(off).bit_length()
        code = self.codes.get(self.table, {}).get(category, "")
        if category in {0, 16}:
            return code
        return code + f"{off if off > 0 else off + 2**category - 1:0{category}b}"


def parsed_jpeg(data: bytes) -> JpegStream:
    """Walk over all segments. Raises `FrameError` where one is not where or what it must be."""
    found, at = JpegStream(), 2
    while True:
        match = _MARKER.match(data, at)
        if match is None:
            raise FrameError("its structure is damaged")
        marker, at = match[1][0], match.end()
        if marker == 0xD9:
            break
        if marker not in _SEGMENTS or at + 2 > len(data):
            raise FrameError("its structure is damaged")
        length = struct.unpack_from(">H", data, at)[0]
        body, at = data[at + 2 : at + length], at + length
        if marker == 0xDA:
            _note_scan(found, body)
            found.scans.append((at, _end_of_scan(data, at, found.has_restarts)))
            at = found.scans[-1][1]
        elif marker == 0xDD:
            found.has_restarts = body[:2] != b"\0\0"
        elif marker == 0xC4:
            _note_tables(found, body)
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            found.kind, found.height_at = marker, at - length + 3
    if not found.scans or not found.kind:
        raise FrameError("it holds no picture")
    return found


def _note_scan(found: JpegStream, body: bytes) -> None:
    if len(body) < 6:
        raise FrameError("its structure is damaged")
    found.table = body[2] >> 4
    found.predictor, found.point_transform = body[3], body[5] & 15


def _note_tables(found: JpegStream, body: bytes) -> None:
    """Huffman codes in the order of their lengths (T.81 C.2)."""
    while len(body) >= 17:
        counts, kind = body[1:17], body[0]
        symbols = body[17 : 17 + sum(counts)]
        codes, code, at = {}, 0, 0
        for bits, count in enumerate(counts, 1):
            for symbol in symbols[at : at + count]:
                codes[symbol] = f"{code:0{bits}b}"
                code += 1
            at, code = at + count, code << 1
        if kind < 16:  # of differences; the others are of waves
            found.codes[kind] = codes
        body = body[17 + sum(counts) :]


def _end_of_scan(data: bytes, start: int, has_restarts: bool) -> int:
    """Where the next marker stands that is no part of a scan."""
    at = start
    while match := _IN_SCAN.search(data, at):
        if not (has_restarts and data[match.end() - 1] in _RESTARTS):
            return match.start()
        at = match.end()
    raise FrameError("a part of its data is missing")
