"""Slides of scanners, through the OpenSlide library."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from ctypes import POINTER, c_uint32
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from openslide import OpenSlideError, lowlevel

from ml.errors import SlideProblem
from ml.geometry import Size, to_pixel
from ml.slide.openslide_facts import levels_of, objective_of, spacing_of, vendor_of
from ml.slide.profile import rgb_profile
from ml.slide.slide import Pixels, Slide, SlideInfo

_T = TypeVar("_T")

CACHE_BYTES = 128 * 2**20
"""Decoded tiles that OpenSlide keeps, for all open slides together: two rows of a wide slide."""

DICOM_REMEDY = (
    "Export it with 8-bit tiles as JPEG, JPEG 2000 or uncompressed (TILED_FULL), or as a pyramidal TIFF."
)


class OpenSlideReader(Slide):
    """A slide that OpenSlide opens. Any number of threads may read at the same time.

    OpenSlide turns a handle down for good after one unreadable tile; the handle is then replaced, so that
    the other tiles can still be read. A handle is closed when the last thread lets it go.
    """

    def __init__(self, path: Path, warning: str = "") -> None:
        self._path = path
        self._lock = threading.Lock()  # guards the exchange of the handle, not the reading
        self._handle: Any = _opened(path)
        try:
            self._downsamples, self.info = _described(path, self._handle, warning)
        except OpenSlideError as error:
            raise _unreadable(path, "header", error) from error

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """One tile as the file stores it. See `Slide.read_tile`."""
        grid = self.info.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise IndexError(f"No tile {column}, {row} on level {level}")
        x_level, y_level = column * grid.tile.width, row * grid.tile.height
        width = min(grid.tile.width, grid.size.width - x_level)
        height = min(grid.tile.height, grid.size.height - y_level)
        return self._read(level, x_level, y_level, Size(width, height))

    def read_block(self, level: int, x_level: int, y_level: int, size: Size) -> Pixels:
        """A rectangle of one level. See `Slide.read_block`."""
        grid = self.info.levels[level]
        left, top = max(0, x_level), max(0, y_level)
        right = min(grid.size.width, x_level + size.width)
        bottom = min(grid.size.height, y_level + size.height)
        inside = Size(max(0, right - left), max(0, bottom - top))
        if inside == size:
            return self._read(level, left, top, size)
        block = np.empty((size.height, size.width, 3), dtype=np.uint8)
        block[:] = self.info.background
        if inside.area:
            place = np.s_[top - y_level : bottom - y_level, left - x_level : right - x_level]
            block[place] = self._read(level, left, top, inside)
        return block

    def read_associated(self, name: str) -> Pixels:
        """A picture beside the slide. See `Slide.read_associated`."""
        if name not in self.info.associated:
            raise KeyError(name)
        picture = self._asked(
            f"picture “{name}”", lambda handle: lowlevel.read_associated_image(handle, name)
        )
        rgb: Pixels = np.array(picture.convert("RGB"))
        return rgb

    def close(self) -> None:
        """Let the file go, once the reads that are under way have ended."""
        with self._lock:
            self._handle = None

    def _read(self, level: int, x_level: int, y_level: int, size: Size) -> Pixels:
        # OpenSlide takes whole level-0 px: off by half of one at most where a downsample is not whole.
        x = to_pixel(x_level * self._downsamples[level])
        y = to_pixel(y_level * self._downsamples[level])
        argb = np.empty((size.height, size.width), dtype=np.uint32)
        pointer = argb.ctypes.data_as(POINTER(c_uint32))
        where = f"part at {x}, {y} of level {level}"
        self._asked(
            where,
            lambda handle: lowlevel._read_region(handle, pointer, x, y, level, size.width, size.height),
        )
        return _over(self.info.background, argb)

    def _asked(self, what: str, ask: Callable[[Any], _T]) -> _T:
        """Ask the shared handle; where that fails, ask once more through a handle of one's own."""
        handle = self._handle
        if handle is None:
            raise SlideProblem(f"{self._path.name} has been closed.", "Open it again.")
        try:
            return ask(handle)
        except OpenSlideError:
            pass  # perhaps only because another thread met a bad tile: only a fresh handle can tell
        own = _opened(self._path)
        try:
            answer = ask(own)
        except OpenSlideError as error:
            self._replace(handle, _opened(self._path))
            raise _unreadable(self._path, what, error) from error
        self._replace(handle, own)
        return answer

    def _replace(self, dead: Any, fresh: Any) -> None:
        with self._lock:
            if self._handle is dead:
                self._handle = fresh


