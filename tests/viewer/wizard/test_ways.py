"""Every way of learning is one that the networks allow, for every kind of question."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ml.train.new_network import network_for
from viewer.wizard.plan import DataPlan
from viewer.wizard.plan_recipe import recipe_of
from viewer.wizard.starts import QUESTIONS, begun
from viewer.wizard.ways import Way, advised, ways_for, with_way

DATA = DataPlan("f", "t.csv", "file", "label", "patient", classes=("a", "b"), spacing=0.5, edge=224)
WAYS = [(question.kind, words.way) for question in QUESTIONS for words in ways_for(question.kind)]
LEARNING = {"last": (1e-6, 0.01), "little": (0.01, 0.2), "all": (1.0, 1.0)}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "way"), WAYS)
def test_so_much_of_the_network_learns(kind: str, way: Way) -> None:
    recipe = recipe_of(replace(with_way(begun(kind), way), data=DATA))
    module, source = network_for(recipe, recipe.network.size)
    assert source  # none begins by chance
    assert recipe.network.cam_layer in dict(module.named_modules())
    free = sum(value.numel() for value in module.parameters() if value.requires_grad)
    low, high = LEARNING[way]
    assert low <= free / sum(value.numel() for value in module.parameters()) <= high
    height, width = recipe.network.size
    with torch.inference_mode():
        answer = module(torch.zeros(1, len(recipe.network.mean), height, width))
    assert answer.shape == (1, len(recipe.task.classes))


def test_few_patients_are_advised_to_learn_little() -> None:
    assert advised(20) == "last"
    assert advised(5000) == "all"
