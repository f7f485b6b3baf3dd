"""Kept features: the same result as without, computed once, found again by picture, preparation, backbone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save_file

from ml.model.architectures import create
from ml.progress import Progress, Step
from ml.train import frozen
from ml.train.embed import features_of
from ml.train.feed import Feed
from ml.train.frozen import fingerprint, is_last_layer_alone, kept_features, learned_part
from ml.train.new_network import network_for
from ml.train.pictures import Pictures, read_pictures
from ml.train.study_recipe import Division, Fit, NetworkPlan, StudyRecipe, Vary
from ml.train.study_run import run_study
from ml.train.table import read_rows
from tests.ml.train.studies import tiny_recipe, write_pictures

OPTIONS = {"first_hidden": 16, "stages": 3, "layers": 2}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_pictures(folder / "pictures")
    torch.manual_seed(5)
    save_file(create("plain_resnet", 2, OPTIONS).state_dict(), folder / "begin.safetensors")
    return folder


def recipe(**changes: object) -> StudyRecipe:
    parts: dict[str, object] = {
        "network": NetworkPlan(
            "plain_resnet", OPTIONS, begin="begin.safetensors", learns="head", size=(32, 32)
        ),
        "fit": Fit(epochs=3, batch=8, rate=3e-3),
        "vary": Vary(),
        "division": Division(folds=3),
    }
    return tiny_recipe(**(parts | changes))


def pictures_of(data: Path) -> Pictures:
    made = recipe()
    return read_pictures(read_rows(made.sources, made.task, data), made.network, Progress())


def test_the_same_result_as_without(data: Path, tmp_path: Path) -> None:
    with_it = run_study(recipe(), data, tmp_path / "kept", Progress())
    plan = replace(recipe().network, keep_features=False)
    without = run_study(recipe(network=plan), data, tmp_path / "anew", Progress())
    assert len(list((tmp_path / "kept" / "features").iterdir())) == 1
    assert not (tmp_path / "anew" / "features").exists()
    for one, other in zip(with_it.history, without.history, strict=True):
        assert one.loss == pytest.approx(other.loss, abs=1e-5)
        assert one.fit_loss == pytest.approx(other.fit_loss, abs=1e-5)
        assert one.auroc == pytest.approx(other.auroc)
    first, second = load(with_it.bundle.weights()), load(without.bundle.weights())
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], atol=1e-3, rtol=0)
    assert with_it.facts["figures"] == without.facts["figures"]


def test_pictures_are_looked_at_once_for_all_folds_and_runs(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    computed = frozen._computed

    def counted(*arguments: object) -> object:
        looked.append(len(arguments[2]))  # type: ignore[arg-type]
        return computed(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(frozen, "_computed", counted)
    notes: list[str] = []
    progress = Progress(on_step=lambda step: notes.append(step.note or ""))
    run_study(recipe(fit=Fit(epochs=1, batch=8)), data, tmp_path, progress)
    assert looked == [36]
    assert "What it sees in 36 pictures is kept, 0 of them new." in notes


def test_only_new_pictures_are_looked_at(data: Path, tmp_path: Path) -> None:
    made, pictures = recipe(), pictures_of(data)
    module, _ = network_for(made, (32, 32), data)
    feed = Feed(pictures, made)
    expected = features_of(module, feed, np.arange(36), Progress())
    some = replace(pictures, rows=pictures.rows[:20], pixels=pictures.pixels[:20])
    notes: list[Step] = []
    progress = Progress(on_step=notes.append)
    np.testing.assert_allclose(
        kept_features(module, some, made, tmp_path, progress), expected[:20], atol=1e-5
    )
    np.testing.assert_allclose(kept_features(module, pictures, made, tmp_path, progress), expected, atol=1e-5)
    assert [note.note for note in notes if note.note] == [
        "What it sees in 20 pictures is kept, 20 of them new.",
        "What it sees in 36 pictures is kept, 16 of them new.",
    ]
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])  # a file that was torn is made anew
    np.testing.assert_allclose(kept_features(module, pictures, made, tmp_path, progress), expected, atol=1e-5)


def test_another_backbone_or_preparation_is_another_file(data: Path) -> None:
    made, pictures = recipe(), pictures_of(data)
    module, _ = network_for(made, (32, 32), data)
    mark = fingerprint(module, pictures, made)
    with torch.no_grad():
        module.get_classifier().weight.add_(1)
    assert fingerprint(module, pictures, made) == mark  # features do not know the last layer
    padded = replace(pictures, how=replace(pictures.how, fill=255))
    assert fingerprint(module, padded, made) != mark
    lighter = replace(made, network=replace(made.network, mean=(0.5, 0.5, 0.5)))
    assert fingerprint(module, pictures, lighter) != mark
    with torch.no_grad():
        next(module.parameters()).mul_(1.01)
    assert fingerprint(module, pictures, made) != mark


def test_where_features_differ_each_time_they_are_not_kept(data: Path, tmp_path: Path) -> None:
    pictures = pictures_of(data)
    cases = (
        recipe(vary=Vary(flip=True)),
        recipe(network=replace(recipe().network, options=OPTIONS | {"drop_rate": 0.5})),
    )
    for made in cases:
        module, _ = network_for(made, made.network.size, data)
        seen = replace(pictures, pixels=np.zeros((36, *made.network.size, 3), dtype=np.uint8))
        part, feed = learned_part(module, seen, made, tmp_path, Progress())
        assert part is module
        assert type(feed) is Feed
    assert not list(tmp_path.iterdir())


def test_the_last_layer_of_a_vit_is_alone(data: Path) -> None:
    pictures = pictures_of(data)
    module = create("vit_tiny_patch16_224", 2, {"img_size": 32, "depth": 1})
    assert is_last_layer_alone(module, Feed(pictures, recipe()))
