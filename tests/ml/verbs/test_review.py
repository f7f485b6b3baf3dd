"""`parfocal-ml review` on a real training: a map of its pictures, and a yardstick in the same folds."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ml.progress import Progress
from ml.train.folds import fold_numbers
from ml.train.labelled import by_recipe
from ml.train.pictures import read_pictures
from ml.train.study_recipe import read_study_recipe
from tests.ml.verbs.conftest import Said

Program = Callable[..., Said]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_map_and_a_simple_model_in_the_same_folds(
    as_program: Program, small_study: Path, tmp_path: Path
) -> None:
    data, out = small_study.parent, tmp_path / "reviewed"
    code, _, _ = as_program("train", small_study, "--data", data, "--out", tmp_path / "out")
    assert code == 0
    words = ("--data", data, "--model", tmp_path / "out" / "small", "--out", out)
    code, events, _ = as_program("review", small_study, *words)
    assert (code, events[-1]["pictures"], events[-1]["notes"]) == (0, 48, [])
    points, simple = table(out / "map.csv"), table(out / "simple" / "answers.csv")
    assert {point["file"] for point in points} == {line["file"] for line in simple}
    assert np.isfinite([[float(point["map_x"]), float(point["map_y"])] for point in points]).all()
    sums = [float(line["benign"]) + float(line["malignant"]) for line in simple]
    assert np.allclose(sums, 1, atol=1e-4)
    trained = {(line["file"], line["label"]) for line in table(tmp_path / "out" / "answers.csv")}
    assert trained <= {(line["file"], line["label"]) for line in simple}
    recipe = read_study_recipe(small_study)
    pictures = read_pictures(by_recipe(recipe, data, Progress()).rows, recipe.network, Progress())
    folds = fold_numbers(pictures, recipe.task, recipe.division)
    owners = {(row.group, int(fold)) for row, fold in zip(pictures.rows, folds, strict=True)}
    assert len(owners) == len({owner for owner, _ in owners})  # no patient is answered by what he taught


def test_a_model_that_is_not_there_is_refused(as_program: Program, small_study: Path, tmp_path: Path) -> None:
    words = ("--data", small_study.parent, "--model", "no-such", "--out", tmp_path / "out")
    code, events, _ = as_program("review", small_study, *words)
    assert code == 2
    assert "no-such" in str(events[-1]["what"])
    assert not (tmp_path / "out").exists()
