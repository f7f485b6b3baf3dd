"""A trained bundle answers whole slides and patients: the same tiles, mean and scale as in its study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.evaluate.slide_level import Scale, mean_of, top_of
from ml.geometry import Size, Spacing
from ml.infer.batch_size import BatchSize
from ml.model.network import Network
from ml.progress import Progress, Step
from ml.results.slide_answer import SlideAnswer
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.slide.slide import Slide
from ml.train.slide_plan import TileRule
from ml.train.study_recipe import NetworkPlan
from ml.train.tile_choice import choose_tiles
from ml.zoo.card import ModelCard

_BATCH = 32
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PatientAnswer:
    """What the model says of a patient, and of each of his slides."""

    patient: str
    probabilities: Floats  # (classes,)
    slides: Floats  # (slides, classes)
    tiles: tuple[int, ...]  # looked at, of each slide


def answers_slides(card: ModelCard) -> bool:
    """Whether a model was taught by one label a slide, so that it can answer a slide as a whole."""
    return isinstance(card.metrics.get("slide_level"), Mapping)


def answer_slide(network: Network, slide: Slide, spacing: Spacing | None, progress: Progress) -> SlideAnswer:
    """Choose tiles, answer them, join and scale them, all as the model's card says.

    `spacing` is that of level 0; None where nobody knows it. Raises `Problem` where the model has learned
    tiles only, where no tile passes or the size of a pixel is needed, `SlideProblem`, `Cancelled`.
    """
    facts = _facts_of(network.card)
    tiles = _tile_answers(network, slide, spacing, TileRule(**facts["rule"]), progress)
    whole = _scale_of(facts)(_joined(tiles, facts))[0]
    return SlideAnswer(network.card.class_names, tuple(map(float, whole)), len(tiles))


def predict_patients(
    network: Network, patients: Mapping[str, Sequence[Path]], progress: Progress
) -> list[PatientAnswer]:
    """The same of all slides of each patient, and what they say together.

    Raises `Problem` where the model has learned tiles only, `SlideProblem`, `Cancelled`.
    """
    facts, answers = _facts_of(network.card), []
    scale = _scale_of(facts)
    for number, (patient, paths) in enumerate(patients.items()):
        progress.step(Step("Looking at slides", number, len(patients)))
        tiles = [_of_file(network, path, TileRule(**facts["rule"]), progress) for path in paths]
        raw = np.concatenate([_joined(values, facts) for values in tiles])
        whole = mean_of(raw, np.zeros(len(raw), dtype=np.intp))
        counts = tuple(len(values) for values in tiles)
        answers.append(PatientAnswer(patient, scale(whole)[0], scale(raw), counts))
    return answers


def _facts_of(card: ModelCard) -> Mapping[str, Any]:
    facts = card.metrics.get("slide_level")
    if not isinstance(facts, Mapping):
        raise Problem(
            f"The model {card.name} answers tiles, not whole slides.",
            "Train one by a recipe with labelled_slides.",
        )
    return facts


def _scale_of(facts: Mapping[str, Any]) -> Scale:
    return Scale(float(facts["scale"]["slope"]), tuple(map(float, facts["scale"]["bias"])))


def _joined(tiles: NDArray[np.float32], facts: Mapping[str, Any]) -> Floats:
    """One slide, (1, classes)."""
    owners = np.zeros(len(tiles), dtype=np.intp)
    return (
        mean_of(tiles, owners)
        if facts["answers_by"] == "mean"
        else top_of(tiles, owners, float(facts["top_share"]))
    )


def _of_file(network: Network, path: Path, rule: TileRule, progress: Progress) -> NDArray[np.float32]:
    with open_slide(path) as slide:
        known = slide.info.spacing
        return _tile_answers(network, slide, known.spacing if known else None, rule, progress)


def _tile_answers(
    network: Network, slide: Slide, spacing: Spacing | None, rule: TileRule, progress: Progress
) -> NDArray[np.float32]:
    """(tiles, classes)."""
    card = network.card
    edge = card.patch_pixels
    plan = NetworkPlan(card.architecture, size=(edge, edge), spacing=0.0 if rule.edge else card.spacing)
    if spacing is None and not rule.edge:
        name = slide.info.path.name
        raise Problem(f"{name} does not say how large a pixel is.", "Tell its pixel size first.")
    grid = choose_tiles(slide, rule, plan, spacing, progress)
    cells, size = np.argwhere(grid.kept), BatchSize(_BATCH, network.device)
    found: list[NDArray[np.float32]] = []
    for start in range(0, len(cells), _BATCH):
        progress.check()
        rects = [grid.rect(int(row), int(column)) for row, column in cells[start : start + _BATCH]]
        batch = np.stack([read_region(slide, rect, Size(edge, edge)) for rect in rects])
        found += size.run(lambda patches: (network.probabilities(patches),), batch)
    return np.concatenate(found)
