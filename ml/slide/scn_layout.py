"""The pictures of a Leica SCN: areas on the glass, or one area in fluorescence."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from ml.slide.channel_facts import ChannelFacts
from ml.slide.scn_facts import ScnFacts, ScnPicture, scn_facts
from ml.slide.stored_picture import StoredPicture, Unsuited, stored_picture
from ml.slide.tiff_facts import common, physical, positive, resolution
from ml.slide.tiff_pyramid import UNEQUAL, CanvasLevel, Level, TiffLayout, by_plane, laid_out

_BRIGHT_FIELD = "brightfield"


def scn_layout(tiff: Any) -> TiffLayout:
    """Areas in bright field lie on the whole glass, as OpenSlide has it; a fluorescent one fills the slide.

    Raises `Unsuited`, for several fluorescent areas as well.
    """
    facts = scn_facts(tiff.pages[0].description)
    first = facts.areas[0]
    page = tiff.pages[_page(tiff, first.pictures[0])]
    properties = {**common(page), **first.told}
    for name in ("tiff.ImageDescription", "openslide.comment"):
        properties.pop(name, None)
    if properties["tiff.ResolutionUnit"] == "centimeter":
        properties |= physical(*resolution(properties), positive(first.power))
    else:
        properties |= physical(None, None, positive(first.power))
    if facts.barcode:
        properties["leica.barcode"] = facts.barcode
    associated: dict[str, StoredPicture] = {}
    if facts.macro is not None and facts.macro.pictures:
        associated["macro"] = stored_picture(tiff.pages[_page(tiff, facts.macro.pictures[0])])
    if first.light != _BRIGHT_FIELD:
        return _fluorescent(tiff, facts, associated, properties)
    return _on_glass(tiff, facts, associated, properties)


def _page(tiff: Any, picture: ScnPicture) -> int:
    if not 0 <= picture.page < len(tiff.pages):
        raise Unsuited("its header names a picture that is not there")
    return picture.page


def _on_glass(
    tiff: Any, facts: ScnFacts, associated: dict[str, StoredPicture], properties: dict[str, str]
) -> TiffLayout:
    canvas: list[CanvasLevel] = []
    for level in range(len(facts.areas[0].resolutions())):
        areas = []
        for area in facts.areas:
            stored = stored_picture(tiff.pages[_page(tiff, area.resolutions()[level])])
            areas.append((*facts.place(area, level), stored))
        canvas.append(CanvasLevel(facts.size(level), tuple(areas)))
    sizes = [level.size for level in canvas]
    if any(b.width >= a.width or b.height >= a.height for a, b in itertools.pairwise(sizes)):
        raise Unsuited("its levels are not of different sizes")
    planes = [[(level.areas[0][2],) for level in canvas]]
    layout = laid_out("leica", planes, associated, properties)
    told = dict(layout.properties)
    for index, size in enumerate(sizes):
        prefix = f"openslide.level[{index}]."
        across, down = sizes[0].width / size.width, sizes[0].height / size.height
        told[prefix + "downsample"] = f"{(across + down) / 2:.17g}"
        told[prefix + "width"], told[prefix + "height"] = str(size.width), str(size.height)
    more = max(picture.plane for area in facts.areas for picture in area.pictures)
    warning = f"This file holds {more + 1} planes; the first is shown." if more else ""
    return replace(layout, properties=told, canvas=tuple(canvas), warning=warning)


def _fluorescent(
    tiff: Any, facts: ScnFacts, associated: dict[str, StoredPicture], properties: dict[str, str]
) -> TiffLayout:
    if len(facts.areas) > 1:
        raise Unsuited("it holds several areas in fluorescence")
    by_width: dict[int, dict[int, dict[int, StoredPicture]]] = {}  # width, plane, channel
    for picture in facts.areas[0].pictures:
        stored = stored_picture(tiff.pages[_page(tiff, picture)], signals=True)
        by_width.setdefault(picture.width, {}).setdefault(picture.plane, {})[picture.channel] = stored
    levels: list[list[Level]] = [
        [tuple(channels[c] for c in sorted(channels)) for _, channels in sorted(planes.items())]
        for planes in by_width.values()
    ]
    counts = {sum(picture.samples for picture in plane) for level in levels for plane in level}
    sizes = {len({picture.size for picture in plane}) for level in levels for plane in level}
    if len(counts) > 1 or sizes != {1}:
        raise Unsuited(UNEQUAL)
    layout = laid_out("leica", by_plane(levels), associated, properties)
    return replace(layout, channels=(ChannelFacts(),) * counts.pop())
