"""What is done against unequal classes, and what it does, said before the run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.train.study_recipe import Fit, Task

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Balance:
    """How often each picture is drawn, and how much its classes weigh."""

    draw: Floats | None  # (n,) relative; None: each once an epoch
    weights: Floats | None  # (classes,) of positives in the loss
    count: int  # pictures an epoch
    words: str


def balance_of(fit: Fit, task: Task, labels: NDArray[np.float32]) -> Balance:
    """For the labels (n, classes) of the side to learn from."""
    counts = _counts(labels, task)
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    total = fit.drawn or len(labels)
    if fit.pos_weight:  # as published, whatever the counts say
        weights = np.array(fit.pos_weight)
        draw = 1 / _frequency(labels) if fit.balance == "sampler" else None
        return Balance(draw, weights, total, f"{told}; weights {weights.round(4).tolist()} as published.")
    if fit.balance == "sampler":
        words = "each class is drawn as often as the others, rare pictures several times"
        return Balance(1 / _frequency(labels), None, total, f"{told}; {words}.")
    if fit.balance == "pos_weight":
        positives = labels.sum(axis=0)
        weights = (len(labels) - positives) / np.maximum(positives, 1)
        _check_direction(positives, len(labels), weights)
        words = ", ".join(f"{n} {w:.2f}" for n, w in zip(task.classes, weights, strict=True))
        return Balance(
            None,
            weights.astype(np.float64),
            total,
            f"{told}; mistakes with a class count so many times: {words}.",
        )
    if fit.balance == "undersample":
        positive = labels.any(axis=1) if task.output == "sigmoid" else labels.argmax(axis=1) != 0
        share = min(1.0, fit.ratio * positive.sum() / max(int((~positive).sum()), 1))
        draw = np.where(positive, 1.0, share)
        words = f"of those with none, a share of {share:.2g} in each pass, other ones each time"
        return Balance(draw, None, fit.drawn or round(float(draw.sum())), f"{told}; {words}.")
    draw = np.ones(len(labels)) if fit.drawn else None
    return Balance(draw, None, total, f"{told}; nothing is done about it.")


def prior_of(balance: Balance, labels: NDArray[np.float32]) -> Floats:
    """Share of positives of each class as it was drawn, (classes,): what a shift of the prior starts from."""
    draw = np.ones(len(labels)) if balance.draw is None else balance.draw
    shares: Floats = (labels * draw[:, None]).sum(axis=0) / draw.sum()
    return shares


def _counts(labels: NDArray[np.float32], task: Task) -> dict[str, int]:
    counts = {name: int(labels[:, n].sum()) for n, name in enumerate(task.classes)}
    none = int((~labels.any(axis=1)).sum())
    return counts | ({task.negative or "none of them": none} if task.output == "sigmoid" else {})


def _frequency(labels: NDArray[np.float32]) -> Floats:
    """Of each picture: how many have the very same labels."""
    _, inverse, counts = np.unique(labels, axis=0, return_inverse=True, return_counts=True)
    frequency: Floats = counts[inverse.ravel()].astype(np.float64)
    return frequency


def _check_direction(positives: NDArray[np.float32], total: int, weights: NDArray[np.float32]) -> None:
    """The rarer side must weigh more; a study once had it the wrong way round."""
    wrong = (positives < total / 2) & (weights < 1)
    if wrong.any():
        raise Problem("A rare class would weigh less than a frequent one.", "Report this: it is a fault.")
