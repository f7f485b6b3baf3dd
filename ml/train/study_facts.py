"""What a study tells of itself: figures of pictures, slides and boxes, by networks that had not seen them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ml.evaluate.calibration import best_temperature
from ml.evaluate.curves import curves
from ml.evaluate.log_loss import prior_shifted
from ml.train import figures
from ml.train.balance import balance_of, prior_of
from ml.train.box_study import Side, at_natural_share, box_figures, find_on_fold, most_chosen
from ml.train.familiarity import Learned
from ml.train.figures import EpochFigures
from ml.train.folds import Fold, Rows
from ml.train.leakage import LeakageReport
from ml.train.learner import answers
from ml.train.multi_label import Answers, thresholds_of, tuned_figures
from ml.train.picture_answers import write_picture_answers
from ml.train.pictures import Pictures
from ml.train.slide_rows import LabelledSlide
from ml.train.slide_study import SlideFold, final_rule, note_of, slide_facts, softmax_of, write_answers
from ml.train.study_recipe import StudyRecipe

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Member:
    """One fold's network: its weights and what it said of the pictures that it had not seen."""

    fold: Fold
    weights: dict[str, torch.Tensor]
    reported: Floats  # logits (report, classes)
    chosen: Floats  # logits (choose, classes)
    slides: SlideFold | None = None  # where slides have one label each
    familiarity: Learned | None = None  # of the first fold: an ensemble knows by its first network


@dataclass(frozen=True)
class Study:
    """What was studied, and where."""

    recipe: StudyRecipe
    pictures: Pictures
    slides: Sequence[LabelledSlide]  # with boxes; empty where there are none
    data: Path
    out: Path


def study_facts(
    study: Study, trained: Sequence[Member], found: LeakageReport, history: Sequence[EpochFigures]
) -> dict[str, object]:
    """Everything of report.json; answers of slides and patients go into tables beside it."""
    recipe, pictures, members = study.recipe, study.pictures, _judged(trained)
    temperature = _temperature(recipe, pictures, members)
    return {
        **_figures(study, members, temperature),
        "folds": _folds(recipe, pictures, trained, temperature),
        "leakage": found.as_facts() | {"in_words": found.in_words()},
        "balance": balance_of(recipe.fit, recipe.task, pictures.labels).words,
        "temperature": temperature,
        **_tuned(recipe, pictures, members, temperature),
        "published": recipe.published,
        **(_boxes(recipe, pictures, study.slides, members, temperature) if study.slides else {}),
        **_slide_level(recipe, members, temperature, study.data, study.out),
        "epochs": [dataclasses.asdict(epoch) for epoch in history],
    }


def _judged(members: Sequence[Member]) -> list[Member]:
    """One answer a fold: where several architectures learned it, the mean of their probabilities."""
    found = []
    for number in dict.fromkeys(member.fold.number for member in members):
        own = [member for member in members if member.fold.number == number]
        if len(own) == 1:
            found += own
            continue
        sides = (
            np.mean([1 / (1 + np.exp(-getattr(m, side).astype(np.float64))) for m in own], axis=0)
            for side in ("reported", "chosen")
        )
        cut = (side.clip(1e-7, 1 - 1e-7) for side in sides)
        reported, chosen = (np.log(p / (1 - p)).astype(np.float32) for p in cut)
        found.append(dataclasses.replace(own[0], reported=reported, chosen=chosen))
    return found


def _temperature(recipe: StudyRecipe, pictures: Pictures, members: Sequence[Member]) -> float:
    """Fitted on the sides to choose on, all folds together."""
    logits = np.concatenate([member.chosen for member in members])
    labels = np.concatenate([pictures.labels[member.fold.choose] for member in members])
    return best_temperature(logits, labels, independent=recipe.task.output == "sigmoid")


def _figures(study: Study, members: Sequence[Member], temperature: float) -> dict[str, object]:
    """Each picture's answer is that of the one network which had not seen its patient; kept as a table."""
    recipe, pictures = study.recipe, study.pictures
    rows = np.concatenate([member.fold.report for member in members])
    logits = torch.from_numpy(np.concatenate([member.reported for member in members])) / temperature
    groups = [pictures.groups[row] for row in rows]
    found = answers(logits, recipe).numpy()
    labels, independent = pictures.labels[rows], recipe.task.output == "sigmoid"
    write_picture_answers(pictures, rows.tolist(), found, recipe.task, study.out)
    return {
        "figures": figures.report(recipe.task, found, labels, groups),
        "curves": curves(recipe.task.classes, found, labels, independent=independent),
    }


