"""`parfocal-ml pretrain` on real pictures: weights that a recipe begins with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file

from ml.train.new_network import network_for
from ml.train.study_recipe import read_study_recipe
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]


def test_a_backbone_comes_out_and_a_recipe_begins_with_it(
    as_program: Program, small_study: Path, tmp_path: Path
) -> None:
    small_study.write_text(small_study.read_text() + "[pretrain]\nepochs = 3\nbatch = 16\nwidth = 16\n")
    out = tmp_path / "out"
    words = ("pretrain", small_study, "--data", small_study.parent, "--out", out)
    code, events, _ = as_program(*words, "--epochs", 2)
    epochs = [event for event in events if event["event"] == "pretrained_epoch"]
    assert (code, [epoch["number"] for epoch in epochs]) == (0, [1, 2])
    assert 0 <= events[-1]["nearest"] <= 1
    assert "patients" in events[-1]["note"]
    facts = json.loads((out / "pretraining.json").read_text())
    assert (facts["how"]["epochs"], facts["how"]["batch"], len(facts["epochs"])) == (2, 16, 2)
    recipe = read_study_recipe(small_study)
    text = small_study.read_text().replace("[network]\n", '[network]\nbegin = "backbone.safetensors"\n')
    small_study.write_text(text)
    begun, source = network_for(read_study_recipe(small_study), (48, 64), out)
    weights = load_file(out / "backbone.safetensors")
    assert source == "backbone.safetensors"
    own = begun.state_dict()
    same = [name for name in own if torch.equal(own[name], weights[name])]
    assert len(own) - len(same) == 2  # the last layer
    fresh = network_for(recipe, (48, 64))[0].state_dict()
    assert any(not torch.equal(fresh[name], weights[name]) for name in same)


def test_what_cannot_be(as_program: Program, small_study: Path, tmp_path: Path) -> None:
    words = ("pretrain", small_study, "--data", small_study.parent, "--out", tmp_path / "out")
    code, events, _ = as_program(*words, "--fold", 7)
    assert code == 2
    assert "no fold 7" in events[-1]["what"]
    text = small_study.read_text().replace("[task]\n", '[task]\noutput = "sigmoid"\n')
    small_study.write_text(text.replace("rate = 3e-3", 'rate = 3e-3\nloss = "bce"'))
    code, events, _ = as_program(*words)
    assert code == 2
    assert "several labels" in events[-1]["what"]
