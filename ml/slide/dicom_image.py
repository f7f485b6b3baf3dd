"""One image of a DICOM slide: a level, a label, an overview; in one file, or in parts (a concatenation)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.dicom_codec import KNOWN, PHOTOMETRIC, FrameError, PixelForm, Samples, as_rgb, decoded
from ml.slide.dicom_elements import Header, inside, numbers, text, uid_name, whole
from ml.slide.dicom_frames import Frames, frames_of
from ml.slide.dicom_places import places_of
from ml.slide.picture_source import full_range
from ml.slide.positioned_file import PositionedFile, cut_short
from ml.slide.slide import Pixels

MOST_FRAME = 2**26
"""Pixels of the largest frame that is decoded, and of the largest picture beside a slide."""

MOST_EDGE = 2**23
"""px along the longest side that is believed: two metres of glass at 0.25 µm."""

_LEAST_THERE = 0.5  # share of frames below which a file that was cut short is refused
_SMALL, _LARGE = 64, 1024  # px; tiles outside of this are handed on in other sizes
_KEPT = 8  # frames that are kept where tiles are parts of frames
_KEPT_BYTES = 64 * 2**20  # that they may take together, if it is more than one
_SAMPLED = 64  # frames looked at to find the range of numbers with more than 8 bits


@dataclass(frozen=True)
class Part:
    """A file that holds frames of an image: all of them, or a part of a concatenation."""

    file: PositionedFile
    header: Header
    first: int  # number of its first frame within the image
    frames: Frames


class DicomImage:
    """Tiles of one image. Any number of threads may read at the same time.

    `background` is what stands where the file has no frame. `warning` says what is wrong or left out.
    """

    def __init__(
        self, files: Sequence[tuple[PositionedFile, Header]], background: tuple[int, int, int]
    ) -> None:
        self.background = background
        self.file, self.header = files[0]
        self.form = _form_of(self.file, self.header)
        self.size = _size_of(self.file, self.header, self.form)
        self.parts = _parts_of(files, self.form)
        self.places = places_of(self.file.path.name, self.parts, self.size, self.form, self._samples)
        self.tile = self._tile_size()
        self._tile_is_frame = self.tile == Size(self.form.width, self.form.height)
        here = [part.frames.share_here() * part.frames.count for part in self.parts]
        if sum(here) < _LEAST_THERE * sum(part.frames.count for part in self.parts):
            raise cut_short(self.file.path)
        self.warning = " ".join(filter(None, (_cut_warning(self.parts), self.places.warning)))
        self._shown: tuple[float, float] | None = None
        self._recent: tuple[tuple[int, Pixels], ...] = ()

    def read_tile(self, column: int, row: int) -> Pixels:
        """One tile of `tile` px, cut at the edge: (height, width, 3) uint8. Raises `SlideProblem`."""
        x, y = column * self.tile.width, row * self.tile.height
        width, height = min(self.tile.width, self.size.width - x), min(self.tile.height, self.size.height - y)
        if self._tile_is_frame:
            frame = self.places.only(column, row)
            if frame is not None:
                pixels = self._frame(frame)
                if pixels is not None and pixels.shape[0] >= height and pixels.shape[1] >= width:
                    return np.ascontiguousarray(pixels[:height, :width])
        return self.read_block(x, y, Size(width, height))

    def read_block(self, left: int, top: int, size: Size) -> Pixels:
        """A rectangle that lies within the image: (height, width, 3) uint8. Raises `SlideProblem`."""
        block = np.empty((size.height, size.width, 3), dtype=np.uint8)
        block[:] = self.background
        for frame, x, y in self.places.touching(left, top, size):
            pixels = self._kept_frame(frame)
            if pixels is None:
                continue
            x0, y0 = max(left, x), max(top, y)
            x1 = min(left + size.width, x + pixels.shape[1])
            y1 = min(top + size.height, y + pixels.shape[0])
            if x1 > x0 and y1 > y0:
                block[y0 - top : y1 - top, x0 - left : x1 - left] = pixels[y0 - y : y1 - y, x0 - x : x1 - x]
        return block

    def show(self, black: float, white: float) -> None:
        """Show these values black and white, as another level does."""
        self._shown = (black, white)

    def _tile_size(self) -> Size:
        frame = Size(self.form.width, self.form.height)
        short, long = sorted((frame.width, frame.height))
        if self.places.on_grid and short >= _SMALL and long <= _LARGE:
            return frame
        if self.places.on_grid and long < _SMALL:
            times = -(-256 // long)  # whole frames, or some would be decoded twice
            return Size(frame.width * times, frame.height * times)
        return Size(512, 512)

    def _kept_frame(self, index: int) -> Pixels | None:
        """A frame, perhaps from the last few: neighbouring tiles are parts of the same frames."""
        for number, pixels in self._recent:
            if number == index:
                return pixels
        found = self._frame(index)
        if found is not None and not self._tile_is_frame:
            kept = max(1, min(_KEPT, _KEPT_BYTES // found.nbytes))
            self._recent = (*self._recent, (index, found))[-kept:]  # exchanged as a whole: no lock
        return found

    def _frame(self, index: int) -> Pixels | None:
        """A frame as it is shown; None where the file has none."""
        samples = self._samples(index)
        return None if samples is None else as_rgb(samples, self.form, self.shown_range())

    def _samples(self, index: int) -> Samples | None:
        part = self._part_of(index)
        if part is None:
            return None
        data = part.frames.read(index - part.first)
        if not data:
            return None
        try:
            return decoded(data, self.form)
        except FrameError as error:
            raise SlideProblem(
                f"A tile of {part.file.path.name} cannot be shown: {error}.",
                "The file is damaged; copy it anew from where it comes from.",
                path=part.file.path,
                frame=index - part.first + 1,
            ) from error

    def _part_of(self, index: int) -> Part | None:
        for part in self.parts:
            if part.first <= index < part.first + part.frames.count:
                return part
        return None

    def shown_range(self) -> tuple[float, float]:
        """Values shown black and white: the file's window, else the bits that its numbers use."""
        if self._shown is None:
            window = _window(self.header)
            if self.form.samples == 3 or (
                self.form.bits_stored <= 8 and not window and not self.form.is_signed
            ):
                self._shown = (0.0, float(2 ** min(8, self.form.bits_stored) - 1))
            else:
                self._shown = window or self._used_range()
        return self._shown

    def _used_range(self) -> tuple[float, float]:
        every = max(1, self.places.count // _SAMPLED)
        ranges: list[tuple[float, float]] = []
        for index in self.places.frames()[::every]:
            with contextlib.suppress(SlideProblem):  # one damaged tile says nothing about the others
                samples = self._samples(index)
                if samples is not None and samples.size:
                    ranges.append((float(samples.min()), float(samples.max())))
        low = min((low for low, _ in ranges), default=0.0)
        high = max((high for _, high in ranges), default=255.0)
        return full_range(np.dtype(np.int16 if self.form.is_signed else np.uint16), low, high)


def _form_of(file: PositionedFile, header: Header) -> PixelForm:
    items = header.items
    if not header.pixels:
        raise _refused(file, "has no pixels")
    form = PixelForm(
        syntax=header.syntax,
        width=whole(items, 0x00280011),
        height=whole(items, 0x00280010),
        samples=whole(items, 0x00280002, 1),
        bits_allocated=whole(items, 0x00280100, 8),
        bits_stored=whole(items, 0x00280101) or whole(items, 0x00280100, 8),
        is_signed=whole(items, 0x00280103) == 1,
        photometric=text(items, 0x00280004),
        is_planar=whole(items, 0x00280006) == 1,
    )
    if form.syntax not in KNOWN:
        name = uid_name(form.syntax) or form.syntax
        raise _refused(file, f"is compressed as “{name}”, which is not read here")
    if not 1 <= form.width * form.height <= MOST_FRAME:
        raise _refused(file, f"has tiles of {form.width:,} × {form.height:,} px, which are not read")
    if form.photometric not in PHOTOMETRIC:
        raise _refused(file, f"has colours of the kind {form.photometric or '(none)'}, which are not read")
    if (form.samples, form.bits_allocated) not in {(1, 8), (1, 16), (3, 8), (3, 16)}:
        raise _refused(file, f"has {form.samples} channels of {form.bits_allocated} bits, which are not read")
    is_grey = form.photometric.startswith("MONOCHROME")
    is_odd = form.is_subsampled and (form.width % 2 or form.bits_allocated != 8)
    if (form.samples == 1) != is_grey or form.bits_stored > form.bits_allocated or is_odd:
        raise _refused(file, "contradicts itself about its colours")
    return form


def _size_of(file: PositionedFile, header: Header, form: PixelForm) -> Size:
    items = header.items
    size = Size(whole(items, 0x00480006) or form.width, whole(items, 0x00480007) or form.height)
    if not (1 <= size.width <= MOST_EDGE and 1 <= size.height <= MOST_EDGE):
        raise _refused(file, f"claims {size.width:,} × {size.height:,} px, which no slide has")
    return size


def _parts_of(files: Sequence[tuple[PositionedFile, Header]], form: PixelForm) -> tuple[Part, ...]:
    parts, first = [], 0
    for file, header in sorted(files, key=lambda pair: whole(pair[1].items, 0x00209228)):
        count = whole(header.items, 0x00280008, 1)
        own = _form_of(file, header)
        if (own.width, own.height, own.samples) != (form.width, form.height, form.samples):
            raise _refused(file, "does not fit to the other files of its series")
        least = 8 if header.pixel_bytes is None else 1  # a fragment's header; anything at all
        if count < 1 or count * least > file.size:
            raise _refused(file, f"claims to hold {count:,} tiles, which it is too short for")
        first = whole(header.items, 0x00209228, first)
        parts.append(Part(file, header, first, frames_of(file, header, own, count)))
        first += count
    return tuple(parts)


def _window(header: Header) -> tuple[float, float] | None:
    """The window of the functional group for all frames, or of the file. DICOM PS3.3 C.11.2.1.2."""
    shared = inside(header.items, 0x52009229, 0x00289132)
    for item in (shared, header.items):
        center, width = numbers(item, 0x00281050), numbers(item, 0x00281051)
        if center and width and width[0] > 1:
            return center[0] - 0.5 - (width[0] - 1) / 2, center[0] - 0.5 + (width[0] - 1) / 2
    return None


def _cut_warning(parts: Sequence[Part]) -> str:
    if all(part.frames.share_here() >= 1 for part in parts):
        return ""
    return "This file was cut short. What is missing cannot be shown or analyzed."


def _refused(file: PositionedFile, why: str) -> SlideProblem:
    return SlideProblem(
        f"{file.path.name} {why}.",
        "Copy it anew from where it comes from; if that does not help, export it as a pyramidal TIFF.",
        path=file.path,
    )
