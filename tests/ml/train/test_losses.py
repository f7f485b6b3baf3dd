"""Losses against torchvision's, and against loops that follow the papers."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torchvision.ops import sigmoid_focal_loss

from ml.train.losses import focal_loss, loss_of, supervised_contrastive
from ml.train.study_recipe import Fit


def test_focal_is_torchvisions() -> None:
    torch.manual_seed(0)
    logits, labels = 3 * torch.randn(20, 4), (torch.rand(20, 4) < 0.3).float()
    for gamma in (0.0, 1.0, 2.0):
        expected = sigmoid_focal_loss(logits, labels, alpha=-1, gamma=gamma, reduction="mean")
        torch.testing.assert_close(focal_loss(logits, labels, gamma), expected)


def test_losses_by_name() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(6, 3), functional.one_hot(torch.tensor([0, 1, 2, 0, 1, 2]), 3).float()
    smooth = functional.cross_entropy(logits, labels.argmax(1), label_smoothing=0.1)
    torch.testing.assert_close(loss_of(Fit(1, smoothing=0.1))(logits, labels), smooth)
    weights = torch.tensor([2.0, 1.0, 4.0])
    expected = functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=weights)
    torch.testing.assert_close(loss_of(Fit(1, loss="bce"), weights)(logits, labels), expected)


def test_contrastive_follows_the_paper() -> None:
    """Khosla et al. 2020, equation 2, written out."""
    torch.manual_seed(1)
    features, labels = torch.randn(9, 5), torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 3])
    unit = functional.normalize(features, dim=1)
    losses = []
    for i in range(9):
        friends = [p for p in range(9) if p != i and labels[p] == labels[i]]
        if friends:
            whole = sum(torch.exp(unit[i] @ unit[a] / 0.07) for a in range(9) if a != i)
            logs = [torch.log(torch.exp(unit[i] @ unit[p] / 0.07) / whole) for p in friends]
            losses.append(-sum(logs) / len(friends))
    expected = torch.stack(losses).mean()
    torch.testing.assert_close(supervised_contrastive(features, labels), expected, rtol=1e-4, atol=1e-5)
    assert supervised_contrastive(features[:2], torch.tensor([0, 1])).item() == 0


def test_pulling_together_lowers_it() -> None:
    labels = torch.tensor([0, 0, 1, 1])
    apart = torch.tensor([[1.0, 0], [0, 1], [1, 0.1], [0.1, 1]])
    together = torch.tensor([[1.0, 0], [1, 0.1], [0, 1], [0.1, 1]])
    assert supervised_contrastive(together, labels) < supervised_contrastive(apart, labels)
    assert supervised_contrastive(together, labels).item() == pytest.approx(0, abs=0.01)
