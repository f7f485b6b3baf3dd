"""Slides in TIFF containers, read without a library in between.

tifffile reads the directory once, imagecodecs decodes tiles. Bytes are read by position and decoders let
other threads run, so that threads never wait for each other.
"""

from __future__ import annotations

import copy
import itertools
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.channel_reader import ChannelReader
from ml.slide.dicom_picture import is_dicom
from ml.slide.ome_facts import SpreadOverFiles
from ml.slide.openslide_facts import levels_of, objective_of, spacing_of, vendor_of
from ml.slide.positioned_file import PositionedFile
from ml.slide.profile import rgb_profile
from ml.slide.scn_reader import ScnReader
from ml.slide.segment_codec import check_first
from ml.slide.segment_store import SegmentStore
from ml.slide.slide import Pixels, Slide, SlideInfo
from ml.slide.stored_picture import JPEG, JPEG_2000, MOST_SEGMENT_BYTES, StoredPicture, Unsuited
from ml.slide.tiff_layout import layout_of
from ml.slide.tiff_picture import TiffPicture, white_of
from ml.slide.tiff_pyramid import TiffLayout

_log = logging.getLogger(__name__)

BACKGROUND = (255, 255, 255)
"""Where nothing was scanned. A TIFF has no tag for it; white is what OpenSlide's users are used to."""

_NEIGHBOURHOOD = 64  # px: blocks side by side overlap by what the filter of resampling reaches
_MOST_BESIDE = 2**27  # px of the largest picture beside a slide
_FLAT = 2**29  # px up to which a picture without levels or tiles is better read as a whole
_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_VENDORS = {
    "ome-tiff": "OME-TIFF",
    "perkinelmer-qptiff": "PerkinElmer QPTIFF",
    "philips": "Philips TIFF",
}

_numbers = itertools.count()
_store: SegmentStore[Pixels] = SegmentStore()


