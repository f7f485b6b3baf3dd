"""Which pictures of a TIFF are the levels of a slide, which lie beside it, and what the file says of itself.

Every maker has a way of its own. The properties are named and written as OpenSlide does it, so that what is
derived from them (vendor, spacing, objective) is derived in one place, whoever reads the pixels.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ml.geometry import Size, to_pixel
from ml.slide.channel_facts import ChannelFacts
from ml.slide.ome_facts import OmeFacts, ome_facts
from ml.slide.qptiff_facts import channel_of, tag_of
from ml.slide.scn_layout import scn_layout
from ml.slide.stored_picture import MINISBLACK, PALETTE, RGB, YCBCR, StoredPicture, Unsuited, stored_picture
from ml.slide.tiff_facts import common, number, physical, positive, resolution
from ml.slide.tiff_pyramid import (
    UNEQUAL,
    Level,
    TiffLayout,
    by_plane,
    downsample,
    laid_out,
    one_plane,
    reductions,
)

_MOST_PAGES = 4096
_MOST_CHANNELS = 256


def layout_of(tiff: Any) -> TiffLayout:
    """Look through an open `tifffile.TiffFile`. Raises `Unsuited`, and whatever a damaged file provokes."""
    if len(tiff.pages) > _MOST_PAGES:
        raise Unsuited(f"it holds {len(tiff.pages)} pictures")
    first = tiff.pages[0]
    _refuse_others(first)
    makers: tuple[tuple[bool, Callable[[Any], TiffLayout]], ...] = (
        (first.is_svs, _aperio),
        (first.is_philips, _philips),
        (first.is_qpi, _qptiff),
        (first.is_ome, _ome),
        (first.is_scn, scn_layout),
    )
    for is_it, layout in makers:
        if is_it:
            return layout(tiff)
    return _generic(tiff)


def _refuse_others(first: Any) -> None:
    """Formats that only look like a TIFF, whose tiles do not lie edge to edge."""
    if first.is_ndpi or 65420 in first.tags:
        raise Unsuited("Hamamatsu's NDPI is read by OpenSlide")
    xmp = first.tags.get(700)
    if first.is_bif or (xmp is not None and b"iScan" in bytes(xmp.value)[:65536]):
        raise Unsuited("Ventana's BIF is read by OpenSlide")
    if first.software.startswith("MedScan"):
        raise Unsuited("Trestle's tiles overlap, which OpenSlide knows about")
    if first.is_avs or first.is_lsm or first.is_stk or first.is_fluoview or first.is_eer:
        raise Unsuited("it is of a microscope's own format")


def _aperio(tiff: Any) -> TiffLayout:
    """Tiled pages are levels; of the others the second is the thumbnail and the rest are named in line 2.

    Levels of the same size are planes, by the offset of the focus that each names.
    """
    by_size: dict[Size, list[tuple[StoredPicture, float | None]]] = {}
    associated: dict[str, StoredPicture] = {}
    for index, page in enumerate(tiff.pages):
        if page.is_tiled:
            level = stored_picture(page)
            offset = number(_aperio_said(page.description).get("aperio.OffsetZ"))
            by_size.setdefault(level.size, []).append((level, offset))
        else:
            name = "thumbnail" if index == 1 else _second_line(page.description)
            _add(associated, name, page)
    sizes = list(by_size)
    for size in sizes[1:]:
        if downsample(sizes[0], size) is None:
            raise Unsuited("its levels have different proportions")
        if not all(level.counts.all() for level, _ in by_size[size]):
            raise Unsuited("tiles of its overview are missing, which OpenSlide makes from finer ones")
    for pictures in by_size.values():
        if all(offset is not None for _, offset in pictures):
            pictures.sort(key=lambda pair: pair[1] or 0.0)
    planes = by_plane([(picture,) for picture, _ in by_size[size]] for size in sizes)
    properties = {**common(tiff.pages[0]), **_aperio_properties(tiff.pages[0].description)}
    layout = laid_out("aperio", planes, associated, properties)
    offsets = [offset for _, offset in by_size[sizes[0]] if offset is not None]
    return replace(layout, plane_um=_even_step(offsets) if len(offsets) == len(planes) else None)


def _even_step(offsets: Sequence[float]) -> float | None:
    """The distance from each to the next where that is always the same."""
    steps = [b - a for a, b in itertools.pairwise(offsets)]
    even = steps and max(steps) - min(steps) <= 0.01 * max(steps) and min(steps) > 0
    return sum(steps) / len(steps) if even else None


def _second_line(description: str) -> str:
    lines = [line for line in re.split(r"[\r\n]+", description) if line]
    return lines[1].split(" ")[0] if len(lines) > 1 else ""


def _aperio_said(description: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in description.split("|")[1:])
    return {f"aperio.{name.strip()}": value.strip() for name, equals, value in pairs if equals}


def _aperio_properties(description: str) -> dict[str, str]:
    said = _aperio_said(description)
    spacing = positive(said.get("aperio.MPP"))
    power = positive(said.get("aperio.AppMag"))
    return {**said, **physical(spacing, spacing, power)}


def _philips(tiff: Any) -> TiffLayout:
    """Levels are filled up to whole tiles; their true sizes follow from the spacings that the XML lists."""
    levels: list[StoredPicture] = []
    associated: dict[str, StoredPicture] = {}
    for page in tiff.pages:
        name = next((n for n in ("label", "macro") if page.description.lower().startswith(n)), "")
        if name:
            _add(associated, name, page)
        elif page.is_tiled:
            levels.append(stored_picture(page))
    spacings = _philips_spacings(tiff.pages[0].description)
    if len(spacings) != len(levels) or not levels:
        raise Unsuited("its list of levels does not fit its pictures")
    (y0, x0), full = spacings[0], levels[0].size
    for index, (y, x) in enumerate(spacings[1:], start=1):
        size = Size(full.width // max(1, to_pixel(x / x0)), full.height // max(1, to_pixel(y / y0)))
        stored = levels[index].size
        if not (0 < size.width <= stored.width and 0 < size.height <= stored.height):
            raise Unsuited("its list of levels does not fit its pictures")
        levels[index] = replace(levels[index], size=size)
    properties = {**common(tiff.pages[0]), **physical(x0 * 1000, y0 * 1000, None)}
    return laid_out("philips", one_plane(levels), associated, properties)


def _philips_spacings(xml: str) -> list[tuple[float, float]]:
    """Millimetres down and across of each level, finest first."""
    from xml.etree import ElementTree

    path = ".//DataObject[@ObjectType='PixelDataRepresentation']/Attribute[@Name='DICOM_PIXEL_SPACING']"
    found: list[tuple[float, float]] = []
    for element in ElementTree.fromstring(xml).findall(path):  # noqa: S314 - expat bounds its entities
        down, across = (float(value) for value in (element.text or "").replace('"', "").split())
        if not (down > 0 and across > 0):
            raise Unsuited("its list of levels has no spacings")
        found.append((down, across))
    return found


def _qptiff(tiff: Any) -> TiffLayout:
    """Every page says what it is. Several of one size are channels."""
    by_size: dict[Size, list[Any]] = {}
    associated: dict[str, StoredPicture] = {}
    for page in tiff.pages:
        kind = tag_of(page.description, "ImageType")
        if kind in {"FullResolution", "ReducedResolution"}:
            size = Size(int(page.imagewidth), int(page.imagelength))
            by_size.setdefault(size, []).append(page)
        else:
            _add(associated, {"Overview": "macro"}.get(kind, kind.lower()), page)
    if not by_size:
        raise Unsuited("it holds no tiles")
    full = next(iter(by_size.values()))
    signals = len(full) > 1
    if any(len(pages) != len(full) for pages in by_size.values()):
        raise Unsuited(UNEQUAL)
    levels = [tuple(stored_picture(page, signals) for page in pages) for pages in by_size.values()]
    properties = common(full[0])
    power = positive(tag_of(full[0].description, "Objective").rstrip("xX"))
    properties |= physical(*resolution(properties), power)
    layout = laid_out("perkinelmer-qptiff", [levels], associated, properties)
    return replace(layout, channels=_channels(levels, [channel_of(p.description) for p in full], signals))


def _channels(
    levels: Sequence[Level], said: Sequence[ChannelFacts], signals: bool
) -> tuple[ChannelFacts, ...]:
    """What is said about the channels, once it is clear that all levels have these and no others."""
    if not signals:
        return ()
    if len(said) > _MOST_CHANNELS:
        raise Unsuited(f"it holds {len(said)} channels")
    for level in levels:
        kinds = {(picture.size, picture.dtype.itemsize, picture.signed) for picture in level}
        if len(kinds) > 1 or sum(picture.samples for picture in level) != len(said):
            raise Unsuited(UNEQUAL)
    return tuple(said)


def _ome(tiff: Any) -> TiffLayout:
    """The first image is the slide, with its levels as SubIFDs; label and macro are images of those names."""
    first = tiff.pages[0]
    facts = ome_facts(first.description, int(first.samplesperpixel))
    named = [page for plane in facts.pages for page in plane]
    if not all(0 <= page < len(tiff.pages) for page in named):
        raise Unsuited("its header names a picture that is not there")
    is_color = facts.samples > 1 and int(tiff.pages[named[0]].photometric) in {RGB, YCBCR, PALETTE}
    signals = len(facts.channels) > 1 and not (is_color and len(facts.channels) == facts.samples)
    if len(named) == 1 and not signals:
        others = [other for index, other in enumerate(tiff.pages) if index not in {*named, *facts.beside}]
        planes = one_plane(reductions(tiff.pages[named[0]], others))
    else:
        planes = _ome_planes(tiff, facts, signals)
    associated: dict[str, StoredPicture] = {}
    for index, name in facts.beside.items():
        if 0 <= index < len(tiff.pages):
            _add(associated, name, tiff.pages[index])
    properties = {**common(first), **physical(facts.x_um, facts.y_um, facts.power)}
    layout = laid_out("ome-tiff", planes, associated, properties)
    return replace(
        layout,
        channels=_channels(planes[0], facts.channels, signals),
        plane_um=facts.z_um if len(planes) > 1 else None,
        warning=f"This file holds {facts.times} times; the first is shown." if facts.times > 1 else "",
    )


def _ome_planes(tiff: Any, facts: OmeFacts, signals: bool) -> list[list[Level]]:
    """The levels of each plane: those sizes that all of its pictures have."""
    stacks = [[reductions(tiff.pages[page], (), signals) for page in plane] for plane in facts.pages]
    sizes = set.intersection(*({level.size for level in levels} for stack in stacks for levels in stack))
    if stacks[0][0][0].size not in sizes:
        raise Unsuited(UNEQUAL)
    return by_plane(
        [tuple(levels[at] for levels in stack) for stack in _kept(stacks, sizes)] for at in range(len(sizes))
    )


def _kept(stacks: list[list[list[StoredPicture]]], sizes: set[Size]) -> list[list[list[StoredPicture]]]:
    return [[[level for level in levels if level.size in sizes] for levels in stack] for stack in stacks]


def _generic(tiff: Any) -> TiffLayout:
    """The first picture is the slide; smaller ones of its proportions are its levels."""
    first = tiff.pages[0]
    others = list(tiff.pages)[1:]
    alike = sum((p.imagewidth, p.imagelength) == (first.imagewidth, first.imagelength) for p in others)
    if alike:
        raise Unsuited(f"it holds {alike + 1} pictures of the same size (channels, planes or times)")
    properties = common(first)
    properties |= physical(*resolution(properties), None)
    signals = int(first.photometric) == MINISBLACK and int(first.samplesperpixel) > 2
    planes = one_plane(reductions(first, others, signals))
    said = (ChannelFacts(),) * int(first.samplesperpixel)
    layout = laid_out("generic-tiff", planes, {}, properties)
    return replace(layout, channels=_channels(planes[0], said, signals))


def _add(associated: dict[str, StoredPicture], name: str, page: Any) -> None:
    """Note a picture beside the slide; one that is not read here is left out, not the slide."""
    if name and name not in associated:
        try:
            associated[name] = stored_picture(page)
        except Unsuited:
            return
