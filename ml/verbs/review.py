"""`parfocal-ml review`: what helps to judge a finished training: a map of its pictures, and a yardstick."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.report.atomic import whole_file
from ml.verbs.loaded import ready_model
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.train.labelled import Labelled
    from ml.train.pictures import Pictures
    from ml.train.study_recipe import NetworkPlan, StudyRecipe

MAP_FILE = "map.csv"


@dataclass(frozen=True)
class ReviewRequest:
    """Whose training, where to."""

    recipe: Path
    data: Path
    model: str  # the bundle that the training has left, or a model's name
    out: Path  # a folder
    device: str = "auto"


@dataclass(frozen=True)
class Reviewed:
    """What was written, and what was left out and why."""

    pictures: int
    files: tuple[Path, ...]
    notes: tuple[str, ...]

    def as_facts(self) -> Mapping[str, object]:
        """For JSON."""
        return {
            "pictures": self.pictures,
            "files": [str(path) for path in self.files],
            "notes": list(self.notes),
        }


def review(request: ReviewRequest, progress: Progress) -> Reviewed:
    """Write `map.csv` (t-SNE of what the model makes of each picture) and `simple/answers.csv`.

    The second are answers of a logistic regression on the packaged network's features, in the recipe's folds:
    no picture is answered by what its patient taught. Raises `Problem`, `ModelProblem`, `Cancelled`.
    """
    recipe = study_of(request.recipe, request.data)
    from ml.train.labelled import by_recipe, plan_of

    network = ready_model(request.model, request.device).network
    known = by_recipe(recipe, request.data, progress)
    out, notes, files = made_folder(request.out), list[str](), list[Path]()
    seen, features = _features(recipe, known, plan_of(network.card), network.module, progress)
    try:
        files.append(_write_map(seen, features, recipe, out, progress))
    except Problem as problem:
        notes.append(f"No map: {problem.what}")
    if recipe.scans:
        notes.append("There is no simple model for CT slices to compare with.")
    else:
        files.append(_write_simple(recipe, known, request.data, out, progress))
    for note in notes:
        progress.step(Step("Looking back", 0, 0, note=note))
    return Reviewed(len(known.rows), tuple(files), tuple(notes))


def _features(
    recipe: StudyRecipe, known: Labelled, plan: NetworkPlan, module: Any, progress: Progress
) -> tuple[Pictures, NDArray[np.float32]]:
    """Pictures as the network sees them, and what it makes of each."""
    import numpy as np

    from ml.train.embed import features_of
    from ml.train.feed import Feed
    from ml.train.pictures import read_pictures
    from ml.train.study_recipe import Fit, StudyRecipe

    pictures = read_pictures(known.rows, plan, progress)
    bare = StudyRecipe("", "", "", recipe.task, plan, Fit(1), seed=recipe.seed)
    return pictures, features_of(module, Feed(pictures, bare), np.arange(len(pictures)), progress)


def _write_map(
    pictures: Pictures, features: NDArray[np.float32], recipe: StudyRecipe, out: Path, progress: Progress
) -> Path:
    """A line a picture: file, place on a slide, label, patient, place on the map. `Problem` below 5."""
    from ml.train.embed import picture_map
    from ml.train.picture_answers import place_of
    from ml.train.table import label_in_words

    progress.step(Step("Drawing the map", 0, 0))
    places = picture_map(features, seed=recipe.seed).places
    with whole_file(out / MAP_FILE) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "x", "y", "width", "height", "label", "patient", "map_x", "map_y"])
        for row, (x, y) in zip(pictures.rows, places, strict=True):
            known = [label_in_words(row, recipe.task), row.group]
            table.writerow([str(row.path), *place_of(row), *known, f"{x:.4f}", f"{y:.4f}"])
    return out / MAP_FILE


def _write_simple(recipe: StudyRecipe, known: Labelled, data: Path, out: Path, progress: Progress) -> Path:
    import numpy as np

    from ml.train.folds import fold_numbers
    from ml.train.lookalike import joined_where_wished
    from ml.train.new_network import network_for
    from ml.train.picture_answers import ANSWERS_FILE, write_picture_answers
    from ml.train.simple_model import simple_answers, simple_plan
    from ml.train.study_recipe import Fit, StudyRecipe

    plan = simple_plan()
    module, _ = network_for(StudyRecipe("", "", "", recipe.task, plan, Fit(1)), plan.size, data)
    pictures, features = _features(recipe, known, plan, module, progress)
    pictures, _ = joined_where_wished(pictures, recipe.division)
    progress.step(Step("Asking the simple model", 0, 0))
    folds = fold_numbers(pictures, recipe.task, recipe.division)
    found = simple_answers(features, pictures.labels, folds, recipe.task)
    rows = np.flatnonzero(folds >= 0)
    folder = made_folder(out / "simple")
    write_picture_answers(pictures, rows.tolist(), found[rows], recipe.task, folder)
    return folder / ANSWERS_FILE
