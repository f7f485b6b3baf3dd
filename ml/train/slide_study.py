"""From tile answers to one answer a slide and a patient, on patients that nothing was learned from."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ml.evaluate.slide_level import best_scale, mean_of, top_of, unit_figures
from ml.progress import Progress
from ml.train.attend import Attended, Bags, attend
from ml.train.embed import features_of
from ml.train.feed import Feed
from ml.train.folds import Fold, Rows
from ml.train.pictures import Pictures
from ml.train.slide_plan import Pooling
from ml.train.study_recipe import StudyRecipe
from ml.train.table import Row

NOTE = "note.txt"
"""A text beside the table of slides that is told with every figure: that a cohort is composed, for one."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Units:
    """The slides of one side of a fold and their patients; tiles are numbered as the side's rows are."""

    slides: tuple[str, ...]  # file names
    slide_of_tile: Rows  # (tiles,)
    patients: tuple[str, ...]
    patient_of_slide: Rows  # (slides,)
    truth: Rows  # (slides,) class

    @classmethod
    def of(cls, pictures: Pictures, rows: Rows) -> Units:
        """Slides and patients in the order in which they first occur."""
        paths = [str(pictures.rows[row].path) for row in rows]
        first = list(dict.fromkeys(paths))
        number = {path: n for n, path in enumerate(first)}
        examples = [pictures.rows[rows[paths.index(path)]] for path in first]
        patients = tuple(dict.fromkeys(row.group for row in examples))
        return cls(
            tuple(Path(path).name for path in first),
            np.array([number[path] for path in paths], dtype=np.intp),
            patients,
            np.array([patients.index(row.group) for row in examples], dtype=np.intp),
            np.array([row.label for row in examples], dtype=np.intp),
        )

    @property
    def patient_truth(self) -> Rows:
        """(patients,) class; all slides of a patient have the same one."""
        truth = np.empty(len(self.patients), dtype=np.intp)
        truth[self.patient_of_slide] = self.truth
        return truth


@dataclass(frozen=True, eq=False)
class Answers:
    """One way's answers on the reported side: raw, and scaled by what the side to choose on asks for."""

    slides: Floats  # (slides, classes), scaled
    slides_raw: Floats
    patients: Floats  # (patients, classes), scaled
    patients_raw: Floats


@dataclass(frozen=True, eq=False)
class SlideFold:
    """What one fold says of the slides that it had not seen."""

    report: Units
    answers: Mapping[Pooling, Answers]
    tiles: tuple[Row, ...]
    weights: NDArray[np.float64] | None  # of the tiles, by attention: (slides, most tiles)


def answer_slides(
    recipe: StudyRecipe,
    feed: Feed,
    pictures: Pictures,
    fold: Fold,
    tiles: tuple[Floats, Floats],
    backbone: nn.Module,
    progress: Progress,
) -> SlideFold:
    """All ways of the recipe, for one fold.

    `tiles` are the tile network's probabilities on the sides to choose and to report on; `backbone` gives the
    features that attention weighs. Raises `Cancelled`.
    """
    how = recipe.aggregation
    choose, report = (Units.of(pictures, rows) for rows in (fold.choose, fold.report))
    answers: dict[Pooling, Answers] = {}
    weights = None
    for way in how.ways:
        if way == "attention":
            attended, sides = _attended(recipe, feed, pictures, fold, backbone, progress)
            weights = attended.weights(sides[1])
            found = [attended.probabilities(side) for side in sides]
        else:
            found = [
                mean_of(values, side.slide_of_tile)
                if way == "mean"
                else top_of(values, side.slide_of_tile, how.top)
                for values, side in zip(tiles, (choose, report), strict=True)
            ]
        answers[way] = _scaled(found[0], choose, found[1], report)
    tiles_there = tuple(pictures.rows[row] for row in fold.report)
    return SlideFold(report, answers, tiles_there, weights)


def slide_facts(
    folds: Sequence[SlideFold], recipe: StudyRecipe, note: str = "", draws: int = 1000
) -> dict[str, object]:
    """Figures of slides and of patients, way by way, for report.json; folds are put together.

    `note` is what is to be said wherever a figure is shown.
    """
    shown = recipe.task.shown
    patients = [name for fold in folds for name in fold.report.patients]
    owners = [fold.report.patients[n] for fold in folds for n in fold.report.patient_of_slide]
    truth = np.concatenate([fold.report.truth for fold in folds])
    patient_truth = np.concatenate([fold.report.patient_truth for fold in folds])
    told: dict[str, object] = {"handed_in": recipe.aggregation.ways[0], "note": note}
    told["shown"] = recipe.task.classes[shown]
    for way in recipe.aggregation.ways:
        found = _joined([fold.answers[way] for fold in folds])
        told[way] = {
            "slides": unit_figures(found.slides, found.slides_raw, truth, owners, shown, draws),
            "patients": unit_figures(
                found.patients, found.patients_raw, patient_truth, patients, shown, draws
            ),
        }
    return told


