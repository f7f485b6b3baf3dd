"""How many labels the queue's order needs against chance, to tell lung and colon tissue apart as well.

A rule (logistic regression on what the packaged network sees, which has never seen these pictures) begins
with one label a class, then gets ten more at a time, chosen in each way out of the same pool; it is asked
about patients of which nothing is in the pool. PARFOCAL_DATA names the data.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from ml import paths
from ml.progress import Progress
from ml.train.embed import features_of
from ml.train.feed import Feed
from ml.train.new_network import network_for
from ml.train.pictures import read_pictures
from ml.train.simple_model import _likely, simple_plan
from ml.train.study_recipe import Fit, StudyRecipe, read_study_recipe
from ml.train.table import read_rows
from ml.train.worth import chosen, unsureness

Floats = NDArray[np.float32]
Way = Callable[[Floats, Floats, Floats, np.random.Generator], NDArray[np.intp]]

STEP, LABELS = 10, 205
AIMS = (0.95, 0.97, 0.98, 0.99)


def by_chance(features: Floats, _: Floats, __: Floats, chance: np.random.Generator) -> NDArray[np.intp]:
    return chance.permutation(len(features))[:STEP]


def least_sure(features: Floats, unsure: Floats, _: Floats, __: np.random.Generator) -> NDArray[np.intp]:
    return np.argsort(-unsure, kind="stable")[:STEP]


def spread_alone(features: Floats, _: Floats, known: Floats, __: np.random.Generator) -> NDArray[np.intp]:
    return chosen(features, np.ones(len(features), np.float32), STEP, known)


def queue(features: Floats, unsure: Floats, known: Floats, _: np.random.Generator) -> NDArray[np.intp]:
    return chosen(features, unsure, STEP, known)


WAYS: dict[str, Way] = {
    "by chance": by_chance,
    "least sure first": least_sure,
    "core-set alone": spread_alone,
    "the queue's order": queue,
}


def main(times: int) -> None:
    """Print for each way the AUROC along it, and the labels needed for each aim: median and quartiles."""
    features, labels, patients = known_pictures(Path(os.environ["PARFOCAL_DATA"]))
    print(f"{len(labels)} pictures of {len(set(patients))} source tiles, {times} beginnings for each way")
    curves: dict[str, list[Floats]] = {name: [] for name in WAYS}
    for seed in range(times):
        parts = list(GroupKFold(3, shuffle=True, random_state=seed // 3).split(features, labels, patients))
        pool, asked = parts[seed % 3]
        for name, way in WAYS.items():
            curves[name].append(curve(features, labels, pool, asked, way, seed))
    counts = np.arange(len(curves["by chance"][0])) * STEP + 5
    for name, found in curves.items():
        told(name, np.array(found), counts, np.array(curves["by chance"]))


def curve(
    features: Floats,
    labels: NDArray[np.intp],
    pool: NDArray[np.intp],
    asked: NDArray[np.intp],
    way: Way,
    seed: int,
) -> Floats:
    """Mean AUROC of the classes (one against the others) after 5, 15, 25, … labels."""
    chance = np.random.default_rng(seed)
    classes = int(labels.max()) + 1
    taken = [int(chance.choice(pool[labels[pool] == c])) for c in range(classes)]
    found = []
    while len(taken) <= LABELS:
        said = _likely(features[taken], labels[taken], features[np.r_[asked, pool]], classes)
        found.append(roc_auc_score(np.eye(classes)[labels[asked]], said[: len(asked)]))
        free = ~np.isin(pool, taken)
        unsure = unsureness(said[len(asked) :][free])
        taken += pool[free][way(features[pool[free]], unsure, features[taken], chance)].tolist()
    return np.array(found, dtype=np.float32)


def told(name: str, found: Floats, counts: NDArray[np.intp], chance: Floats) -> None:
    steps = [int(np.flatnonzero(counts == n)[0]) for n in (25, 55, 105, 205)]
    print(f"{name:20s} AUROC after {', '.join(str(counts[s]) for s in steps)} labels: ", end="")
    print(", ".join(f"{np.median(found[:, s]):.4f}" for s in steps))
    for aim in AIMS:
        own, theirs = needed(found, counts, aim), needed(chance, counts, aim)
        low, middle, high = np.percentile(own, [25, 50, 75])
        fewer = int((own < theirs).sum())
        print(
            f"    {aim}: {middle:.0f} labels ({low:.0f} to {high:.0f}), fewer than chance: {fewer}/{len(own)}"
        )


def needed(found: Floats, counts: NDArray[np.intp], aim: float) -> NDArray[np.intp]:
    """Labels after which the aim was reached first; one step more than there are where it never was."""
    reached = found >= aim
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), len(counts) - 1)
    return np.where(reached.any(axis=1), counts[first], counts[-1] + STEP)


def known_pictures(data: Path) -> tuple[Floats, NDArray[np.intp], list[str]]:
    """Features of the packaged network, labels, and the source tile of each picture."""
    recipe = read_study_recipe(paths.resources() / "recipes" / "lung-colon.toml")
    plan = simple_plan()
    rows = read_rows(recipe.sources, recipe.task, data)
    pictures = read_pictures(rows, plan, Progress())
    bare = StudyRecipe("", "", "", recipe.task, plan, Fit(1))
    module, _ = network_for(bare, plan.size, data)
    features = features_of(module, Feed(pictures, bare), np.arange(len(rows)), Progress())
    return features, np.array([row.label for row in pictures.rows]), list(pictures.groups)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
