"""A tiny study that trains in seconds: coloured noise in two classes, several pictures a patient."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from ml.train.study_recipe import (
    Division,
    Fit,
    NetworkPlan,
    Source,
    StudyRecipe,
    Task,
    Vary,
)


def write_pictures(folder: Path, patients: int = 12, each: int = 3, seed: int = 0) -> None:
    """`labels.csv` with file, label, patient, site; class "b" is greener."""
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "patient", "site"])
        for patient in range(patients):
            label = "ab"[patient % 2]
            for number in range(each):
                name = f"{label}{patient}_{number}.png"
                pixels = chance.integers(60, 160, (40, 48, 3), dtype=np.uint8)
                pixels[..., 1] += 60 * (label == "b")
                Image.fromarray(pixels).save(folder / name)
                table.writerow([name, label, f"p{patient}", f"s{patient % 3}"])


def tiny_recipe(**changes: object) -> StudyRecipe:
    """Two classes, three folds, a small residual network at 32 px."""
    parts: dict[str, object] = {
        "name": "tiny",
        "title": "Tiny",
        "version": "1",
        "task": Task(("a", "b")),
        "sources": (Source("noise", "pictures", group="patient", site="site", licence="none"),),
        "network": NetworkPlan(
            "plain_resnet", {"first_hidden": 16, "stages": 3, "layers": 2, "drop_rate": 0.1}, size=(32, 32)
        ),
        "fit": Fit(epochs=2, batch=8, rate=2e-3),
        "vary": Vary(flip=True, quarter_turns=True, rotate=10, light=0.1),
        "division": Division(folds=3),
        "card": {"summary": "Tells green from grey.", "licence": "none"},
    }
    return StudyRecipe(**(parts | changes))  # type: ignore[arg-type]
