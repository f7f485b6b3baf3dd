"""One frame of a DICOM image: bytes in, 8-bit RGB out, whatever the transfer syntax."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.slide.picture_source import bands, to_byte
from ml.slide.slide import Pixels

Samples = NDArray[Any]
"""What a frame holds: (height, width) of one channel or (height, width, 3); uint8, uint16 or int16."""

NATIVE = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.98"}
_RLE = "1.2.840.10008.1.2.5"
_PREFIX = "1.2.840.10008.1.2.4."
_JPEG = {_PREFIX + end for end in ("50", "51", "57", "70")}  # baseline, extended, lossless
_JPEG_LS = {_PREFIX + end for end in ("80", "81")}
_JPEG_2000 = {_PREFIX + end for end in ("90", "91", "201", "202", "203")}  # the last three: high throughput
KNOWN = NATIVE | {_RLE} | _JPEG | _JPEG_LS | _JPEG_2000

_LUMINANCE_FIRST = {"YBR_FULL", "YBR_FULL_422"}
PHOTOMETRIC = {"MONOCHROME1", "MONOCHROME2", "RGB", "YBR_ICT", "YBR_RCT"} | _LUMINANCE_FIRST


class FrameError(Exception):
    """A frame that cannot be decoded; the reason in words."""


@dataclass(frozen=True, slots=True)
class PixelForm:
    """How the pixels of a frame are written (PS3.3 C.7.6.3)."""

    syntax: str
    width: int
    height: int
    samples: int
    bits_allocated: int
    bits_stored: int
    is_signed: bool
    photometric: str
    is_planar: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return np.dtype(f"{'i' if self.is_signed else 'u'}{self.bits_allocated // 8}")

    @property
    def is_subsampled(self) -> bool:
        """Whether two pixels share their colour in the bytes as they are (uncompressed 4:2:2)."""
        return self.syntax in NATIVE and self.photometric == "YBR_FULL_422"

    @property
    def frame_bytes(self) -> int:
        """Bytes of one uncompressed frame."""
        channels = 2 if self.is_subsampled else self.samples
        return self.width * self.height * channels * (self.bits_allocated // 8)


def decoded(data: bytes, form: PixelForm) -> Samples:
    """The samples of a frame, colour as RGB. At most (form.height, form.width): edge frames may be smaller.

    Raises `FrameError`.
    """
    decode = _NATIVE_DECODER if form.syntax in NATIVE else _DECODERS.get(form.syntax)
    if decode is None:
        raise FrameError(f"its transfer syntax {form.syntax} is not known here")
    try:
        samples = decode(data, form)
    except FrameError:
        raise
    except Exception as error:  # the reader's border: decoders raise whatever they like
        raise FrameError(f"it cannot be decoded ({error})") from error
    if form.is_signed and samples.dtype.kind == "u":  # decoders that know no sign
        samples = samples.view(f"i{samples.dtype.itemsize}")
    if samples.shape[0] > form.height or samples.shape[1] > form.width:
        raise FrameError("it is larger than the file says")
    if samples.ndim != (3 if form.samples == 3 else 2) or samples.shape[2:] not in ((), (3,)):
        raise FrameError("it has other channels than the file says")
    return samples


def as_rgb(samples: Samples, form: PixelForm, shown: tuple[float, float]) -> Pixels:
    """What a person sees: (height, width, 3) uint8. `shown` are the values that become black and white."""
    if samples.ndim == 3 and samples.dtype == np.uint8:
        return np.ascontiguousarray(samples)
    rgb = np.empty((*samples.shape[:2], 3), dtype=np.uint8)
    black, white = shown if samples.ndim == 2 else (0.0, 2.0**form.bits_stored - 1)
    for top, bottom in bands(samples.shape[0]):  # to_byte takes 12 bytes a sample while it works
        part = samples[top:bottom]
        if samples.dtype != np.uint8 or (black, white) != (0, 255):
            part = to_byte(part, black, white)
        part = 255 - part if form.photometric == "MONOCHROME1" else part
        rgb[top:bottom] = part if part.ndim == 3 else part[..., np.newaxis]
    return rgb


def _native(data: bytes, form: PixelForm) -> Samples:
    if form.is_subsampled:
        return _to_rgb(_full_chroma(data, form))
    count = form.frame_bytes // form.dtype.itemsize
    return _arranged(np.frombuffer(data, form.dtype.newbyteorder("<"), count), form)


def _arranged(values: Samples, form: PixelForm) -> Samples:
    """Flat samples by pixel or by plane, as an array; colour as RGB."""
    if form.samples == 1:
        return values.reshape(form.height, form.width)
    if form.is_planar:
        color = np.moveaxis(values.reshape(3, form.height, form.width), 0, 2)
    else:
        color = values.reshape(form.height, form.width, 3)
    return _to_rgb(color) if form.photometric in _LUMINANCE_FIRST else color


def _full_chroma(data: bytes, form: PixelForm) -> Samples:
    """PS3.3 C.7.6.3.1.2: two luminances, then the colour that both share."""
    pairs = np.frombuffer(data, np.uint8, count=form.frame_bytes).reshape(form.height, form.width // 2, 4)
    color = np.empty((form.height, form.width, 3), dtype=np.uint8)
    color[:, 0::2, 0], color[:, 1::2, 0] = pairs[..., 0], pairs[..., 1]
    for channel in (1, 2):
        color[:, 0::2, channel] = color[:, 1::2, channel] = pairs[..., channel + 1]
    return color


def _to_rgb(color: Samples) -> Samples:
    """YCbCr as JPEG has it (ITU-R BT.601, full range) to RGB."""
    if color.dtype != np.uint8:
        raise FrameError("its colour is written as luminance with more than 8 bits, which is not known here")
    from PIL import Image

    size = (color.shape[1], color.shape[0])
    return np.array(Image.frombytes("YCbCr", size, np.ascontiguousarray(color).tobytes()).convert("RGB"))


def _rle(data: bytes, form: PixelForm) -> Samples:
    import imagecodecs

    room = bytearray(form.frame_bytes)  # of the size that the file says: a frame that claims more is refused
    imagecodecs.dicomrle_decode(data, form.dtype.newbyteorder("<"), out=room)
    planes = np.frombuffer(room, form.dtype.newbyteorder("<")).reshape(form.samples, form.height, form.width)
    color = planes[0] if form.samples == 1 else np.moveaxis(planes, 0, 2)
    return _to_rgb(color) if form.photometric in _LUMINANCE_FIRST else color


def _jpeg(data: bytes, form: PixelForm) -> Samples:
    import imagecodecs

    _check_end(data)
    if form.samples == 3 and form.bits_allocated == 8 and form.photometric != "RGB":
        room = np.empty((form.height, form.width, 3), dtype=np.uint8)  # nothing of another size is decoded
        with contextlib.suppress(ValueError):
            return imagecodecs.jpeg8_decode(data, out=room)
    facts = _jpeg_facts(data)
    _check_size(facts.width, facts.height, form)
    if facts.channels == 3 and form.photometric == "RGB" and not facts.says_color:
        return imagecodecs.jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB")
    return imagecodecs.jpeg8_decode(data)


def _jpeg_ls(data: bytes, form: PixelForm) -> Samples:
    import imagecodecs

    _check_end(data)
    facts = _jpeg_facts(data)
    _check_size(facts.width, facts.height, form)
    return _colored(imagecodecs.jpegls_decode(data), form)


def _jpeg_2000(data: bytes, form: PixelForm) -> Samples:
    import imagecodecs

    start = data.find(b"\xff\x4f\xff\x51", 0, 4096)  # some writers wrap the codestream in a JP2 file
    if start < 0:
        raise FrameError("it is no JPEG 2000")
    right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
    _check_size(right - left, bottom - top, form)
    return _colored(imagecodecs.jpeg2k_decode(data), form)


def _colored(samples: Samples, form: PixelForm) -> Samples:
    """RGB of a codec that leaves luminance and colour as they are."""
    if samples.ndim == 3 and form.photometric in _LUMINANCE_FIRST:
        return _to_rgb(samples)
    return samples


@dataclass(frozen=True, slots=True)
class _JpegFacts:
    width: int
    height: int
    channels: int
    says_color: bool  # a marker or the names of the components say whether it is RGB or YCbCr


def _jpeg_facts(data: bytes) -> _JpegFacts:
    """What stands before the first scan, read before a decoder reserves memory for it."""
    at, says_color = 2, False
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        body = data[at + 4 : at + 2 + length]
        if (marker == 0xE0 and body.startswith(b"JFIF\0")) or (marker == 0xEE and body.startswith(b"Adobe")):
            says_color = True
        elif (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)) or marker == 0xF7:
            height, width, channels = struct.unpack_from(">HHB", body, 1)
            says_color = says_color or body[6::3][:3] == b"RGB"
            return _JpegFacts(width, height, channels, says_color)
        at += 2 + length
    raise FrameError("it is no JPEG")


def _check_end(data: bytes) -> None:
    """Decoders fill up with grey what is missing: never show that for the tissue."""
    if b"\xff\xd9" not in data[-64:]:
        raise FrameError("its end is missing")


def _check_size(width: int, height: int, form: PixelForm) -> None:
    if not (0 < width <= form.width and 0 < height <= form.height):
        raise FrameError(f"it has {width} × {height} px where the file says {form.width} × {form.height}")


_NATIVE_DECODER: Callable[[bytes, PixelForm], Samples] = _native
_DECODERS: dict[str, Callable[[bytes, PixelForm], Samples]] = {
    _RLE: _rle,
    **dict.fromkeys(_JPEG, _jpeg),
    **dict.fromkeys(_JPEG_LS, _jpeg_ls),
    **dict.fromkeys(_JPEG_2000, _jpeg_2000),
}
