"""`parfocal-ml evaluate`: a model on labelled pictures that it should not have learned from."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.report.atomic import whole_file
from ml.verbs.embed import TableWords
from ml.verbs.loaded import ready_model
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    from ml.model.network import Network
    from ml.train.evaluation import Answered
    from ml.train.labelled import Labelled
    from ml.train.pictures import Broken, Pictures
    from ml.zoo.card import ModelCard

_BATCH = 32


@dataclass(frozen=True)
class EvaluateRequest:
    """Which model on which pictures, where to."""

    path: Path  # a recipe (then `data` is needed), or a folder with a table or a folder a class
    model: str
    out: Path  # a folder
    data: Path | None = None
    columns: TableWords = field(default_factory=TableWords)
    negative: str = ""  # how the table calls what is none of the model's classes (they stand on their own)
    device: str = "auto"
    draws: int = 1000  # of patients, for the intervals
    skip_broken: bool = False  # evaluate without pictures that cannot be read; they are told all the same


@dataclass(frozen=True)
class Evaluated:
    """The figures as they stand in `evaluation.json`, and all that was written."""

    facts: Mapping[str, Any]
    files: tuple[Path, ...]


def evaluate(request: EvaluateRequest, progress: Progress) -> Evaluated:
    """Write `evaluation.json`, `answers.csv` and figures (SVG): ROC, precision, reliability, confusion.

    Whether the model learned from these patients nobody can tell from the pictures: the facts say what it was
    trained on. Raises `Problem` for labels that the model does not have and for pictures that cannot be read,
    `ModelProblem`, `Cancelled`; then nothing is written.
    """
    network = ready_model(request.model, request.device).network
    from ml.train.evaluation import Answered, evaluation
    from ml.train.pictures import read_pictures

    known = _known(request, network.card, progress)
    broken: list[Broken] | None = [] if request.skip_broken else None
    pictures = read_pictures(known.rows, _plan(network.card), progress, broken)
    said = Answered(_answers(network, pictures, progress), pictures.labels, pictures.groups)
    progress.step(Step("Measuring", 0, 0))
    facts = {
        "model": _model_facts(network.card),
        **evaluation(known.task, said, network.card.thresholds, request.draws),
        **_doubts(pictures),
        "left_out": [f"{one.row.path.name}: {one.why}" for one in broken or ()],
    }
    progress.check()
    return Evaluated(facts, _written(request.out, network.card, known, pictures, said, facts))


def _known(request: EvaluateRequest, card: ModelCard, progress: Progress) -> Labelled:
    """The pictures with labels in the order of the model's classes."""
    from ml.train.labelled import Columns, by_recipe, in_folder, task_of

    if request.path.suffix != ".toml":
        if not request.path.is_dir():
            raise Problem(
                f"Invalid path: {request.path.name} is neither a recipe nor a folder of labelled pictures.",
                "Check it.",
            )
        columns = Columns(**dataclasses.asdict(request.columns))
        return in_folder(request.path, columns, task_of(card, request.negative))
    if request.data is None:
        raise Problem("A recipe needs its data.", "Give the folder with the data by --data.")
    recipe = study_of(request.path, request.data)
    if recipe.task.output != card.output or set(recipe.task.classes) != set(card.class_names):
        raise Problem(
            f"The model knows {', '.join(card.class_names)}; the recipe {', '.join(recipe.task.classes)}.",
            "Choose a model of this task, or rename the labels in the recipe.",
        )
    task = dataclasses.replace(recipe.task, classes=card.class_names, shown=card.shown_class, colors=())
    return by_recipe(dataclasses.replace(recipe, task=task, network=_plan(card)), request.data, progress)


def _plan(card: ModelCard) -> Any:
    from ml.train.labelled import plan_of

    return plan_of(card)


def _answers(network: Network, pictures: Pictures, progress: Progress) -> Any:
    """Probabilities, (n, classes) float32."""
    import numpy as np

    found = []
    for start in range(0, len(pictures), _BATCH):
        progress.check()
        progress.step(Step("Looking at pictures", start, len(pictures)))
        found.append(network.probabilities(pictures.pixels[start : start + _BATCH]))
    return np.concatenate(found)


def _model_facts(card: ModelCard) -> dict[str, object]:
    kept = ("name", "title", "version", "weights_sha256", "class_names", "output", "training_data")
    return {key: getattr(card, key) for key in kept}


def _doubts(pictures: Pictures) -> dict[str, object]:
    """What beside the picture's content tells the label, and pictures that are there twice."""
    import numpy as np

    from ml.train.leakage import inspect

    found = inspect(pictures, np.zeros(len(pictures), dtype=np.intp))
    twice = len(pictures) - len(set(pictures.sha256))
    confounding = [dataclasses.asdict(one) for one in found.confounding]
    return {"confounding": confounding, "doubts": found.in_words()[2:], "there_twice": twice}


def _written(
    out: Path,
    card: ModelCard,
    known: Labelled,
    pictures: Pictures,
    said: Answered,
    facts: Mapping[str, Any],
) -> tuple[Path, ...]:
    from ml.report.evaluation_figures import evaluation_figures
    from ml.train.table import label_in_words

    drawn = evaluation_figures(facts, card)
    made_folder(out)
    with whole_file(out / "evaluation.json") as part:
        part.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    names = {id(row): name for row, name in zip(known.rows, known.names, strict=True)}
    with whole_file(out / "answers.csv") as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "patient", *card.class_names])
        for row, values in zip(pictures.rows, said.probabilities, strict=True):
            label = label_in_words(row, known.task)
            table.writerow([names[id(row)], label, row.group, *(f"{value:.6f}" for value in values)])
    for name, text in drawn.items():
        with whole_file(out / name) as part:
            part.write_text(text, encoding="utf-8")
    return tuple(out / name for name in ("evaluation.json", "answers.csv", *drawn))
