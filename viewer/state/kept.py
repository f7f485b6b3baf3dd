"""What is kept of a slide or a series until it is opened again: as plain JSON, and back."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from ml.ct_measure import RoiFacts
from ml.geometry import Rect, Spacing
from ml.results.boxes import Box, BoxRule
from ml.slide.look import ChannelLook, Look, StainView
from ml.slide.slide import KnownSpacing
from viewer.state.bookmarks import Bookmark, bookmark_of
from viewer.state.measurements import Measurement

T = TypeVar("T")
Json = Any
"""What `json` reads and writes."""

_log = logging.getLogger("parfocal.kept")


def readable(raw: Json, read: Callable[[Json], T]) -> T | None:
    """What was kept, read; None where nothing was, or something that cannot be read (it is logged)."""
    if raw is None:
        return None
    try:
        return read(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("What was kept cannot be read: %s", error)
        return None


def look_of(raw: Json) -> Look:
    """A look as `asdict` and JSON left it. Raises what `readable` catches."""
    stain, white = raw.get("stain"), raw.get("white")
    return Look(
        profile=bool(raw["profile"]),
        white=None if white is None else _color(white),
        brightness=_number(raw["brightness"]),
        contrast=_number(raw["contrast"]),
        gamma=_number(raw["gamma"]),
        stain=None if stain is None else _stain(stain),
        channels=tuple(
            ChannelLook(_color(c["color"]), _number(c["low"]), _number(c["high"]), bool(c["shown"]))
            for c in raw["channels"]
        ),
    )


def spacing_of(raw: Json) -> KnownSpacing:
    """A pixel size and who said so."""
    x, y = _number(raw["spacing"]["x"]), _number(raw["spacing"]["y"])
    if min(x, y) <= 0:
        raise ValueError(f"{x} × {y} µm/px is no pixel size")
    return KnownSpacing(Spacing(x, y), str(raw["source"]))


def bookmarks_of(raw: Json) -> tuple[Bookmark, ...]:
    """Bookmarks in their order."""
    return tuple(map(bookmark_of, raw))


def measurements_of(raw: Json) -> tuple[Measurement, ...]:
    """Measurements of a series in their order."""
    return tuple(map(_measurement, raw))


def box_of(raw: Json) -> Box:
    """A box that was accepted."""
    rect = Rect(*(_number(raw["rect"][name]) for name in ("x", "y", "width", "height")))
    rest = {name: raw[name] for name in ("key", "class_index", "score", "peak", "patches", "area_mm2")}
    return Box(rect=rect, rule=rule_of(raw["rule"]), **rest)


def rule_of(raw: Json) -> BoxRule:
    """How patches became boxes."""
    return BoxRule(
        int(raw["class_index"]),
        _number(raw["threshold"]),
        _number(raw["smoothing"]),
        int(raw["gap"]),
        int(raw["least_patches"]),
    )


def as_json(value: Any) -> Json:
    """A frozen value, or a row of them, as JSON that the functions above read."""
    return [asdict(one) for one in value] if isinstance(value, tuple) else asdict(value)


def _measurement(raw: Json) -> Measurement:
    facts = raw.get("facts")
    places = tuple(map(_place, raw["places"]))
    if len(places) != (3 if raw["kind"] == "angle" else 2):
        raise ValueError(f"{len(places)} places of a {raw['kind']}")
    return Measurement(
        kind=raw["kind"],
        places=places,
        right=_place(raw["right"]),
        down=_place(raw["down"]),
        where=str(raw["where"]),
        slice_=None if raw["slice_"] is None else int(raw["slice_"]),
        value=float(raw["value"]),
        facts=None if facts is None else RoiFacts(**facts),
        unit=str(raw["unit"]),
        id=str(raw["id"]),
    )


def _place(raw: Sequence[Json]) -> tuple[float, float, float]:
    x, y, z = map(_number, raw)
    return x, y, z


def _stain(raw: Json) -> StainView:
    vectors = []
    for name, (r, g, b) in raw["vectors"]:
        vectors.append((str(name), (_number(r), _number(g), _number(b))))
    return StainView(str(raw["stain"]), tuple(vectors))


def _color(raw: Sequence[Json]) -> tuple[int, int, int]:
    red, green, blue = map(int, raw)
    return red, green, blue


def _number(raw: Json) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise ValueError(f"{raw!r} is no number")
    return float(raw)
