"""A flat picture as a slide: one level in the file, the others made by halving."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from ml.errors import Problem, SlideProblem
from ml.geometry import Size
from ml.progress import Cancelled, Progress
from ml.slide.dicom_picture import dicom_source, is_dicom
from ml.slide.picture_source import PictureSource, as_stored
from ml.slide.pillow_source import pillow_source
from ml.slide.pyramid import Pyramid
from ml.slide.slide import Level, Pixels, Slide, SlideInfo

_TILE = Size(256, 256)


class PictureReader(Slide):
    """A PNG, JPEG, TIFF, BMP, WebP or single DICOM image. All of it is decoded when it is opened.

    Up to 192 MiB of pyramid stay in memory; a larger one lies in a nameless file of the cache, which the
    system pages in and out as it sees fit and which is gone after `close`.
    """

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self._path = path
        progress = progress or Progress()
        try:
            source = _source(path)
            pyramid = Pyramid(source.shown_size)
            source.write(as_stored(pyramid.levels[0], source.orientation), progress)
            pyramid.build(progress)
        except (Problem, Cancelled, MemoryError):
            raise
        except Exception as error:  # the reader's border: decoders raise whatever they like
            raise _undecodable(path, error) from error
        self._levels: list[Pixels] | None = pyramid.levels
        self.info = _described(path, source, pyramid)

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """One tile, copied. See `Slide.read_tile`."""
        grid = self.info.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise IndexError(f"No tile {column}, {row} on level {level}")
        x_level, y_level = column * _TILE.width, row * _TILE.height
        pixels = self._open_levels()[level]
        return pixels[y_level : y_level + _TILE.height, x_level : x_level + _TILE.width].copy()

    def read_block(self, level: int, x_level: int, y_level: int, size: Size) -> Pixels:
        """A rectangle of one level. See `Slide.read_block`."""
        pixels = self._open_levels()[level]
        left, top = max(0, x_level), max(0, y_level)
        right = max(left, min(pixels.shape[1], x_level + size.width))
        bottom = max(top, min(pixels.shape[0], y_level + size.height))
        part = pixels[top:bottom, left:right]
        if part.shape[:2] == (size.height, size.width):
            return part.copy()
        block = np.empty((size.height, size.width, 3), dtype=np.uint8)
        block[:] = self.info.background
        if part.size:
            block[top - y_level : bottom - y_level, left - x_level : right - x_level] = part
        return block

    def read_associated(self, name: str) -> Pixels:
        """There are none: raises `KeyError`."""
        raise KeyError(name)

    def close(self) -> None:
        """Let the pixels go, once the reads that are under way have ended."""
        self._levels = None

    def _open_levels(self) -> list[Pixels]:
        levels = self._levels
        if levels is None:
            raise SlideProblem(f"{self._path.name} has been closed.", "Open it again.")
        return levels


def _source(path: Path) -> PictureSource:
    with path.open("rb") as file:
        head = file.read(132)
    if is_dicom(head):
        return dicom_source(path)
    if head[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        import tifffile

        from ml.slide.tiff_source import tiff_source

        with contextlib.suppress(tifffile.TiffFileError):  # Pillow may know better
            source = tiff_source(path)
            if source is not None:
                return source
    return pillow_source(path)


def _described(path: Path, source: PictureSource, pyramid: Pyramid) -> SlideInfo:
    levels = tuple(
        Level(Size(pixels.shape[1], pixels.shape[0]), float(2**index), _TILE)
        for index, pixels in enumerate(pyramid.levels)
    )
    return SlideInfo(
        path=path,
        vendor=f"Picture ({source.kind})",
        levels=levels,
        spacing=source.spacing,
        spacing_doubt=source.spacing_doubt,
        properties=source.properties,
        profile=source.profile,
        warning=source.warning,
    )


def _undecodable(path: Path, error: Exception) -> SlideProblem:
    lines = str(error).replace(str(path), path.name).splitlines()  # libraries list their plug-ins below
    reason = lines[0].rstrip(".: ") if lines else type(error).__name__
    return SlideProblem(
        f"{path.name} cannot be shown: {reason}.",
        "The file may be damaged or cut short, or of a kind that is not known here; "
        "copy it anew, or save it as PNG or TIFF with another program.",
        path=path,
        error=repr(error),
    )