def detected(path: Path) -> bool:
    """Whether OpenSlide takes this file for one of its own."""
    try:
        return bool(lowlevel.detect_vendor(path))
    except OpenSlideError:
        return False


@cache
def _tile_cache() -> Any:
    return lowlevel.cache_create(CACHE_BYTES)


def _opened(path: Path) -> Any:
    try:
        handle = lowlevel.open(path)
        lowlevel.set_cache(handle, _tile_cache())
    except OpenSlideError as error:
        raise _refused(path, error) from error
    return handle


def _described(path: Path, handle: Any, warning: str) -> tuple[tuple[float, ...], SlideInfo]:
    """OpenSlide's own downsamples (to address pixels with), and what the file says about itself."""
    names = lowlevel.get_property_names(handle)
    properties = {name: lowlevel.get_property_value(handle, name) or "" for name in names}
    count = lowlevel.get_level_count(handle)
    sizes = [Size(*lowlevel.get_level_dimensions(handle, level)) for level in range(count)]
    downsamples = tuple(lowlevel.get_level_downsample(handle, level) for level in range(count))
    spacing, doubt = spacing_of(properties)
    info = SlideInfo(
        path=path,
        vendor=vendor_of(properties),
        levels=levels_of(sizes, properties),
        spacing=spacing,
        spacing_doubt=doubt,
        objective=objective_of(properties),
        associated=tuple(lowlevel.get_associated_image_names(handle)),
        properties=properties,
        background=_background(properties),
        profile=_profile(handle),
        warning=warning,
    )
    return downsamples, info


def _profile(handle: Any) -> bytes | None:
    """The ICC profile; one that cannot be read is no reason to refuse the slide."""
    try:
        return rgb_profile(lowlevel.read_icc_profile(handle))
    except OpenSlideError:
        return None


def _background(properties: Mapping[str, str]) -> tuple[int, int, int]:
    text = properties.get("openslide.background-color", "FFFFFF")
    try:
        red, green, blue = bytes.fromhex(text)
    except ValueError:
        return (255, 255, 255)
    return (red, green, blue)


def _over(background: tuple[int, int, int], argb: NDArray[np.uint32]) -> Pixels:
    """Lay premultiplied ARGB, one native 32-bit word a pixel, over a colour."""
    rgb = np.empty((*argb.shape, 3), dtype=np.uint8)
    bytes_bgra = argb.astype("<u4", copy=False).view(np.uint8).reshape(*argb.shape, 4)
    for channel in range(3):  # three strided copies take a third of the time of one fancy index
        rgb[..., channel] = bytes_bgra[..., 2 - channel]
    if argb.size and int(argb.min()) < 0xFF000000:  # something is not opaque
        clear = 255 - bytes_bgra[..., 3:].astype(np.uint16)
        under = (clear * np.array(background, dtype=np.uint16) + 127) // 255
        rgb = np.minimum(rgb + under, 255).astype(np.uint8)
    return rgb


def _refused(path: Path, error: OpenSlideError) -> SlideProblem:
    remedy = "Copy it anew from where it comes from; if that does not help, export it as a pyramidal TIFF."
    if path.suffix.lower() == ".dcm":  # seldom damaged, often of a kind that the library does not know
        remedy = f"{DICOM_REMEDY} If it is such a file, copy it anew."
    return SlideProblem(
        f"{path.name} looks like a slide, but it cannot be opened: {_reason(path, error)}.",
        remedy,
        path=path,
        openslide=str(error),
    )


def _unreadable(path: Path, what: str, error: OpenSlideError) -> SlideProblem:
    return SlideProblem(
        f"The {what} of {path.name} cannot be read: {_reason(path, error)}.",
        "The file is damaged or was cut short; copy it anew from where it comes from.",
        path=path,
        openslide=str(error),
    )


def _reason(path: Path, error: OpenSlideError) -> str:
    """The library's words without the folder, which may carry a name."""
    text = str(error).replace(str(path), path.name).replace(f"{path.parent}/", "").rstrip(". ")
    return text.removeprefix(f"Reading {path.name}: ")
