"""Labels handed on to pictures without one, kept apart from the given ones, and what learning them is worth.

A pseudo-label never reaches a side to choose on or to report on, and never the pictures' own labels: it lives
in a copy that one network learns from. What it is worth is told by a run without it, over the same pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.progress import Progress
from ml.train.folds import Fold, Rows
from ml.train.frozen import seen_features
from ml.train.new_network import network_for
from ml.train.pictures import Pictures
from ml.train.spread import UNLABELLED, Spreading, spread_labels
from ml.train.study_facts import Member
from ml.train.study_recipe import StudyRecipe
from ml.train.study_run import learn_fold


@dataclass(frozen=True, eq=False)
class PseudoLabels:
    """What was handed on in one fold."""

    rows: Rows  # pictures that got a label, (n,)
    labels: NDArray[np.intp]  # (n,) numbers of classes
    confidence: NDArray[np.float64]  # (n,)
    asked: int  # how many pictures had none

    def taught(self, pictures: Pictures) -> Pictures:
        """A copy of the pictures to learn from: these labels in their places, all others as given."""
        rows = list(pictures.rows)
        classes = len(rows[0].labels)
        for row, label in zip(self.rows, self.labels, strict=True):
            rows[row] = replace(rows[row], labels=np.eye(classes, dtype=np.float32)[label])
        return replace(pictures, rows=tuple(rows))


@dataclass(frozen=True, eq=False)
class SpreadFold:
    """One fold learned twice: from the given labels, and from those with the ones that were handed on."""

    without: Member
    with_them: Member
    pseudo: PseudoLabels


def spread_fold(
    recipe: StudyRecipe,
    pictures: Pictures,
    fold: Fold,
    labelled: Rows,
    unlabelled: Rows,
    how: Spreading,
    folder: Path,
    data: Path,
    progress: Progress,
) -> SpreadFold:
    """Learn, hand labels on along the features of what was learned, learn anew from the same beginning.

    `labelled` and `unlabelled` are rows of the side to learn from, or of pictures on no side. The seeds are
    the same both times. With `fit.drawn` in the recipe both networks see the same number of pictures: else
    the second one also learns longer, and that would be counted as a gain. Raises `Problem`, `Cancelled`.
    """
    places = [folder / f"{word}-{fold.number}" for word in ("without", "with")]
    without, _ = learn_fold(recipe, pictures, replace(fold, fit=labelled), places[0], data, progress)
    kept = folder.parent / "features"
    pseudo = handed_on(recipe, pictures, without, labelled, unlabelled, how, data, kept, progress)
    second = replace(fold, fit=np.sort(np.concatenate([labelled, pseudo.rows])))
    taught = pseudo.taught(pictures)
    with_them, _ = learn_fold(recipe, taught, second, places[1], data, progress)
    return SpreadFold(without, with_them, pseudo)


def handed_on(
    recipe: StudyRecipe,
    pictures: Pictures,
    member: Member,
    labelled: Rows,
    unlabelled: Rows,
    how: Spreading,
    data: Path,
    kept: Path,
    progress: Progress,
) -> PseudoLabels:
    """Labels of the unlabelled pictures, by the features of a network that learned from the labelled ones.

    No other picture is in the graph. Features of frozen layers are kept in `kept`. Raises `Problem` where
    there is nothing to spread, or nowhere to, and where a picture may have several labels.
    """
    if recipe.task.output == "sigmoid":
        raise Problem(
            "Labels of which several may hold cannot be handed on.",
            "Take classes of which one holds (softmax).",
        )
    plain = recipe
    if recipe.network.learns == "lora":  # the member's weights are plain ones
        plain = replace(recipe, network=replace(recipe.network, learns="all", lora=None))
    module, _ = network_for(plain, pictures.how.size, data)
    module.load_state_dict(member.weights)
    both = np.concatenate([labelled, unlabelled])
    features = seen_features(module, pictures, recipe, both, kept, progress)
    known = np.full(len(both), UNLABELLED, dtype=np.intp)
    known[: len(labelled)] = pictures.labels[labelled].argmax(axis=1)
    found = spread_labels(features, known, how)
    new = np.flatnonzero(found.is_new)
    return PseudoLabels(both[new], found.labels[new], found.confidence[new], len(unlabelled))


def hidden_labels(pictures: Pictures, rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Play that only a share of the patients among these rows has labels: the rows with, and those without.

    Whole patients, the same share of each class and at least one of it. Patients of several classes go by
    their first picture.
    """
    chance = np.random.default_rng(seed)
    patients: dict[str, list[int]] = {}
    for row in rows:
        patients.setdefault(pictures.groups[row], []).append(int(row))
    of_class: dict[int, list[str]] = {}
    for name, own in patients.items():
        of_class.setdefault(pictures.rows[own[0]].label, []).append(name)
    kept: list[int] = []
    for _, names in sorted(of_class.items()):
        count = max(1, round(share * len(names)))
        for name in chance.permutation(names)[:count]:
            kept += patients[name]
    labelled = np.sort(np.array(kept, dtype=np.intp))
    return labelled, np.setdiff1d(rows, labelled)
