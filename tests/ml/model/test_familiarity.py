"""Distances against SciPy's, and the check beside a network's answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save
from scipy.spatial.distance import mahalanobis

from ml.errors import ModelProblem
from ml.infer.ready import make_ready
from ml.model.device import choose_device
from ml.model.familiarity import distances
from ml.train.familiarity import gaussians
from ml.zoo.bundle import Bundle, open_bundle, write_bundle
from tests.familiar import patches


def cloud(count: int, seed: int) -> np.ndarray:
    """Two classes of correlated features."""
    chance = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(6, 6))
    features = chance.normal(size=(count, 6)) @ mixing
    features[::2] += 5
    return features.astype(np.float32)


def test_distances_are_those_of_scipy() -> None:
    """Few axes, many pictures: the shrinkage is next to nothing, and the covariance is the sample's."""
    from sklearn.covariance import LedoitWolf

    features = cloud(4000, 1)
    labels = np.eye(2, dtype=np.float32)[np.arange(4000) % 2]
    tensors = gaussians(features, labels)
    assert tensors is not None
    new = cloud(20, 2) * 1.5
    found = distances(torch.from_numpy(new), tensors).numpy()
    wide = features.astype(np.float64)
    means = [wide[::2].mean(0), wide[1::2].mean(0)]
    within = np.concatenate([wide[::2] - means[0], wide[1::2] - means[1]])
    inverse = np.linalg.inv(LedoitWolf(assume_centered=True).fit(within).covariance_)
    expected = [min(mahalanobis(row, mean, inverse) for mean in means) for row in new.astype(np.float64)]
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_rare_labels_and_features_without_spread() -> None:
    features = cloud(30, 3)
    alone = np.eye(30, dtype=np.float32)
    tensors = gaussians(features, alone)  # every picture has labels of its own: all count as one class
    assert tensors is not None
    assert tensors["means"].shape[0] == 1
    assert gaussians(np.ones((30, 6), np.float32), alone) is None


@pytest.fixture
def familiar(familiar_model: Path) -> Bundle:
    return open_bundle(familiar_model)


def test_it_stands_beside_answers_and_maps_and_changes_neither(familiar: Bundle) -> None:
    ready = make_ready(familiar, choose_device("cpu"))
    assert ready.recognition is not None
    assert ready.explainer is not None
    pictures = patches(128)
    plain = ready.network.probabilities(pictures)
    beside = ready.recognition.beside(lambda seen: (ready.network.probabilities(seen),))
    same, strange = beside(pictures)
    np.testing.assert_array_equal(same, plain)
    assert strange.shape == (16,)
    assert (strange < 1).all()
    explainer = ready.explainer
    values, maps, again = ready.recognition.beside(lambda seen: explainer.explain(seen, 2))(pictures)
    np.testing.assert_allclose(values, plain, atol=1e-6)
    np.testing.assert_allclose(again, strange, rtol=1e-4)
    assert maps.shape[0] == 16
    assert not ready.network.module.get_submodule(ready.recognition.how.layer)._forward_hooks


def test_what_is_unlike_the_training_data_lies_beyond(familiar: Bundle) -> None:
    recognition = make_ready(familiar, choose_device("cpu")).recognition
    assert recognition is not None
    noise = np.random.default_rng(0).integers(0, 256, (4, 128, 128, 3), dtype=np.uint8)
    inverted = 255 - patches(128)
    assert (recognition.strangeness(noise) > 1).all()
    assert (recognition.strangeness(inverted) > 1).all()


def test_a_model_without_the_check_has_none(tiny_model: Path) -> None:
    assert make_ready(open_bundle(tiny_model), choose_device("cpu")).recognition is None


@pytest.mark.parametrize("wrong", ["layer", "tensors", "size"])
def test_a_check_that_does_not_fit_its_network_is_refused(
    familiar: Bundle, tmp_path: Path, wrong: str
) -> None:
    how = familiar.card.familiarity
    assert how is not None
    tensors = {"center": torch.zeros(3), "axes": torch.zeros(3, 2), "means": torch.zeros(1, 2)}
    if wrong == "tensors":
        del tensors["means"]
    if wrong == "layer":
        how = replace(how, layer="no.such.layer")
    (tmp_path / "weights").write_bytes(familiar.weights())
    card = replace(familiar.card, familiarity=how)
    bundle = write_bundle(card, tmp_path / "weights", tmp_path / "bundle", save(tensors))
    with pytest.raises(ModelProblem, match="does not fit it"):
        make_ready(bundle, choose_device("cpu"))
