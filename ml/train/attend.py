"""Learning which tiles of a slide count, from frozen features and one label a slide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.evaluate.log_loss import balanced_log_loss
from ml.model.attention import GatedAttention
from ml.progress import Progress, Step
from ml.train.embed import Features
from ml.train.slide_plan import Aggregation

_BATCH = 16  # bags


@dataclass(frozen=True, eq=False)
class Bags:
    """Slides as bags of tile features, filled up to the largest with zeros."""

    features: Tensor  # (bags, tiles, features) float32
    there: Tensor  # (bags, tiles) bool
    labels: Tensor  # (bags,) int64

    @classmethod
    def of(cls, features: Features, owners: NDArray[np.intp], labels: NDArray[np.intp]) -> Bags:
        """From (n, features), (n,) owner numbers from 0 without a gap, and (owners,) labels."""
        counts = np.bincount(owners, minlength=len(labels))
        packed = np.zeros((len(labels), int(counts.max()), features.shape[1]), dtype=np.float32)
        there = np.arange(packed.shape[1]) < counts[:, None]
        order = np.argsort(owners, kind="stable")
        packed[there] = features[order]
        return cls(
            torch.from_numpy(packed), torch.from_numpy(there), torch.from_numpy(labels.astype(np.int64))
        )


@dataclass(frozen=True, eq=False)
class Attended:
    """A network that has learned, and how well it did on the side to choose on, epoch by epoch."""

    network: GatedAttention
    losses: Sequence[float]  # class-balanced log loss
    epoch: int  # whose weights were kept, from 1

    def probabilities(self, bags: Bags) -> NDArray[np.float64]:
        """(bags, classes)."""
        return _answers(self.network, bags)

    def weights(self, bags: Bags) -> NDArray[np.float64]:
        """How much each tile counts, (bags, tiles); 0 where a bag has no such tile."""
        self.network.eval()
        with torch.inference_mode():
            found: NDArray[np.float64] = self.network(bags.features, bags.there)[1].double().numpy()
        return found


def attend(
    fit: Bags, choose: Bags, classes: int, how: Aggregation, seed: int, progress: Progress
) -> Attended:
    """Learn on the bags of `fit`, every class as often as the others; keep the epoch best on `choose`.

    Depends on the seed alone, and leaves the common random numbers as they were. Raises `Cancelled`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = GatedAttention(fit.features.shape[2], classes, how.hidden, how.dropout)
        network.set_scale(fit.features[fit.there])
        optimizer = torch.optim.AdamW(network.parameters(), lr=how.rate, weight_decay=how.decay)
        frequency = torch.bincount(fit.labels, minlength=classes).clamp(min=1)
        share = (1 / frequency)[fit.labels].double()
        losses: list[float] = []
        best: dict[str, Tensor] = {}
        for epoch in range(how.epochs):
            progress.check()
            progress.step(Step("Weighing tiles", epoch, how.epochs))
            network.train()
            drawn = torch.multinomial(share, len(fit.labels), replacement=True)
            for rows in torch.split(drawn, _BATCH):
                logits, _ = network(fit.features[rows], fit.there[rows])
                optimizer.zero_grad(set_to_none=True)
                loss = functional.cross_entropy(logits, fit.labels[rows])
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            losses.append(balanced_log_loss(_answers(network, choose), choose.labels.numpy()))
            if losses[-1] == min(losses):
                best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.load_state_dict(best)
    return Attended(network, losses, losses.index(min(losses)) + 1)


def _answers(network: GatedAttention, bags: Bags) -> NDArray[np.float64]:
    network.eval()
    with torch.inference_mode():
        logits, _ = network(bags.features, bags.there)
        found: NDArray[np.float64] = torch.softmax(logits.double(), dim=1).numpy()
    return found
