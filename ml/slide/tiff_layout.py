"""Which pictures of a TIFF are the levels of a slide, which lie beside it, and what the file says of itself.

Every maker has a way of its own. The properties are named and written as OpenSlide does it, so that what is
derived from them (vendor, spacing, objective) is derived in one place, whoever reads the pixels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ml.geometry import Size, to_pixel
from ml.slide.ome_facts import ome_facts
from ml.slide.stored_picture import StoredPicture, Unsuited, stored_picture

_MOST_PAGES = 4096
_REDUCED = 1  # bit of NewSubfileType

MANY_CHANNELS = "it holds several channels, which are not shown together yet"
MANY_PLANES = "it holds several planes or times, which are not shown yet"


@dataclass(frozen=True, eq=False)
class TiffLayout:
    """The pictures of one slide, finest level first. `vendor`: OpenSlide's word, or our own."""

    vendor: str
    levels: tuple[StoredPicture, ...]
    properties: Mapping[str, str]
    associated: Mapping[str, StoredPicture] = field(default_factory=dict)


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
    if first.is_scn:
        raise Unsuited("Leica's SCN may hold several areas on one canvas, which OpenSlide lays out")
    if first.software.startswith("MedScan"):
        raise Unsuited("Trestle's tiles overlap, which OpenSlide knows about")
    if first.is_avs or first.is_lsm or first.is_stk or first.is_fluoview or first.is_eer:
        raise Unsuited("it is of a microscope's own format")


def _aperio(tiff: Any) -> TiffLayout:
    """Tiled pages are levels; of the others the second is the thumbnail and the rest are named in line 2."""
    levels: list[StoredPicture] = []
    associated: dict[str, StoredPicture] = {}
    for index, page in enumerate(tiff.pages):
        if page.is_tiled:
            level = stored_picture(page)
            if levels and level.size == levels[0].size:
                raise Unsuited(MANY_PLANES)
            if levels and _downsample(levels[0].size, level.size) is None:
                raise Unsuited("its levels have different proportions")
            if levels and not level.counts.all():
                raise Unsuited("tiles of its overview are missing, which OpenSlide makes from finer ones")
            levels.append(level)
        else:
            name = "thumbnail" if index == 1 else _second_line(page.description)
            _add(associated, name, page)
    properties = {**_common(tiff.pages[0]), **_aperio_properties(tiff.pages[0].description)}
    return _laid_out("aperio", levels, associated, properties)


def _second_line(description: str) -> str:
    lines = [line for line in re.split(r"[\r\n]+", description) if line]
    return lines[1].split(" ")[0] if len(lines) > 1 else ""


def _aperio_properties(description: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in description.split("|")[1:])
    said = {f"aperio.{name.strip()}": value.strip() for name, equals, value in pairs if equals}
    spacing = _positive(said.get("aperio.MPP"))
    power = _positive(said.get("aperio.AppMag"))
    return {**said, **_physical(spacing, spacing, power)}


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
    properties = {**_common(tiff.pages[0]), **_physical(x0 * 1000, y0 * 1000, None)}
    return _laid_out("philips", levels, associated, properties)


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
    """Every page says what it is."""
    levels: list[StoredPicture] = []
    associated: dict[str, StoredPicture] = {}
    for page in tiff.pages:
        kind = _tag(page.description, "ImageType")
        if kind == "FullResolution" and levels:
            raise Unsuited(MANY_CHANNELS)
        if kind in {"FullResolution", "ReducedResolution"}:
            levels.append(stored_picture(page))
        else:
            _add(associated, {"Overview": "macro"}.get(kind, kind.lower()), page)
    properties = _common(tiff.pages[0])
    power = _positive(_tag(tiff.pages[0].description, "Objective").rstrip("xX"))
    properties |= _physical(*_resolution(properties), power)
    return _laid_out("perkinelmer-qptiff", levels, associated, properties)


