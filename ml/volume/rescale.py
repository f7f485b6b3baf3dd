"""Stored values to Hounsfield units: slope and intercept, or a table; padding; a known fault of 12 bits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.volume.facts import Facts

Samples = NDArray[np.integer]

AIR = -1024.0
"""HU that stands where a scanner saw nothing (padding)."""

HOUNSFIELD = "HU"

_UNSAID = {"US", "UNSPECIFIED"}

_SPAN = 2**16
_LOWEST, _HIGHEST = -(2**15), 2**15 - 1
_WRAP = 4096  # twelve bits
_FOLDED = _WRAP - 1024  # what a scanner stores where it means -1024 and wraps
_LEAST_FOLDED = 0.01  # share of a slice that must look folded: air around a patient is far more


@dataclass(frozen=True, slots=True)
class Scaling:
    """How stored values become values with a unit. `table` is first value and entries of a modality LUT."""

    slope: float = 1.0
    intercept: float = 0.0
    unit: str = HOUNSFIELD  # or what the file calls it; empty: the stored values mean nothing known
    padding: tuple[int, int] | None = None  # lowest and highest stored value that stands for nothing
    table: tuple[int, tuple[int, ...]] | None = None
    may_wrap: bool = False  # unsigned 12 bits that could hold no air: values below 0 may have wrapped around


UNSCALED = Scaling()
"""Stored values that are Hounsfield units."""


class Voxels(NamedTuple):
    """A slice: its values are `voxels · scale + offset`, exactly. (rows, columns) int16."""

    voxels: NDArray[np.int16]
    scale: float
    offset: float
    was_wrapped: bool


def scaling_of(facts: Facts, outer: Facts | None = None, real_world: Facts | None = None) -> Scaling:
    """Out of a header, or of a frame's part of it (then `outer` is the header).

    Raises `ValueError` where it says something that makes no sense.
    """
    outer = outer or facts
    mappings = (real_world,) if real_world else outer.items("RealWorldValueMappingSequence")
    slope, intercept = _number(facts, "RescaleSlope"), _number(facts, "RescaleIntercept")
    table = _table(facts) or _table(outer)
    unit = facts.name("RescaleType") or HOUNSFIELD
    if table:
        kind = (facts.items("ModalityLUTSequence") or outer.items("ModalityLUTSequence"))[0]
        unit = kind.name("ModalityLUTType") or unit
    elif slope is None or intercept is None or slope == 0:
        slope, intercept, unit = 1.0, 0.0, ""
    unsigned = outer.whole("PixelRepresentation") == 0
    return Scaling(
        slope or 1.0,
        intercept or 0.0,
        _real_unit(mappings, slope, intercept) or unit if unit in _UNSAID else unit,
        _padding(outer),
        table,
        may_wrap=(
            unit == HOUNSFIELD and not table and unsigned and slope == 1
            and outer.whole("BitsStored") == 12 and (intercept or 0.0) > -100
        ),
    )  # fmt: skip


def _number(facts: Facts, keyword: str) -> float | None:
    found = facts.number(keyword)
    if found is None and keyword in facts:
        raise ValueError(f"its {keyword} is no number")
    return found


def _real_unit(mappings: Iterable[Facts], slope: float | None, intercept: float | None) -> str:
    """What a map of something else (blood flow) is in, where slope and intercept lead to it too."""
    for item in mappings:
        same = item.number("RealWorldValueSlope") == slope
        same = same and item.number("RealWorldValueIntercept") == intercept
        for code in item.items("MeasurementUnitsCodeSequence") if same else ():
            return code.name("CodeValue")
    return ""


def voxels_of(stored: Samples, how: Scaling, unwrap: bool | None = None) -> Voxels:
    """A slice in as few bits as are exact: HU themselves wherever they are whole numbers of 16 bits.

    `unwrap` says whether folded values are turned back; None: where they are recognised by `is_wrapped`.
    Raises `ValueError` where the values do not fit into 16 bits with one scale.
    """
    padded = _padded(stored, how)
    seen = stored if padded is None else stored[~padded]
    wrapped = how.may_wrap and (is_wrapped(seen) if unwrap is None else unwrap)
    if wrapped:
        stored = stored.astype(np.int16)
        stored = np.where(stored >= _FOLDED, stored - _WRAP, stored)
        seen = stored if padded is None else stored[~padded]
    slope, intercept = how.slope, how.intercept
    if how.table:
        stored, seen, slope, intercept = _by_table(stored, how.table), _by_table(seen, how.table), 1.0, 0.0
    low, high = (int(seen.min()), int(seen.max())) if seen.size else (0, 0)
    voxels, scale, offset = _packed(stored, low, high, slope, intercept)
    if padded is not None:
        air = min(max(round((AIR - offset) / scale), _LOWEST), _HIGHEST)
        voxels[padded] = air if how.unit == HOUNSFIELD else voxels[~padded].min(initial=0)
    return Voxels(voxels, scale, offset, wrapped)


def is_wrapped(stored: Samples) -> bool:
    """Whether unsigned 12-bit values below 0 were folded up to 4,096 and less.

    Some scanners of the RSNA hemorrhage set write air (-1,000 HU) as 3,096 with an intercept near 0. It is
    recognised by there being plenty of it (metal is not 1 % of a slice) and less of what lies between bone
    and there: 2,048 to 3,071 HU.
    """
    folded = int(np.count_nonzero(stored >= _FOLDED))
    between = int(np.count_nonzero((stored >= _FOLDED - 1024) & (stored < _FOLDED)))
    return folded > between and folded >= stored.size * _LEAST_FOLDED


def _packed(
    stored: Samples, low: int, high: int, slope: float, intercept: float
) -> tuple[NDArray[np.int16], float, float]:
    """int16 with scale and offset; `low` and `high` are the ends of what is seen of `stored`."""
    ends = sorted((low * slope + intercept, high * slope + intercept))
    if slope.is_integer() and intercept.is_integer() and ends[0] >= _LOWEST and ends[1] <= _HIGHEST:
        return _whole(stored, int(slope), int(intercept)), 1.0, 0.0
    if low >= _LOWEST and high <= _HIGHEST:
        return stored.astype(np.int16), slope, intercept
    if high - low < _SPAN:
        middle = low + _SPAN // 2
        return (stored.astype(np.int64) - middle).astype(np.int16), slope, intercept + slope * middle
    raise ValueError("its values need more than 16 bits")


def _whole(stored: Samples, slope: int, intercept: int) -> NDArray[np.int16]:
    """stored · slope + intercept where that fits: sums of 16 bits that run over come out right."""
    if stored.dtype.itemsize == 2 and slope == 1:
        turned = (intercept - _LOWEST) % _SPAN + _LOWEST
        found: NDArray[np.int16] = stored.view(np.int16) + np.int16(turned)
        return found
    return (stored.astype(np.int64) * slope + intercept).astype(np.int16)


def _by_table(stored: Samples, table: tuple[int, tuple[int, ...]]) -> Samples:
    """Through a modality LUT; what lies outside takes the entry at the end (DICOM C.11.1.1)."""
    first, entries = table
    place = np.clip(stored.astype(np.int64) - first, 0, len(entries) - 1)
    found: Samples = np.array(entries, dtype=np.int64)[place]
    return found


def _table(facts: Facts) -> tuple[int, tuple[int, ...]] | None:
    items = facts.items("ModalityLUTSequence")
    if not items:
        return None
    descriptor = items[0].numbers("LUTDescriptor", 3)
    if not descriptor:
        return None
    count, first, bits = (int(v) for v in descriptor)
    count = count or _SPAN
    if facts.whole("PixelRepresentation") == 1 and first >= _SPAN // 2:
        first -= _SPAN
    raw = items[0].raw("LUTData")
    width = 1 if bits <= 8 and len(raw) <= count + 1 else 2
    if not 0 < count * width <= len(raw):
        return None
    return first, tuple(np.frombuffer(raw, f"<u{width}", count).tolist())


def _padded(stored: Samples, how: Scaling) -> NDArray[np.bool_] | None:
    """Where the scanner saw nothing; None where it saw everything."""
    if how.padding is None:
        return None
    low, high = how.padding
    inside: NDArray[np.bool_] = stored == low if low == high else (stored >= low) & (stored <= high)
    return inside if inside.any() else None


def _padding(facts: Facts) -> tuple[int, int] | None:
    """The padding value, or the range up to its limit (DICOM C.7.5.1.1.2), in the sign of the pixels."""
    value = _as_stored("PixelPaddingValue", facts)
    if value is None:
        return None
    limit = _as_stored("PixelPaddingRangeLimit", facts)
    ends = (value, value if limit is None else limit)
    return min(ends), max(ends)


def _as_stored(keyword: str, facts: Facts) -> int | None:
    """Files write 63536 where they mean -2000."""
    number = facts.whole(keyword)
    if number is None:
        return None
    bits = facts.whole("BitsAllocated") or 16
    if facts.whole("PixelRepresentation") == 1:
        return number - (1 << bits) if number >= 1 << (bits - 1) else number
    return number + (1 << bits) if number < 0 else number
