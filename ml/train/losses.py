"""What a network is punished for."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ml.train.study_recipe import Fit

Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits and labels, both (n, classes), to one number."""


def loss_of(fit: Fit, weights: Tensor | None = None) -> Loss:
    """The loss that a recipe asks for; `weights` are those of positives, (classes,)."""

    def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(logits, labels, label_smoothing=fit.smoothing)

    def bce(logits: Tensor, labels: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=weights)

    def focal(logits: Tensor, labels: Tensor) -> Tensor:
        return focal_loss(logits, labels, fit.gamma, weights)

    return {"cross_entropy": cross_entropy, "bce": bce, "focal": focal}[fit.loss]


def focal_loss(logits: Tensor, labels: Tensor, gamma: float, weights: Tensor | None = None) -> Tensor:
    """Binary cross entropy whose easy examples fade (Lin et al. 2017), averaged over everything.

    Each label of each picture by itself: of one that is already right to 0.9 a hundredth is left at gamma 2.
    """
    losses = functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=weights, reduction="none")
    right = torch.sigmoid(logits) * labels + torch.sigmoid(-logits) * (1 - labels)
    return ((1 - right) ** gamma * losses).mean()


def supervised_contrastive(features: Tensor, labels: Tensor, temperature: float = 0.07) -> Tensor:
    """Pulls pictures of one label together and the others apart (Khosla et al. 2020, L_out).

    `features` is (n, d), made of length 1 here; `labels` (n,). As pre-training after Sellergren et al. (2022,
    doi 10.1148/radiol.212482). Pictures that are alone with their label do not count; 0 where all are.
    """
    unit = functional.normalize(features.float(), dim=1)
    likeness = unit @ unit.T / temperature
    same = labels[:, None] == labels[None, :]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    log_share = likeness - torch.logsumexp(likeness.masked_fill(itself, -torch.inf), dim=1, keepdim=True)
    friends = same & ~itself
    count = friends.sum(dim=1)
    losses = -(log_share * friends).sum(dim=1) / count.clamp(min=1)
    return losses[count > 0].mean() if bool((count > 0).any()) else unit.sum() * 0
