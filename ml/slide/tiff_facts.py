"""What the tags say that every TIFF may have, named and written as OpenSlide does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXTS = ("ImageDescription", "Make", "Model", "Software", "DateTime", "Artist", "HostComputer")
_MORE_TEXTS = ("Copyright", "DocumentName")
_NUMBERS = ("XResolution", "YResolution", "XPosition", "YPosition")


def common(page: Any) -> dict[str, str]:
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


def resolution(properties: Mapping[str, str]) -> tuple[float | None, float | None]:
    """µm per pixel by the resolution tags."""
    unit_um = {"inch": 25400.0, "centimeter": 10000.0}.get(properties["tiff.ResolutionUnit"])
    x, y = (positive(properties.get(f"tiff.{axis}Resolution")) for axis in "XY")
    return (unit_um / x, unit_um / y) if unit_um and x and y else (None, None)


def physical(x_um: float | None, y_um: float | None, power: float | None) -> dict[str, str]:
    """µm/px and the objective's power, as far as they are known."""
    said = {
        "openslide.mpp-x": x_um,
        "openslide.mpp-y": y_um,
        "openslide.objective-power": power,
    }
    return {name: f"{value:.17g}" for name, value in said.items() if value is not None}


def number(text: str | None) -> float | None:
    """What is written, None where that is no number."""
    try:
        return float(text) if text else None
    except ValueError:
        return None


def positive(text: str | None) -> float | None:
    """A number above 0, with a point or a comma; else None."""
    try:
        value = float(text.replace(",", ".")) if text else 0.0
    except ValueError:
        return None
    return value if value > 0 else None
