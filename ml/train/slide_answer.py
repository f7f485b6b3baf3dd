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
from ml.geometry import Size
from ml.model.network import Network
from ml.progress import Progress, Step
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.train.slide_plan import TileRule
from ml.train.study_recipe import NetworkPlan
from ml.train.tile_choice import choose_tiles

_BATCH = 32
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PatientAnswer:
    """What the model says of a patient, and of each of his slides."""

    patient: str
    probabilities: Floats  # (classes,)
    slides: Floats  # (slides, classes)
    tiles: tuple[int, ...]  # looked at, of each slide


def predict_patients(
    network: Network, patients: Mapping[str, Sequence[Path]], progress: Progress
) -> list[PatientAnswer]:
    """Choose tiles, answer them, join them to slides and patients, and scale, all as the model's card says.

    Raises `Problem` where the model has learned tiles only, `SlideProblem`, `Cancelled`.
    """
    facts = network.card.metrics.get("slide_level")
    if not isinstance(facts, Mapping):
        raise Problem(
            f"The model {network.card.name} answers tiles, not whole slides.",
            "Train one by a recipe with labelled_slides.",
        )
    scale = Scale(float(facts["scale"]["slope"]), tuple(map(float, facts["scale"]["bias"])))
    answers = []
    for number, (patient, paths) in enumerate(patients.items()):
        progress.step(Step("Looking at slides", number, len(patients)))
        tiles = [_tile_answers(network, path, TileRule(**facts["rule"]), progress) for path in paths]
        raw = np.concatenate([_joined(values, facts) for values in tiles])
        whole = mean_of(raw, np.zeros(len(raw), dtype=np.intp))
        counts = tuple(len(values) for values in tiles)
        answers.append(PatientAnswer(patient, scale(whole)[0], scale(raw), counts))
    return answers


def _joined(tiles: NDArray[np.float32], facts: Mapping[str, Any]) -> Floats:
    """One slide, (1, classes)."""
    owners = np.zeros(len(tiles), dtype=np.intp)
    return (
        mean_of(tiles, owners)
        if facts["answers_by"] == "mean"
        else top_of(tiles, owners, float(facts["top_share"]))
    )


def _tile_answers(network: Network, path: Path, rule: TileRule, progress: Progress) -> NDArray[np.float32]:
    """(tiles, classes)."""
    card = network.card
    edge = card.patch_pixels
    plan = NetworkPlan(card.architecture, size=(edge, edge), spacing=0.0 if rule.edge else card.spacing)
    found = []
    with open_slide(path) as slide:
        known = slide.info.spacing
        if known is None and not rule.edge:
            raise Problem(f"{path.name} does not say how large a pixel is.", "Tell its pixel size first.")
        grid = choose_tiles(slide, rule, plan, known.spacing if known else None, progress)
        cells = np.argwhere(grid.kept)
        for start in range(0, len(cells), _BATCH):
            progress.check()
            rects = [grid.rect(int(row), int(column)) for row, column in cells[start : start + _BATCH]]
            batch = np.stack([read_region(slide, rect, Size(edge, edge)) for rect in rects])
            with network.lock:
                found.append(network.probabilities(batch))
    return np.concatenate(found)
