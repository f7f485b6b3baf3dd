"""What the header of an OME-TIFF says about its first image and those beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from ml.slide.stored_picture import Unsuited

_UM = {"nm": 1e-3, "µm": 1.0, "um": 1.0, "μm": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6, "Å": 1e-4}
_BESIDE = ("label", "macro", "thumbnail", "overview")


@dataclass(frozen=True)
class OmeFacts:
    """The first image: its page, channels (of `samples` samples each), planes and times, µm/px, objective.

    `beside` names pages that hold a label, a macro picture or a thumbnail.
    """

    page: int
    channels: int
    samples: int
    planes: int
    x_um: float | None
    y_um: float | None
    power: float | None
    beside: Mapping[int, str] = field(default_factory=dict)


def ome_facts(xml: str) -> OmeFacts:
    """Read the header. Raises `Unsuited` where it makes no sense, or tells of pictures in other files."""
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - expat bounds its entities
        images = root.findall("{*}Image")
        pixels = images[0].find("{*}Pixels")
        if pixels is None:
            raise Unsuited("its OME header describes no pixels")
        if len({element.get("FileName") for element in root.iter() if element.tag.endswith("}UUID")}) > 1:
            raise Unsuited("its pictures are spread over several files")
        samples = max([1, *(int(c.get("SamplesPerPixel", 1)) for c in pixels.findall("{*}Channel"))])
        return OmeFacts(
            page=_page(pixels, 0),
            channels=int(pixels.get("SizeC", 1)) // samples,
            samples=samples,
            planes=int(pixels.get("SizeZ", 1)) * int(pixels.get("SizeT", 1)),
            x_um=_um(pixels, "X"),
            y_um=_um(pixels, "Y"),
            power=_power(root),
            beside=_beside(images),
        )
    except (ElementTree.ParseError, ValueError, IndexError) as error:
        raise Unsuited("its OME header is damaged") from error


def _page(pixels: ElementTree.Element, default: int) -> int:
    data = pixels.find("{*}TiffData")
    return int(data.get("IFD", default)) if data is not None else default


def _um(pixels: ElementTree.Element, axis: str) -> float | None:
    text = pixels.get(f"PhysicalSize{axis}")
    factor = _UM.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    return float(text) * factor if text and factor else None


def _power(root: ElementTree.Element) -> float | None:
    for objective in root.iter():
        if objective.tag.endswith("}Objective") and objective.get("NominalMagnification"):
            power = float(objective.get("NominalMagnification", "0"))
            return power if power > 0 else None
    return None


def _beside(images: list[ElementTree.Element]) -> dict[int, str]:
    found: dict[int, str] = {}
    for index, image in enumerate(images[1:], start=1):
        name = image.get("Name", "").lower()
        pixels = image.find("{*}Pixels")
        kind = next((word for word in _BESIDE if word in name), "")
        if kind and pixels is not None:
            found[_page(pixels, index)] = "macro" if kind == "overview" else kind
    return found
