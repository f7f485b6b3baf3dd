"""DICOM whole slides: a file, a folder or a DICOMDIR; all levels, labels and overviews of a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.errors import SlideProblem
from ml.geometry import Size, Spacing
from ml.slide.dicom_elements import Header, inside, numbers, text, whole
from ml.slide.dicom_image import MOST_FRAME, DicomImage
from ml.slide.dicom_series import (
    DICOMDIR,
    DicomKind,
    FoundSlide,
    kind_of,
    read_files,
    slide_of,
    slides_in,
    unread_beside,
)
from ml.slide.openslide_facts import levels_of
from ml.slide.positioned_file import PositionedFile
from ml.slide.profile import rgb_profile
from ml.slide.slide import KnownSpacing, Pixels, Slide, SlideInfo
from ml.slide.spacing import NOTHING_SAID, STATED_RANGE, doubt

_BESIDE = {"LABEL": "label", "OVERVIEW": "macro", "THUMBNAIL": "thumbnail"}
_ORDER = ("OVERVIEW", "THUMBNAIL", "LABEL")  # which is shown where there is no level
_EVEN = 0.02  # how far pixels derived from a volume may be from square: a nominal volume is no measure
_SAME_SHAPE = 0.02  # how far a level's sides may be from level 0's, beside a pixel of rounding
_PROPERTIES = {
    "Manufacturer": 0x00080070,
    "ManufacturerModelName": 0x00081090,
    "SoftwareVersions": 0x00181020,
    "SeriesInstanceUID": 0x0020000E,
    "StudyInstanceUID": 0x0020000D,
    "FrameOfReferenceUID": 0x00200052,
    "PhotometricInterpretation": 0x00280004,
    "DimensionOrganizationType": 0x00209311,
}

Files = tuple[PositionedFile, Header]


def open_dicom(path: Path) -> Slide:
    """Open the slide that a file, a folder or a DICOMDIR holds.

    Of a file, everything beside it that belongs to the same slide is opened with it. Raises `SlideProblem`
    where there is no slide (naming what there is: "a segmentation"), where there are several, or where
    something is damaged. `kind_of` tells beforehand what a file is.
    """
    if path.is_dir() or kind_of(path).sop_class == DICOMDIR:
        found = slides_in(path)
        if len(found) > 1:
            names = ", ".join(slide.path.name for slide in found[:4]) + (", …" if len(found) > 4 else "")
            raise SlideProblem(
                f"{path.name or path} holds {len(found)} slides.",
                f"Open one of them by a file of it: {names}.",
                path=path,
                slides=len(found),
            )
        return DicomReader(found[0])
    return DicomReader(slide_of(path), path)


class DicomReader(Slide):
    """A slide of one DICOM series. Any number of threads may read at the same time, without a lock.

    `icc_profile` is the colour profile of the optical path that is shown, as the file holds it; `files` are
    all that the slide is made of. `info.path` is the file that was asked for, or that of the finest level.
    """

    icc_profile: bytes | None
    files: tuple[Path, ...]

    def __init__(self, found: FoundSlide, path: Path | None = None) -> None:
        self._opened: list[PositionedFile] = []
        try:
            levels, warning = self._levels_of(found)
            self._levels = levels
            self._beside = self._pictures_of(found)
            first = levels[0]
            shown = levels[-1].shown_range()
            for image in levels:
                image.show(*shown)
        except BaseException:
            self.close()
            raise
        paths = inside(first.header.items, 0x00480105)
        self.icc_profile = paths[0x00282000].value if 0x00282000 in paths else None
        self.files = tuple(file.path for file in self._opened)
        told = " ".join(part for part in (warning, _not_read(first.file.path)) if part)
        info = _described(path or first.file.path, levels, tuple(self._beside), told)
        self.info = replace(info, profile=rgb_profile(self.icc_profile))

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """One tile. See `Slide.read_tile`."""
        grid = self.info.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise IndexError(f"No tile {column}, {row} on level {level}")
        return self._levels[level].read_tile(column, row)

    def read_associated(self, name: str) -> Pixels:
        """A picture beside the slide. See `Slide.read_associated`."""
        image = self._beside[name]
        if image.size.area > MOST_FRAME:
            path = image.file.path
            raise SlideProblem(f"The picture “{name}” of {path.name} is too large.", path=path)
        return image.read_block(0, 0, image.size)

    def close(self) -> None:
        """Let the files go, once the reads that are under way have ended."""
        for file in self._opened:
            file.close()

    def _levels_of(self, found: FoundSlide) -> tuple[list[DicomImage], str]:
        """The pyramid, largest first, and what of the series is not in it."""
        volumes = self._open(found.volumes)
        if not volumes:
            ordered = sorted(found.beside, key=lambda kind: _ORDER.index(kind.flavor))
            volumes = self._open(ordered[:1])
        images = [DicomImage(files, _background(files[0][1])) for files in _instances(volumes)]
        asked = {
            file.path for file, _ in volumes[:1]
        }  # whoever points at one of two of a size means that one
        images.sort(key=lambda image: (-image.size.area, image.file.path not in asked))
        return _pyramid(images)

    def _pictures_of(self, found: FoundSlide) -> dict[str, DicomImage]:
        if not found.volumes:
            return {}
        files = self._open(found.beside)
        pictures: dict[str, DicomImage] = {}
        for kind, pair in zip(found.beside, files, strict=True):
            try:
                pictures.setdefault(_BESIDE[kind.flavor], DicomImage([pair], _background(pair[1])))
            except SlideProblem:
                continue  # a slide is worth showing without its label
        return pictures

    def _open(self, kinds: Sequence[DicomKind]) -> list[Files]:
        opened = read_files(kinds)
        self._opened += [file for file, _ in opened]
        return opened


def _instances(files: Sequence[Files]) -> list[list[Files]]:
    """Files put together to images: parts of a concatenation are one, a copy of a file is none."""
    found: dict[str, list[Files]] = {}
    seen: set[str] = set()
    for file, header in files:
        own = text(header.items, 0x00080018) or str(file.path)
        if own in seen:
            continue
        seen.add(own)
        found.setdefault(text(header.items, 0x00209161) or own, []).append((file, header))
    return list(found.values())


def _pyramid(images: Sequence[DicomImage]) -> tuple[list[DicomImage], str]:
    """One image a size, all of one shape; the others are named in a sentence."""
    kept: list[DicomImage] = []
    left: list[str] = []
    for image in images:
        fits = not kept or (image.size != kept[-1].size and _same_shape(kept[0].size, image.size))
        if fits:
            kept.append(image)
        else:
            left.append(image.file.path.name)
    told = [image.warning for image in kept if image.warning]
    if left:
        told.append(f"Not shown, for it is no further level of this slide: {', '.join(sorted(left))}.")
    return kept, " ".join(dict.fromkeys(told))


def _same_shape(full: Size, reduced: Size) -> bool:
    across, down = full.width / reduced.width, full.height / reduced.height
    rounding = max(1 / reduced.width, 1 / reduced.height)
    return abs(across / down - 1) <= _SAME_SHAPE + rounding


def _background(header: Header) -> tuple[int, int, int]:
    """What stands where nothing was scanned: the file's own colour, else glass; black for fluorescence."""
    lab = numbers(header.items, 0x00480015)
    if len(lab) == 3:
        from skimage.color import lab2rgb

        # PS3.3 C.10.7.1.1: 16 bits for 0..100 and for -128..127
        values = (lab[0] / 65535 * 100, lab[1] / 65535 * 255 - 128, lab[2] / 65535 * 255 - 128)
        red, green, blue = (int(v) for v in np.clip(np.rint(lab2rgb(np.array(values)) * 255), 0, 255))
        return red, green, blue
    return (0, 0, 0) if text(header.items, 0x00280004) == "MONOCHROME2" else (255, 255, 255)


