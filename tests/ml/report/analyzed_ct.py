"""A finished CT analysis with known answers, for tests of what is made of one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.results.ct_analysis import CtAnalysis, CtCam, CtProvenance
from ml.results.ct_scores import CtScores
from ml.volume.series import Series
from ml.zoo.card import ModelCard

NAMES = ("any", "left")


def analyzed(
    series: Series, values: list[list[float]], heat: NDArray[np.float32], notes: tuple[str, ...] = ()
) -> CtAnalysis:
    """Answers (slices, classes), a map of "any" in the third slice; stopped before its end."""
    answers = np.array(values, dtype=np.float32)
    provenance = CtProvenance(
        series.uid,
        "0" * 64,
        len(series),
        series.slices[0].size,
        "ct",
        "1",
        "1" * 64,
        "CPU",
        "2026-01-01T00:00:00+00:00",
        1.5,
    )
    scores = CtScores(NAMES, answers, answers * np.float32(0.1))
    return CtAnalysis(scores, (0.5, 0.5), provenance, (CtCam(2, 0, heat),), False, notes)


def ct_card(**changes: object) -> ModelCard:
    """The card of the model that answered."""
    facts: dict[str, object] = {
        "name": "ct",
        "title": "CT kinds",
        "version": "1",
        "architecture": "test_resnet",
        "class_names": NAMES,
        "patch_pixels": 32,
        "spacing": 1.0,
        "mean": (0.3,) * 3,
        "std": (0.3,) * 3,
        "weights_sha256": "1" * 64,
    }
    return ModelCard(**(facts | changes))  # type: ignore[arg-type]  # as the tests of bundles do
