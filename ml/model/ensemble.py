"""Several networks that answer as one: the mean of their probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

_LEAST = 1e-7


class Ensemble(nn.Module):
    """Gives logits whose softmax (or sigmoid) is the mean of the members' (Lakshminarayanan et al. 2017).

    Members are registered: switching to evaluation reaches their batch normalisation, so that an answer
    depends neither on the batch nor on its order.
    """

    def __init__(self, members: Iterable[nn.Module], *, independent: bool) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self._independent = independent  # whether classes stand on their own (sigmoid)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, classes)."""
        return self.together(self.each(pictures))

    def each(self, pictures: Tensor) -> Tensor:
        """Logits of every member, (members, n, classes)."""
        return torch.stack([member(pictures) for member in self.members]).float()

    def together(self, logits: Tensor) -> Tensor:
        """From those the (n, classes) that the members give as one."""
        if self._independent or logits.shape[-1] == 1:
            mean = torch.sigmoid(logits).mean(dim=0).clamp(_LEAST, 1 - _LEAST)
            return torch.logit(mean)
        return torch.logsumexp(torch.log_softmax(logits, dim=-1), dim=0)


def joined(weights: Iterable[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The weights of all members under the names that an `Ensemble` gives them."""
    return {
        f"members.{number}.{name}": tensor
        for number, member in enumerate(weights)
        for name, tensor in member.items()
    }
