"""What is drawn in an epoch: a sampler that balances does balance, an undersampler draws nothing twice."""

from __future__ import annotations

import numpy as np

from ml.train.balance import balance_of
from ml.train.feed import Order
from ml.train.study_recipe import Fit, Task

TASK = Task(("often", "rare"))
LABELS = np.eye(2, dtype=np.float32)[(np.arange(400) % 8 == 0).astype(int)]


def drawn(fit: Fit, epoch: int = 0) -> np.ndarray:
    order = Order(np.arange(400), fit.batch, 3, balance_of(fit, TASK, LABELS))
    order.set_epoch(epoch)
    return np.array([row for rows, _ in order for row in rows])


def test_a_sampler_draws_every_class_as_often() -> None:
    """Rare pictures several times, in every part of the epoch alike."""
    rare = LABELS[drawn(Fit(1, batch=20, balance="sampler")), 1]
    assert len(rare) == 400
    assert abs(rare.mean() - 0.5) < 0.08
    assert abs(rare[:100].mean() - rare[-100:].mean()) < 0.2


def test_undersampling_draws_other_negatives_each_time_and_none_twice() -> None:
    fit = Fit(1, batch=10, balance="undersample", ratio=2.0)
    first, second = drawn(fit), drawn(fit, 1)
    for rows in (first, second):
        assert len(set(rows)) == len(rows) == 150
        assert LABELS[rows, 1].sum() > 35
    assert len(set(first) & set(second)) < 130


def test_without_a_remedy_each_comes_once() -> None:
    assert sorted(drawn(Fit(1, batch=20))) == list(range(400))
    few = drawn(Fit(1, batch=20, drawn=100))
    assert len(set(few)) == 100
