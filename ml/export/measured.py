"""What a structured report tells: measurements that a person drew, and findings that a model gave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ml.ct_measure import Place
from ml.export.author import Algorithm
from ml.geometry import Point


class Quantity(StrEnum):
    """What a number of a measurement means; its unit follows from it."""

    length = "length"  # mm
    angle = "angle"  # degrees
    area = "area"  # mm²
    mean = "mean"  # HU in the region
    deviation = "deviation"  # HU, standard deviation
    minimum = "minimum"  # HU
    maximum = "maximum"  # HU


def _check(name: str, points: int, closed: bool) -> None:
    if points < (3 if closed else 2):
        raise ValueError(f"{name} has {points} points")


@dataclass(frozen=True)
class Measured:
    """A line, an angle or a region on one slice, with the numbers that stood on the screen.

    Points are px of the slice (x before y, the first pixel reaches from 0 to 1). A closed outline does not
    repeat its first point. Two points or more; three for an angle, its corner in the middle.
    """

    name: str
    slice_number: int  # from 0, in the order of the stack
    points: tuple[Point, ...]
    values: tuple[tuple[Quantity, float], ...]
    closed: bool = False

    def __post_init__(self) -> None:
        _check(self.name, len(self.points), self.closed)


@dataclass(frozen=True)
class MeasuredAcross:
    """The same on a plane across the slices. Places are mm in the patient (LPS), all in one plane."""

    name: str
    places: tuple[Place, ...]
    values: tuple[tuple[Quantity, float], ...]
    closed: bool = False

    def __post_init__(self) -> None:
        _check(self.name, len(self.places), self.closed)


@dataclass(frozen=True)
class Judged:
    """A finding with its probability, for some slices or (none named) the series, and what a person said."""

    name: str
    probability: float  # 0..1
    algorithm: Algorithm
    slices: tuple[int, ...] = ()  # that it stands for, from 0, in the order of the stack
    verdict: Literal["open", "accepted", "rejected"] = "open"
    calibrated: bool = False  # whether the probability went through a fitted temperature or the like

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"{self.name} has a probability of {self.probability}")
