"""`parfocal-ml predict`: pictures and folders of them through a model, one row each."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from ml.errors import Problem
from ml.progress import Progress
from ml.report.atomic import cannot_write

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})


@dataclass(frozen=True)
class PredictRequest:
    """Which pictures, which model, where to."""

    path: Path  # a picture, or a folder that is searched with all its folders
    model: str
    out: Path  # a CSV file
    device: str = "auto"


@dataclass(frozen=True)
class Predicted:
    """What was written."""

    out: Path
    pictures: int
    unreadable: tuple[str, ...]  # names with their reasons


def predict(request: PredictRequest, progress: Progress) -> Predicted:
    """Write `name,prediction` and a column of probability for each class; rows in the order of names.

    `prediction` is the likeliest class; of classes that stand on their own 0 or 1 for one, and for several
    their names with ";" between. A picture that cannot be read has an empty prediction and its reason in the
    last column. Raises `Problem` for an invalid path, `ModelProblem`, `Cancelled`; then nothing is written.
    """
    from ml.infer.pictures import answer_pictures
    from ml.verbs.loaded import ready_model

    paths = pictures_in(request.path)
    network = ready_model(request.model, request.device).network
    names = network.card.class_names
    root = request.path if request.path.is_dir() else request.path.parent
    rows, unreadable = [], []
    for answer in answer_pictures(network, paths, progress):
        name = answer.path.relative_to(root).as_posix()
        if answer.probabilities is None:
            unreadable.append(f"{name}: {answer.problem}")
            rows.append([name, "", *("" for _ in names), answer.problem])
        else:
            values = [float(value) for value in answer.probabilities]
            said = _in_words(values, names, independent=network.card.output == "sigmoid")
            rows.append([name, said, *(f"{value:.6f}" for value in values), ""])
    _write(request.out, [["name", "prediction", *names, "problem"], *rows])
    return Predicted(request.out, len(paths), tuple(unreadable))


def pictures_in(path: Path) -> list[Path]:
    """The picture, or all pictures in a folder, by name. Raises `Problem` where there is none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise Problem(f"Invalid path: {path.name or path} is neither a picture nor a folder.", "Check it.")
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
    if not found:
        raise Problem(f"The folder {path.name} holds no pictures.", "Give a folder with PNG, JPEG or TIFF.")
    return found


def _in_words(values: list[float], names: tuple[str, ...], *, independent: bool) -> str:
    if independent and len(names) == 1:
        return str(int(values[0] >= 0.5))
    if independent:
        return ";".join(name for name, value in zip(names, values, strict=True) if value >= 0.5)
    return names[max(range(len(values)), key=values.__getitem__)]


def _write(out: Path, rows: list[list[str]]) -> None:
    """Whole or not at all."""
    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise cannot_write(out.name, error) from error
