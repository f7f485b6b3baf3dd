"""Pseudo-labels: kept apart from given ones, never on a side that measures, compared with a run without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ml.errors import Problem
from ml.model.architectures import create
from ml.progress import Progress
from ml.train.folds import Fold, fold_numbers, folds_of
from ml.train.new_network import quiet
from ml.train.pictures import Pictures, read_pictures
from ml.train.pseudo import PseudoLabels, handed_on, hidden_labels, spread_fold
from ml.train.spread import Spreading
from ml.train.study_facts import Member
from ml.train.study_recipe import Division, Fit, NetworkPlan, StudyRecipe, Task, Vary
from ml.train.study_run import learn_fold
from ml.train.table import read_rows
from tests.ml.train.studies import tiny_recipe, write_pictures

OPTIONS = {"first_hidden": 16, "stages": 3, "layers": 2}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_pictures(folder / "pictures", patients=24, each=2)
    torch.manual_seed(5)
    save_file(create("plain_resnet", 2, OPTIONS).state_dict(), folder / "begin.safetensors")
    return folder


def recipe() -> StudyRecipe:
    return tiny_recipe(
        network=NetworkPlan("plain_resnet", OPTIONS, begin="begin.safetensors", learns="head", size=(32, 32)),
        fit=Fit(epochs=2, batch=8, rate=1e-2, drawn=16),
        vary=Vary(),
        division=Division(folds=3),
    )


@pytest.fixture(scope="module")
def pictures(data: Path) -> Pictures:
    made = recipe()
    return read_pictures(read_rows(made.sources, made.task, data), made.network, Progress())


@pytest.fixture(scope="module")
def fold(pictures: Pictures) -> Fold:
    made = recipe()
    return folds_of(fold_numbers(pictures, made.task, made.division), made.division)[0]


def test_labels_are_hidden_of_whole_patients(pictures: Pictures, fold: Fold) -> None:
    labelled, hidden = hidden_labels(pictures, fold.fit, 0.25, seed=1)
    assert sorted([*labelled, *hidden]) == sorted(fold.fit)
    of = [{pictures.groups[row] for row in rows} for rows in (labelled, hidden)]
    assert not of[0] & of[1]
    assert len(of[0]) == 2
    assert {pictures.rows[row].label for row in labelled} == {0, 1}
    again, _ = hidden_labels(pictures, fold.fit, 0.25, seed=1)
    other, _ = hidden_labels(pictures, fold.fit, 0.25, seed=2)
    np.testing.assert_array_equal(labelled, again)
    assert list(labelled) != list(other)


def test_new_labels_live_in_a_copy(pictures: Pictures) -> None:
    before = pictures.labels.copy()
    made = PseudoLabels(np.array([3, 0]), np.array([0, 1]), np.array([0.95, 0.91]), 5)
    taught = made.taught(pictures)
    np.testing.assert_array_equal(pictures.labels, before)
    np.testing.assert_array_equal(taught.labels[[3, 0]], [[1, 0], [0, 1]])
    rest = np.setdiff1d(np.arange(len(pictures)), [3, 0])
    np.testing.assert_array_equal(taught.labels[rest], before[rest])
    assert taught.groups == pictures.groups


def test_the_run_with_them_knows_nothing_of_hidden_labels(
    data: Path, pictures: Pictures, fold: Fold, tmp_path: Path
) -> None:
    """Hidden labels are swapped for others: nothing changes but the figures that they are compared with."""
    labelled, hidden = hidden_labels(pictures, fold.fit, 0.5, seed=0)
    rows = list(pictures.rows)
    for row in hidden:
        rows[row] = replace(rows[row], labels=1 - rows[row].labels)
    swapped = replace(pictures, rows=tuple(rows))
    how = Spreading(dimensions=8, neighbours=3, confidence=0.6)
    with quiet():
        made, blind = (
            spread_fold(recipe(), used, fold, labelled, hidden, how, tmp_path / name, data, Progress())
            for name, used in (("true", pictures), ("swapped", swapped))
        )
    assert 0 < len(made.pseudo.rows) <= made.pseudo.asked == len(hidden)
    assert set(made.pseudo.rows) <= set(hidden)
    assert (made.pseudo.confidence >= 0.6).all()
    np.testing.assert_array_equal(made.pseudo.labels, blind.pseudo.labels)
    np.testing.assert_allclose(made.with_them.reported, blind.with_them.reported, atol=1e-6)
    assert not np.allclose(made.with_them.reported, made.without.reported)
    for member in (made.without, made.with_them):
        np.testing.assert_array_equal(member.fold.report, fold.report)
        np.testing.assert_array_equal(member.fold.choose, fold.choose)


def test_the_run_without_is_the_plain_study(
    data: Path, pictures: Pictures, fold: Fold, tmp_path: Path
) -> None:
    labelled, hidden = hidden_labels(pictures, fold.fit, 0.5, seed=0)
    how = Spreading(dimensions=8, neighbours=3, confidence=0.6)
    with quiet():
        made = spread_fold(
            recipe(), pictures, fold, labelled, hidden, how, tmp_path / "spread", data, Progress()
        )
        alone, _ = learn_fold(
            recipe(), pictures, replace(fold, fit=labelled), tmp_path / "alone" / "0", data, Progress()
        )
    np.testing.assert_allclose(made.without.reported, alone.reported, atol=1e-6)


def test_several_labels_of_a_picture_are_not_handed_on(
    data: Path, pictures: Pictures, fold: Fold, tmp_path: Path
) -> None:
    several = replace(recipe(), task=Task(("a", "b"), "sigmoid"))
    member = Member(fold, {}, np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))
    with pytest.raises(Problem, match="several may hold"):
        handed_on(
            several, pictures, member, fold.fit[:4], fold.fit[4:], Spreading(), data, tmp_path, Progress()
        )
