"""Figures of a network whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from torch import nn

from ml import paths
from ml.train.dataset import Example
from ml.train.measure import by_source, measure, operating_threshold
from ml.train.nuclei import Nuclei
from ml.train.recipe import read_recipe

RECIPE = read_recipe(paths.resources() / "recipes" / "cellularity.toml")
COUNTS = (0, 10, 40, 100)  # one of each class


class Brightness(nn.Module):
    """Class k for a picture of grey 40 · k, surely."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        mean = torch.tensor(RECIPE.network.mean).view(1, 3, 1, 1)
        std = torch.tensor(RECIPE.network.std).view(1, 3, 1, 1)
        grey = ((images * std + mean) * 255).mean(dim=(1, 2, 3)) / 40
        return -8 * (grey[:, None] - torch.arange(4.0)) ** 2


def example(shown: int, labelled: int, group: str, source: str = "one") -> Example:
    pixels = np.full((224, 224, 3), 40 * shown, dtype=np.uint8)
    places = np.arange(COUNTS[labelled])
    return Example(pixels, Nuclei(places, places), source, group)


def test_a_perfect_network_has_perfect_figures() -> None:
    figures = measure(Brightness(), RECIPE, [example(k, k, f"g{n}") for n in range(8) for k in range(4)])
    assert figures["weighted_kappa"] == 1
    low = binomtest(8, 8).proportion_ci(method="wilson").low  # eight groups right allow to claim no more
    assert figures["weighted_kappa_interval"] == [pytest.approx(low, abs=1e-3), 1]
    assert figures["rank_correlation"] == 1
    assert figures["balanced_accuracy"] == 1
    assert figures["confusion"] == (8 * np.eye(4, dtype=int)).tolist()
    assert figures["calibration_error"] == pytest.approx(0, abs=0.01)


def test_rows_are_labels_and_no_interval_from_few_groups() -> None:
    figures = measure(Brightness(), RECIPE, [example(min(k + 1, 3), k, "one") for k in range(4)])
    assert figures["confusion"] == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]]
    assert figures["within_one_class"] == 1
    assert "weighted_kappa_interval" not in figures
    assert "weighted_kappa" not in measure(Brightness(), RECIPE, [example(1, 2, "a"), example(2, 2, "b")])


def test_sources_are_kept_apart() -> None:
    examples = [example(1, 1, "a", "one"), example(0, 3, "b", "two")]
    figures = by_source(Brightness(), RECIPE, examples)
    assert list(figures) == ["one", "two"]
    assert figures["one"]["balanced_accuracy"] == 1
    assert figures["two"]["balanced_accuracy"] == 0


def test_the_threshold_parts_what_the_scores_part() -> None:
    examples = [example(k, k, str(k)) for k in range(4)]
    assert 0.5 < operating_threshold(Brightness(), RECIPE, examples) <= 1
