"""Numbers of epochs as points of curves, for whoever draws or keeps them; told by the events of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from ml.train.figures import EpochFigures
from ml.train.fit import Epoch
from ml.train.pretrain import PretrainedEpoch

_NO_CURVE = frozenset({"fold", "epoch", "number"})


@dataclass(frozen=True)
class Points:
    """What one epoch adds: to the curves of which network, at which epoch, the finite numbers by name."""

    network: str  # "fold 1", "fold 1, network 2", "pre-training", "network"
    epoch: int
    values: Mapping[str, float]


class Curves:
    """Makes points of events. Several networks of one fold, one after the other, get curves of their own."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._count: dict[str, int] = {}

    def points(self, part: object) -> Points | None:
        """The points of an epoch; None of any other event."""
        if isinstance(part, EpochFigures):
            name, epoch = f"fold {part.fold + 1}", part.epoch
        elif isinstance(part, PretrainedEpoch):
            name, epoch = "pre-training", part.number
        elif isinstance(part, Epoch):
            name, epoch = "network", part.number
        else:
            return None
        if epoch <= self._last.get(name, 0):  # it begins anew: the next network
            self._count[name] = self._count.get(name, 1) + 1
        self._last[name] = epoch
        count = self._count.get(name, 1)
        numbers = {item.name: float(getattr(part, item.name)) for item in fields(part)}
        values = {k: v for k, v in numbers.items() if k not in _NO_CURVE and math.isfinite(v)}
        return Points(name if count == 1 else f"{name}, network {count}", epoch, values)
