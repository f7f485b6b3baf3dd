"""A cohort with a known truth: "clots" of two classes, composed of carotid, lung and tumour.

No labelled stroke clots can be had here. Every pixel is real (the carotid slide and LC25000); the arrangement
is not. A patient's class decides how much of his lung tissue is adenocarcinoma. The shares overlap, so that
even who knows them exactly is not always right: `share` in the table; `ceiling` computes what that allows.
Figures from it are of a composed cohort: they say whether a pipeline works, nothing about strokes. Run it so:

    python -m tests.cohorts.clot FOLDER [PATIENTS]
"""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from ml.evaluate.classification import Interval, interval
from ml.evaluate.discrimination import auroc
from ml.geometry import Rect, Size
from ml.slide.opening import open_slide
from ml.slide.region import read_region

DATA = Path(os.environ.get("PARFOCAL_DATA", ""))

EDGE = 2016  # px of a slide: 9 cells
SPACING = 0.5
RARE = 0.28  # share of patients that are LAA, as in the challenge (175 of 632)
SHARES = {"CE": (0.05, 0.6), "LAA": (0.4, 0.95)}  # of tumour in a patient's lung tissue, evenly drawn
NOTE = (
    "Composed cohort: real carotid, lung and lung tumour laid together by a program, the share of tumour in "
    "place of what tells clots apart. It says nothing about strokes."
)
_CELL = 224
_GLASS = (243, 241, 244)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Patient:
    """One composed patient and what there is to compose his slides of."""

    number: int
    label: str
    share: float  # of tumour among his lung tissue
    slides: int
    center: int
    tumour: list[list[Path]]
    benign: list[list[Path]]
    carotid: NDArray[np.float64]  # (n, 2) x and y of blocks of the carotid slide, his alone


def write_cohort(folder: Path, patients: int = 64, seed: int = 5) -> None:
    """Slides `<patient>_<number>.tif` and the challenge's table twice.

    `train.csv` has image_id, center_id, patient_id, image_num, label and `share`; in `train-by-chance.csv`
    the labels are dealt out anew among the patients, so that they say nothing. No source tile and no block of
    the carotid slide is used by two patients.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    people = _people(patients, chance)
    rows: list[list[object]] = []
    with open_slide(DATA / "slides" / "carotid_thrombus_he.svs") as carotid:

        def block(x: float, y: float) -> Pixels:
            edge = _CELL * SPACING / 0.729  # µm/px of that slide
            return read_region(carotid, Rect(x, y, edge, edge), Size(_CELL, _CELL))

        for one in people:
            for number in range(one.slides):
                name = f"p{one.number:03d}_{number}"
                blocks = [block(x, y) for x, y in chance.permutation(one.carotid)[:24]]
                _write(folder / f"{name}.tif", _slide(one, blocks, chance))
                known = [one.center, f"p{one.number:03d}", number, one.label, round(one.share, 3)]
                rows.append([name, *known])
    dealt = dict(
        zip([one.number for one in people], chance.permutation([one.label for one in people]), strict=True)
    )
    by_chance = [[*row[:4], dealt[int(str(row[2])[1:])], row[5]] for row in rows]
    (folder / "note.txt").write_text(NOTE + "\n", encoding="utf-8")
    columns = ["image_id", "center_id", "patient_id", "image_num", "label", "share"]
    for name, lines in (("train.csv", rows), ("train-by-chance.csv", by_chance)):
        with (folder / name).open("w", newline="") as file:
            csv.writer(file).writerows([columns, *lines])


def ceiling(folder: Path, table: str = "train.csv") -> Interval:
    """AUROC of who knows every patient's true share, with its 95 % interval: no pipeline should beat it."""
    with (folder / table).open(newline="") as file:
        people = {row["patient_id"]: row for row in csv.DictReader(file)}
    truth = np.array([row["label"] == "LAA" for row in people.values()])
    share = np.array([float(row["share"]) for row in people.values()])
    return interval(lambda rows: auroc(truth[rows], share[rows]), list(people))


