"""Grad-CAM while a network learns: new pictures as epochs pass, and the same result as without them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ml.progress import Progress
from ml.train import looks
from ml.train.examples import EpochExamples
from ml.train.feed import Feed
from ml.train.looks import Looks
from ml.train.new_network import network_for
from ml.train.pictures import Pictures, read_pictures
from ml.train.study_recipe import StudyRecipe
from ml.train.study_run import run_study
from ml.train.table import read_rows
from tests.ml.train.studies import tiny_recipe, write_pictures


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "_PATIENCE", 0.0)


def seen(tmp_path: Path, own: StudyRecipe) -> tuple[Pictures, torch.nn.Module]:
    write_pictures(tmp_path / "pictures", patients=4, each=1)
    pictures = read_pictures(read_rows(own.sources, own.task, tmp_path), own.network, Progress())
    torch.manual_seed(1)
    return pictures, network_for(own, own.network.size)[0]


def test_pictures_change_when_the_network_does_and_old_ones_go(tmp_path: Path) -> None:
    own = tiny_recipe()
    pictures, module = seen(tmp_path, own)
    own = replace(own, network=replace(own.network, cam_layer="layer2"))
    look = Looks(module, Feed(pictures, own), own, (0, 3), tmp_path)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    first = look.look(1)
    assert len(first) == 2
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert module.training
    assert all(value.requires_grad for value in module.parameters())
    shown = np.asarray(Image.open(first[0]))
    assert shown.shape == (32, 32, 3)
    with torch.no_grad():
        for value in module.parameters():
            value.add_(torch.randn_like(value), alpha=0.3)
    second = look.look(2)
    assert not np.array_equal(np.asarray(Image.open(second[0])), shown)
    look.look(3)
    assert sorted(path.name for path in (tmp_path / "looks").iterdir()) == [
        f"{epoch:04d}_{place}.png" for epoch in (2, 3) for place in (0, 1)
    ]


def test_a_network_without_a_map_of_places_is_not_drawn(tmp_path: Path) -> None:
    own = tiny_recipe(network=replace(tiny_recipe().network, cam_layer="not.there"))
    pictures, module = seen(tmp_path, tiny_recipe())
    assert Looks(module, Feed(pictures, own), own, (0,), tmp_path).look(1) == ()


@pytest.mark.slow
def test_it_is_told_with_the_examples_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "pictures")
    own = tiny_recipe()
    own = replace(own, network=replace(own.network, cam_layer="layer2"))
    heard: list[EpochExamples] = []
    told = Progress().heard_by(lambda part: heard.append(part) if isinstance(part, EpochExamples) else None)
    with_looks = run_study(own, tmp_path, tmp_path / "with", told)
    assert {Path(one.looked).parent.name for one in heard[-1].pictures} == {"looks"}
    monkeypatch.setattr(Looks, "look", lambda *_: ())
    without = run_study(own, tmp_path, tmp_path / "without", Progress())
    assert with_looks.facts["figures"] == without.facts["figures"]