def _tag(xml: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", xml)
    return found[1].strip() if found else ""


def _ome(tiff: Any) -> TiffLayout:
    """The first image is the slide, with its levels as SubIFDs; label and macro are images of those names."""
    facts = ome_facts(tiff.pages[0].description)
    if facts.channels > 1:
        raise Unsuited(MANY_CHANNELS)
    if facts.planes > 1:
        raise Unsuited(MANY_PLANES)
    if not 0 <= facts.page < len(tiff.pages):
        raise Unsuited("its header names a picture that is not there")
    page = tiff.pages[facts.page]
    others = [other for index, other in enumerate(tiff.pages) if index not in {facts.page, *facts.beside}]
    associated: dict[str, StoredPicture] = {}
    for index, name in facts.beside.items():
        if 0 <= index < len(tiff.pages):
            _add(associated, name, tiff.pages[index])
    properties = {**_common(tiff.pages[0]), **_physical(facts.x_um, facts.y_um, facts.power)}
    return _laid_out("ome-tiff", _reductions(page, others), associated, properties)


def _generic(tiff: Any) -> TiffLayout:
    """The first picture is the slide; smaller ones of its proportions are its levels."""
    first = tiff.pages[0]
    others = list(tiff.pages)[1:]
    alike = sum((p.imagewidth, p.imagelength) == (first.imagewidth, first.imagelength) for p in others)
    if alike:
        raise Unsuited(f"it holds {alike + 1} pictures of the same size (channels, planes or times)")
    properties = _common(first)
    properties |= _physical(*_resolution(properties), None)
    return _laid_out("generic-tiff", _reductions(first, others), {}, properties)


def _reductions(page: Any, others: Sequence[Any]) -> list[StoredPicture]:
    """A picture and those of its SubIFDs and of the others that are the same at a lower magnification."""
    levels = [stored_picture(page)]
    full = levels[0].size
    for other in [*(page.pages or ()), *others]:
        size = Size(int(other.imagewidth), int(other.imagelength))
        factor = _downsample(full, size)
        if factor is None or any(size == level.size for level in levels):
            continue
        is_said = bool(int(other.subfiletype) & _REDUCED) or other.is_subifd
        is_whole = abs(factor - to_pixel(factor)) < 0.02 * factor and other.is_tiled == page.is_tiled
        if _same_kind(page, other) and (is_said or is_whole):
            levels.append(stored_picture(other))
    return sorted(levels, key=lambda level: -level.size.width)


def _same_kind(one: Any, other: Any) -> bool:
    """Whether pixels of two pages are of one kind: levels never differ in that."""
    names = ("samplesperpixel", "bitspersample", "sampleformat")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _downsample(full: Size, reduced: Size) -> float | None:
    """How many times smaller the same picture is; None where it is not smaller or has other proportions."""
    if reduced.width >= full.width or reduced.height >= full.height or min(reduced.width, reduced.height) < 1:
        return None
    factor = (full.width / reduced.width + full.height / reduced.height) / 2
    off = max(abs(full.width / factor - reduced.width), abs(full.height / factor - reduced.height))
    return factor if off <= max(1.5, 0.01 * min(reduced.width, reduced.height)) else None


def _add(associated: dict[str, StoredPicture], name: str, page: Any) -> None:
    """Note a picture beside the slide; one that is not read here is left out, not the slide."""
    if name and name not in associated:
        try:
            associated[name] = stored_picture(page)
        except Unsuited:
            return


def _laid_out(
    vendor: str,
    levels: list[StoredPicture],
    associated: dict[str, StoredPicture],
    properties: dict[str, str],
) -> TiffLayout:
    if not levels:
        raise Unsuited("it holds no tiles")
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
    return TiffLayout(vendor, tuple(levels), properties, associated)


_TEXTS = ("ImageDescription", "Make", "Model", "Software", "DateTime", "Artist", "HostComputer")
_MORE_TEXTS = ("Copyright", "DocumentName")
_NUMBERS = ("XResolution", "YResolution", "XPosition", "YPosition")


def _common(page: Any) -> dict[str, str]:
    """What TIFF's own tags say."""
    found: dict[str, str] = {}
    for name in (*_TEXTS, *_MORE_TEXTS):
        tag = page.tags.get(name)
        if tag is not None and isinstance(tag.value, str):
            found[f"tiff.{name}"] = tag.value
    for name in _NUMBERS:
        tag = page.tags.get(name)
        if tag is not None and isinstance(tag.value, tuple) and tag.value[1]:
            found[f"tiff.{name}"] = f"{tag.value[0] / tag.value[1]:.17g}"
    unit = page.tags.get("ResolutionUnit")
    found["tiff.ResolutionUnit"] = {1: "none", 3: "centimeter"}.get(int(unit.value) if unit else 2, "inch")
    if "tiff.ImageDescription" in found:
        found["openslide.comment"] = found["tiff.ImageDescription"]
    return found


def _resolution(properties: Mapping[str, str]) -> tuple[float | None, float | None]:
    """µm per pixel by the resolution tags."""
    unit_um = {"inch": 25400.0, "centimeter": 10000.0}.get(properties["tiff.ResolutionUnit"])
    x, y = (_positive(properties.get(f"tiff.{axis}Resolution")) for axis in "XY")
    return (unit_um / x, unit_um / y) if unit_um and x and y else (None, None)


def _physical(x_um: float | None, y_um: float | None, power: float | None) -> dict[str, str]:
    said = {
        "openslide.mpp-x": x_um,
        "openslide.mpp-y": y_um,
        "openslide.objective-power": power,
    }
    return {name: f"{value:.17g}" for name, value in said.items() if value is not None}


def _positive(text: str | None) -> float | None:
    try:
        value = float(text.replace(",", ".")) if text else 0.0
    except ValueError:
        return None
    return value if value > 0 else None
