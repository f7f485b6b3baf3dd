"""Features, maps of them, and labels that are handed on along them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import make_blobs
from sklearn.neighbors import NearestNeighbors

from ml.errors import Problem
from ml.model import architectures
from ml.progress import Progress
from ml.train.embed import features_of, nearest_neighbour_accuracy, picture_map, pooled
from ml.train.feed import Feed
from ml.train.losses import supervised_contrastive
from ml.train.new_network import network_for
from ml.train.pictures import Pictures, read_pictures
from ml.train.pretrain import is_collapsed, pretrain, save_backbone
from ml.train.slide_plan import Contrast
from ml.train.spread import UNLABELLED, Spreading, spread_labels
from ml.train.table import read_rows
from tests.ml.train.studies import tiny_recipe, write_pictures


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    folder = tmp_path_factory.mktemp("data")
    write_pictures(folder / "pictures", patients=16)
    recipe = tiny_recipe()
    return read_pictures(read_rows(recipe.sources, recipe.task, folder), recipe.network, Progress())


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("resnet18", {}, 512),
        ("alexnet_green", {"size": 96}, 256),
        ("tf_efficientnet_lite0", {}, 1280),
        ("glomerulus_net", {"size": (96, 96), "in_chans": 3}, 64),
        ("vit_tiny_patch16_224", {"img_size": 96}, 192),
    ],
)
def test_features_of_every_kind_of_network(name: str, options: dict[str, object], count: int) -> None:
    module = architectures.create(name, 3, options).eval()
    assert pooled(module, torch.rand(2, 3, 96, 96)).shape == (2, count)


def test_the_last_layer_of_the_features_is_the_answer(pictures: Pictures) -> None:
    recipe = tiny_recipe()
    module, _ = network_for(recipe, (32, 32))
    feed = Feed(pictures, recipe)
    rows = np.array([5, 0, 11])
    found = features_of(module, feed, rows, Progress())
    expected = module(feed[((5, 0, 11), -1)][0])
    torch.testing.assert_close(module.get_classifier()(torch.from_numpy(found)), expected)


def test_neighbours_are_of_other_patients() -> None:
    points, labels = make_blobs(60, centers=3, random_state=0, cluster_std=2.5)
    groups = tuple(f"p{n // 2}" for n in range(60))
    found = nearest_neighbour_accuracy(points.astype(np.float32), labels, groups)
    order = NearestNeighbors(n_neighbors=60, metric="cosine").fit(points).kneighbors(points)[1]
    first = [next(m for m in near if groups[m] != groups[n]) for n, near in enumerate(order)]
    assert found == pytest.approx(float(np.mean(labels[first] == labels)))
    assert nearest_neighbour_accuracy(points[:4].astype(np.float32), labels[:4], ("p",) * 4) == 0


def test_a_map_keeps_groups_together() -> None:
    points, labels = make_blobs(90, n_features=12, centers=3, random_state=1)
    made = picture_map(points.astype(np.float32))
    assert made.places.shape == (90, 2)
    near = NearestNeighbors(n_neighbors=2).fit(made.places).kneighbors(made.places)[1][:, 1]
    assert (labels[near] == labels).mean() > 0.98
    again = picture_map(points.astype(np.float32))
    np.testing.assert_array_equal(made.places, again.places)
    with pytest.raises(Problem, match="too few"):
        picture_map(points[:4].astype(np.float32))


def test_labels_are_handed_on_and_given_ones_kept() -> None:
    points, truth = make_blobs(200, n_features=10, centers=3, random_state=2, cluster_std=2.0)
    known = np.where(np.arange(200) % 10 == 0, truth, UNLABELLED)
    found = spread_labels(points.astype(np.float32), known, Spreading(dimensions=5))
    assert (found.labels[known != UNLABELLED] == truth[known != UNLABELLED]).all()
    assert not found.is_new[known != UNLABELLED].any()
    assert found.count > 150
    assert (found.labels[found.is_new] == truth[found.is_new]).mean() > 0.97
    assert (found.confidence[found.is_new] >= 0.9).all()


def test_as_published_the_graph_falls_apart() -> None:
    """RBF with gamma 20 on unscaled logits: hardly a picture has a neighbour."""
    points, truth = make_blobs(200, n_features=3, centers=3, random_state=2, cluster_std=4.0)
    known = np.where(np.arange(200) % 10 == 0, truth, UNLABELLED)
    how = Spreading(dimensions=0, kernel="rbf", gamma=20.0, confidence=0.9)
    published = spread_labels(points.astype(np.float32), known, how)
    better = spread_labels(points.astype(np.float32), known, Spreading(dimensions=3, confidence=0.9))
    assert published.count < better.count


@pytest.mark.parametrize(("labels", "words"), [([0, 0, -1], "one class"), ([0, 1, 1], "label already")])
def test_nothing_to_spread_is_said(labels: list[int], words: str) -> None:
    with pytest.raises(Problem, match=words):
        spread_labels(np.eye(3, dtype=np.float32), np.array(labels), Spreading())


def test_metric_learning_pulls_labels_together(pictures: Pictures, tmp_path: Path) -> None:
    recipe = tiny_recipe()
    torch.manual_seed(0)
    module, _ = network_for(recipe, (32, 32))
    fit, choose = np.arange(24), np.arange(24, 48)
    how = Contrast(epochs=3, batch=12, width=16)
    parts: list[object] = []
    history = pretrain(module, recipe, pictures, fit, choose, how, Progress(on_part=parts.append))
    assert parts == history
    assert history[-1].loss < history[0].loss
    assert history[-1].nearest > 0.9
    assert not is_collapsed(history[-1].loss, how.batch)
    alike = supervised_contrastive(torch.ones(12, 4), torch.arange(12) % 2)
    assert is_collapsed(float(alike), 12)
    save_backbone(module, tmp_path / "backbone.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["backbone.safetensors"]
