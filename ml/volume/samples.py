"""The stored values of one frame, exactly as its writer meant them: bits, sign and byte order put right."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import numpy as np

from ml.errors import Problem, SlideProblem
from ml.slide.dicom_codec import KNOWN, NATIVE, FrameError, PixelForm, Samples, decoded
from ml.slide.dicom_elements import Header, uid_name
from ml.slide.dicom_frames import Frames, frames_of
from ml.slide.positioned_file import PositionedFile, cut_short
from ml.volume.facts import BIG_ENDIAN, EXPLICIT, Facts, Parsed, parsed
from ml.volume.soundness import require_whole_jpeg_2000, unpacked_rle, whole_jpeg
from ml.volume.stored_file import StoredFile

MOST_PIXELS = 2**26
"""Pixels of the largest slice that is read: eight times as wide and as high as scanners write."""

MOST_FRAMES = 20_000
"""Frames of a file that are believed."""

_PREFIX = "1.2.840.10008.1.2.4."
_RLE = "1.2.840.10008.1.2.5"
_JPEG = {_PREFIX + end for end in ("50", "51", "57", "70")}
_JPEG_LS = {_PREFIX + end for end in ("80", "81")}
_JPEG_2000 = {_PREFIX + end for end in ("90", "91", "201", "202", "203")}
_READ = KNOWN | {BIG_ENDIAN}


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """Where the samples of a frame are, and how they are written."""

    file: StoredFile
    state: tuple[int, int]  # of the file when its header was read
    form: PixelForm
    high_bit: int
    is_big_endian: bool
    pixels: int  # first byte of the pixel data
    pixel_bytes: int | None
    frames: int
    frame: int
    is_direct: bool  # `pixels` counts in the file itself; else in what is taken out of it

    def open(self) -> OpenFrames:
        """The file of this frame and of those beside it. Raises `Problem` where it has changed."""
        name = self.file.path.name
        if self.file.state() != self.state:
            raise Problem(f"{name} has changed since its header was read.", "Open it again.")
        if self.is_direct:
            header = Header(self.form.syntax, {}, pixels=self.pixels, pixel_bytes=self.pixel_bytes)
            file = self.file.open()
        else:
            found = parsed(self.file)
            file, pixels, size = found.file, found.header.pixels, found.header.pixel_bytes
            header = Header(self.form.syntax, {}, pixels=pixels, pixel_bytes=size)
        return OpenFrames(file, frames_of(file, header, self.form, self.frames))

    def read(self, opened: OpenFrames | None = None) -> Samples:
        """(rows, columns) int8 to uint32. Raises `Problem` where the samples cannot be had, all of them."""
        held = opened or self.open()
        try:
            data = held.frames.read(self.frame)
        except SlideProblem as problem:
            what = problem.what.replace("A tile of", "The image of")
            raise Problem(what, problem.remedy, path=self.file.path) from problem
        finally:
            if opened is None:
                held.file.close()
        if not data:
            raise cut_short(self.file.path)
        try:
            return self._put_right(self._decoded(data), data)
        except FrameError as error:
            what = f"The pixels of {self.file.path.name} cannot be read: {error}."
            raise Problem(what, "The file is damaged; copy it anew.", path=self.file.path) from error

    def _decoded(self, data: bytes) -> Samples:
        form = self.form
        if self.is_big_endian:
            plain = np.frombuffer(data, form.dtype.newbyteorder(">"), form.width * form.height)
            return plain.reshape(form.height, form.width).astype(form.dtype)
        if form.syntax == _RLE:
            return unpacked_rle(data, form)
        if form.syntax in _JPEG_2000:
            require_whole_jpeg_2000(data)
        samples = whole_jpeg(data, form) if form.syntax in _JPEG else decoded(data, form)
        if samples.shape != (form.height, form.width):
            size = " × ".join(map(str, samples.shape[:2][::-1]))
            raise FrameError(f"it has {size} px where the file says {form.width} × {form.height}")
        if samples.dtype.itemsize * 8 > form.bits_allocated:
            raise FrameError("it has more bits than the file says")
        return samples.astype(form.dtype, copy=False)

    def _put_right(self, samples: Samples, data: bytes) -> Samples:
        """Bits above the highest are no part of the value, the highest one is the sign (PS3.5 8.1.1)."""
        form = self.form
        is_plain = form.syntax in {*NATIVE, _RLE}
        unused = form.bits_allocated - (self.high_bit + 1 if is_plain else form.bits_stored)
        below = max(0, self.high_bit + 1 - form.bits_stored) if is_plain else 0
        if form.syntax in _JPEG_LS and form.is_signed:  # it knows no sign; its own precision counts
            unused = 8 * samples.dtype.itemsize - _jpeg_ls_bits(data)
        elif form.syntax in _JPEG_2000:
            is_signed, bits = _jpeg_2000_bits(data)
            unused = 8 * samples.dtype.itemsize - bits if is_signed != form.is_signed else 0
        if unused > 0 or below > 0:
            samples = samples << max(unused, 0) >> (max(unused, 0) + below)
        return samples


@dataclass(frozen=True)
class OpenFrames:
    """The frames of a file that is open: any number of threads may read. Whoever opened it closes `file`."""

    file: PositionedFile
    frames: Frames


def stored_frames(stored: StoredFile, found: Parsed) -> tuple[StoredFrame, ...]:
    """All frames behind a header. Raises `Problem` that says why there can be none."""
    name, header = stored.path.name, found.header
    form, high_bit = _form(name, found.facts, header.syntax)
    count = _whole(name, found.facts, "NumberOfFrames", 1)
    if not header.pixels:
        raise _refused(name, "it holds no pixels")
    if not 0 < count <= MOST_FRAMES:
        raise _refused(name, f"it says that it has {count} images")
    frames = frames_of(found.file, header, form, count)
    if frames.share_here() < 1:
        raise _refused(name, "a part of its pixels is missing; the copy was probably interrupted")
    first = StoredFrame(
        stored,
        stored.state(),
        form,
        high_bit,
        header.syntax == BIG_ENDIAN,
        header.pixels,
        header.pixel_bytes,
        count,
        0,
        found.is_direct,
    )
    return tuple(replace(first, frame=number) for number in range(count))


def _form(file_name: str, facts: Facts, syntax: str) -> tuple[PixelForm, int]:
    rows, columns = facts.whole("Rows") or 0, facts.whole("Columns") or 0
    if rows <= 0 or columns <= 0:
        raise _refused(file_name, "it holds no pixels")
    if rows * columns > MOST_PIXELS:
        raise _refused(file_name, f"it says that it has {columns} × {rows} pixels, which no scanner writes")
    allocated = _whole(file_name, facts, "BitsAllocated", 0)
    bits = _whole(file_name, facts, "BitsStored", allocated)
    high_bit = _whole(file_name, facts, "HighBit", bits - 1)
    signed = facts.whole("PixelRepresentation")
    samples = _whole(file_name, facts, "SamplesPerPixel", 1)
    if samples != 1 or not facts.text("PhotometricInterpretation").startswith("MONOCHROME"):
        raise _refused(file_name, "its pixels are colours, not numbers")
    if allocated not in {8, 16, 32} or not 0 < bits <= high_bit + 1 <= allocated or signed not in {0, 1}:
        words = f"{bits} of {allocated} bits up to bit {high_bit}, sign {signed}"
        raise _refused(file_name, f"its pixels are written in a way that cannot be ({words})")
    if syntax not in _READ:
        name = uid_name(syntax) or "".join(c for c in syntax if c.isprintable())[:64]
        raise _refused(file_name, f"its pixels are compressed by “{name}”, which is not read here")
    if syntax == BIG_ENDIAN and allocated == 8:
        raise _refused(file_name, "its pixels of 8 bits are written with the most significant byte first")
    read_as = EXPLICIT if syntax == BIG_ENDIAN else syntax
    form = PixelForm(read_as, columns, rows, 1, allocated, bits, signed == 1, "MONOCHROME2", False)
    return form, high_bit


def _whole(file_name: str, facts: Facts, keyword: str, missing: int) -> int:
    """A number of the header; what is there and is none cannot be guessed."""
    found = facts.whole(keyword)
    if found is None and keyword in facts:
        raise _refused(file_name, f"its {keyword} is no whole number")
    return missing if found is None else found


def _refused(name: str, reason: str) -> Problem:
    return Problem(f"{name} cannot be read: {reason}.", "Copy or export it anew.")


def _jpeg_ls_bits(data: bytes) -> int:
    """Precision of a JPEG-LS stream (ITU-T T.87, SOF55)."""
    at = data.find(b"\xff\xf7")
    if at < 0 or at + 5 > len(data) or not 2 <= data[at + 4] <= 16:
        raise FrameError("it is no JPEG-LS")
    return data[at + 4]


def _jpeg_2000_bits(data: bytes) -> tuple[bool, int]:
    """Sign and precision of the first component of a JPEG 2000 stream (ITU-T T.800, SIZ)."""
    at = data.find(b"\xff\x4f\xff\x51", 0, 4096)
    if at < 0 or at + 43 > len(data):
        raise FrameError("it is no JPEG 2000")
    (depth,) = struct.unpack_from(">B", data, at + 42)
    return bool(depth & 0x80), (depth & 0x7F) + 1
