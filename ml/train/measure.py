"""Held-out figures of a trained network: agreement, order and calibration, source by source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ml.evaluate.calibration import best_threshold, expected_calibration_error
from ml.evaluate.classification import (
    balanced_accuracy,
    confusion,
    interval,
    rank_correlation,
    weighted_kappa,
)
from ml.train.dataset import Example
from ml.train.fit import hard_labels, probabilities
from ml.train.recipe import Recipe

Figures = Mapping[str, object]

_LEAST_GROUPS = 5  # fewer say nothing about how much groups differ


def measure(module: nn.Module, recipe: Recipe, examples: Sequence[Example]) -> Figures:
    """The figures of one set of examples. Intervals are 95 %, by group (source tile, block of a slide)."""
    found = probabilities(module, examples, recipe)
    truth, answer = hard_labels(examples, recipe), found.argmax(axis=1)
    counts = np.array([len(example.nuclei) for example in examples])
    expected = (found * np.arange(found.shape[1])).sum(axis=1)
    groups = [example.group for example in examples]
    classes = len(recipe.classes.names)

    def agreement(rows: NDArray[np.intp]) -> float:
        return weighted_kappa(truth[rows], answer[rows], classes)

    def order(rows: NDArray[np.intp]) -> float:
        return rank_correlation(expected[rows], counts[rows])

    figures = {
        "patches": len(examples),
        "groups": len(set(groups)),
        **_with_interval("weighted_kappa", agreement, groups),
        **_with_interval("rank_correlation", order, groups),
        "balanced_accuracy": round(balanced_accuracy(truth, answer), 3),
        "within_one_class": round(float((np.abs(truth - answer) <= 1).mean()), 3),
        "calibration_error": round(expected_calibration_error(found, truth), 3),
        "confusion": confusion(truth, answer, classes).tolist(),  # rows: labels
    }
    if len(np.unique(truth)) < 3:  # with one or two classes chance agrees nearly as well
        figures = {name: value for name, value in figures.items() if not name.startswith("weighted_kappa")}
    return figures


def by_source(module: nn.Module, recipe: Recipe, examples: Sequence[Example]) -> dict[str, Figures]:
    """Figures of each source on its own: a mean over unlike slides would hide the worst."""
    names = dict.fromkeys(example.source for example in examples)
    return {name: measure(module, recipe, [e for e in examples if e.source == name]) for name in names}


def operating_threshold(module: nn.Module, recipe: Recipe, examples: Sequence[Example]) -> float:
    """The probability of the shown class from which on F1 is highest, on the side to choose on."""
    shown = recipe.classes.shown
    scores = probabilities(module, examples, recipe)[:, shown]
    return round(best_threshold(scores, hard_labels(examples, recipe) == shown), 2)


def _with_interval(
    name: str, figure: Callable[[NDArray[np.intp]], float], groups: Sequence[str]
) -> dict[str, object]:
    """A figure, and its interval where there are groups enough to draw from."""
    found = interval(figure, groups)
    if len(set(groups)) < _LEAST_GROUPS:
        return {name: round(found.value, 3)}
    return {name: round(found.value, 3), f"{name}_interval": [round(found.low, 3), round(found.high, 3)]}
