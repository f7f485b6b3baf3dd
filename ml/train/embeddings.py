"""Embeddings of pictures as a file: features, and what is known of each picture."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.report.atomic import whole_file
from ml.train.embed import Features, PictureMap

_WORDS = ("names", "labels", "patients", "slides")

UNDIVIDED = -1
"""The fold of a picture that belongs to none."""


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Row n of everything belongs to the same picture. Words are empty where nothing is known."""

    features: Features
    names: tuple[str, ...]
    labels: tuple[str, ...]
    patients: tuple[str, ...]
    slides: tuple[str, ...]
    folds: NDArray[np.intp]  # (n,) of the recipe that they were read by, else `UNDIVIDED`
    made_by: str  # which network, in words

    def __len__(self) -> int:
        return len(self.names)


def write_embeddings(made: Embeddings, path: Path) -> None:
    """An .npz file of numpy: features float32, names, labels, patients, slides, folds, made_by."""
    words: dict[str, Any] = {key: np.array(getattr(made, key)) for key in (*_WORDS, "made_by")}
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, features=made.features, folds=made.folds, **words)


def read_embeddings(path: Path) -> Embeddings:
    """Read it again; nothing in it is executed. Raises `Problem` where it is none."""
    try:
        with np.load(path, allow_pickle=False) as file:
            words = {key: tuple(map(str, file[key])) for key in _WORDS}
            features, folds = file["features"].astype(np.float32), file["folds"].astype(np.intp)
            made = Embeddings(features, folds=folds, made_by=str(file["made_by"]), **words)
    except FileNotFoundError:
        raise Problem(f"{path.name} is not there.", "Make it by `parfocal-ml embed`.") from None
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise Problem(
            f"{path.name} holds no embeddings: {error}.", "Make it by `parfocal-ml embed`."
        ) from None
    lengths = {len(part) for part in (*words.values(), features, folds)}
    if len(lengths) > 1 or features.ndim != 2:
        raise Problem(f"{path.name} does not fit together.", "Make it anew by `parfocal-ml embed`.")
    return made


def write_table(made: Embeddings, places: PictureMap | None, path: Path, *, features: bool) -> None:
    """A CSV file: file, label, patient, slide, fold, the place on the map, and where wished all features."""
    head = ["file", "label", "patient", "slide", "fold", *(("x", "y") if places else ())]
    head += [f"f{number}" for number in range(made.features.shape[1])] if features else []
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        for n, name in enumerate(made.names):
            fold = "" if made.folds[n] == UNDIVIDED else int(made.folds[n])
            known = [name, made.labels[n], made.patients[n], made.slides[n], fold]
            place = [f"{value:.4f}" for value in places.places[n]] if places else []
            numbers = [f"{value:.6g}" for value in made.features[n]] if features else []
            table.writerow([*known, *place, *numbers])
