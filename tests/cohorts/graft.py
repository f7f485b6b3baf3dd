"""A cohort with a known truth: lesions of real tumour laid into real lung, in pyramids of many "patients".

No public slides with lesion boxes can be had here. Every pixel is real (LC25000), the arrangement is not, so
figures from it say whether a pipeline works, not how well it would do on a graft. Run it as a script:

    python -m tests.cohorts.graft FOLDER [PATIENTS]
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

DATA = Path(os.environ.get("PARFOCAL_DATA", ""))

EDGE = 3072  # px of a slide; at 0.5 µm/px 1.5 mm
SPACING = 0.5
_TILE = 224
_GLASS = (243, 241, 244)

Pixels = NDArray[np.uint8]


def write_cohort(folder: Path, patients: int = 20, seed: int = 5) -> None:
    """Slides `<patient>_a.tif` (some patients also `_b`) and boxes.csv: file, x1, y1, x2, y2, label.

    No source tile is used by two patients. Every slide holds tissue with glass around it; three in four hold
    one to four lesions of 120 to 450 µm, ellipses of adenocarcinoma or squamous cell carcinoma.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    normal, tumour = _groups("lung_n"), _groups("lung_aca") + _groups("lung_scc")
    chance.shuffle(normal)
    chance.shuffle(tumour)
    rows = []
    for patient in range(patients):
        own = (normal[patient::patients], tumour[patient::patients])
        for letter in "ab"[: 1 + (patient % 4 == 0)]:
            name = f"graft{patient:02d}_{letter}.tif"
            picture, boxes = _slide(own[0], own[1], int(chance.integers(0, 5)) if patient % 4 else 0, chance)
            _write(folder / name, picture)
            rows += [[name, *map(int, box), "lesion"] for box in boxes]
    with (folder / "boxes.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["file", "x1", "y1", "x2", "y2", "label"], *rows])


def _groups(label: str) -> list[list[Path]]:
    """The pictures of each source tile."""
    folder = DATA / "patches" / "lung_colon"
    groups: dict[str, list[Path]] = {}
    with (folder / "labels.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["label"] == label:
                groups.setdefault(row["group"], []).append(folder / row["file"])
    return list(groups.values())


def _slide(
    normal: list[list[Path]], tumour: list[list[Path]], lesions: int, chance: np.random.Generator
) -> tuple[Pixels, list[tuple[float, float, float, float]]]:
    y, x = np.mgrid[:EDGE, :EDGE].astype(np.float32)
    tissue = np.hypot((x - EDGE / 2) / (EDGE * 0.46), (y - EDGE / 2) / (EDGE * 0.42)) < 1
    picture = np.empty((EDGE, EDGE, 3), dtype=np.uint8)
    picture[:] = _GLASS
    picture[tissue] = _mosaic(normal, chance)[tissue]
    boxes: list[tuple[float, float, float, float]] = []
    ill = _mosaic(tumour, chance) if lesions else picture
    for _ in range(lesions * 8):
        if len(boxes) == lesions:
            break
        radius_x, radius_y = chance.uniform(120, 450, 2) / SPACING / 2
        center_x, center_y = chance.uniform(EDGE * 0.2, EDGE * 0.8, 2)
        box = (center_x - radius_x, center_y - radius_y, center_x + radius_x, center_y + radius_y)
        if any(_near(box, other) for other in boxes):
            continue
        inside = np.hypot((x - center_x) / radius_x, (y - center_y) / radius_y) < 1
        picture[inside & tissue] = ill[inside & tissue]
        boxes.append(box)
    return picture, boxes


def _near(one: tuple[float, ...], other: tuple[float, ...], room: float = 200.0) -> bool:
    return (
        one[0] < other[2] + room
        and other[0] < one[2] + room
        and one[1] < other[3] + room
        and other[1] < one[3] + room
    )


def _mosaic(groups: list[list[Path]], chance: np.random.Generator) -> Pixels:
    """Tiles edge to edge, turned and mirrored: (EDGE, EDGE, 3)."""
    count = -(-EDGE // _TILE)
    rows = []
    for _ in range(count):
        tiles = []
        for _ in range(count):
            group = groups[int(chance.integers(len(groups)))]
            with Image.open(group[int(chance.integers(len(group)))]) as image:
                tile = np.asarray(image.convert("RGB"))
            tile = np.rot90(tile, int(chance.integers(4)))
            tiles.append(tile[:, ::-1] if chance.integers(2) else tile)
        rows.append(np.concatenate(tiles, axis=1))
    whole: Pixels = np.concatenate(rows)[:EDGE, :EDGE]
    return whole


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
    write_cohort(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
