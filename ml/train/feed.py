"""Batches for one side: in an order and with variations that depend on seed and epoch alone.

So a run that was killed and goes on sees just what it would have seen.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from ml.train.balance import Balance
from ml.train.folds import Rows
from ml.train.pictures import Pictures
from ml.train.study_recipe import StudyRecipe
from ml.train.vary import varied

Wish = tuple[tuple[int, ...], int]
"""Row numbers of a batch, and the seed of its variations; a negative seed: none."""

_LARGE = 1_000_003  # a prime: seeds of neighbouring epochs and batches do not meet


class Feed(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Pictures normalised for the network, their labels and row numbers, a batch at a time."""

    def __init__(self, pictures: Pictures, recipe: StudyRecipe) -> None:
        self._pictures, self._recipe = pictures, recipe
        self._labels = torch.from_numpy(pictures.labels)
        plan = recipe.network
        self._mean = torch.tensor(plan.mean).view(1, -1, 1, 1)
        self._std = torch.tensor(plan.std).view(1, -1, 1, 1)

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, wish: Wish) -> tuple[Tensor, Tensor, Tensor]:
        """(n, channels, h, w) float32, (n, classes) float32, (n,) row numbers."""
        rows, seed = wish
        batch = torch.from_numpy(self._pictures.pixels[list(rows)]).permute(0, 3, 1, 2).float() / 255
        if seed >= 0:
            batch = varied(batch, self._recipe.vary, torch.Generator().manual_seed(seed))
        normal = ((batch - self._mean) / self._std).contiguous(memory_format=torch.channels_last)
        numbers = torch.tensor(rows)
        return normal, self._labels[numbers], numbers


class Order(Sampler[Wish]):
    """Which pictures make up each batch of an epoch; several processes share an epoch out."""

    def __init__(self, rows: Rows, batch: int, seed: int, balance: Balance | None) -> None:
        self._rows, self._batch, self._seed, self._balance = rows, batch, seed, balance
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Told by the trainer at the start of each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        count = len(self._rows) if self._balance is None else self._balance.count
        whole = max(1, count // self._batch) if self._balance else -(-count // self._batch)
        return max(1, whole // _world()[1]) if self._balance else whole

    def __iter__(self) -> Iterator[Wish]:
        if self._balance is None:
            for start in range(0, len(self._rows), self._batch):
                yield tuple(map(int, self._rows[start : start + self._batch])), -1
            return
        seed = (self._seed * _LARGE + self._epoch) * _LARGE
        order = self._drawn(np.random.default_rng(seed), self._balance)
        rank, world = _world()
        for number in range(len(self)):
            place = number * world + rank
            yield tuple(map(int, order[place * self._batch : (place + 1) * self._batch])), seed + place

    def _drawn(self, chance: np.random.Generator, balance: Balance) -> NDArray[np.intp]:
        """Rows of an epoch. Without weights each once; what fills no batch is left out."""
        if balance.draw is None:
            order = chance.permutation(self._rows)
            return np.resize(order, max(balance.count, self._batch))
        share = balance.draw / balance.draw.sum()
        # At most once each where `draw` is the chance to be taken; else everything would come exactly once.
        evenly = balance.count <= round(balance.draw.sum()) and bool((balance.draw <= 1).all())
        return chance.choice(self._rows, max(balance.count, self._batch), replace=not evenly, p=share)


def loader(feed: Feed, order: Order, workers: int = 0) -> DataLoader[tuple[Tensor, Tensor, Tensor]]:
    """Batches as they come from the feed. On a CPU more workers gain nothing: the network needs the cores."""
    return DataLoader(
        feed, sampler=order, batch_size=None, num_workers=workers, persistent_workers=workers > 0
    )


def _world() -> tuple[int, int]:
    """Number of this process and how many there are."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
