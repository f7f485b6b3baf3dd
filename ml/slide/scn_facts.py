"""What the header of a Leica SCN says: which pictures lie where on the glass.

Read as OpenSlide's reader for Leica has it, so that both lay a slide out alike. Lengths are in the file's own
small unit (nm in most), of which only ratios count.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from xml.etree import ElementTree

from ml.geometry import Size
from ml.slide.stored_picture import Unsuited

_BRIGHT_FIELD = "brightfield"
_ALIKE = 0.02  # by how much resolutions of areas may differ


@dataclass(frozen=True)
class ScnPicture:
    """One page: of an image at one resolution, channel and focus."""

    page: int
    width: int  # px
    unit: float  # length a pixel
    channel: int
    plane: int


@dataclass(frozen=True)
class ScnImage:
    """One scanned area: where it lies, and its pictures, widest first."""

    x: int
    y: int
    power: str
    light: str
    pictures: tuple[ScnPicture, ...]
    told: dict[str, str]

    def resolutions(self) -> tuple[ScnPicture, ...]:
        """Those of the first focus, as long as there is but one channel."""
        return tuple(picture for picture in self.pictures if picture.plane == 0)


@dataclass(frozen=True)
class ScnFacts:
    """The areas of tissue, and the picture of the whole glass.

    `across` and `down` are the glass. All areas were scanned in the same light, with one objective.
    """

    across: int
    down: int
    areas: tuple[ScnImage, ...]
    macro: ScnImage | None
    barcode: str

    def unit(self, level: int) -> float:
        """Length a pixel of this level: that of the finest area."""
        return min(area.resolutions()[level].unit for area in self.areas)

    def size(self, level: int) -> Size:
        """The whole glass, px of this level."""
        unit = self.unit(level)
        return Size(ceil(self.across / unit), ceil(self.down / unit))

    def place(self, area: ScnImage, level: int) -> tuple[int, int]:
        """Where the area's first pixel lies, px of this level, rounded down as OpenSlide does."""
        unit = self.unit(level)
        return floor(area.x / unit), floor(area.y / unit)


def scn_facts(xml: str) -> ScnFacts:
    """Read the header. Raises `Unsuited` where OpenSlide has to say what is to become of it."""
    try:
        collection = ElementTree.fromstring(xml).find("{*}collection")  # noqa: S314 - expat bounds its entities
        if collection is None:
            raise Unsuited("its header lists no pictures")
        across, down = int(collection.get("sizeX", 0)), int(collection.get("sizeY", 0))
        areas: list[ScnImage] = []
        macros: list[ScnImage] = []
        for element in collection.findall("{*}image"):
            view = element.find("{*}view")
            if view is None:
                raise Unsuited("its header does not say where its pictures lie")
            image = _image(element, view)
            whole = (view.get("sizeX"), view.get("sizeY")) == (str(across), str(down))
            (macros if whole and image.x == image.y == 0 else areas).append(image)
        barcode = collection.findtext("{*}barcode") or ""
    except (ElementTree.ParseError, ValueError, ZeroDivisionError) as error:
        raise Unsuited("its header is damaged") from error
    bright = [image for image in macros if image.light == _BRIGHT_FIELD]
    if len(bright) > 1:
        raise Unsuited("it has several pictures of the whole glass")
    lit = [image for image in areas if image.light == _BRIGHT_FIELD]
    _check(lit or areas, across, down)
    return ScnFacts(across, down, tuple(lit or areas), bright[0] if bright else None, barcode)


def _image(element: ElementTree.Element, view: ElementTree.Element) -> ScnImage:
    across = int(view.get("sizeX", 0))
    pictures = [
        ScnPicture(
            page=int(one.get("ifd", -1)),
            width=int(one.get("sizeX", 0)),
            unit=across / int(one.get("sizeX", 0)),
            channel=int(one.get("c", 0)),
            plane=int(one.get("z", 0)),
        )
        for one in element.findall("{*}pixels/{*}dimension")
    ]
    settings = "{*}scanSettings/{*}"
    device = element.find("{*}device")
    power = element.findtext(f"{settings}objectiveSettings/{{*}}objective") or ""
    light = element.findtext(f"{settings}illuminationSettings/{{*}}illuminationSource") or ""
    told = {
        "leica.aperture": element.findtext(f"{settings}illuminationSettings/{{*}}numericalAperture") or "",
        "leica.creation-date": element.findtext("{*}creationDate") or "",
        "leica.device-model": device.get("model", "") if device is not None else "",
        "leica.device-version": device.get("version", "") if device is not None else "",
        "leica.illumination-source": light,
        "leica.objective": power,
    }
    return ScnImage(
        x=int(view.get("offsetX", 0)),
        y=int(view.get("offsetY", 0)),
        power=power,
        light=light,
        pictures=tuple(sorted(pictures, key=lambda picture: -picture.width)),
        told={name: value for name, value in told.items() if value},
    )


def _check(areas: list[ScnImage], across: int, down: int) -> None:
    """Whether all areas can lie on one canvas."""
    if not areas or across < 1 or down < 1:
        raise Unsuited("it holds no area of tissue")
    first = areas[0]
    for area in areas:
        if not area.resolutions():
            raise Unsuited("it holds an area without pictures")
        if (area.power, area.light) != (first.power, first.light):
            raise Unsuited("its areas were scanned in different ways")
        ours, others = area.resolutions(), first.resolutions()
        if len(ours) != len(others) or any(
            not abs(a.unit - b.unit) <= _ALIKE * b.unit or a.unit <= 0
            for a, b in zip(ours, others, strict=True)
        ):
            raise Unsuited("its areas have different resolutions")
        if area.x < 0 or area.y < 0:
            raise Unsuited("its areas lie beside the glass")
