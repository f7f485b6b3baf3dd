"""What the header of an OME-TIFF says about its first image and those beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from ml.slide.channel_facts import ChannelFacts, Color
from ml.slide.stored_picture import Unsuited

_UM = {"nm": 1e-3, "µm": 1.0, "um": 1.0, "μm": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6, "Å": 1e-4}
_BESIDE = ("label", "macro", "thumbnail", "overview")
_MOST_PICTURES = 100_000  # what a header may claim


class SpreadOverFiles(Exception):  # noqa: N818 - a fact about the file, which becomes a problem at the border
    """The first image lies in several files; `names` are the others that the header tells of."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True)
class OmeFacts:
    """The first image: its pages, channels, µm/px and objective.

    `pages` are those of the first time: for each plane, the page of each channel (or, with several
    `samples` a page, of each group of channels). `beside` names pages that hold a label, a macro picture
    or a thumbnail.
    """

    pages: tuple[tuple[int, ...], ...]
    channels: tuple[ChannelFacts, ...]  # one for each sample of each page of a plane
    samples: int
    times: int
    x_um: float | None
    y_um: float | None
    z_um: float | None  # from one plane to the next
    power: float | None
    beside: Mapping[int, str] = field(default_factory=dict)


def ome_facts(xml: str, samples: int) -> OmeFacts:
    """Read the header. `samples` is what a page of the first image holds.

    Raises `Unsuited` where it makes no sense, `SpreadOverFiles`.
    """
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - expat bounds its entities
        images = root.findall("{*}Image")
        pixels = images[0].find("{*}Pixels")
        if pixels is None:
            raise Unsuited("its OME header describes no pixels")
        said = [_channel(element) for element in pixels.findall("{*}Channel")]
        channels = int(pixels.get("SizeC", 1))
        if channels % samples:  # then the header is about other pages than there are
            samples = max([1, *(int(c.get("SamplesPerPixel", 1)) for c in pixels.findall("{*}Channel"))])
        return OmeFacts(
            pages=_pages(root, pixels, channels // samples),
            channels=_one_each(said, channels),
            samples=samples,
            times=int(pixels.get("SizeT", 1)),
            x_um=_um(pixels, "X"),
            y_um=_um(pixels, "Y"),
            z_um=_um(pixels, "Z"),
            power=_power(root),
            beside=_beside(images),
        )
    except (ElementTree.ParseError, ValueError, IndexError) as error:
        raise Unsuited("its OME header is damaged") from error


def _channel(element: ElementTree.Element) -> ChannelFacts:
    emission = element.get("EmissionWavelength") or element.get("ExcitationWavelength")
    factor = _UM.get(element.get("EmissionWavelengthUnit", "nm"), 1e-3) * 1000
    nm = float(emission) * factor if emission else 0.0
    name = element.get("Name") or element.get("Fluor") or ""
    return ChannelFacts(name.strip(), _color(element.get("Color")), nm if nm > 0 else None)


def _color(text: str | None) -> Color | None:
    """RGBA in one signed number of 32 bits. Black says nothing."""
    if text is None:
        return None
    value = int(text) & 0xFFFFFFFF
    color = (value >> 24, value >> 16 & 255, value >> 8 & 255)
    return color if any(color) else None


def _one_each(said: list[ChannelFacts], channels: int) -> tuple[ChannelFacts, ...]:
    """A `Channel` may stand for several samples of a page, and some writers leave them out."""
    if channels > _MOST_PICTURES:
        raise Unsuited("its OME header is damaged")
    if len(said) == channels:
        return tuple(said)
    if said and len(said) < channels and channels % len(said) == 0:
        each = channels // len(said)
        names = (f"{fact.name} {n + 1}" if fact.name else "" for fact in said for n in range(each))
        return tuple(ChannelFacts(name) for name in names)
    return (ChannelFacts(),) * channels


def _pages(
    root: ElementTree.Element, pixels: ElementTree.Element, groups: int
) -> tuple[tuple[int, ...], ...]:
    """The pages of the first time: a tuple for each plane, of a page for each group of channels."""
    sizes = {"C": groups, "Z": int(pixels.get("SizeZ", 1)), "T": int(pixels.get("SizeT", 1))}
    if min(sizes.values()) < 1 or sizes["C"] * sizes["Z"] * sizes["T"] > _MOST_PICTURES:
        raise Unsuited("its OME header is damaged")
    order = pixels.get("DimensionOrder", "XYZCT")[2:]
    if sorted(order) != ["C", "T", "Z"]:
        raise Unsuited("its OME header is damaged")
    steps, step = {}, 1
    for axis in order:
        steps[axis], step = step, step * sizes[axis]
    found: dict[int, int | str] = {}
    for first, page, count, elsewhere in _blocks(root, pixels, steps, step):
        for n in range(min(count, step - first)):
            found[first + n] = elsewhere or page + n
    wanted = [
        [found.get(z * steps["Z"] + c * steps["C"]) for c in range(sizes["C"])] for z in range(sizes["Z"])
    ]
    others = {page for plane in wanted for page in plane if isinstance(page, str)}
    if others:
        raise SpreadOverFiles(tuple(sorted(others)))
    if any(page is None for plane in wanted for page in plane):
        raise Unsuited("its OME header leaves pictures out")
    return tuple(tuple(page for page in plane if isinstance(page, int)) for plane in wanted)


def _blocks(
    root: ElementTree.Element, pixels: ElementTree.Element, steps: Mapping[str, int], total: int
) -> Iterator[tuple[int, int, int, str]]:
    """Of each `TiffData`: first picture in dimension order, its page, how many there are, a file's name.

    The name is empty for this file: the one that has the header's own UUID, whatever it is called by now.
    """
    own, told = root.get("UUID", ""), 0
    elements = pixels.findall("{*}TiffData")
    if not elements:
        yield 0, 0, total, ""
    for element in elements:
        first = sum(int(element.get(f"First{axis}", 0)) * step for axis, step in steps.items())
        default = 1 if "IFD" in element.attrib else total
        count = int(element.get("PlaneCount") or element.get("NumPlanes") or default)
        if first < 0 or count < 0:
            raise Unsuited("its OME header is damaged")
        told += min(count, total)
        if told > 4 * _MOST_PICTURES:
            raise Unsuited("its OME header is damaged")
        uuid = element.find("{*}UUID")
        elsewhere = ""
        if uuid is not None and not own:
            own = (uuid.text or "").strip()
        if uuid is not None and own and (uuid.text or "").strip() != own:
            elsewhere = uuid.get("FileName") or "another file"
        yield first, int(element.get("IFD", 0)), count, elsewhere


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
            data = pixels.find("{*}TiffData")
            page = int(data.get("IFD", index)) if data is not None else index
            found[page] = "macro" if kind == "overview" else kind
    return found
