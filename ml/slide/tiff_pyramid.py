"""Which pictures of a TIFF are the same at a lower magnification, or at another focus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml.geometry import Size, to_pixel
from ml.slide.channel_facts import ChannelFacts
from ml.slide.stored_picture import StoredPicture, Unsuited, stored_picture

_REDUCED = 1  # bit of NewSubfileType

UNEQUAL = "its channels or planes differ in size or kind"


@dataclass(frozen=True, eq=False)
class CanvasLevel:
    """A level whose pictures lie apart on an empty ground: each with the place of its first pixel."""

    size: Size
    areas: tuple[tuple[int, int, StoredPicture], ...]  # x, y; what comes first lies on top


Level = tuple[StoredPicture, ...]
"""One picture, or those that hold the channels between them, in order."""


@dataclass(frozen=True, eq=False)
class TiffLayout:
    """The pictures of one slide, finest level first. `vendor`: OpenSlide's word, or our own.

    `planes` differ in focus; all have levels and pictures of the same sizes and kinds.
    """

    vendor: str
    planes: tuple[tuple[Level, ...], ...]
    properties: Mapping[str, str]
    associated: Mapping[str, StoredPicture] = field(default_factory=dict)
    channels: tuple[ChannelFacts, ...] = ()  # one for each sample of a level; empty: the pixels are colours
    plane_um: float | None = None
    canvas: tuple[CanvasLevel, ...] = ()  # of a slide whose pictures lie apart; one for each of `levels`
    warning: str = ""

    @property
    def levels(self) -> tuple[StoredPicture, ...]:
        """The first picture of each level of the first plane."""
        return tuple(level[0] for level in self.planes[0])


def reductions(page: Any, others: Sequence[Any], signals: bool = False) -> list[StoredPicture]:
    """A picture and those of its SubIFDs and of the others that are the same at a lower magnification."""
    levels = [stored_picture(page, signals)]
    full = levels[0].size
    for other in [*(page.pages or ()), *others]:
        size = Size(int(other.imagewidth), int(other.imagelength))
        factor = downsample(full, size)
        if factor is None or any(size == level.size for level in levels):
            continue
        is_said = bool(int(other.subfiletype) & _REDUCED) or other.is_subifd
        is_whole = abs(factor - to_pixel(factor)) < 0.02 * factor and other.is_tiled == page.is_tiled
        if _same_kind(page, other) and (is_said or is_whole):
            levels.append(stored_picture(other, signals))
    return sorted(levels, key=lambda level: -level.size.width)


def _same_kind(one: Any, other: Any) -> bool:
    """Whether pixels of two pages are of one kind: levels never differ in that."""
    names = ("samplesperpixel", "bitspersample", "sampleformat")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def downsample(full: Size, reduced: Size) -> float | None:
    """How many times smaller the same picture is; None where it is not smaller or has other proportions."""
    if reduced.width >= full.width or reduced.height >= full.height or min(reduced.width, reduced.height) < 1:
        return None
    factor = (full.width / reduced.width + full.height / reduced.height) / 2
    off = max(abs(full.width / factor - reduced.width), abs(full.height / factor - reduced.height))
    return factor if off <= max(1.5, 0.01 * min(reduced.width, reduced.height)) else None


def by_plane(levels: Iterable[Sequence[Level]]) -> list[list[Level]]:
    """From the planes of each level to the levels of each plane; `Unsuited` where they are not alike."""
    by_level = list(levels)
    if len({len(planes) for planes in by_level}) > 1:
        raise Unsuited("its levels have different numbers of planes")
    for planes in by_level:
        kinds = {tuple(_kind(picture) for picture in level) for level in planes}
        if len(kinds) > 1:
            raise Unsuited(UNEQUAL)
    return [list(plane) for plane in zip(*by_level, strict=True)]


def _kind(picture: StoredPicture) -> tuple[Any, ...]:
    """What must be the same for a decoder of one picture to serve another."""
    return (
        *(picture.size, picture.samples, picture.dtype, picture.signed, picture.photometric),
        *(picture.compression, picture.predictor, picture.separate),
    )


def one_plane(levels: Sequence[StoredPicture]) -> list[list[Level]]:
    """A slide of one plane and one picture a level."""
    return [[(level,) for level in levels]]


def laid_out(
    vendor: str,
    planes: Sequence[Sequence[Level]],
    associated: dict[str, StoredPicture],
    properties: dict[str, str],
) -> TiffLayout:
    """Put a layout together, and say in its properties what OpenSlide would. Raises `Unsuited`."""
    if not planes or not planes[0]:
        raise Unsuited("it holds no tiles")
    levels = [level[0] for level in planes[0]]
    properties = {"openslide.vendor": vendor, **properties, "openslide.level-count": str(len(levels))}
    for index, level in enumerate(levels):
        prefix = f"openslide.level[{index}]."
        across, down = levels[0].size.width / level.size.width, levels[0].size.height / level.size.height
        properties[prefix + "downsample"] = f"{(across + down) / 2:.17g}"
        properties[prefix + "width"] = str(level.size.width)
        properties[prefix + "height"] = str(level.size.height)
        if level.tiled:
            properties[prefix + "tile-width"] = str(level.segment.width)
            properties[prefix + "tile-height"] = str(level.segment.height)
    for name, picture in associated.items():
        properties[f"openslide.associated.{name}.width"] = str(picture.size.width)
        properties[f"openslide.associated.{name}.height"] = str(picture.size.height)
    if levels[0].profile:
        properties["openslide.icc-size"] = str(len(levels[0].profile))
    return TiffLayout(vendor, tuple(tuple(plane) for plane in planes), properties, associated)