class TiffReader(Slide):
    """A pyramidal TIFF of colours. Raises `Unsuited` for a file that is not read here exactly, `OSError`."""

    def __init__(self, path: Path, warning: str = "", layout: TiffLayout | None = None) -> None:
        self._path = path
        self._layout = layout or layout_in(path)
        if self._layout.channels or self._layout.canvas:
            raise Unsuited("it holds channels, or areas that lie apart")
        self._file = PositionedFile(path)
        try:
            _check(self._layout, self._file)
            middle = self._layout.planes[len(self._layout.planes) // 2]
            self._white = white_of([level[0] for level in middle], self._file)
            self._planes = {0: self}  # those that were asked for
            self._show(0)
        except BaseException:
            self._file.close()
            raise
        self._guard = threading.Lock()
        self._associated = _readable(self._layout, self._file)
        self.info = _described(path, self._layout, tuple(self._associated), warning)

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """One tile as the file stores it. See `Slide.read_tile`."""
        grid = self.info.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise IndexError(f"No tile {column}, {row} on level {level}")
        picture = self._levels[level]
        width = min(grid.tile.width, grid.size.width - column * grid.tile.width)
        height = min(grid.tile.height, grid.size.height - row * grid.tile.height)
        if picture.stored.segment != grid.tile:
            return self.read_block(
                level, column * grid.tile.width, row * grid.tile.height, Size(width, height)
            )
        tile = picture.decoded(column, row)
        if tile is None:
            return self._empty(Size(width, height))
        if tile.shape[0] == height and tile.shape[1] == width:
            return tile
        return tile[:height, :width].copy()

    def read_block(self, level: int, x_level: int, y_level: int, size: Size) -> Pixels:
        """A rectangle of one level. See `Slide.read_block`.

        Tiles at its edge are kept for the block beside it; those well inside are not, so that they do not
        drive out the ones that will be wanted.
        """
        picture = self._levels[level]
        stored = picture.stored
        left, top = max(0, x_level), max(0, y_level)
        right = min(stored.size.width, x_level + size.width)
        bottom = min(stored.size.height, y_level + size.height)
        is_inside = (right - left, bottom - top) == (size.width, size.height)
        block = np.empty((size.height, size.width, 3), dtype=np.uint8) if is_inside else self._empty(size)
        for column, row in _touched(stored, left, top, right, bottom):
            at = stored.rect_of(column, row)
            x, y, x_end, y_end = int(at.x), int(at.y), int(at.right), int(at.bottom)
            x0, x1, y0, y1 = max(left, x), min(right, x_end), max(top, y), min(bottom, y_end)
            apart = min(x - left, right - x_end, y - top, bottom - y_end)
            tile = self._segment(level, picture, column, row, keep=apart < _NEIGHBOURHOOD)
            place = block[y0 - y_level : y1 - y_level, x0 - x_level : x1 - x_level]
            place[:] = BACKGROUND if tile is None else tile[y0 - y : y1 - y, x0 - x : x1 - x]
        return block

    def read_associated(self, name: str) -> Pixels:
        """A picture beside the slide. See `Slide.read_associated`."""
        return self._associated[name].whole()

    def plane(self, index: int) -> Slide:
        """The same at another focus. See `Slide.plane`."""
        if not 0 <= index < self.info.planes:
            raise IndexError(f"No plane {index} of {self.info.planes}")
        with self._guard:
            if index not in self._planes:
                other = copy.copy(self)
                other._show(index)
                self._planes[index] = other
            return self._planes[index]

    def close(self) -> None:
        """Let the file go, once the reads that are under way have ended."""
        self._file.close()
        with self._guard:
            for plane in self._planes.values():
                _store.forget(plane._number)

    def _show(self, plane: int) -> None:
        self._number = next(_numbers)  # never given again, so that kept tiles are never another slide's
        levels = (level[0] for level in self._layout.planes[plane])
        self._levels = tuple(TiffPicture(level, self._file, self._white, BACKGROUND) for level in levels)

    def _segment(self, level: int, picture: TiffPicture, column: int, row: int, keep: bool) -> Pixels | None:
        """A tile out of the store or the file; None where the writer left it out."""
        if picture.stored.is_missing(column, row):
            return None
        key = (self._number, level, row * picture.stored.across + column)
        if keep:
            return _store.get(key, lambda: picture.present(column, row))
        kept = _store.peek(key)
        return picture.present(column, row) if kept is None else kept

    @staticmethod
    def _empty(size: Size) -> Pixels:
        block = np.empty((size.height, size.width, 3), dtype=np.uint8)
        block[:] = BACKGROUND
        return block


def open_tiff(path: Path, warning: str = "") -> Slide | None:
    """Open a TIFF slide; None where another reader does it better, or can at all (the log says why).

    Raises `SlideProblem` when the file cannot be read, and for a part of an image that lies in several
    files; else never because of what is in it.
    """
    try:
        layout = layout_in(path)
        is_plain = not (layout.channels or layout.canvas)
        return TiffReader(path, warning, layout) if is_plain else _other(path, layout, warning)
    except Unsuited as reason:
        _log.info("%s is not read directly: %s", path.name, reason)
        return None
    except SpreadOverFiles as spread:
        raise SlideProblem(
            f"{path.name} is one of several files that hold one image between them.",
            "Open it in the program that wrote it, or in QuPath, and export it as one OME-TIFF.",
            path=path,
            others=", ".join(spread.names),
        ) from spread
    except OSError as error:
        raise SlideProblem(
            f"{path.name} cannot be read: {error.strerror or error}.",
            "Check that its drive is connected and works, then try again.",
            path=path,
        ) from error


def _other(path: Path, layout: TiffLayout, warning: str) -> Slide:
    """A slide of channels, or of areas that lie apart."""
    file = PositionedFile(path)
    try:
        _check(layout, file)
        beside = _readable(layout, file)
        info = _described(path, layout, tuple(beside), warning)
        return (ChannelReader if layout.channels else ScnReader)(layout, file, beside, info)
    except BaseException:
        file.close()
        raise


def layout_in(path: Path) -> TiffLayout:
    """What pictures the file holds. Raises `Unsuited`, `SpreadOverFiles`, `OSError`."""
    with path.open("rb") as file:
        head = file.read(132)
    if not head.startswith(_MAGIC) or is_dicom(head):  # DICOM may wear a TIFF header on top
        raise Unsuited("it is not a TIFF")
    try:
        with tifffile.TiffFile(path) as tiff:
            layout = layout_of(tiff)
    except (Unsuited, SpreadOverFiles, OSError, MemoryError):
        raise
    except Exception as error:  # the reader's border: a broken directory raises anything
        raise Unsuited(f"its directory is damaged ({error!r:.100})") from error
    full = layout.levels[0]
    plain = not (layout.channels or layout.canvas) and len(layout.planes) == 1
    if plain and len(layout.levels) == 1 and not full.tiled and full.size.area <= _FLAT:
        raise Unsuited("it is a flat picture, which is read as a whole")
    return layout


def _check(layout: TiffLayout, file: PositionedFile) -> None:
    """Look at the first tile of each picture, whose own header may tell what the directory does not."""
    pictures = [picture for plane in layout.planes for level in plane for picture in level]
    for picture in pictures + [area[2] for level in layout.canvas for area in level.areas]:
        there = np.flatnonzero(picture.counts)
        if there.size and picture.compression in {JPEG, *JPEG_2000}:
            start, count = int(picture.starts[there[0]]), int(picture.counts[there[0]])
            if start + count <= file.size and count < MOST_SEGMENT_BYTES:
                check_first(picture, file.read(start, count))


def _readable(layout: TiffLayout, file: PositionedFile) -> dict[str, TiffPicture]:
    """The pictures beside the slide that can be decoded."""
    found: dict[str, TiffPicture] = {}
    for name, stored in layout.associated.items():
        if stored.size.area <= _MOST_BESIDE:
            try:
                found[name] = TiffPicture(stored, file, 65535, BACKGROUND)
            except Unsuited as reason:
                _log.info("The picture %s is left out: %s", name, reason)
    return found


def _described(path: Path, layout: TiffLayout, associated: tuple[str, ...], warning: str) -> SlideInfo:
    spacing, doubt = spacing_of(layout.properties)
    return SlideInfo(
        path=path,
        vendor=_VENDORS.get(layout.vendor) or vendor_of(layout.properties),
        levels=levels_of([level.size for level in layout.levels], layout.properties),
        spacing=spacing,
        spacing_doubt=doubt,
        objective=objective_of(layout.properties),
        associated=tuple(sorted(associated)),
        properties=layout.properties,
        background=BACKGROUND,
        planes=len(layout.planes),
        plane_um=layout.plane_um,
        profile=None if layout.channels else rgb_profile(layout.levels[0].profile),
        warning=" ".join(part for part in (warning, layout.warning) if part),
    )


def _touched(
    stored: StoredPicture, left: int, top: int, right: int, bottom: int
) -> Iterator[tuple[int, int]]:
    """Column and row of all segments that a rectangle has a part of, row by row."""
    if right > left and bottom > top:
        width, height = stored.segment.width, stored.segment.height
        for row in range(top // height, -(-bottom // height)):
            for column in range(left // width, -(-right // width)):
                yield column, row