def _people(count: int, chance: np.random.Generator) -> list[Patient]:
    rare = round(RARE * count)
    labels = chance.permutation(["LAA"] * rare + ["CE"] * (count - rare))
    tumour, benign, blocks = _groups("lung_aca"), _groups("lung_n"), _blocks()
    for things in (tumour, benign, blocks):
        chance.shuffle(things)
    slides = chance.choice([1, 2, 3], count, p=[0.75, 0.2, 0.05])
    centers = chance.choice(np.arange(1, 12), count, p=np.array([4, 2, 3, 6, 3, 3, 5, 1, 1, 3, 14]) / 45)
    return [
        Patient(
            number=n,
            label=str(labels[n]),
            share=float(chance.uniform(*SHARES[str(labels[n])])),
            slides=int(slides[n]),
            center=int(centers[n]),
            tumour=tumour[n::count],
            benign=benign[n::count],
            carotid=blocks[n::count],
        )
        for n in range(count)
    ]


def _groups(label: str) -> list[list[Path]]:
    """The pictures of each source tile."""
    folder = DATA / "patches" / "lung_colon"
    groups: dict[str, list[Path]] = {}
    with (folder / "labels.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["label"] == label:
                groups.setdefault(row["group"], []).append(folder / row["file"])
    return list(groups.values())


def _blocks() -> NDArray[np.float64]:
    """Left upper corners of blocks of the carotid slide that hold tissue, by a plain look at an overview."""
    with open_slide(DATA / "slides" / "carotid_thrombus_he.svs") as slide:
        edge = _CELL * SPACING / 0.729
        columns, rows = (int(length // edge) for length in (slide.info.size.width, slide.info.size.height))
        overview = read_region(slide, Rect(0, 0, columns * edge, rows * edge), Size(columns * 4, rows * 4))
    color = np.ptp(overview.astype(np.int16), axis=2).reshape(rows, 4, columns, 4).min(axis=(1, 3))
    row, column = np.nonzero(color > 30)
    return np.stack([column * edge, row * edge], axis=1)


def _slide(one: Patient, carotid: list[Pixels], chance: np.random.Generator) -> Pixels:
    """A lump of cells in a plane of glass, its outline its own; two cells in three are lung."""
    count = EDGE // _CELL
    picture = np.empty((EDGE, EDGE, 3), dtype=np.uint8)
    left = list(carotid)
    for row in range(count):
        for column in range(count):
            kind = chance.random()
            if kind < 1 / 3 and left:
                cell = left.pop()
            else:
                cell = _tile(one.tumour if chance.random() < one.share else one.benign, chance)
            cell = np.rot90(cell, int(chance.integers(4)))
            cell = cell[:, ::-1] if chance.integers(2) else cell
            picture[row * _CELL : (row + 1) * _CELL, column * _CELL : (column + 1) * _CELL] = cell
    picture[~_lump(chance)] = _GLASS
    return picture


def _lump(chance: np.random.Generator) -> NDArray[np.bool_]:
    """Where the tissue is: a wavy ellipse of its own kind for each slide, (EDGE, EDGE)."""
    y, x = np.mgrid[:EDGE, :EDGE].astype(np.float32) / EDGE - 0.5
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    edge = np.full_like(radius, chance.uniform(0.38, 0.44))
    for waves in range(2, 8):
        edge += chance.normal(0, 0.05 / waves) * np.cos(waves * angle + chance.uniform(0, 2 * np.pi))
    inside: NDArray[np.bool_] = radius < edge
    return inside


def _tile(groups: list[list[Path]], chance: np.random.Generator) -> Pixels:
    group = groups[int(chance.integers(len(groups)))]
    with Image.open(group[int(chance.integers(len(group)))]) as image:
        return np.asarray(image.convert("RGB"))


def _write(path: Path, picture: Pixels) -> None:
    with tifffile.TiffWriter(path) as file:
        for step in (1, 2, 4, 8):
            level = np.asarray(Image.fromarray(picture).reduce(step)) if step > 1 else picture
            file.write(
                level,
                tile=(256, 256),
                photometric="rgb",
                compression="jpeg",
                compressionargs={"level": 88},
                subfiletype=int(step > 1),
                resolution=(10_000 / (SPACING * step), 10_000 / (SPACING * step)),
                resolutionunit="CENTIMETER",
                metadata=None,
            )


if __name__ == "__main__":
    write_cohort(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 64)
    print("AUROC of who knows the true shares:", ceiling(Path(sys.argv[1])))
