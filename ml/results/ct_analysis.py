"""One finished (or stopped) analysis of a CT series, with everything needed to report and repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.results.ct_scores import CtScores


@dataclass(frozen=True)
class CtProvenance:
    """Who made these numbers, from what, how. Holds neither folder names nor the patient's."""

    series_uid: str
    series_sha256: str  # of all its files, in the order of the slices
    slices: int
    size: tuple[int, int]  # rows, columns
    model_name: str
    model_version: str
    model_sha256: str
    device: str
    started: str  # ISO 8601 with time zone
    seconds: float
    parameters: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class CtCam:
    """The Grad-CAM map of one slice for one class, (rows, columns) float32 raw ≥ 0, on the slice's own px."""

    slice_number: int
    class_index: int
    values: NDArray[np.float32]

    def shown(self) -> NDArray[np.float32]:
        """Scaled by its own 99.9th percentile to 0..1; all 0 where the map is empty."""
        top = float(np.percentile(self.values, 99.9))
        if top <= 0:
            return np.zeros_like(self.values)
        found: NDArray[np.float32] = np.clip(self.values / np.float32(top), 0, 1)
        return found


@dataclass(frozen=True, eq=False)
class CtAnalysis:
    """Answers for slices of a series, and the maps that were made with them."""

    scores: CtScores
    thresholds: tuple[float, ...]  # of each class
    provenance: CtProvenance
    cams: tuple[CtCam, ...] = ()
    complete: bool = True  # False: stopped before the end; what is there is right
    notes: tuple[str, ...] = ()
