"""Only some folds of a study, and one network of an ensemble, by the verbs behind the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml import paths
from ml.errors import Problem
from ml.progress import Progress
from ml.verbs.model_command import export_folder
from ml.verbs.train import TrainRequest, train

RECIPES = paths.resources() / "recipes"


@pytest.mark.parametrize(
    ("recipe", "folds", "says"), [("lung-colon", 6, "has 5 folds, not 6"), ("cellularity", 1, "has no folds")]
)
def test_folds_that_are_not_there_are_refused(tmp_path: Path, recipe: str, folds: int, says: str) -> None:
    request = TrainRequest(RECIPES / f"{recipe}.toml", tmp_path, tmp_path / "out", folds)
    with pytest.raises(Problem, match=says):
        train(request, Progress())


@pytest.mark.parametrize(
    ("layout", "member", "says"),
    [
        ("bundle", 0, "go together"),
        ("wsinfer", 1, "go together"),
        ("onnx", 0, "is not a layout"),
        ("bundle", 1, "has one network"),
    ],
)
def test_exports_that_mean_nothing_are_refused(tmp_path: Path, layout: str, member: int, says: str) -> None:
    with pytest.raises(Problem, match=says):
        export_folder("cellularity", layout, tmp_path / "out", member)
    assert not (tmp_path / "out").exists()
