"""From the bytes of a TIFF's tile or strip to its samples.

All decoders let other threads run. None may write more than the segment has room for: what a damaged or
hostile file claims about its own size is compared with the directory before anything is reserved for it.

What is missing or cannot be decoded is noticed. A flipped bit within the data is where the coding has a check
sum (deflate, zstd with one) or breaks; in the middle of a JPEG hardly ever, by libjpeg and OpenSlide neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ml.geometry import Size
from ml.slide.jpeg_facts import jpeg2k_facts, jpeg_facts
from ml.slide.stored_picture import JPEG, JPEG_2000, RGB, WEBP, YCBCR, StoredPicture, Unsuited

Samples = NDArray[Any]
"""(rows, columns, samples) or, of a single sample, (rows, columns); uint8 or uint16 in native order."""

Decode = Callable[[bytes, int], Samples]
"""Bytes of a segment and the rows it must hold → samples, at least that many rows. Raises `Damaged`, and
whatever imagecodecs raises."""

_UNPACK: dict[int, Callable[..., Any]] = {
    5: imagecodecs.lzw_decode,
    8: imagecodecs.deflate_decode,
    32946: imagecodecs.deflate_decode,
    32773: imagecodecs.packbits_decode,
    34926: imagecodecs.zstd_decode,
    50000: imagecodecs.zstd_decode,
}


class Damaged(Exception):  # noqa: N818
    """The bytes of a segment do not hold what the directory promises."""


def decoder_of(picture: StoredPicture) -> Decode:
    """The decoder for all segments of a picture. Raises `Unsuited` where there is none."""
    if picture.compression == JPEG:
        return _jpeg_decoder(picture)
    if picture.compression in JPEG_2000:
        return _jpeg2k_decoder(picture)
    if picture.compression == WEBP:
        return _webp_decoder(picture)
    if picture.compression != 1 and picture.compression not in _UNPACK:
        raise Unsuited(f"it is compressed in a way not read here ({picture.compression})")
    return _plain_decoder(picture)


def check_first(picture: StoredPicture, data: bytes) -> None:
    """Look at a segment before the picture is taken on. Raises `Unsuited` where its own header is odd."""
    if picture.compression == JPEG:
        facts = jpeg_facts(data)
        if facts is None or facts.bits != 8 or not facts.complete:
            raise Unsuited("its JPEG tiles are of an unusual kind")
        if picture.photometric == RGB and facts.jfif and not picture.separate:
            raise Unsuited("its JPEG tiles and its directory disagree about colours")
    elif picture.compression in JPEG_2000:
        stream = jpeg2k_facts(data)
        if stream is None or stream.subsampled or stream.bits != 8 * picture.dtype.itemsize:
            raise Unsuited("its JPEG 2000 tiles have colours at a lower resolution")


def _shape(segment: Size, samples: int, rows: int) -> tuple[int, ...]:
    return (rows, segment.width) if samples == 1 else (rows, segment.width, samples)


def _in_one(picture: StoredPicture) -> int:
    """Samples that one segment holds."""
    return 1 if picture.separate else picture.samples


def _jpeg_decoder(picture: StoredPicture) -> Decode:
    samples = _in_one(picture)
    if picture.predictor != 1 or picture.dtype.itemsize != 1 or (samples == 3 and picture.samples == 4):
        raise Unsuited("its JPEG tiles do not hold 8-bit samples")
    stored, wanted = _jpeg_colors(picture, samples)
    segment, tables = picture.segment, picture.tables
    decode = imagecodecs.jpeg8_decode

    def jpeg(data: bytes, rows: int) -> Samples:
        if b"\xff\xd9" not in data[-16:]:  # the decoder would fill up what is missing with grey
            raise Damaged("the end of a JPEG tile is missing")
        try:
            out = np.empty(_shape(segment, samples, rows), dtype=np.uint8)
            decode(data, tables=tables, colorspace=stored, outcolorspace=wanted, out=out)
            return out
        except ValueError as error:  # a strip may be higher than it has rows to show
            facts = jpeg_facts(data)
            fits = facts is not None and rows < facts.height <= segment.height + 16
            if facts is None or not fits or facts.width != segment.width or facts.samples != samples:
                raise Damaged("a JPEG tile has another size than the file says") from error
            full: Samples = decode(data, tables=tables, colorspace=stored, outcolorspace=wanted)
            return full

    return jpeg


def _jpeg_colors(picture: StoredPicture, samples: int) -> tuple[str, str]:
    """Colour space in the stream and wished for: the directory decides, as in libtiff, not the stream."""
    if samples == 1:
        return "GRAYSCALE", "GRAYSCALE"
    if samples == 3 and picture.photometric in {RGB, YCBCR}:
        return ("YCBCR" if picture.photometric == YCBCR else "RGB"), "RGB"
    if samples == 4 and picture.photometric not in {RGB, YCBCR}:
        return "CMYK", "CMYK"
    raise Unsuited("its JPEG tiles have a number of samples not read here")


def _jpeg2k_decoder(picture: StoredPicture) -> Decode:
    samples = _in_one(picture)
    if picture.predictor != 1:
        raise Unsuited("its JPEG 2000 tiles do not hold plain samples")
    dtype = picture.dtype.newbyteorder("=")

    def jpeg2k(data: bytes, rows: int) -> Samples:
        facts = jpeg2k_facts(data)
        size = (rows, picture.segment.width, samples)
        if facts is None or (facts.height, facts.width, facts.samples) != size:
            raise Damaged("a JPEG 2000 tile has another size than the file says")
        out = np.empty(_shape(picture.segment, samples, rows), dtype=dtype)
        imagecodecs.jpeg2k_decode(data, out=out)
        return out

    return jpeg2k


def _webp_decoder(picture: StoredPicture) -> Decode:
    samples = _in_one(picture)
    if samples not in {3, 4} or picture.dtype.itemsize != 1 or picture.predictor != 1:
        raise Unsuited("its WebP tiles do not hold 8-bit colours")

    def webp(data: bytes, rows: int) -> Samples:
        out = np.empty((rows, picture.segment.width, samples), dtype=np.uint8)
        imagecodecs.webp_decode(data, out=out)
        return out

    return webp


def _plain_decoder(picture: StoredPicture) -> Decode:
    """Samples one after the other, packed or not."""
    if picture.predictor not in {1, 2}:
        raise Unsuited("its tiles were prepared for compression in a way not read here")
    samples, width, dtype = _in_one(picture), picture.segment.width, picture.dtype
    unpack = _UNPACK.get(picture.compression)
    a_row = width * samples * dtype.itemsize
    room = a_row * picture.segment.height

    def plain(data: bytes, rows: int) -> Samples:
        raw: Any = data
        if unpack is not None:
            raw = unpack(data, out=np.empty(room, dtype=np.uint8))
        if len(raw) < rows * a_row:
            raise Damaged("a tile holds fewer pixels than the file says")
        flat = np.frombuffer(raw, dtype=dtype, count=rows * width * samples)
        values = flat.astype(dtype.newbyteorder("="), copy=False).reshape(
            _shape(picture.segment, samples, rows)
        )
        if picture.predictor == 2:  # each sample is the difference from its left neighbour
            summed: Samples = np.add.accumulate(values, axis=1, dtype=values.dtype)
            return summed
        return values

    return plain
