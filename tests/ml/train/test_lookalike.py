"""Pictures that look the same end up on one side, so that the check finds nothing to refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ml.progress import Progress
from ml.train.folds import fold_numbers
from ml.train.leakage import inspect, refuse
from ml.train.lookalike import lookalikes_joined
from ml.train.pictures import Pictures, read_pictures
from ml.train.study_recipe import Division, NetworkPlan, Task
from ml.train.table import read_rows
from tests.ml.train.studies import tiny_recipe

TASK = Task(("a", "b"))


def textured(seed: int) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((90, 80), Image.Resampling.BICUBIC)


def read(tmp_path: Path) -> Pictures:
    """Twelve patients with a picture each; p0 and p2 share a look, p2 and p4 a file."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = ["file,label,patient,site"]
    for number in range(12):
        textured(number).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{'ab'[number % 2]},p{number},s")
    textured(0).resize((60, 53)).save(folder / "again.jpg", quality=60)
    textured(2).save(folder / "copy.png")
    lines += ["again.jpg,a,p2,s", "copy.png,a,p4,s"]
    (folder / "labels.csv").write_text("\n".join(lines))
    rows = read_rows(tiny_recipe().sources, TASK, tmp_path)
    return read_pictures(rows, NetworkPlan("resnet18", size=(48, 48)), Progress())


def test_groups_that_share_a_picture_become_one(tmp_path: Path) -> None:
    pictures = read(tmp_path)
    joined, gone = lookalikes_joined(pictures)
    assert gone == 2
    together = {joined.groups[n] for n in (0, 2, 4, 12, 13)}
    assert len(together) == 1
    assert len(set(joined.groups)) == 10
    assert joined.pixels is pictures.pixels


def test_no_division_of_joined_groups_is_refused(tmp_path: Path) -> None:
    joined, _ = lookalikes_joined(read(tmp_path))
    for seed in range(6):
        division = Division(folds=3, duplicates="join", seed=seed)
        found = inspect(joined, fold_numbers(joined, TASK, division))
        assert found.is_clean
        refuse(found, duplicates_too=True)
