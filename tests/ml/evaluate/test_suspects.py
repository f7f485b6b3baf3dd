"""Labels that were turned on purpose are found; where all agree nothing is suspect."""

from __future__ import annotations

import numpy as np
import pytest

from ml.evaluate.suspects import label_suspects

CHANCE = np.random.default_rng(7)


@pytest.mark.parametrize("independent", [False, True])
def test_turned_labels_come_first(independent: bool) -> None:
    truth = np.arange(90) % 3
    labels = np.eye(3, dtype=bool)[truth]
    logits = labels * 4.0 + CHANCE.normal(0, 0.7, (90, 3))
    if independent:
        probabilities = 1 / (1 + np.exp(2 - logits))
    else:
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    turned = [4, 17, 40, 77]
    labels[turned] = np.roll(labels[turned], 1, axis=1)
    found = label_suspects(probabilities, labels, independent=independent).tolist()
    assert set(turned) <= set(found[:6])


def test_nothing_is_suspect_where_all_agree_or_nothing_is_there() -> None:
    labels = np.eye(2, dtype=bool)[np.arange(10) % 2]
    assert not len(label_suspects(labels * 0.8 + 0.1, labels, independent=False))
    assert not len(label_suspects(np.zeros((0, 2)), np.zeros((0, 2), dtype=bool), independent=False))
