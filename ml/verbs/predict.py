"""`parfocal-ml predict`: pictures, CT slices and folders of them through a model, one row each."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ml.errors import Problem
from ml.progress import Progress
from ml.report.atomic import cannot_write
from ml.verbs.predict_patients import patient_rows

if TYPE_CHECKING:
    from ml.infer.pictures import Answer
    from ml.model.network import Network

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})


@dataclass(frozen=True)
class PredictRequest:
    """Which pictures, which model, where to."""

    path: Path  # a picture or DICOM file, a folder that is searched with all its folders, a table of slides
    model: str
    out: Path  # a CSV file
    device: str = "auto"
    form: Literal["table", "rsna"] = "table"  # rsna: a row a slice and class, <file>_<class>,Label


@dataclass(frozen=True)
class Predicted:
    """What was written."""

    out: Path
    pictures: int  # or patients
    unreadable: tuple[str, ...]  # names with their reasons


def predict(request: PredictRequest, progress: Progress) -> Predicted:
    """Write `name,prediction` and a column of probability for each class; rows in the order of names.

    `prediction` is the likeliest class; of classes that stand on their own 0 or 1 for one, and for several
    their names with ";" between, each from the model's own threshold on. A model of CT slices takes DICOM,
    rows in the order of the series. A picture that cannot be read has an empty prediction and its reason in
    the last column; the RSNA form has no place for it, and no row. Of a table of slides (`.csv`), a row a
    patient, by a model that learned from one label a slide. Raises `Problem` for an invalid path,
    `ModelProblem`, `Cancelled`; then nothing is written.
    """
    from ml.verbs.loaded import ready_model

    if not request.path.exists():
        raise _invalid(request.path)
    network = ready_model(request.model, request.device).network
    card = network.card
    if request.form == "rsna" and card.output != "sigmoid":
        raise Problem(
            f"The classes of “{card.title}” exclude each other: the RSNA form has no place for them."
        )
    if request.path.suffix.lower() == ".csv":
        table = patient_rows(network, request.path, progress)
        _write(request.out, table)
        return Predicted(request.out, len(table) - 1, ())
    return _of_pictures(network, request, progress)


def _of_pictures(network: Network, request: PredictRequest, progress: Progress) -> Predicted:
    names = network.card.class_names
    thresholds = network.card.thresholds if network.card.output == "sigmoid" else None
    root = request.path if request.path.is_dir() else request.path.parent
    rows, unreadable, long = [], [], [["ID", "Label"]]
    for answer in _answers(network, request.path, progress):
        name = answer.path.relative_to(root).as_posix()
        if answer.probabilities is None:
            unreadable.append(f"{name}: {answer.problem}")
            rows.append([name, "", *("" for _ in names), answer.problem])
        else:
            values = [float(value) for value in answer.probabilities]
            said = _in_words(values, names, thresholds)
            long += [
                [f"{answer.path.stem}_{kind}", f"{value:.6f}"]
                for kind, value in zip(names, values, strict=True)
            ]
            rows.append([name, said, *(f"{value:.6f}" for value in values), ""])
    table = [["name", "prediction", *names, "problem"], *rows]
    _write(request.out, long if request.form == "rsna" else table)
    return Predicted(request.out, len(rows), tuple(unreadable))


def _answers(network: Network, path: Path, progress: Progress) -> Iterator[Answer]:
    """By what the model looks at."""
    from ml.infer.pictures import answer_pictures
    from ml.infer.slices import answer_slices

    if network.card.looks_at_ct:
        return answer_slices(network, path, progress)
    return answer_pictures(network, pictures_in(path), progress)


def _invalid(path: Path) -> Problem:
    return Problem(f"Invalid path: {path.name or path} is neither a picture nor a folder.", "Check it.")


def pictures_in(path: Path) -> list[Path]:
    """The picture, or all pictures in a folder, by name. Raises `Problem` where there is none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise _invalid(path)
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
    if not found:
        raise Problem(f"The folder {path.name} holds no pictures.", "Give a folder with PNG, JPEG or TIFF.")
    return found


def _in_words(values: list[float], names: tuple[str, ...], thresholds: tuple[float, ...] | None) -> str:
    """`thresholds` are of classes that stand on their own; empty: 0.5; None: they exclude each other."""
    if thresholds is not None:
        least = thresholds or (0.5,) * len(names)
        holds = [value >= bound for value, bound in zip(values, least, strict=True)]
        if len(names) == 1:
            return str(int(holds[0]))
        return ";".join(name for name, held in zip(names, holds, strict=True) if held)
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
