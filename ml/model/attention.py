"""One answer for a bag of tiles: gated attention over their features (Ilse, Tomczak and Welling 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GatedAttention(nn.Module):
    """Says how much each tile of a slide counts, and what they come to together.

    Features are brought to mean 0 and deviation 1 by what `set_scale` was told, narrowed to `hidden`, weighed
    by softmax(w · (tanh(V h) ⊙ sigmoid(U h))) and summed; a linear layer answers.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, features: int, classes: int, hidden: int = 64, dropout: float = 0.25) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.narrow = nn.Sequential(nn.Dropout(dropout), nn.Linear(features, hidden), nn.ReLU())
        self.look, self.gate = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden)
        self.weigh = nn.Linear(hidden, 1)
        self.answer = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, classes))

    def set_scale(self, features: Tensor) -> None:
        """Take mean and deviation of (n, features): tiles to learn from, once, before learning."""
        self.mean.copy_(features.mean(dim=0))
        self.deviation.copy_(features.std(dim=0, correction=0).clamp(min=1e-6))

    def forward(self, bags: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (bags, classes) and weights (bags, tiles), which sum to 1 a bag.

        `bags` is (bags, tiles, features); `there` (bags, tiles) bool, False where a bag has fewer tiles. Each
        bag has at least one.
        """
        narrow = self.narrow((bags - self.mean) / self.deviation)
        marks = self.weigh(torch.tanh(self.look(narrow)) * torch.sigmoid(self.gate(narrow))).squeeze(-1)
        weights = torch.softmax(marks.masked_fill(~there, -torch.inf), dim=1)
        return self.answer((weights.unsqueeze(-1) * narrow).sum(dim=1)), weights
