"""Gated attention against the paper's formula, written out in numpy."""

from __future__ import annotations

import numpy as np
import torch

from ml.model.attention import GatedAttention


def test_it_is_the_formula_of_ilse_and_others() -> None:
    torch.manual_seed(0)
    network = GatedAttention(6, 2, hidden=4).eval()
    bag = torch.randn(1, 5, 6)
    network.set_scale(torch.randn(50, 6) * 3 + 1)
    logits, weights = network(bag, torch.ones(1, 5, dtype=torch.bool))
    w = {name: value.detach().double().numpy() for name, value in network.state_dict().items()}
    h = (bag[0].double().numpy() - w["mean"]) / w["deviation"]
    h = np.maximum(h @ w["narrow.1.weight"].T + w["narrow.1.bias"], 0)
    gate = 1 / (1 + np.exp(-(h @ w["gate.weight"].T + w["gate.bias"])))
    marks = (np.tanh(h @ w["look.weight"].T + w["look.bias"]) * gate) @ w["weigh.weight"][0]
    a = np.exp(marks) / np.exp(marks).sum()
    np.testing.assert_allclose(weights[0].detach(), a, rtol=1e-4)
    expected = (a @ h) @ w["answer.1.weight"].T + w["answer.1.bias"]
    np.testing.assert_allclose(logits[0].detach(), expected, rtol=1e-4, atol=1e-6)


def test_order_and_filling_up_make_no_difference() -> None:
    torch.manual_seed(1)
    network = GatedAttention(6, 3).eval()
    bag = torch.randn(1, 4, 6)
    alone, weights = network(bag, torch.ones(1, 4, dtype=torch.bool))
    order = torch.tensor([2, 0, 3, 1])
    filled = torch.cat([bag[:, order], torch.full((1, 3, 6), 99.0)], dim=1)
    there = torch.tensor([[True] * 4 + [False] * 3])
    again, found = network(filled, there)
    torch.testing.assert_close(again, alone)
    torch.testing.assert_close(found[:, :4], weights[:, order])
    assert (found[:, 4:] == 0).all()