def _folds(
    recipe: StudyRecipe, pictures: Pictures, members: Sequence[Member], temperature: float
) -> list[dict[str, object]]:
    """The figures of each network by itself, on the pictures that it had not seen."""
    made: list[dict[str, object]] = []
    for member in members:
        rows = member.fold.report
        found = answers(torch.from_numpy(member.reported) / temperature, recipe).numpy()
        groups = [pictures.groups[row] for row in rows]
        told = figures.brief(recipe.task, found, pictures.labels[rows], groups)
        made.append({"fold": member.fold.number + 1, **told})
    return made


def _slide_level(
    recipe: StudyRecipe, members: Sequence[Member], temperature: float, data: Path, out: Path
) -> dict[str, object]:
    """Slides and patients, apart from the figures of tiles; their answers as tables in `out`."""
    folds = [member.slides for member in members if member.slides is not None]
    if not folds:
        return {}
    write_answers(folds, recipe, out)
    tiles = [softmax_of(member.reported / temperature) for member in members]
    told = slide_facts(folds, recipe, note_of(recipe, data)) | final_rule(folds, tiles, recipe)
    return {"figures_are_of": "tiles, each with the label of its slide", "slide_level": told}


def _tuned(
    recipe: StudyRecipe, pictures: Pictures, members: Sequence[Member], temperature: float
) -> dict[str, object]:
    """Figures at thresholds of each fold's own side to choose on; the card's are of all of them together."""
    if recipe.task.output != "sigmoid" or recipe.slides:
        return {}

    def said(logits: Floats, rows: Rows) -> Answers:
        found = answers(torch.from_numpy(logits) / temperature, recipe).numpy()
        return Answers(found, pictures.labels[rows], tuple(pictures.groups[row] for row in rows))

    folds = [(said(m.chosen, m.fold.choose), said(m.reported, m.fold.report)) for m in members]
    chosen = [choose for choose, _ in folds]
    probabilities, labels = (
        np.concatenate([getattr(c, key) for c in chosen]) for key in ("probabilities", "labels")
    )
    thresholds = thresholds_of(probabilities, labels)
    return {"at_thresholds": tuned_figures(recipe.task, folds), "thresholds": thresholds}


def _boxes(
    recipe: StudyRecipe,
    pictures: Pictures,
    slides: Sequence[LabelledSlide],
    members: Sequence[Member],
    temperature: float,
) -> dict[str, object]:
    """Boxes of each class; scores are first put back to the share of positives of whole slides.

    `grouping` and `thresholds` are for the card, class by class: how most folds made boxes, and the median of
    their thresholds, as the bundle says it, which puts nothing back but divides logits by the temperature.
    """
    told: dict[str, object] = {}
    thresholds: list[float] = []
    grouping: list[dict[str, object]] = []
    for number, name in enumerate(recipe.task.classes):
        folds, said = [], []
        for member in members:
            labels = pictures.labels[member.fold.fit]
            drawn = prior_of(balance_of(recipe.fit, recipe.task, labels), labels)
            natural = _natural(pictures, member.fold.fit)
            choose, report = (
                Side(
                    [pictures.rows[row] for row in rows],
                    at_natural_share(answers(torch.from_numpy(logits), recipe).numpy(), drawn, natural),
                )
                for rows, logits in (
                    (member.fold.choose, member.chosen),
                    (member.fold.report, member.reported),
                )
            )
            folds.append(find_on_fold(choose, report, slides, recipe.task, number, recipe.finding))
            threshold = np.array([folds[-1].rule.threshold])
            said += prior_shifted(threshold, float(natural[number]), float(drawn[number])).tolist()
        told[name] = box_figures(folds, slides, recipe.finding)
        how, where = most_chosen([fold.rule for fold in folds])
        odds = float(np.median([(p / (1 - p)) ** (1 / temperature) for p in np.array(said)[where]]))
        thresholds.append(round(odds / (1 + odds), 4))
        grouping.append(dataclasses.asdict(how))
    return {"boxes": told, "thresholds": thresholds, "grouping": grouping}


def _natural(pictures: Pictures, fit: Rows) -> NDArray[np.float64]:
    """Share of positives of each class on whole slides: corrected places beside them were picked out."""
    whole = [row for row in fit if not pictures.rows[row].only_fit]
    return np.asarray(pictures.labels[whole].mean(axis=0), dtype=np.float64)