def final_rule(folds: Sequence[SlideFold], tiles: Sequence[Floats], recipe: StudyRecipe) -> dict[str, object]:
    """What the bundle needs to answer a slide: the rule for tiles, how they are joined, the scale. For JSON.

    `tiles` are each fold's probabilities on the side it reported on, at the bundle's temperature. The scale
    is that of all patients together, each answered by a network that had not seen him; the folds' mean, which
    the bundle is, tends to be a little surer. Attention stays with the study: the bundle has no single one.
    """
    how = recipe.aggregation
    way = next((name for name in how.ways if name != "attention"), "mean")
    found = []
    for fold, values in zip(folds, tiles, strict=True):
        owners = fold.report.slide_of_tile
        slides = mean_of(values, owners) if way == "mean" else top_of(values, owners, how.top)
        found.append(mean_of(slides, fold.report.patient_of_slide))
    truth = np.concatenate([fold.report.patient_truth for fold in folds])
    scale = best_scale(np.concatenate(found), truth)
    return {"rule": asdict(recipe.tiles), "answers_by": way, "top_share": how.top, "scale": asdict(scale)}


def note_of(recipe: StudyRecipe, data: Path) -> str:
    """What the folders of the slides say of themselves in `note.txt`, if they do."""
    notes = (data / source.path / NOTE for source in recipe.labelled_slides)
    return " ".join(note.read_text(encoding="utf-8").strip() for note in notes if note.is_file())


def write_answers(folds: Sequence[SlideFold], recipe: StudyRecipe, folder: Path) -> None:
    """`patients.csv` as the stroke-clot challenge takes it (patient_id, a column a class), slides and tiles.

    A patient is answered by the network that had not seen him; the way is the first of the recipe.
    `tiles.csv` says how much attention, where it was asked for, gave to each tile.
    """
    way, classes = recipe.aggregation.ways[0], recipe.task.classes
    patients: list[list[object]] = [["patient_id", *classes]]
    slides: list[list[object]] = [["file", "patient_id", "label", *classes]]
    for fold in folds:
        made, side = fold.answers[way], fold.report
        names = [name.split(": ", maxsplit=1)[1] for name in side.patients]
        patients += [[n, *_short(values)] for n, values in zip(names, made.patients, strict=True)]
        slides += [
            [name, names[owner], classes[truth], *_short(values)]
            for name, owner, truth, values in zip(
                side.slides, side.patient_of_slide, side.truth, made.slides, strict=True
            )
        ]
    tiles: list[list[object]] = [["file", "x", "y", "width", "height", "attention"], *_weighed(folds)]
    for name, lines in (("patients.csv", patients), ("slides.csv", slides), ("tiles.csv", tiles)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)


def _weighed(folds: Sequence[SlideFold]) -> list[list[object]]:
    lines: list[list[object]] = []
    for fold in folds:
        counted = np.zeros(len(fold.report.slides), dtype=np.intp)
        for row, slide in zip(fold.tiles, fold.report.slide_of_tile, strict=True):
            weight = "" if fold.weights is None else f"{fold.weights[slide, counted[slide]]:.5f}"
            counted[slide] += 1
            rect = row.rect
            place = [] if rect is None else [round(v) for v in (rect.x, rect.y, rect.width, rect.height)]
            lines.append([row.path.name, *place, weight])
    return lines


def _attended(
    recipe: StudyRecipe, feed: Feed, pictures: Pictures, fold: Fold, backbone: nn.Module, progress: Progress
) -> tuple[Attended, tuple[Bags, Bags]]:
    """Attention learned on the side to learn from, and the bags of the other two."""
    bags = []
    for rows in (fold.fit, fold.choose, fold.report):
        side = Units.of(pictures, rows)
        bags.append(Bags.of(features_of(backbone, feed, rows, progress), side.slide_of_tile, side.truth))
    classes, seed = len(recipe.task.classes), recipe.seed + fold.number
    attended = attend(bags[0], bags[1], classes, recipe.aggregation, seed, progress)
    return attended, (bags[1], bags[2])


def _joined(parts: Sequence[Answers]) -> Answers:
    """Those of all folds, one after the other."""
    return Answers(
        np.concatenate([part.slides for part in parts]),
        np.concatenate([part.slides_raw for part in parts]),
        np.concatenate([part.patients for part in parts]),
        np.concatenate([part.patients_raw for part in parts]),
    )


def _scaled(chosen: Floats, choose: Units, reported: Floats, report: Units) -> Answers:
    """Slides to patients by their mean; the scale is that of the patients to choose on."""
    scale = best_scale(mean_of(chosen, choose.patient_of_slide), choose.patient_truth)
    patients = mean_of(reported, report.patient_of_slide)
    return Answers(scale(reported), reported, scale(patients), patients)


def _short(values: Floats) -> list[str]:
    return [f"{value:.5f}" for value in values]


def softmax_of(logits: NDArray[np.float32]) -> Floats:
    """(n, classes) float64."""
    found: Floats = torch.softmax(torch.from_numpy(logits).double(), dim=1).numpy()
    return found
