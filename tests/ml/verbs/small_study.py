"""A small study of real pictures that a test can learn from in seconds."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

RECIPE = """
name = "small"
title = "Small"
version = "1"
[task]
classes = ["benign", "malignant"]
shown = 1
[[sources]]
name = "breast"
path = "pictures"
group = "patient"
[network]
architecture = "plain_resnet"
options = { first_hidden = 16, stages = 3, layers = 2 }
size = [48, 64]
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
[fit]
epochs = 2
batch = 8
rate = 3e-3
[vary]
flip = true
[division]
folds = 3
run = 1
"""


def write_study(real_data: Path, folder: Path, patients: int = 6, each: int = 4) -> Path:
    """`small.toml` (its path is given back), and in `pictures` real ones of that many patients a class."""
    table = real_data / "patches" / "breast_100x" / "labels.csv"
    with table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    kept = []
    for label in ("benign", "malignant"):
        owners = list(dict.fromkeys(line["patient"] for line in lines if line["label"] == label))[:patients]
        for owner in owners:
            own = [line for line in lines if (line["patient"], line["label"]) == (owner, label)]
            kept += own[:each]
    (folder / "pictures").mkdir(parents=True)
    with (folder / "pictures" / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label", "patient"])
        for line in kept:
            name = Path(line["file"]).name
            shutil.copyfile(table.parent / line["file"], folder / "pictures" / name)
            writer.writerow([name, line["label"], line["patient"]])
    (folder / "small.toml").write_text(RECIPE, encoding="utf-8")
    return folder / "small.toml"