def _not_read(path: Path) -> str:
    names = unread_beside(path)
    if not names:
        return ""
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return f"Empty or not to be read: {shown}. If it belongs to this slide, a level or a picture is missing."


def _described(path: Path, levels: Sequence[DicomImage], beside: tuple[str, ...], warning: str) -> SlideInfo:
    items = levels[0].header.items
    spacing, reason = spacing_of(levels[0].header, levels[0].size)
    power = numbers(inside(items, 0x00480105), 0x00480112)
    properties = {f"dicom.{name}": text(items, tag) for name, tag in _PROPERTIES.items() if text(items, tag)}
    properties["dicom.TransferSyntaxUID"] = levels[0].header.syntax
    sizes = [image.size for image in levels]
    return SlideInfo(
        path=path,
        vendor="DICOM whole slide",
        levels=tuple(
            replace(level, tile=image.tile) for level, image in zip(levels_of(sizes, {}), levels, strict=True)
        ),
        spacing=spacing,
        spacing_doubt=reason,
        objective=power[0] if power and power[0] > 0 else None,
        associated=beside,
        properties=properties,
        background=levels[0].background,
        warning=warning,
    )


def spacing_of(header: Header, size: Size) -> tuple[KnownSpacing | None, str]:
    """Pixel size of an image: as measured for all frames, else the imaged volume over its pixels.

    The second part says why there is none that can be believed.
    """
    measured = numbers(inside(header.items, 0x52009229, 0x00289110), 0x00280030)
    if len(measured) == 2:  # mm; the distance of the rows comes first
        spacing = Spacing(round(measured[1] * 1000, 9), round(measured[0] * 1000, 9))
        reason = doubt(spacing, STATED_RANGE)
        return (None, reason) if reason else (KnownSpacing(spacing, "the file"), "")
    wide, high = numbers(header.items, 0x00480001), numbers(header.items, 0x00480002)
    if not wide or not high or not whole(header.items, 0x00480006):
        return None, NOTHING_SAID
    spacing = Spacing(wide[0] * 1000 / size.width, high[0] * 1000 / size.height)
    reason = doubt(spacing, STATED_RANGE)
    if not reason and abs(spacing.x / spacing.y - 1) > _EVEN:
        reason = (
            f"The file says that {size.width:,} × {size.height:,} pixels are {wide[0]:g} × {high[0]:g} mm of "
            "glass, which is not believed: pixels would not be square."
        )
    return (None, reason) if reason else (KnownSpacing(spacing, "the imaged volume in the file"), "")
